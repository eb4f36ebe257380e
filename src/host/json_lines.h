/* JSON lines that carry a checksum. */
#ifndef ORUN_JSON_LINES_H
#define ORUN_JSON_LINES_H

#include <lua.h>

/* json.records(fields) -> step, for a generic for */
int json_records(lua_State *L);

#endif
