/* What a sandbox may use: memory by its allocator, work by a count hook and by what C functions
 * charge. */
#include "heap.h"
#include "sandbox.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum {
    PERIOD = 1000,
    /* One call of a function can do all the work there may be, and no hook fires meanwhile. */
    LOOK_AT_TIME = 1000 * 1000,
    /* With long strings about, single instructions can take long; they are looked at more often. */
    LONG_STRING = 64 * 1024,
    SHORT_PERIOD = 50,
    /* Bytes that cost as much as an instruction. */
    BYTES_PER_WORK = 16,
    /* Small blocks cost more to find and to collect than to fill. */
    LARGE_BLOCK = 1024,
    SMALL_BLOCK = 48,
    VOLUME = 1 << 20,
    FIRST_COLLECTION = 4 << 20,
    /* Varargs that are copied by one instruction. */
    VARARGS = 250,
    PATIENCE_MS = 300,
    /* An instruction takes about ten nanoseconds; one that takes this long on average is no
     * ordinary one. */
    SLOW_NS = SANITIZED ? 2000 : 60,
    /* After this time the calls of small functions that are charged little count as well. */
    LONG_MS = 1000,
    COSTLY_NS = SANITIZED ? 2000 : 16
};

static const char limit_identity = 0;
static const char watched_key = 0;

static void settle(lua_State *L);

static void hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    settle(L);
}

static void hook_every(lua_State *L, int count)
{
    lua_sethook(L, hook, LUA_MASKCOUNT, count);
}

/* Only fields of the thread are set, so this is allowed in the middle of an allocation. */
static void hurry(struct orun_sandbox *s)
{
    if (s->hurry || !s->running)
        return;
    s->hurry = true;
    hook_every(s->running->L, 1);
}

static void *resize(void *block, size_t old_size, size_t size)
{
#if SANITIZED
    (void)old_size;
    if (size > 0)
        return realloc(block, size);
    free(block);
    return NULL;
#else
    return orun_heap_allocate(NULL, block, old_size, size);
#endif
}

void *orun_limit_allocate(void *sandbox, void *block, size_t old_size, size_t size)
{
    struct orun_sandbox *s = sandbox;
    size_t former = block ? old_size : 0;
    if (size > former) {
        size_t more = size - former;
        /* Lua collects and asks again; by then weak tables could tell. */
        if (s->refused || more > s->hard || s->used > s->hard - more) {
            s->refused = s->depth > 0;
            return NULL;
        }
        s->volume += more < LARGE_BLOCK ? more + SMALL_BLOCK : more / 4;
        if (!block && old_size == LUA_TSTRING && size > s->longest)
            s->longest = size;
    }
    void *result = resize(block, former, size);
    if (!result && size > 0)
        return NULL;
    s->used = s->used - former + size;
    if (s->used > s->collect_at || s->volume > VOLUME || s->longest > s->limits.output)
        hurry(s);
    return result;
}

void orun_limit_start(struct orun_sandbox *s)
{
    s->hit = ORUN_LIMIT_NONE;
    s->refused = s->timed = s->hurry = false;
    s->volume = s->longest = 0;
    s->period = PERIOD;
    s->work = s->limits.instructions;
    s->output = s->limits.output;
    s->file[0] = '\0';
    s->line = 0;
    if (s->collect_at == 0)
        s->collect_at =
            s->limits.memory < FIRST_COLLECTION ? s->limits.memory : (size_t)FIRST_COLLECTION;
    hook_every(s->L, PERIOD);
}

static bool place_in(lua_State *L, char *file, int *line)
{
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline <= 0 || ar.source[0] != '@')
            continue;
        *line = ar.currentline;
        strncpy(file, ar.source + 1, ORUN_PLACE - 1);
        file[ORUN_PLACE - 1] = '\0';
        return true;
    }
    return false;
}

bool orun_limit_place(struct orun_sandbox *s, lua_State *L, char *file, int *line)
{
    if (place_in(L, file, line))
        return true;
    for (struct orun_thread *t = s->running; t; t = t->resumer) {
        if (t->L != L && place_in(t->L, file, line))
            return true;
    }
    return false;
}

void orun_limit_raise(lua_State *L, enum orun_limit limit)
{
    struct orun_sandbox *s = orun_sandbox_of(L);
    if (s->hit == ORUN_LIMIT_NONE) {
        s->hit = limit;
        if (limit != ORUN_LIMIT_MEMORY_HARD && !orun_limit_place(s, L, s->file, &s->line))
            s->file[0] = '\0';
    }
    hook_every(L, 1);
    lua_pushlightuserdata(L, (void *)&limit_identity);
    lua_error(L);
}

/* Tables that are metatables must not become those of weak tables: what the collector did would
 * show.
 */
static void forbid_weakness(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &watched_key) != LUA_TTABLE) {
        lua_pop(L, 1);
        return;
    }
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        lua_pushliteral(L, "__mode");
        if (lua_rawget(L, -3) != LUA_TNIL)
            orun_limit_raise(L, ORUN_LIMIT_WEAK);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void orun_limit_watch(lua_State *L, int metatable)
{
    metatable = lua_absindex(L, metatable);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &watched_key) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_createtable(L, 0, 1);
        lua_pushliteral(L, "k");
        lua_setfield(L, -2, "__mode");
        lua_setmetatable(L, -2);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &watched_key);
    }
    lua_pushvalue(L, metatable);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

