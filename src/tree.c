#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int orun_trouble_at(struct orun_trouble *trouble, int error, const char *base, const char *path)
{
    trouble->error = error;
    if (!path || !*path)
        snprintf(trouble->path, sizeof trouble->path, "%s", base);
    else if (*base && base[strlen(base) - 1] == '/')
        snprintf(trouble->path, sizeof trouble->path, "%s%s", base, path);
    else
        snprintf(trouble->path, sizeof trouble->path, "%s/%s", base, path);
    return error;
}

bool orun_names_have(const struct orun_names *names, const char *name, size_t length)
{
    if (!names || !names->first[(unsigned char)*name])
        return false;
    for (size_t i = 0; i < names->count; i++)
        if (names->list[i].length == length && memcmp(names->list[i].text, name, length) == 0)
            return true;
    return false;
}

/* --- names of directories, several levels at a time
 * ----------------------------------------------- */

/* An entry of a directory. A directory counts twice: as itself, and as what is below it, which
 * sorts as "name/". */
struct item {
    size_t name; /* offset in the text */
    unsigned short length;
    unsigned char type;
    bool below;
};

/* Stack of the items of all open levels; one buffer for every read of a directory. */
struct level_stack {
    struct item *items;
    size_t count, room;
    char *text;
    size_t used, size;
    char *buffer;
};

enum { DIRECTORY_BUFFER = 64 * 1024 };

static int stack_open(struct level_stack *s)
{
    memset(s, 0, sizeof *s);
    s->buffer = malloc(DIRECTORY_BUFFER);
    return s->buffer ? 0 : ENOMEM;
}

static void stack_close(struct level_stack *s)
{
    free(s->items);
    free(s->text);
    free(s->buffer);
}

static int stack_text(struct level_stack *s, const char *name, size_t length, size_t *at)
{
    if (s->used + length + 1 > s->size) {
        size_t size = (s->size ? s->size * 2 : 8192) + length;
        char *text = realloc(s->text, size);
        if (!text)
            return ENOMEM;
        s->text = text;
        s->size = size;
    }
    *at = s->used;
    memcpy(s->text + s->used, name, length);
    s->text[s->used + length] = '\0';
    s->used += length + 1;
    return 0;
}

static int stack_push(struct level_stack *s, struct item item)
{
    if (s->count == s->room) {
        size_t room = s->room ? s->room * 2 : 256;
        struct item *items = realloc(s->items, room * sizeof *items);
        if (!items)
            return ENOMEM;
        s->items = items;
        s->room = room;
    }
    s->items[s->count++] = item;
    return 0;
}

static unsigned char type_of_mode(mode_t mode)
{
    return (unsigned char)IFTODT(mode);
}

/* Calls take(context, name, length, type) for each name in a directory but `.` and `..`. */
static int read_directory(struct level_stack *s, int fd,
                          int (*take)(void *context, const char *name, size_t length,
                                      unsigned char type),
                          void *context)
{
    for (;;) {
        ssize_t got = getdents64(fd, s->buffer, DIRECTORY_BUFFER);
        if (got <= 0)
            return got < 0 ? errno : 0;
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *d = (const struct dirent64 *)(const void *)(s->buffer + at);
            at += d->d_reclen;
            const char *name = d->d_name;
            if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])))
                continue;
            unsigned char type = d->d_type;
            struct stat st;
            if (type == DT_UNKNOWN) {
                if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
                    continue;
                type = type_of_mode(st.st_mode);
            }
            int error = take(context, name, strlen(name), type);
            if (error)
                return error;
        }
    }
}

/* --- walk
 * ------------------------------------------------------------------------------------------ */

struct walker {
    const struct orun_walk *walk;
    struct orun_trouble *trouble;
    const char *root_name;
    int root;
    struct level_stack stack;
    char path[PATH_MAX];
    size_t length; /* of the directory being read, with its trailing slash */
};

