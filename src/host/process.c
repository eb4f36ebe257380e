/* host.process: children and facts about processes. */
#include "process.h"

#include "condition.h"
#include "proc.h"
#include "signals.h"

#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int luaopen_host_process(lua_State *L);

extern char **environ;

/* --- results ---------------------------------------------------------------------------------- */

static void set_integer(lua_State *L, const char *name, int64_t n)
{
    lua_pushinteger(L, n);
    lua_setfield(L, -2, name);
}

static int64_t milliseconds(const struct timeval *t)
{
    return (int64_t)t->tv_sec * 1000 + t->tv_usec / 1000;
}

static void set_bytes(lua_State *L, const char *name, const struct orun_bytes *bytes)
{
    lua_pushlstring(L, bytes->data ? bytes->data : "", bytes->length);
    lua_setfield(L, -2, name);
}

static void push_signal(lua_State *L, int number)
{
    const char *name = orun_signal_name(number);
    if (name)
        lua_pushstring(L, name);
    else
        lua_pushfstring(L, "%d", number);
}

static void set_status(lua_State *L, const struct orun_process *p)
{
    if (WIFSIGNALED(p->status)) {
        push_signal(L, WTERMSIG(p->status));
        lua_setfield(L, -2, "signal");
    } else {
        set_integer(L, "code", WEXITSTATUS(p->status));
    }
    lua_pushboolean(L, p->timed_out);
    lua_setfield(L, -2, "timed_out");
    int64_t ns = (int64_t)(p->ended.tv_sec - p->began.tv_sec) * 1000000000 +
                 (p->ended.tv_nsec - p->began.tv_nsec);
    set_integer(L, "ms", ns > 0 ? ns / 1000000 : 0);
    set_integer(L, "user_ms", milliseconds(&p->usage.ru_utime));
    set_integer(L, "sys_ms", milliseconds(&p->usage.ru_stime));
    set_integer(L, "max_rss_kib", p->usage.ru_maxrss);
}

static void set_found(lua_State *L, const struct orun_search *search)
{
    bool any = false;
    for (size_t i = 0; i < search->count; i++) {
        if (!search->found[i])
            continue;
        if (!any)
            lua_newtable(L);
        any = true;
        lua_pushlstring(L, search->texts[i], search->lengths[i]);
        lua_pushboolean(L, 1);
        lua_rawset(L, -3);
    }
    if (any)
        lua_setfield(L, -2, "found");
}

static void set_output(lua_State *L, const struct orun_process *p)
{
    set_integer(L, "bytes", (int64_t)(p->out.bytes + p->err.bytes));
    if (p->held) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "held");
    }
    if (p->escaped) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "escaped");
    }
    if (p->out.keeps) {
        set_bytes(L, "output", &p->out.kept);
        if (p->apart)
            set_bytes(L, "errors", &p->err.kept);
    }
    if (p->out.truncated || p->err.truncated) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "truncated");
    }
    if (p->log.bytes > 0) {
        lua_pushstring(L, p->log.path);
        lua_setfield(L, -2, "log");
        set_integer(L, "log_bytes", (int64_t)p->log.bytes);
        set_found(L, &p->log.search);
    }
    if (p->log.error) {
        lua_pushfstring(L, "%s: %s", p->log.path, strerror(p->log.error));
        lua_setfield(L, -2, "log_error");
    }
}