static void collect(lua_State *L, struct orun_sandbox *s)
{
    s->collect_at = SIZE_MAX;
    forbid_weakness(L);
    s->work -= (int64_t)(s->used / BYTES_PER_WORK);
    lua_gc(L, LUA_GCCOLLECT);
    size_t most = s->limits.memory;
    if (s->used > most - most / 16)
        orun_limit_raise(L, ORUN_LIMIT_MEMORY);
    s->collect_at = 2 * s->used < FIRST_COLLECTION ? FIRST_COLLECTION : 2 * s->used;
    if (s->collect_at > most)
        s->collect_at = most;
}

/* One instruction copies all varargs of its function. */
static int64_t vararg_work(lua_State *L, int period)
{
    lua_Debug ar;
    for (int level = 0; level < 4 && lua_getstack(L, level, &ar); level++) {
        if (!lua_getlocal(L, &ar, -VARARGS))
            continue;
        lua_pop(L, 1);
        int count = VARARGS;
        while (count < 1 << 20 && lua_getlocal(L, &ar, -2 * count)) {
            lua_pop(L, 1);
            count *= 2;
        }
        return (int64_t)count / 4 * period;
    }
    return 0;
}

static int64_t nanoseconds(const struct timespec *from, const struct timespec *to)
{
    return (int64_t)(to->tv_sec - from->tv_sec) * 1000000000 + (to->tv_nsec - from->tv_nsec);
}

/* Comparing or converting long strings is one instruction and no function. What has been running
 * for long, and took far longer than its instructions would, has used up its budget. */
static bool is_slow(struct orun_sandbox *s)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!s->timed) {
        s->timed = true;
        s->started = now;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &s->worked);
        return false;
    }
    if (nanoseconds(&s->started, &now) < (int64_t)PATIENCE_MS * 1000000)
        return false;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    int64_t spent = nanoseconds(&s->worked, &now), done = s->limits.instructions - s->work;
    return (spent > (int64_t)PATIENCE_MS * 1000000 && spent / SLOW_NS > done) ||
           (spent > (int64_t)LONG_MS * 1000000 && spent / COSTLY_NS > done);
}

static void settle_volume(struct orun_sandbox *s)
{
    s->work -= (int64_t)(s->volume / BYTES_PER_WORK);
    s->volume = 0;
}

static void settle(lua_State *L)
{
    struct orun_sandbox *s = orun_sandbox_of(L);
    if (s->hit != ORUN_LIMIT_NONE)
        orun_limit_raise(L, s->hit);
    if (s->depth == 0)
        return;
    if (s->trusted) {
        s->hurry = false;
        s->volume = s->longest = 0;
        hook_every(L, s->period);
        return;
    }
    s->work -= s->period;
    settle_volume(s);
    if (s->longest > LONG_STRING)
        s->period = SHORT_PERIOD;
    s->work -= vararg_work(L, s->period);
    s->hurry = false;
    hook_every(L, s->period);
    if (s->longest > s->limits.output)
        orun_limit_raise(L, ORUN_LIMIT_STRING);
    if (s->used > s->collect_at)
        collect(L, s);
    if (s->work < 0 || is_slow(s))
        orun_limit_raise(L, ORUN_LIMIT_INSTRUCTIONS);
}

void orun_limit_check(lua_State *L)
{
    struct orun_sandbox *s = orun_sandbox_of(L);
    if (s->hit != ORUN_LIMIT_NONE || s->hurry)
        settle(L);
}

void orun_limit_charge(lua_State *L, uint64_t work)
{
    struct orun_sandbox *s = orun_sandbox_of(L);
    if (s->hit != ORUN_LIMIT_NONE)
        orun_limit_raise(L, s->hit);
    if (s->depth == 0 || s->trusted)
        return;
    s->work = work > (uint64_t)s->work ? -1 : s->work - (int64_t)work;
    s->charged += work;
    bool slow = s->charged > LOOK_AT_TIME && is_slow(s);
    if (s->charged > LOOK_AT_TIME)
        s->charged = 0;
    if (s->work < 0 || slow)
        orun_limit_raise(L, ORUN_LIMIT_INSTRUCTIONS);
}

void orun_limit_charge_bytes(lua_State *L, uint64_t bytes)
{
    orun_limit_charge(L, bytes / BYTES_PER_WORK + 1);
}

void orun_limit_room(lua_State *L, uint64_t bytes)
{
    struct orun_sandbox *s = orun_sandbox_of(L);
    if (bytes > s->limits.output)
        orun_limit_raise(L, ORUN_LIMIT_STRING);
    orun_limit_charge_bytes(L, bytes);
    if (bytes > s->hard || s->used > s->hard - bytes)
        collect(L, s);
    if (bytes > s->hard || s->used > s->hard - bytes)
        orun_limit_raise(L, ORUN_LIMIT_MEMORY);
}

void orun_limit_length(lua_State *L, size_t length)
{
    if (length > orun_sandbox_of(L)->limits.output)
        orun_limit_raise(L, ORUN_LIMIT_STRING);
}

void orun_limit_print(lua_State *L, size_t bytes)
{
    struct orun_sandbox *s = orun_sandbox_of(L);
    if (bytes >= s->output)
        orun_limit_raise(L, ORUN_LIMIT_OUTPUT);
    s->output -= bytes + 1;
    orun_limit_charge_bytes(L, bytes);
}

void orun_limit_after(lua_State *L, int status)
{
    if (status == LUA_ERRMEM)
        orun_limit_raise(L, ORUN_LIMIT_MEMORY_HARD);
    orun_limit_check(L);
}
