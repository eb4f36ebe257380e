/* The table library, with every element charged to the budget. */
#include "sandbox.h"

#include <lauxlib.h>
#include <limits.h>

/* Results of one unpack: all of them are copied whenever they are passed on. */
enum { UNPACK = 4096, SOME = 64 };

/* Work of a loop, handed on in portions: an element costs as much as a few instructions. */
struct toll {
    lua_State *L;
    unsigned due;
};

static void pay(struct toll *t)
{
    if (++t->due == SOME) {
        orun_limit_charge(t->L, 4 * SOME);
        t->due = 0;
    }
}

static void check_table(lua_State *L, int index)
{
    luaL_checktype(L, index, LUA_TTABLE);
    orun_limit_charge(L, 4);
}

static int list_insert(lua_State *L)
{
    check_table(L, 1);
    lua_Integer end = (lua_Integer)((lua_Unsigned)luaL_len(L, 1) + 1), at = end;
    int count = lua_gettop(L);
    if (count < 2 || count > 3)
        return luaL_error(L, "wrong number of arguments to 'insert'");
    if (count == 3) {
        at = luaL_checkinteger(L, 2);
        luaL_argcheck(L, at >= 1 && at <= end, 2, "position out of bounds");
        struct toll toll = {L, 0};
        for (lua_Integer i = end; i > at; i--) {
            pay(&toll);
            lua_geti(L, 1, i - 1);
            lua_seti(L, 1, i);
        }
    }
    lua_seti(L, 1, at);
    return 0;
}

static int list_remove(lua_State *L)
{
    check_table(L, 1);
    lua_Integer size = luaL_len(L, 1), at = luaL_optinteger(L, 2, size);
    if (lua_gettop(L) > 1)
        luaL_argcheck(L,
                      (lua_Unsigned)size + 1 == (lua_Unsigned)at || (at >= 1 && at <= size) ||
                          (size == 0 && at == 0),
                      2, "position out of bounds");
    lua_geti(L, 1, at);
    struct toll toll = {L, 0};
    for (; at < size; at++) {
        pay(&toll);
        lua_geti(L, 1, at + 1);
        lua_seti(L, 1, at);
    }
    lua_pushnil(L);
    lua_seti(L, 1, at);
    return 1;
}

static int list_move(lua_State *L)
{
    check_table(L, 1);
    lua_Integer from = luaL_checkinteger(L, 2), end = luaL_checkinteger(L, 3),
                to = luaL_checkinteger(L, 4);
    int target = lua_isnoneornil(L, 5) ? 1 : 5;
    luaL_checktype(L, target, LUA_TTABLE);
    if (end >= from) {
        luaL_argcheck(L, from > 0 || end < LUA_MAXINTEGER + from, 3, "too many elements to move");
        lua_Integer count = end - from + 1;
        luaL_argcheck(L, to <= LUA_MAXINTEGER - count + 1, 4, "destination wrap around");
        bool backwards = to > from && to <= end && (target == 1 || lua_rawequal(L, 1, 5));
        struct toll toll = {L, 0};
        for (lua_Integer n = 0; n < count; n++) {
            lua_Integer i = backwards ? count - 1 - n : n;
            pay(&toll);
            lua_geti(L, 1, from + i);
            lua_seti(L, target, to + i);
        }
    }
    lua_pushvalue(L, target);
    return 1;
}

static void add_item(lua_State *L, luaL_Buffer *b, lua_Integer i)
{
    int kind = lua_geti(L, 1, i);
    if (kind != LUA_TSTRING && kind != LUA_TNUMBER)
        luaL_error(L, "invalid value (%s at index %I) in table for 'concat'", lua_typename(L, kind),
                   (LUAI_UACINT)i);
    luaL_addvalue(b);
}

static int list_concat(lua_State *L)
{
    check_table(L, 1);
    size_t length;
    const char *separator = luaL_optlstring(L, 2, "", &length);
    lua_Integer i = luaL_optinteger(L, 3, 1),
                end = lua_isnoneornil(L, 4) ? luaL_len(L, 1) : luaL_checkinteger(L, 4);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    struct toll toll = {L, 0};
    for (; i <= end; i++) {
        pay(&toll);
        add_item(L, &b, i);
        orun_limit_length(L, luaL_bufflen(&b) + length);
        if (i == end)
            break;
        luaL_addlstring(&b, separator, length);
    }
    size_t size = luaL_bufflen(&b);
    luaL_pushresult(&b);
    orun_limit_charge_bytes(L, size);
    return 1;
}

