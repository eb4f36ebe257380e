/* The base functions of a sandbox. */
#include "sandbox.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* The compiler of Lua searches names and labels one by one; the longest text it gets, and what
     * a byte of it costs. */
    SOURCE = 256 * 1024,
    SOURCE_WORK = 64
};

/* Errors -----------------------------------------------------------------------------------------
 */

static int finish_pcall(lua_State *L, int status, lua_KContext skipped)
{
    orun_limit_after(L, status);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_pushboolean(L, 0);
        lua_pushvalue(L, -2);
        return 2;
    }
    return lua_gettop(L) - (int)skipped;
}

static int base_pcall(lua_State *L)
{
    luaL_checkany(L, 1);
    orun_limit_charge(L, 4);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_pcall);
    return finish_pcall(L, status, 0);
}

/* A limit is raised by the hook, and what runs then is not counted: no handler may. */
static int handle(lua_State *L)
{
    if (orun_sandbox_of(L)->hit != ORUN_LIMIT_NONE)
        return 1;
    orun_limit_charge(L, 4);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int base_xpcall(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TFUNCTION);
    orun_limit_charge(L, 4);
    int count = lua_gettop(L) - 2;
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, handle, 1);
    lua_replace(L, 2);
    /* function, handler, arguments: the function comes behind what is returned first. */
    lua_pushvalue(L, 2);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 3);
    int status = lua_pcallk(L, count, LUA_MULTRET, 3, 3, finish_pcall);
    return finish_pcall(L, status, 3);
}

/* Tables -----------------------------------------------------------------------------------------
 */

struct order {
    double number; /* of a number key */
    lua_Integer integer;
    const char *text;
    size_t length;
    int type;
};

static int compare_numbers(const struct order *a, const struct order *b)
{
    if (a->type == LUA_TNIL && b->type == LUA_TNIL)
        return a->integer < b->integer ? -1 : a->integer > b->integer;
    return a->number < b->number ? -1 : a->number > b->number;
}

static int rank(const struct order *o)
{
    switch (o->type) {
    case LUA_TSTRING:
        return 1;
    case LUA_TBOOLEAN:
        return 2;
    default:
        return 0;
    }
}

/* Numbers, then strings bytewise, then false and true. */
static int compare_keys(const void *x, const void *y)
{
    const struct order *a = x, *b = y;
    int order = rank(a) - rank(b);
    if (order != 0)
        return order;
    if (rank(a) == 0)
        return compare_numbers(a, b);
    if (a->type == LUA_TBOOLEAN)
        return (int)a->integer - (int)b->integer;
    size_t shorter = a->length < b->length ? a->length : b->length;
    order = memcmp(a->text, b->text, shorter);
    return order != 0 ? order : a->length < b->length ? -1 : a->length > b->length;
}

/* The key at index; integers are marked by the type nil. */
static void read_key(lua_State *L, int index, struct order *out)
{
    *out = (struct order){.type = lua_type(L, index)};
    switch (out->type) {
    case LUA_TNUMBER:
        out->number = lua_tonumber(L, index);
        if (lua_isinteger(L, index)) {
            out->integer = lua_tointeger(L, index);
            out->type = LUA_TNIL;
        }
        return;
    case LUA_TSTRING:
        out->text = lua_tolstring(L, index, &out->length);
        return;
    case LUA_TBOOLEAN:
        out->integer = lua_toboolean(L, index);
        return;
    default:
        luaL_error(L, "a table with a %s among its keys has no order to walk it in",
                   luaL_typename(L, index));
    }
}

static void push_key(lua_State *L, const struct order *key)
{
    switch (key->type) {
    case LUA_TNIL:
        lua_pushinteger(L, key->integer);
        break;
    case LUA_TNUMBER:
        lua_pushnumber(L, key->number);
        break;
    case LUA_TBOOLEAN:
        lua_pushboolean(L, (int)key->integer);
        break;
    default:
        lua_pushlstring(L, key->text, key->length);
    }
}

