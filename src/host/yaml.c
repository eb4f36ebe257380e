/* host.yaml: documents of nodes with positions, and the values they mean. */
#include "utf8.h"
#include "yaml_decode.h"
#include "yaml_document.h"
#include "yaml_value.h"
#include "yaml_writer.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT "host.yaml.document"

/* User values of a document: its name, its bytes. */
enum { NAME = 1, BYTES = 2 };

static struct yaml_document *check_document(lua_State *L)
{
    return luaL_checkudata(L, 1, DOCUMENT);
}

static struct yaml_node *check_node(lua_State *L, struct yaml_document *d, int argument)
{
    lua_Integer id = luaL_checkinteger(L, argument);
    luaL_argcheck(L, id >= 1 && id <= d->node_count, argument, "no such node");
    return &d->nodes[id - 1];
}

static const char *const kinds[] = {"scalar", "sequence", "mapping"};

/* Pushes nil and an error table; returns 2. */
static int push_problem(lua_State *L, int document, const char *message, int line, int column,
                        const char *hint)
{
    document = lua_absindex(L, document);
    lua_pushnil(L);
    lua_createtable(L, 0, 7);
    lua_pushliteral(L, "yaml");
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
    lua_getiuservalue(L, document, NAME);
    lua_setfield(L, -2, "file");
    if (line > 0) {
        lua_pushinteger(L, line);
        lua_setfield(L, -2, "line");
        lua_pushinteger(L, column);
        lua_setfield(L, -2, "column");
    }
    if (hint) {
        lua_pushstring(L, hint);
        lua_setfield(L, -2, "hint");
    }
    return 2;
}

static int push_source(lua_State *L, int document, lua_Integer line);

/* Advice for the slips that the parser's own words explain badly. */
static const struct {
    const char *problem, *hint;
} advice[] = {
    {"while scanning an alias", "a text that begins with * needs quotes"},
    {"quoted scalar", "close the quote"},
    {"mapping values are not allowed",
     "check the indentation, and that a blank follows the colon in the line above; a value with "
     "a colon and a blank in it needs quotes"},
    {"expected ':'", "write a blank behind the colon, as in key: value"},
    {"did not find expected key", "check the indentation of this line against the lines above"},
    {"did not find expected '-'", "check the indentation of this line against the lines above"},
    {"did not find expected ','", "close the bracket, and put commas between its entries"},
    {"expected node content", "close the bracket, or write the value that is missing"},
};

/* By the character that the parser met, else by what it says. */
static const char *hint_for(const struct yaml_problem *problem, const char *source)
{
    const char *c = source;
    for (int column = 1; *c && column < problem->column; column++) {
        int n = orun_utf8_length(c, c + strlen(c));
        c += n ? n : 1;
    }
    if (*c == '\t' && strstr(problem->message, "found"))
        return "a tab cannot indent; use spaces";
    if (*c && strchr("@`%", *c) && strstr(problem->message, "cannot start any token"))
        return "put the value in quotes";
    bool inside = source + strspn(source, " ") < c;
    if (inside && strstr(problem->message, "did not find expected key"))
        return "nothing may follow a quoted text or a bracket that is closed";
    for (size_t i = 0; i < sizeof advice / sizeof *advice; i++)
        if (strstr(problem->message, advice[i].problem))
            return advice[i].hint;
    return NULL;
}

static int read_document(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    luaL_checkstring(L, 2);
    struct yaml_document *d = lua_newuserdatauv(L, sizeof *d, 2);
    *d = (struct yaml_document){0};
    luaL_setmetatable(L, DOCUMENT);
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, -2, NAME);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, BYTES);
    struct yaml_problem problem = {0};
    if (yaml_document_read(d, bytes, length, &problem))
        return 1;
    bool source = problem.line > 0 && push_source(L, 3, problem.line);
    const char *hint = source ? hint_for(&problem, lua_tostring(L, -1)) : NULL;
    push_problem(L, 3, problem.message, problem.line, problem.column, hint);
    if (source) {
        lua_pushvalue(L, -3);
        lua_setfield(L, -2, "source");
    }
    return 2;
}

