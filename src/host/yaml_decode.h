/* Nodes -> values by a plan. */
#ifndef ORUN_YAML_DECODE_H
#define ORUN_YAML_DECODE_H

#include "yaml_document.h"

#include <lua.h>

/* Pushes the table of kinds of plans by name. */
void yaml_push_plans(lua_State *L);

/* The document is at index 1, the plan at `plan`, the metatable of places at `place`. Pushes the
 * value and returns true, or returns false when something about the node is not as planned. */
bool yaml_decode(lua_State *L, struct yaml_document *d, int id, int plan, int place);

#endif