/* Pushes a list of the sorted keys of the table at index. */
static void push_sorted_keys(lua_State *L, int index)
{
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        count++;
    orun_limit_charge(L, 4 * (uint64_t)count + 4);
    struct order *keys = lua_newuserdatauv(L, (count + 1) * sizeof *keys, 0);
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        read_key(L, -2, &keys[n++]);
    qsort(keys, count, sizeof *keys, compare_keys);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_key(L, &keys[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_remove(L, -2);
}

/* Upvalues: the keys, the position, the table that is read. */
static int next_pair(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));
    for (;;) {
        if (lua_rawgeti(L, lua_upvalueindex(1), ++i) == LUA_TNIL)
            return 1;
        lua_pushvalue(L, -1);
        if (lua_gettable(L, lua_upvalueindex(3)) != LUA_TNIL)
            break;
        lua_pop(L, 2);
        orun_limit_charge(L, 1);
    }
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(2));
    return 2;
}

static int base_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (!orun_frozen_unwrap(L, 1))
        lua_pushvalue(L, 1);
    push_sorted_keys(L, 2);
    lua_pushinteger(L, 0);
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, next_pair, 3);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/* The first pair in the order of pairs. */
static int base_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_isnoneornil(L, 2))
        return luaL_error(
            L, "'next' takes a table only, to tell whether it is empty; walk with pairs");
    lua_settop(L, 1);
    if (!orun_frozen_unwrap(L, 1))
        lua_pushvalue(L, 1);
    struct order first = {.type = LUA_TNONE}, key;
    uint64_t count = 0;
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1), count++) {
        read_key(L, -2, &key);
        if (count == 0 || compare_keys(&key, &first) < 0)
            first = key;
    }
    orun_limit_charge(L, count + 1);
    if (count == 0) {
        lua_pushnil(L);
        return 1;
    }
    push_key(L, &first);
    lua_pushvalue(L, -1);
    lua_gettable(L, 1);
    return 2;
}

static int base_rawget(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    if (orun_frozen_unwrap(L, 1)) {
        lua_pop(L, 1);
        lua_gettable(L, 1);
    } else {
        lua_rawget(L, 1);
    }
    return 1;
}

static int base_rawlen(lua_State *L)
{
    luaL_argexpected(L, lua_istable(L, 1) || lua_type(L, 1) == LUA_TSTRING, 1, "table or string");
    lua_settop(L, 1);
    orun_frozen_unwrap(L, 1);
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
    return 1;
}

static void refuse_field(lua_State *L, const char *name, const char *why)
{
    lua_pushstring(L, name);
    if (lua_rawget(L, 2) != LUA_TNIL)
        luaL_error(L, "'%s' is not available: %s", name, why);
    lua_pop(L, 1);
}

static int base_setmetatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    if (lua_istable(L, 2)) {
        refuse_field(L, "__gc", "nothing is told when a value goes");
        refuse_field(L, "__mode", "tables are never weak");
        orun_limit_watch(L, 2);
    }
    lua_setmetatable(L, 1);
    return 1;
}

/* Texts ------------------------------------------------------------------------------------------
 */

static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    orun_sandbox_tostring(L, 1, NULL);
    return 1;
}

static int base_print(lua_State *L)
{
    int count = lua_gettop(L);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&b, '\t');
        orun_sandbox_tostring(L, i, NULL);
        luaL_addvalue(&b);
    }
    luaL_pushresult(&b);
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    orun_limit_print(L, length);
    orun_sandbox_print(L, text, length);
    return 0;
}

/* Programs ---------------------------------------------------------------------------------------
 */

/* Labels are compared with each other. */
static uint64_t label_work(const char *text, size_t length)
{
    uint64_t labels = 0;
    for (size_t i = 0; i + 1 < length; i++)
        labels += (text[i] == ':' && text[i + 1] == ':') || (text[i] == 'g' && text[i + 1] == 'o');
    return labels * labels / 16;
}

struct source {
    const char *text, *name;
    size_t length;
    int status;
};

static int compile(lua_State *L)
{
    struct source *s = lua_touserdata(L, 1);
    s->status = luaL_loadbufferx(L, s->text, s->length, s->name, "t");
    return 1;
}

/* A call of its own without a message handler: the compiler would give errors of depth to the one
 * that is there, although they go no further than this. */
