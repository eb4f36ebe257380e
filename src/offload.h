/*
 * Work that blocks, done on a worker thread while the task that asked for it is suspended and
 * others go on:
 *
 *     struct request { struct orun_offload offload; ... };      the first member; memory of
 * malloc() orun_wait_check(L);                                       before anything is begun
 *     return orun_offload(L, &r->offload);
 *
 * Work that has begun goes on to its end, and its task with a cancellation only then: nobody shall
 * find half of it. Work that has not begun is not done when its task is cancelled.
 */
#ifndef ORUN_OFFLOAD_H
#define ORUN_OFFLOAD_H

#include "task.h"

#include <lua.h>
#include <stdbool.h>
#include <uv.h>

struct orun_offload {
    /* On the worker thread: nothing of Lua may be touched. */
    void (*perform)(struct orun_offload *o);
    /* What the task goes on with: pushes its values, returns their number. Not called after a
     * cancellation. */
    int (*finish)(lua_State *to, struct orun_offload *o);
    /* Frees what the request has, performed or not; the memory itself is freed afterwards. NULL:
     * nothing. */
    void (*release)(struct orun_offload *o);
    const char *what; /* for the condition when no work can be queued; may be NULL */
    uv_work_t work;
    struct orun_wait wait;
    bool cancelled;
};

/* Suspends until it is performed. Only as `return orun_offload(...)`. */
int orun_offload(lua_State *L, struct orun_offload *o);

#endif
