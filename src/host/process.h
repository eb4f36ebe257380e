/* A child process: what its three files share. */
#ifndef ORUN_HOST_PROCESS_H
#define ORUN_HOST_PROCESS_H

#include "child.h"
#include "loop.h"
#include "pump.h"
#include "task.h"

#include <lua.h>
#include <sys/resource.h>
#include <time.h>

#define ORUN_PROCESS "host.process.process"
#define ORUN_ENVIRONMENT "host.process.environment"

/* User values of the userdata. */
enum { ORUN_PROCESS_LINE = 1, ORUN_PROCESS_ERROR, ORUN_PROCESS_FILTER, ORUN_PROCESS_PREFIX };

/* How far its end was brought about. */
enum orun_process_end {
    ORUN_END_NONE,
    ORUN_END_HELD,  /* it ended by itself; others hold its output, and get the grace time */
    ORUN_END_ASKED, /* TERM was sent, the grace time runs */
    ORUN_END_KILLED /* KILL was sent */
};

struct orun_process {
    struct orun_event exited; /* its pidfd; first, as events give it */
    struct orun_child child;
    struct orun_process *previous, *next; /* among those that are not over */
    struct orun_pump out, err;            /* err only when the streams are kept apart */
    struct orun_log log;
    struct orun_mask *mask;
    int feed; /* other end of a stdin that stays open, or -1 */
    bool group, die_with_parent;
    bool apart;     /* stdout and stderr */
    bool settling;  /* its pumps are being emptied: no conclusions meanwhile */
    bool has_ended; /* the first process did; it stays unreaped until the output is complete, so
                       that its group cannot become another's */
    bool reaped;
    bool over;
    bool timed_out;
    bool held;    /* others kept its output open for the whole grace time */
    bool escaped; /* and still did when its group was dead: they belong to another */
    enum orun_process_end end;
    double grace, look_pause;
    struct orun_timer *deadline, *patience, *look;
    struct timespec began, ended;
    int status; /* of wait(2) */
    struct rusage usage;
    struct orun_process_waiter *waiters;
    struct orun_belonging belonging;
};

struct orun_process_waiter {
    struct orun_wait wait;
    struct orun_process *process;
    struct orun_process_waiter *next;
    bool cancelled;
};

/* (L, table of options at 1) -> Process, or nil, message, errno. */
int orun_process_start(lua_State *L);

/* (L, table at 1) -> Environment. */
int orun_process_environment(lua_State *L);

/* Hides the strings of the list on top of the stack, too, from now on. */
void orun_process_mask(lua_State *L, struct orun_process *p);

/* One of its pumps is done. */
void orun_process_pump_closed(struct orun_pump *pump);
/* The child runs: watches over it. Returns 0 or an errno. */
int orun_process_watch(struct orun_process *p, double timeout);
/* TERM to the group, KILL after the grace time. */
void orun_process_terminate(struct orun_process *p);
bool orun_process_signal(struct orun_process *p, int number);
/* Suspends until it is over, then gives what `then` makes of it. */
int orun_process_wait(lua_State *L, struct orun_process *p, orun_resumed then);
/* Frees what it has; it is over or was never started. */
void orun_process_release(struct orun_process *p);
/* A line of its output, for the function that was given. */
void orun_process_line(struct orun_process *p, const char *stream, const char *text, size_t length);
/* A line that begins with the prefix, for the function that says what is shown in its place. */
void orun_process_filter(struct orun_process *p, struct orun_pump *pump, const char *text,
                         size_t length);

#endif
