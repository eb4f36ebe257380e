/* From a table of options to a running child. */
#include "condition.h"
#include "lock.h"
#include "overlay.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"
#define DEFAULT_GRACE 5
#define DEFAULT_LIMIT (64 * 1024 * 1024)
#define MOST_KEPT 16

extern char **environ;

enum output { OUTPUT_LOG, OUTPUT_CAPTURE, OUTPUT_LINES, OUTPUT_INHERIT, OUTPUT_NULL, OUTPUT_FILE };
static const char *const outputs[] = {"log", "capture", "lines", "inherit", "null", "file", NULL};

/* What is needed only until the child runs. Memory is in userdata on the stack, so that an error
 * frees it; descriptors are closed by close_given. */
struct start {
    struct orun_command command;
    enum output output;
    int keep[MOST_KEPT];
    int input; /* descriptor made for stdin, or -1 */
    int file;  /* opened for output = "file", or -1 */
    double timeout;
};

/* --- options ---------------------------------------------------------------------------------- */

/* The option as its type asks; nil is absent. Leaves the value on the stack, which keeps it alive.
 */
static const char *text_option(lua_State *L, const char *name)
{
    int type = lua_getfield(L, 1, name);
    if (type == LUA_TNIL)
        return NULL;
    if (type != LUA_TSTRING)
        luaL_error(L, "option '%s' must be a string", name);
    return lua_tostring(L, -1);
}

static double number_option(lua_State *L, const char *name, double otherwise)
{
    int type = lua_getfield(L, 1, name);
    if (type != LUA_TNIL && type != LUA_TNUMBER)
        luaL_error(L, "option '%s' must be a number", name);
    double n = type == LUA_TNIL ? otherwise : lua_tonumber(L, -1);
    lua_pop(L, 1);
    return n;
}

static bool flag_option(lua_State *L, const char *name, bool otherwise)
{
    bool flag = lua_getfield(L, 1, name) == LUA_TNIL ? otherwise : lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

/* A list of strings on top of the stack: their number. */
static size_t check_list(lua_State *L, const char *name)
{
    if (!lua_istable(L, -1))
        luaL_error(L, "option '%s' must be a list", name);
    return lua_rawlen(L, -1);
}

static const char *element(lua_State *L, lua_Integer i, const char *name, size_t *length)
{
    if (lua_rawgeti(L, -1, i) != LUA_TSTRING)
        luaL_error(L, "option '%s' must be a list of strings", name);
    const char *text = lua_tolstring(L, -1, length);
    lua_pop(L, 1); /* the list keeps it */
    return text;
}

/* --- argv, environment, PATH ------------------------------------------------------------------ */

/* False when a text has a zero byte inside, which no program can be given. */
static bool read_argv(lua_State *L, struct start *s)
{
    lua_getfield(L, 1, "argv");
    size_t n = check_list(L, "argv");
    if (n == 0)
        luaL_error(L, "option 'argv' is empty");
    char **argv = lua_newuserdatauv(L, (n + 2) * sizeof *argv, 0);
    lua_insert(L, -2);
    s->command.argv = argv + 1;
    for (size_t i = 0; i < n; i++) {
        size_t length;
        const char *text = element(L, (lua_Integer)i + 1, "argv", &length);
        if (strlen(text) != length)
            return false;
        memcpy(&s->command.argv[i], &text, sizeof text);
    }
    s->command.argv[n] = NULL;
    return true;
}

/* NAME=value texts by name. */
static int by_name(const void *a, const void *b)
{
    const unsigned char *x = *(unsigned char *const *)a, *y = *(unsigned char *const *)b;
    while (*x == *y && *x != '=' && *x)
        x++, y++;
    return (*x == '=' ? 0 : *x) - (*y == '=' ? 0 : *y);
}

/* Number of variables of the table on top of the stack, and of the bytes of all NAME=value texts.
 */
static size_t measure_env(lua_State *L, size_t *bytes)
{
    size_t count = 0, name, text;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "variables must map strings to strings");
        lua_tolstring(L, -2, &name);
        lua_tolstring(L, -1, &text);
        *bytes += name + text + 2;
        count++;
    }
    return count;
}

