#include "runtime.h"
#include "heap.h"
#include "modules.h"

#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct orun_paths paths;

static char *join(const char *a, const char *b)
{
    char *s = malloc(strlen(a) + strlen(b) + 1);
    if (s)
        strcat(strcpy(s, a), b);
    return s;
}

/* The first of two places below the executable's folder that holds `probe`, without trailing slash.
 */
static char *find_below(const char *dir, const char *first, const char *second, const char *probe)
{
    const char *const candidates[] = {first, second};
    for (int i = 0; i < 2; i++) {
        char *place = join(dir, candidates[i]);
        char *file = place ? join(place, probe) : NULL;
        char *real = file && access(file, R_OK) == 0 ? realpath(place, NULL) : NULL;
        free(file);
        free(place);
        if (real)
            return real;
    }
    return NULL;
}

const struct orun_paths *orun_runtime_paths(void)
{
    if (paths.share)
        return &paths;
    paths.exe = realpath("/proc/self/exe", NULL);
    if (!paths.exe) {
        fprintf(stderr, "error: cannot find the program's own file: %s\n", strerror(errno));
        return NULL;
    }
    char *dir = strdup(paths.exe);
    if (!dir)
        return NULL;
    *strrchr(dir, '/') = '\0';
    /* Installed: PREFIX/bin/orun with PREFIX/share/orun and PREFIX/lib/orun; in a checkout:
     * build/orun. */
    paths.share = find_below(dir, "/../share/orun", "/..", "/lua/orun/main.lua");
    paths.lib = find_below(dir, "/../lib/orun", "/lib/orun", "/host");
    if (!paths.share)
        fprintf(
            stderr,
            "error: cannot find lua/orun/main.lua near %s\n"
            "hint: keep bin/orun, share/orun and lib/orun together when moving an installation\n",
            paths.exe);
    free(dir);
    return paths.share ? &paths : NULL;
}

int orun_runtime_traceback(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING)
        luaL_traceback(L, L, lua_tostring(L, 1), 1);
    return 1;
}

/* Modules are found in the program's own folders only: never in the working directory, never by
 * LUA_PATH. */
static void set_search_path(lua_State *L, const struct orun_paths *p)
{
    lua_getglobal(L, "package");
    lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua", p->share, p->share);
    lua_setfield(L, -2, "path");
    lua_pushfstring(L, "%s/lua", p->share);
    orun_modules_open(L, lua_tostring(L, -1));
    lua_pop(L, 1);
    if (p->lib)
        lua_pushfstring(L, "%s/?.so", p->lib);
    else
        lua_pushliteral(L, "");
    lua_setfield(L, -2, "cpath");
    lua_pop(L, 1);
}

#ifndef __SANITIZE_ADDRESS__
static int panic(lua_State *L)
{
    const char *message = lua_tostring(L, -1);
    fprintf(stderr, "error: %s\n", message ? message : "not enough memory");
    return 0;
}
#endif

/* A sanitizer sees more in blocks that malloc knows one by one. */
static lua_State *new_state(void)
{
#ifdef __SANITIZE_ADDRESS__
    return luaL_newstate();
#else
    lua_State *L = lua_newstate(orun_heap_allocate, NULL);
    if (L)
        lua_atpanic(L, panic);
    return L;
#endif
}

lua_State *orun_runtime_open(void)
{
    const struct orun_paths *p = orun_runtime_paths();
    lua_State *L = p ? new_state() : NULL;
    if (!L)
        return NULL;
    luaL_openlibs(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (const struct orun_host_module *m = orun_host_modules; m->name; m++) {
        lua_pushcfunction(L, m->open);
        lua_setfield(L, -2, m->name);
    }
    lua_pop(L, 1);
    set_search_path(L, p);
    return L;
}
