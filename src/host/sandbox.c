/*
 * host.sandbox: Lua states for code that nobody vouches for. What is in them beside the base
 * library is told by a prelude, a trusted text that runs inside; values cross by copy, functions as
 * handles.
 */
#include "sandbox/sandbox.h"
#include "value.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#define BOX "host.sandbox"
#define HANDLE "host.sandbox.function"

static const char entry_key = 0;

struct box {
    struct orun_sandbox *sandbox;
    int functions; /* registry of the host: those that the prelude may call, by name */
    int print;     /* likewise: gets what is printed */
};

/* A function inside; user value 1 is its box. */
struct handle {
    int reference; /* registry of the sandbox */
    int line;
    char file[ORUN_PLACE];
};

static struct box *check_box(lua_State *L)
{
    struct box *b = luaL_checkudata(L, 1, BOX);
    if (!b->sandbox)
        luaL_error(L, "the sandbox is closed");
    return b;
}

/* Out of the sandbox ------------------------------------------------------------------------------
 */

/* Runs inside, protected: leaves a reference to the function. */
static int refer(lua_State *L)
{
    lua_pushinteger(L, luaL_ref(L, LUA_REGISTRYINDEX));
    return 1;
}

/* Pushes a handle of the function; null when there is no memory. copy->context is the index of the
 * box. */
static void push_handle(struct orun_copy *copy, int index)
{
    lua_State *L = copy->to, *from = copy->from;
    struct handle *h = lua_newuserdatauv(L, sizeof *h, 1);
    *h = (struct handle){.reference = LUA_NOREF};
    lua_pushvalue(L, *(const int *)copy->context);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, HANDLE);
    lua_Debug ar;
    lua_pushvalue(from, index);
    lua_getinfo(from, ">S", &ar);
    if (ar.source[0] == '@') {
        strncpy(h->file, ar.source + 1, sizeof h->file - 1);
        h->line = ar.linedefined;
    }
    lua_pushcfunction(from, refer);
    lua_pushvalue(from, index);
    if (lua_pcall(from, 1, 1, 0) == LUA_OK)
        h->reference = (int)lua_tointeger(from, -1);
    lua_pop(from, 1);
}

static void copy_out(lua_State *L, struct orun_copy *copy)
{
    if (!orun_copy_value(copy, -1))
        lua_pushnil(L);
}

static int push_problem_of_copy(lua_State *L, struct orun_copy *copy)
{
    lua_pushnil(L);
    lua_createtable(L, 0, 2);
    char *way = strchr(copy->problem, '\n');
    if (way)
        *way++ = '\0';
    lua_pushstring(L, copy->over ? "output" : copy->problem);
    lua_setfield(L, -2, copy->over ? "limit" : "unfit");
    lua_pushstring(L, way ? way : "");
    lua_setfield(L, -2, "way");
    return 2;
}

static const char *const limit_names[] = {[ORUN_LIMIT_MEMORY] = "memory",
                                          [ORUN_LIMIT_MEMORY_HARD] = "memory-hard",
                                          [ORUN_LIMIT_INSTRUCTIONS] = "instructions",
                                          [ORUN_LIMIT_OUTPUT] = "output",
                                          [ORUN_LIMIT_STRING] = "string",
                                          [ORUN_LIMIT_WEAK] = "weak"};

static int push_limit(lua_State *L, const struct orun_sandbox *s)
{
    lua_pushnil(L);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, limit_names[s->hit]);
    lua_setfield(L, -2, "limit");
    if (s->file[0] != '\0') {
        lua_pushstring(L, s->file);
        lua_setfield(L, -2, "file");
        lua_pushinteger(L, s->line);
        lua_setfield(L, -2, "line");
    }
    return 2;
}

/* What the message handler made of the error, as a table; the error is on the top of the sandbox.
 */
