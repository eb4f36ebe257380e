#define OPENSSL_SUPPRESS_DEPRECATED
#include "json_digest.h"
#include "hex.h"
#include "json_decoder.h"

#include <lauxlib.h>
#include <openssl/sha.h>
#include <string.h>

enum { DEPTH = 512, STAGE = 4096 };

struct digester {
    struct json_decoder in;
    SHA256_CTX sha;
    char stage[STAGE];
    size_t staged;
};

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

static bool add_value(struct digester *d, int omit);

/* What the omissions at the index `omit` say about the key on the top of the stack, which is
 * popped: 0 nothing, -1 that it is left out, else the index where its own were pushed. */
static int omissions_below(lua_State *L, int omit)
{
    lua_rawget(L, omit);
    if (lua_istable(L, -1))
        return lua_gettop(L);
    bool told = !lua_isnil(L, -1);
    lua_pop(L, 1);
    return told ? -1 : 0;
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

static bool add_list(struct digester *d, int omit)
{
    lua_State *L = d->in.L;
    int top = lua_gettop(L);
    lua_pushliteral(L, "*");
    int elements = omissions_below(L, omit);
    bool ends = read_empty(d, ']');
    add(d, "[", 1);
    for (bool first = true; !ends; first = false) {
        if (!first)
            add(d, ",", 1);
        if (!add_value(d, elements > 0 ? elements : 0) || !read_separator(d, ']', &ends))
            return false;
    }
    add(d, "]", 1);
    lua_settop(L, top);
    return true;
}

/* Adds a member with the comma before it, unless it is left out. */
static bool add_member(struct digester *d, int omit, bool *first)
{
    lua_State *L = d->in.L;
    int top = lua_gettop(L);
    json_decoder_skip_blanks(&d->in);
    const char *key = d->in.at;
    if (d->in.at == d->in.end || *d->in.at != '"' || !json_decoder_string(&d->in))
        return false;
    const char *key_end = d->in.at;
    json_decoder_skip_blanks(&d->in);
    if (d->in.at == d->in.end || *d->in.at++ != ':')
        return false;
    int below = omissions_below(L, omit);
    if (below < 0)
        return json_decoder_skip(&d->in);
    if (!*first)
        add(d, ",", 1);
    *first = false;
    add(d, key, (size_t)(key_end - key));
    add(d, ":", 1);
    bool ok = add_value(d, below);
    lua_settop(L, top);
    return ok;
}

static bool add_map(struct digester *d, int omit)
{
    bool ends = read_empty(d, '}'), first = true;
    add(d, "{", 1);
    while (!ends) {
        if (!add_member(d, omit, &first) || !read_separator(d, '}', &ends))
            return false;
    }
    add(d, "}", 1);
    return true;
}

static bool add_value(struct digester *d, int omit)
{
    struct json_decoder *in = &d->in;
    json_decoder_skip_blanks(in);
    bool is_map = in->at < in->end && *in->at == '{', is_list = in->at < in->end && *in->at == '[';
    if (omit && (is_map || is_list)) {
        if (in->depth == in->limit)
            return false;
        luaL_checkstack(in->L, 8, "JSON");
        in->depth++;
        bool ok = is_map ? add_map(d, omit) : add_list(d, omit);
        in->depth--;
        return ok;
    }
    const char *from = in->at;
    if (!json_decoder_skip(in))
        return false;
    add_compact(d, from, in->at);
    return true;
}

int json_digest(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    bool omits = !lua_isnoneornil(L, 2);
    if (omits)
        luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    struct digester d = {
        .in = {.L = L, .start = text, .at = text, .end = text + length, .limit = DEPTH}};
    SHA256_Init(&d.sha);
    bool ok = add_value(&d, omits ? 2 : 0);
    json_decoder_skip_blanks(&d.in);
    if (!ok || d.in.at != d.in.end)
        return 0;
    SHA256_Update(&d.sha, d.stage, d.staged);
    unsigned char bytes[SHA256_DIGEST_LENGTH];
    SHA256_Final(bytes, &d.sha);
    orun_push_hex(L, bytes, sizeof bytes);
    return 1;
}
