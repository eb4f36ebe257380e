#include "json_decoder.h"
#include "utf8.h"
#include "value.h"

#include <errno.h>
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is wanted of a value, besides the index of the table of those of its entries that are. */
enum { ALL = 0, NOTHING = -1 };

/* Members and elements that wait on the stack, so that small tables get their size at once. */
enum { PENDING = 16, STACK = 2 * PENDING + 12 };

static bool wrong(struct json_decoder *d, const char *message)
{
    if (!d->message)
        d->message = message;
    return false;
}

void json_decoder_skip_blanks(struct json_decoder *d)
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
    char bytes[4];
    size_t n = 0;
    if (code < 0x80) {
        bytes[n++] = (char)code;
    } else if (code < 0x800) {
        bytes[n++] = (char)(0xc0 | code >> 6);
        bytes[n++] = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        bytes[n++] = (char)(0xe0 | code >> 12);
        bytes[n++] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[n++] = (char)(0x80 | (code & 0x3f));
    } else {
        bytes[n++] = (char)(0xf0 | code >> 18);
        bytes[n++] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[n++] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[n++] = (char)(0x80 | (code & 0x3f));
    }
    luaL_addlstring(b, bytes, n);
}

/* The escape behind a backslash; d->at stands on the character after it. A lone surrogate becomes
 * U+FFFD. */
static bool decode_escape(struct json_decoder *d, luaL_Buffer *b)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (d->at == d->end)
        return wrong(d, "unterminated string");
    const char *known = *d->at ? strchr(from, *d->at) : NULL;
    if (known) {
        if (b)
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
    if (b)
        add_utf8(b, code);
    return true;
}

/* The end of the plain characters at s: ASCII, and neither quote nor backslash. */
static const char *plain_end(const char *s, const char *end)
{
    while (s < end && *s != '"' && *s != '\\' && (unsigned char)*s >= 0x20 &&
           (unsigned char)*s < 0x80)
        s++;
    return s;
}

/* The rest of a string from d->at on, its closing quote included; without b it is only checked. */
static bool decode_characters(struct json_decoder *d, luaL_Buffer *b)
{
    while (d->at < d->end) {
        const char *plain = plain_end(d->at, d->end);
        if (b)
            luaL_addlstring(b, d->at, (size_t)(plain - d->at));
        d->at = plain;
        if (d->at == d->end)
            break;
        unsigned char c = (unsigned char)*d->at;
        if (c == '"') {
            d->at++;
            return true;
        }
        if (c < 0x20)
            return wrong(d, "control character in a string");
        if (c == '\\') {
            d->at++;
            if (!decode_escape(d, b))
                return false;
            continue;
        }
        int n = orun_utf8_length(d->at, d->end);
        if (n == 0)
            return wrong(d, "invalid UTF-8 in a string");
        if (b)
            luaL_addlstring(b, d->at, (size_t)n);
        d->at += n;
    }
    return wrong(d, "unterminated string");
}

bool json_decoder_string(struct json_decoder *d)
{
    const char *s = plain_end(++d->at, d->end);
    if (s < d->end && *s == '"') {
        lua_pushlstring(d->L, d->at, (size_t)(s - d->at));
        d->at = s + 1;
        return true;
    }
    luaL_Buffer b;
    luaL_buffinit(d->L, &b);
    if (!decode_characters(d, &b))
        return false;
    luaL_pushresult(&b);
    return true;
}

static bool skip_string(struct json_decoder *d)
{
    d->at++;
    return decode_characters(d, NULL);
}

static bool is_digit(const struct json_decoder *d)
{
    return d->at < d->end && *d->at >= '0' && *d->at <= '9';
}

/* Pushes a number of few digits and nothing else, as nearly all are; false leaves d->at alone. */
static bool decode_short_number(struct json_decoder *d)
{
    enum { DIGITS = 18 };
    lua_Integer n = 0;
    const char *p = d->at;
    while (p < d->end && *p >= '0' && *p <= '9' && p - d->at < DIGITS)
        n = n * 10 + (*p++ - '0');
    if (p == d->at || (*d->at == '0' && p - d->at > 1))
        return false;
    if (p < d->end && (*p == '.' || *p == 'e' || *p == 'E' || (*p >= '0' && *p <= '9')))
        return false;
    lua_pushinteger(d->L, n);
    d->at = p;
    return true;
}

