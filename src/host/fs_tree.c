/* host.fs: removing and copying whole trees, at once or on a worker thread while other tasks go on.
 */
#include "condition.h"
#include "fs.h"
#include "names.h"
#include "offload.h"
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

/* What is to be done with a tree. Names and paths are texts of Lua values that the calling function
 * keeps on its stack, also while its task is suspended. */
struct job {
    const char *from, *to; /* to: NULL removes `from` */
    struct orun_walk skips;
    struct orun_clone done;
    struct orun_trouble trouble;
};

struct request {
    struct orun_offload offload;
    struct job job;
};

static void perform(struct job *job)
{
    if (job->to)
        orun_tree_clone(job->from, job->to, &job->skips, &job->done, &job->trouble);
    else
        orun_tree_remove(job->from, &job->trouble);
}

static void set_count(lua_State *L, const char *name, uint64_t n)
{
    lua_pushinteger(L, (lua_Integer)n);
    lua_setfield(L, -2, name);
}

static int push_result(lua_State *L, const struct job *job)
{
    if (job->trouble.error)
        return orun_condition(L, job->trouble.error, job->trouble.path);
    if (!job->to) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_createtable(L, 0, 3);
    set_count(L, "files", job->done.files);
    set_count(L, "reflinks", job->done.reflinks);
    set_count(L, "bytes", job->done.bytes);
    return 1;
}

/* --- on a worker thread ----------------------------------------------------------------------- */

static void perform_request(struct orun_offload *o)
{
    perform(&((struct request *)o)->job);
}

static int finish_request(lua_State *to, struct orun_offload *o)
{
    return push_result(to, &((struct request *)o)->job);
}

static int perform_later(lua_State *L, const struct job *job)
{
    orun_wait_check(L);
    struct request *r = malloc(sizeof *r);
    if (!r)
        return orun_condition(L, ENOMEM, job->from);
    *r = (struct request){
        .offload = {.perform = perform_request, .finish = finish_request, .what = job->from},
        .job = *job};
    return orun_offload(L, &r->offload);
}

static bool in_background(lua_State *L, int options)
{
    if (lua_isnoneornil(L, options))
        return false;
    luaL_checktype(L, options, LUA_TTABLE);
    lua_getfield(L, options, "background");
    bool background = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return background;
}

static int run(lua_State *L, int options, struct job *job)
{
    if (in_background(L, options))
        return perform_later(L, job);
    perform(job);
    return push_result(L, job);
}

/* --- options ---------------------------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The list stays on the stack, and the paths in it. */
static void read_leave_out(lua_State *L, int options, struct orun_walk *walk)
{
    if (lua_isnoneornil(L, options) || lua_getfield(L, options, "leave_out") == LUA_TNIL)
        return;
    if (!lua_istable(L, -1))
        luaL_error(L, "option 'leave_out' must be a list of paths");
    size_t count = lua_rawlen(L, -1);
    const char **paths = lua_newuserdatauv(L, (count + 1) * sizeof *paths, 0);
    for (size_t i = 0; i < count; i++) {
        if (lua_rawgeti(L, -2, (lua_Integer)i + 1) != LUA_TSTRING)
            luaL_error(L, "option 'leave_out' must be a list of paths");
        paths[i] = lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    qsort(paths, count, sizeof *paths, by_bytes);
    walk->leave_out = paths;
    walk->leave_out_count = count;
}

int orun_fs_remove_tree(lua_State *L)
{
    struct job job = {.from = orun_check_path(L, 1)};
    lua_settop(L, 2);
    return run(L, 2, &job);
}

int orun_fs_clone_tree(lua_State *L)
{
    struct job job = {.from = orun_check_path(L, 1), .to = orun_check_path(L, 2)};
    lua_settop(L, 3);
    job.skips.skip = orun_names_option(L, 3, "skip");
    job.skips.skip_any = orun_names_option(L, 3, "skip_any");
    read_leave_out(L, 3, &job.skips);
    return run(L, 3, &job);
}

/* --- what a copy leaves out ------------------------------------------------------------------- */

struct exclusions {
    lua_State *L;
    const struct orun_names *directories, *any;
    lua_Integer count;
};

static int take_exclusion(void *context, const struct orun_entry *e, struct orun_trouble *unused)
{
    (void)unused;
    struct exclusions *x = context;
    const char *slash = strrchr(e->path, '/'), *name = slash ? slash + 1 : e->path;
    size_t length = e->length - (size_t)(name - e->path);
    bool ordinary = e->type == DT_REG || e->type == DT_LNK || e->type == DT_DIR;
    if (ordinary && !(e->type == DT_DIR && orun_names_have(x->directories, name, length)) &&
        !orun_names_have(x->any, name, length))
        return 0;
    lua_pushlstring(x->L, e->path, e->length);
    lua_rawseti(x->L, -2, ++x->count);
    return 0;
}

/* Both sets of names as leaves: nobody looks into what is left out. */
static const struct orun_names *join(lua_State *L, const struct orun_names *a,
                                     const struct orun_names *b)
{
    size_t first = a ? a->count : 0, second = b ? b->count : 0;
    struct orun_names *both =
        lua_newuserdatauv(L, sizeof *both + (first + second) * sizeof both->list[0], 0);
    both->count = first + second;
    for (size_t i = 0; i < sizeof both->first; i++)
        both->first[i] = (a && a->first[i]) || (b && b->first[i]);
    if (first)
        memcpy(both->list, a->list, first * sizeof both->list[0]);
    if (second)
        memcpy(both->list + first, b->list, second * sizeof both->list[0]);
    return both;
}

int orun_fs_exclusions(lua_State *L)
{
    const char *root = orun_check_path(L, 1);
    lua_settop(L, 2);
    struct exclusions x = {.L = L,
                           .directories = orun_names_option(L, 2, "directories"),
                           .any = orun_names_option(L, 2, "any")};
    struct orun_walk walk = {.skip_any = orun_names_option(L, 2, "skip_any"),
                             .leaves = join(L, x.directories, x.any),
                             .visit = take_exclusion,
                             .lenient = true,
                             .context = &x};
    read_leave_out(L, 2, &walk);
    struct orun_trouble t;
    lua_newtable(L);
    if (orun_tree_walk(root, &walk, &t) != 0)
        return orun_condition(L, t.error, t.path);
    return 1;
}