static int push_error(lua_State *L, struct orun_sandbox *s)
{
    struct orun_copy copy = {
        .from = s->L, .to = L, .limit = s->limits.output, .from_sandbox = true};
    lua_pushnil(L);
    if (lua_istable(s->L, -1)) {
        copy_out(L, &copy);
        if (lua_istable(L, -1))
            return 2;
        lua_pop(L, 1);
    }
    lua_createtable(L, 0, 1);
    size_t length;
    const char *text = lua_type(s->L, -1) == LUA_TSTRING ? lua_tolstring(s->L, -1, &length) : NULL;
    if (text)
        lua_pushlstring(L, text, length);
    else
        lua_pushliteral(L, "the error cannot be told");
    lua_setfield(L, -2, "message");
    return 2;
}

/* Into the sandbox --------------------------------------------------------------------------------
 */

/* One call: what runs inside, protected, and what it gets. */
struct crossing {
    struct orun_sandbox *sandbox;
    lua_State *host;
    int first, last; /* arguments, on the stack of the host */
    int reference;   /* of the function; LUA_NOREF: the entry of the prelude */
    bool frozen;
    bool trusted; /* what runs has no budget */
};

static void copy_argument(lua_State *L, lua_State *host, int index, bool frozen)
{
    if (frozen && orun_value_kind(host, index) == ORUN_MAP) {
        orun_frozen_push(L, index);
        return;
    }
    struct orun_copy copy = {.from = host, .to = L, .limit = SIZE_MAX};
    if (!orun_copy_value(&copy, index))
        luaL_error(L, "an argument %s", copy.problem);
    if (frozen && lua_istable(L, -1))
        orun_frozen_wrap(L);
}

static int enter(lua_State *L)
{
    const struct crossing *c = lua_touserdata(L, 1);
    if (c->reference == LUA_NOREF)
        lua_rawgetp(L, LUA_REGISTRYINDEX, &entry_key);
    else
        lua_rawgeti(L, LUA_REGISTRYINDEX, c->reference);
    luaL_checkstack(L, c->last - c->first + 4, "arguments");
    for (int i = c->first; i <= c->last; i++)
        copy_argument(L, c->host, i, c->frozen);
    lua_call(L, c->last - c->first + 1, 1);
    orun_limit_check(L);
    return 1;
}

/* Runs `inside`, which gets the crossing; value or nil and what is wrong on the stack of the host.
 */
static int cross(struct crossing *c, lua_CFunction inside, int box_index, bool handles)
{
    struct orun_sandbox *s = c->sandbox;
    lua_State *L = s->L;
    int base = lua_gettop(L);
    if (!lua_checkstack(L, 10))
        return luaL_error(c->host, "not enough memory");
    struct orun_call call;
    orun_sandbox_begin(s, &call, c->host);
    s->trusted = c->trusted;
    lua_pushcfunction(L, orun_sandbox_explain);
    lua_pushcfunction(L, inside);
    lua_pushlightuserdata(L, c);
    int status = lua_pcall(L, 1, 1, base + 1), results;
    if (status == LUA_ERRMEM && s->hit == ORUN_LIMIT_NONE)
        s->hit = ORUN_LIMIT_MEMORY_HARD;
    if (s->hit != ORUN_LIMIT_NONE) {
        results = push_limit(c->host, s);
    } else if (status != LUA_OK) {
        results = push_error(c->host, s);
    } else {
        struct orun_copy copy = {.from = L,
                                 .to = c->host,
                                 .limit = s->output,
                                 .from_sandbox = true,
                                 .strict = true,
                                 .function = handles ? push_handle : NULL,
                                 .context = &box_index};
        results = orun_copy_value(&copy, -1) ? 1 : push_problem_of_copy(c->host, &copy);
    }
    orun_sandbox_end(s, &call);
    lua_settop(L, base);
    return results;
}

/* Functions of the host, called from inside -------------------------------------------------------
 */

struct visit {
    struct orun_sandbox *sandbox;
    lua_State *L; /* the thread inside that calls */
    const char *name;
    int count;
};

