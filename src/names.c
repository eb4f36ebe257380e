#include "names.h"

#include <lauxlib.h>
#include <string.h>

const struct orun_names *orun_names_option(lua_State *L, int index, const char *field)
{
    if (lua_isnoneornil(L, index))
        return NULL;
    if (lua_getfield(L, index, field) == LUA_TNIL) {
        lua_pop(L, 1);
        return NULL;
    }
    if (!lua_istable(L, -1))
        luaL_error(L, "option '%s' must be a list of names", field);
    size_t count = lua_rawlen(L, -1);
    struct orun_names *names =
        lua_newuserdatauv(L, sizeof *names + count * sizeof names->list[0], 0);
    memset(names->first, 0, sizeof names->first);
    names->count = count;
    for (size_t i = 0; i < count; i++) {
        if (lua_rawgeti(L, -2, (lua_Integer)i + 1) != LUA_TSTRING)
            luaL_error(L, "option '%s' must be a list of names", field);
        names->list[i].text = lua_tolstring(L, -1, &names->list[i].length);
        names->first[(unsigned char)names->list[i].text[0]] = true;
        lua_pop(L, 1);
    }
    lua_remove(L, -2);
    return names;
}
