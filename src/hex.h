/* Bytes as hexadecimal digits. */
#ifndef ORUN_HEX_H
#define ORUN_HEX_H

#include <lua.h>
#include <stddef.h>

/* Pushes two lower-case digits for every byte. */
void orun_push_hex(lua_State *L, const unsigned char *bytes, size_t length);

#endif
