/*
 * host.hash: SHA-256 (libcrypto), HMAC, CRC-32, random bytes and their text forms.
 *
 * SHA-256 is taken through libcrypto's direct functions: the same code that EVP would reach, but
 * the first EVP fetch builds the whole provider machinery, which costs more than starting this
 * program.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "condition.h"
#include "crc32.h"
#include "hex.h"
#include "names.h"
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define HASHER "host.hash.hasher"

int luaopen_host_hash(lua_State *L);

static int push_digest(lua_State *L, SHA256_CTX *sha)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_Final(digest, sha);
    orun_push_hex(L, digest, sizeof digest);
    return 1;
}

/* --- SHA-256
 * --------------------------------------------------------------------------------------- */

static int sha256(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    SHA256_CTX sha;
    SHA256_Init(&sha);
    SHA256_Update(&sha, bytes, length);
    return push_digest(L, &sha);
}

enum { READ_BUFFER = 64 * 1024 };

/* Hashes what an open file holds; returns 0 or errno. */
static int add_file(SHA256_CTX *sha, int fd)
{
    char buffer[READ_BUFFER];
    for (;;) {
        ssize_t got = read(fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : 0;
        SHA256_Update(sha, buffer, (size_t)got);
    }
}

static int sha256_file(lua_State *L)
{
    const char *path = orun_check_path(L, 1);
    SHA256_CTX sha;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return orun_condition(L, errno, path);
    SHA256_Init(&sha);
    int error = add_file(&sha, fd);
    close(fd);
    return error ? orun_condition(L, error, path) : push_digest(L, &sha);
}

static int add_entry(void *context, const struct orun_entry *e, struct orun_trouble *unused)
{
    (void)unused;
    SHA256_CTX *sha = context;
    if (e->type == DT_LNK)
        return ELOOP;
    if (e->type != DT_REG)
        return 0;
    int fd = openat(e->root, e->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno;
    SHA256_Update(sha, e->path, e->length);
    SHA256_Update(sha, "\n", 1);
    int error = add_file(sha, fd);
    close(fd);
    SHA256_Update(sha, "\n", 1);
    return error;
}

/* Hashes options.prefix and the tree at root; returns 0, or 3 with a condition pushed. */
static int add_tree(lua_State *L, SHA256_CTX *sha, int root_index, int options)
{
    const char *root = orun_check_path(L, root_index);
    struct orun_walk walk = {.visit = add_entry, .context = sha};
    struct orun_trouble trouble;
    struct stat st;
    if (!lua_isnoneornil(L, options)) {
        size_t length;
        luaL_checktype(L, options, LUA_TTABLE);
        lua_getfield(L, options, "prefix");
        const char *prefix = luaL_optlstring(L, -1, "", &length);
        SHA256_Update(sha, prefix, length);
        walk.skip = orun_names_option(L, options, "skip");
        walk.skip_any = orun_names_option(L, options, "skip_any");
    }
    int error;
    if (lstat(root, &st) != 0)
        error = orun_trouble_at(&trouble, errno, root, NULL);
    else if (S_ISLNK(st.st_mode))
        error = orun_trouble_at(&trouble, ELOOP, root, NULL);
    else
        error = orun_tree_walk(root, &walk, &trouble);
    if (error == ELOOP)
        return orun_condition_named(L, "ELOOP", trouble.path, "is a symbolic link");
    return error ? orun_condition(L, error, trouble.path) : 0;
}

static int sha256_tree(lua_State *L)
{
    SHA256_CTX sha;
    lua_settop(L, 2);
    SHA256_Init(&sha);
    int condition = add_tree(L, &sha, 1, 2);
    return condition ? condition : push_digest(L, &sha);
}

static int new_hasher(lua_State *L)
{
    SHA256_CTX *sha = lua_newuserdatauv(L, sizeof *sha, 0);
    SHA256_Init(sha);
    luaL_setmetatable(L, HASHER);
    return 1;
}

static int hasher_update(lua_State *L)
{
    size_t length;
    SHA256_CTX *sha = luaL_checkudata(L, 1, HASHER);
    const char *bytes = luaL_checklstring(L, 2, &length);
    SHA256_Update(sha, bytes, length);
    lua_settop(L, 1);
    return 1;
}

static int hasher_tree(lua_State *L)
{
    SHA256_CTX *sha = luaL_checkudata(L, 1, HASHER);
    lua_settop(L, 3);
    int condition = add_tree(L, sha, 2, 3);
    if (condition)
        return condition;
    lua_settop(L, 1);
    return 1;
}

/* The digest so far; more may follow. */
static int hasher_hex(lua_State *L)
{
    SHA256_CTX copy = *(SHA256_CTX *)luaL_checkudata(L, 1, HASHER);
    return push_digest(L, &copy);
}

/* RFC 2104 with SHA-256 (block of 64 bytes). */
static int hmac_sha256(lua_State *L)
{
    size_t key_length, length;
    const char *key = luaL_checklstring(L, 1, &key_length);
    const char *bytes = luaL_checklstring(L, 2, &length);
    unsigned char block[SHA256_CBLOCK] = {0}, digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX sha;
    if (key_length > sizeof block)
        SHA256((const unsigned char *)key, key_length, block);
    else
        memcpy(block, key, key_length);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36;
    SHA256_Init(&sha);
    SHA256_Update(&sha, block, sizeof block);
    SHA256_Update(&sha, bytes, length);
    SHA256_Final(digest, &sha);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&sha);
    SHA256_Update(&sha, block, sizeof block);
    SHA256_Update(&sha, digest, sizeof digest);
    SHA256_Final(digest, &sha);
    OPENSSL_cleanse(block, sizeof block);
    OPENSSL_cleanse(&sha, sizeof sha);
    lua_pushlstring(L, (const char *)digest, sizeof digest);
    return 1;
}

/* --- random bytes and text forms
 * -------------------------------------------------------------------- */

static int random_bytes(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 1);
    luaL_argcheck(L, n >= 0 && n <= 1 << 20, 1, "between 0 and 1048576 bytes");
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, (size_t)n);
    for (size_t have = 0; have < (size_t)n;) {
        ssize_t got = getrandom(out + have, (size_t)n - have, 0);
        if (got < 0 && errno != EINTR)
            return luaL_error(L, "getrandom: %s", strerror(errno));
        have += got > 0 ? (size_t)got : 0;
    }
    luaL_pushresultsize(&b, (size_t)n);
    return 1;
}

