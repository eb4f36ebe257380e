#include "value.h"

#include <float.h>
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Registry keys and identities: only their addresses count. */
static const char null_identity = 0;
static const char list_key = 0;
static const char uint64_key = 0;
static const char time_key = 0;

void orun_value_push_null(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)&null_identity);
}

static void push_list_metatable(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &list_key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "list");
    lua_setfield(L, -2, "__name");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &list_key);
}

void orun_value_mark_list(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    push_list_metatable(L);
    lua_setmetatable(L, index);
}

static int uint64_tostring(lua_State *L)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)orun_value_to_uint64(L, 1));
    lua_pushlstring(L, text, (size_t)n);
    return 1;
}

static bool is_uint64(lua_State *L, int index)
{
    return orun_value_kind(L, index) == ORUN_UINT64;
}

static int uint64_eq(lua_State *L)
{
    lua_pushboolean(L, is_uint64(L, 1) && is_uint64(L, 2) &&
                           orun_value_to_uint64(L, 1) == orun_value_to_uint64(L, 2));
    return 1;
}

static int uint64_lt(lua_State *L)
{
    if (!is_uint64(L, 1) || !is_uint64(L, 2))
        return luaL_error(L, "attempt to compare a uint64 with another type");
    lua_pushboolean(L, orun_value_to_uint64(L, 1) < orun_value_to_uint64(L, 2));
    return 1;
}

static int uint64_le(lua_State *L)
{
    if (!is_uint64(L, 1) || !is_uint64(L, 2))
        return luaL_error(L, "attempt to compare a uint64 with another type");
    lua_pushboolean(L, orun_value_to_uint64(L, 1) <= orun_value_to_uint64(L, 2));
    return 1;
}

/* Pushes the metatable kept under key, making it from the functions the first time. */
static void push_metatable(lua_State *L, const char *key, const char *name, const luaL_Reg *meta,
                           const luaL_Reg *methods)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    luaL_setfuncs(L, meta, 0);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    if (methods) {
        lua_newtable(L);
        luaL_setfuncs(L, methods, 0);
        lua_setfield(L, -2, "__index");
    }
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void orun_value_push_uint64(lua_State *L, uint64_t n)
{
    static const luaL_Reg meta[] = {{"__tostring", uint64_tostring},
                                    {"__eq", uint64_eq},
                                    {"__lt", uint64_lt},
                                    {"__le", uint64_le},
                                    {NULL, NULL}};
    if (n <= INT64_MAX) {
        lua_pushinteger(L, (lua_Integer)n);
        return;
    }
    uint64_t *p = lua_newuserdatauv(L, sizeof *p, 0);
    *p = n;
    push_metatable(L, &uint64_key, "uint64", meta, NULL);
    lua_setmetatable(L, -2);
}

uint64_t orun_value_to_uint64(lua_State *L, int index)
{
    return *(const uint64_t *)lua_touserdata(L, index);
}

/* Days since 1970-01-01 to a civil date (proleptic Gregorian), after Howard Hinnant's published
 * algorithm. */
static void civil_from_days(int64_t z, int64_t *year, unsigned *month, unsigned *day)
{
    z += 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = (int64_t)yoe + era * 400 + (*month <= 2);
}

struct civil {
    int64_t year;
    unsigned month, day, hour, minute, second;
};

static struct civil civil_of(const struct orun_time *t)
{
    int64_t local = t->seconds + t->offset;
    int64_t days = local / 86400, rest = local % 86400;
    if (rest < 0)
        days--, rest += 86400;
    struct civil c;
    civil_from_days(days, &c.year, &c.month, &c.day);
    c.hour = (unsigned)(rest / 3600);
    c.minute = (unsigned)(rest / 60 % 60);
    c.second = (unsigned)(rest % 60);
    return c;
}

/* ".123" with trailing zeros cut, or nothing. */
static int format_fraction(int32_t nanoseconds, char *buffer)
{
    if (nanoseconds == 0) {
        buffer[0] = '\0';
        return 0;
    }
    int n = snprintf(buffer, 16, ".%09d", (int)nanoseconds);
    while (buffer[n - 1] == '0')
        buffer[--n] = '\0';
    return n;
}

