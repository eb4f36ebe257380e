/*
 * Lua patterns with a charge: every comparison of a byte is work, so that no pattern runs longer
 * than the instructions that it stands for. Classes are those of ASCII, whatever the locale.
 */
#include "sandbox.h"

#include <lauxlib.h>
#include <string.h>

enum { CAPTURES = 32, DEPTH = 180, SOME = 256 };
enum { OPEN = -1, POSITION = -2 };

struct capture {
    const char *start;
    ptrdiff_t length; /* or OPEN, or POSITION */
};

struct match {
    lua_State *L;
    const char *subject, *subject_end, *pattern_end;
    int depth, level;
    unsigned due;
    struct capture captures[CAPTURES];
};

static const char *match_here(struct match *m, const char *s, const char *p);

static void step(struct match *m)
{
    if (++m->due == SOME) {
        m->due = 0;
        orun_limit_charge(m->L, SOME / 2);
    }
}

/* Classes and sets -------------------------------------------------------------------------------
 */

static bool is_letter(unsigned char c)
{
    return (unsigned char)((c | 0x20) - 'a') < 26;
}

static bool is_digit(unsigned char c)
{
    return (unsigned char)(c - '0') < 10;
}

static bool is_graphic(unsigned char c)
{
    return c > 0x20 && c < 0x7f;
}

static bool in_class(unsigned char c, unsigned char class)
{
    bool in;
    switch (class | 0x20) {
    case 'a':
        in = is_letter(c);
        break;
    case 'c':
        in = c < 0x20 || c == 0x7f;
        break;
    case 'd':
        in = is_digit(c);
        break;
    case 'g':
        in = is_graphic(c);
        break;
    case 'l':
        in = c >= 'a' && c <= 'z';
        break;
    case 'p':
        in = is_graphic(c) && !is_letter(c) && !is_digit(c);
        break;
    case 's':
        in = c == ' ' || (c >= '\t' && c <= '\r');
        break;
    case 'u':
        in = c >= 'A' && c <= 'Z';
        break;
    case 'w':
        in = is_letter(c) || is_digit(c);
        break;
    case 'x':
        in = is_digit(c) || (unsigned char)((c | 0x20) - 'a') < 6;
        break;
    default:
        return class == c;
    }
    if (!is_letter(class))
        return class == c;
    return class & 0x20 ? in : !in;
}

/* The end of the single item (a byte, %x, or a set) that begins at p. */
static const char *item_end(struct match *m, const char *p)
{
    char first = *p++;
    if (first == '%') {
        if (p == m->pattern_end)
            luaL_error(m->L, "malformed pattern (ends with '%%')");
        return p + 1;
    }
    if (first != '[')
        return p;
    if (p < m->pattern_end && *p == '^')
        p++;
    /* A bracket that comes first stands for itself. */
    for (bool inside = false;; inside = true) {
        if (p == m->pattern_end)
            luaL_error(m->L, "malformed pattern (missing ']')");
        char c = *p++;
        if (c == '%') {
            if (p == m->pattern_end)
                luaL_error(m->L, "malformed pattern (missing ']')");
            p++;
        } else if (c == ']' && inside) {
            return p;
        }
    }
}

/* p is at '[', end behind the closing bracket. */
static bool in_set(struct match *m, unsigned char c, const char *p, const char *end)
{
    bool wanted = true;
    const char *last = end - 1;
    if (*++p == '^') {
        wanted = false;
        p++;
    }
    for (; p < last; p++) {
        step(m);
        if (*p == '%') {
            if (in_class(c, (unsigned char)*++p))
                return wanted;
        } else if (last - p > 2 && p[1] == '-') {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2])
                return wanted;
            p += 2;
        } else if ((unsigned char)*p == c) {
            return wanted;
        }
    }
    return !wanted;
}

static bool is_match(struct match *m, const char *s, const char *p, const char *end)
{
    step(m);
    if (s >= m->subject_end)
        return false;
    unsigned char c = (unsigned char)*s;
    switch (*p) {
    case '.':
        return true;
    case '%':
        return in_class(c, (unsigned char)p[1]);
    case '[':
        return in_set(m, c, p, end);
    default:
        return (unsigned char)*p == c;
    }
}

/* Captures ---------------------------------------------------------------------------------------
 */

static const char *open_capture(struct match *m, const char *s, const char *p, ptrdiff_t kind)
{
    if (m->level == CAPTURES)
        luaL_error(m->L, "too many captures");
    m->captures[m->level++] = (struct capture){s, kind};
    const char *found = match_here(m, s, p);
    if (!found)
        m->level--;
    return found;
}

