/* A sandbox as a whole: its Lua state, the library in it, and how errors are told. */
#include "sandbox.h"
#include "value.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

static const char library_key = 0;
static const char originals_key = 0;

struct orun_sandbox *orun_sandbox_of(lua_State *L)
{
    return *(struct orun_sandbox **)lua_getextraspace(L);
}

/* The library ------------------------------------------------------------------------------------
 */

void orun_sandbox_push_original(lua_State *L, const char *library, const char *name)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &originals_key);
    lua_getfield(L, -1, library);
    lua_getfield(L, -1, name);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

static void open_originals(lua_State *L)
{
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},          {LUA_STRLIBNAME, luaopen_string},
        {LUA_MATHLIBNAME, luaopen_math},    {LUA_UTF8LIBNAME, luaopen_utf8},
        {LUA_COLIBNAME, luaopen_coroutine}, {NULL, NULL}};
    lua_createtable(L, 0, 5);
    for (const luaL_Reg *l = libraries; l->name; l++) {
        luaL_requiref(L, l->name, l->func, 0);
        lua_setfield(L, -2, l->name);
    }
    lua_rawsetp(L, LUA_REGISTRYINDEX, &originals_key);
}

static void push_math(lua_State *L)
{
    static const char *const names[] = {
        "abs",  "acos", "asin", "atan",       "ceil",      "cos",        "deg", "exp",  "floor",
        "fmod", "huge", "log",  "maxinteger", "max",       "mininteger", "min", "modf", "pi",
        "rad",  "sin",  "sqrt", "tan",        "tointeger", "type",       "ult"};
    lua_newtable(L);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        orun_sandbox_push_original(L, LUA_MATHLIBNAME, names[i]);
        lua_setfield(L, -2, names[i]);
    }
}

/* len decodes every byte, which costs several times what copying one does. */
static int utf8_length(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING)
        orun_limit_charge_bytes(L, 4 * (uint64_t)lua_rawlen(L, 1));
    int count = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    return lua_gettop(L);
}

static void push_utf8(lua_State *L)
{
    static const char *const charged[] = {"char", "codes", "offset", "codepoint"};
    lua_newtable(L);
    orun_sandbox_push_original(L, LUA_UTF8LIBNAME, "len");
    lua_pushcclosure(L, utf8_length, 1);
    lua_setfield(L, -2, "len");
    orun_sandbox_push_original(L, LUA_UTF8LIBNAME, "charpattern");
    lua_setfield(L, -2, "charpattern");
    for (size_t i = 0; i < sizeof charged / sizeof *charged; i++) {
        orun_sandbox_push_original(L, LUA_UTF8LIBNAME, charged[i]);
        orun_sandbox_charge_by_bytes(L);
        lua_setfield(L, -2, charged[i]);
    }
}

/* Strings have the string library as their methods, and nobody may change that. */
static void lock_strings(lua_State *L)
{
    lua_pushliteral(L, "");
    if (!lua_getmetatable(L, -1)) {
        lua_pop(L, 1);
        return;
    }
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}

static void open_library(lua_State *L)
{
    lua_newtable(L);
    orun_sandbox_add_base(L);
    orun_sandbox_push_string(L);
    lock_strings(L);
    orun_frozen_protect(L);
    lua_setfield(L, -2, LUA_STRLIBNAME);
    orun_sandbox_push_table(L);
    orun_frozen_protect(L);
    lua_setfield(L, -2, LUA_TABLIBNAME);
    push_math(L);
    orun_frozen_protect(L);
    lua_setfield(L, -2, LUA_MATHLIBNAME);
    push_utf8(L);
    orun_frozen_protect(L);
    lua_setfield(L, -2, LUA_UTF8LIBNAME);
    orun_sandbox_push_coroutine(L);
    orun_frozen_protect(L);
    lua_setfield(L, -2, LUA_COLIBNAME);
    lua_createtable(L, 0, 2);
    lua_insert(L, -2);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "globals");
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &library_key);
}

void orun_sandbox_push_library(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &library_key);
    lua_getfield(L, -1, "__index");
    lua_remove(L, -2);
}

void orun_sandbox_push_environment(lua_State *L)
{
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "_G");
    lua_rawgetp(L, LUA_REGISTRYINDEX, &library_key);
    lua_setmetatable(L, -2);
}

/* Opening and closing ----------------------------------------------------------------------------
 */

