#include "loop.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BATCH 64
#define MOST_ENDS 8

struct orun_timer {
    uv_timer_t handle;
    void (*fire)(void *data);
    void *data;
    struct orun_timer *next;  /* in the pool */
    struct orun_timer *older; /* every timer ever made */
};

static uv_loop_t loop;
static bool open_now, turning;
static struct orun_timer *idle_timers, *all_timers;

/* Watched descriptors live in an epoll set of their own, which is one descriptor to libuv. */
static uv_poll_t set_poll;
static int set_fd = -1;
static size_t watched;
static struct epoll_event batch[BATCH];
static int batch_next, batch_end;

static void (*ends[MOST_ENDS])(void);
static int end_count;

uv_loop_t *orun_loop(void)
{
    if (!open_now) {
        int error = uv_loop_init(&loop);
        if (error) {
            errno = -error;
            return NULL;
        }
        open_now = true;
    }
    return &loop;
}

/* --- timers ----------------------------------------------------------------------------------- */

static void timer_fired(uv_timer_t *handle)
{
    struct orun_timer *timer = handle->data;
    timer->next = idle_timers;
    idle_timers = timer;
    timer->fire(timer->data);
}

struct orun_timer *orun_timer_start(double seconds, void (*fire)(void *data), void *data)
{
    if (!orun_loop())
        return NULL;
    struct orun_timer *timer = idle_timers;
    if (timer) {
        idle_timers = timer->next;
    } else {
        timer = malloc(sizeof *timer);
        if (!timer)
            return NULL;
        uv_timer_init(&loop, &timer->handle);
        timer->handle.data = timer;
        timer->older = all_timers;
        all_timers = timer;
    }
    timer->fire = fire;
    timer->data = data;
    double ms = ceil(seconds * 1000);
    /* The loop's clock stands still while Lua computes. */
    uv_update_time(&loop);
    uv_timer_start(&timer->handle, timer_fired,
                   ms > 0 ? (ms < 1e15 ? (uint64_t)ms : (uint64_t)1e15) : 0, 0);
    return timer;
}

void orun_timer_stop(struct orun_timer *timer)
{
    if (!timer)
        return;
    uv_timer_stop(&timer->handle);
    timer->next = idle_timers;
    idle_timers = timer;
}

/* --- descriptors ------------------------------------------------------------------------------ */

static void set_ready(uv_poll_t *handle, int status, int events)
{
    (void)handle;
    (void)status;
    (void)events;
    batch_end = epoll_wait(set_fd, batch, BATCH, 0);
    for (batch_next = 0; batch_next < batch_end;) {
        struct orun_event *event = batch[batch_next++].data.ptr;
        if (event)
            event->ready(event);
    }
    batch_end = 0;
}

static int open_set(void)
{
    if (set_fd >= 0)
        return 0;
    if (!orun_loop())
        return errno;
    int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = uv_poll_init(&loop, &set_poll, fd);
    if (error) {
        close(fd);
        return -error;
    }
    set_fd = fd;
    uv_poll_start(&set_poll, UV_READABLE, set_ready);
    uv_unref((uv_handle_t *)&set_poll);
    return 0;
}

int orun_event_watch(struct orun_event *event, uint32_t events)
{
    int error = open_set();
    if (error)
        return error;
    struct epoll_event e = {.events = events, .data.ptr = event};
    if (epoll_ctl(set_fd, EPOLL_CTL_ADD, event->fd, &e) != 0)
        return errno;
    if (watched++ == 0)
        uv_ref((uv_handle_t *)&set_poll);
    return 0;
}

int orun_event_rearm(struct orun_event *event, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = event};
    return epoll_ctl(set_fd, EPOLL_CTL_MOD, event->fd, &e) == 0 ? 0 : errno;
}

void orun_event_forget(struct orun_event *event)
{
    for (int i = batch_next; i < batch_end; i++)
        if (batch[i].data.ptr == event)
            batch[i].data.ptr = NULL;
    epoll_ctl(set_fd, EPOLL_CTL_DEL, event->fd, NULL);
    if (--watched == 0)
        uv_unref((uv_handle_t *)&set_poll);
}

void orun_event_done(void)
{
    if (--watched == 0)
        uv_unref((uv_handle_t *)&set_poll);
}

/* --- turns and the end ------------------------------------------------------------------------ */

bool orun_loop_turn(bool busy)
{
    if (!open_now || (!busy && !uv_loop_alive(&loop)))
        return false;
    turning = true;
    uv_run(&loop, busy ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    turning = false;
    return true;
}

/* Timers run before libuv blocks for descriptors; only a stopped loop does not block then. */
void orun_loop_hasten(void)
{
    if (turning)
        uv_stop(&loop);
}

void orun_loop_at_end(void (*end)(void))
{
    if (end_count == MOST_ENDS)
        abort();
    ends[end_count++] = end;
}

static void close_handle(uv_handle_t *handle, void *data)
{
    (void)data;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void orun_loop_close(void)
{
    for (int i = 0; i < end_count; i++)
        ends[i]();
    end_count = 0;
    if (!open_now)
        return;
    uv_walk(&loop, close_handle, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    open_now = false;
    if (set_fd >= 0)
        close(set_fd);
    set_fd = -1;
    while (all_timers) {
        struct orun_timer *older = all_timers->older;
        free(all_timers);
        all_timers = older;
    }
    idle_timers = NULL;
}