/* Compares a relative path with that of a name in the directory being read. */
static int compare_path(const struct walker *w, const char *path, const char *name, size_t length)
{
    size_t rest = strlen(path), common = rest < w->length ? rest : w->length;
    int order = memcmp(path, w->path, common);
    if (order || rest < w->length)
        return order ? order : -1;
    rest -= w->length;
    order = memcmp(path + w->length, name, rest < length ? rest : length);
    return order ? order : (rest > length) - (rest < length);
}

static bool pruned(const struct walker *w, const char *name, size_t length)
{
    const struct orun_walk *walk = w->walk;
    if (walk->prune && compare_path(w, walk->prune, name, length) == 0)
        return true;
    size_t first = 0, last = walk->leave_out_count;
    while (first < last) {
        size_t middle = first + (last - first) / 2;
        int order = compare_path(w, walk->leave_out[middle], name, length);
        if (order == 0)
            return true;
        if (order < 0)
            first = middle + 1;
        else
            last = middle;
    }
    return false;
}

static int take_entry(void *context, const char *name, size_t length, unsigned char type)
{
    struct walker *w = context;
    const struct orun_walk *walk = w->walk;
    bool directory = type == DT_DIR;
    if (orun_names_have(walk->skip_any, name, length) || pruned(w, name, length) ||
        (directory && orun_names_have(walk->skip, name, length)))
        return 0;
    bool shown = !walk->names || orun_names_have(walk->names, name, length);
    bool entered = directory && !walk->shallow && !orun_names_have(walk->leaves, name, length);
    if (!shown && !entered)
        return 0;
    struct item item = {.length = (unsigned short)length, .type = type};
    int error = stack_text(&w->stack, name, length, &item.name);
    if (!error && shown)
        error = stack_push(&w->stack, item);
    item.below = true;
    if (!error && entered)
        error = stack_push(&w->stack, item);
    return error;
}

static int compare_items(const void *left, const void *right, void *text)
{
    const struct item *a = left, *b = right;
    const unsigned char *x = (unsigned char *)text + a->name, *y = (unsigned char *)text + b->name;
    size_t common = a->length < b->length ? a->length : b->length;
    int order = memcmp(x, y, common);
    if (order)
        return order;
    int after_a = a->length > common ? x[common] : a->below ? '/' : -1;
    int after_b = b->length > common ? y[common] : b->below ? '/' : -1;
    return after_a - after_b;
}

static int visit(struct walker *w, unsigned char type, size_t length)
{
    struct stat st;
    struct orun_entry entry = {.root = w->root, .path = w->path, .length = length, .type = type};
    if (w->walk->stat) {
        if (fstatat(w->root, w->path, &st, AT_SYMLINK_NOFOLLOW) != 0)
            return errno == ENOENT ? 0 : orun_trouble_at(w->trouble, errno, w->root_name, w->path);
        entry.stat = &st;
        entry.type = type_of_mode(st.st_mode);
    }
    int error = w->walk->visit(w->walk->context, &entry, w->trouble);
    if (error && !w->trouble->error)
        orun_trouble_at(w->trouble, error, w->root_name, w->path);
    return error;
}

/* Reads the directory open as fd (closes it), then visits its entries and descends, in order. */
static int walk_level(struct walker *w, int fd)
{
    struct level_stack *s = &w->stack;
    size_t first = s->count, text = s->used, base = w->length;
    int error = read_directory(s, fd, take_entry, w);
    close(fd);
    w->path[base ? base - 1 : 0] = '\0';
    if (error)
        return orun_trouble_at(w->trouble, error, w->root_name, w->path);
    if (s->count > first + 1)
        qsort_r(s->items + first, s->count - first, sizeof *s->items, compare_items, s->text);
    size_t last = s->count;
    for (size_t i = first; i < last && !error; i++) {
        struct item item = s->items[i];
        if (base)
            w->path[base - 1] = '/';
        size_t length = base + item.length;
        if (length + 2 > sizeof w->path)
            return orun_trouble_at(w->trouble, ENAMETOOLONG, w->root_name, w->path);
        memcpy(w->path + base, s->text + item.name, item.length + 1u);
        if (!item.below) {
            error = visit(w, item.type, length);
            continue;
        }
        int below = openat(w->root, w->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below < 0) {
            if (errno != ENOENT && !(errno == EACCES && w->walk->lenient))
                error = orun_trouble_at(w->trouble, errno, w->root_name, w->path);
            continue;
        }
        w->path[length] = '/';
        w->length = length + 1;
        error = walk_level(w, below);
        w->length = base;
    }
    s->count = first;
    s->used = text;
    return error;
}

