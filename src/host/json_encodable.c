/* Whether the encoder of host.json would write a value: what `orun validate` asks, which needs no
 * text. */
#include "json_writer.h"
#include "value.h"

#include <lauxlib.h>
#include <math.h>
#include <stdbool.h>

/* Deeper values are left to the encoder, which knows where they stand. */
enum { DEPTH = JSON_ENCODE_DEPTH / 2 };

static bool is_encodable(lua_State *L, int index, int depth);

static bool is_encodable_list(lua_State *L, int index, int depth)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, index);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, index, i);
        if (!is_encodable(L, lua_gettop(L), depth))
            return false;
        lua_pop(L, 1);
    }
    return true;
}

static bool is_encodable_map(lua_State *L, int index, int depth)
{
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || !is_encodable(L, lua_gettop(L), depth))
            return false;
    }
    return true;
}

/* Leaves something on the stack when the answer is no. */
static bool is_encodable(lua_State *L, int index, int depth)
{
    if (lua_type(L, index) == LUA_TSTRING)
        return true;
    switch (orun_value_kind(L, index)) {
    case ORUN_NIL:
    case ORUN_OTHER:
        return false;
    case ORUN_FLOAT:
        return isfinite(lua_tonumber(L, index));
    case ORUN_LIST:
    case ORUN_MAP:
        if (depth >= DEPTH)
            return false;
        luaL_checkstack(L, 8, "JSON");
        return orun_value_kind(L, index) == ORUN_LIST ? is_encodable_list(L, index, depth + 1)
                                                      : is_encodable_map(L, index, depth + 1);
    default:
        return true;
    }
}

int json_encodable(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    lua_pushboolean(L, is_encodable(L, 1, 0));
    return 1;
}
