/* host.value: the value model for Lua. */
#include "value.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 1000 };

static int list(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    } else {
        luaL_checktype(L, 1, LUA_TTABLE);
    }
    lua_settop(L, 1);
    orun_value_mark_list(L, 1);
    return 1;
}

static int is_list(lua_State *L)
{
    lua_pushboolean(L, orun_value_kind(L, 1) == ORUN_LIST);
    return 1;
}

static int uint64(lua_State *L)
{
    const char *digits = luaL_checkstring(L, 1);
    char *end;
    errno = 0;
    unsigned long long n = strtoull(digits, &end, 10);
    if (errno || *end || digits[0] < '0' || digits[0] > '9')
        return luaL_argerror(L, 1, "decimal digits up to 18446744073709551615 expected");
    orun_value_push_uint64(L, n);
    return 1;
}

static int time_new(lua_State *L)
{
    /* The years 0 to 9999, which is what RFC 3339 can write. */
    lua_Integer seconds = luaL_checkinteger(L, 1), nanoseconds = luaL_optinteger(L, 2, 0),
                offset = luaL_optinteger(L, 3, 0);
    luaL_argcheck(L, offset >= -86400 && offset <= 86400, 3, "more than a day");
    luaL_argcheck(L, nanoseconds >= 0 && nanoseconds < 1000000000, 2, "not below a second");
    luaL_argcheck(L, seconds >= -62167219200 - offset && seconds < 253402300800 - offset, 1,
                  "outside the years 0 to 9999");
    struct orun_time t = {seconds, (int32_t)nanoseconds, (int32_t)offset};
    orun_value_push_time(L, &t);
    return 1;
}

static int kind(lua_State *L)
{
    static const char *const names[] = {"nil",  "null", "boolean", "integer", "float", "string",
                                        "list", "map",  "uint64",  "time",    "other"};
    lua_pushstring(L, names[orun_value_kind(L, 1)]);
    return 1;
}

static int shape_apply(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setmetatable(L, 1);
    return 1;
}

/* Pushes a copy of the list at index 1 in which every key stands once. */
static void push_distinct(lua_State *L)
{
    lua_Integer listed = (lua_Integer)lua_rawlen(L, 1), n = 0;
    lua_createtable(L, (int)listed, 0);
    lua_createtable(L, 0, (int)listed);
    for (lua_Integer i = 1; i <= listed; i++) {
        lua_rawgeti(L, 1, i);
        lua_pushvalue(L, -1);
        bool known = lua_rawget(L, -3) != LUA_TNIL;
        lua_pop(L, 1);
        if (known) {
            lua_pop(L, 1);
            continue;
        }
        lua_pushvalue(L, -1);
        lua_rawseti(L, -4, ++n);
        lua_pushboolean(L, 1);
        lua_rawset(L, -3);
    }
    lua_pop(L, 1);
}

static int shape(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_createtable(L, 0, 1);
    push_distinct(L);
    lua_setfield(L, -2, "__keys");
    lua_pushcclosure(L, shape_apply, 1);
    return 1;
}

/* Whether the value on the top of the stack counts as nothing: nil, "", 0, an empty list or map. */
static bool is_empty(lua_State *L)
{
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        return true;
    case LUA_TSTRING:
        return lua_rawlen(L, -1) == 0;
    case LUA_TNUMBER:
        return lua_tonumber(L, -1) == 0;
    case LUA_TTABLE:
        lua_pushnil(L);
        if (!lua_next(L, -2))
            return true;
        lua_pop(L, 2);
        return false;
    default:
        return false;
    }
}

/* Upvalues: the metatable with the keys, the keys, the set of those that are never left out. */
static int form_apply(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_Integer n = (lua_Integer)lua_rawlen(L, lua_upvalueindex(2));
    luaL_checkstack(L, 2 * (int)n + 6, "form");
    int present = 0;
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, lua_upvalueindex(2), i);
        lua_pushvalue(L, -1);
        lua_rawget(L, 1);
        bool left_out = lua_isnil(L, -1);
        if (!left_out && is_empty(L)) {
            lua_pushvalue(L, -2);
            left_out = lua_rawget(L, lua_upvalueindex(3)) == LUA_TNIL;
            lua_pop(L, 1);
        }
        if (left_out)
            lua_pop(L, 2);
        else
            present++;
    }
    /* Above the argument there are keys and values in turn: the last one first goes into the copy.
     */
    lua_createtable(L, 0, present);
    lua_replace(L, 1);
    for (; present > 0; present--)
        lua_rawset(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setmetatable(L, 1);
    return 1;
}

/* A map that is not empty and holds no tables. */
static bool is_flat(lua_State *L, int index)
{
    if (orun_value_kind(L, index) != ORUN_MAP)
        return false;
    bool any = false;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1), any = true) {
        if (lua_istable(L, -1)) {
            lua_pop(L, 2);
            return false;
        }
    }
    return any;
}

