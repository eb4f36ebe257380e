/*
 * The life of a child after its start. It is over when the first process has ended, its output is
 * complete or given up, and, if orun asked for its end, its group is gone or was killed.
 */
#include "proc.h"
#include "process.h"

#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

/* Output that is still held open this long after KILL belongs to a process of another group. */
#define AFTER_KILL 0.2
/* Between looks whether the rest of a group that got TERM is gone: doubling from the first to the
 * last. */
#define FIRST_LOOK 0.01
#define LAST_LOOK 0.32

static struct orun_process *alive;
/* Without pidfds the end of children is noticed by SIGCHLD. */
static uv_signal_t child_signal;
static size_t without_pidfd;

static void settle(struct orun_process *p);

bool orun_process_signal(struct orun_process *p, int number)
{
    if (p->over)
        return false;
    if (p->group)
        return kill(-p->child.pid, number) == 0;
    return !p->reaped && kill(p->child.pid, number) == 0;
}

static void stop_timer(struct orun_timer **timer)
{
    orun_timer_stop(*timer);
    *timer = NULL;
}

static void leave_list(struct orun_process *p)
{
    if (p->previous)
        p->previous->next = p->next;
    else
        alive = p->next;
    if (p->next)
        p->next->previous = p->previous;
}

static void close_feed(struct orun_process *p)
{
    if (p->feed >= 0)
        close(p->feed);
    p->feed = -1;
}

/* The last act: afterwards the collector may free it. */
static void become_over(struct orun_process *p)
{
    lua_State *host = orun_task_host();
    p->over = true;
    stop_timer(&p->deadline);
    stop_timer(&p->patience);
    stop_timer(&p->look);
    orun_log_close(&p->log);
    close_feed(p);
    orun_task_drop(&p->belonging);
    leave_list(p);
    for (struct orun_process_waiter *w = p->waiters, *next; w; w = next) {
        next = w->next;
        if (w->cancelled)
            orun_wake_cancelled(&w->wait);
        else
            orun_wake(&w->wait, 0);
    }
    p->waiters = NULL;
    lua_pushnil(host);
    lua_rawsetp(host, LUA_REGISTRYINDEX, p);
}

static void reap(struct orun_process *p)
{
    while (wait4(p->child.pid, &p->status, 0, &p->usage) < 0 && errno == EINTR)
        ;
    p->reaped = true;
    if (p->child.pidfd >= 0)
        close(p->child.pidfd);
    p->child.pidfd = -1;
}

/* --- patience --------------------------------------------------------------------------------- */

static void patience_ends(void *data);

static void be_patient(struct orun_process *p, double seconds)
{
    stop_timer(&p->patience);
    p->patience = orun_timer_start(seconds, patience_ends, p);
}

static void kill_group(struct orun_process *p)
{
    p->end = ORUN_END_KILLED;
    orun_process_signal(p, SIGKILL);
    if (p->has_ended && !p->reaped)
        be_patient(p, AFTER_KILL);
    settle(p);
}

static void patience_ends(void *data)
{
    struct orun_process *p = data;
    p->patience = NULL;
    if (p->end != ORUN_END_KILLED) {
        p->held = p->end == ORUN_END_HELD;
        kill_group(p);
        return;
    }
    p->escaped = true;
    p->settling = true;
    orun_pump_close(&p->out);
    orun_pump_close(&p->err);
    p->settling = false;
    settle(p);
}

void orun_process_terminate(struct orun_process *p)
{
    if (p->over || p->end == ORUN_END_ASKED || p->end == ORUN_END_KILLED)
        return;
    stop_timer(&p->deadline);
    p->end = ORUN_END_ASKED;
    orun_process_signal(p, SIGTERM);
    orun_process_signal(p, SIGCONT); /* a stopped process notices nothing else */
    be_patient(p, p->grace);
}

static void deadline_passes(void *data)
{
    struct orun_process *p = data;
    p->deadline = NULL;
    p->timed_out = true;
    orun_process_terminate(p);
}

static void look_again(void *data)
{
    struct orun_process *p = data;
    p->look = NULL;
    settle(p);
}

/* Draws the conclusions from what has happened so far. */
static void settle(struct orun_process *p)
{
    if (p->settling || p->over || !p->has_ended)
        return;
    if (orun_pump_is_open(&p->out) || orun_pump_is_open(&p->err)) {
        if (p->end == ORUN_END_NONE) {
            p->end = ORUN_END_HELD;
            be_patient(p, p->grace);
        } else if (p->end == ORUN_END_KILLED && !p->patience) {
            be_patient(p, AFTER_KILL);
        }
        return;
    }
    if (!p->reaped)
        reap(p);
    if (p->end == ORUN_END_ASKED && p->group && orun_proc_group_lives(p->child.pid)) {
        p->look_pause = p->look_pause == 0 ? FIRST_LOOK : p->look_pause * 2;
        if (p->look_pause > LAST_LOOK)
            p->look_pause = LAST_LOOK;
        stop_timer(&p->look);
        p->look = orun_timer_start(p->look_pause, look_again, p);
        return;
    }
    become_over(p);
}

