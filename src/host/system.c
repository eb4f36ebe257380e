/* host.system: facts about the machine and the installation. */
#include "runtime.h"

#include <lauxlib.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

int luaopen_host_system(lua_State *L);

static int hostname(lua_State *L)
{
    char name[256] = "";
    gethostname(name, sizeof name - 1); /* at most 64 bytes on Linux: it cannot fail here */
    lua_pushstring(L, name);
    return 1;
}

static int user(lua_State *L)
{
    const struct passwd *entry = getpwuid(geteuid());
    lua_pushstring(L, entry && entry->pw_name ? entry->pw_name : "");
    return 1;
}

/* Those that this process may run on, which in a container can be fewer than the machine has. */
static int cpus(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)uv_available_parallelism());
    return 1;
}

static int open_files(lua_State *L)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX)
        limit.rlim_cur = INT_MAX;
    lua_pushinteger(L, (lua_Integer)limit.rlim_cur);
    return 1;
}

static int paths(lua_State *L)
{
    const struct orun_paths *p = orun_runtime_paths();
    lua_createtable(L, 0, 2);
    lua_pushstring(L, p->exe);
    lua_setfield(L, -2, "exe");
    lua_pushstring(L, p->share);
    lua_setfield(L, -2, "share");
    return 1;
}

static int set_environment(lua_State *L)
{
    size_t length, text_length = 0;
    const char *name = luaL_checklstring(L, 1, &length);
    const char *text = luaL_optlstring(L, 2, NULL, &text_length);
    luaL_argcheck(L, length && strlen(name) == length && !strchr(name, '='), 1,
                  "not the name of a variable");
    luaL_argcheck(L, !text || strlen(text) == text_length, 2, "contains a zero byte");
    if ((text ? setenv(name, text, 1) : unsetenv(name)) != 0)
        return luaL_error(L, "not enough memory");
    return 0;
}

static const luaL_Reg functions[] = {{"hostname", hostname},
                                     {"user", user},
                                     {"cpus", cpus},
                                     {"paths", paths},
                                     {"setenv", set_environment},
                                     {"open_files", open_files},
                                     {NULL, NULL}};

int luaopen_host_system(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
