#include "child.h"

#include "view.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif

#define STACK (64 * 1024)

/* What parent and child tell each other; the child runs while the parent is stopped. */
struct launch {
    const struct orun_command *command;
    const sigset_t *reset; /* signals to give their default effect */
    pid_t parent;
    volatile int error;
    volatile bool bad_cwd;
    struct timespec born;
};

static char stack[STACK] __attribute__((aligned(64)));
static bool pidfds = true;
static bool signals_known;
static sigset_t signals_to_reset;

void orun_child_signals_changed(void)
{
    signals_known = false;
}

void orun_child_use_pidfds(bool use)
{
    pidfds = use;
}

/* Executing a program resets handlers, but not what is ignored; and until then a handler would run
 * in the child on the parent's memory. */
static const sigset_t *find_signals(void)
{
    if (signals_known)
        return &signals_to_reset;
    sigemptyset(&signals_to_reset);
    /* Who ignores the end of children cannot wait for them, and some programs start others so. */
    struct sigaction child_ended;
    if (sigaction(SIGCHLD, NULL, &child_ended) == 0 && child_ended.sa_handler == SIG_IGN)
        signal(SIGCHLD, SIG_DFL);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
            sigaddset(&signals_to_reset, number);
    }
    signals_known = true;
    return &signals_to_reset;
}

ORUN_IN_CHILD static void reset_signals(const sigset_t *signals)
{
    for (int number = 1; number < NSIG; number++)
        if (sigismember(signals, number) == 1)
            signal(number, SIG_DFL);
}

ORUN_IN_CHILD static void close_range_of(unsigned first, unsigned last)
{
    if (first > last || syscall(SYS_close_range, first, last, 0u) == 0)
        return;
    long most = sysconf(_SC_OPEN_MAX);
    for (unsigned fd = first; fd <= last && (long)fd < (most > 0 ? most : 65536); fd++)
        close((int)fd);
}

/* Closes every descriptor above 2 that is not to stay. Not left to close-on-exec: the parent goes
 * on a moment before that, and would find that its pipes are still open elsewhere. */
ORUN_IN_CHILD static void close_others(const struct orun_command *command)
{
    unsigned first = 3;
    for (;;) {
        int kept = -1;
        for (size_t i = 0; i < command->keep_count; i++)
            if (command->keep[i] >= (int)first && (kept < 0 || command->keep[i] < kept))
                kept = command->keep[i];
        close_range_of(first, kept < 0 ? ~0u : (unsigned)kept - 1);
        if (kept < 0)
            return;
        fcntl(kept, F_SETFD, 0);
        first = (unsigned)kept + 1;
    }
}

ORUN_IN_CHILD static bool set_up(struct launch *launch)
{
    const struct orun_command *command = launch->command;
    if (command->view && !orun_view_enter(command->view))
        return false;
    if (command->session)
        setsid();
    else if (command->group)
        setpgid(0, 0);
    if (command->die_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != launch->parent)
            return false;
    }
    const int given[] = {command->in, command->out, command->err};
    for (int fd = 0; fd < 3; fd++)
        if (given[fd] >= 0 && dup2(given[fd], fd) < 0)
            return false;
    close_others(command);
    if (command->cwd && chdir(command->cwd) != 0) {
        launch->bad_cwd = true;
        return false;
    }
    return true;
}

/* As execvp(3) goes through PATH. */
ORUN_IN_CHILD static void execute(struct launch *launch)
{
    const struct orun_command *command = launch->command;
    bool forbidden = false;
    for (size_t i = 0; command->candidates[i]; i++) {
        execve(command->candidates[i], command->argv, command->env);
        if (errno == ENOEXEC) {
            command->argv[0] = command->candidates[i];
            static char sh[] = "sh";
            command->argv[-1] = sh;
            execve("/bin/sh", command->argv - 1, command->env);
        }
        if (errno == EACCES)
            forbidden = true;
        else if (errno != ENOENT && errno != ENOTDIR && errno != ESTALE && errno != ENODEV &&
                 errno != ETIMEDOUT)
            return;
    }
    if (forbidden)
        errno = EACCES;
}

ORUN_IN_CHILD static int child_main(void *argument)
{
    struct launch *launch = argument;
    clock_gettime(CLOCK_BOOTTIME, &launch->born);
    reset_signals(launch->reset);
    errno = 0;
    if (set_up(launch)) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execute(launch);
    }
    launch->error = errno ? errno : ECHILD;
    _exit(127);
}

static int64_t to_ticks(const struct timespec *t, long slack_ns)
{
    static int64_t tick;
    if (!tick)
        tick = 1000000000 / sysconf(_SC_CLK_TCK);
    return ((int64_t)t->tv_sec * 1000000000 + t->tv_nsec + slack_ns) / tick;
}

static int clone_child(struct launch *launch, struct orun_child *child)
{
    int flags = CLONE_VM | CLONE_VFORK | SIGCHLD;
    child->pidfd = -1;
    if (pidfds) {
        child->pid = clone(child_main, stack + STACK, flags | CLONE_PIDFD, launch, &child->pidfd);
        if (child->pid > 0 || errno != EINVAL)
            return child->pid > 0 ? 0 : errno;
    }
    child->pid = clone(child_main, stack + STACK, flags, launch);
    return child->pid > 0 ? 0 : errno;
}

static void collect(struct orun_child *child)
{
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (child->pidfd >= 0)
        close(child->pidfd);
}

int orun_child_start(const struct orun_command *command, struct orun_child *child, bool *bad_cwd)
{
    static pid_t own; /* orun never forks itself */
    if (!own)
        own = getpid();
    struct launch launch = {.command = command, .reset = find_signals(), .parent = own};
    sigset_t all, before;
    struct timespec asked;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    clock_gettime(CLOCK_BOOTTIME, &asked);
    int error = clone_child(&launch, child);
    sigprocmask(SIG_SETMASK, &before, NULL);
    *bad_cwd = false;
    if (error)
        return error;
    if (launch.error) {
        collect(child);
        *bad_cwd = launch.bad_cwd;
        return launch.error;
    }
    /* The kernel notes the start between these two moments. */
    int64_t first = to_ticks(&asked, -1000);
    child->start_ticks = first == to_ticks(&launch.born, 1000) ? first : -1;
    return 0;
}
