# orun: every developer action is a target. `make help` lists them.
.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/sh

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CC := $(if $(filter default,$(origin CC)),cc,$(CC))
OPT ?= -O2 -g
SANITIZE ?=
VERSION := $(shell cat VERSION)

PKG := lua5.4 libuv yaml-0.1 libcrypto
WARN := -std=c11 -Wall -Wextra -Wpedantic -Werror
CPPFLAGS_ALL = -D_GNU_SOURCE -DORUN_VERSION='"$(VERSION)"' -Isrc $(shell pkg-config --cflags $(PKG)) $(CPPFLAGS)
CFLAGS_ALL = $(WARN) $(OPT) $(SANITIZE) -fPIC $(CFLAGS)
LDFLAGS_ALL = $(SANITIZE) -Wl,-E -Wl,--as-needed $(LDFLAGS)
LIBS := $(shell pkg-config --libs $(PKG)) -lm

# Modules that map big libraries are shared objects, loaded by the first require.
LOADABLE := git term
git_PKG := libgit2
LOADABLE_SRC := $(LOADABLE:%=src/host/%.c)
HOST_SRC := $(filter-out $(LOADABLE_SRC),$(wildcard src/host/*.c))
SRC := $(wildcard src/*.c) $(HOST_SRC)
OBJ := $(SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/host_modules.o
MODULES := $(patsubst %,$(BUILD)/lib/orun/host/%.so,$(basename $(notdir $(wildcard $(LOADABLE_SRC)))))

.PHONY: build
build: $(BUILD)/orun $(MODULES) ## compile build/orun and its loadable modules

$(BUILD)/orun: $(OBJ)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# The table of built-in host modules follows from the files in src/host; nothing is registered by hand.
$(BUILD)/host_modules.c: $(HOST_SRC) Makefile
	@mkdir -p $(@D)
	@{ printf '#include <lua.h>\n#include "runtime.h"\n'; \
	for m in $(basename $(notdir $(HOST_SRC))); do \
	  if grep -q "luaopen_host_$$m" src/host/$$m.c; then printf 'int luaopen_host_%s(lua_State *L);\n' $$m; fi; done; \
	printf 'const struct orun_host_module orun_host_modules[] = {\n'; \
	for m in $(basename $(notdir $(HOST_SRC))); do \
	  if grep -q "luaopen_host_$$m" src/host/$$m.c; then printf '    {"host.%s", luaopen_host_%s},\n' $$m $$m; fi; done; \
	printf '    {NULL, NULL}};\n'; } > $@

$(BUILD)/obj/host_modules.o: $(BUILD)/host_modules.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/lib/orun/host/%.so: src/host/%.c
	@mkdir -p $(@D) $(BUILD)/obj/src/host
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(if $($*_PKG),$(shell pkg-config --cflags $($*_PKG))) -MMD -MP -MF $(BUILD)/obj/src/host/$*.d \
	  -shared $(LDFLAGS) $(SANITIZE) -Wl,--as-needed -o $@ $< $(if $($*_PKG),$(shell pkg-config --libs $($*_PKG)))

-include $(OBJ:.o=.d) $(LOADABLE:%=$(BUILD)/obj/src/host/%.d)

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD) build-sanitize build-coverage

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16
