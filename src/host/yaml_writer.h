/* Values -> block YAML. */
#ifndef ORUN_YAML_WRITER_H
#define ORUN_YAML_WRITER_H

#include <lua.h>

/* yaml.encode(value, options) -> text */
int yaml_encode(lua_State *L);

#endif
