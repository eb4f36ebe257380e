/* host.json: RFC 8259, and the canonical text in which plans are stored and hashed. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "utf8.h"
#include "value.h"

#include <errno.h>
#include <lauxlib.h>
#include <math.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A decoder may be asked for less or more than its usual limit, but never for more than can be
 * encoded. */
enum { ENCODE_DEPTH = 1000, DECODE_DEPTH = 512 };

/* ---- encoder ----------------------------------------------------------------------------------
 */

/* What a userdata on the Lua stack owns, so that an error frees it. */
struct memory {
    char *data;
};

#define MEMORY "host.json.memory"

/* A growing buffer. With a digest, full blocks go into it instead. */
struct buffer {
    lua_State *L;
    struct memory *memory;
    char *data;
    size_t length, capacity;
    SHA256_CTX *digest;
};

enum { FIRST = 4096, BLOCK = 64 * 1024 };

static int memory_free(lua_State *L)
{
    struct memory *m = lua_touserdata(L, 1);
    free(m->data);
    m->data = NULL;
    return 0;
}

static void buffer_resize(struct buffer *b, size_t capacity)
{
    char *data = realloc(b->memory->data, capacity);
    if (!data)
        luaL_error(b->L, "not enough memory");
    b->data = b->memory->data = data;
    b->capacity = capacity;
}

/* Pushes the userdata. */
static void buffer_open(struct buffer *b, lua_State *L, SHA256_CTX *digest)
{
    *b = (struct buffer){.L = L, .digest = digest};
    b->memory = lua_newuserdatauv(L, sizeof *b->memory, 0);
    b->memory->data = NULL;
    luaL_setmetatable(L, MEMORY);
    buffer_resize(b, digest ? BLOCK : FIRST);
}

static void buffer_reserve(struct buffer *b, size_t more)
{
    if (b->digest) {
        SHA256_Update(b->digest, b->data, b->length);
        b->length = 0;
    }
    size_t capacity = b->capacity;
    while (capacity < b->length + more)
        capacity += capacity / 2;
    if (capacity > b->capacity)
        buffer_resize(b, capacity);
}

static inline void put(struct buffer *b, const char *text, size_t n)
{
    if (b->length + n > b->capacity)
        buffer_reserve(b, n);
    memcpy(b->data + b->length, text, n);
    b->length += n;
}

static inline void put_char(struct buffer *b, char c)
{
    if (b->length == b->capacity)
        buffer_reserve(b, 1);
    b->data[b->length++] = c;
}

struct encoder {
    struct buffer out;
    struct orun_keys keys;
    int indent;
    bool html;
    /* The way from the root to the value at hand, for messages: keys are strings, indices have text
     * NULL. */
    struct {
        const char *text;
        lua_Integer index;
    } path[ENCODE_DEPTH + 1];
    int depth;
};

static int fail(struct encoder *e, const char *what)
{
    lua_State *L = e->out.L;
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 0; i < e->depth && i < 32; i++) {
        if (e->path[i].text) {
            if (i > 0)
                luaL_addchar(&b, '.');
            luaL_addstring(&b, e->path[i].text);
        } else {
            lua_pushfstring(L, "[%I]", (LUAI_UACINT)e->path[i].index);
            luaL_addvalue(&b);
        }
    }
    luaL_pushresult(&b);
    const char *path = lua_tostring(L, -1);
    return luaL_error(L, "cannot encode %s as JSON: %s", *path ? path : "the value", what);
}

static void put_escape(struct buffer *b, unsigned code)
{
    char text[8];
    snprintf(text, sizeof text, "\\u%04x", code & 0xffff);
    put(b, text, 6);
}

