/* The encoder of host.json. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "json_writer.h"
#include "hex.h"
#include "utf8.h"
#include "value.h"

#include <lauxlib.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void memory_release(struct memory *m)
{
    free(m->data);
    m->data = NULL;
}

static int memory_collect(lua_State *L)
{
    memory_release(lua_touserdata(L, 1));
    return 0;
}

/* Pushes the userdata. */
static struct memory *push_memory(lua_State *L)
{
    struct memory *m = lua_newuserdatauv(L, sizeof *m, 0);
    m->data = NULL;
    luaL_setmetatable(L, MEMORY);
    return m;
}

static void buffer_resize(struct buffer *b, size_t capacity)
{
    char *data = realloc(b->memory->data, capacity);
    if (!data)
        luaL_error(b->L, "not enough memory");
    b->data = b->memory->data = data;
    b->capacity = capacity;
}

/* The memory must be held by the Lua stack. */
static void buffer_open(struct buffer *b, lua_State *L, struct memory *memory, SHA256_CTX *digest)
{
    *b = (struct buffer){.L = L, .memory = memory, .digest = digest};
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

/* The text of a value that is left out of the digest, and says so much later what it is. */
struct hole {
    size_t at, length;
};

struct holes {
    struct hole *at;
    size_t count, capacity;
};

enum { STAGE = 8192 };

/* The digest of the compact text while an indented one is written. */
struct seal {
    SHA256_CTX digest;
    size_t done; /* so much of the text is in the digest, or out of it */
    bool skips;
    size_t staged;
    char stage[STAGE];
    struct holes *holes;
};

struct encoder {
    struct buffer out;
    struct orun_keys keys;
    int indent;
    bool html;
    struct seal *seal;
    /* The way from the root to the value at hand, for messages: keys are strings, indices have text
     * NULL. */
    struct {
        const char *text;
        lua_Integer index;
    } path[JSON_ENCODE_DEPTH + 1];
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

/* Eight bytes in one. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t zero_bytes(uint64_t w)
{
    return (w - EACH(1)) & ~w & EACH(0x80);
}

/* Whether eight bytes can stand for themselves. */
static inline bool plain_bytes(const unsigned char *s, bool html)
{
    uint64_t w;
    memcpy(&w, s, sizeof w);
    uint64_t special = (w & EACH(0x80)) | ((w - EACH(0x20)) & ~w & EACH(0x80)) |
                       zero_bytes(w ^ EACH('"')) | zero_bytes(w ^ EACH('\\'));
    /* < and > differ in one bit. */
    if (html)
        special |= zero_bytes((w & ~EACH(2)) ^ EACH('<')) | zero_bytes(w ^ EACH('&'));
    return special == 0;
}

static void put_string(struct encoder *e, const char *text, size_t length)
{
    const unsigned char *s = (const unsigned char *)text, *end = s + length, *plain = s;
    put_char(&e->out, '"');
    unsigned char stop = e->html ? SPECIAL | MARKUP : SPECIAL;
    while (s < end) {
        if (end - s >= 8 && plain_bytes(s, e->html)) {
            s += 8;
            continue;
        }
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

/* Takes what was written since the last time into the digest. */
static void seal_text(struct encoder *e)
{
    struct seal *seal = e->seal;
    const char *text = e->out.data + seal->done;
    size_t n = e->out.length - seal->done;
    seal->done = e->out.length;
    if (seal->skips)
        return;
    if (n > STAGE - seal->staged) {
        SHA256_Update(&seal->digest, seal->stage, seal->staged);
        seal->staged = 0;
    }
    if (n > STAGE) {
        SHA256_Update(&seal->digest, text, n);
        return;
    }
    memcpy(seal->stage + seal->staged, text, n);
    seal->staged += n;
}

/* Before and after text that is not part of the digest. */
static inline void begin_aside(struct encoder *e)
{
    if (e->seal)
        seal_text(e);
}

static inline void end_aside(struct encoder *e)
{
    if (e->seal)
        e->seal->done = e->out.length;
}

static void put_integer(struct buffer *b, lua_Integer n)
{
    char text[24], *at = text + sizeof text;
    lua_Unsigned rest = n < 0 ? 0 - (lua_Unsigned)n : (lua_Unsigned)n;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0)
        *--at = '-';
    put(b, at, (size_t)(text + sizeof text - at));
}

static void put_break(struct encoder *e)
{
    if (e->indent == 0)
        return;
    begin_aside(e);
    size_t blanks = (size_t)(e->depth * e->indent);
    if (e->out.length + blanks + 1 > e->out.capacity)
        buffer_reserve(&e->out, blanks + 1);
    char *to = e->out.data + e->out.length;
    *to = '\n';
    memset(to + 1, ' ', blanks);
    e->out.length += blanks + 1;
    end_aside(e);
}

static void put_value(struct encoder *e, int index, int omit);

/* The part of the omissions at the index `omit` (0: none) that concerns the elements of a list:
 * pushed, and its index returned. */
static int push_elements(lua_State *L, int omit)
{
    if (!omit)
        return 0;
    lua_pushliteral(L, "*");
    return lua_rawget(L, omit) == LUA_TTABLE ? lua_gettop(L) : 0;
}

static void put_list(struct encoder *e, int index, int omit)
{
    lua_State *L = e->out.L;
    lua_Integer n = (lua_Integer)lua_rawlen(L, index);
    if (n == 0) {
        put(&e->out, "[]", 2);
        return;
    }
    int top = lua_gettop(L), elements = push_elements(L, omit);
    put_char(&e->out, '[');
    e->depth++;
    for (lua_Integer i = 1; i <= n; i++) {
        e->path[e->depth - 1].text = NULL;
        e->path[e->depth - 1].index = i;
        if (i > 1)
            put_char(&e->out, ',');
        put_break(e);
        lua_rawgeti(L, index, i);
        put_value(e, lua_gettop(L), elements);
        lua_pop(L, 1);
    }
    lua_settop(L, top);
    e->depth--;
    put_break(e);
    put_char(&e->out, ']');
}

static void add_hole(struct encoder *e, size_t at, size_t length)
{
    struct holes *h = e->seal->holes;
    if (h->count == h->capacity) {
        size_t capacity = h->capacity ? 2 * h->capacity : 64;
        struct hole *larger = realloc(h->at, capacity * sizeof *larger);
        if (!larger)
            luaL_error(e->out.L, "not enough memory");
        h->at = larger;
        h->capacity = capacity;
    }
    h->at[h->count++] = (struct hole){at, length};
}

/* Returns where the value begins. */
static size_t put_entry(struct encoder *e, int map, const struct orun_key *key, int omit)
{
    lua_State *L = e->out.L;
    put_string(e, key->text, key->length);
    put_char(&e->out, ':');
    if (e->indent) {
        begin_aside(e);
        put_char(&e->out, ' ');
        end_aside(e);
    }
    size_t at = e->out.length;
    if (key->value) {
        put_value(e, key->value, omit);
        return at;
    }
    lua_pushlstring(L, key->text, key->length);
    lua_rawget(L, map);
    put_value(e, lua_gettop(L), omit);
    lua_pop(L, 1);
    return at;
}

/* An entry of which the digest knows nothing, with the comma before it. */
static void put_aside(struct encoder *e, int map, const struct orun_key *key, bool comma, bool late)
{
    begin_aside(e);
    bool outer = e->seal->skips;
    e->seal->skips = true;
    if (comma)
        put_char(&e->out, ',');
    put_break(e);
    size_t at = put_entry(e, map, key, 0);
    if (late && e->out.data[at] != '"')
        fail(e, "a late value that is no text");
    if (late)
        add_hole(e, at + 1, e->out.length - at - 2);
    end_aside(e);
    e->seal->skips = outer;
}

/* Whether the omissions at the index `omit` say something about a key: pushes it. */
static bool push_omission(lua_State *L, int omit, const struct orun_key *key)
{
    lua_pushlstring(L, key->text, key->length);
    if (lua_rawget(L, omit) != LUA_TNIL)
        return true;
    lua_pop(L, 1);
    return false;
}

/* The entries of a map of which some are left out of the digest. A comma belongs to it when entries
 * that do stand on both sides. */
static void put_entries_apart(struct encoder *e, int map, size_t first, size_t end, int omit)
{
    lua_State *L = e->out.L;
    int top = lua_gettop(L);
    bool sealed = false;
    for (size_t i = first; i < end; i++) {
        struct orun_key key = e->keys.at[i];
        e->path[e->depth - 1].text = key.text;
        bool told = push_omission(L, omit, &key);
        if (told && !lua_istable(L, -1)) {
            put_aside(e, map, &key, i > first, lua_type(L, -1) == LUA_TSTRING);
            lua_settop(L, top);
            continue;
        }
        if (i > first && !sealed)
            begin_aside(e);
        if (i > first)
            put_char(&e->out, ',');
        if (i > first && !sealed)
            end_aside(e);
        sealed = true;
        put_break(e);
        put_entry(e, map, &key, told ? lua_gettop(L) : 0);
        lua_settop(L, top);
    }
}

static void put_entries(struct encoder *e, int map, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        struct orun_key key = e->keys.at[i];
        e->path[e->depth - 1].text = key.text;
        if (i > first)
            put_char(&e->out, ',');
        put_break(e);
        put_entry(e, map, &key, 0);
    }
}

static void put_map(struct encoder *e, int index, int omit)
{
    lua_State *L = e->out.L;
    int top = lua_gettop(L);
    size_t first = e->keys.count;
    int n = orun_value_add_entries(L, index, &e->keys);
    if (n < 0)
        fail(e, lua_type(L, -1) == LUA_TNUMBER
                    ? "a map with a number as key (a list must be made with value.list)"
                    : "a map with a key that is not a string");
    if (n == 0) {
        lua_settop(L, top);
        put(&e->out, "{}", 2);
        return;
    }
    put_char(&e->out, '{');
    e->depth++;
    if (omit)
        put_entries_apart(e, index, first, first + (size_t)n, omit);
    else
        put_entries(e, index, first, first + (size_t)n);
    lua_settop(L, top);
    e->keys.count = first;
    e->depth--;
    put_break(e);
    put_char(&e->out, '}');
}

static void put_value(struct encoder *e, int index, int omit)
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
        put_integer(&e->out, lua_tointeger(L, index));
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
        if (e->depth >= JSON_ENCODE_DEPTH)
            fail(e, "nested too deeply or cyclic");
        luaL_checkstack(L, 16, "JSON");
        if (kind == ORUN_LIST)
            put_list(e, index, omit);
        else
            put_map(e, index, omit);
        return;
    default:
        fail(e, lua_pushfstring(L, "a %s", luaL_typename(L, index)));
    }
}

