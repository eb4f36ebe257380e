#include "view.h"

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK (64 * 1024)

/* What parent and child share. The child makes the mounts in namespaces of its own; it has the
 * parent's memory and descriptors, so that what it opens stays when it ends. */
struct setup {
    bool (*run)(struct setup *s);
    struct orun_view *view;
    int error;
    const char *what;
    /* of a base */
    const char *tmpfs;
    bool user;
    char uid_map[64], gid_map[64];
    /* of a view */
    const struct orun_view *base;
    const struct orun_overlay *overlay;
    unsigned long flags; /* of the mount */
    int lower, mask, upper, work, keep;
};

ORUN_IN_CHILD static bool failed(struct setup *s, const char *what)
{
    s->error = errno ? errno : EINVAL;
    s->what = what;
    return false;
}

ORUN_IN_CHILD static bool open_view(struct setup *s, const char *root, bool user)
{
    struct orun_view *v = s->view;
    v->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    v->mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (user)
        v->user = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
    return (v->root >= 0 && v->mounts >= 0 && (v->user >= 0 || !user)) ||
           failed(s, "/proc/self/ns");
}

ORUN_IN_CHILD static int child_main(void *argument)
{
    struct setup *s = argument;
    errno = 0;
    s->run(s);
    const int opened[] = {s->lower, s->mask, s->upper, s->work, s->keep};
    for (size_t i = 0; i < sizeof opened / sizeof *opened; i++)
        if (opened[i] >= 0)
            close(opened[i]);
    _exit(0);
}

/* The kernel has one lock for all mounts, on which threads that wait for it spin. */
static pthread_mutex_t mounts = PTHREAD_MUTEX_INITIALIZER;

static void close_descriptors(struct orun_view *view)
{
    const int descriptors[] = {view->root, view->mounts, view->user};
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    *view = (struct orun_view){-1, -1, -1};
}

static int run_child(struct setup *s, int flags, const char **what)
{
    *s->view = (struct orun_view){-1, -1, -1};
    s->lower = s->mask = s->upper = s->work = s->keep = -1;
    char *stack = malloc(STACK);
    if (!stack)
        return errno;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&mounts);
    char *top = stack + STACK - (uintptr_t)stack % 64;
    pid_t pid = clone(child_main, top, CLONE_VM | CLONE_VFORK | CLONE_FILES | flags, s);
    if (pid < 0)
        failed(s, s->user ? "user namespace" : "mount namespace");
    while (pid > 0 && waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
        ;
    if (s->error)
        close_descriptors(s->view);
    pthread_mutex_unlock(&mounts);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    free(stack);
    *what = s->what;
    return s->error;
}

/* --- base ------------------------------------------------------------------------------------- */

ORUN_IN_CHILD static bool write_file(struct setup *s, const char *path, const char *text)
{
    size_t length = strlen(text);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, length) == (ssize_t)length;
    if (!done)
        failed(s, path);
    if (fd >= 0)
        close(fd);
    return done;
}

/* The owner of the namespace stays who he is; everybody else is nobody there. */
ORUN_IN_CHILD static bool map_user(struct setup *s)
{
    return write_file(s, "/proc/self/setgroups", "deny") &&
           write_file(s, "/proc/self/uid_map", s->uid_map) &&
           write_file(s, "/proc/self/gid_map", s->gid_map);
}

