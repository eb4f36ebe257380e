/* host.overlay: directories as jobs may change them without changing them. */
#include "overlay.h"

#include "condition.h"
#include "offload.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define VIEW "host.overlay.view"
/* Where open() has the new view on its stack. */
#define OPENED 2

int luaopen_host_overlay(lua_State *L);

/* --- views ------------------------------------------------------------------------------------ */

const struct orun_view *orun_check_view(lua_State *L, int index)
{
    const struct orun_view *view = luaL_checkudata(L, index, VIEW);
    if (view->mounts < 0)
        luaL_error(L, "the view is closed");
    return view;
}

static const char *path_option(lua_State *L, const char *name, bool needed)
{
    int type = lua_getfield(L, 1, name);
    if (type == LUA_TNIL && !needed)
        return NULL;
    if (type != LUA_TSTRING)
        luaL_error(L, "option '%s' must be a string", name);
    return orun_check_path(L, -1);
}

static struct orun_view *new_view(lua_State *L)
{
    struct orun_view *view = lua_newuserdatauv(L, sizeof *view, 0);
    *view = (struct orun_view){-1, -1, -1};
    luaL_setmetatable(L, VIEW);
    return view;
}

static int overlay_base(lua_State *L)
{
    const char *mask = orun_check_path(L, 1), *what;
    bool user = lua_toboolean(L, 2);
    struct orun_view *base = new_view(L);
    int error = orun_base_open(mask, user, base, &what);
    return error ? orun_condition(L, error, what) : 1;
}

/* Paths and views are values on the stack of the calling function, also while its task is
 * suspended. */
struct opening {
    struct orun_offload offload;
    struct orun_overlay overlay;
    const struct orun_view *base;
    struct orun_view *view;
    const char *what;
    int error;
};

static void perform_opening(struct orun_offload *o)
{
    struct opening *r = (struct opening *)o;
    r->error = orun_view_open(r->base, &r->overlay, r->view, &r->what);
}

static int finish_opening(lua_State *to, struct orun_offload *o)
{
    const struct opening *r = (struct opening *)o;
    if (r->error)
        return orun_condition(to, r->error, r->what);
    lua_pushvalue(to, OPENED);
    return 1;
}

static int overlay_open(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    orun_wait_check(L);
    new_view(L);
    lua_getfield(L, 1, "base");
    const struct orun_view *base = orun_check_view(L, -1);
    struct orun_overlay overlay = {.lower = path_option(L, "lower", true),
                                   .mask = path_option(L, "mask", false),
                                   .upper = path_option(L, "upper", true),
                                   .work = path_option(L, "work", true),
                                   .keep = path_option(L, "keep", false)};
    struct opening *r = malloc(sizeof *r);
    if (!r)
        return orun_condition(L, ENOMEM, overlay.lower);
    *r = (struct opening){
        .offload = {.perform = perform_opening, .finish = finish_opening, .what = overlay.lower},
        .overlay = overlay,
        .base = base,
        .view = lua_touserdata(L, OPENED)};
    return orun_offload(L, &r->offload);
}

/* A path that leads into the view from outside, for as long as it is open. */
static int view_root(lua_State *L)
{
    lua_pushfstring(L, "/proc/self/fd/%d", orun_check_view(L, 1)->root);
    return 1;
}

static int view_close(lua_State *L)
{
    orun_view_close(luaL_checkudata(L, 1, VIEW));
    return 0;
}

struct ending {
    struct orun_offload offload;
    struct orun_view view;
};

static void perform_ending(struct orun_offload *o)
{
    orun_view_close(&((struct ending *)o)->view);
}

static int finish_ending(lua_State *to, struct orun_offload *o)
{
    (void)o;
    lua_pushboolean(to, 1);
    return 1;
}

/* Also when the task is cancelled before it comes to that. */
static int view_finish(lua_State *L)
{
    struct orun_view *view = luaL_checkudata(L, 1, VIEW);
    orun_wait_check(L);
    struct ending *r = malloc(sizeof *r);
    if (!r)
        return view_close(L);
    *r = (struct ending){
        .offload = {.perform = perform_ending, .finish = finish_ending, .release = perform_ending},
        .view = *view};
    *view = (struct orun_view){-1, -1, -1};
    return orun_offload(L, &r->offload);
}

/* --- masks ------------------------------------------------------------------------------------ */