static int hex(lua_State *L)
{
    size_t length;
    const char *raw = luaL_checklstring(L, 1, &length);
    orun_push_hex(L, (const unsigned char *)raw, length);
    return 1;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int base64url(lua_State *L)
{
    size_t length;
    const unsigned char *raw = (const unsigned char *)luaL_checklstring(L, 1, &length);
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, (length + 2) / 3 * 4);
    size_t used = 0;
    for (size_t i = 0; i < length; i += 3) {
        size_t have = length - i < 3 ? length - i : 3;
        unsigned long group = (unsigned long)raw[i] << 16;
        group |= have > 1 ? (unsigned long)raw[i + 1] << 8 : 0;
        group |= have > 2 ? raw[i + 2] : 0;
        for (size_t k = 0; k <= have; k++)
            out[used++] = alphabet[group >> (18 - 6 * k) & 63];
    }
    luaL_pushresultsize(&b, used);
    return 1;
}

static int base64url_decode(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    unsigned long group = 0;
    size_t used = 0;
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, length);
    for (size_t i = 0; i < length; i++) {
        const char *digit = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (!digit)
            return 0;
        group = group << 6 | (unsigned long)(digit - alphabet);
        if (i % 4 > 0)
            out[used++] = (char)(group >> (6 - 2 * (i % 4)) & 255);
    }
    /* One digit alone is no byte; bits beyond the last byte must be zero, so that every text has
     * one meaning. */
    size_t rest = length % 4;
    if (rest == 1 || (rest && (group & (rest == 2 ? 15 : 3))))
        return 0;
    luaL_pushresultsize(&b, used);
    return 1;
}

/* --- CRC-32
 * ---------------------------------------------------------------------------------------- */

static int crc32(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    uint32_t crc = orun_crc32(bytes, length);
    const unsigned char big_endian[] = {crc >> 24, crc >> 16 & 255, crc >> 8 & 255, crc & 255};
    orun_push_hex(L, big_endian, sizeof big_endian);
    return 1;
}

static const luaL_Reg functions[] = {{"sha256", sha256},
                                     {"sha256_file", sha256_file},
                                     {"sha256_tree", sha256_tree},
                                     {"new", new_hasher},
                                     {"hmac_sha256", hmac_sha256},
                                     {"random", random_bytes},
                                     {"hex", hex},
                                     {"base64url", base64url},
                                     {"base64url_decode", base64url_decode},
                                     {"crc32", crc32},
                                     {NULL, NULL}};

static const luaL_Reg methods[] = {
    {"update", hasher_update}, {"tree", hasher_tree}, {"hex", hasher_hex}, {NULL, NULL}};

int luaopen_host_hash(lua_State *L)
{
    luaL_newmetatable(L, HASHER);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
