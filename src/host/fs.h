/* The parts of host.fs that have a file of their own. */
#ifndef ORUN_HOST_FS_H
#define ORUN_HOST_FS_H

#include <lua.h>

/* host.fs.appender; registers the metatable of its handles on first use. */
int orun_fs_appender(lua_State *L);

int orun_fs_remove_tree(lua_State *L);
int orun_fs_clone_tree(lua_State *L);
int orun_fs_exclusions(lua_State *L);

#endif