int orun_sandbox_compile(lua_State *L, const char *text, size_t length, const char *name)
{
    if (length > SOURCE) {
        orun_limit_charge(L, SOURCE_WORK); /* or refusals in a loop would be free */
        lua_pushfstring(L, "the text is longer than %d KiB", SOURCE / 1024);
        return LUA_ERRSYNTAX;
    }
    orun_limit_charge(L, (uint64_t)length * SOURCE_WORK + label_work(text, length));
    struct source s = {text, name, length, LUA_OK};
    lua_pushcfunction(L, compile);
    lua_pushlightuserdata(L, &s);
    int status = lua_pcall(L, 1, 1, 0);
    if (status == LUA_OK)
        status = s.status;
    orun_limit_after(L, status);
    return status;
}

/* Pushes all that a function gives, piece by piece, as one string. */
static void push_pieces(lua_State *L)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (;;) {
        lua_pushvalue(L, 1);
        lua_call(L, 0, 1);
        if (lua_isnil(L, -1) || (lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) == 0))
            break;
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "reader function must return a string");
        orun_limit_charge(L, 4);
        luaL_addvalue(&b);
        if (luaL_bufflen(&b) > SOURCE)
            luaL_error(L, "the text is longer than %d KiB", SOURCE / 1024);
    }
    lua_pop(L, 1);
    luaL_pushresult(&b);
}

/* load(text or function [, name [, mode [, env]]]): a text without env gets globals of its own. */
static int base_load(lua_State *L)
{
    bool has_env = !lua_isnone(L, 4);
    lua_settop(L, has_env ? 4 : 3);
    const char *name = luaL_optstring(L, 2, "load"), *mode = luaL_optstring(L, 3, "t");
    if (!strchr(mode, 't')) {
        lua_pushnil(L);
        lua_pushliteral(L, "attempt to load a binary chunk: only text is accepted");
        return 2;
    }
    if (lua_type(L, 1) != LUA_TSTRING) {
        luaL_checktype(L, 1, LUA_TFUNCTION);
        push_pieces(L);
        lua_replace(L, 1);
    }
    size_t length;
    const char *text = lua_tolstring(L, 1, &length);
    if (name[0] == '@' || name[0] == '=')
        name++;
    lua_pushfstring(L, "=%s", name);
    if (orun_sandbox_compile(L, text, length, lua_tostring(L, -1)) != LUA_OK) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    if (has_env)
        lua_pushvalue(L, 4);
    else
        orun_sandbox_push_environment(L);
    lua_setupvalue(L, -2, 1);
    return 1;
}

/* select: the copies it makes count. */
static int base_select(lua_State *L)
{
    int count = lua_gettop(L);
    orun_limit_charge(L, (uint64_t)count / 4);
    if (lua_type(L, 1) == LUA_TSTRING && *lua_tostring(L, 1) == '#') {
        lua_pushinteger(L, count - 1);
        return 1;
    }
    lua_Integer n = luaL_checkinteger(L, 1);
    if (n < 0)
        n = count + n;
    else if (n > count)
        n = count;
    luaL_argcheck(L, n >= 1, 1, "index out of range");
    return count - (int)n;
}

void orun_sandbox_add_base(lua_State *L)
{
    static const luaL_Reg own[] = {{"pcall", base_pcall},
                                   {"xpcall", base_xpcall},
                                   {"pairs", base_pairs},
                                   {"next", base_next},
                                   {"rawget", base_rawget},
                                   {"rawlen", base_rawlen},
                                   {"setmetatable", base_setmetatable},
                                   {"tostring", base_tostring},
                                   {"print", base_print},
                                   {"load", base_load},
                                   {"select", base_select},
                                   {NULL, NULL}};
    static const char *const originals[] = {"assert",   "error",    "getmetatable", "ipairs",
                                            "rawequal", "tonumber", "type"};
    luaL_setfuncs(L, own, 0);
    for (size_t i = 0; i < sizeof originals / sizeof *originals; i++) {
        orun_sandbox_push_original(L, "_G", originals[i]);
        lua_setfield(L, -2, originals[i]);
    }
    lua_pushliteral(L, LUA_VERSION);
    lua_setfield(L, -2, "_VERSION");
}
