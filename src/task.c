#include "task.h"

#include "loop.h"
#include "scope.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

/* A task started deeper than this inside others (spawn in spawn in ...) begins on the loop's turn:
 * the C stack of Lua is limited. */
#define DEEPEST_START 16
/* So often the ready tasks go on before descriptors and timers are looked at again. */
#define ROUNDS 64

static lua_State *host;
static struct orun_task *running;
static int depth;
static struct orun_task *ready_first, *ready_last, *newest;
static struct orun_scope root;

struct orun_task *orun_task_running(void)
{
    return running;
}

lua_State *orun_task_host(void)
{
    return host;
}

static void make_ready(struct orun_task *task)
{
    task->next_ready = NULL;
    if (ready_last)
        ready_last->next_ready = task;
    else
        ready_first = task;
    ready_last = task;
    orun_loop_hasten();
}

/* --- errors ----------------------------------------------------------------------------------- */

/* An error travels unchanged through scopes and tasks; its traceback stays here beside it, for the
 * main task to show. The newest one is kept. */
static const char trace_key = 0;

int orun_task_note_traceback(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TSTRING)
        return 1;
    lua_settop(L, 1);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &trace_key) == LUA_TTABLE) {
        lua_rawgeti(L, -1, 1);
        if (lua_rawequal(L, -1, 1))
            return lua_settop(L, 1), 1;
    }
    lua_settop(L, 1);
    lua_createtable(L, 2, 0);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    luaL_traceback(L, L, lua_tostring(L, 1), 1);
    lua_rawseti(L, -2, 2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &trace_key);
    return 1;
}

void orun_task_add_traceback(lua_State *L)
{
    if (lua_type(L, -1) != LUA_TSTRING)
        return;
    int message = lua_gettop(L);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &trace_key) == LUA_TTABLE) {
        lua_rawgeti(L, -1, 1);
        if (lua_rawequal(L, -1, message)) {
            lua_rawgeti(L, -2, 2);
            lua_replace(L, message);
            lua_settop(L, message);
            return;
        }
    }
    luaL_traceback(L, L, lua_tostring(L, message), 1);
    lua_replace(L, message);
    lua_settop(L, message);
}

static int cancelled_text(lua_State *L)
{
    lua_getfield(L, 1, "message");
    return 1;
}

void orun_task_push_cancelled(lua_State *L, const char *message)
{
    lua_createtable(L, 0, 2);
    lua_pushliteral(L, "cancelled");
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, message ? message : "cancelled");
    lua_setfield(L, -2, "message");
    if (luaL_newmetatable(L, "host.loop.cancelled")) {
        lua_pushcfunction(L, cancelled_text);
        lua_setfield(L, -2, "__tostring");
    }
    lua_setmetatable(L, -2);
}

bool orun_task_is_cancelled(lua_State *L, int index)
{
    if (!lua_istable(L, index))
        return false;
    lua_pushliteral(L, "kind");
    lua_rawget(L, index < 0 ? index - 1 : index);
    const char *kind = lua_tostring(L, -1);
    bool is = kind && strcmp(kind, "cancelled") == 0;
    lua_pop(L, 1);
    return is;
}

/* --- waiting ---------------------------------------------------------------------------------- */

lua_State *orun_wait_thread(const struct orun_wait *w)
{
    return w->task->thread;
}

static void wake(struct orun_wait *w, int nresults, bool raises)
{
    struct orun_task *task = w->task;
    w->task = NULL;
    task->wait = NULL;
    task->interrupting = false;
    task->results = nresults;
    task->raises = raises;
    make_ready(task);
}

void orun_wake(struct orun_wait *w, int nresults)
{
    wake(w, nresults, false);
}

void orun_wake_error(struct orun_wait *w)
{
    wake(w, 1, true);
}

void orun_wake_cancelled(struct orun_wait *w)
{
    struct orun_task *task = w->task;
    if (task->deadlocked)
        lua_pushliteral(task->thread,
                        "deadlock: every task waits, and nothing that could end a wait is left");
    else
        orun_task_push_cancelled(task->thread, task->why);
    task->deadlocked = false;
    orun_wake_error(w);
}

