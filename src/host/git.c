/*
 * host.git: facts about a repository, read with libgit2. Where libgit2 would answer wrongly (sparse
 * checkouts, content filters, extensions it does not know) the answer is ENOTSUP, so that the
 * caller can ask the git program. Owners are checked as git does: a repository of somebody else can
 * name programs to run.
 */
#include "condition.h"

#include <git2.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPOSITORY "host.git.repository"

int luaopen_host_git(lua_State *L);

struct repository {
    git_repository *git; /* NULL once closed */
};

static git_repository *check_open(lua_State *L)
{
    const struct repository *r = luaL_checkudata(L, 1, REPOSITORY);
    if (!r->git)
        luaL_error(L, "the repository is closed");
    return r->git;
}

static const char *last_message(void)
{
    const git_error *error = git_error_last();
    return error && error->message ? error->message : "unknown error of libgit2";
}

/* libgit2 has one code for all that it lacks; its messages begin alike. */
static bool is_unsupported(const char *message)
{
    return strncmp(message, "unsupported", 11) == 0;
}

static int condition(lua_State *L, const char *path)
{
    const char *message = last_message();
    return orun_condition_named(L, is_unsupported(message) ? "ENOTSUP" : "EGIT", path, message);
}

static const char *place(git_repository *git)
{
    const char *workdir = git_repository_workdir(git);
    return workdir ? workdir : git_repository_path(git);
}

/* --- opening
 * --------------------------------------------------------------------------------------- */

static int foreign_owner(lua_State *L, const char *path)
{
    return orun_condition_named(L, "EOWNER", path,
                                "the repository belongs to another user (to trust it: git config "
                                "--global --add safe.directory <its top level>)");
}

/*
 * libgit2 1.5 says "not found" for a repository of another user as well, when the configuration has
 * no safe.directory at all. Looking for the repository without opening it tells the two apart.
 */
static int not_found(lua_State *L, const char *path, const char *ceilings)
{
    git_buf found = {NULL, 0, 0};
    struct stat st;
    bool foreign = git_repository_discover(&found, path, 0, ceilings) == 0 &&
                   stat(found.ptr, &st) == 0 && st.st_uid != geteuid();
    git_buf_dispose(&found);
    if (foreign)
        return foreign_owner(L, path);
    return orun_condition_named(L, "ENOENT", path, "not inside a git repository");
}

/* As with git, GIT_CEILING_DIRECTORIES ends the search upwards; GIT_DIR, which is about one
 * directory, does not count. */
static int open_repository(lua_State *L)
{
    const char *path = orun_check_path(L, 1), *ceilings = getenv("GIT_CEILING_DIRECTORIES");
    struct repository *r = lua_newuserdatauv(L, sizeof *r, 0);
    r->git = NULL;
    luaL_setmetatable(L, REPOSITORY);
    int error = git_repository_open_ext(&r->git, path, 0, ceilings);
    if (error == 0)
        return 1;
    r->git = NULL;
    if (error == GIT_ENOTFOUND)
        return not_found(L, path, ceilings);
    return error == GIT_EOWNER ? foreign_owner(L, path) : condition(L, path);
}

static int close_repository(lua_State *L)
{
    struct repository *r = luaL_checkudata(L, 1, REPOSITORY);
    git_repository_free(r->git);
    r->git = NULL;
    return 0;
}

/* --- facts
 * ----------------------------------------------------------------------------------------- */

static int root(lua_State *L)
{
    const char *workdir = git_repository_workdir(check_open(L));
    if (!workdir) {
        luaL_pushfail(L);
        return 1;
    }
    size_t length = strlen(workdir);
    lua_pushlstring(L, workdir, length > 1 && workdir[length - 1] == '/' ? length - 1 : length);
    return 1;
}

/* The branch that HEAD names, whether or not it has a commit; nil for a HEAD that names a commit.
 */
static void push_branch(lua_State *L, git_repository *git)
{
    static const char heads[] = "refs/heads/";
    git_reference *head = NULL;
    const char *target = NULL;
    if (git_reference_lookup(&head, git, "HEAD") == 0)
        target = git_reference_symbolic_target(head);
    if (target && strncmp(target, heads, sizeof heads - 1) == 0)
        target += sizeof heads - 1;
    lua_pushstring(L, target);
    git_reference_free(head);
}

/* A broken repository: nil, nil, message, errno. */
static int head(lua_State *L)
{
    git_repository *git = check_open(L);
    git_oid id;
    int error = git_reference_name_to_id(&id, git, "HEAD");
    luaL_pushfail(L);
    if (error != 0 && !(error == GIT_ENOTFOUND && git_repository_head_unborn(git) == 1))
        return 1 + condition(L, place(git));
    if (error == 0) {
        char hex[GIT_OID_HEXSZ + 1];
        lua_pushstring(L, git_oid_tostr(hex, sizeof hex, &id));
        lua_replace(L, -2);
    }
    push_branch(L, git);
    return 2;
}

