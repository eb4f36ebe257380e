/* What nodes of a YAML document mean: scalars, mappings with their merges, free-form values. */
#include "yaml_value.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define TAG_PREFIX "tag:yaml.org,2002:"

static bool tagged(const struct yaml_node *n, const char *type)
{
    return n->tag && strncmp(n->tag, TAG_PREFIX, sizeof TAG_PREFIX - 1) == 0 &&
           strcmp(n->tag + sizeof TAG_PREFIX - 1, type) == 0;
}

/* What a scalar node means, its style and explicit tag considered; false when the tag contradicts
 * the text. */
bool yaml_resolve_node(const struct yaml_node *n, struct yaml_scalar *s)
{
    s->kind = ORUN_STRING;
    bool wants = tagged(n, "int") || tagged(n, "float") || tagged(n, "bool") || tagged(n, "null") ||
                 tagged(n, "timestamp");
    if (n->tag ? !wants : n->style != YAML_STYLE_PLAIN)
        return true;
    yaml_resolve(n->text, n->length, s);
    if (!wants)
        return true;
    if (tagged(n, "float") && (s->kind == ORUN_INTEGER || s->kind == ORUN_UINT64)) {
        s->number = s->kind == ORUN_INTEGER ? (double)s->integer : (double)s->unsigned_integer;
        s->kind = ORUN_FLOAT;
    }
    return (tagged(n, "int") && (s->kind == ORUN_INTEGER || s->kind == ORUN_UINT64)) ||
           (tagged(n, "float") && s->kind == ORUN_FLOAT) ||
           (tagged(n, "bool") && s->kind == ORUN_BOOLEAN) ||
           (tagged(n, "null") && s->kind == ORUN_NULL) ||
           (tagged(n, "timestamp") && s->kind == ORUN_TIME);
}

/* ---- mappings ---------------------------------------------------------------------------------
 */

bool yaml_is_merge_key(const struct yaml_node *n)
{
    return n->kind == YAML_KIND_SCALAR && n->length == 2 && memcmp(n->text, "<<", 2) == 0 &&
           (n->tag ? tagged(n, "merge") : n->style == YAML_STYLE_PLAIN);
}

static bool same_key(const struct yaml_node *a, const struct yaml_node *b)
{
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static bool entries_fail(struct yaml_entries *e, const struct yaml_node *n, const char *message)
{
    e->wrong = n;
    if (message)
        snprintf(e->message, sizeof e->message, "%s", message);
    return false;
}

static bool duplicate(struct yaml_entries *e, const struct yaml_node *again,
                      const struct yaml_node *first)
{
    snprintf(e->message, sizeof e->message, "the key '%.100s' is already set on line %d",
             again->text, first->line);
    return entries_fail(e, again, NULL);
}

/* Every key of a mapping is a scalar and stands once. */
bool yaml_check_keys(struct yaml_entries *e, const struct yaml_node *map)
{
    struct yaml_document *d = e->d;
    const int *child = d->children + map->first;
    for (int i = 0; i < map->count; i += 2) {
        if (d->nodes[child[i]].kind != YAML_KIND_SCALAR)
            return entries_fail(e, &d->nodes[child[i]],
                                "a key must be a scalar, not a list or a mapping");
    }
    if (map->count <= 32) {
        for (int i = 2; i < map->count; i += 2) {
            for (int j = 0; j < i; j += 2) {
                if (same_key(&d->nodes[child[i]], &d->nodes[child[j]]))
                    return duplicate(e, &d->nodes[child[i]], &d->nodes[child[j]]);
            }
        }
        return true;
    }
    lua_State *L = e->L;
    lua_createtable(L, 0, map->count / 2);
    for (int i = 0; i < map->count; i += 2) {
        const struct yaml_node *k = &d->nodes[child[i]];
        lua_pushlstring(L, k->text, k->length);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, -3) != LUA_TNIL) {
            const struct yaml_node *first = &d->nodes[lua_tointeger(L, -1)];
            lua_pop(L, 3);
            return duplicate(e, k, first);
        }
        lua_pop(L, 1);
        lua_pushinteger(L, child[i]);
        lua_rawset(L, -3);
    }
    lua_pop(L, 1);
    return true;
}

static bool visit_merge(struct yaml_entries *e, const struct yaml_node *key,
                        const struct yaml_node *source, yaml_visit visit, void *data)
{
    static const char wrong[] =
        "a merge key << takes a mapping, an alias of one, or a list of those";
    if (source->kind == YAML_KIND_MAPPING)
        return yaml_visit_map(e, source, visit, data);
    /* An alias stands for a mapping only; what an alias denotes was read before its key. */
    if (source->kind != YAML_KIND_SEQUENCE || source < key)
        return entries_fail(e, source->kind == YAML_KIND_SEQUENCE ? key : source, wrong);
    for (int i = 0; i < source->count; i++) {
        const struct yaml_node *item = &e->d->nodes[e->d->children[source->first + i]];
        if (item->kind != YAML_KIND_MAPPING)
            return entries_fail(e, item, wrong);
        if (!yaml_visit_map(e, item, visit, data))
            return false;
    }
    return true;
}

