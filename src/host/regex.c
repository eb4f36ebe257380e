/* host.regex: PCRE2 patterns as JSON Schema uses them (Unicode, unanchored, bounded work). */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <lauxlib.h>
#include <pcre2.h>
#include <stdbool.h>

#define REGEX "host.regex"
enum { MATCH_LIMIT = 1000000, DEPTH_LIMIT = 10000, HEAP_LIMIT_KIB = 20000 };

struct regex {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
};

static int push_message(lua_State *L, int code)
{
    PCRE2_UCHAR text[256];
    pcre2_get_error_message(code, text, sizeof text);
    lua_pushstring(L, (const char *)text);
    return 1;
}

/* compile(pattern) -> Regex | nil, message, offset */
static int compile(lua_State *L)
{
    size_t length;
    const char *pattern = luaL_checklstring(L, 1, &length);
    struct regex *r = lua_newuserdatauv(L, sizeof *r, 0);
    *r = (struct regex){0};
    luaL_setmetatable(L, REGEX);
    int code;
    PCRE2_SIZE offset;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context)
        return luaL_error(L, "out of memory");
    pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALT_BSUX);
    r->code =
        pcre2_compile((PCRE2_SPTR)pattern, length,
                      PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX, &code, &offset, context);
    pcre2_compile_context_free(context);
    if (!r->code) {
        lua_pushnil(L);
        push_message(L, code);
        lua_pushinteger(L, (lua_Integer)offset);
        return 3;
    }
    r->match = pcre2_match_data_create_from_pattern(r->code, NULL);
    r->context = pcre2_match_context_create(NULL);
    if (!r->match || !r->context)
        return luaL_error(L, "out of memory");
    pcre2_set_match_limit(r->context, MATCH_LIMIT);
    pcre2_set_depth_limit(r->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(r->context, HEAP_LIMIT_KIB);
    return 1;
}

/* regex:test(subject) -> boolean | nil, message (limit exceeded, subject not UTF-8) */
static int test(lua_State *L)
{
    struct regex *r = luaL_checkudata(L, 1, REGEX);
    size_t length;
    const char *subject = luaL_checklstring(L, 2, &length);
    int found = pcre2_match(r->code, (PCRE2_SPTR)subject, length, 0, 0, r->match, r->context);
    if (found >= 0 || found == PCRE2_ERROR_NOMATCH) {
        lua_pushboolean(L, found >= 0);
        return 1;
    }
    lua_pushnil(L);
    return 1 + push_message(L, found);
}

static int collect(lua_State *L)
{
    struct regex *r = luaL_checkudata(L, 1, REGEX);
    pcre2_code_free(r->code);
    pcre2_match_data_free(r->match);
    pcre2_match_context_free(r->context);
    *r = (struct regex){0};
    return 0;
}

int luaopen_host_regex(lua_State *L)
{
    static const luaL_Reg methods[] = {{"test", test}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"compile", compile}, {NULL, NULL}};
    luaL_newmetatable(L, REGEX);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