static bool decode_number(struct json_decoder *d)
{
    if (decode_short_number(d))
        return true;
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

static bool decode(struct json_decoder *d, int only);

/* What is wanted of an element or, by the key on the top of the stack, of a member; a table that
 * says so is left on the stack. */
static int wanted_below(lua_State *L, int only)
{
    lua_rawget(L, only);
    if (lua_istable(L, -1))
        return lua_gettop(L);
    bool all = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return all ? ALL : NOTHING;
}

/* What stands behind an entry: 1 a comma, 0 the closing bracket, -1 neither. */
static int more(struct json_decoder *d, char close, const char *unterminated, const char *expected)
{
    json_decoder_skip_blanks(d);
    if (d->at == d->end || (*d->at != ',' && *d->at != close)) {
        wrong(d, d->at == d->end ? unterminated : expected);
        return -1;
    }
    return *d->at++ == ',';
}

static bool is_empty(struct json_decoder *d, char close)
{
    d->at++;
    json_decoder_skip_blanks(d);
    if (d->at == d->end || *d->at != close)
        return false;
    d->at++;
    return true;
}

static bool skip_list(struct json_decoder *d)
{
    if (is_empty(d, ']'))
        return true;
    for (;;) {
        if (!decode(d, NOTHING))
            return false;
        int next = more(d, ']', "unterminated list", "expected , or ] in a list");
        if (next <= 0)
            return next == 0;
    }
}

/* Moves the elements on the top of the stack into the list at the slot, where there is nil before
 * the first of them. */
static void settle_list(lua_State *L, int slot, lua_Integer count, int pending, bool is_long)
{
    if (lua_isnil(L, slot)) {
        lua_createtable(L, is_long ? 2 * PENDING : pending, 0);
        orun_value_mark_list(L, -1);
        lua_replace(L, slot);
    }
    for (; pending > 0; pending--, count--)
        lua_rawseti(L, slot, count);
}

static bool decode_list(struct json_decoder *d, int only)
{
    lua_State *L = d->L;
    lua_pushnil(L);
    int slot = lua_gettop(L), pending = 0, elements = ALL;
    lua_Integer count = 0;
    if (only != ALL) {
        lua_pushliteral(L, "*");
        elements = wanted_below(L, only);
    }
    for (int next = !is_empty(d, ']'); next;) {
        if (!decode(d, elements))
            return false;
        if (elements != NOTHING) {
            count++;
            if (++pending == PENDING) {
                settle_list(L, slot, count, pending, true);
                pending = 0;
            }
        }
        next = more(d, ']', "unterminated list", "expected , or ] in a list");
        if (next < 0)
            return false;
    }
    settle_list(L, slot, count, pending, false);
    lua_settop(L, slot);
    return true;
}

static bool begin_member(struct json_decoder *d)
{
    json_decoder_skip_blanks(d);
    if (d->at < d->end && *d->at == '"')
        return true;
    return wrong(d, d->at == d->end ? "unterminated object" : "expected a key in quotes");
}

static bool end_key(struct json_decoder *d)
{
    if (d->at < d->end && *d->at != ':')
        json_decoder_skip_blanks(d);
    if (d->at == d->end || *d->at != ':')
        return wrong(d, "expected : after a key");
    d->at++;
    return true;
}

static int more_members(struct json_decoder *d)
{
    return more(d, '}', "unterminated object", "expected , or } in an object");
}

static bool skip_map(struct json_decoder *d)
{
    if (is_empty(d, '}'))
        return true;
    for (;;) {
        if (!begin_member(d) || !skip_string(d) || !end_key(d) || !decode(d, NOTHING))
            return false;
        int next = more_members(d);
        if (next <= 0)
            return next == 0;
    }
}

/* Moves the members on the top of the stack, keys and values by turns, into the map at the slot,
 * where there is nil before the first of them. Of a key that comes twice the later one stays. */
static void settle_map(lua_State *L, int slot, int pending, bool is_large)
{
    if (lua_isnil(L, slot)) {
        lua_createtable(L, 0, is_large ? 2 * PENDING : pending);
        lua_replace(L, slot);
    }
    int first = lua_gettop(L) - 2 * pending + 1;
    for (int i = first; i < first + 2 * pending; i += 2) {
        lua_pushvalue(L, i);
        lua_pushvalue(L, i + 1);
        lua_rawset(L, slot);
    }
    lua_settop(L, first - 1);
}

/* Adds the key of the pending member to the list at `keys`, unless it is there. */
static void note_key(lua_State *L, int slot, int keys)
{
    lua_pushvalue(L, -2);
    if (lua_rawget(L, slot) == LUA_TNIL) {
        lua_pushvalue(L, -3);
        lua_rawseti(L, keys, (lua_Integer)lua_rawlen(L, keys) + 1);
    }
    lua_pop(L, 1);
}

/* Gives the map at the slot the order of the key list on the top of the stack, and pops the list.
 */
static void attach_order(lua_State *L, int slot)
{
    lua_createtable(L, 0, 1);
    lua_insert(L, -2);
    lua_setfield(L, -2, "__keys");
    lua_setmetatable(L, slot);
}

/* Pushes key and value of a member, or goes past it. */
static bool decode_member(struct json_decoder *d, int only, bool *wanted)
{
    lua_State *L = d->L;
    if (!begin_member(d) || !json_decoder_string(d) || !end_key(d))
        return false;
    int of_value = ALL;
    if (only != ALL) {
        lua_pushvalue(L, -1);
        of_value = wanted_below(L, only);
    }
    *wanted = of_value != NOTHING;
    if (!decode(d, of_value))
        return false;
    if (of_value > 0)
        lua_remove(L, of_value);
    if (!*wanted)
        lua_pop(L, 1);
    return true;
}

static bool decode_map(struct json_decoder *d, int only)
{
    lua_State *L = d->L;
    lua_pushnil(L);
    int slot = lua_gettop(L), pending = 0;
    if (d->order) {
        settle_map(L, slot, 0, false);
        lua_newtable(L);
    }
    for (int next = !is_empty(d, '}'); next;) {
        bool wanted;
        if (!decode_member(d, only, &wanted))
            return false;
        if (wanted && d->order)
            note_key(L, slot, slot + 1);
        if (wanted && (++pending == PENDING || d->order)) {
            settle_map(L, slot, pending, true);
            pending = 0;
        }
        if ((next = more_members(d)) < 0)
            return false;
    }
    settle_map(L, slot, pending, false);
    if (d->order)
        attach_order(L, slot);
    return true;
}

static bool decode_word(struct json_decoder *d, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(d->end - d->at) < n || memcmp(d->at, word, n) != 0)
        return wrong(d, "unknown word");
    d->at += n;
    return true;
}