static void deliver(struct orun_task *task)
{
    task->interrupting = true;
    if (task->wait->cancel)
        task->wait->cancel(task->wait);
    else
        orun_wake_cancelled(task->wait);
}

static void end_belongings(struct orun_task *task)
{
    for (struct orun_belonging *b = task->belongings, *next; b; b = next) {
        next = b->next;
        b->end(b);
    }
}

void orun_task_interrupt(struct orun_task *task)
{
    if (!task->wait || task->interrupting)
        return;
    bool found;
    struct orun_frame *frame = orun_frame_interrupting(task, &found);
    if (!found)
        return;
    if (frame) {
        frame->requested = false;
        frame->delivered = true;
        task->why = frame->kind == ORUN_DEADLINE_FRAME ? "the time is up"
                                                       : "another task of the scope failed";
    } else {
        task->cancel = false;
        task->why = task->reason;
        end_belongings(task);
        if (!task->wait)
            return;
    }
    deliver(task);
}

void orun_wait_check(lua_State *L)
{
    if (!running)
        luaL_error(L, "cannot wait here: no task runs yet");
    if (!lua_isyieldable(L))
        luaL_error(L,
                   "cannot wait here: the wait is inside of a C function that cannot be suspended "
                   "(a callback of sort or gsub, a module being loaded, a finalizer)");
    if (L != running->co)
        luaL_error(L, "cannot wait here: inside of a coroutine that is not a task");
}

static int goes_on(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    struct orun_task *task = running;
    if (task->raises)
        return lua_error(L);
    orun_resumed then = task->then;
    return then ? then(L, task->results, task->context) : task->results;
}

int orun_wait_then(lua_State *L, struct orun_wait *w, void (*cancel)(struct orun_wait *),
                   void *data, orun_resumed then, lua_KContext context)
{
    orun_wait_check(L);
    luaL_checkstack(L, 16, "results of a wait");
    struct orun_task *task = running;
    w->task = task;
    w->cancel = cancel;
    w->data = data;
    task->wait = w;
    task->thread = L;
    task->then = then;
    task->context = context;
    orun_task_interrupt(task);
    return lua_yieldk(L, 0, 0, goes_on);
}

int orun_wait(lua_State *L, struct orun_wait *w, void (*cancel)(struct orun_wait *), void *data)
{
    return orun_wait_then(L, w, cancel, data, NULL, 0);
}

void orun_task_keep(struct orun_belonging *b, void (*end)(struct orun_belonging *))
{
    b->task = running;
    b->end = end;
    b->previous = NULL;
    b->next = NULL;
    if (!running)
        return;
    b->next = running->belongings;
    if (b->next)
        b->next->previous = b;
    running->belongings = b;
}

void orun_task_drop(struct orun_belonging *b)
{
    if (!b->task)
        return;
    if (b->previous)
        b->previous->next = b->next;
    else
        b->task->belongings = b->next;
    if (b->next)
        b->next->previous = b->previous;
    b->task = NULL;
}

/* --- a task's life ---------------------------------------------------------------------------- */

static void wake_waiters(struct orun_task *task);

static void ended(struct orun_task *task, bool failed)
{
    task->state = failed ? ORUN_TASK_FAILED : ORUN_TASK_DONE;
    *(task->newer ? &task->newer->older : &newest) = task->older;
    if (task->older)
        task->older->newer = task->newer;
    if (failed)
        end_belongings(task);
    while (task->belongings)
        orun_task_drop(task->belongings);
    orun_scope_task_ended(task->scope, task);
    wake_waiters(task);
    if (!task->unseen) {
        lua_pushnil(host);
        lua_rawsetp(host, LUA_REGISTRYINDEX, task);
    }
}