int orun_tree_walk(const char *root, const struct orun_walk *walk, struct orun_trouble *trouble)
{
    struct walker w = {.walk = walk, .trouble = trouble, .root_name = root};
    trouble->error = 0;
    w.root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w.root < 0)
        return orun_trouble_at(trouble, errno, root, NULL);
    int error = stack_open(&w.stack);
    int fd = error ? -1 : openat(w.root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        error = walk_level(&w, fd);
    else
        error = orun_trouble_at(trouble, error ? error : errno, root, NULL);
    stack_close(&w.stack);
    close(w.root);
    return error;
}

/* --- remove
 * ---------------------------------------------------------------------------------------- */

/*
 * One descriptor is open at a time and the way back up is `..`, checked against the device and
 * inode seen on the way down, so that neither depth nor somebody moving directories about leads
 * astray.
 */
struct remover {
    struct orun_trouble *trouble;
    const char *root_name;
    struct level_stack stack;
    int fd;
    char *path; /* of the directory open as fd, for messages */
    size_t length, size;
};

struct place {
    dev_t device;
    ino_t inode;
};

static int remove_failed(struct remover *r, int error, const char *name)
{
    char below[sizeof r->trouble->path];
    if (r->trouble->error)
        return error;
    snprintf(below, sizeof below, "%s%s%s", r->length ? r->path : "", r->length && name ? "/" : "",
             name ? name : "");
    return orun_trouble_at(r->trouble, error, r->root_name, below);
}

static int take_name(void *context, const char *name, size_t length, unsigned char type)
{
    struct remover *r = context;
    struct item item = {.length = (unsigned short)length, .type = type};
    int error = stack_text(&r->stack, name, length, &item.name);
    return error ? error : stack_push(&r->stack, item);
}

/* Opens a directory for emptying; makes it readable, searchable and writable where it is not. */
static int open_to_empty(int parent, const char *name, struct place *place)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent, name, flags);
    if (fd < 0 && errno == EACCES && fchmodat(parent, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
        fd = openat(parent, name, flags);
    struct stat st;
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) != 0) {
        close(fd);
        return -1;
    }
    if ((st.st_mode & S_IRWXU) != S_IRWXU)
        fchmod(fd, (st.st_mode & 07777) | S_IRWXU); /* what this cannot mend, the removal reports */
    place->device = st.st_dev;
    place->inode = st.st_ino;
    return fd;
}

static int remember_path(struct remover *r, const char *name, size_t length)
{
    if (r->length + length + 2 > r->size) {
        size_t size = (r->size ? r->size * 2 : 512) + length;
        char *path = realloc(r->path, size);
        if (!path)
            return ENOMEM;
        r->path = path;
        r->size = size;
    }
    if (r->length)
        r->path[r->length++] = '/';
    memcpy(r->path + r->length, name, length);
    r->length += length;
    r->path[r->length] = '\0';
    return 0;
}

