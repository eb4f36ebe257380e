/* Deep copies of plain values from one Lua state into another. */
#include "sandbox.h"
#include "utf8.h"
#include "value.h"

#include <stdio.h>
#include <string.h>

/* What a value weighs besides its bytes. */
enum { VALUE_BYTES = 40 };

static bool problem(struct orun_copy *c, const char *text)
{
    if (c->problem[0] == '\0')
        snprintf(c->problem, sizeof c->problem, "%s", text);
    return false;
}

/* Puts a step in front of the way to what the problem is about. */
static bool at_key(struct orun_copy *c, const char *key)
{
    char rest[ORUN_COPY_PROBLEM];
    const char *way = strchr(c->problem, '\n');
    snprintf(rest, sizeof rest, "%s", way ? way + 1 : "");
    size_t said = way ? (size_t)(way - c->problem) : strlen(c->problem);
    snprintf(c->problem + said, sizeof c->problem - said, "\n/%.60s%s", key, rest);
    return false;
}

static bool at_index(struct orun_copy *c, lua_Integer index)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)index - 1);
    return at_key(c, text);
}

static bool weigh(struct orun_copy *c, size_t bytes)
{
    c->bytes += bytes + VALUE_BYTES;
    if (c->bytes <= c->limit)
        return true;
    c->over = true;
    return problem(c, "is too large");
}

/* Whether a text can stand in a plan, and be a command or a variable. Bytes of other kinds would be
 * replaced when the plan is written, without a word. */
static bool is_text(struct orun_copy *c, const char *text, size_t length)
{
    if (memchr(text, '\0', length))
        return problem(c, "is a text with a NUL byte");
    return orun_utf8_check(text, length) == length || problem(c, "is a text that is no UTF-8");
}

static bool copy_string(struct orun_copy *c, int index)
{
    size_t length;
    const char *text = lua_tolstring(c->from, index, &length);
    if (!weigh(c, length) || (c->strict && !is_text(c, text, length)))
        return false;
    lua_pushlstring(c->to, text, length);
    return true;
}

/* The items of the table at index are copied into the table on the top of `to`. */
static bool copy_items(struct orun_copy *c, int index, lua_Integer count)
{
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(c->from, index, i) == LUA_TNIL) {
            lua_pop(c->from, 1);
            problem(c, "is missing: a list has no holes");
            return at_index(c, i);
        }
        bool copied = orun_copy_value(c, lua_gettop(c->from));
        lua_pop(c->from, 1);
        if (!copied)
            return at_index(c, i);
        lua_rawseti(c->to, -2, i);
    }
    return true;
}

static bool copy_pairs(struct orun_copy *c, int index)
{
    for (lua_pushnil(c->from); lua_next(c->from, index);) {
        int top = lua_gettop(c->from);
        if (lua_type(c->from, top - 1) != LUA_TSTRING) {
            char text[80];
            snprintf(text, sizeof text, "has a key of type %s: keys are texts, or 1 to n in a list",
                     lua_typename(c->from, lua_type(c->from, top - 1)));
            lua_pop(c->from, 2);
            return problem(c, text);
        }
        const char *key = lua_tostring(c->from, top - 1);
        if (!copy_string(c, top - 1)) {
            lua_pop(c->from, 2);
            return at_key(c, key);
        }
        bool copied = orun_copy_value(c, top);
        if (!copied) {
            lua_pop(c->to, 1);
            at_key(c, key);
            lua_pop(c->from, 2);
            return false;
        }
        lua_rawset(c->to, -3);
        lua_pop(c->from, 1);
    }
    return true;
}

/* Counts the keys of a table; whether it is the sequence 1 to n. Keys that are numbers belong to
 * lists only. */
static bool is_sequence(struct orun_copy *c, int index, lua_Integer *count)
{
    lua_State *L = c->from;
    lua_Integer found = 0, last = 0, keys = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1), keys++) {
        if (lua_type(L, -2) == LUA_TSTRING || !lua_isinteger(L, -2))
            continue;
        found++;
        if (lua_tointeger(L, -2) > last)
            last = lua_tointeger(L, -2);
    }
    *count = keys;
    if (found == 0 || (found == keys && last == keys))
        return found > 0;
    return problem(c,
                   found == keys ? "is a list with holes" : "mixes the items of a list with keys");
}

