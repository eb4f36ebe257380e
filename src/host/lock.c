/* host.lock: advisory locks between processes. */
#include "lock.h"

#include "condition.h"
#include "loop.h"
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int luaopen_host_lock(lua_State *L);

#define CLAIM "host.lock.claim"
/* Seconds between attempts: doubling from the first to the last. */
#define FIRST_PAUSE 0.001
#define LAST_PAUSE 0.05

struct claim {
    int fd;     /* -1 when released or never held */
    bool whole; /* flock of the file, else one byte */
    bool stays; /* the descriptor does, for the next lock; the path is the user value */
    lua_Integer offset;
};

static int push_unlocked(lua_State *L, bool whole, lua_Integer offset)
{
    struct claim *claim = lua_newuserdatauv(L, sizeof *claim, 1);
    *claim = (struct claim){.fd = -1, .whole = whole, .offset = offset};
    luaL_setmetatable(L, CLAIM);
    return 1;
}

static int condition(lua_State *L, int error, const char *path)
{
    if (error == EWOULDBLOCK) /* on Linux a second name of EAGAIN */
        return orun_condition_named(L, "EWOULDBLOCK", path, "locked by another process");
    return orun_condition(L, error, path);
}

static struct flock byte_range(short type, lua_Integer offset)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
}

/* Returns 0 or an errno; EWOULDBLOCK when another holds it. */
static int try_lock(const struct claim *claim)
{
    int result;
    if (claim->whole) {
        do
            result = flock(claim->fd, LOCK_EX | LOCK_NB);
        while (result != 0 && errno == EINTR);
    } else {
        struct flock range = byte_range(F_WRLCK, claim->offset);
        result = fcntl(claim->fd, F_OFD_SETLK, &range);
    }
    if (result == 0)
        return 0;
    return errno == EAGAIN || errno == EACCES ? EWOULDBLOCK : errno;
}

/* Explicit, because a child that was given the descriptor may still have it. */
static void unlock(const struct claim *claim)
{
    if (claim->whole) {
        flock(claim->fd, LOCK_UN);
    } else {
        struct flock range = byte_range(F_UNLCK, claim->offset);
        fcntl(claim->fd, F_OFD_SETLK, &range);
    }
}

static void release(struct claim *claim)
{
    if (claim->fd < 0)
        return;
    unlock(claim);
    close(claim->fd);
    claim->fd = -1;
}

static void forget(struct claim *claim)
{
    if (claim->fd >= 0)
        close(claim->fd);
    claim->fd = -1;
}

