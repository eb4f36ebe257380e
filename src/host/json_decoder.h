/* JSON text -> values (RFC 8259). */
#ifndef ORUN_JSON_DECODER_H
#define ORUN_JSON_DECODER_H

#include <lua.h>
#include <stdbool.h>

struct json_decoder {
    lua_State *L;
    const char *start, *at, *end; /* the text ends in a NUL, as that of a Lua string does */
    const char *message;          /* set once, at the place `at` */
    bool order;                   /* maps keep the order of their keys */
    int depth, limit;             /* nesting now, and at most */
};

void json_decoder_skip_blanks(struct json_decoder *d);

/* Pushes the string whose opening quote is at d->at; false with d->message. */
bool json_decoder_string(struct json_decoder *d);

/* Pushes the value that begins at d->at or behind blanks there; false with d->message. */
bool json_decoder_value(struct json_decoder *d);

/*
 * The same without those entries of it that the table at `only` does not name: a key stands for a
 * member, "*" for every element of a list; what is there is true for the whole of it, or again such
 * a table. A value that is neither map nor list is pushed whatever the table says.
 */
bool json_decoder_part(struct json_decoder *d, int only);

/* Goes past a value, which is checked as json_decoder_value does; false with d->message. */
bool json_decoder_skip(struct json_decoder *d);

/* Pushes nil and what is wrong. */
int json_decoder_error(struct json_decoder *d);

#endif
