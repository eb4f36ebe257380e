/*
 * Decoding by a plan: the usual case of orun.intent.decode, where everything is as it should be.
 * Whatever needs a message ends it, and is left to those who know the messages.
 *
 * A plan is one of the first kinds, or a list that begins with one of the others:
 *   { LIST, of }  { MAP, of }  { PRESENT, of }    of: a plan
 *   { RECORD, fields, open }                      plans by key; open: other keys are passed over
 *   { SCALAR_OR, of, make }                       make(text, place) for a scalar
 *   { NAMED, of, key }                            a record that must have a text there
 */
#include "yaml_decode.h"
#include "yaml_value.h"

#include <lauxlib.h>
#include <string.h>

enum plan {
    TEXT = 1,
    BOOLEAN,
    INTEGER,
    ANY,
    ANY_MAP,
    LIST,
    MAP,
    PRESENT,
    RECORD,
    SCALAR_OR,
    NAMED
};

void yaml_push_plans(lua_State *L)
{
    static const struct {
        const char *name;
        enum plan plan;
    } plans[] = {
        {"text", TEXT},       {"boolean", BOOLEAN},     {"integer", INTEGER}, {"any", ANY},
        {"any_map", ANY_MAP}, {"list", LIST},           {"map", MAP},         {"present", PRESENT},
        {"record", RECORD},   {"scalar_or", SCALAR_OR}, {"named", NAMED}};
    size_t count = sizeof plans / sizeof *plans;
    lua_createtable(L, 0, (int)count);
    for (size_t i = 0; i < count; i++) {
        lua_pushinteger(L, plans[i].plan);
        lua_setfield(L, -2, plans[i].name);
    }
}

struct decoder {
    struct yaml_entries e;
    int place; /* index of the metatable */
};

static const struct yaml_node *node_of(const struct decoder *c, int id)
{
    return &c->e.d->nodes[id];
}

static bool is_null(const struct yaml_node *n)
{
    struct yaml_scalar s;
    return n->kind == YAML_KIND_SCALAR && yaml_resolve_node(n, &s) && s.kind == ORUN_NULL;
}

static bool push_text(lua_State *L, const struct yaml_node *n)
{
    struct yaml_scalar s;
    if (n->kind != YAML_KIND_SCALAR || n->tag || !yaml_resolve_node(n, &s))
        return false;
    if (s.kind == ORUN_NULL)
        lua_pushliteral(L, "");
    else
        lua_pushlstring(L, n->text, n->length);
    return true;
}

/* A truth value or an integer; null is nil. */
static bool push_exactly(lua_State *L, const struct yaml_node *n, enum orun_kind kind)
{
    struct yaml_scalar s;
    if (n->kind != YAML_KIND_SCALAR || !yaml_resolve_node(n, &s))
        return false;
    if (s.kind == ORUN_NULL)
        lua_pushnil(L);
    else if (s.kind == ORUN_BOOLEAN && kind == ORUN_BOOLEAN)
        lua_pushboolean(L, s.boolean);
    else if (s.kind == ORUN_INTEGER && kind == ORUN_INTEGER)
        lua_pushinteger(L, s.integer);
    else
        return false;
    return true;
}

static void push_place(struct decoder *c, int id)
{
    lua_State *L = c->e.L;
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "document");
    lua_pushinteger(L, id + 1);
    lua_setfield(L, -2, "node");
    lua_pushvalue(L, c->place);
    lua_setmetatable(L, -2);
}

/* Whether the entries of a mapping can be gone through as they are written. */
static bool is_plain_mapping(struct decoder *c, const struct yaml_node *n)
{
    return n->kind == YAML_KIND_MAPPING && !yaml_has_merge(c->e.d, n) && yaml_check_keys(&c->e, n);
}

static bool decode(struct decoder *c, int id);

/* Decodes by an element of the plan at the index. */
static bool decode_by(struct decoder *c, int plan, lua_Integer element, int id)
{
    lua_rawgeti(c->e.L, plan, element);
    return decode(c, id);
}

static bool decode_any_map(struct decoder *c, const struct yaml_node *n)
{
    lua_State *L = c->e.L;
    lua_createtable(L, 0, n->count / 2);
    if (is_null(n))
        return true;
    if (!is_plain_mapping(c, n))
        return false;
    for (int i = 0; i < n->count; i += 2) {
        const int *child = c->e.d->children + n->first + i;
        const struct yaml_node *key = node_of(c, child[0]);
        lua_pushlstring(L, key->text, key->length);
        if (!yaml_push_value(&c->e, child[1]))
            return false;
        lua_rawset(L, -3);
    }
    return true;
}

static bool decode_list(struct decoder *c, int plan, const struct yaml_node *n)
{
    lua_State *L = c->e.L;
    if (is_null(n)) {
        lua_pushnil(L);
        return true;
    }
    if (n->kind != YAML_KIND_SEQUENCE)
        return false;
    lua_createtable(L, n->count, 0);
    orun_value_mark_list(L, -1);
    lua_Integer count = 0;
    for (int i = 0; i < n->count; i++) {
        int item = c->e.d->children[n->first + i];
        if (is_null(node_of(c, item)))
            continue;
        if (!decode_by(c, plan, 2, item))
            return false;
        if (lua_isnil(L, -1))
            lua_pop(L, 1);
        else
            lua_rawseti(L, -2, ++count);
    }
    return true;
}

