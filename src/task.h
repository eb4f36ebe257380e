/*
 * Tasks: Lua coroutines that suspend on the loop. This is what a C function that has to wait uses:
 *
 *     struct orun_wait *w = ...;              (in its own handle, or in a userdata on the stack)
 *     return orun_wait(L, w, cancel, data);
 *
 * and from a callback of the loop, or from a call made by another task:
 *
 *     lua_State *to = orun_wait_thread(w);    push results there
 *     orun_wake(w, nresults);                 or orun_wake_error(w) with one error value pushed
 *
 * Exactly one of the wakes happens for each wait. The task goes on later, on the loop's turn.
 */
#ifndef ORUN_TASK_H
#define ORUN_TASK_H

#include <lua.h>
#include <stdbool.h>

struct orun_task;

struct orun_wait {
    struct orun_task *task; /* NULL when nothing waits */
    /* Called when the task is cancelled while it waits: sees to it that it is woken, at once or
     * later; NULL: it is woken at once with the cancellation. */
    void (*cancel)(struct orun_wait *w);
    void *data;
};

/* What happens with the results (the top `n` values of the stack) when the task goes on. */
typedef int (*orun_resumed)(lua_State *L, int n, lua_KContext context);

/* Suspends the running task until it is woken; the results become those of the C function. Only as
 * `return orun_wait(...)`. */
int orun_wait(lua_State *L, struct orun_wait *w, void (*cancel)(struct orun_wait *), void *data);
/* Same, but the function ends with what `then` returns. */
int orun_wait_then(lua_State *L, struct orun_wait *w, void (*cancel)(struct orun_wait *),
                   void *data, orun_resumed then, lua_KContext context);
/* Raises a clear error where the caller cannot be suspended; to be called before something is begun
 * that could not be undone. */
void orun_wait_check(lua_State *L);

lua_State *orun_wait_thread(const struct orun_wait *w);
void orun_wake(struct orun_wait *w, int nresults);
void orun_wake_error(struct orun_wait *w);
/* Wakes the task with its cancellation; for use in and after `cancel`. */
void orun_wake_cancelled(struct orun_wait *w);

/* Something that belongs to the running task and ends when that is cancelled or fails (a child
 * process). */
struct orun_belonging {
    struct orun_task *task;
    struct orun_belonging *previous, *next;
    void (*end)(struct orun_belonging *b);
};
/* Without a running task it belongs to nobody. */
void orun_task_keep(struct orun_belonging *b, void (*end)(struct orun_belonging *));
void orun_task_drop(struct orun_belonging *b);

/* Message handler for calls into Lua: notes the traceback of a string error beside it. */
int orun_task_note_traceback(lua_State *L);

/* The state on whose stack callbacks of the loop may run Lua functions (which cannot wait). */
lua_State *orun_task_host(void);

/* --- for host/loop.c ----------------------------------------------------------------------------
 */

/* Makes the metatable of Task userdata, still without methods. */
void orun_task_prepare(lua_State *L);
/* Starts a task with the function and its nargs arguments on top of the stack; leaves the Task
 * there. */
void orun_task_spawn(lua_State *L, int nargs);
/* Metatable name of Task userdata. */
#define ORUN_TASK "host.loop.task"
int orun_task_wait(lua_State *L, struct orun_task *task);
void orun_task_cancel(struct orun_task *task, const char *reason);
const char *orun_task_status(const struct orun_task *task);
void orun_task_free(struct orun_task *task);
/* C functions (fn, ...) and (seconds, fn, ...). */
int orun_task_scope(lua_State *L);
int orun_task_shield(lua_State *L);
int orun_task_timeout(lua_State *L);
bool orun_task_is_cancelled(lua_State *L, int index);
/* Replaces a string error on top of the stack by the same with the traceback of its origin, which
 * is the present place when nothing else is known. */
void orun_task_add_traceback(lua_State *L);

/*
 * Runs the function below nargs arguments on top of the stack as the main task, ends the tasks that
 * are left when it ends, and closes the loop. Returns a Lua status with one result or the error on
 * the stack; an error that is a string carries the traceback of the place where it was raised.
 */
int orun_task_run(lua_State *L, int nargs);

#endif
