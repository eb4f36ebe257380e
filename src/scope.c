#include "scope.h"

#include "loop.h"

#include <lauxlib.h>
#include <string.h>

struct orun_frame *orun_frame_interrupting(const struct orun_task *task, bool *found)
{
    *found = true;
    for (struct orun_frame *frame = task->frames; frame; frame = frame->outer) {
        if (frame->requested)
            return frame;
        if (frame->kind == ORUN_SHIELD_FRAME) {
            *found = false;
            return NULL;
        }
    }
    *found = task->cancel;
    return NULL;
}

static void enter(struct orun_frame *frame, enum orun_frame_kind kind, struct orun_task *task)
{
    frame->kind = kind;
    frame->task = task;
    frame->outer = task->frames;
    task->frames = frame;
}

static void leave(struct orun_frame *frame)
{
    frame->task->frames = frame->outer;
}

static void request(struct orun_frame *frame)
{
    frame->requested = true;
    orun_task_interrupt(frame->task);
}

/* A frame of the running task as userdata on its stack; an error where the task cannot be
 * suspended. */
static void *push_frame(lua_State *L, size_t size)
{
    orun_wait_check(L);
    void *frame = lua_newuserdatauv(L, size, 0);
    memset(frame, 0, size);
    return frame;
}

static bool failed(int status)
{
    return status != LUA_OK && status != LUA_YIELD;
}

/* --- scopes ----------------------------------------------------------------------------------- */

struct orun_scope *orun_scope_current(struct orun_task *task)
{
    for (struct orun_frame *frame = task->frames; frame; frame = frame->outer)
        if (frame->kind == ORUN_SCOPE_FRAME)
            return (struct orun_scope *)frame;
    return task->scope;
}

void orun_scope_enter(struct orun_scope *scope, struct orun_task *owner)
{
    enter(&scope->frame, ORUN_SCOPE_FRAME, owner);
}

void orun_scope_cancel(struct orun_scope *scope, const char *reason)
{
    /* A cancelled task may end at once or later, never inside of this loop: it is resumed on the
     * loop's turn. */
    for (struct orun_task *task = scope->tasks; task; task = task->next)
        orun_task_cancel(task, reason);
}

static void unlink_running(struct orun_scope *scope, struct orun_task *task)
{
    if (task->previous)
        task->previous->next = task->next;
    else
        scope->tasks = task->next;
    if (task->next)
        task->next->previous = task->previous;
    task->previous = task->next = NULL;
}

static void note_failure(struct orun_scope *scope, struct orun_task *task)
{
    task->unseen = true;
    struct orun_task **end = &scope->failed;
    while (*end) {
        task->previous = *end;
        end = &(*end)->next;
    }
    *end = task;
    if (scope->ended)
        orun_scope_cancel(scope, "another task of the scope failed");
    else
        request(&scope->frame);
}

void orun_scope_task_ended(struct orun_scope *scope, struct orun_task *task)
{
    unlink_running(scope, task);
    if (scope->frame.task && task->state == ORUN_TASK_FAILED && !task->waiters &&
        !orun_task_is_cancelled(task->co, -1))
        note_failure(scope, task);
    if (scope->ended && !scope->tasks && scope->wait.task)
        orun_wake(&scope->wait, 0);
}

static int finish(lua_State *L, struct orun_scope *scope)
{
    struct orun_task *task = scope->failed;
    bool own_error = failed(scope->status) && !orun_task_is_cancelled(L, -1);
    if (task && !own_error) {
        lua_pushvalue(task->co, -1);
        lua_xmove(task->co, L, 1);
        scope->status = LUA_ERRRUN;
    }
    while (scope->failed)
        orun_task_seen(scope->failed);
    if (scope->cancelled && !failed(scope->status)) {
        orun_task_push_cancelled(L, orun_task_running()->why);
        scope->status = LUA_ERRRUN;
    }
    return failed(scope->status) ? lua_error(L) : lua_gettop(L) - 2;
}

