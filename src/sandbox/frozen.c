/*
 * Tables that cannot be written: an empty table in front of the one with the values. Lists and maps
 * inside are put behind such a front when they are first looked at.
 */
#include "sandbox.h"

#include <lauxlib.h>

/* The key of a front for what is behind it; no program can name it. */
static const char behind_key = 0;
static const char metatable_key = 0;

static int read_value(lua_State *L)
{
    lua_settop(L, 2);
    if (!orun_frozen_unwrap(L, 1) || lua_isnil(L, 2))
        return 0;
    lua_pushvalue(L, 2);
    if (lua_rawget(L, 3) != LUA_TTABLE)
        return 1;
    if (orun_frozen_unwrap(L, 4)) {
        lua_pop(L, 1);
        return 1;
    }
    orun_frozen_wrap(L);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 4);
    lua_rawset(L, 3);
    return 1;
}

static int refuse_write(lua_State *L)
{
    if (lua_type(L, 2) == LUA_TSTRING)
        return luaL_error(L, "attempt to set '%s' of a read-only table", lua_tostring(L, 2));
    return luaL_error(L, "attempt to change a read-only table");
}

static int length(lua_State *L)
{
    if (!orun_frozen_unwrap(L, 1))
        return 0;
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
    return 1;
}

static void push_metatable(lua_State *L)
{
    static const luaL_Reg meta[] = {
        {"__index", read_value}, {"__newindex", refuse_write}, {"__len", length}, {NULL, NULL}};
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    luaL_setfuncs(L, meta, 0);
    lua_pushliteral(L, "read-only");
    lua_setfield(L, -2, "__metatable");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}

void orun_frozen_wrap(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_insert(L, -2);
    lua_rawsetp(L, -2, &behind_key);
    push_metatable(L);
    lua_setmetatable(L, -2);
}

void orun_frozen_protect(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 3);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, "read-only");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_insert(L, -2);
    lua_rawsetp(L, -2, &behind_key);
}

bool orun_frozen_unwrap(lua_State *L, int index)
{
    if (!lua_istable(L, index))
        return false;
    if (lua_rawgetp(L, index, &behind_key) == LUA_TTABLE)
        return true;
    lua_pop(L, 1);
    return false;
}
