/*
 * Whole directory trees: walk, remove, clone. Nothing here follows a symbolic link below the root,
 * and every order is that of the bytes of the whole path, whatever the file system answers.
 */
#ifndef ORUN_TREE_H
#define ORUN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* A small set of base names. `first` marks the first bytes that occur, so that most names need no
 * comparison. */
struct orun_name {
    const char *text;
    size_t length;
};
struct orun_names {
    bool first[256];
    size_t count;
    struct orun_name list[];
};
bool orun_names_have(const struct orun_names *names, const char *name, size_t length);

/* Where something went wrong; the path is cut when it is longer than any system call would take. */
struct orun_trouble {
    int error;
    char path[4096];
};

struct orun_entry {
    int root;         /* descriptor of the root; `path` is relative to it */
    const char *path; /* `/`-joined, ends with a zero byte */
    size_t length;
    unsigned char type;      /* DT_REG, DT_DIR, DT_LNK, ...; never DT_UNKNOWN */
    const struct stat *stat; /* NULL unless asked for */
};

struct orun_walk {
    const struct orun_names *skip;     /* directories left out with all below them */
    const struct orun_names *skip_any; /* names left out whatever they are */
    const struct orun_names
        *names; /* when set, only these are visited; directories are entered all the same */
    const struct orun_names *leaves; /* directories that are visited, but not entered */
    const char *prune;               /* one relative path left out with all below it */
    const char *const *leave_out;    /* relative paths left out likewise, sorted */
    size_t leave_out_count;
    bool stat;
    bool shallow; /* only what is directly in the root */
    bool lenient; /* a directory that may not be read counts as empty */
    /* Returns 0 or the errno that ends the walk; `trouble` then names the entry unless visit filled
     * it in. */
    int (*visit)(void *context, const struct orun_entry *entry, struct orun_trouble *trouble);
    void *context;
};

/* Visits what is below root in the order of the whole path. An entry that vanishes meanwhile is
 * passed over. */
int orun_tree_walk(const char *root, const struct orun_walk *walk, struct orun_trouble *trouble);

/* Removes a file or a tree; a missing one is fine. Directories that forbid it are made writable
 * first. */
int orun_tree_remove(const char *path, struct orun_trouble *trouble);

struct orun_clone {
    uint64_t files, reflinks, bytes;
};
/*
 * Copies a tree to a path that must not exist: directories 0755, links with their text, regular
 * files with their permission bits (both less umask). What is neither is left out. On failure
 * nothing stays.
 */
int orun_tree_clone(const char *from, const char *to, const struct orun_walk *skips,
                    struct orun_clone *done, struct orun_trouble *trouble);

/* Records where it failed, as `<base>/<path>`, and returns error. */
int orun_trouble_at(struct orun_trouble *trouble, int error, const char *base, const char *path);

#endif
