/*
 * Conditions of the outside world (a file is missing, a disk is full) as Lua values, in the form
 * that every host module returns: nil, message, symbolic errno.
 */
#ifndef ORUN_CONDITION_H
#define ORUN_CONDITION_H

#include <lua.h>

/* Pushes nil, "<path>: <text of error>", "ENOENT" and returns 3; path NULL leaves out the first
 * part. */
int orun_condition(lua_State *L, int error, const char *path);

/* Same with a message and a name of one's own (printed instead of the text of an errno). */
int orun_condition_named(lua_State *L, const char *name, const char *path, const char *message);

/*
 * A path argument. One with a zero byte inside can name no file, but would name another one once C
 * has cut it: it is handed on as the empty path, which every system call refuses with ENOENT.
 */
const char *orun_check_path(lua_State *L, int index);

#endif
