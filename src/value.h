/*
 * The value model: what YAML, JSON and sandbox copies agree on. Absent is nil, null is one light
 * userdata, lists carry a metatable, integers beyond 2^63-1 and timestamps are full userdata.
 */
#ifndef ORUN_VALUE_H
#define ORUN_VALUE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An instant with the zone it was written in. */
struct orun_time {
    int64_t seconds; /* since the epoch, UTC */
    int32_t nanoseconds;
    int32_t offset; /* seconds east of UTC */
};

enum orun_kind {
    ORUN_NIL,
    ORUN_NULL,
    ORUN_BOOLEAN,
    ORUN_INTEGER,
    ORUN_FLOAT,
    ORUN_STRING,
    ORUN_LIST,
    ORUN_MAP,
    ORUN_UINT64,
    ORUN_TIME,
    ORUN_OTHER
};

enum orun_kind orun_value_kind(lua_State *L, int index);

void orun_value_push_null(lua_State *L);
/* Gives the table at index the list metatable. */
void orun_value_mark_list(lua_State *L, int index);
void orun_value_push_uint64(lua_State *L, uint64_t n);
uint64_t orun_value_to_uint64(lua_State *L, int index);
void orun_value_push_time(lua_State *L, const struct orun_time *t);
const struct orun_time *orun_value_to_time(lua_State *L, int index);
/* RFC 3339 text; buffer of at least ORUN_TIME_TEXT bytes; returns the length. */
#define ORUN_TIME_TEXT 48
int orun_value_format_time(const struct orun_time *t, char *buffer);

/* Shortest round-trip digits as in plan.json (exponent below 1e-6 and from 1e21); buffer of at
 * least ORUN_FLOAT_TEXT bytes; returns the length, 0 for a number that is not finite. */
#define ORUN_FLOAT_TEXT 32
int orun_value_format_float(double n, char *buffer);

/* A string inside the Lua heap, and where on the Lua stack its value is, or 0. */
struct orun_key {
    const char *text;
    size_t length;
    int value;
};

/* A stack of keys in a userdata on the Lua stack. Whoever adds to it takes off again by setting
 * count. */
struct orun_keys {
    struct orun_key *at;
    size_t count, capacity;
    int slot;
};

/* Pushes the userdata. */
void orun_value_open_keys(lua_State *L, struct orun_keys *keys);

/*
 * Adds the keys of the map at index in encoding order and returns their number: first those of its
 * __keys order (each of them once) that are present, then the others sorted bytewise. They are good
 * as long as the map has them.
 * A key that is not a string: returns -1 with the offending key pushed.
 */
int orun_value_add_keys(lua_State *L, int index, struct orun_keys *keys);

/* The same, and leaves values on the Lua stack, those of large maps apart. Restoring its top is up
 * to the caller. */
int orun_value_add_entries(lua_State *L, int index, struct orun_keys *keys);

/* Pushes a new table of the keys that orun_value_add_keys adds; -1 likewise. */
int orun_value_push_keys(lua_State *L, int index);

#endif
