/* What /proc says about processes. */
#ifndef ORUN_PROC_H
#define ORUN_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct orun_proc {
    char state; /* letter of ps(1); Z and X are dead */
    pid_t group;
    int64_t start_ticks; /* clock ticks since boot */
};

/* False when there is no such process. */
bool orun_proc_read(pid_t pid, struct orun_proc *proc);
bool orun_proc_is_dead(const struct orun_proc *proc);
/* Whether a member of the process group is not dead. Looks at every process of the machine if the
 * group still has members of any kind: dead ones may stay long when their new parent does not care.
 */
bool orun_proc_group_lives(pid_t group);

#endif
