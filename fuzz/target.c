/*
 * One libFuzzer target for all readers of foreign bytes: FUZZ names the Lua function in
 * fuzz/targets.lua that gets each input. An ordinary error is fine; a crash, a leak of a Lua error
 * or a run of more than a few seconds is not.
 */
#include "runtime.h"

#include <lauxlib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static lua_State *L;

static void start(void)
{
    const char *name = getenv("FUZZ");
    L = orun_runtime_open();
    if (!L || !name || luaL_dofile(L, "fuzz/targets.lua") != LUA_OK) {
        fprintf(stderr, "fuzz: %s\n",
                L && name ? lua_tostring(L, -1) : "set FUZZ to the name of a target");
        exit(2);
    }
    if (lua_getfield(L, -1, name) != LUA_TFUNCTION) {
        fprintf(stderr, "fuzz: no target %s\n", name);
        exit(2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!L)
        start();
    lua_pushvalue(L, -1);
    lua_pushlstring(L, (const char *)data, size);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        fprintf(stderr, "fuzz: %s\n", luaL_tolstring(L, -1, NULL));
        abort();
    }
    return 0;
}
