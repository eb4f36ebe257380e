/* host.json: RFC 8259, and the canonical text in which plans are stored and hashed. */
#include "json_writer.h"
#include "utf8.h"
#include "value.h"

#include <errno.h>
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A decoder may be asked for less or more than this, but never for more than can be encoded. */
enum { DECODE_DEPTH = 512 };

struct decoder {
    lua_State *L;
    const char *start, *at, *end;
    const char *message; /* set once, at the place `at` */
    bool order;
    int depth, limit;
};

static bool wrong(struct decoder *d, const char *message)
{
    if (!d->message)
        d->message = message;
    return false;
}

static void skip_blanks(struct decoder *d)
{
    while (d->at < d->end && (*d->at == ' ' || *d->at == '\t' || *d->at == '\n' || *d->at == '\r'))
        d->at++;
}

static bool hex4(const char *s, const char *end, unsigned *code)
{
    if (end - s < 4)
        return false;
    *code = 0;
    for (int i = 0; i < 4; i++) {
        char c = s[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return false;
        *code = *code * 16 + digit;
    }
    return true;
}

static void add_utf8(luaL_Buffer *b, unsigned code)
{
    if (code < 0x80) {
        luaL_addchar(b, (char)code);
    } else if (code < 0x800) {
        luaL_addchar(b, (char)(0xc0 | code >> 6));
        luaL_addchar(b, (char)(0x80 | (code & 0x3f)));
    } else if (code < 0x10000) {
        luaL_addchar(b, (char)(0xe0 | code >> 12));
        luaL_addchar(b, (char)(0x80 | (code >> 6 & 0x3f)));
        luaL_addchar(b, (char)(0x80 | (code & 0x3f)));
    } else {
        luaL_addchar(b, (char)(0xf0 | code >> 18));
        luaL_addchar(b, (char)(0x80 | (code >> 12 & 0x3f)));
        luaL_addchar(b, (char)(0x80 | (code >> 6 & 0x3f)));
        luaL_addchar(b, (char)(0x80 | (code & 0x3f)));
    }
}

/* The escape behind a backslash; d->at stands on the character after it. A lone surrogate becomes
 * U+FFFD. */
static bool decode_escape(struct decoder *d, luaL_Buffer *b)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (d->at == d->end)
        return wrong(d, "unterminated string");
    const char *known = *d->at ? strchr(from, *d->at) : NULL;
    if (known) {
        luaL_addchar(b, to[known - from]);
        d->at++;
        return true;
    }
    unsigned code, low;
    if (*d->at != 'u' || !hex4(d->at + 1, d->end, &code))
        return wrong(d, "malformed escape in a string");
    d->at += 5;
    if (code >= 0xd800 && code <= 0xdbff && d->end - d->at >= 6 && d->at[0] == '\\' &&
        d->at[1] == 'u' && hex4(d->at + 2, d->end, &low) && low >= 0xdc00 && low <= 0xdfff) {
        d->at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xd800 && code <= 0xdfff) {
        code = 0xfffd;
    }
    add_utf8(b, code);
    return true;
}

/* Pushes the string whose opening quote is at d->at. */
static bool decode_string(struct decoder *d)
{
    const char *s = ++d->at;
    while (s < d->end && *s != '"' && *s != '\\' && (unsigned char)*s >= 0x20 &&
           (unsigned char)*s < 0x80)
        s++;
    if (s < d->end && *s == '"') {
        lua_pushlstring(d->L, d->at, (size_t)(s - d->at));
        d->at = s + 1;
        return true;
    }
    luaL_Buffer b;
    luaL_buffinit(d->L, &b);
    while (d->at < d->end) {
        unsigned char c = (unsigned char)*d->at;
        if (c == '"') {
            d->at++;
            luaL_pushresult(&b);
            return true;
        }
        if (c < 0x20)
            return wrong(d, "control character in a string");
        if (c == '\\') {
            d->at++;
            if (!decode_escape(d, &b))
                return false;
        } else if (c < 0x80) {
            luaL_addchar(&b, (char)c);
            d->at++;
        } else {
            int n = orun_utf8_length(d->at, d->end);
            if (n == 0)
                return wrong(d, "invalid UTF-8 in a string");
            luaL_addlstring(&b, d->at, (size_t)n);
            d->at += n;
        }
    }
    return wrong(d, "unterminated string");
}

static bool is_digit(const struct decoder *d)
{
    return d->at < d->end && *d->at >= '0' && *d->at <= '9';
}

static bool decode_number(struct decoder *d)
{
    const char *start = d->at;
    bool integer = true;
    if (*d->at == '-')
        d->at++;
    if (!is_digit(d))
        return wrong(d, "malformed number");
    if (*d->at == '0') {
        d->at++;
        if (is_digit(d))
            return wrong(d, "a number may not begin with 0");
    } else {
        while (is_digit(d))
            d->at++;
    }
    if (d->at < d->end && *d->at == '.') {
        integer = false;
        d->at++;
        if (!is_digit(d))
            return wrong(d, "malformed number");
        while (is_digit(d))
            d->at++;
    }
    if (d->at < d->end && (*d->at == 'e' || *d->at == 'E')) {
        integer = false;
        d->at++;
        if (d->at < d->end && (*d->at == '+' || *d->at == '-'))
            d->at++;
        if (!is_digit(d))
            return wrong(d, "malformed number");
        while (is_digit(d))
            d->at++;
    }
    /* The text is NUL-terminated as a Lua string, and a number ends at a character strtoull does
     * not take. */
    if (integer) {
        errno = 0;
        if (*start == '-') {
            long long n = strtoll(start, NULL, 10);
            if (!errno && (n != 0 || start[1] != '0')) {
                lua_pushinteger(d->L, n);
                return true;
            }
        } else {
            unsigned long long n = strtoull(start, NULL, 10);
            if (!errno) {
                orun_value_push_uint64(d->L, n);
                return true;
            }
        }
    }
    double n = strtod(start, NULL);
    if (!isfinite(n)) {
        d->at = start;
        return wrong(d, "number out of range");
    }
    lua_pushnumber(d->L, n);
    return true;
}