int orun_value_format_time(const struct orun_time *t, char *buffer)
{
    struct civil c = civil_of(t);
    char fraction[16], zone[8] = "Z";
    format_fraction(t->nanoseconds, fraction);
    if (t->offset != 0) {
        int minutes = abs(t->offset) / 60;
        snprintf(zone, sizeof zone, "%c%02d:%02d", t->offset < 0 ? '-' : '+', minutes / 60 % 100,
                 minutes % 60);
    }
    return snprintf(buffer, ORUN_TIME_TEXT, "%04lld-%02u-%02uT%02u:%02u:%02u%s%s",
                    (long long)c.year, c.month, c.day, c.hour, c.minute, c.second, fraction, zone);
}

static const struct orun_time *check_time(lua_State *L, int index)
{
    if (orun_value_kind(L, index) != ORUN_TIME)
        luaL_typeerror(L, index, "time");
    return orun_value_to_time(L, index);
}

static int time_tostring(lua_State *L)
{
    char text[ORUN_TIME_TEXT];
    int n = orun_value_format_time(check_time(L, 1), text);
    lua_pushlstring(L, text, (size_t)n);
    return 1;
}

/* time:text(): the form that templates print, 2024-01-02 00:00:00 +0000 UTC */
static int time_text(lua_State *L)
{
    const struct orun_time *t = check_time(L, 1);
    struct civil c = civil_of(t);
    char text[96], fraction[16], zone[24] = "+0000 UTC";
    format_fraction(t->nanoseconds, fraction);
    if (t->offset != 0) {
        int minutes = abs(t->offset) / 60;
        char sign = t->offset < 0 ? '-' : '+';
        int hours = minutes / 60 % 100;
        snprintf(zone, sizeof zone, "%c%02d%02d %c%02d%02d", sign, hours, minutes % 60, sign, hours,
                 minutes % 60);
    }
    int n = snprintf(text, sizeof text, "%04lld-%02u-%02u %02u:%02u:%02u%s %s", (long long)c.year,
                     c.month, c.day, c.hour, c.minute, c.second, fraction, zone);
    lua_pushlstring(L, text, (size_t)n);
    return 1;
}

static int time_parts(lua_State *L)
{
    const struct orun_time *t = check_time(L, 1);
    lua_pushinteger(L, t->seconds);
    lua_pushinteger(L, t->nanoseconds);
    lua_pushinteger(L, t->offset);
    return 3;
}

static int time_eq(lua_State *L)
{
    if (orun_value_kind(L, 1) != ORUN_TIME || orun_value_kind(L, 2) != ORUN_TIME) {
        lua_pushboolean(L, 0);
        return 1;
    }
    const struct orun_time *a = orun_value_to_time(L, 1), *b = orun_value_to_time(L, 2);
    lua_pushboolean(L, a->seconds == b->seconds && a->nanoseconds == b->nanoseconds &&
                           a->offset == b->offset);
    return 1;
}

void orun_value_push_time(lua_State *L, const struct orun_time *t)
{
    static const luaL_Reg meta[] = {{"__tostring", time_tostring}, {"__eq", time_eq}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"text", time_text}, {"parts", time_parts}, {NULL, NULL}};
    struct orun_time *p = lua_newuserdatauv(L, sizeof *p, 0);
    *p = *t;
    push_metatable(L, &time_key, "time", meta, methods);
    lua_setmetatable(L, -2);
}

const struct orun_time *orun_value_to_time(lua_State *L, int index)
{
    return lua_touserdata(L, index);
}

static bool has_metatable(lua_State *L, int index, const char *key)
{
    if (!lua_getmetatable(L, index))
        return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

enum orun_kind orun_value_kind(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TNONE:
    case LUA_TNIL:
        return ORUN_NIL;
    case LUA_TBOOLEAN:
        return ORUN_BOOLEAN;
    case LUA_TNUMBER:
        return lua_isinteger(L, index) ? ORUN_INTEGER : ORUN_FLOAT;
    case LUA_TSTRING:
        return ORUN_STRING;
    case LUA_TLIGHTUSERDATA:
        return lua_touserdata(L, index) == (void *)&null_identity ? ORUN_NULL : ORUN_OTHER;
    case LUA_TTABLE:
        return has_metatable(L, index, &list_key) ? ORUN_LIST : ORUN_MAP;
    case LUA_TUSERDATA:
        if (has_metatable(L, index, &uint64_key))
            return ORUN_UINT64;
        return has_metatable(L, index, &time_key) ? ORUN_TIME : ORUN_OTHER;
    default:
        return ORUN_OTHER;
    }
}

