#include "yaml_writer.h"

#include "utf8.h"
#include "yaml_document.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A reader finds the colon of a simple key within 1024 characters; an escape is at most six. */
enum { DEPTH = YAML_DEPTH, SIMPLE_KEY = 160 };

struct writer {
    lua_State *L;
    char *data;
    size_t length, capacity;
    int slot, indent;
};

static void put(struct writer *w, const char *text, size_t n)
{
    if (w->length + n > w->capacity) {
        size_t capacity = (w->length + n) * 2;
        char *data = lua_newuserdatauv(w->L, capacity, 0);
        memcpy(data, w->data, w->length);
        lua_replace(w->L, w->slot);
        w->data = data;
        w->capacity = capacity;
    }
    memcpy(w->data + w->length, text, n);
    w->length += n;
}

static void put_text(struct writer *w, const char *text)
{
    put(w, text, strlen(text));
}

static void put_blanks(struct writer *w, int n)
{
    while (n-- > 0)
        put(w, " ", 1);
}

/* Words that other YAML readers take for a boolean or a merge. */
static bool reads_otherwise(const char *text, size_t length)
{
    static const char *const words[] = {"y",   "Y",   "yes", "Yes", "YES", "on", "On",
                                        "ON",  "n",   "N",   "no",  "No",  "NO", "off",
                                        "Off", "OFF", "<<",  "=",   NULL};
    struct yaml_scalar s;
    yaml_resolve(text, length, &s);
    if (s.kind != ORUN_STRING)
        return true;
    for (const char *const *word = words; *word; word++) {
        if (strlen(*word) == length && memcmp(*word, text, length) == 0)
            return true;
    }
    /* Numbers of other dialects: 1:30 (base 60), 0o7, 1_0 and the like. */
    if (text[0] >= '0' && text[0] <= '9' &&
        strspn(text, "0123456789_:.xobXOBabcdefABCDEF+-") == length && memchr(text, ':', length))
        return true;
    return false;
}

/* Whether a character may stand for itself: no control, separator, byte order mark or
 * non-character. */
static bool printable(unsigned code)
{
    return code >= 0x20 && !(code >= 0x7f && code <= 0x9f) && code != 0x2028 && code != 0x2029 &&
           code != 0xfeff && code != 0xfffe && code != 0xffff;
}

/* Whether all of it is printable UTF-8, some other ASCII characters apart. */
static bool all_printable(const char *text, size_t length, const char *others)
{
    const char *end = text + length;
    while (text < end) {
        int n = orun_utf8_length(text, end);
        if (n == 0)
            return false;
        unsigned code = orun_utf8_code(text, n);
        if (!printable(code) && !(code > 0 && code < 0x80 && strchr(others, (int)code)))
            return false;
        text += n;
    }
    return true;
}

static bool plain_allowed(const char *text, size_t length)
{
    if (length == 0 || reads_otherwise(text, length) || text[0] == ' ' || text[length - 1] == ' ' ||
        text[length - 1] == ':')
        return false;
    if (strchr("!&*#?|>@`\"'%{}[],-:", text[0]) &&
        !((text[0] == '-' || text[0] == '?' || text[0] == ':') && length > 1 && text[1] != ' '))
        return false;
    if (length >= 3 && (memcmp(text, "---", 3) == 0 || memcmp(text, "...", 3) == 0))
        return false;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] == ' ' && text[i - 1] == ':') || (text[i] == '#' && text[i - 1] == ' '))
            return false;
    }
    return all_printable(text, length, "");
}

/* The first line shows a reader how far the block is indented, so it begins with a visible
 * character. */
static bool literal_allowed(const char *text, size_t length)
{
    if (!memchr(text, '\n', length) || strchr(" \t\n", text[0]))
        return false;
    for (size_t i = 1; i < length; i++) {
        if (text[i] == '\n' && (text[i - 1] == ' ' || text[i - 1] == '\t'))
            return false;
    }
    return all_printable(text, length, "\n\t");
}