/* Puts the variables of the table on top of the stack into `env`, sorted; their texts go to `to`.
 * False when one cannot be a variable. */
static bool fill_env(lua_State *L, char **env, char *to)
{
    bool good = true;
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        size_t name_length, length;
        const char *name = lua_tolstring(L, -2, &name_length);
        const char *text = lua_tolstring(L, -1, &length);
        good = good && name_length > 0 && !memchr(name, '=', name_length) &&
               strlen(name) == name_length && strlen(text) == length;
        env[n++] = to;
        memcpy(to, name, name_length);
        to[name_length] = '=';
        memcpy(to + name_length + 1, text, length + 1);
        to += name_length + length + 2;
    }
    env[n] = NULL;
    qsort(env, n, sizeof *env, by_name);
    return good;
}

/* An environment that others are laid over: its variables sorted by name, then NULL; their texts
 * follow. */
struct environment {
    bool good;
    size_t count;
    char *entries[];
};

int orun_process_environment(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    size_t bytes = 0, count = measure_env(L, &bytes);
    struct environment *e =
        lua_newuserdatauv(L, sizeof *e + (count + 1) * sizeof *e->entries + bytes, 0);
    luaL_setmetatable(L, ORUN_ENVIRONMENT);
    lua_insert(L, 1);
    e->count = count;
    e->good = fill_env(L, e->entries, (char *)(e->entries + count + 1));
    lua_settop(L, 1);
    return 1;
}

/* Both are sorted by name; the upper one counts. */
static void merge_env(char *const *base, char *const *upper, char **to)
{
    while (*base || *upper) {
        int order = !*base ? 1 : !*upper ? -1 : by_name(base, upper);
        if (order < 0) {
            *to++ = *base++;
        } else {
            *to++ = *upper++;
            base += order == 0;
        }
    }
    *to = NULL;
}

/* The options `base` and `env`. */
static bool read_env(lua_State *L, struct start *s)
{
    const struct environment *base = NULL;
    if (lua_getfield(L, 1, "base") != LUA_TNIL)
        base = luaL_checkudata(L, -1, ORUN_ENVIRONMENT);
    s->command.env = environ;
    if (lua_getfield(L, 1, "env") == LUA_TNIL && !base)
        return true;
    if (lua_isnil(L, -1)) {
        s->command.env = (char **)(uintptr_t)base->entries;
        return base->good;
    }
    if (!lua_istable(L, -1))
        luaL_error(L, "option 'env' must be a table");
    size_t bytes = 0, count = measure_env(L, &bytes), all = count + (base ? base->count : 0);
    char **env = lua_newuserdatauv(L, (all + count + 2) * sizeof *env + bytes, 0);
    char **upper = env + all + 1;
    lua_insert(L, -2);
    bool good = fill_env(L, upper, (char *)(upper + count + 1));
    if (base)
        merge_env(base->entries, upper, env);
    s->command.env = base ? env : upper;
    return good && (!base || base->good);
}

static const char *variable(char *const *env, const char *name)
{
    size_t length = strlen(name);
    for (; *env; env++)
        if (strncmp(*env, name, length) == 0 && (*env)[length] == '=')
            return *env + length + 1;
    return NULL;
}

/* The paths to try for a program without a slash: PATH in order. */
static void list_candidates(lua_State *L, struct start *s, const char *path)
{
    const char *name = s->command.argv[0];
    size_t count = 1, name_length = strlen(name);
    for (const char *p = path; *p; p++)
        count += *p == ':';
    char **list = lua_newuserdatauv(
        L, (count + 1) * sizeof *list + strlen(path) + count * (name_length + 3), 0);
    char *to = (char *)(list + count + 1);
    size_t n = 0;
    for (const char *p = path;; p++) {
        size_t length = strcspn(p, ":");
        list[n++] = to;
        memcpy(to, length ? p : ".", length ? length : 1);
        to += length ? length : 1;
        *to++ = '/';
        memcpy(to, name, name_length + 1);
        to += name_length + 1;
        p += length;
        if (!*p)
            break;
    }
    list[n] = NULL;
    s->command.candidates = list;
}

