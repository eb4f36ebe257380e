/*
 * The one libuv loop of the process, made when something first waits: timers and descriptors on it.
 * Everything here calls back on the loop's turn, never from inside the call that asks for it.
 */
#ifndef ORUN_LOOP_H
#define ORUN_LOOP_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* The loop; NULL when it cannot be made (errno says why). */
uv_loop_t *orun_loop(void);

/* One-shot timer; fires once, then forgets itself. NULL when out of memory. */
struct orun_timer;
struct orun_timer *orun_timer_start(double seconds, void (*fire)(void *data), void *data);
/* Before it fired; NULL is fine. */
void orun_timer_stop(struct orun_timer *timer);

/*
 * Readiness of a descriptor: one epoll_ctl to watch it and one to forget it. (A uv_poll_t takes
 * five, which shows when every child has two.) Closing alone would not do: a child that is just
 * about to execute its program still has a copy of the descriptor.
 */
struct orun_event {
    int fd;
    void (*ready)(struct orun_event *event);
};
/* `events` are those of epoll(7). Returns 0 or an errno. */
int orun_event_watch(struct orun_event *event, uint32_t events);
/* Asks again for an event that was watched with EPOLLONESHOT. Returns 0 or an errno. */
int orun_event_rearm(struct orun_event *event, uint32_t events);
/* To be called before the descriptor is closed. */
void orun_event_forget(struct orun_event *event);
/* In place of that, from within ready() of an event that was watched with EPOLLONESHOT: it is
 * disarmed, so closing the descriptor is enough. */
void orun_event_done(void);

/* Called once when the main task and all others have ended; in the order of registration. */
void orun_loop_at_end(void (*end)(void));

/* For task.c: one turn. Blocks unless `busy`; false when nothing is left that could happen. */
bool orun_loop_turn(bool busy);
/* From a callback of the loop: there is something to do, so this turn must not block any more. */
void orun_loop_hasten(void);
/* Calls the end functions and closes the loop with everything on it. */
void orun_loop_close(void);

#endif
