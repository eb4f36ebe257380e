#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What was read last; the next file takes its place. Nothing else is loaded while one is compiled.
 */
static char *source;
static size_t source_room;

static bool reserve(size_t room)
{
    if (room <= source_room)
        return true;
    char *larger = realloc(source, room);
    if (!larger)
        return false;
    source = larger;
    source_room = room;
    return true;
}

/* Reads an open file into `source`; returns its length, or -1. */
static ssize_t read_whole(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !reserve((size_t)st.st_size + 1))
        return -1;
    size_t room = (size_t)st.st_size + 1, length = 0;
    while (length < room) {
        ssize_t got = read(fd, source + length, room - length);
        if (got < 0 && errno != EINTR)
            return -1;
        length += got > 0 ? (size_t)got : 0;
        /* Less than what was asked for is all that there is. */
        if (got == 0 || (got > 0 && length == (size_t)st.st_size))
            return (ssize_t)length;
    }
    return -1; /* it grew meanwhile */
}

/* Pushes the function that a file holds, or an error message; false when there is no such file or
 * somebody else had better say what is wrong with it. */
static bool load_file(lua_State *L, const char *path, int *status)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read_whole(fd);
    close(fd);
    if (length < 0)
        return false;
    const char *name = lua_pushfstring(L, "@%s", path);
    *status = luaL_loadbufferx(L, source, (size_t)length, name, "t");
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
