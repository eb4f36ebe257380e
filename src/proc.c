#include "proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool orun_proc_read(pid_t pid, struct orun_proc *proc)
{
    char path[40], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    /* proc(5): the name in parentheses may contain anything; then state, parent, group, and the
     * start time as the 22nd field. */
    const char *rest = strrchr(text, ')');
    int group;
    long long start;
    if (!rest || sscanf(rest + 1,
                        " %c %*d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
                        "%*d %lld",
                        &proc->state, &group, &start) != 3)
        return false;
    proc->group = group;
    proc->start_ticks = start;
    return true;
}

bool orun_proc_is_dead(const struct orun_proc *proc)
{
    return proc->state == 'Z' || proc->state == 'X';
}

bool orun_proc_group_lives(pid_t group)
{
    if (kill(-group, 0) != 0)
        return false;
    DIR *dir = opendir("/proc");
    if (!dir)
        return true;
    bool lives = false;
    const struct dirent *entry;
    while (!lives && (entry = readdir(dir))) {
        struct orun_proc proc;
        int pid = atoi(entry->d_name);
        lives = pid > 0 && orun_proc_read(pid, &proc) && proc.group == group &&
                !orun_proc_is_dead(&proc);
    }
    closedir(dir);
    return lives;
}
