/*
 * What task.c and scope.c share. A task has a stack of frames, one for each scope, shield and
 * deadline that it is inside of. An interruption is asked for at the task or at one of its frames,
 * and delivered to a wait of the task: to the present one, or to the next.
 */
#ifndef ORUN_SCOPE_H
#define ORUN_SCOPE_H

#include "task.h"

#include <stddef.h>

enum orun_frame_kind { ORUN_SCOPE_FRAME, ORUN_SHIELD_FRAME, ORUN_DEADLINE_FRAME };

struct orun_frame {
    enum orun_frame_kind kind;
    struct orun_frame *outer;
    struct orun_task *task;
    bool requested; /* an interruption waits for a wait */
    bool delivered; /* a wait was interrupted for this frame's sake */
};

struct orun_scope {
    struct orun_frame frame;
    struct orun_task *tasks;  /* those that run */
    struct orun_task *failed; /* those whose error nobody has seen, oldest first */
    bool ended;               /* the body did; the owner waits for the tasks */
    bool cancelled;           /* while it waited for them */
    int status;               /* of the body */
    struct orun_wait wait;
};

enum orun_task_state { ORUN_TASK_RUNNING, ORUN_TASK_DONE, ORUN_TASK_FAILED };

struct orun_task {
    lua_State *co; /* user value 1 of the Task; holds results or error when the task has ended */
    enum orun_task_state state;
    struct orun_scope *scope;          /* the one that owns the task */
    struct orun_task *previous, *next; /* in scope->tasks, later in scope->failed */
    struct orun_task *older, *newer;   /* among all that run */
    struct orun_task *next_ready;
    struct orun_frame *frames; /* innermost first */

    struct orun_wait *wait; /* what it waits for */
    lua_State *thread; /* the coroutine that called the wait: the task's own, or one inside of it */
    orun_resumed then;
    lua_KContext context;
    int results; /* values on `thread` that the wait gives */
    bool raises; /* the value is an error */

    bool cancel;       /* a cancellation was asked for and not delivered yet */
    bool interrupting; /* the present wait was told to end */
    bool deadlocked;   /* ... because nothing can happen any more */
    char *reason;
    const char *why; /* text of the interruption being delivered */

    bool unseen;                 /* in scope->failed */
    struct orun_waiter *waiters; /* tasks that wait for this one */
    struct orun_belonging *belongings;
};

/* The task that runs now; NULL outside of tasks. */
struct orun_task *orun_task_running(void);
/* Interrupts the task's wait if something asks for it and no shield is in between. */
void orun_task_interrupt(struct orun_task *task);
void orun_task_push_cancelled(lua_State *L, const char *message);
/* Takes a failed task from the list of errors that nobody has seen. */
void orun_task_seen(struct orun_task *task);

/* The scope in which the running task's new tasks go. */
struct orun_scope *orun_scope_current(struct orun_task *task);
void orun_scope_enter(struct orun_scope *scope, struct orun_task *owner);
void orun_scope_cancel(struct orun_scope *scope, const char *reason);
/* Whether the task waits for others at the end of a scope. */
bool orun_scope_waits(const struct orun_task *task);
/* A task of the scope has ended. */
void orun_scope_task_ended(struct orun_scope *scope, struct orun_task *task);
/* The frame whose interruption may be delivered now; NULL when it is the task's own, or when there
 * is none (found says which). */
struct orun_frame *orun_frame_interrupting(const struct orun_task *task, bool *found);

#endif
