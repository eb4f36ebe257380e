/*
 * Starting a program by vfork semantics: the child borrows the memory of orun until it executes the
 * program, so the cost does not grow with the heap and an error needs no pipe to be reported.
 */
#ifndef ORUN_CHILD_H
#define ORUN_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct orun_view;

#if defined(__SANITIZE_ADDRESS__)
/* Code that runs in a child on the memory of its parent. The sanitizer knows neither the child's
 * stack nor that its frames never return. */
#define ORUN_IN_CHILD __attribute__((no_sanitize("address", "undefined")))
#else
#define ORUN_IN_CHILD
#endif

struct orun_command {
    char **argv;             /* argv[-1] must be writable: a script without #! is given to sh */
    char *const *env;        /* NAME=value */
    char *const *candidates; /* paths to try in turn */
    const char *cwd;         /* NULL: that of orun */
    int in, out, err;        /* descriptors above 2, or -1: that of orun */
    const int *keep;         /* further descriptors that stay open; all others are closed */
    size_t keep_count;
    const struct orun_view *view; /* to enter, or NULL; cwd is then needed */
    bool group;                   /* own process group */
    bool session;                 /* own session (and group) */
    bool die_with_parent;         /* KILL when orun ends */
};

struct orun_child {
    pid_t pid;
    int pidfd;           /* -1 where the system has none */
    int64_t start_ticks; /* clock ticks since boot; -1: not known without asking /proc */
};

/* Returns 0, or the errno of what failed; then *bad_cwd says that it was the change of directory.
 */
int orun_child_start(const struct orun_command *command, struct orun_child *child, bool *bad_cwd);

/* Signals have got or lost a handler: the next child looks again which ones it must reset. */
void orun_child_signals_changed(void);

/* For systems whose pidfds do not work, and for the test of what is done there. */
void orun_child_use_pidfds(bool use);

#endif
