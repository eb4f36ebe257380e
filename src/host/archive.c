/*
 * host.archive: tar.gz archives in memory (libarchive). Reading trusts nothing in an archive: what
 * is written stays below the destination, and nothing but directories and regular files is ever
 * made, so no entry can lead a later one elsewhere. Writing gives the same bytes for the same
 * entries.
 */
#include "condition.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READER "host.archive.reader"
#define WRITER "host.archive.writer"

int luaopen_host_archive(lua_State *L);

/*
 * libarchive converts names to and from the charset of the locale. In UTF-8 nothing is lost; in the
 * C locale names would become question marks.
 */
static locale_t utf8;

static locale_t enter_utf8(void)
{
    return utf8 ? uselocale(utf8) : (locale_t)0;
}

static void leave_utf8(locale_t before)
{
    if (before)
        uselocale(before);
}

/* --- reading
 * --------------------------------------------------------------------------------------------------
 */

struct trouble {
    const char *name; /* symbolic errno; NULL: `error` is one */
    int error;
    char entry[256];
    char message[256];
};

struct reader {
    struct archive *archive;
    int destination;
    lua_Integer entry_limit, byte_limit;
    lua_Integer entries, files, directories, bytes;
    struct trouble trouble;
    char block[65536];
};

static int collect_reader(lua_State *L)
{
    struct reader *r = luaL_checkudata(L, 1, READER);
    if (r->archive)
        archive_read_free(r->archive);
    if (r->destination >= 0)
        close(r->destination);
    r->archive = NULL;
    r->destination = -1;
    return 0;
}

/* Entry names come from strangers: control characters do not reach a terminal. */
static void keep_printable(char *to, size_t size, const char *from)
{
    size_t i = 0;
    for (; from[i] && i + 1 < size; i++)
        to[i] = (unsigned char)from[i] < 0x20 || from[i] == 0x7f ? '?' : from[i];
    to[i] = '\0';
}

static bool refuse(struct reader *r, const char *name, const char *entry, const char *message)
{
    r->trouble.name = name;
    keep_printable(r->trouble.entry, sizeof r->trouble.entry, entry);
    keep_printable(r->trouble.message, sizeof r->trouble.message, message);
    return false;
}

static bool fail(struct reader *r, const char *entry, int error)
{
    refuse(r, NULL, entry, strerror(error));
    r->trouble.error = error;
    return false;
}

static bool fail_format(struct reader *r)
{
    const char *text = archive_error_string(r->archive);
    return refuse(r, "EFORMAT", "", text ? text : "damaged archive");
}

/* `a//./b/../c` -> `a/c`; a leading slash is dropped. False when the name leads out or is too long.
 */
static bool clean(struct reader *r, const char *name, char out[static PATH_MAX])
{
    size_t length = 0;
    for (const char *p = name; *p;) {
        size_t n = strcspn(p, "/");
        if (n == 2 && p[0] == '.' && p[1] == '.') {
            if (length == 0)
                return refuse(r, "EESCAPE", name, "the entry escapes the destination");
            while (length > 0 && out[--length] != '/')
                ;
        } else if (n > 0 && !(n == 1 && p[0] == '.')) {
            if (length + n + 2 > PATH_MAX)
                return fail(r, name, ENAMETOOLONG);
            if (length > 0)
                out[length++] = '/';
            memcpy(out + length, p, n);
            length += n;
        }
        p += n;
        p += strspn(p, "/");
    }
    out[length] = '\0';
    return true;
}

/* Opens the directory that holds `path`, making what is missing; *base is its last part. -1 with
 * errno. */
static int open_parent(int destination, char *path, char **base)
{
    int at = fcntl(destination, F_DUPFD_CLOEXEC, 0);
    char *part = path;
    for (char *slash; at >= 0 && (slash = strchr(part, '/')); part = slash + 1) {
        *slash = '\0';
        int next = -1;
        if (mkdirat(at, part, 0755) == 0 || errno == EEXIST)
            next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int error = errno;
        close(at);
        errno = error;
        *slash = '/';
        at = next;
    }
    *base = part;
    return at;
}