/* Pushes what the encoder needs on the Lua stack. */
static void encoder_open(struct encoder *e, lua_State *L)
{
    e->indent = 0;
    e->html = true;
    e->depth = 0;
    e->seal = NULL;
    orun_value_open_keys(L, &e->keys);
}

/* Takes the options from the table at the index, if there is one. */
static void encoder_options(struct encoder *e, lua_State *L, int index)
{
    if (!lua_istable(L, index))
        return;
    lua_getfield(L, index, "indent");
    lua_Integer indent = luaL_optinteger(L, -1, 0);
    luaL_argcheck(L, indent >= 0 && indent <= 16, index, "indent must be 0 to 16");
    e->indent = (int)indent;
    lua_getfield(L, index, "html");
    e->html = lua_isnil(L, -1) || lua_toboolean(L, -1);
    lua_pop(L, 2);
}

int json_encode(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 2);
    struct encoder e;
    encoder_open(&e, L);
    encoder_options(&e, L, 2);
    struct memory *memory = push_memory(L);
    buffer_open(&e.out, L, memory, NULL);
    put_value(&e, 1, 0);
    lua_pushlstring(L, e.out.data, e.out.length);
    memory_release(memory);
    return 1;
}

/* The digest of the compact text, which is never there as a whole. */
int json_sha256(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    SHA256_CTX digest;
    SHA256_Init(&digest);
    struct encoder e;
    encoder_open(&e, L);
    struct memory *memory = push_memory(L);
    buffer_open(&e.out, L, memory, &digest);
    put_value(&e, 1, 0);
    SHA256_Update(&digest, e.out.data, e.out.length);
    memory_release(memory);
    unsigned char bytes[SHA256_DIGEST_LENGTH];
    SHA256_Final(bytes, &digest);
    orun_push_hex(L, bytes, sizeof bytes);
    return 1;
}