/* The lock was not got. */
static void give_up(struct claim *claim)
{
    if (!claim->stays)
        forget(claim);
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* The claim and the path are kept by the stack of the function that waits. */
struct attempt {
    struct orun_wait wait;
    struct claim *claim;
    const char *path;
    struct orun_timer *timer;
    double pause, left; /* left < 0: no limit */
};

static void try_again(void *data);

static void pause_for(struct attempt *attempt)
{
    double pause = attempt->pause;
    if (attempt->left >= 0 && pause > attempt->left)
        pause = attempt->left;
    if (attempt->left >= 0)
        attempt->left -= pause;
    attempt->pause = attempt->pause * 2 < LAST_PAUSE ? attempt->pause * 2 : LAST_PAUSE;
    attempt->timer = orun_timer_start(pause, try_again, attempt);
}

static void try_again(void *data)
{
    struct attempt *attempt = data;
    attempt->timer = NULL;
    int error = try_lock(attempt->claim);
    if (error == EWOULDBLOCK && attempt->left != 0) {
        pause_for(attempt);
        if (attempt->timer)
            return;
        error = ENOMEM;
    }
    lua_pushinteger(orun_wait_thread(&attempt->wait), error == EWOULDBLOCK ? ETIMEDOUT : error);
    orun_wake(&attempt->wait, 1);
}

static void attempt_cancelled(struct orun_wait *wait)
{
    struct attempt *attempt = wait->data;
    orun_timer_stop(attempt->timer);
    give_up(attempt->claim);
    orun_wake_cancelled(wait);
}

/* Stack: path, ..., Claim, attempt, errno. */
static int attempt_ended(lua_State *L, int n, lua_KContext context)
{
    (void)n;
    struct attempt *attempt = (struct attempt *)context;
    int error = (int)lua_tointeger(L, -1);
    if (error) {
        give_up(attempt->claim);
        return condition(L, error, attempt->path);
    }
    lua_pop(L, 2);
    return 1;
}

static int wait_for_lock(lua_State *L, struct claim *claim, const char *path, double timeout)
{
    struct attempt *attempt = lua_newuserdatauv(L, sizeof *attempt, 0);
    attempt->claim = claim;
    attempt->path = path;
    attempt->pause = FIRST_PAUSE;
    attempt->left = timeout;
    pause_for(attempt);
    if (!attempt->timer)
        return luaL_error(L, "not enough memory for a timer");
    return orun_wait_then(L, &attempt->wait, attempt_cancelled, attempt, attempt_ended,
                          (lua_KContext)attempt);
}

/* --- functions -------------------------------------------------------------------------------- */

static int open_file(const char *path)
{
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/* Takes the lock of the Claim on top of the stack, as the options at `index` say. Its file is open.
 */
static int take(lua_State *L, const char *path, int index)
{
    struct claim *claim = lua_touserdata(L, -1);
    bool waits = false;
    double timeout = -1;
    if (!lua_isnoneornil(L, index)) {
        luaL_checktype(L, index, LUA_TTABLE);
        lua_getfield(L, index, "wait");
        waits = lua_toboolean(L, -1);
        lua_getfield(L, index, "timeout");
        timeout = luaL_optnumber(L, -1, -1);
        lua_pop(L, 2);
    }
    int error = try_lock(claim);
    if (!error)
        return 1;
    if (error != EWOULDBLOCK || !waits || timeout == 0) {
        give_up(claim);
        return condition(L, error, path);
    }
    orun_wait_check(L);
    return wait_for_lock(L, claim, path, timeout);
}

/* Opens the file of the Claim on top of the stack, then takes its lock. */
static int open_and_take(lua_State *L, const char *path, int index)
{
    struct claim *claim = lua_touserdata(L, -1);
    claim->fd = open_file(path);
    return claim->fd < 0 ? orun_condition(L, errno, path) : take(L, path, index);
}

static int lock_file(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    lua_settop(L, 2);
    push_unlocked(L, true, 0);
    return open_and_take(L, path, 2);
}

static lua_Integer check_offset(lua_State *L)
{
    lua_Integer offset = luaL_checkinteger(L, 2);
    luaL_argcheck(L, offset >= 0, 2, "negative");
    return offset;
}

static int lock_byte(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    lua_Integer offset = check_offset(L);
    lua_settop(L, 3);
    push_unlocked(L, false, offset);
    return open_and_take(L, path, 3);
}

static int lock_held(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    struct flock range = byte_range(F_WRLCK, check_offset(L));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool held = fd >= 0 && fcntl(fd, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
    if (fd >= 0)
        close(fd);
    lua_pushboolean(L, held);
    return 1;
}

/* A file that is locked again and again. */
static int lock_open(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    lua_settop(L, 1);
    push_unlocked(L, true, 0);
    struct claim *claim = lua_touserdata(L, -1);
    claim->stays = true;
    claim->fd = open_file(path);
    if (claim->fd < 0)
        return orun_condition(L, errno, path);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 2, 1);
    return 1;
}

static struct claim *check_open(lua_State *L)
{
    struct claim *claim = luaL_checkudata(L, 1, CLAIM);
    if (claim->fd < 0 || !claim->stays)
        luaL_error(L, "an open lock file expected");
    return claim;
}

static int claim_lock(lua_State *L)
{
    check_open(L);
    lua_settop(L, 2);
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 1);
    return take(L, lua_tostring(L, 3), 2);
}

static int claim_unlock(lua_State *L)
{
    unlock(check_open(L));
    return 0;
}

static int claim_held(lua_State *L)
{
    const struct claim *claim = check_open(L);
    struct flock range = byte_range(F_WRLCK, check_offset(L));
    bool held = fcntl(claim->fd, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
    lua_pushboolean(L, held);
    return 1;
}

static int claim_release(lua_State *L)
{
    release(luaL_checkudata(L, 1, CLAIM));
    return 0;
}

/* Closes the descriptor and leaves the lock to the children that have it. */
static int claim_leave(lua_State *L)
{
    forget(luaL_checkudata(L, 1, CLAIM));
    return 0;
}

int orun_claim_descriptor(lua_State *L, int index)
{
    const struct claim *claim = luaL_testudata(L, index, CLAIM);
    if (!claim || claim->fd < 0)
        luaL_error(L, "a held lock expected");
    return claim->fd;
}

static const luaL_Reg functions[] = {{"file", lock_file},
                                     {"byte", lock_byte},
                                     {"held", lock_held},
                                     {"open", lock_open},
                                     {NULL, NULL}};

static const luaL_Reg methods[] = {{"release", claim_release}, {"leave", claim_leave},
                                   {"lock", claim_lock},       {"unlock", claim_unlock},
                                   {"held", claim_held},       {NULL, NULL}};

int luaopen_host_lock(lua_State *L)
{
    luaL_newmetatable(L, CLAIM);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, claim_release);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, claim_release);
    lua_setfield(L, -2, "__close");
    luaL_newlib(L, functions);
    return 1;
}