static void find_candidates(lua_State *L, struct start *s)
{
    char *name = s->command.argv[0];
    if (strchr(name, '/') || !*name) {
        char **list = lua_newuserdatauv(L, 2 * sizeof *list, 0);
        list[0] = name;
        list[1] = NULL;
        s->command.candidates = list;
        return;
    }
    const char *path = variable(s->command.env, "PATH");
    if (!path)
        path = DEFAULT_PATH;
    list_candidates(L, s, path);
}

/* --- descriptors ------------------------------------------------------------------------------ */

/* /dev/null, opened once. The first call also makes sure that descriptors 0 to 2 are taken. */
static int null_device(void)
{
    static int fd = -1;
    while (fd < 0 || fd <= 2) {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd < 0)
            return -1;
        if (fd <= 2)
            fcntl(fd, F_SETFD, 0);
    }
    return fd;
}

/* The bytes as a file in memory: nothing has to be fed to the child while it runs. */
static int memory_file(const char *bytes, size_t length)
{
    int fd = memfd_create("stdin", MFD_CLOEXEC);
    while (fd >= 0 && length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno != EINTR) {
            int error = errno;
            close(fd);
            errno = error;
            return -1;
        }
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
        }
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

/* Nothing comes, but the end does not either before the child's, or that of orun. */
static int open_endless(struct orun_process *p, struct start *s)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    s->command.in = s->input = ends[0];
    p->feed = ends[1];
    return 0;
}

static int open_input(lua_State *L, struct orun_process *p, struct start *s)
{
    int type = lua_getfield(L, 1, "stdin");
    if (type == LUA_TNIL) {
        s->command.in = null_device();
        return s->command.in < 0 ? errno : 0;
    }
    if (type != LUA_TSTRING)
        luaL_error(L, "option 'stdin' must be a string");
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    if (strcmp(text, "inherit") == 0)
        return 0;
    if (strcmp(text, "open") == 0)
        return open_endless(p, s);
    s->command.in = s->input = memory_file(text, length);
    return s->input < 0 ? errno : 0;
}

static int open_output(struct orun_process *p, struct start *s)
{
    struct orun_command *c = &s->command;
    int error = 0;
    switch (s->output) {
    case OUTPUT_INHERIT:
        break;
    case OUTPUT_NULL:
        c->out = c->err = null_device();
        return c->out < 0 ? errno : 0;
    case OUTPUT_FILE:
        c->out = c->err = s->file =
            open(p->log.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        return s->file < 0 ? errno : 0;
    default:
        error = orun_pump_open(&p->out);
        c->out = c->err = p->out.write_end;
        if (!error && p->apart) {
            error = orun_pump_open(&p->err);
            c->err = p->err.write_end;
        }
    }
    return error;
}

static void close_given(struct start *s)
{
    if (s->input >= 0)
        close(s->input);
    if (s->file >= 0)
        close(s->file);
    s->input = s->file = -1;
}

/* --- the process ------------------------------------------------------------------------------ */

static void read_locks(lua_State *L, struct start *s)
{
    if (lua_getfield(L, 1, "inherit") != LUA_TNIL) {
        size_t n = check_list(L, "inherit");
        if (n > MOST_KEPT)
            luaL_error(L, "option 'inherit' has more than %d locks", MOST_KEPT);
        for (size_t i = 0; i < n; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i + 1);
            s->keep[i] = orun_claim_descriptor(L, -1);
            lua_pop(L, 1);
        }
        s->command.keep = s->keep;
        s->command.keep_count = n;
    }
    lua_pop(L, 1);
}

