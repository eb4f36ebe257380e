/*
 * A directory seen through an overlay: programs that enter the view find at the path of the
 * directory what it holds, and what they write lands elsewhere. The overlay is mounted in a mount
 * namespace of its own, which lives as long as a descriptor of the view or a program in it; so
 * nothing has to be unmounted, whatever ends orun.
 */
#ifndef ORUN_VIEW_H
#define ORUN_VIEW_H

#include <stdbool.h>

/* Descriptors; -1: none. */
struct orun_view {
    int user, mounts; /* namespaces */
    int root;         /* what was mounted there last, usable from outside */
};

/*
 * A namespace to make views from. `mask` is an empty directory that is an empty file system there;
 * whiteouts made in it hide, laid over a directory, what that has. (On the disk it could not lie
 * inside of what it hides.) With `user` there is a user namespace too, which needs no privilege.
 */
int orun_base_open(const char *mask, bool user, struct orun_view *base, const char **what);

struct orun_overlay {
    const char
        *lower;       /* absolute, without links: the directory, and where the overlay is mounted */
    const char *mask; /* laid over it, NULL: nothing */
    const char *upper; /* receives what is written */
    const char *work;  /* empty, on the file system of upper */
    const char *keep;  /* directory below lower that is not part of it; NULL: none */
};

/* Both return 0, or an errno and what failed. Views may be opened and closed on other threads,
 * where they keep nobody waiting: the kernel takes its time for mounts and their end. */
int orun_view_open(const struct orun_view *base, const struct orun_overlay *overlay,
                   struct orun_view *view, const char **what);
/* Moves a child that has its memory from orun, but nothing else, into the view. */
bool orun_view_enter(const struct orun_view *view);
void orun_view_close(struct orun_view *view);

#endif