static bool decode_value(struct decoder *d);

static bool decode_list(struct decoder *d)
{
    lua_State *L = d->L;
    lua_newtable(L);
    orun_value_mark_list(L, -1);
    d->at++;
    skip_blanks(d);
    if (d->at < d->end && *d->at == ']') {
        d->at++;
        return true;
    }
    for (lua_Integer i = 1;; i++) {
        if (!decode_value(d))
            return false;
        lua_rawseti(L, -2, i);
        skip_blanks(d);
        if (d->at == d->end)
            return wrong(d, "unterminated list");
        char c = *d->at;
        if (c != ',' && c != ']')
            return wrong(d, "expected , or ] in a list");
        d->at++;
        if (c == ']')
            return true;
    }
}

/* Gives the map below the key list on the top of the stack its order, and pops the list. */
static void attach_order(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_insert(L, -2);
    lua_setfield(L, -2, "__keys");
    lua_setmetatable(L, -2);
}

static bool decode_map(struct decoder *d)
{
    lua_State *L = d->L;
    lua_newtable(L);
    int map = lua_gettop(L);
    lua_Integer count = 0;
    if (d->order)
        lua_newtable(L);
    d->at++;
    skip_blanks(d);
    bool empty = d->at < d->end && *d->at == '}';
    if (empty)
        d->at++;
    while (!empty) {
        skip_blanks(d);
        if (d->at == d->end || *d->at != '"')
            return wrong(d, d->at == d->end ? "unterminated object" : "expected a key in quotes");
        if (!decode_string(d))
            return false;
        skip_blanks(d);
        if (d->at == d->end || *d->at != ':')
            return wrong(d, "expected : after a key");
        d->at++;
        if (d->order) {
            lua_pushvalue(L, -1);
            if (lua_rawget(L, map) == LUA_TNIL) {
                lua_pushvalue(L, -2);
                lua_rawseti(L, map + 1, ++count);
            }
            lua_pop(L, 1);
        }
        if (!decode_value(d))
            return false;
        lua_rawset(L, map);
        skip_blanks(d);
        if (d->at == d->end)
            return wrong(d, "unterminated object");
        char c = *d->at;
        if (c != ',' && c != '}')
            return wrong(d, "expected , or } in an object");
        d->at++;
        if (c == '}')
            break;
    }
    if (d->order)
        attach_order(L);
    return true;
}

static bool decode_word(struct decoder *d, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(d->end - d->at) < n || memcmp(d->at, word, n) != 0)
        return wrong(d, "unknown word");
    d->at += n;
    return true;
}

static bool decode_value(struct decoder *d)
{
    skip_blanks(d);
    if (d->at == d->end)
        return wrong(d, "unexpected end");
    char c = *d->at;
    if (c == '{' || c == '[') {
        if (d->depth == d->limit)
            return wrong(d, "nested too deeply");
        luaL_checkstack(d->L, 8, "JSON");
        d->depth++;
        bool ok = c == '{' ? decode_map(d) : decode_list(d);
        d->depth--;
        return ok;
    }
    if (c == '"')
        return decode_string(d);
    if (c == '-' || (c >= '0' && c <= '9'))
        return decode_number(d);
    if (c == 't' || c == 'f') {
        lua_pushboolean(d->L, c == 't');
        return decode_word(d, c == 't' ? "true" : "false");
    }
    if (c == 'n') {
        orun_value_push_null(d->L);
        return decode_word(d, "null");
    }
    return wrong(d, "expected a value");
}

static int push_error(struct decoder *d)
{
    lua_State *L = d->L;
    lua_Integer line = 1, column = 1;
    for (const char *p = d->start; p < d->at; p++) {
        if (*p == '\n')
            line++, column = 1;
        else if (((unsigned char)*p & 0xc0) != 0x80)
            column++;
    }
    lua_pushnil(L);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, d->message);
    lua_setfield(L, -2, "message");
    lua_pushinteger(L, line);
    lua_setfield(L, -2, "line");
    lua_pushinteger(L, column);
    lua_setfield(L, -2, "column");
    return 2;
}

static int decode(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    struct decoder d = {
        .L = L, .start = text, .at = text, .end = text + length, .limit = DECODE_DEPTH};
    if (lua_istable(L, 2)) {
        lua_getfield(L, 2, "order");
        d.order = lua_toboolean(L, -1);
        lua_getfield(L, 2, "depth");
        lua_Integer limit = luaL_optinteger(L, -1, DECODE_DEPTH);
        luaL_argcheck(L, limit >= 0 && limit <= JSON_ENCODE_DEPTH, 2, "depth must be 0 to 1000");
        d.limit = (int)limit;
        lua_pop(L, 2);
    }
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        d.start = d.at += 3;
    if (decode_value(&d)) {
        skip_blanks(&d);
        if (d.at == d.end)
            return 1;
        wrong(&d, "more after the value");
    }
    return push_error(&d);
}

int luaopen_host_json(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"encode", json_encode}, {"sha256", json_sha256}, {"encodable", json_encodable},
        {"draft", json_draft},   {"decode", decode},      {NULL, NULL}};
    json_writer_open(L);
    luaL_newlib(L, functions);
    return 1;
}