static const char *close_capture(struct match *m, const char *s, const char *p)
{
    int i = m->level - 1;
    while (i >= 0 && m->captures[i].length != OPEN)
        i--;
    if (i < 0)
        luaL_error(m->L, "invalid pattern capture");
    m->captures[i].length = s - m->captures[i].start;
    const char *found = match_here(m, s, p);
    if (!found)
        m->captures[i].length = OPEN;
    return found;
}

/* Behind the text that capture number `digit` holds, where the subject repeats it at s. */
static const char *repeat_capture(struct match *m, const char *s, char digit)
{
    int i = digit - '1';
    if (i < 0 || i >= m->level || m->captures[i].length == OPEN)
        luaL_error(m->L, "invalid capture index %%%d", i + 1);
    ptrdiff_t length = m->captures[i].length;
    if (length < 0)
        length = 0;
    orun_limit_charge_bytes(m->L, (uint64_t)length);
    if (m->subject_end - s < length || memcmp(m->captures[i].start, s, (size_t)length) != 0)
        return NULL;
    return s + length;
}

/* %bxy at s: behind the balanced text. */
static const char *balanced(struct match *m, const char *s, const char *p)
{
    if (m->pattern_end - p < 2)
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (s >= m->subject_end || *s != p[0])
        return NULL;
    size_t nested = 1;
    while (++s < m->subject_end) {
        step(m);
        if (*s == p[1]) {
            if (--nested == 0)
                return s + 1;
        } else if (*s == p[0]) {
            nested++;
        }
    }
    return NULL;
}

/* %f[set]: whether s is where the set begins to match. */
static bool is_frontier(struct match *m, const char *s, const char *p, const char *end)
{
    unsigned char before = s == m->subject ? '\0' : (unsigned char)s[-1];
    unsigned char after = s == m->subject_end ? '\0' : (unsigned char)*s;
    return !in_set(m, before, p, end) && in_set(m, after, p, end);
}

/* Repetition -------------------------------------------------------------------------------------
 */

static const char *as_many(struct match *m, const char *s, const char *p, const char *end)
{
    ptrdiff_t count = 0;
    while (is_match(m, s + count, p, end))
        count++;
    for (; count >= 0; count--) {
        step(m);
        const char *found = match_here(m, s + count, end + 1);
        if (found)
            return found;
    }
    return NULL;
}

static const char *as_few(struct match *m, const char *s, const char *p, const char *end)
{
    for (;;) {
        const char *found = match_here(m, s, end + 1);
        if (found)
            return found;
        if (!is_match(m, s, p, end))
            return NULL;
        s++;
    }
}

/* Escapes that are more than a class; *next tells where matching goes on, NULL when it has ended.
 */
static const char *match_escape(struct match *m, const char *s, const char *p, const char **next)
{
    *next = NULL;
    char kind = p[1];
    if (kind == 'b') {
        s = balanced(m, s, p + 2);
        *next = p + 4;
        return s;
    }
    if (kind == 'f') {
        p += 2;
        if (p >= m->pattern_end || *p != '[')
            luaL_error(m->L, "missing '[' after '%%f' in pattern");
        const char *end = item_end(m, p);
        *next = end;
        return is_frontier(m, s, p, end) ? s : NULL;
    }
    *next = p + 2;
    return repeat_capture(m, s, kind);
}

static bool is_special(const struct match *m, const char *p)
{
    return *p == '%' && m->pattern_end - p > 1 &&
           (p[1] == 'b' || p[1] == 'f' || is_digit((unsigned char)p[1]));
}

/* One item that is neither capture nor escape with a meaning of its own. Returns the end of the
 * whole match when *next is NULL, else where to go on. */
static const char *match_item(struct match *m, const char *s, const char *p, const char **next)
{
    const char *end = item_end(m, p);
    char suffix = '\0';
    if (end < m->pattern_end)
        suffix = *end;
    *next = NULL;
    switch (suffix) {
    case '?': {
        const char *found;
        if (is_match(m, s, p, end) && (found = match_here(m, s + 1, end + 1)))
            return found;
        *next = end + 1;
        return s;
    }
    case '+':
        return is_match(m, s, p, end) ? as_many(m, s + 1, p, end) : NULL;
    case '*':
        return as_many(m, s, p, end);
    case '-':
        return as_few(m, s, p, end);
    default:
        *next = end;
        return is_match(m, s, p, end) ? s + 1 : NULL;
    }
}

