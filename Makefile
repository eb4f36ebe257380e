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
LOADABLE := archive git regex term
archive_PKG := libarchive
git_PKG := libgit2
regex_PKG := libpcre2-8
LOADABLE_SRC := $(LOADABLE:%=src/host/%.c)
HOST_SRC := $(filter-out $(LOADABLE_SRC),$(wildcard src/host/*.c))
SRC := $(wildcard src/*.c src/sandbox/*.c) $(HOST_SRC)
OBJ := $(SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/host_modules.o
MODULES := $(patsubst %,$(BUILD)/lib/orun/host/%.so,$(basename $(notdir $(wildcard $(LOADABLE_SRC)))))

.PHONY: build
build: $(BUILD)/orun $(MODULES) ## compile build/orun and its loadable modules

$(BUILD)/orun: $(OBJ) $(EXTRA_SRC)
	$(CC) $(CPPFLAGS) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

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

$(BUILD)/obj/src/host/program.o: VERSION

$(BUILD)/obj/host_modules.o: $(BUILD)/host_modules.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/lib/orun/host/%.so: src/host/%.c
	@mkdir -p $(@D) $(BUILD)/obj/src/host
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(if $($*_PKG),$(shell pkg-config --cflags $($*_PKG))) -MMD -MP -MF $(BUILD)/obj/src/host/$*.d \
	  -shared $(LDFLAGS) $(SANITIZE) -Wl,--as-needed -o $@ $< $(if $($*_PKG),$(shell pkg-config --libs $($*_PKG)))

-include $(OBJ:.o=.d) $(LOADABLE:%=$(BUILD)/obj/src/host/%.d)

# --- set-up -------------------------------------------------------------------------------------

GROUPS ?= build example test lint bench

.PHONY: deps
deps: ## install what vendor/packages.tsv lists (GROUPS="build test" for some)
	@vendor/deps $(GROUPS)

# The targets that a newcomer starts with install what they need, then build in a second make that sees it.
.PHONY: example
example: ## set up, build, then compile and run examples/platform for real
	@vendor/deps build example
	@$(MAKE) --no-print-directory build
	@examples/platform/run

.PHONY: test
test: ## set up, build and run the whole suite (SPECS=spec/plan for a part)
	@vendor/deps build example test
	@$(MAKE) --no-print-directory build
	@$(MAKE) --no-print-directory specs

SPECS ?= spec
.PHONY: specs
specs: build
	@$(BUILD)/orun lua spec/run.lua $(SPECS)

# --- checks -------------------------------------------------------------------------------------

LUACHECK := lua5.1 /usr/bin/luacheck
C_FILES = $(wildcard src/*.c src/*.h src/sandbox/*.c src/sandbox/*.h src/host/*.c src/host/*.h bench/*.c spec/support/*.c)

.PHONY: lint
lint: ## luacheck, clang-format and cppcheck
	@vendor/deps build lint
	$(LUACHECK) --quiet --no-color lua spec bench compositions examples
	clang-format --dry-run --Werror $(C_FILES)
	cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
	  --suppress=missingIncludeSystem -D_GNU_SOURCE -Isrc src bench

.PHONY: format
format: ## let clang-format rewrite the C files
	clang-format -i $(C_FILES)

.PHONY: docs
docs: build ## write the pages that are made from the sources (docs/errors.md, docs/compositions.md, docs/fields.md)
	@$(BUILD)/orun lua spec/diagnostic/page.lua
	@$(BUILD)/orun lua spec/docs/stack_page.lua
	@$(BUILD)/orun lua spec/docs/fields_page.lua

.PHONY: sanitize
sanitize: ## the whole suite under AddressSanitizer and UndefinedBehaviorSanitizer
	@vendor/deps build example test
	@$(MAKE) --no-print-directory BUILD=build-sanitize OPT="-O1 -g" \
	  SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" build
	@ORUN_SPEC_QUICK=1 ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 build-sanitize/orun lua spec/run.lua $(SPECS)

# Every process has its records to itself (spec/support/coverage.c), below build-coverage/records.
.PHONY: coverage
coverage: ## C line coverage of the suite (gcov), with the list of what no spec reaches
	@vendor/deps build example test
	@rm -rf build-coverage
	@$(MAKE) --no-print-directory BUILD=build-coverage OPT="-O0 -g --coverage" LDFLAGS=--coverage \
	  EXTRA_SRC=spec/support/coverage.c CPPFLAGS='-DCOVERAGE_RECORDS="\"$(CURDIR)/build-coverage/records\""' build
	@mkdir -p build-coverage/records && chmod 1777 build-coverage/records # some specs run the program as another user
	@build-coverage/orun lua spec/run.lua $(SPECS) || echo "coverage: specs failed"
	@build-coverage/orun lua bench/coverage.lua build-coverage

FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?= yaml json template archive sandbox
FUZZ_SRC := $(filter-out src/main.c,$(wildcard src/*.c src/sandbox/*.c)) $(HOST_SRC) src/host/archive.c fuzz/target.c

.PHONY: fuzz
fuzz: ## libFuzzer over YAML, JSON, templates, archives and sandboxed Lua (FUZZ_SECONDS=600 each, FUZZ_TARGETS="yaml json")
	@vendor/deps build fuzz
	@$(MAKE) --no-print-directory build
	@mkdir -p build-fuzz/lib/orun/host build-fuzz/corpus
	@cp $(MODULES) build-fuzz/lib/orun/host/
	clang $(CPPFLAGS_ALL) -std=c11 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o build-fuzz/target \
	  -Wl,-E $(FUZZ_SRC) $(BUILD)/host_modules.c $(shell pkg-config --cflags --libs $(archive_PKG)) $(LIBS)
	@set -e; for target in $(FUZZ_TARGETS); do echo "fuzz: $$target, $(FUZZ_SECONDS) s"; mkdir -p build-fuzz/corpus/$$target; \
	  FUZZ=$$target ASAN_OPTIONS=detect_leaks=0 build-fuzz/target -max_total_time=$(FUZZ_SECONDS) -timeout=20 -max_len=4096 \
	    -print_final_stats=1 -verbosity=0 -artifact_prefix=build-fuzz/ build-fuzz/corpus/$$target fuzz/corpus/$$target; done

.PHONY: bench
bench: ## benchmarks, as ratios against public programs (bench/README.md)
	@vendor/deps build bench
	@$(MAKE) --no-print-directory build
	@$(BUILD)/orun lua bench/all.lua $(BENCH)

# --- installation -------------------------------------------------------------------------------

.PHONY: install
install: build ## install below DESTDIR/PREFIX; the tree can be moved afterwards
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/lib/orun/host" "$(DESTDIR)$(PREFIX)/share/orun"
	install -m 755 $(BUILD)/orun "$(DESTDIR)$(PREFIX)/bin/orun"
	for m in $(MODULES); do install -m 644 $$m "$(DESTDIR)$(PREFIX)/lib/orun/host/" || exit 1; done
	for d in $$(find lua compositions -type d 2>/dev/null); do install -d "$(DESTDIR)$(PREFIX)/share/orun/$$d" || exit 1; done
	for f in $$(find lua compositions -type f 2>/dev/null); do install -m 644 $$f "$(DESTDIR)$(PREFIX)/share/orun/$$f" || exit 1; done

.PHONY: uninstall
uninstall: ## remove what install put there
	rm -f "$(DESTDIR)$(PREFIX)/bin/orun"
	rm -rf "$(DESTDIR)$(PREFIX)/lib/orun" "$(DESTDIR)$(PREFIX)/share/orun"

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD) build-sanitize build-coverage build-fuzz

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16