static void put_quoted(struct writer *w, const char *text, size_t length)
{
    static const char plain[] = "\"\\\n\t\r", letters[] = "\"\\ntr";
    const char *end = text + length;
    put(w, "\"", 1);
    while (text < end) {
        int n = orun_utf8_length(text, end);
        unsigned code = n ? orun_utf8_code(text, n) : 0xfffd;
        const char *known = code && code < 0x80 ? strchr(plain, (int)code) : NULL;
        char escape[16];
        if (known) {
            char pair[2] = {'\\', letters[known - plain]};
            put(w, pair, 2);
        } else if (n && printable(code)) {
            put(w, text, (size_t)n);
        } else {
            put(w, escape,
                (size_t)snprintf(escape, sizeof escape, code < 0x80 ? "\\x%02x" : "\\u%04x", code));
        }
        text += n ? n : 1;
    }
    put(w, "\"", 1);
}

/* Bytes that are no text. */
static void put_binary(struct writer *w, const char *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *s = (const unsigned char *)bytes;
    put_text(w, "!!binary ");
    for (size_t i = 0; i < length; i += 3) {
        size_t have = length - i;
        unsigned bits = (unsigned)s[i] << 16 | (have > 1 ? (unsigned)s[i + 1] << 8 : 0) |
                        (have > 2 ? (unsigned)s[i + 2] : 0);
        char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                        have > 1 ? digits[bits >> 6 & 63] : '=',
                        have > 2 ? digits[bits & 63] : '='};
        put(w, four, 4);
    }
}

/* A block scalar whose lines are indented by `column`. */
static void put_literal(struct writer *w, const char *text, size_t length, int column)
{
    size_t newlines = 0;
    while (newlines < length && text[length - 1 - newlines] == '\n')
        newlines++;
    put_text(w, newlines == 0 ? "|-" : newlines == 1 ? "|" : "|+");
    const char *end = text + length;
    for (const char *line = text; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            stop = end;
        put(w, "\n", 1);
        if (stop > line) {
            put_blanks(w, column);
            put(w, line, (size_t)(stop - line));
        }
        line = stop + 1;
    }
}

static int next_indent(const struct writer *w, int column)
{
    return w->indent * ((column + w->indent) / w->indent);
}

static void put_string(struct writer *w, const char *text, size_t length, int column, bool key)
{
    if (plain_allowed(text, length))
        put(w, text, length);
    else if (!key && orun_utf8_check(text, length) < length)
        put_binary(w, text, length);
    else if (!key && literal_allowed(text, length))
        put_literal(w, text, length, next_indent(w, column));
    else
        put_quoted(w, text, length);
}

static void put_value(struct writer *w, int index, int column, bool inside_item, int depth);

static void put_scalar(struct writer *w, int index, int column)
{
    lua_State *L = w->L;
    char text[64];
    size_t length;
    int n;
    switch (orun_value_kind(L, index)) {
    case ORUN_NULL:
        put_text(w, "null");
        return;
    case ORUN_BOOLEAN:
        put_text(w, lua_toboolean(L, index) ? "true" : "false");
        return;
    case ORUN_INTEGER:
        put(w, text,
            (size_t)snprintf(text, sizeof text, "%lld", (long long)lua_tointeger(L, index)));
        return;
    case ORUN_UINT64:
        put(w, text,
            (size_t)snprintf(text, sizeof text, "%llu",
                             (unsigned long long)orun_value_to_uint64(L, index)));
        return;
    case ORUN_FLOAT:
        n = orun_value_format_float(lua_tonumber(L, index), text);
        if (n == 0)
            luaL_error(L, "cannot encode a number that is not finite as YAML");
        put(w, text, (size_t)n);
        if (!strpbrk(text, ".e"))
            put_text(w, ".0"); /* stays a float when read again */
        return;
    case ORUN_TIME:
        put(w, text, (size_t)orun_value_format_time(orun_value_to_time(L, index), text));
        return;
    case ORUN_STRING: {
        const char *s = lua_tolstring(L, index, &length);
        put_string(w, s, length, column, false);
        return;
    }
    default:
        luaL_error(L, "cannot encode a %s as YAML", luaL_typename(L, index));
    }
}