void orun_process_mask(lua_State *L, struct orun_process *p)
{
    size_t n = check_list(L, "mask");
    struct orun_mask_value *values = lua_newuserdatauv(L, (n + 1) * sizeof *values, 0);
    lua_insert(L, -2);
    for (size_t i = 0; i < n; i++)
        values[i].bytes = element(L, (lua_Integer)i + 1, "mask", &values[i].length);
    struct orun_mask *mask = orun_mask_with(p->mask, values, n);
    if (!mask)
        luaL_error(L, "not enough memory");
    orun_mask_free(p->mask);
    p->mask = p->out.mask = p->err.mask = mask;
}

/* The view stays open at least until the child has entered it: the table of options has it. */
static void read_view(lua_State *L, struct start *s)
{
    if (lua_getfield(L, 1, "view") != LUA_TNIL) {
        s->command.view = orun_check_view(L, -1);
        if (!s->command.cwd)
            luaL_error(L, "option 'view' needs 'cwd'");
    }
    lua_pop(L, 1);
}

static void read_mask(lua_State *L, struct orun_process *p)
{
    if (lua_getfield(L, 1, "mask") != LUA_TNIL && check_list(L, "mask") > 0)
        orun_process_mask(L, p);
}

static void read_log(lua_State *L, struct orun_process *p, enum output output)
{
    const char *path = text_option(L, "log");
    bool needed = output == OUTPUT_LOG || output == OUTPUT_FILE;
    if (needed && !path)
        luaL_error(L, "option 'log' is missing");
    if (path && (needed || output == OUTPUT_LINES) && !(p->log.path = strdup(path)))
        luaL_error(L, "not enough memory");
    lua_pop(L, 1);
}

static void read_search(lua_State *L, struct orun_process *p)
{
    if (lua_getfield(L, 1, "seek") != LUA_TNIL) {
        lua_Integer n = (lua_Integer)check_list(L, "seek");
        for (lua_Integer i = 1; i <= n; i++) {
            size_t length;
            const char *text = element(L, i, "seek", &length);
            if (!orun_search_add(&p->log.search, text, length))
                luaL_error(L, "option 'seek' takes at most %d texts of 1 to %d bytes",
                           ORUN_SEARCH_MOST, ORUN_SEARCH_LONGEST);
        }
    }
    lua_pop(L, 1);
}

static void set_up_pump(struct orun_process *p, struct orun_pump *pump, const struct start *s)
{
    pump->log = p->log.path ? &p->log : NULL;
    pump->keeps = s->output == OUTPUT_CAPTURE;
    pump->closed = orun_process_pump_closed;
    pump->owner = p;
}

static void line_of_out(struct orun_pump *pump, const char *text, size_t length)
{
    orun_process_line(pump->owner, "stdout", text, length);
}

static void line_of_err(struct orun_pump *pump, const char *text, size_t length)
{
    orun_process_line(pump->owner, "stderr", text, length);
}

static void filter_line(void *pump, const char *text, size_t length)
{
    orun_process_filter(((struct orun_pump *)pump)->owner, pump, text, length);
}

/* Function and prefix become user values of the process, which keep them alive. */
static void read_filter(lua_State *L, struct orun_process *p, int index)
{
    if (lua_getfield(L, 1, "filter") == LUA_TNIL)
        return;
    if (!lua_isfunction(L, -1))
        luaL_error(L, "option 'filter' must be a function");
    lua_setiuservalue(L, index, ORUN_PROCESS_FILTER);
    size_t length;
    if (lua_getfield(L, 1, "prefix") != LUA_TSTRING)
        luaL_error(L, "option 'prefix' must be a string");
    const char *prefix = lua_tolstring(L, -1, &length);
    if (length == 0 || memchr(prefix, '\n', length))
        luaL_error(L, "option 'prefix' is empty or has several lines");
    lua_setiuservalue(L, index, ORUN_PROCESS_PREFIX);
    orun_pump_filter(&p->out, prefix, length, filter_line);
    orun_pump_filter(&p->err, prefix, length, filter_line);
}