static int prepare(lua_State *L)
{
    lua_gc(L, LUA_GCSTOP);
    open_originals(L);
    open_library(L);
    return 0;
}

struct orun_sandbox *orun_sandbox_open(const struct orun_limits *limits)
{
    struct orun_sandbox *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->limits = *limits;
    s->hard = SIZE_MAX;
    s->collect_at = SIZE_MAX;
    s->L = lua_newstate(orun_limit_allocate, s);
    if (!s->L) {
        free(s);
        return NULL;
    }
    *(struct orun_sandbox **)lua_getextraspace(s->L) = s;
    s->limits.output = SIZE_MAX;
    lua_pushcfunction(s->L, prepare);
    if (lua_pcall(s->L, 0, 0, 0) != LUA_OK) {
        orun_sandbox_close(s);
        return NULL;
    }
    s->limits = *limits;
    /* A quarter above the limit is room for what is noticed with its line. */
    s->hard = limits->memory + limits->memory / 4;
    s->collect_at = 0;
    return s;
}

void orun_sandbox_close(struct orun_sandbox *s)
{
    s->depth = 0;
    lua_close(s->L);
    free(s);
}

void orun_sandbox_begin(struct orun_sandbox *s, struct orun_call *call, lua_State *host)
{
    *call = (struct orun_call){{s->L, s->running}, s->host, s->serial};
    s->serial = ++s->last_serial;
    s->host = host;
    s->running = &call->thread;
    if (s->depth++ == 0)
        orun_limit_start(s);
}

void orun_sandbox_end(struct orun_sandbox *s, const struct orun_call *call)
{
    s->depth--;
    s->host = call->host;
    s->serial = call->serial;
    s->running = call->thread.resumer;
}

/* Errors -----------------------------------------------------------------------------------------
 */

static bool push_frame(lua_State *L, int level)
{
    lua_Debug ar;
    if (!lua_getstack(L, level, &ar))
        return false;
    lua_getinfo(L, "Sln", &ar);
    if (ar.currentline <= 0) {
        lua_pushnil(L);
        return true;
    }
    lua_createtable(L, 0, 4);
    lua_pushstring(L, ar.source + 1);
    lua_setfield(L, -2, "file");
    lua_pushboolean(L, ar.source[0] == '@');
    lua_setfield(L, -2, "known");
    lua_pushstring(L, ar.short_src);
    lua_setfield(L, -2, "shown");
    lua_pushinteger(L, ar.currentline);
    lua_setfield(L, -2, "line");
    if (ar.name) {
        lua_pushstring(L, ar.name);
        lua_setfield(L, -2, "name");
    }
    return true;
}

/* Innermost lines of Lua, at most so many. */
static void push_frames(lua_State *L)
{
    enum { FRAMES = 20 };
    lua_newtable(L);
    int count = 0;
    for (int level = 1; count < FRAMES && push_frame(L, level); level++) {
        if (lua_isnil(L, -1))
            lua_pop(L, 1);
        else
            lua_rawseti(L, -2, ++count);
    }
}

/* The text of an error at index 1: itself, what it says when it is asked, or its field `message`.
   Else the table at index 2 says in `thrown` what was raised instead. */
static void push_message(lua_State *L)
{
    int type = lua_type(L, 1);
    bool speaks = type == LUA_TSTRING || type == LUA_TNUMBER;
    if (!speaks && luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL) {
        speaks = true;
        lua_pop(L, 1);
    }
    if (!speaks && type == LUA_TTABLE) {
        lua_pushliteral(L, "message");
        if (lua_rawget(L, 1) == LUA_TSTRING)
            return;
        lua_pop(L, 1);
    }
    if (!speaks) {
        lua_pushstring(L, lua_typename(L, type));
        lua_setfield(L, 2, "thrown");
    }
    orun_sandbox_tostring(L, 1, NULL);
}

int orun_sandbox_explain(lua_State *L)
{
    if (orun_sandbox_of(L)->hit != ORUN_LIMIT_NONE)
        return 1;
    lua_settop(L, 1);
    lua_createtable(L, 0, 3);
    push_frames(L);
    lua_setfield(L, 2, "frames");
    bool failure = lua_istable(L, 1) && luaL_getmetafield(L, 1, "__failure") != LUA_TNIL;
    lua_settop(L, 2);
    if (failure) {
        lua_pushvalue(L, 1);
        lua_setfield(L, 2, "failure");
        return 1;
    }
    push_message(L);
    lua_setfield(L, 2, "message");
    return 1;
}