static int remote(lua_State *L)
{
    git_repository *git = check_open(L);
    git_remote *found = NULL;
    const char *name = luaL_optstring(L, 2, "origin");
    const char *url = git_remote_lookup(&found, git, name) == 0 ? git_remote_url(found) : NULL;
    lua_pushstring(L, url);
    git_remote_free(found);
    return 1;
}

/* --- dirty
 * ----------------------------------------------------------------------------------------- */

static bool config_true(git_config *config, const char *name)
{
    int value = 0;
    return git_config_get_bool(&value, config, name) == 0 && value;
}

/* Also set by `git sparse-checkout` in config.worktree, which libgit2 does not read. */
static bool is_sparse(git_repository *git, git_config *config)
{
    char path[4096];
    git_config *own = NULL;
    if (config_true(config, "core.sparseCheckout"))
        return true;
    if (snprintf(path, sizeof path, "%sconfig.worktree", git_repository_path(git)) >=
        (int)sizeof path)
        return false;
    bool sparse =
        git_config_open_ondisk(&own, path) == 0 && config_true(own, "core.sparseCheckout");
    git_config_free(own);
    return sparse;
}

static int stop_at_first(const git_config_entry *entry, void *found)
{
    (void)entry;
    *(bool *)found = true;
    return 1;
}

/* Filters run programs, which libgit2 does not do: a file of git-lfs looks changed to it whenever
 * it looks at all. */
static bool has_filters(git_config *config)
{
    bool found = false;
    git_config_foreach_match(config, "^filter\\..*\\.(clean|process)$", stop_at_first, &found);
    return found;
}

struct changes {
    bool certain;     /* the index, an untracked file, a missing file, another type */
    bool content;     /* only the bytes of a tracked file */
    char first[4096]; /* one of them, the tail of a longer path */
};

static void note_path(struct changes *changes, const char *path)
{
    size_t length = strlen(path);
    if (length >= sizeof changes->first)
        path += length - sizeof changes->first + 1;
    snprintf(changes->first, sizeof changes->first, "%s", path);
}

static int see_change(const char *path, unsigned status, void *seen)
{
    struct changes *changes = seen;
    if (status == 0 || status & GIT_STATUS_IGNORED)
        return 0;
    if (status & ~(unsigned)GIT_STATUS_WT_MODIFIED)
        changes->certain = true;
    else
        changes->content = true;
    if (changes->certain || !changes->first[0])
        note_path(changes, path);
    return changes->certain;
}

static int unsure(lua_State *L, git_repository *git, const char *why)
{
    return orun_condition_named(L, "ENOTSUP", place(git), why);
}

static int dirty(lua_State *L)
{
    git_repository *git = check_open(L);
    git_config *config = NULL;
    if (git_repository_is_bare(git))
        return orun_condition_named(L, "EGIT", place(git), "a bare repository has no files");
    if (git_repository_config_snapshot(&config, git) != 0)
        return condition(L, place(git));
    bool sparse = is_sparse(git, config), filters = has_filters(config);
    git_config_free(config);
    if (sparse)
        return unsure(L, git, "libgit2 does not know sparse checkouts");
    git_status_options options;
    git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION);
    options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED;
    struct changes changes = {0};
    int error = git_status_foreach_ext(git, &options, see_change, &changes);
    if (error < 0 && error != GIT_EUSER)
        return condition(L, place(git));
    if (!changes.certain && changes.content && filters)
        return unsure(L, git, "libgit2 does not run content filters");
    lua_pushboolean(L, changes.certain || changes.content);
    lua_pushstring(L, changes.first[0] ? changes.first : NULL);
    return 2;
}

static const luaL_Reg methods[] = {{"root", root},
                                   {"head", head},
                                   {"dirty", dirty},
                                   {"remote", remote},
                                   {"close", close_repository},
                                   {NULL, NULL}};

static const luaL_Reg functions[] = {{"open", open_repository}, {NULL, NULL}};

int luaopen_host_git(lua_State *L)
{
    if (git_libgit2_init() < 0)
        return luaL_error(L, "libgit2: %s", last_message());
    luaL_newmetatable(L, REPOSITORY);
    lua_pushcfunction(L, close_repository);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, close_repository);
    lua_setfield(L, -2, "__close");
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    luaL_newlib(L, functions);
    return 1;
}