static int collect(lua_State *L)
{
    yaml_document_free(check_document(L));
    return 0;
}

static int document_name(lua_State *L)
{
    check_document(L);
    lua_getiuservalue(L, 1, NAME);
    return 1;
}

static int push_source(lua_State *L, int document, lua_Integer line)
{
    lua_getiuservalue(L, document, BYTES);
    size_t length;
    const char *bytes = lua_tolstring(L, -1, &length), *end = bytes + length;
    lua_pop(L, 1); /* the document keeps it */
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        bytes += 3;
    for (lua_Integer i = 1; bytes < end; i++) {
        const char *stop = bytes;
        int line_break = 0;
        while (stop < end && (line_break = yaml_line_break(stop, end)) == 0)
            stop++;
        if (i == line) {
            lua_pushlstring(L, bytes, (size_t)(stop - bytes));
            return 1;
        }
        bytes = stop + line_break;
    }
    return 0;
}

static int document_source(lua_State *L)
{
    check_document(L);
    return push_source(L, 1, luaL_checkinteger(L, 2));
}

static int document_root(lua_State *L)
{
    check_document(L);
    lua_pushinteger(L, 1);
    return 1;
}

static int document_kind(lua_State *L)
{
    struct yaml_document *d = check_document(L);
    lua_pushstring(L, kinds[check_node(L, d, 2)->kind]);
    return 1;
}

static int document_text(lua_State *L)
{
    struct yaml_document *d = check_document(L);
    struct yaml_node *n = check_node(L, d, 2);
    if (n->kind != YAML_KIND_SCALAR)
        return 0;
    lua_pushlstring(L, n->text, n->length);
    return 1;
}

static int document_style(lua_State *L)
{
    static const char *const styles[] = {"plain", "single", "double", "literal", "folded"};
    struct yaml_document *d = check_document(L);
    lua_pushstring(L, styles[check_node(L, d, 2)->style]);
    return 1;
}

static int document_tag(lua_State *L)
{
    struct yaml_document *d = check_document(L);
    lua_pushstring(L, check_node(L, d, 2)->tag);
    return 1;
}

static int document_position(lua_State *L)
{
    struct yaml_document *d = check_document(L);
    struct yaml_node *n = check_node(L, d, 2);
    lua_pushinteger(L, n->line);
    lua_pushinteger(L, n->column);
    return 2;
}

static int document_class(lua_State *L)
{
    static const char *const names[] = {
        [ORUN_NULL] = "null",   [ORUN_BOOLEAN] = "boolean", [ORUN_INTEGER] = "integer",
        [ORUN_FLOAT] = "float", [ORUN_STRING] = "string",   [ORUN_UINT64] = "uint64",
        [ORUN_TIME] = "time"};
    struct yaml_document *d = check_document(L);
    struct yaml_node *n = check_node(L, d, 2);
    if (n->kind != YAML_KIND_SCALAR) {
        lua_pushliteral(L, "string");
        return 1;
    }
    struct yaml_scalar s;
    yaml_resolve_node(n, &s);
    lua_pushstring(L, names[s.kind]);
    return 1;
}

static int document_is_null(lua_State *L)
{
    struct yaml_document *d = check_document(L);
    struct yaml_node *n = check_node(L, d, 2);
    struct yaml_scalar s = {.kind = ORUN_STRING};
    if (n->kind == YAML_KIND_SCALAR)
        yaml_resolve_node(n, &s);
    lua_pushboolean(L, s.kind == ORUN_NULL);
    return 1;
}

static int document_plain_text(lua_State *L)
{
    struct yaml_document *d = check_document(L);
    struct yaml_node *n = check_node(L, d, 2);
    if (n->kind != YAML_KIND_SCALAR || n->tag)
        return 0;
    struct yaml_scalar s;
    yaml_resolve_node(n, &s);
    if (s.kind == ORUN_NULL)
        return 0;
    lua_pushlstring(L, n->text, n->length);
    return 1;
}