/* Writes the byte or sequence at s that cannot stand for itself; returns how many bytes it was. */
static int put_special(struct encoder *e, const unsigned char *s, const unsigned char *end)
{
    struct buffer *b = &e->out;
    switch (*s) {
    case '"':
        put(b, "\\\"", 2);
        return 1;
    case '\\':
        put(b, "\\\\", 2);
        return 1;
    case '\b':
        put(b, "\\b", 2);
        return 1;
    case '\f':
        put(b, "\\f", 2);
        return 1;
    case '\n':
        put(b, "\\n", 2);
        return 1;
    case '\r':
        put(b, "\\r", 2);
        return 1;
    case '\t':
        put(b, "\\t", 2);
        return 1;
    default:
        break;
    }
    if (*s < 0x80) {
        put_escape(b, *s);
        return 1;
    }
    int n = orun_utf8_length((const char *)s, (const char *)end);
    if (n == 0) {
        put(b, "\\ufffd", 6);
        return 1;
    }
    if (n == 3 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9))
        put_escape(b, s[2] == 0xa8 ? 0x2028 : 0x2029);
    else
        put(b, (const char *)s, (size_t)n);
    return n;
}

/* Which bytes cannot stand for themselves: always, and when markup is escaped too. */
enum { SPECIAL = 1, MARKUP = 2 };
static unsigned char classes[256];

static void fill_classes(void)
{
    for (int c = 0; c < 256; c++)
        classes[c] = c < 0x20 || c == '"' || c == '\\' || c >= 0x80 ? SPECIAL : 0;
    classes['<'] = classes['>'] = classes['&'] = MARKUP;
}

static void put_string(struct encoder *e, const char *text, size_t length)
{
    const unsigned char *s = (const unsigned char *)text, *end = s + length, *plain = s;
    put_char(&e->out, '"');
    unsigned char stop = e->html ? SPECIAL | MARKUP : SPECIAL;
    while (s < end) {
        if (!(classes[*s] & stop)) {
            s++;
            continue;
        }
        put(&e->out, (const char *)plain, (size_t)(s - plain));
        s += put_special(e, s, end);
        plain = s;
    }
    put(&e->out, (const char *)plain, (size_t)(s - plain));
    put_char(&e->out, '"');
}

static void put_break(struct encoder *e)
{
    if (e->indent == 0)
        return;
    size_t blanks = (size_t)(e->depth * e->indent);
    if (e->out.length + blanks + 1 > e->out.capacity)
        buffer_reserve(&e->out, blanks + 1);
    char *to = e->out.data + e->out.length;
    *to = '\n';
    memset(to + 1, ' ', blanks);
    e->out.length += blanks + 1;
}

static void put_value(struct encoder *e, int index);

static void put_list(struct encoder *e, int index)
{
    lua_State *L = e->out.L;
    lua_Integer n = (lua_Integer)lua_rawlen(L, index);
    if (n == 0) {
        put(&e->out, "[]", 2);
        return;
    }
    put_char(&e->out, '[');
    e->depth++;
    for (lua_Integer i = 1; i <= n; i++) {
        e->path[e->depth - 1].text = NULL;
        e->path[e->depth - 1].index = i;
        if (i > 1)
            put_char(&e->out, ',');
        put_break(e);
        lua_rawgeti(L, index, i);
        put_value(e, lua_gettop(L));
        lua_pop(L, 1);
    }
    e->depth--;
    put_break(e);
    put_char(&e->out, ']');
}

static void put_map(struct encoder *e, int index)
{
    lua_State *L = e->out.L;
    size_t first = e->keys.count;
    int n = orun_value_add_keys(L, index, &e->keys);
    if (n < 0)
        fail(e, lua_type(L, -1) == LUA_TNUMBER
                    ? "a map with a number as key (a list must be made with value.list)"
                    : "a map with a key that is not a string");
    if (n == 0) {
        put(&e->out, "{}", 2);
        return;
    }
    put_char(&e->out, '{');
    e->depth++;
    for (size_t i = first; i < first + (size_t)n; i++) {
        struct orun_key key = e->keys.at[i];
        e->path[e->depth - 1].text = key.text;
        if (i > first)
            put_char(&e->out, ',');
        put_break(e);
        put_string(e, key.text, key.length);
        put(&e->out, ": ", e->indent ? 2 : 1);
        lua_pushlstring(L, key.text, key.length);
        lua_rawget(L, index);
        put_value(e, lua_gettop(L));
        lua_pop(L, 1);
    }
    e->keys.count = first;
    e->depth--;
    put_break(e);
    put_char(&e->out, '}');
}

