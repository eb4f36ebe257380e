/* Appending records to a file that several processes write to: one write(2) for each, so that none
 * is torn or mixed. */
#include "condition.h"
#include "fs.h"
#include "loop.h"
#include "task.h"

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
    uv_work_t work;
    struct orun_wait wait;
    int fd, error;
    bool cancelled;
    char path[];
};

static void sync_work(uv_work_t *work)
{
    struct sync_request *r = work->data;
    r->error = fdatasync(r->fd) == 0 ? 0 : errno;
}

static void sync_done(uv_work_t *work, int status)
{
    struct sync_request *r = work->data;
    lua_State *to = orun_wait_thread(&r->wait);
    close(r->fd);
    if (r->cancelled || status == UV_ECANCELED) {
        orun_wake_cancelled(&r->wait);
    } else if (r->error) {
        orun_wake(&r->wait, orun_condition(to, r->error, r->path));
    } else {
        lua_pushboolean(to, 1);
        orun_wake(&r->wait, 1);
    }
    free(r);
}

/* Work that has begun cannot be stopped: the task goes on, with its cancellation, when the disk has
 * answered. */
static void sync_cancel(struct orun_wait *wait)
{
    struct sync_request *r = wait->data;
    r->cancelled = true;
    uv_cancel((uv_req_t *)&r->work);
}

static int sync_later(lua_State *L, const struct appender *a)
{
    orun_wait_check(L);
    lua_getiuservalue(L, 1, 1);
    const char *path = lua_tostring(L, -1);
    struct sync_request *r = malloc(sizeof *r + strlen(path) + 1);
    if (!r)
        return orun_condition(L, ENOMEM, path);
    r->work.data = r;
    r->cancelled = false;
    r->error = 0;
    strcpy(r->path, path);
    r->fd = fcntl(a->fd, F_DUPFD_CLOEXEC, 3);
    int error = r->fd < 0 ? errno : 0;
    if (!error && !orun_loop())
        error = errno;
    if (!error)
        error = -uv_queue_work(orun_loop(), &r->work, sync_work, sync_done);
    if (!error)
        return orun_wait(L, &r->wait, sync_cancel, r);
    if (r->fd >= 0)
        close(r->fd);
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
