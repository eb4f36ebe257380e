/* The searcher for the program's own Lua modules. */
#ifndef ORUN_MODULES_H
#define ORUN_MODULES_H

#include <lua.h>

/* Puts it before the usual searcher of Lua files, which would open every file twice: to see whether
 * it is there and to read it. What it does not find is left to that one, which says where it
 * looked. */
void orun_modules_open(lua_State *L, const char *folder);

#endif