void orun_task_seen(struct orun_task *task)
{
    if (!task->unseen)
        return;
    task->unseen = false;
    struct orun_scope *scope = task->scope;
    if (task->previous)
        task->previous->next = task->next;
    else
        scope->failed = task->next;
    if (task->next)
        task->next->previous = task->previous;
    if (!scope->failed)
        scope->frame.requested = false;
    lua_pushnil(host);
    lua_rawsetp(host, LUA_REGISTRYINDEX, task);
}

static int body_ended(lua_State *L, int status, lua_KContext context)
{
    (void)context;
    running->raises = status != LUA_OK && status != LUA_YIELD;
    return lua_gettop(L) - 1;
}

/* (fn, ...): everything happens inside of a protected call, so that to-be-closed variables may
 * wait. */
static int body(lua_State *L)
{
    lua_pushcfunction(L, orun_task_note_traceback);
    lua_insert(L, 1);
    return body_ended(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, body_ended), 0);
}

static void resume(struct orun_task *task, lua_State *from)
{
    struct orun_task *before = running;
    running = task;
    depth++;
    int results = 0;
    int status = lua_resume(task->co, from, task->results, &results);
    depth--;
    running = before;
    if (status == LUA_YIELD && (task->wait || task->next_ready || ready_last == task))
        return;
    if (status != LUA_OK)
        lua_resetthread(task->co);
    if (status == LUA_YIELD) {
        lua_settop(task->co, 0);
        lua_pushliteral(task->co, "attempt to yield from outside a coroutine");
    }
    ended(task, status != LUA_OK || task->raises);
}

void orun_task_prepare(lua_State *L)
{
    luaL_newmetatable(L, ORUN_TASK);
    lua_pop(L, 1);
}

/* Takes the function and its arguments from the stack; leaves the Task. */
static struct orun_task *new_task(lua_State *L, int nargs, struct orun_scope *scope)
{
    struct orun_task *task = lua_newuserdatauv(L, sizeof *task, 1);
    memset(task, 0, sizeof *task);
    luaL_setmetatable(L, ORUN_TASK);
    task->co = lua_newthread(L);
    lua_setiuservalue(L, -2, 1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, task);
    lua_pushcfunction(task->co, body);
    if (!lua_checkstack(task->co, nargs + 2))
        luaL_error(L, "too many arguments for a task");
    lua_insert(L, -nargs - 2);
    lua_xmove(L, task->co, nargs + 1);
    task->results = nargs + 1;
    task->older = newest;
    if (newest)
        newest->newer = task;
    newest = task;
    task->scope = scope;
    task->next = scope->tasks;
    if (task->next)
        task->next->previous = task;
    scope->tasks = task;
    return task;
}

void orun_task_spawn(lua_State *L, int nargs)
{
    struct orun_task *task = new_task(L, nargs, running ? orun_scope_current(running) : &root);
    if (running && depth < DEEPEST_START)
        resume(task, L);
    else
        make_ready(task);
}

void orun_task_cancel(struct orun_task *task, const char *reason)
{
    if (task->state != ORUN_TASK_RUNNING || task->cancel)
        return;
    free(task->reason);
    task->reason = reason ? strdup(reason) : NULL;
    task->cancel = true;
    orun_task_interrupt(task);
}

const char *orun_task_status(const struct orun_task *task)
{
    static const char *const names[] = {"running", "done", "failed"};
    return names[task->state];
}

void orun_task_free(struct orun_task *task)
{
    free(task->reason);
    task->reason = NULL;
}

/* --- waiting for a task ----------------------------------------------------------------------- */

/* One that waits; lives in a userdata on the stack of the wait. */
struct orun_waiter {
    struct orun_wait wait;
    struct orun_task *target;
    struct orun_waiter *next;
};

static void wake_waiters(struct orun_task *task)
{
    for (struct orun_waiter *w = task->waiters, *next; w; w = next) {
        next = w->next;
        orun_wake(&w->wait, 0);
    }
    task->waiters = NULL;
}

static void stop_waiting(struct orun_wait *wait)
{
    struct orun_waiter *waiter = wait->data;
    struct orun_waiter **place = &waiter->target->waiters;
    while (*place != waiter)
        place = &(*place)->next;
    *place = waiter->next;
    orun_wake_cancelled(wait);
}