static bool decode_collection(struct json_decoder *d, int only)
{
    bool is_map = *d->at == '{';
    if (d->depth == d->limit)
        return wrong(d, "nested too deeply");
    luaL_checkstack(d->L, STACK, "JSON");
    d->depth++;
    bool ok = only == NOTHING ? (is_map ? skip_map(d) : skip_list(d))
                              : (is_map ? decode_map(d, only) : decode_list(d, only));
    d->depth--;
    return ok;
}

static bool decode_scalar(struct json_decoder *d)
{
    char c = *d->at;
    if (c == '"')
        return json_decoder_string(d);
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

static bool decode(struct json_decoder *d, int only)
{
    json_decoder_skip_blanks(d);
    if (d->at == d->end)
        return wrong(d, "unexpected end");
    if (*d->at == '{' || *d->at == '[')
        return decode_collection(d, only);
    if (only != NOTHING)
        return decode_scalar(d);
    if (*d->at == '"')
        return skip_string(d);
    if (!decode_scalar(d))
        return false;
    lua_pop(d->L, 1);
    return true;
}

bool json_decoder_value(struct json_decoder *d)
{
    return decode(d, ALL);
}

bool json_decoder_part(struct json_decoder *d, int only)
{
    return decode(d, only);
}

bool json_decoder_skip(struct json_decoder *d)
{
    return decode(d, NOTHING);
}

int json_decoder_error(struct json_decoder *d)
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