void orun_process_pump_closed(struct orun_pump *pump)
{
    settle(pump->owner);
}

/* --- what happens to it ----------------------------------------------------------------------- */

static void first_process_ended(struct orun_process *p)
{
    clock_gettime(CLOCK_MONOTONIC, &p->ended);
    stop_timer(&p->deadline);
    p->has_ended = true;
    p->settling = true;
    orun_pump_child_ended(&p->out);
    orun_pump_child_ended(&p->err);
    p->settling = false;
    settle(p);
}

static void pidfd_ready(struct orun_event *event)
{
    /* Closed when the process is reaped. */
    orun_event_done();
    struct orun_process *p = (struct orun_process *)event;
    first_process_ended(p);
}

static void children_changed(uv_signal_t *handle, int number)
{
    (void)handle;
    (void)number;
    struct orun_process *next;
    for (struct orun_process *p = alive; p; p = next) {
        siginfo_t info = {0};
        next = p->next;
        if (p->child.pidfd >= 0 || p->has_ended)
            continue;
        if (waitid(P_PID, (id_t)p->child.pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            info.si_pid == p->child.pid) {
            if (--without_pidfd == 0)
                uv_unref((uv_handle_t *)&child_signal);
            first_process_ended(p);
        }
    }
}

/* Children may have ended before the signal was caught. */
static void look_at_children(void *data)
{
    (void)data;
    children_changed(NULL, 0);
}

static int watch_by_signal(void)
{
    static bool caught;
    if (!orun_loop())
        return errno;
    if (!caught) {
        uv_signal_init(orun_loop(), &child_signal);
        int error = uv_signal_start(&child_signal, children_changed, SIGCHLD);
        if (error)
            return -error;
        orun_child_signals_changed();
        caught = true;
    }
    if (without_pidfd++ == 0)
        uv_ref((uv_handle_t *)&child_signal);
    return orun_timer_start(0, look_at_children, NULL) ? 0 : ENOMEM;
}

static void belonging_ends(struct orun_belonging *b)
{
    orun_process_terminate(
        (struct orun_process *)((char *)b - offsetof(struct orun_process, belonging)));
}

/* The program ends: children that are to die with it do so now. */
static void end_all(void)
{
    while (alive) {
        struct orun_process *p = alive;
        if (p->die_with_parent) {
            orun_process_signal(p, SIGKILL);
            if (!p->reaped)
                reap(p);
        }
        if (p->child.pidfd >= 0)
            close(p->child.pidfd);
        p->child.pidfd = -1;
        orun_pump_discard(&p->out);
        orun_pump_discard(&p->err);
        become_over(p);
    }
}

static int watch(struct orun_process *p)
{
    if (p->child.pidfd < 0)
        return watch_by_signal();
    p->exited = (struct orun_event){.fd = p->child.pidfd, .ready = pidfd_ready};
    return orun_event_watch(&p->exited, EPOLLIN | EPOLLONESHOT);
}

int orun_process_watch(struct orun_process *p, double timeout)
{
    static bool registered;
    if (!registered)
        orun_loop_at_end(end_all);
    registered = true;
    p->next = alive;
    if (alive)
        alive->previous = p;
    alive = p;
    orun_task_keep(&p->belonging, belonging_ends);
    int error = watch(p);
    if (error) {
        orun_process_signal(p, SIGKILL);
        reap(p);
        orun_pump_discard(&p->out);
        orun_pump_discard(&p->err);
        become_over(p);
    } else if (timeout >= 0) {
        p->deadline = orun_timer_start(timeout, deadline_passes, p);
    }
    return error;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void wait_cancelled(struct orun_wait *wait)
{
    struct orun_process_waiter *waiter = wait->data;
    waiter->cancelled = true;
    orun_process_terminate(waiter->process);
}

int orun_process_wait(lua_State *L, struct orun_process *p, orun_resumed then)
{
    if (p->over)
        return then(L, 0, 0);
    orun_wait_check(L);
    struct orun_process_waiter *waiter = lua_newuserdatauv(L, sizeof *waiter, 0);
    waiter->process = p;
    waiter->cancelled = false;
    waiter->next = p->waiters;
    p->waiters = waiter;
    return orun_wait_then(L, &waiter->wait, wait_cancelled, waiter, then, 0);
}

void orun_process_release(struct orun_process *p)
{
    orun_pump_discard(&p->out);
    orun_pump_discard(&p->err);
    orun_log_close(&p->log);
    close_feed(p);
    orun_mask_free(p->mask);
    free(p->log.path);
    p->mask = NULL;
    p->log.path = NULL;
}
