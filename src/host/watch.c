/* host.watch: changes of files and directories, by inotify. */
#include "condition.h"
#include "loop.h"
#include "task.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

int luaopen_host_watch(lua_State *L);

#define WATCH "host.watch.watch"
#define BUFFER 4096

struct watch {
    struct orun_event event; /* fd -1 when closed; first, as events give it */
    bool watched;            /* by the loop, which is asked again for each wait */
    struct orun_wait wait;
    struct orun_timer *timer;
    size_t next, end; /* of the records in the buffer */
    char buffer[BUFFER] __attribute__((aligned(__alignof__(struct inotify_event))));
};

static const uint32_t changes = IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_DELETE_SELF |
                                IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF;

static struct watch *check_open(lua_State *L)
{
    struct watch *w = luaL_checkudata(L, 1, WATCH);
    if (w->event.fd < 0)
        luaL_error(L, "the watch is closed");
    return w;
}

static const char *kind(uint32_t mask)
{
    if (mask & IN_Q_OVERFLOW)
        return "overflow";
    if (mask & (IN_CREATE | IN_MOVED_TO))
        return "create";
    if (mask & (IN_DELETE | IN_DELETE_SELF | IN_MOVED_FROM | IN_MOVE_SELF))
        return "delete";
    return mask & (IN_MODIFY | IN_ATTRIB) ? "modify" : NULL;
}

/* The next record that says something; NULL when there is none now. */
static const struct inotify_event *next_record(struct watch *w)
{
    for (;;) {
        if (w->next == w->end) {
            ssize_t n;
            do
                n = read(w->event.fd, w->buffer, sizeof w->buffer);
            while (n < 0 && errno == EINTR);
            if (n <= 0)
                return NULL;
            w->next = 0;
            w->end = (size_t)n;
        }
        const struct inotify_event *record = (const void *)(w->buffer + w->next);
        w->next += sizeof *record + record->len;
        if (kind(record->mask))
            return record;
    }
}

static void push_change(lua_State *L, const struct inotify_event *record)
{
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, record->wd);
    lua_setfield(L, -2, "id");
    if (record->len > 0) {
        lua_pushstring(L, record->name);
        lua_setfield(L, -2, "name");
    }
    lua_pushstring(L, kind(record->mask));
    lua_setfield(L, -2, "what");
}

/* --- waiting ---------------------------------------------------------------------------------- */

static int rearm(struct watch *w)
{
    int error = w->watched ? orun_event_rearm(&w->event, EPOLLIN | EPOLLONESHOT)
                           : orun_event_watch(&w->event, EPOLLIN | EPOLLONESHOT);
    w->watched = w->watched || !error;
    return error;
}

static void changed(struct orun_event *event)
{
    struct watch *w = (struct watch *)event;
    if (!w->wait.task)
        return;
    const struct inotify_event *record = next_record(w);
    if (!record) {
        rearm(w);
        return;
    }
    orun_timer_stop(w->timer);
    w->timer = NULL;
    push_change(orun_wait_thread(&w->wait), record);
    orun_wake(&w->wait, 1);
}

static void time_passed(void *data)
{
    struct watch *w = data;
    w->timer = NULL;
    lua_pushnil(orun_wait_thread(&w->wait));
    orun_wake(&w->wait, 1);
}

static void wait_cancelled(struct orun_wait *wait)
{
    struct watch *w = wait->data;
    orun_timer_stop(w->timer);
    w->timer = NULL;
    orun_wake_cancelled(wait);
}

static int watch_wait(lua_State *L)
{
    struct watch *w = check_open(L);
    double timeout = luaL_optnumber(L, 2, -1);
    if (w->wait.task)
        return luaL_error(L, "another task waits for these changes already");
    const struct inotify_event *record = next_record(w);
    if (record) {
        push_change(L, record);
        return 1;
    }
    orun_wait_check(L);
    int error = rearm(w);
    if (error)
        return luaL_error(L, "cannot watch: %s", strerror(error));
    w->timer = timeout >= 0 ? orun_timer_start(timeout, time_passed, w) : NULL;
    if (timeout >= 0 && !w->timer)
        return luaL_error(L, "not enough memory for a timer");
    return orun_wait(L, &w->wait, wait_cancelled, w);
}

/* --- the watch -------------------------------------------------------------------------------- */

static int watch_add(lua_State *L)
{
    const struct watch *w = check_open(L);
    const char *path = orun_check_path(L, 2);
    int id = inotify_add_watch(w->event.fd, path, changes);
    if (id < 0)
        return orun_condition(L, errno, path);
    lua_pushinteger(L, id);
    return 1;
}

static int watch_remove(lua_State *L)
{
    const struct watch *w = check_open(L);
    inotify_rm_watch(w->event.fd, (int)luaL_checkinteger(L, 2));
    return 0;
}

static int watch_close(lua_State *L)
{
    struct watch *w = luaL_checkudata(L, 1, WATCH);
    if (w->event.fd < 0)
        return 0;
    if (w->wait.task)
        wait_cancelled(&w->wait);
    if (w->watched)
        orun_event_forget(&w->event);
    close(w->event.fd);
    w->event.fd = -1;
    return 0;
}

static int watch_open(lua_State *L)
{
    struct watch *w = lua_newuserdatauv(L, sizeof *w, 0);
    memset(w, 0, offsetof(struct watch, buffer));
    w->event = (struct orun_event){.fd = -1, .ready = changed};
    luaL_setmetatable(L, WATCH);
    w->event.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return w->event.fd < 0 ? orun_condition(L, errno, NULL) : 1;
}

static const luaL_Reg methods[] = {{"add", watch_add},
                                   {"remove", watch_remove},
                                   {"wait", watch_wait},
                                   {"close", watch_close},
                                   {NULL, NULL}};

static const luaL_Reg functions[] = {{"open", watch_open}, {NULL, NULL}};

int luaopen_host_watch(lua_State *L)
{
    luaL_newmetatable(L, WATCH);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, watch_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, watch_close);
    lua_setfield(L, -2, "__close");
    luaL_newlib(L, functions);
    return 1;
}
