/*
 * Tables that cannot be written: an empty table in front of the one with the values. Lists and maps
 * inside are put behind such a front when they are first looked at.
 */
#include "sandbox.h"

#include <lauxlib.h>

/* The key of a front for what is behind it; no program can name it. */
static const char behind_key = 0;
static const char metatable_key = 0;
/* What is behind may be the copy of a part: the index of the whole on the host's stack, and the
 * call during which it is there. */
static const char source_key = 0;
static const char serial_key = 0;

bool orun_frozen_push_behind(lua_State *L, int index)
{
    if (!lua_istable(L, index))
        return false;
    if (lua_rawgetp(L, index, &behind_key) == LUA_TTABLE)
        return true;
    lua_pop(L, 1);
    return false;
}

int orun_frozen_source(lua_State *L, int index)
{
    if (lua_rawgetp(L, index, &source_key) == LUA_TNIL) {
        lua_pop(L, 1);
        return 0;
    }
    int source = (int)lua_tointeger(L, -1);
    lua_rawgetp(L, index, &serial_key);
    lua_Integer serial = lua_tointeger(L, -1);
    lua_pop(L, 2);
    return serial == orun_sandbox_of(L)->serial ? source : -1;
}

static int source_of(lua_State *L, int index)
{
    int source = orun_frozen_source(L, index);
    if (source < 0)
        luaL_error(L, "an argument of an earlier call is used");
    return source;
}

/* Copies the value on the top of the host's stack to the top of L. */
static void copy_value(lua_State *L, lua_State *host)
{
    struct orun_copy copy = {.from = host, .to = L, .limit = SIZE_MAX};
    bool copied = orun_copy_value(&copy, -1);
    lua_pop(host, 1);
    if (!copied)
        luaL_error(L, "an argument %s", copy.problem);
}

/* Pushes the value of the key, a string at 2, of the host's table; the table of copies is at 3. */
static int fetch(lua_State *L)
{
    int source = lua_type(L, 2) == LUA_TSTRING ? source_of(L, 3) : 0;
    lua_State *host = orun_sandbox_of(L)->host;
    if (source == 0 || !lua_checkstack(host, 4)) {
        lua_pushnil(L);
        return LUA_TNIL;
    }
    size_t length;
    const char *key = lua_tolstring(L, 2, &length);
    lua_pushlstring(host, key, length);
    lua_rawget(host, source);
    copy_value(L, host);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 3);
    return lua_type(L, -1);
}

static int read_value(lua_State *L)
{
    lua_settop(L, 2);
    if (!orun_frozen_push_behind(L, 1) || lua_isnil(L, 2))
        return 0;
    lua_pushvalue(L, 2);
    int type = lua_rawget(L, 3);
    if (type == LUA_TNIL)
        type = fetch(L);
    if (type != LUA_TTABLE)
        return 1;
    if (orun_frozen_push_behind(L, -1)) {
        lua_pop(L, 1);
        return 1;
    }
    orun_frozen_wrap(L);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 3);
    return 1;
}

/* Copies what was not looked at yet into the table on the top. */
static void complete(lua_State *L)
{
    int behind = lua_gettop(L), source = source_of(L, behind);
    if (source == 0)
        return;
    lua_State *host = orun_sandbox_of(L)->host;
    luaL_checkstack(L, 8, "argument");
    if (!lua_checkstack(host, 4))
        luaL_error(L, "not enough memory");
    for (lua_pushnil(host); lua_next(host, source);) {
        size_t length;
        const char *key =
            lua_type(host, -2) == LUA_TSTRING ? lua_tolstring(host, -2, &length) : NULL;
        if (!key)
            luaL_error(L, "an argument has keys that are no texts");
        lua_pushlstring(L, key, length);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, behind) == LUA_TNIL) {
            lua_pop(L, 1);
            copy_value(L, host);
            lua_rawset(L, behind);
        } else {
            lua_pop(L, 2);
            lua_pop(host, 1);
        }
    }
    lua_pushnil(L);
    lua_rawsetp(L, behind, &source_key);
    lua_pushnil(L);
    lua_rawsetp(L, behind, &serial_key);
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

void orun_frozen_push(lua_State *L, int host_index)
{
    lua_createtable(L, 0, 8);
    lua_pushinteger(L, host_index);
    lua_rawsetp(L, -2, &source_key);
    lua_pushinteger(L, orun_sandbox_of(L)->serial);
    lua_rawsetp(L, -2, &serial_key);
    orun_frozen_wrap(L);
}

bool orun_frozen_unwrap(lua_State *L, int index)
{
    if (!orun_frozen_push_behind(L, index))
        return false;
    complete(L);
    return true;
}
