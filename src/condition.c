#include "condition.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <uv.h>

static void push_name(lua_State *L, int error)
{
#ifdef __GLIBC__
    const char *name = strerrorname_np(error);
    lua_pushstring(L, name ? name : "EUNKNOWN");
#else
    char name[64];
    lua_pushstring(L, uv_err_name_r(-error, name, sizeof name));
#endif
}

static void push_message(lua_State *L, const char *path, const char *message)
{
    if (path)
        lua_pushfstring(L, "%s: %s", *path ? path : "\"\"", message);
    else
        lua_pushstring(L, message);
}

int orun_condition(lua_State *L, int error, const char *path)
{
    luaL_pushfail(L);
    push_message(L, path, strerror(error));
    push_name(L, error);
    return 3;
}

int orun_condition_named(lua_State *L, const char *name, const char *path, const char *message)
{
    luaL_pushfail(L);
    push_message(L, path, message);
    lua_pushstring(L, name);
    return 3;
}

const char *orun_check_path(lua_State *L, int index)
{
    size_t length;
    const char *path = luaL_checklstring(L, index, &length);
    return strlen(path) == length ? path : "";
}
