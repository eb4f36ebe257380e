#include "json_lines.h"
#include "crc32.h"
#include "json_decoder.h"

#include <lauxlib.h>
#include <string.h>

enum { DEPTH = 512, MOST_FIELDS = 64, SLOTS = 256 };

/* The fields that are wanted of every record. Their names are upvalues, from FIRST_NAME on. */
struct fields {
    int count;
    uint64_t set; /* those that the record may have */
    struct {
        const char *text;
        size_t length;
    } names[MOST_FIELDS];
    unsigned char
        slots[SLOTS]; /* numbers of fields, from 1, by slot_of; on from there when taken */
};

enum { FIELDS = 1, RECORD = 2, FIRST_NAME = 3 };

/* Whether a line ends in the checksum of what stands before it. */
static bool is_sealed(const char *line, const char *end)
{
    static const char before[] = ",\"crc\":\"";
    enum { BEFORE = sizeof before - 1, SEAL = BEFORE + 8 + 2 };
    if (end - line < SEAL || end[-1] != '}' || end[-2] != '"' ||
        memcmp(end - SEAL, before, BEFORE) != 0)
        return false;
    uint32_t stated = 0;
    for (const char *p = end - 10; p < end - 2; p++) {
        bool is_digit = *p >= '0' && *p <= '9';
        if (!is_digit && (*p < 'a' || *p > 'f'))
            return false;
        stated = stated << 4 | (uint32_t)(is_digit ? *p - '0' : *p - 'a' + 10);
    }
    return orun_crc32(line, (size_t)(end - SEAL - line)) == stated;
}

static unsigned slot_of(const char *name, size_t length)
{
    unsigned sum = (unsigned)length * 31;
    if (length)
        sum += (unsigned char)name[0] * 7 + (unsigned char)name[length - 1];
    return sum % SLOTS;
}

/* The number of a field, -1 when nobody wants it. */
static int find(const struct fields *f, const char *name, size_t length)
{
    for (unsigned slot = slot_of(name, length); f->slots[slot]; slot = (slot + 1) % SLOTS) {
        int field = f->slots[slot] - 1;
        if (f->names[field].length == length && memcmp(f->names[field].text, name, length) == 0)
            return field;
    }
    return -1;
}

static void add_field(struct fields *f, const char *name, size_t length)
{
    unsigned slot = slot_of(name, length);
    while (f->slots[slot])
        slot = (slot + 1) % SLOTS;
    f->names[f->count].text = name;
    f->names[f->count].length = length;
    f->slots[slot] = (unsigned char)++f->count;
}

/* Goes past the key at d->at and its colon and finds its field; false when there is none. */
static bool read_key(struct json_decoder *d, struct fields *f, int *field)
{
    json_decoder_skip_blanks(d);
    const char *name = d->at + 1;
    const char *quote =
        d->at < d->end && *d->at == '"' ? memchr(name, '"', (size_t)(d->end - name)) : NULL;
    if (!quote)
        return false;
    *field = find(f, name, (size_t)(quote - name));
    if (*field >= 0)
        d->at = quote + 1;
    else if (!json_decoder_skip(d))
        return false;
    json_decoder_skip_blanks(d);
    return d->at < d->end && *d->at++ == ':';
}

/* Puts the wanted fields of the object at d->at into the record at the index and says which there
 * were; false when it is none. */
static bool read_fields(struct json_decoder *d, struct fields *f, int record, uint64_t *found)
{
    lua_State *L = d->L;
    *found = 0;
    if (d->at == d->end || *d->at++ != '{')
        return false;
    for (;;) {
        int field;
        if (!read_key(d, f, &field))
            return false;
        if (field < 0) {
            if (!json_decoder_skip(d))
                return false;
        } else {
            lua_pushvalue(L, lua_upvalueindex(FIRST_NAME + field));
            if (!json_decoder_value(d))
                return false;
            lua_rawset(L, record);
            *found |= (uint64_t)1 << field;
            f->set |= *found;
        }
        json_decoder_skip_blanks(d);
        if (d->at == d->end)
            return false;
        char c = *d->at++;
        if (c == '}')
            return d->at == d->end;
        if (c != ',')
            return false;
    }
}

/* Takes the fields that only the records before had out of the record at the index. */
static void clear(lua_State *L, struct fields *f, int record, uint64_t found)
{
    uint64_t stale = f->set & ~found;
    for (int i = 0; stale; i++, stale >>= 1) {
        if (!(stale & 1))
            continue;
        lua_pushvalue(L, lua_upvalueindex(FIRST_NAME + i));
        lua_pushnil(L);
        lua_rawset(L, record);
    }
    f->set = found;
}

/* Pushes the record of a line, or false for one that is damaged. */
static void push_record(lua_State *L, const char *line, const char *end)
{
    struct json_decoder d = {.L = L, .start = line, .at = line, .end = end, .limit = DEPTH};
    struct fields *f = lua_touserdata(L, lua_upvalueindex(FIELDS));
    int top = lua_gettop(L);
    bool ok = is_sealed(line, end);
    if (ok && f) {
        uint64_t found;
        lua_pushvalue(L, lua_upvalueindex(RECORD));
        ok = read_fields(&d, f, top + 1, &found);
        if (ok)
            clear(L, f, top + 1, found);
    } else if (ok) {
        ok = *line == '{' && json_decoder_value(&d) && d.at == d.end;
    }
    if (!ok) {
        lua_settop(L, top);
        lua_pushboolean(L, false);
    }
}

static int next_record(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_Integer at = luaL_checkinteger(L, 2);
    luaL_argcheck(L, at >= 1 && (size_t)at <= length + 1, 2, "no position in the text");
    const char *line = text + at - 1;
    const char *newline = memchr(line, '\n', (size_t)(text + length - line));
    if (!newline)
        return 0;
    lua_pushinteger(L, newline - text + 2);
    if (newline == line)
        return 1;
    push_record(L, line, newline);
    return 2;
}

int json_records(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_pushnil(L);
        lua_pushcclosure(L, next_record, 1);
        return 1;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    int count = (int)lua_rawlen(L, 1);
    luaL_argcheck(L, count <= MOST_FIELDS, 1, "at most 64 fields");
    luaL_checkstack(L, count + 2, "fields");
    struct fields *f = lua_newuserdatauv(L, sizeof *f, 0);
    memset(f, 0, sizeof *f);
    lua_createtable(L, 0, count);
    for (int i = 1; i <= count; i++) {
        size_t length;
        lua_rawgeti(L, 1, i);
        luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, "names of fields are strings");
        const char *name = lua_tolstring(L, -1, &length);
        add_field(f, name, length);
    }
    lua_pushcclosure(L, next_record, FIRST_NAME - 1 + count);
    return 1;
}