/* Runs in the host, protected: copies the arguments, calls, leaves two results. */
static int visit_host(lua_State *host)
{
    const struct visit *v = lua_touserdata(host, 1);
    const struct box *b = v->sandbox->owner;
    lua_rawgeti(host, LUA_REGISTRYINDEX, b->functions);
    lua_getfield(host, -1, v->name);
    luaL_checkstack(host, v->count + 4, "arguments");
    for (int i = 1; i <= v->count; i++) {
        struct orun_copy copy = {
            .from = v->L, .to = host, .limit = v->sandbox->output, .from_sandbox = true};
        if (!orun_copy_value(&copy, i))
            return luaL_error(host, "an argument %s", copy.problem);
    }
    lua_call(host, v->count, 2);
    return 2;
}

/* Upvalue 1: the name. */
static int call_host(lua_State *L)
{
    struct orun_sandbox *s = orun_sandbox_of(L);
    lua_State *host = s->host;
    struct visit v = {s, L, lua_tostring(L, lua_upvalueindex(1)), lua_gettop(L)};
    orun_limit_charge(L, 100);
    if (!lua_checkstack(host, 10))
        return luaL_error(L, "not enough memory");
    int base = lua_gettop(host);
    lua_pushcfunction(host, visit_host);
    lua_pushlightuserdata(host, &v);
    bool called = lua_pcall(host, 1, 2, 0) == LUA_OK;
    lua_settop(L, 0);
    if (!called) {
        const char *text = lua_tostring(host, -1);
        lua_pushfstring(L, "%s: %s", v.name, text ? text : "failed");
        lua_settop(host, base);
        return lua_error(L);
    }
    for (int i = 1; i <= 2; i++) {
        struct orun_copy copy = {.from = host, .to = L, .limit = SIZE_MAX};
        if (!orun_copy_value(&copy, base + i))
            lua_pushnil(L);
    }
    lua_settop(host, base);
    return 2;
}

void orun_sandbox_print(lua_State *L, const char *text, size_t length)
{
    struct orun_sandbox *s = orun_sandbox_of(L);
    const struct box *b = s->owner;
    lua_State *host = s->host;
    if (b->print == LUA_NOREF || !host || !lua_checkstack(host, 4))
        return;
    lua_rawgeti(host, LUA_REGISTRYINDEX, b->print);
    lua_pushlstring(host, text, length);
    if (lua_pcall(host, 1, 0, 0) != LUA_OK)
        lua_pop(host, 1);
}

/* The tools of a prelude --------------------------------------------------------------------------
 */

/* list(t): marks it as a list. */
static int tool_list(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    orun_value_mark_list(L, 1);
    lua_settop(L, 1);
    return 1;
}

static int tool_kind(lua_State *L)
{
    static const char *const names[] = {
        [ORUN_NIL] = "nil",         [ORUN_NULL] = "null",   [ORUN_BOOLEAN] = "boolean",
        [ORUN_INTEGER] = "integer", [ORUN_FLOAT] = "float", [ORUN_STRING] = "string",
        [ORUN_LIST] = "list",       [ORUN_MAP] = "map",     [ORUN_UINT64] = "uint64",
        [ORUN_TIME] = "time",       [ORUN_OTHER] = "other"};
    lua_settop(L, 1);
    if (!orun_frozen_unwrap(L, 1))
        lua_pushvalue(L, 1);
    lua_pushstring(L, names[orun_value_kind(L, 2)]);
    return 1;
}

static int tool_freeze(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    orun_frozen_protect(L);
    return 1;
}

static int tool_wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    orun_frozen_wrap(L);
    return 1;
}

