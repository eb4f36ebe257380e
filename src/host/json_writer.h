/* Values -> canonical JSON. */
#ifndef ORUN_JSON_WRITER_H
#define ORUN_JSON_WRITER_H

#include <lua.h>

/* Levels of a value at most. */
enum { JSON_ENCODE_DEPTH = 1000 };

/* To be called once, before anything is written. */
void json_writer_open(lua_State *L);

/* json.encode(value, options) -> text */
int json_encode(lua_State *L);

/* json.sha256(value) -> hex */
int json_sha256(lua_State *L);

/* json.encodable(value) -> boolean */
int json_encodable(lua_State *L);

/* json.draft(value, options) -> draft */
int json_draft(lua_State *L);

/* The text of the draft at the index, which must have no holes any more; NULL when it is no draft.
 */
const char *json_draft_bytes(lua_State *L, int index, size_t *length);

#endif
