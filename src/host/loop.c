/* host.loop: tasks, scopes, deadlines, clocks */
#include "loop_parts.h"

#include "loop.h"
#include "task.h"

#include <lauxlib.h>
#include <time.h>

/* --- tasks ------------------------------------------------------------------------------------ */

static int spawn(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    orun_task_spawn(L, lua_gettop(L) - 1);
    return 1;
}

static int task_wait(lua_State *L)
{
    return orun_task_wait(L, luaL_checkudata(L, 1, ORUN_TASK));
}

static int task_cancel(lua_State *L)
{
    orun_task_cancel(luaL_checkudata(L, 1, ORUN_TASK), luaL_optstring(L, 2, NULL));
    return 0;
}

static int task_status(lua_State *L)
{
    lua_pushstring(L, orun_task_status(luaL_checkudata(L, 1, ORUN_TASK)));
    return 1;
}

static int task_free(lua_State *L)
{
    orun_task_free(luaL_checkudata(L, 1, ORUN_TASK));
    return 0;
}

static int is_cancelled(lua_State *L)
{
    lua_pushboolean(L, orun_task_is_cancelled(L, 1));
    return 1;
}

static int traceback(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    orun_task_add_traceback(L);
    return 1;
}

/* --- sleep ------------------------------------------------------------------------------------ */

struct sleep {
    struct orun_wait wait;
    struct orun_timer *timer;
};

static void wake_up(void *data)
{
    struct sleep *sleep = data;
    sleep->timer = NULL;
    orun_wake(&sleep->wait, 0);
}

static void stop_sleeping(struct orun_wait *wait)
{
    struct sleep *sleep = wait->data;
    orun_timer_stop(sleep->timer);
    orun_wake_cancelled(wait);
}

static int sleep_seconds(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, seconds >= 0, 1, "negative");
    orun_wait_check(L);
    struct sleep *sleep = lua_newuserdatauv(L, sizeof *sleep, 0);
    sleep->timer = orun_timer_start(seconds, wake_up, sleep);
    if (!sleep->timer)
        return luaL_error(L, "not enough memory for a timer");
    return orun_wait(L, &sleep->wait, stop_sleeping, sleep);
}

/* --- clocks ----------------------------------------------------------------------------------- */

static int now(lua_State *L)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    lua_pushnumber(L, (double)t.tv_sec + (double)t.tv_nsec / 1e9);
    return 1;
}

static int wall(lua_State *L)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    lua_pushinteger(L, t.tv_sec);
    lua_pushinteger(L, t.tv_nsec);
    return 2;
}

/* The text up to the second is made once for all calls within it. */
static int timestamp(lua_State *L)
{
    static char text[64];
    static size_t length;
    static time_t second;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (length == 0 || t.tv_sec != second) {
        struct tm date;
        gmtime_r(&t.tv_sec, &date);
        length = strftime(text, sizeof text - 5, "%Y-%m-%dT%H:%M:%S", &date);
        second = t.tv_sec;
    }
    long ms = t.tv_nsec / 1000000;
    char *to = text + length;
    to[0] = '.';
    to[1] = (char)('0' + ms / 100);
    to[2] = (char)('0' + ms / 10 % 10);
    to[3] = (char)('0' + ms % 10);
    to[4] = 'Z';
    lua_pushlstring(L, text, length + 5);
    return 1;
}

static const luaL_Reg task_methods[] = {
    {"wait", task_wait}, {"cancel", task_cancel}, {"status", task_status}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"spawn", spawn},
                                     {"scope", orun_task_scope},
                                     {"shield", orun_task_shield},
                                     {"timeout", orun_task_timeout},
                                     {"is_cancelled", is_cancelled},
                                     {"traceback", traceback},
                                     {"sleep", sleep_seconds},
                                     {"now", now},
                                     {"wall", wall},
                                     {"timestamp", timestamp},
                                     {"queue", orun_loop_queue},
                                     {"signals", orun_loop_signals},
                                     {NULL, NULL}};

int luaopen_host_loop(lua_State *L)
{
    orun_task_prepare(L);
    luaL_getmetatable(L, ORUN_TASK);
    luaL_newlib(L, task_methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, task_free);
    lua_setfield(L, -2, "__gc");
    luaL_newlib(L, functions);
    return 1;
}