/* The end of the match of pattern p at s, or NULL. */
static const char *match_here(struct match *m, const char *s, const char *p)
{
    if (m->depth-- == 0)
        luaL_error(m->L, "pattern too complex");
    while (s && p != m->pattern_end) {
        const char *next = NULL;
        step(m);
        if (*p == '(') {
            bool position = m->pattern_end - p > 1 && p[1] == ')';
            s = open_capture(m, s, p + (position ? 2 : 1), position ? POSITION : OPEN);
        } else if (*p == ')') {
            s = close_capture(m, s, p + 1);
        } else if (*p == '$' && p + 1 == m->pattern_end) {
            if (s != m->subject_end)
                s = NULL;
        } else if (is_special(m, p)) {
            s = match_escape(m, s, p, &next);
        } else {
            s = match_item(m, s, p, &next);
        }
        if (!next)
            break;
        p = next;
    }
    m->depth++;
    return s;
}

static void prepare(struct match *m, lua_State *L, const char *subject, size_t length,
                    const char *pattern_end)
{
    m->L = L;
    m->subject = subject;
    m->subject_end = subject + length;
    m->pattern_end = pattern_end;
    m->due = 0;
}

static const char *attempt(struct match *m, const char *s, const char *p)
{
    m->level = 0;
    m->depth = DEPTH;
    return match_here(m, s, p);
}

/* Results ----------------------------------------------------------------------------------------
 */

/* Pushes capture i; the whole match stands for the first one where there are none. */
static void push_capture(struct match *m, int i, const char *s, const char *end)
{
    if (i >= m->level) {
        if (i != 0)
            luaL_error(m->L, "invalid capture index %%%d", i + 1);
        lua_pushlstring(m->L, s, (size_t)(end - s));
        return;
    }
    const struct capture *c = &m->captures[i];
    if (c->length == OPEN)
        luaL_error(m->L, "unfinished capture");
    if (c->length == POSITION)
        lua_pushinteger(m->L, c->start - m->subject + 1);
    else
        lua_pushlstring(m->L, c->start, (size_t)c->length);
}

static int push_captures(struct match *m, const char *s, const char *end)
{
    int count = m->level == 0 && s ? 1 : m->level;
    luaL_checkstack(m->L, count, "too many captures");
    for (int i = 0; i < count; i++)
        push_capture(m, i, s, end);
    return count;
}

static size_t start_of(lua_State *L, int index, size_t length)
{
    lua_Integer at = luaL_optinteger(L, index, 1);
    if (at > 0)
        return (size_t)at - 1;
    if (at == 0 || at < -(lua_Integer)length)
        return 0;
    return (size_t)((lua_Integer)length + at);
}

/* find with plain text --------------------------------------------------------------------------
 */

static int find_plain(lua_State *L, const char *subject, size_t length, size_t from,
                      const char *text, size_t size)
{
    /* Searching costs about twice what copying does. */
    orun_limit_charge_bytes(L, 2 * ((uint64_t)(length - from) + size));
    const char *found =
        size == 0 ? subject + from : memmem(subject + from, length - from, text, size);
    if (!found) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, found - subject + 1);
    lua_pushinteger(L, found - subject + (lua_Integer)size);
    return 2;
}

static bool has_magic(const char *pattern, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr("^$*+?.([%-", pattern[i]) && pattern[i] != '\0')
            return true;
    }
    return false;
}

static int search(lua_State *L, bool find)
{
    size_t length, size;
    const char *subject = luaL_checklstring(L, 1, &length), *p = luaL_checklstring(L, 2, &size);
    size_t from = start_of(L, 3, length);
    if (from > length) {
        lua_pushnil(L);
        return 1;
    }
    orun_limit_charge_bytes(L, size);
    if (find && (lua_toboolean(L, 4) || !has_magic(p, size)))
        return find_plain(L, subject, length, from, p, size);
    struct match m;
    prepare(&m, L, subject, length, p + size);
    bool anchored = size > 0 && *p == '^';
    p += anchored ? 1 : 0;
    const char *s = subject + from;
    do {
        const char *end = attempt(&m, s, p);
        if (!end)
            continue;
        if (!find)
            return push_captures(&m, s, end);
        lua_pushinteger(L, s - subject + 1);
        lua_pushinteger(L, end - subject);
        return push_captures(&m, NULL, NULL) + 2;
    } while (s++ < m.subject_end && !anchored);
    lua_pushnil(L);
    return 1;
}

static int text_find(lua_State *L)
{
    return search(L, true);
}