/* Gives a directory the mode, owner and time of another. */
static int liken(int from, const char *from_path, int to, const char *to_path)
{
    struct stat st;
    if (fstatat(from, from_path, &st, 0) != 0)
        return errno;
    if (geteuid() == 0 && fchownat(to, to_path, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
        return errno;
    const struct timespec times[] = {st.st_atim, st.st_mtim};
    if (fchmodat(to, to_path, st.st_mode & 07777, 0) != 0 ||
        utimensat(to, to_path, times, AT_SYMLINK_NOFOLLOW) != 0)
        return errno;
    return 0;
}

/* What shows through where layers meet is the topmost directory, so it has to look like the lowest.
 */
static int overlay_mirror(lua_State *L)
{
    const char *from = orun_check_path(L, 1), *to = orun_check_path(L, 2);
    int error = mkdir(to, 0700) != 0 ? errno : liken(AT_FDCWD, from, AT_FDCWD, to);
    if (error)
        return orun_condition(L, error, to);
    lua_pushboolean(L, 1);
    return 1;
}

/* Cuts a relative path before its slash nearest to the left of `*length`; false at its beginning.
 */
static bool cut(char *path, size_t *length)
{
    while (*length > 0)
        if (path[--*length] == '/') {
            path[*length] = '\0';
            return true;
        }
    return false;
}

static int make_whiteout(int to, const char *path)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof part)
        return ENAMETOOLONG;
    for (size_t i = 1; i < length; i++) {
        if (path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdirat(to, part, 0700) != 0 && errno != EEXIST)
            return errno;
    }
    return mknodat(to, path, S_IFCHR, makedev(0, 0)) == 0 || errno == EEXIST ? 0 : errno;
}

static int liken_parents(int from, int to, const char *path)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    memcpy(part, path, length + 1);
    while (cut(part, &length)) {
        int error = liken(from, part, to, part);
        if (error && error != ENOENT)
            return error;
    }
    return 0;
}

/* Whiteouts first, then the looks of the directories from the last to the first: filling one
 * changes its time, and may not be allowed any more. */
static int fill_mask(lua_State *L, int from, int to, const char *from_name, const char *to_name)
{
    lua_Integer count = luaL_len(L, 3);
    int error = 0;
    for (lua_Integer i = 1; i <= count && !error; i++) {
        error = lua_rawgeti(L, 3, i) == LUA_TSTRING ? make_whiteout(to, orun_check_path(L, -1))
                                                    : EINVAL;
        lua_pop(L, 1);
    }
    for (lua_Integer i = count; i > 0 && !error; i--) {
        lua_rawgeti(L, 3, i);
        error = liken_parents(from, to, lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    return error ? error : liken(AT_FDCWD, from_name, AT_FDCWD, to_name);
}

static int overlay_mask(lua_State *L)
{
    const char *from_name = orun_check_path(L, 1), *to_name = orun_check_path(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    int from = open(from_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int to = open(to_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int error = from < 0 || to < 0 ? errno : fill_mask(L, from, to, from_name, to_name);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    if (error)
        return orun_condition(L, error, to_name);
    lua_pushboolean(L, 1);
    return 1;
}

/* --- what lies in the upper directory --------------------------------------------------------- */

/* Takes the overlay's own notes off a file that leaves the upper directory. */
static int overlay_strip(lua_State *L)
{
    static const char *const notes[] = {"trusted.overlay.origin", "trusted.overlay.impure",
                                        "user.overlay.origin", "user.overlay.impure"};
    const char *path = orun_check_path(L, 1);
    char list[1024];
    ssize_t length = llistxattr(path, list, sizeof list);
    for (size_t i = 0; length != 0 && i < sizeof notes / sizeof *notes; i++)
        lremovexattr(path, notes[i]);
    lua_pushboolean(L, 1);
    return 1;
}

/* Name of the file system that holds a path, where that decides whether it can be overlaid. */
static int overlay_file_system(lua_State *L)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } known[] = {{0x794c7630, "overlayfs"}, {0x6969, "nfs"},       {0xff534d42, "cifs"},
                 {0x65735546, "fuse"},      {0x01021997, "9p"},    {0x2fc12fc1, "zfs"},
                 {0xf15f, "ecryptfs"},      {0x01021994, "tmpfs"}, {0xef53, "ext4"},
                 {0x58465342, "xfs"},       {0x9123683e, "btrfs"}};
    const char *path = orun_check_path(L, 1);
    struct statfs fs;
    if (statfs(path, &fs) != 0)
        return orun_condition(L, errno, path);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if ((unsigned long)fs.f_type == known[i].magic) {
            lua_pushstring(L, known[i].name);
            return 1;
        }
    lua_pushfstring(L, "%I", (LUAI_UACINT)fs.f_type);
    return 1;
}

static const luaL_Reg methods[] = {
    {"root", view_root}, {"close", view_close}, {"finish", view_finish}, {NULL, NULL}};
static const luaL_Reg functions[] = {{"base", overlay_base},
                                     {"open", overlay_open},
                                     {"mirror", overlay_mirror},
                                     {"mask", overlay_mask},
                                     {"strip", overlay_strip},
                                     {"file_system", overlay_file_system},
                                     {NULL, NULL}};

int luaopen_host_overlay(lua_State *L)
{
    luaL_newmetatable(L, VIEW);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, view_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, view_close);
    lua_setfield(L, -2, "__close");
    luaL_newlib(L, functions);
    return 1;
}
