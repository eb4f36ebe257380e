#include "loop.h"

#include "runtime.h"

int orun_loop_run(lua_State *L, int nargs)
{
    int function = lua_gettop(L) - nargs;
    lua_pushcfunction(L, orun_runtime_traceback);
    lua_insert(L, function);
    return lua_pcall(L, nargs, 1, function);
}