static bool is_empty(lua_State *L, int index)
{
    lua_pushnil(L);
    if (!lua_next(L, index))
        return true;
    lua_pop(L, 2);
    return false;
}

static void put_list(struct writer *w, int index, int column, bool inside_item, int depth)
{
    lua_State *L = w->L;
    lua_Integer n = (lua_Integer)lua_rawlen(L, index);
    for (lua_Integer i = 1; i <= n; i++) {
        if (i > 1 || !inside_item) {
            put(w, "\n", 1);
            put_blanks(w, column);
        }
        put_text(w, "- ");
        lua_rawgeti(L, index, i);
        put_value(w, lua_gettop(L), column + 2, true, depth + 1);
        lua_pop(L, 1);
    }
}

static void put_map(struct writer *w, int index, int column, bool inside_item, int depth)
{
    lua_State *L = w->L;
    int n = orun_value_push_keys(L, index);
    if (n < 0)
        luaL_error(L, "cannot encode a map with a key that is not a string as YAML");
    int keys = lua_gettop(L);
    for (int i = 1; i <= n; i++) {
        size_t length;
        lua_rawgeti(L, keys, i);
        const char *key = lua_tolstring(L, -1, &length);
        if (i > 1 || !inside_item) {
            if (w->length > 0)
                put(w, "\n", 1);
            put_blanks(w, column);
        }
        if (length > SIMPLE_KEY)
            put_text(w, "? ");
        put_string(w, key, length, column, true);
        if (length > SIMPLE_KEY) {
            put(w, "\n", 1);
            put_blanks(w, column);
        }
        put(w, ":", 1);
        lua_pushvalue(L, -1);
        lua_rawget(L, index);
        int child = lua_gettop(L);
        enum orun_kind kind = orun_value_kind(L, child);
        bool block = (kind == ORUN_MAP || kind == ORUN_LIST) && !is_empty(L, child);
        if (!block)
            put(w, " ", 1);
        put_value(w, child, block ? next_indent(w, column) : column, false, depth + 1);
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
}

static void put_value(struct writer *w, int index, int column, bool inside_item, int depth)
{
    lua_State *L = w->L;
    enum orun_kind kind = orun_value_kind(L, index);
    if (kind != ORUN_MAP && kind != ORUN_LIST) {
        put_scalar(w, index, inside_item ? column - 2 : column);
        return;
    }
    if (depth > DEPTH)
        luaL_error(L, "cannot encode as YAML: nested too deeply or cyclic");
    luaL_checkstack(L, 10, "YAML");
    if (is_empty(L, index))
        put_text(w, kind == ORUN_LIST ? "[]" : "{}");
    else if (kind == ORUN_LIST)
        put_list(w, index, column, inside_item, depth);
    else
        put_map(w, index, column, inside_item, depth);
}

int yaml_encode(lua_State *L)
{
    luaL_checkany(L, 1);
    struct writer w = {.L = L, .capacity = 1024, .indent = 4};
    if (lua_istable(L, 2)) {
        lua_getfield(L, 2, "indent");
        w.indent = (int)luaL_optinteger(L, -1, 4);
        luaL_argcheck(L, w.indent >= 2 && w.indent <= 9, 2, "indent must be 2 to 9");
    }
    lua_settop(L, 1);
    w.data = lua_newuserdatauv(L, w.capacity, 0);
    w.slot = lua_gettop(L);
    put_value(&w, 1, 0, w.length == 0 && orun_value_kind(L, 1) == ORUN_LIST, 0);
    put(&w, "\n", 1);
    lua_pushlstring(L, w.data, w.length);
    return 1;
}