static bool decode_map(struct decoder *c, int plan, const struct yaml_node *n)
{
    lua_State *L = c->e.L;
    lua_createtable(L, 0, n->count / 2);
    if (is_null(n))
        return true;
    if (!is_plain_mapping(c, n))
        return false;
    for (int i = 0; i < n->count; i += 2) {
        const int *child = c->e.d->children + n->first + i;
        const struct yaml_node *key = node_of(c, child[0]);
        if (is_null(key))
            continue;
        lua_pushlstring(L, key->text, key->length);
        if (!decode_by(c, plan, 2, child[1]))
            return false;
        lua_rawset(L, -3);
    }
    return true;
}

static bool decode_record(struct decoder *c, int plan, int id)
{
    lua_State *L = c->e.L;
    const struct yaml_node *n = node_of(c, id);
    lua_createtable(L, 0, n->count / 2 + 1);
    push_place(c, id);
    lua_setfield(L, -2, "place");
    if (is_null(n))
        return true;
    if (!is_plain_mapping(c, n))
        return false;
    int out = lua_gettop(L), fields = out + 1;
    lua_rawgeti(L, plan, 2);
    lua_rawgeti(L, plan, 3);
    bool open = lua_toboolean(L, -1);
    lua_pop(L, 1);
    for (int i = 0; i < n->count; i += 2) {
        const int *child = c->e.d->children + n->first + i;
        const struct yaml_node *key = node_of(c, child[0]);
        lua_pushlstring(L, key->text, key->length);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, fields) == LUA_TNIL) {
            if (!open)
                return false;
            lua_pop(L, 2);
            continue;
        }
        if (!decode(c, child[1]))
            return false;
        lua_rawset(L, out);
    }
    lua_settop(L, out);
    return true;
}

static bool decode_scalar_or(struct decoder *c, int plan, int id)
{
    lua_State *L = c->e.L;
    if (node_of(c, id)->kind != YAML_KIND_SCALAR)
        return decode_by(c, plan, 2, id);
    lua_rawgeti(L, plan, 3);
    if (!push_text(L, node_of(c, id)))
        return false;
    push_place(c, id);
    lua_call(L, 2, 1);
    return true;
}

static bool decode_named(struct decoder *c, int plan, int id)
{
    lua_State *L = c->e.L;
    if (!decode_by(c, plan, 2, id) || !lua_istable(L, -1))
        return false;
    lua_rawgeti(L, plan, 3);
    bool named = lua_rawget(L, -2) == LUA_TSTRING && lua_rawlen(L, -1) > 0;
    lua_pop(L, 1);
    return named;
}

static bool decode_composite(struct decoder *c, int plan, int id)
{
    lua_State *L = c->e.L;
    luaL_checkstack(L, 16, "YAML");
    lua_rawgeti(L, plan, 1);
    lua_Integer kind = lua_tointeger(L, -1);
    lua_pop(L, 1);
    switch (kind) {
    case LIST:
        return decode_list(c, plan, node_of(c, id));
    case MAP:
        return decode_map(c, plan, node_of(c, id));
    case PRESENT:
        if (!is_null(node_of(c, id)))
            return decode_by(c, plan, 2, id);
        lua_pushnil(L);
        return true;
    case RECORD:
        return decode_record(c, plan, id);
    case SCALAR_OR:
        return decode_scalar_or(c, plan, id);
    case NAMED:
        return decode_named(c, plan, id);
    default:
        return false;
    }
}

/* Replaces the plan on the top of the stack by the value. Anything but a plan fits nothing. */
static bool decode(struct decoder *c, int id)
{
    lua_State *L = c->e.L;
    int plan = lua_gettop(L);
    bool ok = false;
    if (lua_istable(L, plan)) {
        ok = decode_composite(c, plan, id);
    } else {
        switch (lua_tointeger(L, plan)) {
        case TEXT:
            ok = push_text(L, node_of(c, id));
            break;
        case BOOLEAN:
            ok = push_exactly(L, node_of(c, id), ORUN_BOOLEAN);
            break;
        case INTEGER:
            ok = push_exactly(L, node_of(c, id), ORUN_INTEGER);
            break;
        case ANY:
            ok = yaml_push_value(&c->e, id);
            break;
        case ANY_MAP:
            ok = decode_any_map(c, node_of(c, id));
            break;
        default:
            break;
        }
    }
    if (ok)
        lua_replace(L, plan);
    return ok;
}

bool yaml_decode(lua_State *L, struct yaml_document *d, int id, int plan, int place)
{
    struct decoder c = {.e = {.L = L, .d = d}, .place = place};
    lua_pushvalue(L, plan);
    return decode(&c, id);
}