/* ---- drafts -----------------------------------------------------------------------------------
 */

#define DRAFT "host.json.draft"

/* A text with its digest, whose holes are still to be filled. */
struct draft {
    struct memory text;
    size_t length;
    struct holes holes;
    unsigned char digest[SHA256_DIGEST_LENGTH];
};

static void draft_release(struct draft *d)
{
    memory_release(&d->text);
    free(d->holes.at);
    d->holes = (struct holes){0};
}

static int draft_collect(lua_State *L)
{
    draft_release(luaL_checkudata(L, 1, DRAFT));
    return 0;
}

int json_draft(lua_State *L)
{
    luaL_checkany(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    struct draft *d = lua_newuserdatauv(L, sizeof *d, 0);
    *d = (struct draft){0};
    luaL_setmetatable(L, DRAFT);
    int omit = lua_getfield(L, 2, "omit") == LUA_TTABLE ? 4 : 0;
    struct seal seal = {.holes = &d->holes};
    SHA256_Init(&seal.digest);
    struct encoder e;
    encoder_open(&e, L);
    encoder_options(&e, L, 2);
    buffer_open(&e.out, L, &d->text, NULL);
    e.seal = &seal;
    put_value(&e, 1, omit);
    seal_text(&e);
    SHA256_Update(&seal.digest, seal.stage, seal.staged);
    SHA256_Final(d->digest, &seal.digest);
    d->length = e.out.length;
    lua_settop(L, 3);
    return 1;
}

static int draft_sha256(lua_State *L)
{
    struct draft *d = luaL_checkudata(L, 1, DRAFT);
    orun_push_hex(L, d->digest, sizeof d->digest);
    return 1;
}

static bool is_plain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (classes[(unsigned char)text[i]])
            return false;
    }
    return true;
}