/* Makes the last digit of "d.ddde±xx" greater by one; false when only nines precede it. */
static bool step_up(char *text)
{
    for (char *p = strchr(text, 'e') - 1; p >= text && *p != '-'; p--) {
        if (*p == '.')
            continue;
        if (*p != '9') {
            ++*p;
            return true;
        }
        *p = '0';
    }
    return false;
}

/*
 * Writes n as "d.ddde±xx" with the fewest digits that read back as n, and possibly zeros after
 * them. Every normal number of up to 15 digits survives %.14e, so fewer need not be tried. Below a
 * power of two the neighbours are nearer than above it: there the digits next above may read back
 * where the nearest ones of that length do not.
 */
static void shortest(double n, char *text, size_t size)
{
    int exponent;
    bool power_of_two = fabs(frexp(n, &exponent)) == 0.5;
    for (int precision = n != 0 && fabs(n) < DBL_MIN ? 0 : 14; precision < 17; precision++) {
        snprintf(text, size, "%.*e", precision, n);
        if (strtod(text, NULL) == n)
            return;
        if (power_of_two && step_up(text) && strtod(text, NULL) == n)
            return;
    }
}

int orun_value_format_float(double n, char *buffer)
{
    if (!isfinite(n))
        return 0;
    double magnitude = fabs(n);
    if (magnitude >= 1 && magnitude < 1e15 && n == (double)(int64_t)n)
        return snprintf(buffer, ORUN_FLOAT_TEXT, "%lld", (long long)n);
    char text[40], digits[24];
    shortest(n, text, sizeof text);
    int count = 0;
    const char *e = strchr(text, 'e');
    for (const char *p = text; p < e; p++) {
        if (*p >= '0' && *p <= '9')
            digits[count++] = *p;
    }
    while (count > 1 && digits[count - 1] == '0')
        count--;
    int exponent = atoi(e + 1);
    char *out = buffer;
    if (text[0] == '-')
        *out++ = '-';
    if (magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21)) {
        *out++ = digits[0];
        if (count > 1) {
            *out++ = '.';
            memcpy(out, digits + 1, (size_t)count - 1);
            out += count - 1;
        }
        out += snprintf(out, 8, "e%c%d", exponent < 0 ? '-' : '+', abs(exponent));
    } else if (exponent < 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = -1; i > exponent; i--)
            *out++ = '0';
        memcpy(out, digits, (size_t)count);
        out += count;
    } else {
        for (int i = 0; i <= exponent || i < count; i++) {
            if (i == exponent + 1)
                *out++ = '.';
            *out++ = i < count ? digits[i] : '0';
        }
    }
    *out = '\0';
    return (int)(out - buffer);
}

static int compare_strings(const void *a, const void *b)
{
    const struct orun_key *x = a, *y = b;
    size_t n = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->text, y->text, n);
    if (order != 0)
        return order;
    return x->length < y->length ? -1 : x->length > y->length;
}

static void sort_keys(struct orun_key *keys, size_t count)
{
    if (count > 16) {
        qsort(keys, count, sizeof *keys, compare_strings);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct orun_key moved = keys[i];
        size_t j = i;
        for (; j > 0 && compare_strings(&keys[j - 1], &moved) > 0; j--)
            keys[j] = keys[j - 1];
        keys[j] = moved;
    }
}

void orun_value_open_keys(lua_State *L, struct orun_keys *keys)
{
    keys->count = 0;
    keys->capacity = 64;
    keys->at = lua_newuserdatauv(L, keys->capacity * sizeof *keys->at, 0);
    keys->slot = lua_gettop(L);
}

static void add_key(lua_State *L, struct orun_keys *keys, int index, int value)
{
    if (keys->count == keys->capacity) {
        struct orun_key *larger = lua_newuserdatauv(L, 2 * keys->capacity * sizeof *larger, 0);
        memcpy(larger, keys->at, keys->count * sizeof *larger);
        keys->at = larger;
        keys->capacity *= 2;
        lua_replace(L, keys->slot);
    }
    struct orun_key *k = &keys->at[keys->count++];
    k->text = lua_tolstring(L, index, &k->length);
    k->value = value;
}