static bool enter(struct orun_copy *c, const void *table)
{
    if (c->depth == ORUN_COPY_DEPTH)
        return problem(c, "is nested too deeply");
    for (int i = 0; i < c->depth; i++) {
        if (c->way[i] == table)
            return problem(c, "contains itself");
    }
    c->way[c->depth++] = table;
    return true;
}

static bool copy_contents(struct orun_copy *c, int index)
{
    bool is_list = orun_value_kind(c->from, index) == ORUN_LIST;
    lua_Integer count = (lua_Integer)lua_rawlen(c->from, index);
    if (!is_list)
        is_list = is_sequence(c, index, &count);
    else if (c->from_sandbox && !is_sequence(c, index, &count) && count > 0)
        problem(c, "mixes the items of a list with keys");
    if (c->problem[0] != '\0' || !weigh(c, 0))
        return false;
    if ((size_t)count > (c->limit - c->bytes) / VALUE_BYTES) {
        c->over = true;
        return problem(c, "is too large");
    }
    lua_createtable(c->to, is_list ? (int)count : 0, is_list ? 0 : (int)count);
    if (is_list)
        orun_value_mark_list(c->to, -1);
    if (is_list ? copy_items(c, index, count) : copy_pairs(c, index))
        return true;
    lua_pop(c->to, 1);
    return false;
}

/* What is behind a front may be a copy in part of a table of the host, which `to` is then. */
static bool copy_from_host(struct orun_copy *c, int source)
{
    if (source < 0)
        return problem(c, "is an argument of an earlier call");
    /* What is read and what is made must not share a stack. */
    lua_State *reader = lua_newthread(c->to);
    lua_pushvalue(c->to, source);
    lua_xmove(c->to, reader, 1);
    struct orun_copy whole = {.from = reader, .to = c->to, .limit = c->limit - c->bytes};
    bool copied = orun_copy_value(&whole, -1);
    lua_remove(c->to, copied ? -2 : -1);
    c->bytes += whole.bytes;
    c->over = whole.over;
    return copied || problem(c, whole.problem);
}

static bool copy_plain_table(struct orun_copy *c, int index)
{
    if (!enter(c, lua_topointer(c->from, index)))
        return false;
    bool copied = copy_contents(c, index);
    c->depth--;
    return copied;
}

/* Nothing here may raise an error of the sandbox: it is not protected while results leave it. */
static bool copy_table(struct orun_copy *c, int index)
{
    if (!c->from_sandbox || !orun_frozen_push_behind(c->from, index))
        return copy_plain_table(c, index);
    int behind = lua_gettop(c->from), source = orun_frozen_source(c->from, behind);
    bool copied = source ? copy_from_host(c, source) : copy_plain_table(c, behind);
    lua_pop(c->from, 1);
    return copied;
}

static bool refuse(struct orun_copy *c, int index)
{
    char text[80];
    snprintf(text, sizeof text, "is a %s, which is no plain value",
             lua_typename(c->from, lua_type(c->from, index)));
    return problem(c, text);
}

bool orun_copy_value(struct orun_copy *c, int index)
{
    if (!lua_checkstack(c->from, 8) || !lua_checkstack(c->to, 8))
        return problem(c, "is nested too deeply");
    index = lua_absindex(c->from, index);
    switch (orun_value_kind(c->from, index)) {
    case ORUN_NIL:
        lua_pushnil(c->to);
        return true;
    case ORUN_NULL:
        orun_value_push_null(c->to);
        break;
    case ORUN_BOOLEAN:
        lua_pushboolean(c->to, lua_toboolean(c->from, index));
        break;
    case ORUN_INTEGER:
        lua_pushinteger(c->to, lua_tointeger(c->from, index));
        break;
    case ORUN_FLOAT:
        lua_pushnumber(c->to, lua_tonumber(c->from, index));
        break;
    case ORUN_STRING:
        return copy_string(c, index);
    case ORUN_UINT64:
        orun_value_push_uint64(c->to, orun_value_to_uint64(c->from, index));
        break;
    case ORUN_TIME:
        orun_value_push_time(c->to, orun_value_to_time(c->from, index));
        break;
    case ORUN_LIST:
    case ORUN_MAP:
        return copy_table(c, index);
    case ORUN_OTHER:
        if (!c->function || lua_type(c->from, index) != LUA_TFUNCTION)
            return refuse(c, index);
        c->function(c, index);
        break;
    }
    if (weigh(c, 0))
        return true;
    lua_pop(c->to, 1);
    return false;
}
