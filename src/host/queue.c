/* Queues between tasks. Values wait in the queue's table, tasks in a list; never both at once. */
#include "loop.h"
#include "loop_parts.h"
#include "task.h"

#include <lauxlib.h>

#define QUEUE "host.loop.queue"

struct taker {
    struct orun_wait wait;
    struct queue *queue;
    struct orun_timer *timer;
    struct taker *next;
};

struct queue {
    lua_Integer first, last; /* keys in the table, user value 1; empty when first > last */
    struct taker *takers;    /* oldest first */
};

static void remove_taker(struct taker *taker)
{
    struct taker **place = &taker->queue->takers;
    while (*place != taker)
        place = &(*place)->next;
    *place = taker->next;
    orun_timer_stop(taker->timer);
    taker->timer = NULL;
}

static void taker_cancelled(struct orun_wait *wait)
{
    remove_taker(wait->data);
    orun_wake_cancelled(wait);
}

static void taker_timed_out(void *data)
{
    struct taker *taker = data;
    taker->timer = NULL;
    remove_taker(taker);
    lua_pushnil(orun_wait_thread(&taker->wait));
    orun_wake(&taker->wait, 1);
}

static int push(lua_State *L)
{
    struct queue *queue = luaL_checkudata(L, 1, QUEUE);
    luaL_argcheck(L, !lua_isnoneornil(L, 2), 2, "nil cannot be queued");
    lua_settop(L, 2);
    struct taker *taker = queue->takers;
    if (taker) {
        remove_taker(taker);
        lua_xmove(L, orun_wait_thread(&taker->wait), 1);
        orun_wake(&taker->wait, 1);
        return 0;
    }
    lua_getiuservalue(L, 1, 1);
    lua_insert(L, 2);
    lua_rawseti(L, 2, ++queue->last);
    return 0;
}

static int take_oldest(lua_State *L, struct queue *queue)
{
    lua_getiuservalue(L, 1, 1);
    lua_rawgeti(L, -1, queue->first);
    lua_pushnil(L);
    lua_rawseti(L, -3, queue->first);
    if (queue->first++ == queue->last)
        queue->first = 1, queue->last = 0;
    return 1;
}

static int pop(lua_State *L)
{
    struct queue *queue = luaL_checkudata(L, 1, QUEUE);
    double timeout = luaL_optnumber(L, 2, -1);
    if (queue->first <= queue->last)
        return take_oldest(L, queue);
    orun_wait_check(L);
    struct taker *taker = lua_newuserdatauv(L, sizeof *taker, 0);
    taker->queue = queue;
    taker->next = NULL;
    taker->timer = timeout >= 0 ? orun_timer_start(timeout, taker_timed_out, taker) : NULL;
    if (timeout >= 0 && !taker->timer)
        return luaL_error(L, "not enough memory for a timer");
    struct taker **end = &queue->takers;
    while (*end)
        end = &(*end)->next;
    *end = taker;
    return orun_wait(L, &taker->wait, taker_cancelled, taker);
}

static int length(lua_State *L)
{
    const struct queue *queue = luaL_checkudata(L, 1, QUEUE);
    lua_pushinteger(L, queue->last - queue->first + 1);
    return 1;
}

static const luaL_Reg methods[] = {{"push", push}, {"pop", pop}, {"length", length}, {NULL, NULL}};

int orun_loop_queue(lua_State *L)
{
    struct queue *queue = lua_newuserdatauv(L, sizeof *queue, 1);
    queue->first = 1;
    queue->last = 0;
    queue->takers = NULL;
    lua_newtable(L);
    lua_setiuservalue(L, -2, 1);
    if (luaL_newmetatable(L, QUEUE)) {
        luaL_newlib(L, methods);
        lua_setfield(L, -2, "__index");
    }
    lua_setmetatable(L, -2);
    return 1;
}
