#define OPENSSL_SUPPRESS_DEPRECATED
#include "json_digest.h"
#include "hex.h"
#include "json_decoder.h"

#include <lauxlib.h>
#include <openssl/sha.h>
#include <string.h>

enum { DEPTH = 512, STAGE = 4096, MOST_OMISSIONS = 64 };

/* An entry of which something is left out: the whole of it, or from `inside` on `count` others. */
struct omission {
    const char *name;
    size_t length;
    int inside, count; /* count -1: the whole of it */
};

struct omissions {
    struct omission at[MOST_OMISSIONS];
    int count;
};

/* Some of the omissions, side by side. */
struct part {
    const struct omission *at;
    int count;
};

struct digester {
    struct json_decoder in;
    const struct omissions *omissions;
    SHA256_CTX sha;
    char stage[STAGE];
    size_t staged;
};

/* Takes over a tree of omissions: the names of the table at the index, whose number is returned,
 * then what is inside of each of them. The table keeps the names. */
static int read_omissions(lua_State *L, int index, struct omissions *o)
{
    int first = o->count;
    luaL_checkstack(L, 4, "omissions");
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, 2, "omissions have texts as keys");
        luaL_argcheck(L, o->count < MOST_OMISSIONS, 2, "at most 64 omissions");
        struct omission *one = &o->at[o->count++];
        one->name = lua_tolstring(L, -2, &one->length);
        one->count = -1;
    }
    int end = o->count;
    for (int i = first; i < end; i++) {
        lua_pushlstring(L, o->at[i].name, o->at[i].length);
        if (lua_rawget(L, index) == LUA_TTABLE) {
            o->at[i].inside = o->count;
            o->at[i].count = read_omissions(L, lua_gettop(L), o);
        }
        lua_pop(L, 1);
    }
    return end - first;
}

static void add(struct digester *d, const char *bytes, size_t length)
{
    if (d->staged + length > STAGE) {
        SHA256_Update(&d->sha, d->stage, d->staged);
        d->staged = 0;
    }
    if (length > STAGE) {
        SHA256_Update(&d->sha, bytes, length);
        return;
    }
    memcpy(d->stage + d->staged, bytes, length);
    d->staged += length;
}

static void add_char(struct digester *d, char c)
{
    if (d->staged == STAGE) {
        SHA256_Update(&d->sha, d->stage, d->staged);
        d->staged = 0;
    }
    d->stage[d->staged++] = c;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* The first character behind the string that begins at s. */
static const char *string_end(const char *s, const char *end)
{
    for (s++; s < end && *s != '"'; s++)
        s += *s == '\\' && s + 1 < end;
    return s < end ? s + 1 : end;
}

/* Adds what stands between two places, blanks outside of strings left out. */
static void add_compact(struct digester *d, const char *from, const char *end)
{
    while (from < end) {
        if (is_blank(*from)) {
            from++;
            continue;
        }
        const char *to = from;
        while (to < end && !is_blank(*to))
            to = *to == '"' ? string_end(to, end) : to + 1;
        add(d, from, (size_t)(to - from));
        from = to;
    }
}

static bool add_value(struct digester *d, struct part omit);

static const struct omission *find(struct part omit, const char *name, size_t length)
{
    for (const struct omission *o = omit.at; o < omit.at + omit.count; o++) {
        if (o->length == length && memcmp(o->name, name, length) == 0)
            return o;
    }
    return NULL;
}

static struct part inside(const struct digester *d, const struct omission *o)
{
    if (!o || o->count < 0)
        return (struct part){0};
    return (struct part){d->omissions->at + o->inside, o->count};
}

/* Goes past a comma, or the closing bracket; false when there is neither. */
static bool read_separator(struct digester *d, char close, bool *ends)
{
    json_decoder_skip_blanks(&d->in);
    if (d->in.at == d->in.end || (*d->in.at != ',' && *d->in.at != close))
        return false;
    *ends = *d->in.at++ == close;
    return true;
}

/* Whether the brackets at d->in.at hold nothing; goes past the first one, or both. */
static bool read_empty(struct digester *d, char close)
{
    d->in.at++;
    json_decoder_skip_blanks(&d->in);
    if (d->in.at == d->in.end || *d->in.at != close)
        return false;
    d->in.at++;
    return true;
}

static bool add_list(struct digester *d, struct part omit)
{
    struct part of_elements = inside(d, find(omit, "*", 1));
    bool ends = read_empty(d, ']');
    add_char(d, '[');
    for (bool first = true; !ends; first = false) {
        if (!first)
            add_char(d, ',');
        if (!add_value(d, of_elements) || !read_separator(d, ']', &ends))
            return false;
    }
    add_char(d, ']');
    return true;
}

/* Adds a member with the comma before it, unless it is left out. */
static bool add_member(struct digester *d, struct part omit, bool *first)
{
    struct json_decoder *in = &d->in;
    json_decoder_skip_blanks(in);
    const char *key = in->at;
    if (key == in->end || *key != '"' || !json_decoder_skip(in))
        return false;
    size_t length = (size_t)(in->at - key);
    if (in->at < in->end && *in->at != ':')
        json_decoder_skip_blanks(in);
    if (in->at == in->end || *in->at++ != ':')
        return false;
    const struct omission *o = find(omit, key + 1, length - 2);
    if (o && o->count < 0)
        return json_decoder_skip(in);
    if (!*first)
        add_char(d, ',');
    *first = false;
    add(d, key, length);
    add_char(d, ':');
    return add_value(d, inside(d, o));
}

static bool add_map(struct digester *d, struct part omit)
{
    bool ends = read_empty(d, '}'), first = true;
    add_char(d, '{');
    while (!ends) {
        if (!add_member(d, omit, &first) || !read_separator(d, '}', &ends))
            return false;
    }
    add_char(d, '}');
    return true;
}

static bool add_value(struct digester *d, struct part omit)
{
    struct json_decoder *in = &d->in;
    json_decoder_skip_blanks(in);
    bool is_map = in->at < in->end && *in->at == '{', is_list = in->at < in->end && *in->at == '[';
    if (omit.count && (is_map || is_list)) {
        if (in->depth == in->limit)
            return false;
        in->depth++;
        bool ok = is_map ? add_map(d, omit) : add_list(d, omit);
        in->depth--;
        return ok;
    }
    const char *from = in->at;
    if (!json_decoder_skip(in))
        return false;
    if (is_map || is_list)
        add_compact(d, from, in->at);
    else
        add(d, from, (size_t)(in->at - from));
    return true;
}

int json_digest(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    struct omissions omissions = {.count = 0};
    struct part all = {.at = omissions.at};
    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        all.count = read_omissions(L, 2, &omissions);
    }
    struct digester d = {
        .in = {.L = L, .start = text, .at = text, .end = text + length, .limit = DEPTH},
        .omissions = &omissions};
    SHA256_Init(&d.sha);
    bool ok = add_value(&d, all);
    json_decoder_skip_blanks(&d.in);
    if (!ok || d.in.at != d.in.end)
        return 0;
    SHA256_Update(&d.sha, d.stage, d.staged);
    unsigned char bytes[SHA256_DIGEST_LENGTH];
    SHA256_Final(bytes, &d.sha);
    orun_push_hex(L, bytes, sizeof bytes);
    return 1;
}