static int delegate(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* delegate(f): calls f, and is there as a function of C when it is the last thing that a line
 * calls. */
static int tool_delegate(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_pushcclosure(L, delegate, 1);
    return 1;
}

/* place() -> file, line: the innermost line of the package */
static int tool_place(lua_State *L)
{
    char file[ORUN_PLACE];
    int line;
    if (!orun_limit_place(orun_sandbox_of(L), L, file, &line))
        return 0;
    lua_pushstring(L, file);
    lua_pushinteger(L, line);
    return 2;
}

/* compile(text, name) -> function | nil, message: with globals of its own. The name is that of a
 * file of the package, or begins with '=' for a part of the prelude. */
static int tool_compile(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    const char *name = luaL_checkstring(L, 2);
    lua_pushfstring(L, "%s%s", name[0] == '=' ? "" : "@", name);
    if (orun_sandbox_compile(L, text, length, lua_tostring(L, -1)) != LUA_OK) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    orun_sandbox_push_environment(L);
    lua_setupvalue(L, -2, 1);
    return 1;
}

/* Upvalues: the field that a step must have, and what to say otherwise. */
static int make_step(lua_State *L)
{
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    if (lua_type(L, 1) == LUA_TSTRING) {
        lua_createtable(L, 0, 3);
        lua_pushvalue(L, 2);
        lua_pushvalue(L, 1);
    } else {
        luaL_checktype(L, 1, LUA_TTABLE);
        if (!orun_frozen_unwrap(L, 1))
            lua_pushvalue(L, 1);
        lua_createtable(L, 0, 8);
        int copied = 0;
        for (lua_pushnil(L); lua_next(L, 3); copied++) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, 4);
        }
        orun_limit_charge(L, (uint64_t)copied + 2);
        lua_pushvalue(L, 2);
        lua_pushvalue(L, 2);
        if (lua_rawget(L, 4) == LUA_TNIL)
            return luaL_error(L, "%s", lua_tostring(L, lua_upvalueindex(2)));
    }
    lua_rawset(L, -3);
    char file[ORUN_PLACE];
    int line;
    if (orun_limit_place(orun_sandbox_of(L), L, file, &line)) {
        lua_pushfstring(L, "%s:%d", file, line);
        lua_setfield(L, -2, "place");
    }
    return 1;
}

/* step(field, message) -> function that copies a step and notes where it stands */
static int tool_step(lua_State *L)
{
    luaL_checkstring(L, 1);
    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    lua_pushcclosure(L, make_step, 2);
    return 1;
}

struct prelude {
    struct crossing crossing;
    const char *text, *name;
    size_t length;
    int functions; /* index on the stack of the host */
};

static void push_tools(lua_State *L, const struct prelude *p)
{
    static const luaL_Reg tools[] = {
        {"list", tool_list},         {"kind", tool_kind},   {"freeze", tool_freeze},
        {"wrap", tool_wrap},         {"place", tool_place}, {"compile", tool_compile},
        {"delegate", tool_delegate}, {"step", tool_step},   {NULL, NULL}};
    luaL_newlib(L, tools);
    orun_value_push_null(L);
    lua_setfield(L, -2, "null");
    orun_sandbox_push_library(L);
    lua_setfield(L, -2, "globals");
    lua_newtable(L);
    lua_State *host = p->crossing.host;
    for (lua_pushnil(host); lua_next(host, p->functions); lua_pop(host, 1)) {
        if (lua_type(host, -2) != LUA_TSTRING)
            continue;
        lua_pushstring(L, lua_tostring(host, -2));
        lua_pushvalue(L, -1);
        lua_pushcclosure(L, call_host, 1);
        lua_rawset(L, -3);
    }
    lua_setfield(L, -2, "host");
}

static int enter_prelude(lua_State *L)
{
    const struct prelude *p = lua_touserdata(L, 1);
    if (luaL_loadbufferx(L, p->text, p->length, p->name, "t") != LUA_OK)
        return lua_error(L);
    orun_sandbox_push_environment(L);
    lua_setupvalue(L, -2, 1);
    push_tools(L, p);
    lua_call(L, 1, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &entry_key);
    lua_pushboolean(L, 1);
    return 1;
}

/* Functions of the module -------------------------------------------------------------------------
 */

static lua_Integer read_limit(lua_State *L, const char *name, lua_Integer least)
{
    lua_getfield(L, 1, name);
    lua_Integer n = luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    return n < least ? least : n;
}

/* open{memory=, instructions=, output=, print=} -> Sandbox */
static int open_box(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    struct orun_limits limits = {.memory = (size_t)read_limit(L, "memory", 256 * 1024),
                                 .instructions = read_limit(L, "instructions", 1000),
                                 .output = (size_t)read_limit(L, "output", 1024)};
    struct box *b = lua_newuserdatauv(L, sizeof *b, 0);
    *b = (struct box){NULL, LUA_NOREF, LUA_NOREF};
    luaL_setmetatable(L, BOX);
    if (lua_getfield(L, 1, "print") == LUA_TFUNCTION)
        b->print = luaL_ref(L, LUA_REGISTRYINDEX);
    else
        lua_pop(L, 1);
    b->sandbox = orun_sandbox_open(&limits);
    if (!b->sandbox)
        return luaL_error(L, "not enough memory for a sandbox");
    b->sandbox->owner = b;
    return 1;
}

