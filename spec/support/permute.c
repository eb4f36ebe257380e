/*
 * A library for LD_PRELOAD that hands out directory entries in an order drawn from PERMUTE_SEED, so
 * that a program which depends on the file system's order shows it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

struct listing {
    DIR *dir;
    struct dirent **entries;
    size_t count, next;
    struct listing *rest;
};

static struct listing *open_listings;
static unsigned long long state;

static unsigned draw(unsigned below)
{
    if (!state) {
        const char *seed = getenv("PERMUTE_SEED");
        state = 0x9e3779b97f4a7c15ull * (1 + (seed ? strtoull(seed, NULL, 10) : 0));
    }
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % below;
}

static struct listing *find(DIR *dir)
{
    for (struct listing *l = open_listings; l; l = l->rest) {
        if (l->dir == dir)
            return l;
    }
    return NULL;
}

static struct listing *load(DIR *dir)
{
    struct dirent *(*real)(DIR *) = (struct dirent * (*)(DIR *)) dlsym(RTLD_NEXT, "readdir");
    struct listing *l = calloc(1, sizeof *l);
    l->dir = dir;
    for (struct dirent *e; (e = real(dir));) {
        l->entries = realloc(l->entries, (l->count + 1) * sizeof *l->entries);
        l->entries[l->count] = malloc(e->d_reclen);
        memcpy(l->entries[l->count++], e, e->d_reclen);
    }
    for (size_t i = l->count; i > 1; i--) {
        size_t j = draw((unsigned)i);
        struct dirent *swap = l->entries[i - 1];
        l->entries[i - 1] = l->entries[j];
        l->entries[j] = swap;
    }
    l->rest = open_listings;
    open_listings = l;
    return l;
}

struct dirent *readdir(DIR *dir)
{
    struct listing *l = find(dir);
    if (!l)
        l = load(dir);
    return l->next < l->count ? l->entries[l->next++] : NULL;
}

struct dirent64 *readdir64(DIR *dir)
{
    return (struct dirent64 *)readdir(dir);
}

int closedir(DIR *dir)
{
    int (*real)(DIR *) = (int (*)(DIR *))dlsym(RTLD_NEXT, "closedir");
    for (struct listing **at = &open_listings; *at; at = &(*at)->rest) {
        struct listing *l = *at;
        if (l->dir != dir)
            continue;
        *at = l->rest;
        for (size_t i = 0; i < l->count; i++)
            free(l->entries[i]);
        free(l->entries);
        free(l);
        break;
    }
    return real(dir);
}
