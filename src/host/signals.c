/* Signals caught on the loop. */
#include "signals.h"

#include "child.h"
#include "loop.h"
#include "loop_parts.h"
#include "task.h"

#include <lauxlib.h>
#include <stdlib.h>

#define SIGNALS "host.loop.signals"
#define MOST_NAMES 8
#define MOST_PENDING 32

/* The libuv handle lives until it is closed, which is later than its owner may. */
struct caught {
    uv_signal_t handle;
    struct signals *owner; /* NULL when nobody listens any more */
};

struct signals {
    struct caught *caught[MOST_NAMES];
    int count;
    int pending[MOST_PENDING]; /* not asked for yet, oldest first; more are dropped */
    int pending_count;
    struct orun_wait wait;
};

static void arrived(uv_signal_t *handle, int number)
{
    struct signals *s = ((struct caught *)handle->data)->owner;
    if (!s)
        return;
    if (s->wait.task) {
        lua_pushstring(orun_wait_thread(&s->wait), orun_signal_name(number));
        orun_wake(&s->wait, 1);
    } else if (s->pending_count < MOST_PENDING) {
        s->pending[s->pending_count++] = number;
    }
}

static int wait_for_signal(lua_State *L)
{
    struct signals *s = luaL_checkudata(L, 1, SIGNALS);
    if (s->pending_count > 0) {
        lua_pushstring(L, orun_signal_name(s->pending[0]));
        s->pending_count--;
        for (int i = 0; i < s->pending_count; i++)
            s->pending[i] = s->pending[i + 1];
        return 1;
    }
    if (s->wait.task)
        return luaL_error(L, "another task waits for these signals already");
    if (s->count == 0)
        return luaL_error(L, "the signals are not caught any more");
    return orun_wait(L, &s->wait, NULL, NULL);
}

static void closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_all(struct signals *s)
{
    for (int i = 0; i < s->count; i++) {
        s->caught[i]->owner = NULL;
        if (!uv_is_closing((uv_handle_t *)&s->caught[i]->handle))
            uv_close((uv_handle_t *)&s->caught[i]->handle, closed);
    }
    s->count = 0;
    orun_child_signals_changed();
}

static int close_signals(lua_State *L)
{
    struct signals *s = luaL_checkudata(L, 1, SIGNALS);
    close_all(s);
    if (s->wait.task)
        orun_wake_cancelled(&s->wait);
    return 0;
}

static int catch_signal(struct signals *s, int number)
{
    struct caught *c = malloc(sizeof *c);
    if (!c)
        return UV_ENOMEM;
    c->owner = s;
    uv_signal_init(orun_loop(), &c->handle);
    c->handle.data = c;
    s->caught[s->count++] = c;
    orun_child_signals_changed();
    return uv_signal_start(&c->handle, arrived, number);
}

static const luaL_Reg methods[] = {
    {"wait", wait_for_signal}, {"close", close_signals}, {NULL, NULL}};

static void push_metatable(lua_State *L)
{
    if (!luaL_newmetatable(L, SIGNALS))
        return;
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, close_signals);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, close_signals);
    lua_setfield(L, -2, "__close");
}

int orun_loop_signals(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    int names = (int)lua_rawlen(L, 1);
    luaL_argcheck(L, names > 0 && names <= MOST_NAMES, 1, "one to eight names of signals expected");
    if (!orun_loop())
        return luaL_error(L, "the event loop cannot be made");
    struct signals *s = lua_newuserdatauv(L, sizeof *s, 0);
    s->count = s->pending_count = 0;
    s->wait.task = NULL;
    push_metatable(L);
    lua_setmetatable(L, -2);
    for (int i = 1; i <= names; i++) {
        lua_rawgeti(L, 1, i);
        int number = orun_signal_number(luaL_checkstring(L, -1));
        if (!number)
            return luaL_error(L, "no signal is named %s", lua_tostring(L, -1));
        int error = catch_signal(s, number);
        if (error)
            return luaL_error(L, "cannot catch %s: %s", lua_tostring(L, -1), uv_strerror(error));
        lua_pop(L, 1);
    }
    return 1;
}