static int tasks_ended(lua_State *L, int n, lua_KContext context)
{
    (void)n;
    return finish(L, (struct orun_scope *)context);
}

static void cancelled_at_end(struct orun_wait *wait)
{
    struct orun_scope *scope = wait->data;
    scope->cancelled = true;
    orun_scope_cancel(scope, wait->task->why);
}

bool orun_scope_waits(const struct orun_task *task)
{
    return task->wait && task->wait->cancel == cancelled_at_end;
}

static int scope_body_ended(lua_State *L, int status, lua_KContext context)
{
    struct orun_scope *scope = (struct orun_scope *)context;
    leave(&scope->frame);
    scope->status = status;
    scope->ended = true;
    if (failed(status) || scope->failed)
        orun_scope_cancel(scope, "the scope is left by an error");
    if (!scope->tasks)
        return finish(L, scope);
    return orun_wait_then(L, &scope->wait, cancelled_at_end, scope, tasks_ended, context);
}

/* Runs the function at index 1 with the rest as arguments; stack afterwards: frame, handler,
 * results. */
static int call_in_frame(lua_State *L, void *frame, lua_KFunction then)
{
    lua_insert(L, 1);
    lua_pushcfunction(L, orun_task_note_traceback);
    lua_insert(L, 2);
    lua_KContext context = (lua_KContext)frame;
    return then(L, lua_pcallk(L, lua_gettop(L) - 3, LUA_MULTRET, 2, context, then), context);
}

int orun_task_scope(lua_State *L)
{
    luaL_checkany(L, 1);
    struct orun_scope *scope = push_frame(L, sizeof *scope);
    orun_scope_enter(scope, orun_task_running());
    return call_in_frame(L, scope, scope_body_ended);
}

/* --- shields and deadlines -------------------------------------------------------------------- */

static int shield_body_ended(lua_State *L, int status, lua_KContext context)
{
    leave((struct orun_frame *)context);
    return failed(status) ? lua_error(L) : lua_gettop(L) - 2;
}

int orun_task_shield(lua_State *L)
{
    luaL_checkany(L, 1);
    struct orun_frame *frame = push_frame(L, sizeof *frame);
    enter(frame, ORUN_SHIELD_FRAME, orun_task_running());
    return call_in_frame(L, frame, shield_body_ended);
}

struct deadline {
    struct orun_frame frame;
    struct orun_timer *timer;
    double seconds;
};

static void time_is_up(void *data)
{
    struct deadline *deadline = data;
    deadline->timer = NULL;
    request(&deadline->frame);
}

static void push_timeout(lua_State *L, double seconds)
{
    lua_createtable(L, 0, 2);
    lua_pushliteral(L, "timeout");
    lua_setfield(L, -2, "kind");
    lua_pushfstring(L, "timed out after %f seconds", seconds);
    lua_setfield(L, -2, "message");
}

static int deadline_body_ended(lua_State *L, int status, lua_KContext context)
{
    struct deadline *deadline = (struct deadline *)context;
    leave(&deadline->frame);
    orun_timer_stop(deadline->timer);
    deadline->timer = NULL;
    if (failed(status) && deadline->frame.delivered && orun_task_is_cancelled(L, -1))
        push_timeout(L, deadline->seconds);
    return failed(status) ? lua_error(L) : lua_gettop(L) - 2;
}

int orun_task_timeout(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    luaL_checkany(L, 2);
    lua_remove(L, 1);
    struct deadline *deadline = push_frame(L, sizeof *deadline);
    deadline->seconds = seconds;
    deadline->timer = orun_timer_start(seconds, time_is_up, deadline);
    if (!deadline->timer)
        return luaL_error(L, "not enough memory for a timer");
    enter(&deadline->frame, ORUN_DEADLINE_FRAME, orun_task_running());
    return call_in_frame(L, deadline, deadline_body_ended);
}