/* The order that a map's metatable states, as a list at the index `list`; 0 without. */
struct key_order {
    int list;
    lua_Integer length;
};

/* Pushes the list, or a nil. */
static struct key_order push_order(lua_State *L, int index)
{
    struct key_order none = {0, 0};
    if (!lua_getmetatable(L, index)) {
        lua_pushnil(L);
        return none;
    }
    lua_pushliteral(L, "__keys");
    bool ordered = lua_rawget(L, -2) == LUA_TTABLE;
    lua_remove(L, -2);
    struct key_order order = {lua_gettop(L), ordered ? (lua_Integer)lua_rawlen(L, -1) : 0};
    return order.length > 0 ? order : none;
}

/* Values stay on the stack up to here: enough for records, no danger to the stack. */
enum { ENTRIES_KEPT = 256 };

static bool may_keep(lua_State *L, size_t count)
{
    return count < ENTRIES_KEPT && lua_checkstack(L, 12);
}

/* Adds the keys of the order that the map has. */
static void add_ordered(lua_State *L, int index, struct key_order order, struct orun_keys *keys,
                        bool keep)
{
    size_t first = keys->count;
    for (lua_Integer i = 1; i <= order.length; i++) {
        lua_rawgeti(L, order.list, i);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, index) == LUA_TNIL) {
            lua_pop(L, 2);
            continue;
        }
        bool kept = keep && may_keep(L, keys->count - first);
        add_key(L, keys, -2, kept ? lua_gettop(L) - 1 : 0);
        lua_replace(L, -2);
        if (!kept)
            lua_pop(L, 1);
    }
}

/* Adds the other keys, sorted, when some are among those since `first` already. */
static void add_others(lua_State *L, int index, struct orun_keys *keys, size_t first)
{
    size_t others = keys->count;
    lua_createtable(L, 0, (int)(others - first));
    int placed = lua_gettop(L);
    for (size_t i = first; i < others; i++) {
        lua_pushlstring(L, keys->at[i].text, keys->at[i].length);
        lua_pushboolean(L, 1);
        lua_rawset(L, placed);
    }
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        bool known = lua_rawget(L, placed) != LUA_TNIL;
        lua_pop(L, 1);
        if (!known)
            add_key(L, keys, -2, 0);
    }
    lua_pop(L, 1);
    sort_keys(keys->at + others, keys->count - others);
}

static int add_keys(lua_State *L, int index, struct orun_keys *keys, bool keep)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 12, "keys");
    size_t first = keys->count, present = 0;
    struct key_order order = push_order(L, index);
    if (order.length > 0)
        add_ordered(L, index, order, keys, keep);
    for (lua_pushnil(L); lua_next(L, index); present++) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            lua_pop(L, 1);
            return -1;
        }
        bool kept = order.length == 0 && keep && may_keep(L, present);
        if (order.length == 0)
            add_key(L, keys, -2, kept ? lua_gettop(L) : 0);
        if (kept)
            lua_pushvalue(L, -2);
        else
            lua_pop(L, 1);
    }
    if (order.length == 0)
        sort_keys(keys->at + first, keys->count - first);
    else if (present != keys->count - first)
        add_others(L, index, keys, first);
    return (int)(keys->count - first);
}

int orun_value_add_entries(lua_State *L, int index, struct orun_keys *keys)
{
    return add_keys(L, index, keys, true);
}

int orun_value_add_keys(lua_State *L, int index, struct orun_keys *keys)
{
    int top = lua_gettop(L);
    int n = add_keys(L, index, keys, false);
    lua_remove(L, top + 1);
    return n;
}

int orun_value_push_keys(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    struct orun_keys keys;
    orun_value_open_keys(L, &keys);
    int n = orun_value_add_keys(L, index, &keys);
    if (n >= 0) {
        lua_createtable(L, n, 0);
        for (int i = 0; i < n; i++) {
            lua_pushlstring(L, keys.at[i].text, keys.at[i].length);
            lua_rawseti(L, -2, i + 1);
        }
    }
    lua_remove(L, keys.slot);
    return n;
}
