/* host.fs: files and directories. Conditions are nil, message with the path that failed, errno. */
#include "fs.h"

#include "condition.h"
#include "json_writer.h"
#include "names.h"
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

int luaopen_host_fs(lua_State *L);

static int done_or(lua_State *L, int result, const char *path)
{
    if (result != 0)
        return orun_condition(L, errno, path);
    lua_pushboolean(L, 1);
    return 1;
}

static int trouble(lua_State *L, const struct orun_trouble *t)
{
    return orun_condition(L, t->error, t->path);
}

/* --- reading
 * --------------------------------------------------------------------------------------- */

static ssize_t read_some(int fd, char *buffer, size_t room)
{
    ssize_t got;
    do
        got = read(fd, buffer, room);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Reads on from `used` bytes that `*bytes` already holds; returns the length or -1. */
static ssize_t read_rest(int fd, char **bytes, size_t used, size_t room, size_t limit)
{
    for (;;) {
        if (used > limit) {
            errno = EFBIG;
            return -1;
        }
        if (used == room) {
            char *more = realloc(*bytes, room * 2);
            if (!more)
                return -1;
            *bytes = more;
            room *= 2;
        }
        ssize_t got = read_some(fd, *bytes + used, room - used);
        if (got <= 0)
            return got < 0 ? -1 : (ssize_t)used;
        used += (size_t)got;
    }
}

/* A small file fits the stack and needs nothing else; the size of a large one is asked for first.
 */
static int fs_read(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    lua_Integer most = luaL_optinteger(L, 2, LUA_MAXINTEGER);
    luaL_argcheck(L, most >= 0, 2, "must not be negative");
    char small[32 * 1024];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return orun_condition(L, errno, path);
    size_t used = 0;
    ssize_t got = 1;
    while (got > 0 && used < sizeof small) {
        got = read_some(fd, small + used, sizeof small - used);
        used += got > 0 ? (size_t)got : 0;
    }
    if (got <= 0) {
        int error = got < 0 ? errno : EFBIG;
        close(fd);
        if (got < 0 || (lua_Integer)used > most)
            return orun_condition(L, error, path);
        lua_pushlstring(L, small, used);
        return 1;
    }
    struct stat st;
    bool sized = fstat(fd, &st) == 0 && st.st_size > (off_t)used && st.st_size <= most;
    size_t room = sized ? (size_t)st.st_size + 1 : 2 * used;
    char *bytes = malloc(room);
    if (bytes)
        memcpy(bytes, small, used);
    ssize_t length = bytes ? read_rest(fd, &bytes, used, room, (size_t)most) : -1;
    int error = errno;
    close(fd);
    if (length >= 0)
        lua_pushlstring(L, bytes, (size_t)length);
    free(bytes);
    return length >= 0 ? 1 : orun_condition(L, error, path);
}

static int fs_readlink(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0)
        return orun_condition(L, errno, path);
    lua_pushlstring(L, target, (size_t)length);
    return 1;
}

static int fs_realpath(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    char real[PATH_MAX];
    if (!realpath(path, real))
        return orun_condition(L, errno, path);
    lua_pushstring(L, real);
    return 1;
}

static int fs_cwd(lua_State *L)
{
    char path[PATH_MAX];
    if (!getcwd(path, sizeof path))
        return orun_condition(L, errno, ".");
    lua_pushstring(L, path);
    return 1;
}

static int fs_exists(lua_State *L)
{
    lua_pushboolean(L, access(orun_check_path(L, 1), F_OK) == 0);
    return 1;
}

static const char *type_name(unsigned char type)
{
    switch (type) {
    case DT_REG:
        return "file";
    case DT_DIR:
        return "directory";
    case DT_LNK:
        return "link";
    case DT_FIFO:
        return "fifo";
    case DT_SOCK:
        return "socket";
    default:
        return "device";
    }
}

