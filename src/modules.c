#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads an open file into a userdata that it pushes; returns its length, or -1 with errno. */
static ssize_t read_whole(lua_State *L, int fd, char **bytes)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return -1;
    size_t room = (size_t)st.st_size + 1, length = 0;
    *bytes = lua_newuserdatauv(L, room, 0);
    while (length < room) {
        ssize_t got = read(fd, *bytes + length, room - length);
        if (got < 0 && errno != EINTR)
            return -1;
        if (got == 0)
            return (ssize_t)length;
        length += got > 0 ? (size_t)got : 0;
    }
    errno = EAGAIN; /* it grew meanwhile */
    return -1;
}

/* Pushes the function that a file holds, or an error message; false when there is no such file or
 * somebody else had better say what is wrong with it. */
static bool load_file(lua_State *L, const char *path, int *status)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    char *bytes = NULL;
    ssize_t length = read_whole(L, fd, &bytes);
    close(fd);
    if (length < 0)
        return false;
    const char *name = lua_pushfstring(L, "@%s", path);
    *status = luaL_loadbufferx(L, bytes, (size_t)length, name, "t");
    return true;
}

static int search(lua_State *L)
{
    static const char *const forms[] = {"%s/%s.lua", "%s/%s/init.lua"};
    const char *name = luaL_checkstring(L, 1), *folder = lua_tostring(L, lua_upvalueindex(1));
    if (strncmp(name, "orun.", 5) != 0)
        return 0;
    const char *place = luaL_gsub(L, name, ".", "/");
    for (int i = 0; i < 2; i++) {
        const char *path = lua_pushfstring(L, forms[i], folder, place);
        int status;
        if (!load_file(L, path, &status))
            continue;
        if (status != LUA_OK)
            return luaL_error(L, "error loading module '%s' from file '%s':\n\t%s", name, path,
                              lua_tostring(L, -1));
        lua_pushstring(L, path);
        return 2;
    }
    return 0;
}

void orun_modules_open(lua_State *L, const char *folder)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    int searchers = lua_gettop(L);
    for (lua_Integer i = (lua_Integer)lua_rawlen(L, searchers); i >= 2; i--) {
        lua_rawgeti(L, searchers, i);
        lua_rawseti(L, searchers, i + 1);
    }
    lua_pushstring(L, folder);
    lua_pushcclosure(L, search, 1);
    lua_rawseti(L, searchers, 2);
    lua_settop(L, searchers - 2);
}
