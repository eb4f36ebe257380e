/*
 * reaper PROGRAM [ARGUMENT...]: runs a program as a subreaper. Whatever the program and everything
 * below it leave running becomes a child of this process. When the program has ended and some
 * descendant still lives a while later, they are listed on stderr and killed, and the exit status
 * is 99; else it is the program's.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOKS 100
#define PAUSE_MS 20
#define STRAYS 99

static long parent_of(const char *pid)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    long parent = -1;
    if (fgets(line, sizeof line, file)) {
        const char *name_end = strrchr(line, ')');
        if (name_end && sscanf(name_end, ") %*c %ld", &parent) != 1)
            parent = -1;
    }
    fclose(file);
    return parent;
}

static void show(const char *pid)
{
    char path[64], words[256];
    snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(words, 1, sizeof words - 1, file) : 0;
    if (file)
        fclose(file);
    for (size_t i = 0; i < n; i++)
        if (!words[i])
            words[i] = ' ';
    words[n] = '\0';
    fprintf(stderr, "stray process %s: %s\n", pid, words);
}

/* Lists and kills the children that are left. */
static void end_strays(void)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    while (proc && (entry = readdir(proc))) {
        if (parent_of(entry->d_name) != (long)getpid())
            continue;
        show(entry->d_name);
        kill((pid_t)atol(entry->d_name), SIGKILL);
    }
    if (proc)
        closedir(proc);
}

/* Collects children that have ended; the status of `program` goes to *status. */
static int collect(pid_t program, int *status, int options)
{
    int one;
    pid_t pid;
    while ((pid = waitpid(-1, &one, options)) > 0) {
        if (pid != program)
            continue;
        *status = one;
        if (!(options & WNOHANG))
            return 0;
    }
    return pid < 0 && errno == ECHILD;
}

int main(int argc, char **argv)
{
    if (argc < 2 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return 2;
    pid_t program = fork();
    if (program == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    int status = 0;
    collect(program, &status, 0);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    for (int look = 0; look < LOOKS; look++) {
        struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
        if (collect(program, &status, WNOHANG))
            return code;
        nanosleep(&pause, NULL);
    }
    end_strays();
    return STRAYS;
}