static int go_up(struct remover *r, const struct place *expected)
{
    struct stat st;
    int up = openat(r->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (up < 0)
        return errno;
    if (fstat(up, &st) != 0 || st.st_dev != expected->device || st.st_ino != expected->inode) {
        close(up);
        return ESTALE;
    }
    close(r->fd);
    r->fd = up;
    return 0;
}

/* Empties the directory open as r->fd, which is `here`; the descriptor is at the same directory
 * afterwards. */
static int empty(struct remover *r, struct place here)
{
    struct level_stack *s = &r->stack;
    size_t first = s->count, text = s->used, base = r->length;
    int error = read_directory(s, r->fd, take_name, r);
    if (error)
        return remove_failed(r, error, NULL);
    size_t last = s->count;
    for (size_t i = first; i < last; i++) {
        struct item item = s->items[i];
        const char *name = s->text + item.name;
        int flags = item.type == DT_DIR ? AT_REMOVEDIR : 0;
        if (unlinkat(r->fd, name, flags) == 0 || errno == ENOENT)
            continue;
        if (item.type != DT_DIR)
            return remove_failed(r, errno, name);
        struct place below;
        int fd = open_to_empty(r->fd, name, &below);
        if (fd < 0)
            return remove_failed(r, errno, name);
        close(r->fd);
        r->fd = fd;
        error = remember_path(r, name, item.length);
        if (error || (error = empty(r, below)))
            return remove_failed(r, error, NULL);
        error = go_up(r, &here);
        if (error)
            return remove_failed(r, error, NULL);
        r->length = base;
        name = s->text + item.name;
        if (unlinkat(r->fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
            return remove_failed(r, errno, name);
    }
    s->count = first;
    s->used = text;
    return 0;
}

int orun_tree_remove(const char *path, struct orun_trouble *trouble)
{
    trouble->error = 0;
    if (unlink(path) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return orun_trouble_at(trouble, errno, path, NULL);
    if (rmdir(path) == 0)
        return 0;
    struct remover r = {.trouble = trouble, .root_name = path};
    struct place here;
    int error = stack_open(&r.stack);
    r.fd = error ? -1 : open_to_empty(AT_FDCWD, path, &here);
    if (r.fd < 0) {
        error = orun_trouble_at(trouble, error ? error : errno, path, NULL);
    } else {
        error = empty(&r, here);
        close(r.fd);
        if (!error && rmdir(path) != 0 && errno != ENOENT)
            error = orun_trouble_at(trouble, errno, path, NULL);
    }
    stack_close(&r.stack);
    free(r.path);
    return error;
}

/* --- clone
 * ----------------------------------------------------------------------------------------- */

struct cloner {
    int to;
    const char *to_name;
    bool try_reflink, try_range; /* until the file system says that it cannot */
    struct orun_clone *done;
    char *buffer;
};

enum { COPY_BUFFER = 256 * 1024 };

static bool unsupported(int error)
{
    return error == EOPNOTSUPP || error == ENOTTY || error == EXDEV || error == EINVAL ||
           error == ENOSYS || error == EBADF;
}

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t put = write(fd, bytes, length);
        if (put < 0 && errno != EINTR)
            return errno;
        if (put > 0) {
            bytes += put;
            length -= (size_t)put;
        }
    }
    return 0;
}

/* Copies from the current offsets to the end. `failed_reading` tells which of the two files an
 * error is about. */
static int copy_bytes(struct cloner *c, int from, int to, off_t size, bool *failed_reading)
{
    *failed_reading = false;
    while (c->try_range && size > COPY_BUFFER) {
        ssize_t put = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
        if (put < 0 && errno != EINTR) {
            if (!unsupported(errno))
                return errno;
            c->try_range = false;
        }
        if (put == 0)
            break;
        if (put > 0)
            c->done->bytes += (uint64_t)put;
    }
    for (;;) {
        ssize_t got = read(from, c->buffer, COPY_BUFFER);
        if (got < 0 && errno == EINTR)
            continue;
        *failed_reading = got < 0;
        if (got <= 0)
            return got < 0 ? errno : 0;
        int error = write_all(to, c->buffer, (size_t)got);
        if (error)
            return error;
        c->done->bytes += (uint64_t)got;
    }
}

static int fill_file(struct cloner *c, int from, int to, off_t size, bool *failed_reading)
{
    *failed_reading = false;
    if (c->try_reflink && size > 0) {
        if (ioctl(to, FICLONE, from) == 0) {
            c->done->reflinks++;
            return 0;
        }
        if (unsupported(errno))
            c->try_reflink = false;
    }
    return copy_bytes(c, from, to, size, failed_reading);
}

static int clone_file(struct cloner *c, const struct orun_entry *e, struct orun_trouble *trouble)
{
    struct stat st;
    int from = openat(e->root, e->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (from < 0)
        return errno == ENOENT ? 0 : errno;
    if (fstat(from, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(from);
        return 0;
    }
    int to = openat(c->to, e->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st.st_mode & 0777);
    bool failed_reading = false;
    int error = to < 0 ? errno : fill_file(c, from, to, st.st_size, &failed_reading);
    close(from);
    if (to >= 0 && close(to) != 0 && !error)
        error = errno;
    if (error && !failed_reading)
        return orun_trouble_at(trouble, error, c->to_name, e->path);
    c->done->files++;
    return error;
}

static int clone_link(struct cloner *c, const struct orun_entry *e, struct orun_trouble *trouble)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(e->root, e->path, target, sizeof target - 1);
    if (length < 0)
        return errno == ENOENT ? 0 : errno;
    target[length] = '\0';
    if (symlinkat(target, c->to, e->path) != 0)
        return orun_trouble_at(trouble, errno, c->to_name, e->path);
    return 0;
}

static int clone_entry(void *context, const struct orun_entry *e, struct orun_trouble *trouble)
{
    struct cloner *c = context;
    switch (e->type) {
    case DT_REG:
        return clone_file(c, e, trouble);
    case DT_LNK:
        return clone_link(c, e, trouble);
    case DT_DIR:
        if (mkdirat(c->to, e->path, 0755) != 0)
            return orun_trouble_at(trouble, errno, c->to_name, e->path);
        return 0;
    default:
        return 0;
    }
}

/* Where the new tree lies inside the old one, as a relative path to pass over; NULL when it lies
 * elsewhere. */
static char *path_inside(const char *from, const char *to)
{
    char *outer = realpath(from, NULL), *inner = realpath(to, NULL), *inside = NULL;
    size_t length = outer ? strlen(outer) : 0;
    if (outer && inner && strncmp(outer, inner, length) == 0) {
        if (length == 1)
            inside = strdup(inner + 1);
        else if (inner[length] == '/')
            inside = strdup(inner + length + 1);
    }
    free(outer);
    free(inner);
    return inside;
}

int orun_tree_clone(const char *from, const char *to, const struct orun_walk *skips,
                    struct orun_clone *done, struct orun_trouble *trouble)
{
    struct stat st;
    memset(done, 0, sizeof *done);
    trouble->error = 0;
    if (stat(from, &st) != 0)
        return orun_trouble_at(trouble, errno, from, NULL);
    if (!S_ISDIR(st.st_mode))
        return orun_trouble_at(trouble, ENOTDIR, from, NULL);
    if (mkdir(to, 0755) != 0)
        return orun_trouble_at(trouble, errno, to, NULL);
    struct cloner c = {.to_name = to, .try_reflink = true, .try_range = true, .done = done};
    char *inside = path_inside(from, to);
    struct orun_walk walk = {.skip = skips->skip,
                             .skip_any = skips->skip_any,
                             .prune = inside,
                             .leave_out = skips->leave_out,
                             .leave_out_count = skips->leave_out_count,
                             .visit = clone_entry,
                             .context = &c};
    c.buffer = malloc(COPY_BUFFER);
    c.to = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = !c.buffer ? ENOMEM : c.to < 0 ? errno : 0;
    if (error)
        orun_trouble_at(trouble, error, to, NULL);
    else
        error = orun_tree_walk(from, &walk, trouble);
    if (c.to >= 0)
        close(c.to);
    free(c.buffer);
    free(inside);
    if (error) {
        struct orun_trouble ignored;
        orun_tree_remove(to, &ignored);
    }
    return error;
}
