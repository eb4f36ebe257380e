/* Coroutines. Their own resume, so that nobody gets away with a limit that another coroutine hit.
 */
#include "sandbox.h"

#include <lauxlib.h>

/* What a coroutine may do before its hook counts; charged when it is made. */
enum { UNCOUNTED = 1000 };

static lua_State *check_thread(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    if (!co)
        luaL_typeerror(L, 1, "coroutine");
    return co;
}

/* Resumes with the `count` values on the top of L; the number of results, moved to L, or -1 with
 * the error moved. */
static int resume(lua_State *L, lua_State *co, int count)
{
    struct orun_sandbox *s = orun_sandbox_of(L);
    orun_limit_charge(L, (uint64_t)count + 20);
    if (!lua_checkstack(co, count)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, count);
    struct orun_thread thread = {co, s->running};
    s->running = &thread;
    int results = 0, status = lua_resume(co, L, count, &results);
    s->running = thread.resumer;
    if (status != LUA_OK && status != LUA_YIELD) {
        orun_limit_after(L, status);
        lua_xmove(co, L, 1);
        return -1;
    }
    orun_limit_after(L, LUA_OK);
    orun_limit_charge(L, (uint64_t)results);
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(co, results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(co, L, results);
    return results;
}

static int thread_resume(lua_State *L)
{
    lua_State *co = check_thread(L);
    int results = resume(L, co, lua_gettop(L) - 1);
    lua_pushboolean(L, results >= 0);
    int count = results < 0 ? 1 : results;
    lua_insert(L, -(count + 1));
    return count + 1;
}

/* A coroutine that died of an error still has variables to close. */
static void close_dead(lua_State *L, lua_State *co)
{
    int status = lua_status(co);
    if (status == LUA_OK || status == LUA_YIELD)
        return;
    struct orun_sandbox *s = orun_sandbox_of(L);
    struct orun_thread thread = {co, s->running};
    s->running = &thread;
    status = lua_resetthread(co);
    s->running = thread.resumer;
    orun_limit_after(L, status);
    if (status != LUA_OK) {
        lua_pop(L, 1);
        lua_xmove(co, L, 1);
    }
}

static int wrapped(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int results = resume(L, co, lua_gettop(L));
    if (results >= 0)
        return results;
    close_dead(L, co);
    return lua_error(L);
}

static int thread_create(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    orun_limit_charge(L, UNCOUNTED);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    return 1;
}

static int thread_wrap(lua_State *L)
{
    thread_create(L);
    lua_pushcclosure(L, wrapped, 1);
    return 1;
}

static int thread_close(lua_State *L)
{
    lua_State *co = check_thread(L);
    lua_Debug ar;
    bool resumed = lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar);
    if (co == L || resumed)
        return luaL_error(L, "cannot close a running coroutine");
    struct orun_sandbox *s = orun_sandbox_of(L);
    struct orun_thread thread = {co, s->running};
    orun_limit_charge(L, 20);
    s->running = &thread;
    int status = lua_resetthread(co);
    s->running = thread.resumer;
    orun_limit_after(L, status);
    lua_pushboolean(L, status == LUA_OK);
    if (status == LUA_OK)
        return 1;
    lua_xmove(co, L, 1);
    return 2;
}

void orun_sandbox_push_coroutine(lua_State *L)
{
    static const luaL_Reg own[] = {{"resume", thread_resume},
                                   {"create", thread_create},
                                   {"wrap", thread_wrap},
                                   {"close", thread_close},
                                   {NULL, NULL}};
    static const char *const originals[] = {"yield", "status", "isyieldable", "running"};
    lua_newtable(L);
    luaL_setfuncs(L, own, 0);
    for (size_t i = 0; i < sizeof originals / sizeof *originals; i++) {
        orun_sandbox_push_original(L, "coroutine", originals[i]);
        lua_setfield(L, -2, originals[i]);
    }
}
