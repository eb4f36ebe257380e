/* host.json: RFC 8259, and the canonical text in which plans are stored and hashed. */
#include "json_decoder.h"
#include "json_digest.h"
#include "json_lines.h"
#include "json_writer.h"

#include <lauxlib.h>
#include <string.h>

/* A decoder may be asked for less or more than this, but never for more than can be encoded. */
enum { DECODE_DEPTH = 512 };

static int decode(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    int only = 0;
    struct json_decoder d = {
        .L = L, .start = text, .at = text, .end = text + length, .limit = DECODE_DEPTH};
    if (lua_istable(L, 2)) {
        lua_getfield(L, 2, "order");
        d.order = lua_toboolean(L, -1);
        lua_getfield(L, 2, "depth");
        lua_Integer limit = luaL_optinteger(L, -1, DECODE_DEPTH);
        luaL_argcheck(L, limit >= 0 && limit <= JSON_ENCODE_DEPTH, 2, "depth must be 0 to 1000");
        d.limit = (int)limit;
        lua_pop(L, 2);
        if (lua_getfield(L, 2, "only") == LUA_TTABLE)
            only = lua_gettop(L);
    }
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        d.start = d.at += 3;
    if (only ? json_decoder_part(&d, only) : json_decoder_value(&d)) {
        json_decoder_skip_blanks(&d);
        if (d.at == d.end)
            return 1;
        d.message = "more after the value";
    }
    return json_decoder_error(&d);
}

int luaopen_host_json(lua_State *L)
{
    static const luaL_Reg functions[] = {{"encode", json_encode},
                                         {"sha256", json_sha256},
                                         {"encodable", json_encodable},
                                         {"draft", json_draft},
                                         {"decode", decode},
                                         {"records", json_records},
                                         {"digest", json_digest},
                                         {NULL, NULL}};
    json_writer_open(L);
    luaL_newlib(L, functions);
    return 1;
}
