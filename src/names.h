/* A set of base names from a Lua list of strings. */
#ifndef ORUN_NAMES_H
#define ORUN_NAMES_H

#include "tree.h"

#include <lua.h>

/*
 * Reads options.<field> of the table at index; NULL when it is absent. The set lives in a userdata
 * that is pushed, and points into the strings of the list, which must stay reachable.
 */
const struct orun_names *orun_names_option(lua_State *L, int index, const char *field);

#endif