static void put_value(struct encoder *e, int index)
{
    lua_State *L = e->out.L;
    char text[64];
    size_t length;
    enum orun_kind kind = orun_value_kind(L, index);
    switch (kind) {
    case ORUN_NULL:
        put(&e->out, "null", 4);
        return;
    case ORUN_BOOLEAN:
        if (lua_toboolean(L, index))
            put(&e->out, "true", 4);
        else
            put(&e->out, "false", 5);
        return;
    case ORUN_INTEGER:
        put(&e->out, text,
            (size_t)snprintf(text, sizeof text, "%lld", (long long)lua_tointeger(L, index)));
        return;
    case ORUN_FLOAT:
        length = (size_t)orun_value_format_float(lua_tonumber(L, index), text);
        if (length == 0)
            fail(e, "a number that is not finite");
        put(&e->out, text, length);
        return;
    case ORUN_UINT64:
        put(&e->out, text,
            (size_t)snprintf(text, sizeof text, "%llu",
                             (unsigned long long)orun_value_to_uint64(L, index)));
        return;
    case ORUN_TIME:
        length = (size_t)orun_value_format_time(orun_value_to_time(L, index), text);
        put_string(e, text, length);
        return;
    case ORUN_STRING: {
        const char *s = lua_tolstring(L, index, &length);
        put_string(e, s, length);
        return;
    }
    case ORUN_LIST:
    case ORUN_MAP:
        if (e->depth >= ENCODE_DEPTH)
            fail(e, "nested too deeply or cyclic");
        luaL_checkstack(L, 8, "JSON");
        if (kind == ORUN_LIST)
            put_list(e, index);
        else
            put_map(e, index);
        return;
    default:
        fail(e, lua_pushfstring(L, "a %s", luaL_typename(L, index)));
    }
}

static void encoder_open(struct encoder *e, lua_State *L, SHA256_CTX *digest)
{
    e->indent = 0;
    e->html = true;
    e->depth = 0;
    orun_value_open_keys(L, &e->keys);
    buffer_open(&e->out, L, digest);
}

static void encoder_close(struct encoder *e)
{
    free(e->out.memory->data);
    e->out.memory->data = NULL;
}

static int encode(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 2);
    struct encoder e;
    encoder_open(&e, L, NULL);
    if (lua_istable(L, 2)) {
        lua_getfield(L, 2, "indent");
        lua_Integer indent = luaL_optinteger(L, -1, 0);
        luaL_argcheck(L, indent >= 0 && indent <= 16, 2, "indent must be 0 to 16");
        e.indent = (int)indent;
        lua_getfield(L, 2, "html");
        e.html = lua_isnil(L, -1) || lua_toboolean(L, -1);
        lua_pop(L, 2);
    }
    put_value(&e, 1);
    lua_pushlstring(L, e.out.data, e.out.length);
    encoder_close(&e);
    return 1;
}

/* The digest of the compact text, which is never there as a whole. */
static int sha256(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    SHA256_CTX digest;
    SHA256_Init(&digest);
    struct encoder e;
    encoder_open(&e, L, &digest);
    put_value(&e, 1);
    SHA256_Update(&digest, e.out.data, e.out.length);
    encoder_close(&e);
    unsigned char bytes[SHA256_DIGEST_LENGTH];
    SHA256_Final(bytes, &digest);
    char text[2 * SHA256_DIGEST_LENGTH + 1];
    for (int i = 0; i < SHA256_DIGEST_LENGTH; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    lua_pushlstring(L, text, 2 * SHA256_DIGEST_LENGTH);
    return 1;
}

/* ---- decoder ----------------------------------------------------------------------------------
 */

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
        luaL_argcheck(L, limit >= 0 && limit <= ENCODE_DEPTH, 2, "depth must be 0 to 1000");
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
        {"encode", encode}, {"sha256", sha256}, {"decode", decode}, {NULL, NULL}};
    fill_classes();
    luaL_newmetatable(L, MEMORY);
    lua_pushcfunction(L, memory_free);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
