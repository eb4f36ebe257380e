/* argv -> runtime -> lua/orun/main.lua -> exit code */
#include "runtime.h"
#include "task.h"

#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* The state is left to the system at exit: freeing a large heap costs more than all that a small
 * command does. */
static int leave(lua_State *L, int code)
{
    fflush(NULL);
#ifdef __SANITIZE_ADDRESS__
    lua_close(L);
#else
    (void)L;
#endif
    return code;
}

int main(int argc, char **argv)
{
    /* A reader that went away and a file that may not grow are conditions of a write, not the end.
     */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    lua_State *L = orun_runtime_open();
    if (!L) {
        fprintf(stderr, "error: orun cannot start\n");
        return 1;
    }
    lua_getglobal(L, "require");
    lua_pushliteral(L, "orun.main");
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
        fprintf(stderr, "error: %s\n", luaL_tolstring(L, -1, NULL));
        return leave(L, 1);
    }
    luaL_checkstack(L, argc, "arguments");
    for (int i = 1; i < argc; i++)
        lua_pushstring(L, argv[i]);
    if (orun_task_run(L, argc > 1 ? argc - 1 : 0) != LUA_OK) {
        fprintf(stderr, "error: %s\n", luaL_tolstring(L, -1, NULL));
        return leave(L, 1);
    }
    return leave(L, (int)lua_tointeger(L, -1));
}
