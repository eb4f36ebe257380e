/* host.term: what a descriptor is connected to, and the keys that are pressed at a terminal. */
#include "condition.h"
#include "loop.h"
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int luaopen_host_term(lua_State *L);

#define KEYS "host.term.keys"
#define MOST_BYTES 64

struct keys {
    struct orun_event event; /* fd -1 when closed; first, as events give it */
    bool watched;            /* by the loop, which is asked again for each wait */
    struct orun_wait wait;
    struct termios before;
};

static int check_descriptor(lua_State *L)
{
    lua_Integer fd = luaL_checkinteger(L, 1);
    luaL_argcheck(L, fd >= 0 && fd <= INT_MAX, 1, "not a descriptor");
    return (int)fd;
}

static int is_terminal(lua_State *L)
{
    lua_pushboolean(L, isatty(check_descriptor(L)));
    return 1;
}

/* A terminal may say 0 x 0 (a serial line, a fresh pseudo terminal): it does not know its size. */
static int size(lua_State *L)
{
    struct winsize window;
    if (ioctl(check_descriptor(L), TIOCGWINSZ, &window) != 0 || !window.ws_col || !window.ws_row) {
        luaL_pushfail(L);
        return 1;
    }
    lua_pushinteger(L, window.ws_col);
    lua_pushinteger(L, window.ws_row);
    return 2;
}

/* --- keys ------------------------------------------------------------------------------------- */

static struct keys *check_open(lua_State *L)
{
    struct keys *k = luaL_checkudata(L, 1, KEYS);
    if (k->event.fd < 0)
        luaL_error(L, "the keys are closed");
    return k;
}

/* Changing the settings of a terminal from behind would stop us. */
static bool in_foreground(int fd)
{
    return tcgetpgrp(fd) == getpgrp();
}

/* Each key at once and without being shown; those that send signals still do. */
static int take(const struct keys *k)
{
    struct termios mode = k->before;
    mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    return tcsetattr(k->event.fd, TCSADRAIN, &mode);
}

static void give_back(const struct keys *k)
{
    if (in_foreground(k->event.fd))
        tcsetattr(k->event.fd, TCSADRAIN, &k->before);
}

static void pressed(struct orun_event *event)
{
    struct keys *k = (struct keys *)event;
    if (!k->wait.task)
        return;
    char bytes[MOST_BYTES];
    ssize_t n;
    do
        n = read(event->fd, bytes, sizeof bytes);
    while (n < 0 && errno == EINTR);
    lua_State *to = orun_wait_thread(&k->wait);
    if (n > 0)
        lua_pushlstring(to, bytes, (size_t)n);
    else
        luaL_pushfail(to);
    orun_wake(&k->wait, 1);
}

static int keys_read(lua_State *L)
{
    struct keys *k = check_open(L);
    if (k->wait.task)
        return luaL_error(L, "another task waits for these keys already");
    orun_wait_check(L);
    int error = k->watched ? orun_event_rearm(&k->event, EPOLLIN | EPOLLONESHOT)
                           : orun_event_watch(&k->event, EPOLLIN | EPOLLONESHOT);
    if (error)
        return luaL_error(L, "cannot read the terminal: %s", strerror(error));
    k->watched = true;
    return orun_wait(L, &k->wait, NULL, NULL);
}

static int suspend(lua_State *L)
{
    (void)L;
    raise(SIGSTOP);
    return 0;
}

static int keys_suspend(lua_State *L)
{
    struct keys *k = check_open(L);
    give_back(k);
    suspend(L);
    if (in_foreground(k->event.fd))
        take(k);
    return 0;
}

static int keys_close(lua_State *L)
{
    struct keys *k = luaL_checkudata(L, 1, KEYS);
    if (k->event.fd < 0)
        return 0;
    if (k->wait.task)
        orun_wake_cancelled(&k->wait);
    give_back(k);
    if (k->watched)
        orun_event_forget(&k->event);
    close(k->event.fd);
    k->event.fd = -1;
    return 0;
}

static int keys_open(lua_State *L)
{
    int fd = check_descriptor(L);
    struct keys *k = lua_newuserdatauv(L, sizeof *k, 0);
    memset(k, 0, sizeof *k);
    k->event = (struct orun_event){.fd = -1, .ready = pressed};
    luaL_setmetatable(L, KEYS);
    if (tcgetattr(fd, &k->before) != 0)
        return orun_condition(L, errno, NULL);
    if (!in_foreground(fd))
        return orun_condition_named(L, "EBACKGROUND", NULL, "the terminal belongs to others now");
    k->event.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (k->event.fd < 0)
        return orun_condition(L, errno, NULL);
    return take(k) == 0 ? 1 : orun_condition(L, errno, NULL);
}

static const luaL_Reg methods[] = {
    {"read", keys_read}, {"suspend", keys_suspend}, {"close", keys_close}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"isatty", is_terminal},
                                     {"size", size},
                                     {"keys", keys_open},
                                     {"suspend", suspend},
                                     {NULL, NULL}};

int luaopen_host_term(lua_State *L)
{
    luaL_newmetatable(L, KEYS);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, keys_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, keys_close);
    lua_setfield(L, -2, "__close");
    luaL_newlib(L, functions);
    return 1;
}