static int list_unpack(lua_State *L)
{
    lua_Integer i = luaL_optinteger(L, 2, 1),
                end = lua_isnoneornil(L, 3) ? luaL_len(L, 1) : luaL_checkinteger(L, 3);
    if (i > end)
        return 0;
    lua_Unsigned count = (lua_Unsigned)end - (lua_Unsigned)i;
    if (count >= UNPACK || !lua_checkstack(L, (int)count + 1))
        return luaL_error(L, "too many results to unpack (at most %d)", UNPACK);
    orun_limit_charge(L, count + 1);
    for (; i < end; i++)
        lua_geti(L, 1, i);
    lua_geti(L, 1, end);
    return (int)count + 1;
}

static int list_pack(lua_State *L)
{
    int count = lua_gettop(L);
    orun_limit_charge(L, (uint64_t)count + 4);
    lua_createtable(L, count, 1);
    lua_insert(L, 1);
    for (int i = count; i >= 1; i--)
        lua_rawseti(L, 1, i);
    lua_pushinteger(L, count);
    lua_setfield(L, 1, "n");
    return 1;
}

/* Sorting: by merging, so that equal elements keep their order and no comparison function, however
 * odd, leads astray. Slots: 1 the list, 2 the function or nil, 3 and 4 tables of the elements. */

static bool is_less(lua_State *L, struct toll *toll, int a, int b)
{
    pay(toll);
    if (lua_isnil(L, 2))
        return lua_compare(L, a, b, LUA_OPLT);
    a = lua_absindex(L, a);
    b = lua_absindex(L, b);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, a);
    lua_pushvalue(L, b);
    lua_call(L, 2, 1);
    bool result = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return result;
}

static void merge(lua_State *L, struct toll *toll, int from, int to, lua_Integer start,
                  lua_Integer middle, lua_Integer end)
{
    lua_Integer a = start, b = middle;
    for (lua_Integer i = start; i < end; i++) {
        bool second = a == middle;
        if (a < middle && b < end) {
            lua_rawgeti(L, from, b);
            lua_rawgeti(L, from, a);
            second = is_less(L, toll, -2, -1);
            lua_pop(L, 2);
        }
        pay(toll);
        lua_rawgeti(L, from, second ? b++ : a++);
        lua_rawseti(L, to, i);
    }
}

static int sort_elements(lua_State *L, struct toll *toll, lua_Integer count)
{
    int from = 3, to = 4;
    for (lua_Integer width = 1; width < count; width *= 2) {
        for (lua_Integer start = 1; start <= count; start += 2 * width) {
            lua_Integer middle = start + width, end = start + 2 * width;
            if (middle > count + 1)
                middle = count + 1;
            if (end > count + 1)
                end = count + 1;
            merge(L, toll, from, to, start, middle, end);
        }
        int other = from;
        from = to;
        to = other;
    }
    return from;
}

/* A function that calls a later element less than an earlier one has no order. */
static void check_order(lua_State *L, struct toll *toll, int sorted, lua_Integer count)
{
    for (lua_Integer i = 1; i < count; i++) {
        lua_rawgeti(L, sorted, i + 1);
        lua_rawgeti(L, sorted, i);
        if (is_less(L, toll, -2, -1))
            luaL_error(L, "invalid order function for sorting");
        lua_pop(L, 2);
    }
}

static int list_sort(lua_State *L)
{
    check_table(L, 1);
    lua_Integer count = luaL_len(L, 1);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    if (count < 2)
        return 0;
    luaL_argcheck(L, count < INT_MAX, 1, "array too big");
    lua_newtable(L);
    lua_newtable(L);
    struct toll toll = {L, 0};
    for (lua_Integer i = 1; i <= count; i++) {
        pay(&toll);
        lua_geti(L, 1, i);
        lua_rawseti(L, 3, i);
    }
    int sorted = sort_elements(L, &toll, count);
    check_order(L, &toll, sorted, count);
    for (lua_Integer i = 1; i <= count; i++) {
        pay(&toll);
        lua_rawgeti(L, sorted, i);
        lua_seti(L, 1, i);
    }
    return 0;
}

void orun_sandbox_push_table(lua_State *L)
{
    static const luaL_Reg functions[] = {{"insert", list_insert}, {"remove", list_remove},
                                         {"move", list_move},     {"concat", list_concat},
                                         {"unpack", list_unpack}, {"pack", list_pack},
                                         {"sort", list_sort},     {NULL, NULL}};
    luaL_newlib(L, functions);
}
