/* The digest of a JSON text without the blanks between its tokens. */
#ifndef ORUN_JSON_DIGEST_H
#define ORUN_JSON_DIGEST_H

#include <lua.h>

/* json.digest(text, omit) -> hex */
int json_digest(lua_State *L);

#endif