/* When the wait ends: the Process is at index 1. */
static int push_result(lua_State *L, int n, lua_KContext context)
{
    (void)n;
    (void)context;
    const struct orun_process *p = lua_touserdata(L, 1);
    if (lua_getiuservalue(L, 1, ORUN_PROCESS_ERROR) != LUA_TNIL)
        return lua_error(L);
    lua_createtable(L, 0, 10);
    set_status(L, p);
    set_output(L, p);
    return 1;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Pushes p and a function of its user values above a message handler at top + 1. */
static bool push_function(lua_State *L, struct orun_process *p, int value)
{
    lua_pushcfunction(L, orun_task_note_traceback);
    lua_rawgetp(L, LUA_REGISTRYINDEX, p);
    return lua_getiuservalue(L, -1, value) == LUA_TFUNCTION;
}

/* The first error ends the process, and is raised where it is waited for. */
static void keep_error(lua_State *L, struct orun_process *p, int top, int value)
{
    lua_setiuservalue(L, top + 2, ORUN_PROCESS_ERROR);
    lua_pushnil(L);
    lua_setiuservalue(L, top + 2, value);
    orun_process_terminate(p);
}

void orun_process_line(struct orun_process *p, const char *stream, const char *text, size_t length)
{
    lua_State *L = orun_task_host();
    int top = lua_gettop(L);
    if (push_function(L, p, ORUN_PROCESS_LINE)) {
        lua_pushlstring(L, text, length);
        lua_pushstring(L, stream);
        if (lua_pcall(L, 2, 0, top + 1) != LUA_OK)
            keep_error(L, p, top, ORUN_PROCESS_LINE);
    }
    lua_settop(L, top);
}

void orun_process_filter(struct orun_process *p, struct orun_pump *pump, const char *text,
                         size_t length)
{
    lua_State *L = orun_task_host();
    int top = lua_gettop(L);
    if (push_function(L, p, ORUN_PROCESS_FILTER)) {
        lua_pushlstring(L, text, length);
        if (lua_pcall(L, 1, 1, top + 1) != LUA_OK) {
            keep_error(L, p, top, ORUN_PROCESS_FILTER);
        } else if (lua_type(L, -1) == LUA_TSTRING) {
            lua_pushliteral(L, "\n");
            lua_concat(L, 2);
            size_t n;
            const char *shown = lua_tolstring(L, -1, &n);
            orun_pump_show(pump, shown, n);
        }
    }
    lua_settop(L, top);
}

/* --- methods ---------------------------------------------------------------------------------- */

static struct orun_process *check_process(lua_State *L)
{
    return luaL_checkudata(L, 1, ORUN_PROCESS);
}

static int process_wait(lua_State *L)
{
    struct orun_process *p = check_process(L);
    lua_settop(L, 1);
    return orun_process_wait(L, p, push_result);
}

static int process_run(lua_State *L)
{
    orun_wait_check(L);
    int n = orun_process_start(L);
    if (n != 1)
        return n;
    lua_replace(L, 1);
    return process_wait(L);
}

static int process_pid(lua_State *L)
{
    lua_pushinteger(L, check_process(L)->child.pid);
    return 1;
}

static int check_signal(lua_State *L, int index)
{
    int number = orun_signal_number(luaL_checkstring(L, index));
    luaL_argcheck(L, number, index, "no signal has that name");
    return number;
}

static int process_kill(lua_State *L)
{
    struct orun_process *p = check_process(L);
    lua_pushboolean(L, orun_process_signal(p, check_signal(L, 2)));
    return 1;
}

static int process_terminate(lua_State *L)
{
    orun_process_terminate(check_process(L));
    return 0;
}

static int process_mask(lua_State *L)
{
    struct orun_process *p = check_process(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    orun_process_mask(L, p);
    return 0;
}

static int process_free(lua_State *L)
{
    orun_process_release(check_process(L));
    return 0;
}

/* --- facts about any process ------------------------------------------------------------------ */

static int process_start_ticks(lua_State *L)
{
    struct orun_process *p = check_process(L);
    struct orun_proc proc;
    if (p->child.start_ticks < 0 && !p->reaped && orun_proc_read(p->child.pid, &proc))
        p->child.start_ticks = proc.start_ticks;
    if (p->child.start_ticks >= 0)
        lua_pushinteger(L, p->child.start_ticks);
    else
        luaL_pushfail(L);
    return 1;
}

static int start_ticks(lua_State *L)
{
    struct orun_proc proc;
    if (orun_proc_read((pid_t)luaL_optinteger(L, 1, getpid()), &proc))
        lua_pushinteger(L, proc.start_ticks);
    else
        luaL_pushfail(L);
    return 1;
}

static int is_alive(lua_State *L)
{
    struct orun_proc proc;
    bool alive = orun_proc_read((pid_t)luaL_checkinteger(L, 1), &proc) && !orun_proc_is_dead(&proc);
    lua_pushboolean(L, alive && luaL_optinteger(L, 2, proc.start_ticks) == proc.start_ticks);
    return 1;
}

static int ignores(lua_State *L)
{
    struct sigaction action;
    bool known = sigaction(check_signal(L, 1), NULL, &action) == 0;
    lua_pushboolean(L, known && action.sa_handler == SIG_IGN);
    return 1;
}

static int own_pid(lua_State *L)
{
    lua_pushinteger(L, getpid());
    return 1;
}

static int kill_any(lua_State *L)
{
    lua_Integer pid = luaL_checkinteger(L, 1);
    int number = check_signal(L, 2);
    /* 0 and -1 would reach orun itself and everything else of the user. */
    luaL_argcheck(L, pid > 0 || pid < -1, 1, "no process or group has that id");
    if (kill((pid_t)pid, number) != 0)
        return orun_condition(L, errno, NULL);
    lua_pushboolean(L, 1);
    return 1;
}

static int own_environment(lua_State *L)
{
    lua_newtable(L);
    for (char **entry = environ; *entry; entry++) {
        const char *equals = strchr(*entry, '=');
        if (!equals)
            continue;
        lua_pushlstring(L, *entry, (size_t)(equals - *entry));
        lua_pushstring(L, equals + 1);
        lua_rawset(L, -3);
    }
    return 1;
}

static bool is_program(const char *path)
{
    struct stat st;
    return access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int which(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const char *own = getenv("PATH");
    const char *path = luaL_optstring(L, 2, own ? own : "");
    if (strchr(name, '/')) {
        lua_settop(L, 1);
        return is_program(name) ? 1 : (luaL_pushfail(L), 1);
    }
    for (const char *p = path; *name; p++) {
        size_t length = strcspn(p, ":");
        lua_pushlstring(L, length ? p : ".", length ? length : 1);
        lua_pushfstring(L, "%s/%s", lua_tostring(L, -1), name);
        if (is_program(lua_tostring(L, -1)))
            return 1;
        lua_pop(L, 2);
        p += length;
        if (!*p)
            break;
    }
    luaL_pushfail(L);
    return 1;
}

static int use_pidfds(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TBOOLEAN);
    orun_child_use_pidfds(lua_toboolean(L, 1));
    return 0;
}

static const luaL_Reg methods[] = {{"wait", process_wait},
                                   {"pid", process_pid},
                                   {"start_ticks", process_start_ticks},
                                   {"kill", process_kill},
                                   {"terminate", process_terminate},
                                   {"mask", process_mask},
                                   {NULL, NULL}};

static const luaL_Reg functions[] = {{"start", orun_process_start},
                                     {"run", process_run},
                                     {"pid", own_pid},
                                     {"start_ticks", start_ticks},
                                     {"alive", is_alive},
                                     {"kill", kill_any},
                                     {"ignores", ignores},
                                     {"environ", own_environment},
                                     {"environment", orun_process_environment},
                                     {"which", which},
                                     {"use_pidfds", use_pidfds},
                                     {NULL, NULL}};

int luaopen_host_process(lua_State *L)
{
    luaL_newmetatable(L, ORUN_PROCESS);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, process_free);
    lua_setfield(L, -2, "__gc");
    luaL_newmetatable(L, ORUN_ENVIRONMENT);
    luaL_newlib(L, functions);
    return 1;
}