static bool make_directory(struct reader *r, int parent, const char *base, const char *path)
{
    if (mkdirat(parent, base, 0755) == 0) {
        r->directories++;
        return true;
    }
    struct stat found;
    if (errno == EEXIST && fstatat(parent, base, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(found.st_mode))
        return true;
    return errno == EEXIST ? refuse(r, "EEXIST", path, "the archive has two entries of this name")
                           : fail(r, path, errno);
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

/* Copies the content of the present entry; holes count as the zeros that they stand for. */
static bool copy_content(struct reader *r, int fd, const char *path)
{
    for (;;) {
        la_ssize_t n = archive_read_data(r->archive, r->block, sizeof r->block);
        if (n == 0)
            return true;
        if (n < 0)
            return fail_format(r);
        r->bytes += n;
        if (r->bytes > r->byte_limit)
            return refuse(r, "EFBIG", path, "the archive unpacks to more than the limit");
        if (!write_all(fd, r->block, (size_t)n))
            return fail(r, path, errno);
    }
}

static bool make_file(struct reader *r, struct archive_entry *entry, int parent, const char *base,
                      const char *path)
{
    if (archive_entry_size(entry) > r->byte_limit - r->bytes)
        return refuse(r, "EFBIG", path, "the archive unpacks to more than the limit");
    mode_t mode = archive_entry_perm(entry) & 0777;
    int fd = openat(parent, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    mode ? mode | S_IRUSR : 0644);
    if (fd < 0)
        return errno == EEXIST
                   ? refuse(r, "EEXIST", path, "the archive has two entries of this name")
                   : fail(r, path, errno);
    bool ok = copy_content(r, fd, path);
    if (close(fd) != 0 && ok)
        ok = fail(r, path, errno);
    r->files++;
    return ok;
}

/* Names of what is neither a file nor a directory. */
static bool refuse_type(struct reader *r, struct archive_entry *entry, const char *name)
{
    if (archive_entry_hardlink(entry))
        return refuse(r, "ELINK", name, "hard links are not allowed in the archive");
    if (archive_entry_filetype(entry) == AE_IFLNK)
        return refuse(r, "ELINK", name, "symbolic links are not allowed in the archive");
    return refuse(r, "ETYPE", name, "only files and directories are allowed in the archive");
}

static bool extract_entry(struct reader *r, struct archive_entry *entry, const char *name)
{
    char path[PATH_MAX], *base;
    mode_t type = archive_entry_filetype(entry);
    if (++r->entries > r->entry_limit)
        return refuse(r, "EFBIG", name, "the archive has more entries than the limit");
    if (archive_entry_hardlink(entry) || (type != AE_IFREG && type != AE_IFDIR))
        return refuse_type(r, entry, name);
    if (!clean(r, name, path))
        return false;
    if (!*path)
        return type == AE_IFDIR ? true : refuse(r, "EESCAPE", name, "the entry has no name");
    int parent = open_parent(r->destination, path, &base);
    if (parent < 0)
        return errno == ENOTDIR
                   ? refuse(r, "EEXIST", path, "a directory on its way is a file in the archive")
                   : fail(r, path, errno);
    bool ok = type == AE_IFDIR ? make_directory(r, parent, base, path)
                               : make_file(r, entry, parent, base, path);
    close(parent);
    return ok;
}

static bool extract_all(struct reader *r)
{
    for (;;) {
        struct archive_entry *entry;
        int status = archive_read_next_header(r->archive, &entry);
        if (status == ARCHIVE_EOF)
            return true;
        if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
            return fail_format(r);
        const char *name = archive_entry_pathname(entry);
        if (!name)
            name = archive_entry_pathname_utf8(entry);
        if (!name)
            return refuse(r, "EFORMAT", "", "an entry's name cannot be read");
        if (!extract_entry(r, entry, name))
            return false;
    }
}

static lua_Integer limit_field(lua_State *L, int index, const char *name)
{
    lua_getfield(L, index, name);
    luaL_argcheck(L, lua_isinteger(L, -1), index,
                  "the options need integers `entries` and `bytes`");
    lua_Integer n = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return n;
}

static int push_trouble(lua_State *L, const struct trouble *t)
{
    const char *entry = *t->entry ? t->entry : NULL;
    if (t->name)
        return orun_condition_named(L, t->name, entry, t->message);
    return orun_condition(L, t->error, entry);
}

/* extract(bytes, directory, {entries=, bytes=}) -> {files=, directories=, bytes=} | nil, message,
 * errno */
static int extract(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    const char *directory = orun_check_path(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_settop(L, 3);
    struct reader *r = lua_newuserdatauv(L, sizeof *r, 0);
    memset(r, 0, offsetof(struct reader, block));
    r->destination = -1;
    luaL_setmetatable(L, READER);
    r->entry_limit = limit_field(L, 3, "entries");
    r->byte_limit = limit_field(L, 3, "bytes");
    r->destination = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->destination < 0)
        return orun_condition(L, errno, directory);
    r->archive = archive_read_new();
    if (!r->archive)
        return luaL_error(L, "out of memory");
    if (length < 2 || memcmp(bytes, "\x1f\x8b", 2) != 0)
        return orun_condition_named(L, "EFORMAT", NULL, "not a tar.gz archive");
    archive_read_support_filter_gzip(r->archive);
    archive_read_support_format_tar(r->archive);
    archive_read_support_format_empty(r->archive);
    locale_t before = enter_utf8();
    bool ok = archive_read_open_memory(r->archive, bytes, length) == ARCHIVE_OK ? extract_all(r)
                                                                                : fail_format(r);
    leave_utf8(before);
    lua_pushcfunction(L, collect_reader);
    lua_pushvalue(L, 4);
    lua_call(L, 1, 0);
    if (!ok)
        return push_trouble(L, &r->trouble);
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, r->files);
    lua_setfield(L, -2, "files");
    lua_pushinteger(L, r->directories);
    lua_setfield(L, -2, "directories");
    lua_pushinteger(L, r->bytes);
    lua_setfield(L, -2, "bytes");
    return 1;
}

/* --- writing
 * --------------------------------------------------------------------------------------------------
 */

struct writer {
    struct archive *archive;
    struct archive_entry *entry;
    char *data;
    size_t length, capacity;
};

static int collect_writer(lua_State *L)
{
    struct writer *w = luaL_checkudata(L, 1, WRITER);
    if (w->archive)
        archive_write_free(w->archive);
    archive_entry_free(w->entry);
    free(w->data);
    *w = (struct writer){0};
    return 0;
}

static la_ssize_t append(struct archive *archive, void *context, const void *bytes, size_t length)
{
    struct writer *w = context;
    if (w->capacity - w->length < length) {
        size_t capacity = w->capacity ? w->capacity * 2 : 65536;
        while (capacity - w->length < length)
            capacity *= 2;
        char *data = realloc(w->data, capacity);
        if (!data) {
            archive_set_error(archive, ENOMEM, "out of memory");
            return -1;
        }
        w->data = data;
        w->capacity = capacity;
    }
    memcpy(w->data + w->length, bytes, length);
    w->length += length;
    return (la_ssize_t)length;
}

static int fail_write(lua_State *L, struct writer *w, const char *path)
{
    const char *text = archive_error_string(w->archive);
    return orun_condition_named(L, "EFORMAT", path, text ? text : "cannot be written");
}

static int add_entry(lua_State *L, struct writer *w, int index, lua_Integer mtime)
{
    luaL_checktype(L, index, LUA_TTABLE);
    lua_getfield(L, index, "path");
    lua_getfield(L, index, "bytes");
    lua_getfield(L, index, "executable");
    size_t length;
    const char *path = luaL_checkstring(L, -3), *bytes = luaL_checklstring(L, -2, &length);
    archive_entry_clear(w->entry);
    archive_entry_set_filetype(w->entry, AE_IFREG);
    archive_entry_set_perm(w->entry, lua_toboolean(L, -1) ? 0755 : 0644);
    archive_entry_set_size(w->entry, (la_int64_t)length);
    archive_entry_set_mtime(w->entry, mtime, 0);
    locale_t before = enter_utf8();
    archive_entry_set_pathname(w->entry, path);
    int status = archive_write_header(w->archive, w->entry);
    leave_utf8(before);
    /* A warning is about a name that is no UTF-8: it is written as it is and marked so. */
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
        return fail_write(L, w, path);
    if (length > 0 && archive_write_data(w->archive, bytes, length) != (la_ssize_t)length)
        return fail_write(L, w, path);
    lua_pop(L, 3);
    return 0;
}

/* Whether the names need no charset: only then do entries go without extended headers. */
static bool all_ascii(lua_State *L, int index)
{
    bool ascii = true;
    lua_Integer count = luaL_len(L, index);
    for (lua_Integer i = 1; i <= count && ascii; i++) {
        lua_geti(L, index, i);
        luaL_checktype(L, -1, LUA_TTABLE);
        lua_getfield(L, -1, "path");
        for (const char *p = luaL_checkstring(L, -1); *p && ascii; p++)
            ascii = (unsigned char)*p < 0x80;
        lua_pop(L, 2);
    }
    return ascii;
}

static bool open_writer(struct writer *w, bool ascii)
{
    w->archive = archive_write_new();
    w->entry = archive_entry_new();
    return w->archive && w->entry &&
           archive_write_set_format_pax_restricted(w->archive) == ARCHIVE_OK &&
           /* Else libarchive would write names in another normal form. */
           (ascii || archive_write_set_format_option(w->archive, "pax", "hdrcharset", "BINARY") ==
                         ARCHIVE_OK) &&
           archive_write_add_filter_gzip(w->archive) == ARCHIVE_OK &&
           archive_write_set_filter_option(w->archive, "gzip", "compression-level", "9") ==
               ARCHIVE_OK &&
           archive_write_set_filter_option(w->archive, "gzip", "timestamp", NULL) == ARCHIVE_OK &&
           archive_write_set_bytes_in_last_block(w->archive, 1) == ARCHIVE_OK &&
           archive_write_open(w->archive, w, NULL, append, NULL) == ARCHIVE_OK;
}

/* create(entries, mtime) -> bytes | nil, message, errno */
static int create(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer mtime = luaL_optinteger(L, 2, 0);
    lua_settop(L, 2);
    bool ascii = all_ascii(L, 1);
    struct writer *w = lua_newuserdatauv(L, sizeof *w, 0);
    *w = (struct writer){0};
    luaL_setmetatable(L, WRITER);
    if (!open_writer(w, ascii))
        return luaL_error(L, "libarchive cannot write tar.gz");
    lua_Integer count = luaL_len(L, 1);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_geti(L, 1, i);
        int results = add_entry(L, w, lua_gettop(L), mtime);
        if (results > 0)
            return results;
        lua_pop(L, 1);
    }
    if (archive_write_close(w->archive) != ARCHIVE_OK)
        return fail_write(L, w, NULL);
    lua_pushlstring(L, w->data, w->length);
    lua_pushcfunction(L, collect_writer);
    lua_pushvalue(L, 3);
    lua_call(L, 1, 0);
    return 1;
}

static void new_type(lua_State *L, const char *name, lua_CFunction collect)
{
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
}

int luaopen_host_archive(lua_State *L)
{
    static const luaL_Reg functions[] = {{"extract", extract}, {"create", create}, {NULL, NULL}};
    if (!utf8)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    new_type(L, READER, collect_reader);
    new_type(L, WRITER, collect_writer);
    luaL_newlib(L, functions);
    return 1;
}
