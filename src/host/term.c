/* host.term: what a descriptor is connected to. */
#include <lauxlib.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <unistd.h>

int luaopen_host_term(lua_State *L);

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

static const luaL_Reg functions[] = {{"isatty", is_terminal}, {"size", size}, {NULL, NULL}};

int luaopen_host_term(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