/* ---- mappings ---------------------------------------------------------------------------------
 */

/* Stack at the given index: the list of keys and nodes; above it the set of names already there,
 * when merging. */
struct entry_list {
    int list, seen;
    lua_Integer count;
};

static bool add_entry(struct yaml_entries *e, int key, int value, void *data)
{
    struct entry_list *out = data;
    lua_State *L = e->L;
    const struct yaml_node *k = &e->d->nodes[key];
    if (out->seen) {
        lua_pushlstring(L, k->text, k->length);
        lua_pushvalue(L, -1);
        bool known = lua_rawget(L, out->seen) != LUA_TNIL;
        lua_pop(L, 1);
        if (known) {
            lua_pop(L, 1);
            return true;
        }
        lua_pushboolean(L, 1);
        lua_rawset(L, out->seen);
    }
    lua_pushlstring(L, k->text, k->length);
    lua_rawseti(L, out->list, ++out->count);
    lua_pushinteger(L, value + 1);
    lua_rawseti(L, out->list, ++out->count);
    lua_pushinteger(L, key + 1);
    lua_rawseti(L, out->list, ++out->count);
    return true;
}

static int entries_problem(lua_State *L, struct yaml_entries *e)
{
    push_problem(L, 1, e->message, e->wrong->line, e->wrong->column, NULL);
    if (push_source(L, 1, e->wrong->line))
        lua_setfield(L, -2, "source");
    return 2;
}

static int document_entries(lua_State *L)
{
    struct yaml_document *d = check_document(L);
    struct yaml_node *n = check_node(L, d, 2);
    luaL_argcheck(L, n->kind == YAML_KIND_MAPPING, 2, "not a mapping");
    struct yaml_entries e = {.L = L, .d = d};
    struct entry_list out = {0};
    lua_createtable(L, n->count / 2 * 3, 0);
    out.list = lua_gettop(L);
    if (yaml_has_merge(d, n)) {
        lua_newtable(L);
        out.seen = lua_gettop(L);
    }
    if (!yaml_visit_map(&e, n, add_entry, &out))
        return entries_problem(L, &e);
    lua_settop(L, out.list);
    return 1;
}

struct search {
    const char *key;
    size_t length;
    int key_node, value_node;
};

static bool match_entry(struct yaml_entries *e, int key, int value, void *data)
{
    struct search *s = data;
    const struct yaml_node *k = &e->d->nodes[key];
    if (s->value_node < 0 && k->length == s->length && memcmp(k->text, s->key, s->length) == 0) {
        s->key_node = key;
        s->value_node = value;
    }
    return true;
}

/* Without the check for duplicates: this serves messages about documents that may be wrong. */
static void find_in_map(struct yaml_entries *e, const struct yaml_node *map, struct search *s)
{
    const int *child = e->d->children + map->first;
    int merge = -1;
    for (int i = 0; i < map->count; i += 2) {
        const struct yaml_node *k = &e->d->nodes[child[i]];
        if (k->kind != YAML_KIND_SCALAR)
            continue;
        if (yaml_is_merge_key(k))
            merge = child[i + 1];
        else
            match_entry(e, child[i], child[i + 1], s);
    }
    if (s->value_node >= 0 || merge < 0)
        return;
    const struct yaml_node *source = &e->d->nodes[merge];
    if (source->kind == YAML_KIND_MAPPING)
        find_in_map(e, source, s);
    for (int i = 0; source->kind == YAML_KIND_SEQUENCE && i < source->count && s->value_node < 0;
         i++) {
        const struct yaml_node *item = &e->d->nodes[e->d->children[source->first + i]];
        if (item->kind == YAML_KIND_MAPPING)
            find_in_map(e, item, s);
    }
}

