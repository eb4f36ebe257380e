/* host.program: facts that were fixed when the program was compiled. */
#include <lauxlib.h>
#include <lua.h>
#include <luaconf.h>

int luaopen_host_program(lua_State *L)
{
    lua_createtable(L, 0, 3);
    lua_pushliteral(L, ORUN_VERSION);
    lua_setfield(L, -2, "version");
    lua_pushliteral(L, LUA_PATH_DEFAULT);
    lua_setfield(L, -2, "system_path");
    lua_pushliteral(L, LUA_CPATH_DEFAULT);
    lua_setfield(L, -2, "system_cpath");
    return 1;
}
