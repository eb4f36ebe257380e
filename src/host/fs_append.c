/* Appending records to a file that several processes write to: one write(2) for each, so that none
 * is torn or mixed. */
#include "condition.h"
#include "fs.h"
#include "offload.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define APPENDER "host.fs.appender"

struct appender {
    int fd;    /* -1 once closed */
    bool torn; /* the file may end inside a line: the next record starts with a newline */
};

static struct appender *check_open(lua_State *L)
{
    struct appender *a = luaL_checkudata(L, 1, APPENDER);
    if (a->fd < 0)
        luaL_error(L, "the appender is closed");
    return a;
}

/* The path is the handle's user value. */
static int condition(lua_State *L, int error)
{
    lua_getiuservalue(L, 1, 1);
    return orun_condition(L, error, lua_tostring(L, -1));
}

static bool ends_inside_line(int fd)
{
    struct stat st;
    char last;
    return fstat(fd, &st) == 0 && st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) == 1 &&
           last != '\n';
}

static int append(lua_State *L)
{
    struct appender *a = check_open(L);
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    char newline[] = "\n";
    struct iovec parts[] = {{newline, a->torn ? 1 : 0}, {(void *)(uintptr_t)bytes, length}};
    ssize_t put;
    do
        put = a->torn ? writev(a->fd, parts, 2) : write(a->fd, bytes, length);
    while (put < 0 && errno == EINTR);
    if (put < 0)
        return condition(L, errno);
    /* Part of a record is in the file: that is a full disk or a limit, and the part is garbage to
     * every reader. */
    if ((size_t)put < parts[0].iov_len + length) {
        a->torn = a->torn || put > 0;
        return condition(L, ENOSPC);
    }
    if (length)
        a->torn = bytes[length - 1] != '\n';
    lua_pushboolean(L, 1);
    return 1;
}

static int size(lua_State *L)
{
    const struct appender *a = check_open(L);
    struct stat st;
    if (fstat(a->fd, &st) != 0)
        return condition(L, errno);
    lua_pushinteger(L, st.st_size);
    return 1;
}

/* fdatasync on a worker thread, with a descriptor of its own: the appender may be closed meanwhile.
 */
struct sync_request {
    struct orun_offload offload;
    int fd, error;
    char path[];
};

static void perform_sync(struct orun_offload *o)
{
    struct sync_request *r = (struct sync_request *)o;
    r->error = fdatasync(r->fd) == 0 ? 0 : errno;
}

static int finish_sync(lua_State *to, struct orun_offload *o)
{
    const struct sync_request *r = (struct sync_request *)o;
    if (r->error)
        return orun_condition(to, r->error, r->path);
    lua_pushboolean(to, 1);
    return 1;
}

static void release_sync(struct orun_offload *o)
{
    close(((struct sync_request *)o)->fd);
}

static int sync_later(lua_State *L, const struct appender *a)
{
    orun_wait_check(L);
    lua_getiuservalue(L, 1, 1);
    const char *path = lua_tostring(L, -1);
    struct sync_request *r = malloc(sizeof *r + strlen(path) + 1);
    if (!r)
        return orun_condition(L, ENOMEM, path);
    *r = (struct sync_request){.offload = {.perform = perform_sync,
                                           .finish = finish_sync,
                                           .release = release_sync,
                                           .what = path},
                               .fd = fcntl(a->fd, F_DUPFD_CLOEXEC, 3)};
    strcpy(r->path, path);
    if (r->fd >= 0)
        return orun_offload(L, &r->offload);
    int error = errno;
    free(r);
    return condition(L, error);
}

static int sync_data(lua_State *L)
{
    const struct appender *a = check_open(L);
    if (!lua_toboolean(L, 2))
        return sync_later(L, a);
    if (fdatasync(a->fd) != 0)
        return condition(L, errno);
    lua_pushboolean(L, 1);
    return 1;
}

static int close_appender(lua_State *L)
{
    struct appender *a = luaL_checkudata(L, 1, APPENDER);
    if (a->fd >= 0)
        close(a->fd);
    a->fd = -1;
    return 0;
}

static const luaL_Reg methods[] = {{"append", append},
                                   {"size", size},
                                   {"sync", sync_data},
                                   {"close", close_appender},
                                   {NULL, NULL}};

int orun_fs_appender(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    struct appender *a = lua_newuserdatauv(L, sizeof *a, 1);
    a->fd = -1;
    a->torn = false;
    if (luaL_newmetatable(L, APPENDER)) {
        luaL_newlib(L, methods);
        lua_setfield(L, -2, "__index");
        lua_pushcfunction(L, close_appender);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, close_appender);
        lua_setfield(L, -2, "__close");
    }
    lua_setmetatable(L, -2);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    a->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (a->fd < 0)
        return orun_condition(L, errno, path);
    a->torn = ends_inside_line(a->fd);
    return 1;
}