static int push_outcome(lua_State *L, struct orun_task *task)
{
    int n = lua_gettop(task->co);
    luaL_checkstack(L, n, "results of a task");
    luaL_checkstack(task->co, n, "results of a task");
    for (int i = 1; i <= n; i++)
        lua_pushvalue(task->co, i);
    lua_xmove(task->co, L, n);
    orun_task_seen(task);
    return task->state == ORUN_TASK_FAILED ? lua_error(L) : n;
}

static int target_ended(lua_State *L, int n, lua_KContext context)
{
    (void)n;
    return push_outcome(L, (struct orun_task *)context);
}

int orun_task_wait(lua_State *L, struct orun_task *task)
{
    if (task->state != ORUN_TASK_RUNNING)
        return push_outcome(L, task);
    orun_wait_check(L);
    if (task == running)
        return luaL_error(L, "a task cannot wait for itself");
    struct orun_waiter *waiter = lua_newuserdatauv(L, sizeof *waiter, 0);
    waiter->target = task;
    waiter->next = task->waiters;
    task->waiters = waiter;
    return orun_wait_then(L, &waiter->wait, stop_waiting, waiter, target_ended, (lua_KContext)task);
}

/* --- the main task ---------------------------------------------------------------------------- */

/* Lets every ready task go on; false when there was none. */
static bool run_ready(void)
{
    if (!ready_first)
        return false;
    for (int round = 0; ready_first && round < ROUNDS; round++) {
        struct orun_task *task = ready_first;
        ready_first = ready_last = NULL;
        while (task) {
            struct orun_task *next = task->next_ready;
            task->next_ready = NULL;
            resume(task, host);
            task = next;
        }
    }
    return true;
}

/* Nothing can happen any more: some wait ends with an error, rather one that does not wait for
 * other tasks to be ended. */
static void break_deadlock(void)
{
    struct orun_task *found = NULL;
    for (struct orun_task *task = newest; task; task = task->older)
        if (task->wait && !task->interrupting && (!found || !orun_scope_waits(task)))
            found = task;
    if (!found)
        abort();
    found->deadlocked = true;
    deliver(found);
}

static void run_until(struct orun_task *main, bool (*done)(const struct orun_task *main))
{
    while (!done(main)) {
        bool progress = run_ready();
        if (done(main))
            return;
        if (!orun_loop_turn(ready_first != NULL) && !progress && !ready_first)
            break_deadlock();
    }
}

static bool main_ended(const struct orun_task *main)
{
    return main->state != ORUN_TASK_RUNNING;
}

static bool all_ended(const struct orun_task *main)
{
    (void)main;
    return !root.tasks;
}

/* Leaves one value of the task's on the stack of L. */
static int take_result(lua_State *L, struct orun_task *task)
{
    bool failed = task->state == ORUN_TASK_FAILED;
    if (lua_gettop(task->co) == 0)
        lua_pushnil(task->co);
    lua_settop(task->co, 1);
    lua_xmove(task->co, L, 1);
    orun_task_seen(task);
    if (failed)
        orun_task_add_traceback(L);
    return failed ? LUA_ERRRUN : LUA_OK;
}

int orun_task_run(lua_State *L, int nargs)
{
    host = L;
    orun_task_prepare(L);
    /* The main task lives in no scope; the root scope is the first frame around its body. */
    struct orun_scope outside = {.frame.kind = ORUN_SCOPE_FRAME};
    struct orun_task *main = new_task(L, nargs, &outside);
    orun_scope_enter(&root, main);
    resume(main, L);
    run_until(main, main_ended);
    root.ended = true;
    orun_scope_cancel(&root, "the program ends");
    run_until(main, all_ended);
    orun_loop_close();
    int status = take_result(L, main);
    if (root.failed && (status == LUA_OK || orun_task_is_cancelled(L, -1))) {
        lua_pop(L, 1);
        status = take_result(L, root.failed);
    }
    lua_remove(L, -2);
    return status;
}