static int document_get(lua_State *L)
{
    struct yaml_document *d = check_document(L);
    struct yaml_node *n = check_node(L, d, 2);
    struct search s = {.key_node = -1, .value_node = -1};
    s.key = luaL_checklstring(L, 3, &s.length);
    struct yaml_entries e = {.L = L, .d = d};
    if (n->kind == YAML_KIND_MAPPING)
        find_in_map(&e, n, &s);
    if (s.value_node < 0)
        return 0;
    lua_pushinteger(L, s.value_node + 1);
    lua_pushinteger(L, s.key_node + 1);
    return 2;
}

static int document_find(lua_State *L)
{
    struct yaml_document *d = check_document(L);
    int top = lua_gettop(L), at = 0, key = -1;
    bool complete = true;
    struct yaml_entries e = {.L = L, .d = d};
    for (int i = 2; i <= top && complete; i++) {
        struct yaml_node *n = &d->nodes[at];
        if (lua_isinteger(L, i) && n->kind == YAML_KIND_SEQUENCE) {
            lua_Integer index = lua_tointeger(L, i);
            complete = index >= 1 && index <= n->count;
            if (complete)
                at = d->children[n->first + index - 1];
        } else if (n->kind == YAML_KIND_MAPPING) {
            struct search s = {.key_node = -1, .value_node = -1};
            lua_pushvalue(L, i);
            s.key = luaL_checklstring(L, -1, &s.length);
            find_in_map(&e, n, &s);
            lua_pop(L, 1);
            complete = s.value_node >= 0;
            if (complete)
                at = s.value_node, key = s.key_node;
        } else {
            complete = false;
        }
    }
    lua_pushinteger(L, at + 1);
    lua_pushboolean(L, complete);
    if (key < 0)
        return 2;
    lua_pushinteger(L, key + 1);
    return 3;
}

static int document_length(lua_State *L)
{
    struct yaml_document *d = check_document(L);
    struct yaml_node *n = check_node(L, d, 2);
    lua_pushinteger(L, n->kind == YAML_KIND_MAPPING ? n->count / 2 : n->count);
    return 1;
}

static int document_items(lua_State *L)
{
    struct yaml_document *d = check_document(L);
    struct yaml_node *n = check_node(L, d, 2);
    luaL_argcheck(L, n->kind == YAML_KIND_SEQUENCE, 2, "not a sequence");
    lua_createtable(L, n->count, 0);
    for (int i = 0; i < n->count; i++) {
        lua_pushinteger(L, d->children[n->first + i] + 1);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static int document_value(lua_State *L)
{
    struct yaml_document *d = check_document(L);
    struct yaml_node *n = check_node(L, d, 2);
    struct yaml_entries e = {.L = L, .d = d};
    if (yaml_push_value(&e, (int)(n - d->nodes)))
        return 1;
    return entries_problem(L, &e);
}

/* decode(node, plan, place): the value, or nothing when the node is not as the plan has it. */
static int document_decode(lua_State *L)
{
    struct yaml_document *d = check_document(L);
    struct yaml_node *n = check_node(L, d, 2);
    luaL_checkany(L, 3);
    luaL_checktype(L, 4, LUA_TTABLE);
    lua_settop(L, 4);
    return yaml_decode(L, d, (int)(n - d->nodes), 3, 4);
}

int luaopen_host_yaml(lua_State *L)
{
    static const luaL_Reg methods[] = {{"name", document_name},
                                       {"source", document_source},
                                       {"root", document_root},
                                       {"kind", document_kind},
                                       {"text", document_text},
                                       {"style", document_style},
                                       {"tag", document_tag},
                                       {"position", document_position},
                                       {"class", document_class},
                                       {"value", document_value},
                                       {"decode", document_decode},
                                       {"length", document_length},
                                       {"items", document_items},
                                       {"entries", document_entries},
                                       {"get", document_get},
                                       {"find", document_find},
                                       {"is_null", document_is_null},
                                       {"plain_text", document_plain_text},
                                       {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"read", read_document}, {"encode", yaml_encode}, {NULL, NULL}};
    luaL_newmetatable(L, DOCUMENT);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    yaml_push_plans(L);
    lua_setfield(L, -2, "plan");
    return 1;
}