/* The function for lines becomes a user value of the process, which is at `index`. */
static void read_line_function(lua_State *L, struct orun_process *p, int index)
{
    if (lua_getfield(L, 1, "line") != LUA_TFUNCTION)
        luaL_error(L, "option 'line' must be a function");
    lua_setiuservalue(L, index, ORUN_PROCESS_LINE);
    p->out.line = line_of_out;
    p->err.line = line_of_err;
}

static struct orun_process *new_process(lua_State *L)
{
    struct orun_process *p = lua_newuserdatauv(L, sizeof *p, 4);
    memset(p, 0, sizeof *p);
    p->over = true; /* as long as no child runs */
    p->log.fd = -1;
    p->child.pidfd = p->feed = -1;
    p->out.event.fd = p->out.write_end = p->err.event.fd = p->err.write_end = -1;
    luaL_setmetatable(L, ORUN_PROCESS);
    return p;
}

/* Everything that can raise an error; afterwards there are descriptors. */
static bool read_options(lua_State *L, struct orun_process *p, struct start *s, int index)
{
    s->output = OUTPUT_CAPTURE;
    if (lua_getfield(L, 1, "output") != LUA_TNIL)
        s->output = (enum output)luaL_checkoption(L, -1, NULL, outputs);
    lua_pop(L, 1);
    p->group = flag_option(L, "group", true);
    s->command.session = flag_option(L, "session", false);
    p->group = p->group || s->command.session;
    s->command.group = p->group;
    p->die_with_parent = s->command.die_with_parent = flag_option(L, "die_with_parent", true);
    p->grace = number_option(L, "grace", DEFAULT_GRACE);
    s->timeout = number_option(L, "timeout", -1);
    double limit = number_option(L, "limit", DEFAULT_LIMIT);
    p->out.limit = p->err.limit = limit > 0 ? (size_t)limit : 0;
    s->command.cwd = text_option(L, "cwd");
    read_view(L, s);
    read_locks(L, s);
    read_mask(L, p);
    read_log(L, p, s->output);
    read_search(L, p);
    if (s->output == OUTPUT_LINES)
        read_line_function(L, p, index);
    set_up_pump(p, &p->out, s);
    set_up_pump(p, &p->err, s);
    read_filter(L, p, index);
    bool good = read_argv(L, s);
    return read_env(L, s) && good;
}

static int refuse(lua_State *L, struct orun_process *p, struct start *s, int error,
                  const char *what)
{
    close_given(s);
    orun_process_release(p);
    return orun_condition(L, error, what);
}

int orun_process_start(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_checkstack(L, 32, "options");
    struct start s = {.command = {.in = -1, .out = -1, .err = -1}, .input = -1, .file = -1};
    struct orun_process *p = new_process(L);
    p->apart = !flag_option(L, "merge", true);
    if (!read_options(L, p, &s, 2))
        return refuse(L, p, &s, EINVAL, s.command.argv[0]);
    find_candidates(L, &s);
    int error = null_device() < 0 ? errno : open_input(L, p, &s);
    if (error)
        return refuse(L, p, &s, error, "stdin");
    error = open_output(p, &s);
    if (error)
        return refuse(L, p, &s, error, s.output == OUTPUT_FILE ? p->log.path : s.command.argv[0]);
    bool bad_cwd;
    clock_gettime(CLOCK_MONOTONIC, &p->began);
    error = orun_child_start(&s.command, &p->child, &bad_cwd);
    if (error)
        return refuse(L, p, &s, error, bad_cwd ? s.command.cwd : s.command.argv[0]);
    close_given(&s);
    p->over = false;
    lua_pushvalue(L, 2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, p);
    error = orun_process_watch(p, s.timeout);
    if (error)
        return refuse(L, p, &s, error, s.command.argv[0]);
    lua_settop(L, 2);
    return 1;
}