static bool flag(lua_State *L, int options, const char *name, bool otherwise)
{
    bool value = otherwise;
    if (!lua_isnoneornil(L, options)) {
        luaL_checktype(L, options, LUA_TTABLE);
        if (lua_getfield(L, options, name) != LUA_TNIL)
            value = lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
    return value;
}

static void set_integer(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

static int fs_stat(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    struct stat st;
    int flags = flag(L, 2, "follow", true) ? 0 : AT_SYMLINK_NOFOLLOW;
    if (fstatat(AT_FDCWD, path, &st, flags) != 0)
        return orun_condition(L, errno, path);
    lua_createtable(L, 0, 7);
    lua_pushstring(L, type_name((unsigned char)IFTODT(st.st_mode)));
    lua_setfield(L, -2, "type");
    set_integer(L, "size", st.st_size);
    set_integer(L, "mode", st.st_mode & 07777);
    set_integer(L, "mtime", st.st_mtim.tv_sec);
    set_integer(L, "mtime_ns", st.st_mtim.tv_nsec);
    set_integer(L, "inode", (lua_Integer)st.st_ino);
    set_integer(L, "device", (lua_Integer)st.st_dev);
    return 1;
}

/* --- lists
 * ----------------------------------------------------------------------------------------- */

/* What a walk found, before it becomes a Lua table; owned by the collector, which may run while the
 * table grows. */
struct listing {
    struct found {
        size_t path, length;
        long long size, mtime;
        long mtime_ns;
        unsigned char type;
    } * found;
    size_t count, room;
    char *text;
    size_t used, text_room;
};

static int listing_gc(lua_State *L)
{
    struct listing *l = lua_touserdata(L, 1);
    free(l->found);
    free(l->text);
    memset(l, 0, sizeof *l);
    return 0;
}

static struct listing *push_listing(lua_State *L)
{
    struct listing *l = lua_newuserdatauv(L, sizeof *l, 0);
    memset(l, 0, sizeof *l);
    if (luaL_newmetatable(L, "host.fs.listing")) {
        lua_pushcfunction(L, listing_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return l;
}

static int collect(void *context, const struct orun_entry *e, struct orun_trouble *unused)
{
    (void)unused;
    struct listing *l = context;
    if (l->count == l->room) {
        size_t room = l->room ? l->room * 2 : 128;
        struct found *found = realloc(l->found, room * sizeof *found);
        if (!found)
            return ENOMEM;
        l->found = found;
        l->room = room;
    }
    if (l->used + e->length > l->text_room) {
        size_t room = (l->text_room ? l->text_room * 2 : 4096) + e->length;
        char *text = realloc(l->text, room);
        if (!text)
            return ENOMEM;
        l->text = text;
        l->text_room = room;
    }
    memcpy(l->text + l->used, e->path, e->length);
    l->found[l->count++] = (struct found){.path = l->used,
                                          .length = e->length,
                                          .size = e->stat ? e->stat->st_size : 0,
                                          .mtime = e->stat ? e->stat->st_mtim.tv_sec : 0,
                                          .mtime_ns = e->stat ? e->stat->st_mtim.tv_nsec : 0,
                                          .type = e->type};
    l->used += e->length;
    return 0;
}

static int fs_walk(lua_State *L)
{
    const char *root = orun_check_path(L, 1);
    lua_settop(L, 2);
    struct orun_walk walk = {.skip = orun_names_option(L, 2, "skip"),
                             .skip_any = orun_names_option(L, 2, "skip_any"),
                             .names = orun_names_option(L, 2, "names"),
                             .stat = flag(L, 2, "stat", false),
                             .visit = collect};
    struct listing *l = push_listing(L);
    struct orun_trouble t;
    walk.context = l;
    if (orun_tree_walk(root, &walk, &t) != 0)
        return trouble(L, &t);
    lua_createtable(L, (int)l->count, 0);
    for (size_t i = 0; i < l->count; i++) {
        const struct found *f = &l->found[i];
        lua_createtable(L, 0, walk.stat ? 5 : 2);
        lua_pushlstring(L, l->text + f->path, f->length);
        lua_setfield(L, -2, "path");
        lua_pushstring(L, type_name(f->type));
        lua_setfield(L, -2, "type");
        if (walk.stat) {
            set_integer(L, "size", f->size);
            set_integer(L, "mtime", f->mtime);
            set_integer(L, "mtime_ns", f->mtime_ns);
        }
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int fs_list(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    struct listing *l = push_listing(L);
    struct orun_walk walk = {.shallow = true, .visit = collect, .context = l};
    struct orun_trouble t;
    if (orun_tree_walk(path, &walk, &t) != 0)
        return trouble(L, &t);
    lua_createtable(L, (int)l->count, 0);
    for (size_t i = 0; i < l->count; i++) {
        lua_pushlstring(L, l->text + l->found[i].path, l->found[i].length);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* --- writing
 * --------------------------------------------------------------------------------------- */

/* Length of the directory part with its slash; 0 when the path has none. */
static size_t directory_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* An unused name beside path. The name does not grow with that of the file, which may be as long as
 * the system allows. */
static bool temporary_beside(const char *path, char *out, size_t size)
{
    unsigned long long number;
    size_t directory = directory_length(path);
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        return false;
    int length = snprintf(out, size, "%.*s.%016llx.tmp", (int)directory, path, number);
    if (length > 0 && (size_t)length < size)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t put = write(fd, bytes, length);
        if (put < 0 && errno != EINTR)
            return -1;
        if (put > 0) {
            bytes += put;
            length -= (size_t)put;
        }
    }
    return 0;
}

static int sync_directory_of(const char *path)
{
    char directory[PATH_MAX] = ".";
    size_t length = directory_length(path);
    if (length) {
        memcpy(directory, path, length);
        directory[length] = '\0';
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    int error = errno;
    close(fd);
    errno = error;
    return result != 0 && error == EINVAL ? 0
                                          : result; /* some file systems have no such operation */
}

static int write_new(const char *path, const char *bytes, size_t length, mode_t mode, bool sync)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return -1;
    int result = write_all(fd, bytes, length);
    if (result == 0 && sync)
        result = fsync(fd);
    int error = errno;
    if (close(fd) != 0 && result == 0)
        return -1;
    errno = error;
    return result;
}

/* A link, a device or a pipe, which a file must not take the place of. */
static bool is_no_file(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int write_through(const char *path, const char *bytes, size_t length, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return -1;
    int result = write_all(fd, bytes, length);
    int error = errno;
    if (close(fd) != 0 && result == 0)
        return -1;
    errno = error;
    return result;
}

static int fs_write(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    size_t length;
    const char *bytes = json_draft_bytes(L, 2, &length);
    if (!bytes)
        bytes = luaL_checklstring(L, 2, &length);
    bool sync = flag(L, 3, "sync", true);
    lua_Integer mode = 0644;
    if (!lua_isnoneornil(L, 3)) {
        if (lua_getfield(L, 3, "mode") != LUA_TNIL)
            mode = luaL_checkinteger(L, -1);
        lua_pop(L, 1);
    }
    char temporary[PATH_MAX];
    if (!*path)
        return orun_condition(L, ENOENT, path);
    if (flag(L, 3, "through", false) && is_no_file(path))
        return done_or(L, write_through(path, bytes, length, (mode_t)mode & 07777), path);
    if (!temporary_beside(path, temporary, sizeof temporary))
        return orun_condition(L, errno, path);
    if (write_new(temporary, bytes, length, (mode_t)mode & 07777, sync) != 0 ||
        rename(temporary, path) != 0) {
        int error = errno;
        unlink(temporary);
        return orun_condition(L, error, path);
    }
    return done_or(L, sync ? sync_directory_of(path) : 0, path);
}

/* Replaces a link at once by rename; anything else that is in the way stays. */
static int fs_symlink(lua_State *L)
{
    const char *target = orun_check_path(L, 1), *path = orun_check_path(L, 2);
    char temporary[PATH_MAX];
    struct stat st;
    if (symlink(target, path) == 0)
        return done_or(L, 0, path);
    if (errno != EEXIST || lstat(path, &st) != 0)
        return orun_condition(L, errno, path);
    if (!S_ISLNK(st.st_mode))
        return orun_condition(L, EEXIST, path);
    if (!temporary_beside(path, temporary, sizeof temporary) || symlink(target, temporary) != 0)
        return orun_condition(L, errno, path);
    int result = rename(temporary, path);
    if (result != 0) {
        int error = errno;
        unlink(temporary);
        errno = error;
    }
    return done_or(L, result, path);
}

static int make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int error = mkdir(path, 0755) == 0 ? 0 : errno;
        if (error && error != EEXIST && access(path, F_OK) != 0) {
            errno = error;
            return -1; /* path ends where it failed */
        }
        *slash = '/';
    }
    return 0;
}

/* An existing directory is fine; the common cases cost one system call. */
static int fs_mkdir(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    char copy[PATH_MAX];
    struct stat st;
    int result = mkdir(path, 0755);
    if (result != 0 && errno == ENOENT && *path) {
        if (strlen(path) >= sizeof copy)
            return orun_condition(L, ENAMETOOLONG, path);
        strcpy(copy, path);
        if (make_parents(copy) != 0)
            return orun_condition(L, errno, copy);
        result = mkdir(path, 0755);
    }
    if (result != 0 && errno == EEXIST) {
        result = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : -1;
        errno = EEXIST;
    }
    return done_or(L, result, path);
}

static int fs_temporary(lua_State *L)
{
    const char *prefix = orun_check_path(L, 1);
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%sXXXXXX", prefix) >= (int)sizeof path)
        return orun_condition(L, ENAMETOOLONG, prefix);
    if (!*prefix || !mkdtemp(path))
        return orun_condition(L, *prefix ? errno : ENOENT, prefix);
    lua_pushstring(L, path);
    return 1;
}

static int fs_remove(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    return done_or(L, remove(path), path);
}

static int fs_rename(lua_State *L)
{
    const char *from = orun_check_path(L, 1), *to = orun_check_path(L, 2);
    if (rename(from, to) == 0) {
        lua_pushboolean(L, 1);
        return 1;
    }
    int error = errno;
    return orun_condition(L, error, lua_pushfstring(L, "%s -> %s", from, to));
}

static int fs_chmod(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    return done_or(L, chmod(path, (mode_t)luaL_checkinteger(L, 2) & 07777), path);
}

static const luaL_Reg functions[] = {{"read", fs_read},
                                     {"write", fs_write},
                                     {"appender", orun_fs_appender},
                                     {"walk", fs_walk},
                                     {"list", fs_list},
                                     {"stat", fs_stat},
                                     {"exists", fs_exists},
                                     {"mkdir", fs_mkdir},
                                     {"temporary", fs_temporary},
                                     {"remove", fs_remove},
                                     {"remove_tree", orun_fs_remove_tree},
                                     {"rename", fs_rename},
                                     {"symlink", fs_symlink},
                                     {"readlink", fs_readlink},
                                     {"realpath", fs_realpath},
                                     {"cwd", fs_cwd},
                                     {"chmod", fs_chmod},
                                     {"clone_tree", orun_fs_clone_tree},
                                     {"exclusions", orun_fs_exclusions},
                                     {NULL, NULL}};

int luaopen_host_fs(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