/* Explicit entries first, then merged ones; a key may be visited more than once, the first visit
 * counts. */
bool yaml_visit_map(struct yaml_entries *e, const struct yaml_node *map, yaml_visit visit,
                    void *data)
{
    if (!yaml_check_keys(e, map))
        return false;
    const int *child = e->d->children + map->first;
    int merge = -1;
    for (int i = 0; i < map->count; i += 2) {
        if (yaml_is_merge_key(&e->d->nodes[child[i]]))
            merge = i;
        else if (!visit(e, child[i], child[i + 1], data))
            return false;
    }
    return merge < 0 ||
           visit_merge(e, &e->d->nodes[child[merge]], &e->d->nodes[child[merge + 1]], visit, data);
}

bool yaml_has_merge(const struct yaml_document *d, const struct yaml_node *map)
{
    for (int i = 0; i < map->count; i += 2) {
        if (yaml_is_merge_key(&d->nodes[d->children[map->first + i]]))
            return true;
    }
    return false;
}

/* ---- free-form values -------------------------------------------------------------------------
 */

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Pushes the bytes of !!binary text; false when it is not base64. */
static bool push_binary(lua_State *L, const char *text, size_t length)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    unsigned bits = 0;
    int have = 0, digits = 0, padding = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '\n' || c == '\r' || c == ' ' || c == '\t')
            continue;
        int digit = base64_digit(c);
        if (c == '=') {
            padding++;
            continue;
        }
        if (digit < 0 || padding)
            return false;
        bits = bits << 6 | (unsigned)digit;
        digits++;
        have += 6;
        if (have >= 8) {
            have -= 8;
            luaL_addchar(&b, (char)(bits >> have & 0xff));
        }
    }
    if ((digits + padding) % 4 != 0 || padding > 2)
        return false;
    luaL_pushresult(&b);
    return true;
}

static bool push_scalar(struct yaml_entries *e, const struct yaml_node *n)
{
    lua_State *L = e->L;
    struct yaml_scalar s;
    if (tagged(n, "binary"))
        return push_binary(L, n->text, n->length) ||
               entries_fail(e, n, "!!binary takes base64 text");
    if (!yaml_resolve_node(n, &s)) {
        snprintf(e->message, sizeof e->message, "'%.60s' is no !!%s", n->text,
                 n->tag + sizeof TAG_PREFIX - 1);
        return entries_fail(e, n, NULL);
    }
    switch (s.kind) {
    case ORUN_NULL:
        orun_value_push_null(L);
        return true;
    case ORUN_BOOLEAN:
        lua_pushboolean(L, s.boolean);
        return true;
    case ORUN_INTEGER:
        lua_pushinteger(L, s.integer);
        return true;
    case ORUN_UINT64:
        orun_value_push_uint64(L, s.unsigned_integer);
        return true;
    case ORUN_FLOAT:
        if (!isfinite(s.number))
            return entries_fail(e, n, "infinity and not-a-number cannot be written to a plan");
        lua_pushnumber(L, s.number);
        return true;
    case ORUN_TIME:
        orun_value_push_time(L, &s.time);
        return true;
    default:
        lua_pushlstring(L, n->text, n->length);
        return true;
    }
}

static bool set_member(struct yaml_entries *e, int key, int value, void *data)
{
    lua_State *L = e->L;
    int map = *(int *)data;
    const struct yaml_node *k = &e->d->nodes[key];
    lua_pushlstring(L, k->text, k->length);
    lua_pushvalue(L, -1);
    bool known = lua_rawget(L, map) != LUA_TNIL;
    lua_pop(L, 1);
    if (known) {
        lua_pop(L, 1);
        return true;
    }
    if (!yaml_push_value(e, value))
        return false;
    lua_rawset(L, map);
    return true;
}

bool yaml_push_value(struct yaml_entries *e, int id)
{
    lua_State *L = e->L;
    const struct yaml_node *n = &e->d->nodes[id];
    if (n->kind == YAML_KIND_SCALAR)
        return push_scalar(e, n);
    luaL_checkstack(L, 10, "YAML value");
    if (n->kind == YAML_KIND_MAPPING) {
        lua_createtable(L, 0, n->count / 2);
        int map = lua_gettop(L);
        return yaml_visit_map(e, n, set_member, &map);
    }
    lua_createtable(L, n->count, 0);
    orun_value_mark_list(L, -1);
    for (int i = 0; i < n->count; i++) {
        if (!yaml_push_value(e, e->d->children[n->first + i]))
            return false;
        lua_rawseti(L, -2, i + 1);
    }
    return true;
}