/* Whether the value on the top is of a kind, and not empty. */
static bool is_of(lua_State *L, const char *kind)
{
    switch (kind[0]) {
    case 's':
        return lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) > 0;
    case 'i':
        return lua_isinteger(L, -1) && lua_type(L, -1) == LUA_TNUMBER;
    case 'f':
        return is_flat(L, lua_gettop(L));
    default:
        return false;
    }
}

/* conforms(map, kinds) -> boolean: whether every key of the map is one of kinds, and its value is
 * what kinds says */
static int conforms(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    bool all = orun_value_kind(L, 1) == ORUN_MAP;
    if (all)
        lua_pushnil(L);
    while (all && lua_next(L, 1)) {
        lua_pushvalue(L, -2);
        const char *kind = lua_rawget(L, 2) == LUA_TSTRING ? lua_tostring(L, -1) : "";
        lua_pop(L, 1);
        all = is_of(L, kind);
        lua_pop(L, 1);
    }
    lua_pushboolean(L, all);
    return 1;
}

static int form(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_createtable(L, 0, 1);
    push_distinct(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "__keys");
    lua_rotate(L, 2, -1);
    lua_pushcclosure(L, form_apply, 3);
    return 1;
}

enum { HELD = 64 };

/* clone(map, room): a shallow copy with its metatable. */
static int clone(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    int room = (int)luaL_optinteger(L, 2, 0), held = 0, count = 0;
    lua_settop(L, 2);
    /* Small maps are gone through once: their keys and values wait on the stack. */
    luaL_checkstack(L, 2 * HELD + 8, "clone");
    for (lua_pushnil(L); lua_next(L, 1); count++) {
        if (held == HELD) {
            lua_pop(L, 1);
            continue;
        }
        lua_pushvalue(L, -2);
        held++;
    }
    lua_createtable(L, 0, count + room);
    lua_replace(L, 2);
    if (held < count) {
        lua_settop(L, 2);
        for (lua_pushnil(L); lua_next(L, 1);) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, 2);
        }
    }
    for (; held > 0 && lua_gettop(L) > 2; held--)
        lua_rawset(L, 2);
    if (lua_getmetatable(L, 1))
        lua_setmetatable(L, 2);
    return 1;
}

static int keys(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_getmetatable(L, 1))
        return 0;
    lua_pushliteral(L, "__keys");
    lua_rawget(L, -2);
    return 1;
}

static void copy_value(lua_State *L, int index, int depth)
{
    if (lua_type(L, index) != LUA_TTABLE) {
        lua_pushvalue(L, index);
        return;
    }
    if (depth > DEPTH)
        luaL_error(L, "value nested deeper than %d levels or cyclic", DEPTH);
    luaL_checkstack(L, 6, "copy");
    index = lua_absindex(L, index);
    lua_createtable(L, (int)lua_rawlen(L, index), 0);
    int to = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        copy_value(L, -2, depth + 1);
        lua_rawset(L, to);
    }
    if (lua_getmetatable(L, index))
        lua_setmetatable(L, to);
}

static int copy(lua_State *L)
{
    luaL_checkany(L, 1);
    copy_value(L, 1, 0);
    return 1;
}

static bool equal_values(lua_State *L, int a, int b, int depth)
{
    enum orun_kind k = orun_value_kind(L, a);
    if (k != orun_value_kind(L, b))
        return false;
    if (k != ORUN_LIST && k != ORUN_MAP)
        return lua_compare(L, a, b, LUA_OPEQ);
    if (depth > DEPTH)
        luaL_error(L, "value nested deeper than %d levels or cyclic", DEPTH);
    luaL_checkstack(L, 6, "equal");
    a = lua_absindex(L, a);
    b = lua_absindex(L, b);
    lua_Integer left = 0;
    for (lua_pushnil(L); lua_next(L, a); lua_pop(L, 1)) {
        left++;
        lua_pushvalue(L, -2);
        lua_rawget(L, b);
        bool same = equal_values(L, -2, -1, depth + 1);
        lua_pop(L, 1);
        if (!same) {
            lua_pop(L, 2);
            return false;
        }
    }
    for (lua_pushnil(L); lua_next(L, b); lua_pop(L, 1))
        left--;
    return left == 0;
}

static int equal(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushboolean(L, equal_values(L, 1, 2, 0));
    return 1;
}

int luaopen_host_value(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"list", list},   {"is_list", is_list}, {"uint64", uint64},     {"time", time_new},
        {"kind", kind},   {"shape", shape},     {"keys", keys},         {"copy", copy},
        {"equal", equal}, {"form", form},       {"conforms", conforms}, {"clone", clone},
        {NULL, NULL}};
    luaL_newlib(L, functions);
    orun_value_push_null(L);
    lua_setfield(L, -2, "null");
    return 1;
}