/* sandbox:prelude(text, chunk name, functions) -> true | nil, problem */
static int box_prelude(lua_State *L)
{
    struct box *b = check_box(L);
    struct prelude p = {.crossing = {.sandbox = b->sandbox, .host = L, .trusted = true},
                        .functions = 4};
    p.text = luaL_checklstring(L, 2, &p.length);
    p.name = luaL_checkstring(L, 3);
    luaL_checktype(L, 4, LUA_TTABLE);
    lua_settop(L, 4);
    luaL_unref(L, LUA_REGISTRYINDEX, b->functions);
    lua_pushvalue(L, 4);
    b->functions = luaL_ref(L, LUA_REGISTRYINDEX);
    return cross(&p.crossing, enter_prelude, 1, false);
}

/* sandbox:enter(...) -> value | nil, problem: calls what the prelude returned */
static int box_enter(lua_State *L)
{
    struct box *b = check_box(L);
    struct crossing c = {b->sandbox, L, 2, lua_gettop(L), LUA_NOREF, false, false};
    return cross(&c, enter, 1, true);
}

/* sandbox:call(function, ...) -> value | nil, problem: the arguments are read-only inside */
static int box_call(lua_State *L)
{
    struct box *b = check_box(L);
    const struct handle *h = luaL_checkudata(L, 2, HANDLE);
    lua_getiuservalue(L, 2, 1);
    luaL_argcheck(L, lua_rawequal(L, -1, 1), 2, "a function of another sandbox");
    lua_pop(L, 1);
    luaL_argcheck(L, h->reference != LUA_NOREF, 2, "a function that was lost");
    struct crossing c = {b->sandbox, L, 3, lua_gettop(L), h->reference, true, false};
    return cross(&c, enter, 1, false);
}

/* sandbox:used() -> bytes */
static int box_used(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)check_box(L)->sandbox->used);
    return 1;
}

static int box_close(lua_State *L)
{
    struct box *b = luaL_checkudata(L, 1, BOX);
    if (!b->sandbox)
        return 0;
    if (b->sandbox->depth > 0)
        return luaL_error(L, "the sandbox is in use");
    orun_sandbox_close(b->sandbox);
    b->sandbox = NULL;
    luaL_unref(L, LUA_REGISTRYINDEX, b->functions);
    luaL_unref(L, LUA_REGISTRYINDEX, b->print);
    return 0;
}

/* place(function) -> file?, line */
static int handle_place(lua_State *L)
{
    const struct handle *h = luaL_checkudata(L, 1, HANDLE);
    if (h->file[0] == '\0')
        return 0;
    lua_pushstring(L, h->file);
    lua_pushinteger(L, h->line);
    return 2;
}

/* is_function(v) -> boolean */
static int is_handle(lua_State *L)
{
    lua_pushboolean(L, luaL_testudata(L, 1, HANDLE) != NULL);
    return 1;
}

static int handle_tostring(lua_State *L)
{
    lua_pushliteral(L, "function");
    return 1;
}

int luaopen_host_sandbox(lua_State *L)
{
    static const luaL_Reg methods[] = {{"prelude", box_prelude}, {"enter", box_enter},
                                       {"call", box_call},       {"used", box_used},
                                       {"close", box_close},     {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"open", open_box}, {"place", handle_place}, {"is_function", is_handle}, {NULL, NULL}};
    luaL_newmetatable(L, BOX);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, box_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, box_close);
    lua_setfield(L, -2, "__close");
    luaL_newmetatable(L, HANDLE);
    lua_pushcfunction(L, handle_tostring);
    lua_setfield(L, -2, "__tostring");
    luaL_newlib(L, functions);
    return 1;
}