/* fill(values): the holes are filled in the order of the text; returns the draft. */
static int draft_fill(lua_State *L)
{
    struct draft *d = luaL_checkudata(L, 1, DRAFT);
    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_argcheck(L, lua_rawlen(L, 2) == d->holes.count, 2, "one text for every hole expected");
    for (size_t i = 0; i < d->holes.count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        size_t length;
        const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
        luaL_argcheck(L, text && length == d->holes.at[i].length && is_plain(text, length), 2,
                      "plain texts of the same length expected");
        memcpy(d->text.data + d->holes.at[i].at, text, length);
        lua_pop(L, 1);
    }
    free(d->holes.at);
    d->holes = (struct holes){0};
    lua_settop(L, 1);
    return 1;
}

const char *json_draft_bytes(lua_State *L, int index, size_t *length)
{
    const struct draft *d = luaL_testudata(L, index, DRAFT);
    if (!d)
        return NULL;
    luaL_argcheck(L, d->holes.count == 0, index, "a draft with holes");
    *length = d->length;
    return d->text.data;
}

static int draft_text(lua_State *L)
{
    size_t length;
    luaL_checkudata(L, 1, DRAFT);
    const char *text = json_draft_bytes(L, 1, &length);
    lua_pushlstring(L, text, length);
    return 1;
}

void json_writer_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"sha256", draft_sha256}, {"fill", draft_fill}, {"text", draft_text}, {NULL, NULL}};
    fill_classes();
    luaL_newmetatable(L, MEMORY);
    lua_pushcfunction(L, memory_collect);
    lua_setfield(L, -2, "__gc");
    luaL_newmetatable(L, DRAFT);
    lua_pushcfunction(L, draft_collect);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, draft_text);
    lua_setfield(L, -2, "__tostring");
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
}
