/* The string library: without dump, with texts for values that never show an address, and charged.
 */
#include "sandbox.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

static uint64_t bytes_of(lua_State *L, int first, int last)
{
    uint64_t bytes = 0;
    for (int i = first; i <= last; i++) {
        if (lua_type(L, i) == LUA_TSTRING)
            bytes += lua_rawlen(L, i);
    }
    return bytes;
}

static int charged(lua_State *L)
{
    int count = lua_gettop(L);
    orun_limit_charge_bytes(L, bytes_of(L, 1, count) + (uint64_t)count * 8);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    int results = lua_gettop(L);
    orun_limit_charge_bytes(L, bytes_of(L, 1, results) + (uint64_t)results * 8);
    return results;
}

void orun_sandbox_charge_by_bytes(lua_State *L)
{
    lua_pushcclosure(L, charged, 1);
}

/* byte and codepoint look at a part only; what counts is how many numbers they give. */
static int charged_by_results(lua_State *L)
{
    int count = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    int results = lua_gettop(L);
    orun_limit_charge(L, (uint64_t)results + 1);
    return results;
}

static int text_sub(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_Integer size = (lua_Integer)length, from = luaL_checkinteger(L, 2),
                to = luaL_optinteger(L, 3, -1);
    if (from < 0)
        from = from < -size ? 1 : size + from + 1;
    else if (from == 0)
        from = 1;
    if (to < 0)
        to = size + to + 1;
    else if (to > size)
        to = size;
    if (from > to) {
        lua_pushliteral(L, "");
        return 1;
    }
    orun_limit_room(L, (uint64_t)(to - from + 1));
    lua_pushlstring(L, text + from - 1, (size_t)(to - from + 1));
    return 1;
}

static int text_rep(lua_State *L)
{
    size_t length, gap;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_Integer count = luaL_checkinteger(L, 2);
    const char *separator = luaL_optlstring(L, 3, "", &gap);
    if (count <= 0 || length + gap == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    uint64_t each = (uint64_t)length + gap;
    uint64_t total =
        (uint64_t)count > UINT64_MAX / each ? UINT64_MAX : (uint64_t)count * each - gap;
    orun_limit_room(L, total);
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, (size_t)total);
    for (lua_Integer i = 0; i < count; i++) {
        memcpy(out, text, length);
        out += length;
        if (i + 1 < count && gap > 0) {
            memcpy(out, separator, gap);
            out += gap;
        }
    }
    luaL_pushresultsize(&b, (size_t)total);
    return 1;
}

const char *orun_sandbox_tostring(lua_State *L, int index, size_t *length)
{
    index = lua_absindex(L, index);
    if (luaL_callmeta(L, index, "__tostring")) {
        if (!lua_isstring(L, -1))
            luaL_error(L, "'__tostring' must return a string");
        return lua_tolstring(L, -1, length);
    }
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
    case LUA_TSTRING:
    case LUA_TBOOLEAN:
    case LUA_TNIL:
        return luaL_tolstring(L, index, length);
    case LUA_TLIGHTUSERDATA:
        lua_pushliteral(L, "null");
        break;
    default:
        lua_pushstring(L, luaL_typename(L, index));
    }
    return lua_tolstring(L, -1, length);
}

/* Makes texts of the arguments for %s, and refuses what shows an address. */
static void prepare_format(lua_State *L, const char *format, size_t length)
{
    int argument = 1, count = lua_gettop(L);
    for (const char *p = format, *end = format + length; p < end; p++) {
        if (*p != '%')
            continue;
        p++;
        if (p < end && *p == '%')
            continue;
        p += strspn(p, "-+ #0123456789.");
        if (p >= end)
            return;
        argument++;
        if (*p == 'p')
            luaL_error(L, "invalid conversion '%%p' to 'format': addresses are not shown");
        if (*p == 's' && argument <= count && lua_type(L, argument) != LUA_TSTRING) {
            orun_sandbox_tostring(L, argument, NULL);
            lua_replace(L, argument);
        }
    }
}

/* Whether a format has nothing but %s, %d and %%, with an argument for each, integers for %d. */
static bool is_simple(lua_State *L, const char *format, size_t length)
{
    int argument = 1, count = lua_gettop(L);
    for (size_t i = 0; i < length; i++) {
        if (format[i] != '%')
            continue;
        i++;
        if (i < length && format[i] == '%')
            continue;
        argument++;
        if (i == length || argument > count)
            return false;
        bool fits = format[i] == 's' || (format[i] == 'd' && lua_type(L, argument) == LUA_TNUMBER &&
                                         lua_isinteger(L, argument));
        if (!fits)
            return false;
    }
    return true;
}

static int format_simply(lua_State *L, const char *format, size_t length)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    int argument = 1;
    for (const char *end = format + length, *next; format < end; format = next + 2) {
        next = memchr(format, '%', (size_t)(end - format));
        luaL_addlstring(&b, format, (size_t)((next ? next : end) - format));
        if (!next)
            break;
        if (next[1] == '%') {
            luaL_addchar(&b, '%');
        } else if (next[1] == 's') {
            orun_sandbox_tostring(L, ++argument, NULL);
            luaL_addvalue(&b);
        } else {
            char *digits = luaL_prepbuffsize(&b, 24);
            luaL_addsize(
                &b, (size_t)snprintf(digits, 24, "%lld", (long long)lua_tointeger(L, ++argument)));
        }
        orun_limit_length(L, luaL_bufflen(&b));
    }
    orun_limit_charge_bytes(L, luaL_bufflen(&b) + length);
    luaL_pushresult(&b);
    return 1;
}

static int text_format(lua_State *L)
{
    size_t length;
    const char *format = luaL_checklstring(L, 1, &length);
    if (is_simple(L, format, length))
        return format_simply(L, format, length);
    prepare_format(L, format, length);
    int count = lua_gettop(L);
    /* %q writes up to four bytes for one. */
    orun_limit_room(L, 4 * bytes_of(L, 1, count) / 3);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, 1);
    orun_limit_charge_bytes(L, bytes_of(L, 1, 1));
    return 1;
}

/* pack writes as much as the numbers of its format say. */
static int text_pack(lua_State *L)
{
    size_t length;
    const char *format = luaL_checklstring(L, 1, &length);
    uint64_t total = 0, number = 0;
    for (size_t i = 0; i <= length; i++) {
        bool digit = i < length && format[i] >= '0' && format[i] <= '9';
        if (digit && number < UINT32_MAX)
            number = number * 10 + (uint64_t)(format[i] - '0');
        if (!digit) {
            total += number;
            number = 0;
        }
    }
    orun_limit_room(L, total);
    return charged(L);
}

static void wrap(lua_State *L, lua_CFunction function, const char *name)
{
    orun_sandbox_push_original(L, "string", name);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
}

void orun_sandbox_push_string(lua_State *L)
{
    static const luaL_Reg own[] = {{"sub", text_sub}, {"rep", text_rep}, {NULL, NULL}};
    static const char *const by_bytes[] = {"char",    "lower",  "upper",
                                           "reverse", "unpack", "packsize"};
    luaL_newlib(L, own);
    orun_sandbox_push_original(L, "string", "len");
    lua_setfield(L, -2, "len");
    for (size_t i = 0; i < sizeof by_bytes / sizeof *by_bytes; i++)
        wrap(L, charged, by_bytes[i]);
    wrap(L, charged_by_results, "byte");
    wrap(L, text_format, "format");
    wrap(L, text_pack, "pack");
    orun_sandbox_push_patterns(L);
}
