/*
 * One libuv loop per process, and Lua coroutines that suspend on it.
 *
 * A C function that has to wait does:
 *     struct orun_wait *w = ...;              (embedded in its own handle or request)
 *     return orun_loop_wait(L, w, cancel, data);
 * and from a libuv callback later:
 *     lua_State *co = orun_wait_thread(w);    push results on co
 *     orun_loop_wake(w, nresults);            or orun_loop_wake_error(w) with one error value pushed
 * Exactly one of wake / wake_error is called for each wait. `cancel` is called when the task is
 * cancelled while it waits: it must see to it that the wait is woken (at once or later).
 */
#ifndef ORUN_LOOP_H
#define ORUN_LOOP_H

#include <lua.h>
#include <stdbool.h>
#include <uv.h>

struct orun_task;

struct orun_wait {
    struct orun_task *task; /* NULL when nothing waits */
    void (*cancel)(struct orun_wait *w);
    void *data;
};

uv_loop_t *orun_loop(void);

/* Yields the running task until it is woken. Only from a C function called by Lua: `return orun_loop_wait(...)`. */
int orun_loop_wait(lua_State *L, struct orun_wait *w, void (*cancel)(struct orun_wait *), void *data);
/* Same, but the results are post-processed by a continuation when the task goes on. */
int orun_loop_wait_k(lua_State *L, struct orun_wait *w, void (*cancel)(struct orun_wait *), void *data,
                     lua_KContext ctx, lua_KFunction k);
lua_State *orun_wait_thread(struct orun_wait *w);
void orun_loop_wake(struct orun_wait *w, int nresults);
void orun_loop_wake_error(struct orun_wait *w);
/* Pushes the cancellation error value of the task. */
void orun_loop_push_cancelled(lua_State *L, struct orun_wait *w);

/*
 * Runs the function at the top of the stack (with nargs arguments above it) as the main task until
 * it ends; returns a Lua status with its results or its error on the stack.
 */
int orun_loop_run(lua_State *L, int nargs);

#endif