static int text_match(lua_State *L)
{
    return search(L, false);
}

/* gmatch: upvalues subject, pattern, where to look next, where the last match ended. */
static int next_match(lua_State *L)
{
    size_t length, size;
    const char *subject = lua_tolstring(L, lua_upvalueindex(1), &length);
    const char *p = lua_tolstring(L, lua_upvalueindex(2), &size);
    lua_Integer from = lua_tointeger(L, lua_upvalueindex(3));
    lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
    orun_limit_charge(L, 2);
    struct match m;
    prepare(&m, L, subject, length, p + size);
    for (const char *s = subject + from; s <= m.subject_end; s++) {
        const char *end = attempt(&m, s, p);
        if (!end || end - subject == last)
            continue;
        lua_pushinteger(L, end - subject);
        lua_copy(L, -1, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return push_captures(&m, s, end);
    }
    return 0;
}

static int text_gmatch(lua_State *L)
{
    size_t length;
    luaL_checklstring(L, 1, &length);
    luaL_checkstring(L, 2);
    size_t from = start_of(L, 3, length);
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)(from > length ? length + 1 : from));
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, next_match, 4);
    return 1;
}

/* gsub -------------------------------------------------------------------------------------------
 */

static void add_template(struct match *m, luaL_Buffer *b, const char *s, const char *end)
{
    lua_State *L = m->L;
    size_t length;
    const char *text = lua_tolstring(L, 3, &length);
    for (const char *p = text, *last = text + length; p < last; p++) {
        step(m);
        if (*p != '%') {
            luaL_addchar(b, *p);
            continue;
        }
        p++;
        if (p < last && *p == '%') {
            luaL_addchar(b, '%');
        } else if (p < last && *p == '0') {
            luaL_addlstring(b, s, (size_t)(end - s));
            orun_limit_length(L, luaL_bufflen(b));
        } else if (p < last && is_digit((unsigned char)*p)) {
            push_capture(m, *p - '1', s, end);
            luaL_tolstring(L, -1, NULL);
            lua_remove(L, -2);
            luaL_addvalue(b);
            orun_limit_length(L, luaL_bufflen(b));
        } else {
            luaL_error(L, "invalid use of '%%' in replacement string");
        }
    }
}

/* Adds what stands for the match from s to end; whether it is another text. */
static bool add_replacement(struct match *m, luaL_Buffer *b, const char *s, const char *end)
{
    lua_State *L = m->L;
    switch (lua_type(L, 3)) {
    case LUA_TFUNCTION:
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(m, s, end), 1);
        break;
    case LUA_TTABLE:
        push_capture(m, 0, s, end);
        lua_gettable(L, 3);
        break;
    default:
        add_template(m, b, s, end);
        return true;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(b, s, (size_t)(end - s));
        return false;
    }
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(b);
    return true;
}

static int text_gsub(lua_State *L)
{
    size_t length, size;
    const char *s = luaL_checklstring(L, 1, &length), *p = luaL_checklstring(L, 2, &size);
    int kind = lua_type(L, 3);
    luaL_argexpected(L,
                     kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION ||
                         kind == LUA_TTABLE,
                     3, "string/function/table");
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)length + 1), count = 0;
    bool changed = false, anchored = size > 0 && *p == '^';
    const char *last = NULL;
    struct match m;
    prepare(&m, L, s, length, p + size);
    p += anchored ? 1 : 0;
    if (kind == LUA_TNUMBER)
        lua_tostring(L, 3);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    while (count < most) {
        const char *end = attempt(&m, s, p);
        if (end && end != last) {
            count++;
            changed = add_replacement(&m, &b, s, end) || changed;
            orun_limit_charge(L, 4);
            orun_limit_length(L, luaL_bufflen(&b));
            s = last = end;
        } else if (s < m.subject_end) {
            luaL_addchar(&b, *s++);
        } else {
            break;
        }
        if (anchored)
            break;
    }
    if (changed) {
        luaL_addlstring(&b, s, (size_t)(m.subject_end - s));
        luaL_pushresult(&b);
    } else {
        lua_pushvalue(L, 1);
    }
    orun_limit_charge_bytes(L, length + lua_rawlen(L, -1));
    lua_pushinteger(L, count);
    return 2;
}

void orun_sandbox_push_patterns(lua_State *L)
{
    static const luaL_Reg functions[] = {{"find", text_find},
                                         {"match", text_match},
                                         {"gmatch", text_gmatch},
                                         {"gsub", text_gsub},
                                         {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