/* The mounts of the namespace follow those outside, never the other way round. */
ORUN_IN_CHILD static bool make_base(struct setup *s)
{
    if (s->user && !map_user(s))
        return false;
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
        return failed(s, "mount namespace");
    if (mount("tmpfs", s->tmpfs, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0)
        return failed(s, s->tmpfs);
    return open_view(s, s->tmpfs, s->user);
}

int orun_base_open(const char *mask, bool user, struct orun_view *base, const char **what)
{
    struct setup s = {.run = make_base, .view = base, .tmpfs = mask, .user = user};
    snprintf(s.uid_map, sizeof s.uid_map, "%u %u 1", geteuid(), geteuid());
    snprintf(s.gid_map, sizeof s.gid_map, "%u %u 1", getegid(), getegid());
    return run_child(&s, CLONE_NEWNS | (user ? CLONE_NEWUSER : 0), what);
}

/* --- view ------------------------------------------------------------------------------------- */

ORUN_IN_CHILD static bool open_directory(struct setup *s, const char *path, int *fd)
{
    if (!path)
        return true;
    *fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 || failed(s, path);
}

/* A copy of the base's mounts. Directories are opened in there: elsewhere they cannot be mounted.
 */
ORUN_IN_CHILD static bool leave(struct setup *s)
{
    const struct orun_overlay *o = s->overlay;
    if (!orun_view_enter(s->base) || unshare(CLONE_NEWNS) != 0)
        return failed(s, "mount namespace");
    return open_directory(s, o->lower, &s->lower) && open_directory(s, o->mask, &s->mask) &&
           open_directory(s, o->upper, &s->upper) && open_directory(s, o->work, &s->work) &&
           open_directory(s, o->keep, &s->keep);
}

/* Directories are named by descriptors: a path may have commas and colons, and be long. */
ORUN_IN_CHILD static void write_options(const struct setup *s, const char *more, char *to,
                                        size_t size)
{
    char mask[32] = "";
    if (s->mask >= 0)
        snprintf(mask, sizeof mask, "/proc/self/fd/%d:", s->mask);
    snprintf(to, size,
             "lowerdir=%s/proc/self/fd/%d,upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d%s%s",
             mask, s->lower, s->upper, s->work, more, s->base->user >= 0 ? ",userxattr" : "");
}

/*
 * Without syncing (nobody needs what is written after a power failure), and with nothing that would
 * make the upper directory mean anything but what lies in it. A kernel that lacks an option gets
 * fewer.
 */
ORUN_IN_CHILD static bool mount_overlay(struct setup *s)
{
    static const char *const more[] = {",redirect_dir=nofollow,metacopy=off,index=off,volatile",
                                       ",redirect_dir=nofollow,index=off,volatile", ",volatile",
                                       ""};
    char options[512];
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        write_options(s, more[i], options, sizeof options);
        if (mount("overlay", s->overlay->lower, "overlay", s->flags, options) == 0)
            return true;
        if (errno != EINVAL)
            break;
    }
    return failed(s, "overlay mount");
}

ORUN_IN_CHILD static bool bind_kept(struct setup *s)
{
    char from[32];
    if (s->keep < 0)
        return true;
    snprintf(from, sizeof from, "/proc/self/fd/%d", s->keep);
    return mount(from, s->overlay->keep, NULL, MS_BIND | MS_REC, NULL) == 0 ||
           failed(s, s->overlay->keep);
}

ORUN_IN_CHILD static bool make_view(struct setup *s)
{
    return leave(s) && mount_overlay(s) && bind_kept(s) &&
           open_view(s, s->overlay->lower, s->base->user >= 0);
}

/* The overlay allows no more than the file system below it. */
static unsigned long flags_of(const char *path)
{
    struct statvfs fs;
    if (statvfs(path, &fs) != 0)
        return 0;
    return (fs.f_flag & ST_NOSUID ? MS_NOSUID : 0) | (fs.f_flag & ST_NODEV ? MS_NODEV : 0) |
           (fs.f_flag & ST_NOEXEC ? MS_NOEXEC : 0);
}

int orun_view_open(const struct orun_view *base, const struct orun_overlay *overlay,
                   struct orun_view *view, const char **what)
{
    struct setup s = {.run = make_view,
                      .view = view,
                      .base = base,
                      .overlay = overlay,
                      .flags = flags_of(overlay->lower)};
    return run_child(&s, 0, what);
}

ORUN_IN_CHILD bool orun_view_enter(const struct orun_view *view)
{
    return (view->user < 0 || setns(view->user, CLONE_NEWUSER) == 0) &&
           setns(view->mounts, CLONE_NEWNS) == 0;
}

void orun_view_close(struct orun_view *view)
{
    if (view->root < 0 && view->mounts < 0 && view->user < 0)
        return;
    pthread_mutex_lock(&mounts);
    close_descriptors(view);
    pthread_mutex_unlock(&mounts);
}
