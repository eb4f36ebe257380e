#include "heap.h"

#include <stdlib.h>
#include <string.h>

/*
 * Lua tells the size of a block whenever it frees or resizes one, so that blocks need no headers:
 * small ones lie side by side, and a freed one goes to the list of its size.
 */
enum { STEP = 8, SMALL = 512, FIRST_CHUNK = 32 * 1024, CHUNK = 256 * 1024 };

struct free_block {
    struct free_block *next;
};

static struct free_block *lists[SMALL / STEP + 1];
static char *chunk;
static size_t chunk_left, chunk_size;

static size_t list_of(size_t size)
{
    return (size + STEP - 1) / STEP;
}

/* What is left of a chunk becomes a free block of its size. */
static void retire_chunk(void)
{
    if (chunk_left < STEP)
        return;
    struct free_block *rest = (struct free_block *)(void *)chunk;
    rest->next = lists[chunk_left / STEP];
    lists[chunk_left / STEP] = rest;
}

static void *take_small(size_t size)
{
    size_t list = list_of(size), wanted = list * STEP;
    struct free_block *b = lists[list];
    if (b) {
        lists[list] = b->next;
        return b;
    }
    if (chunk_left < wanted) {
        size_t larger = chunk_size == 0 ? FIRST_CHUNK : chunk_size < CHUNK ? chunk_size * 2 : CHUNK;
        char *fresh = malloc(larger);
        if (!fresh)
            return NULL;
        retire_chunk();
        chunk = fresh;
        chunk_left = chunk_size = larger;
    }
    void *block = chunk;
    chunk += wanted;
    chunk_left -= wanted;
    return block;
}

static void release_small(void *block, size_t size)
{
    struct free_block *b = block;
    b->next = lists[list_of(size)];
    lists[list_of(size)] = b;
}

static void release(void *block, size_t size)
{
    if (size > SMALL)
        free(block);
    else if (size > 0)
        release_small(block, size);
}

void *orun_heap_allocate(void *heap, void *block, size_t old_size, size_t size)
{
    (void)heap;
    /* Without a block the old size says what kind of object is wanted. */
    if (!block)
        old_size = 0;
    if (size == 0) {
        release(block, old_size);
        return NULL;
    }
    if (old_size > SMALL && size > SMALL)
        return realloc(block, size);
    if (old_size > 0 && old_size <= SMALL && list_of(old_size) == list_of(size))
        return block;
    void *fresh = size > SMALL ? malloc(size) : take_small(size);
    if (!fresh || old_size == 0)
        return fresh;
    memcpy(fresh, block, old_size < size ? old_size : size);
    release(block, old_size);
    return fresh;
}
