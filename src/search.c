#include "search.h"

#include <string.h>

bool orun_search_add(struct orun_search *search, const char *text, size_t length)
{
    if (length == 0 || length > ORUN_SEARCH_LONGEST || search->count == ORUN_SEARCH_MOST)
        return false;
    memcpy(search->texts[search->count], text, length);
    search->lengths[search->count++] = length;
    if (length > search->longest)
        search->longest = length;
    return true;
}

/* The C library's memmem() prepares tables for every call and looks at every byte; memchr() jumps.
 */
static bool contains(const char *bytes, size_t length, const char *text, size_t size)
{
    const char *at = bytes, *end = bytes + length;
    while ((size_t)(end - at) >= size) {
        at = memchr(at, text[0], (size_t)(end - at) - size + 1);
        if (!at)
            return false;
        if (memcmp(at, text, size) == 0)
            return true;
        at++;
    }
    return false;
}

static void look(struct orun_search *search, const char *bytes, size_t length)
{
    for (size_t i = 0; i < search->count; i++) {
        if (!search->found[i])
            search->found[i] = contains(bytes, length, search->texts[i], search->lengths[i]);
    }
}

static void keep_tail(struct orun_search *search, const char *bytes, size_t length)
{
    size_t most = search->longest - 1;
    search->held = length < most ? length : most;
    memmove(search->tail, bytes + length - search->held, search->held);
}

void orun_search_put(struct orun_search *search, const char *bytes, size_t length)
{
    if (search->count == 0 || length == 0)
        return;
    /* Across the border: the end of what came before, and as much of this. */
    char border[2 * ORUN_SEARCH_LONGEST];
    size_t more = length < ORUN_SEARCH_LONGEST ? length : ORUN_SEARCH_LONGEST;
    memcpy(border, search->tail, search->held);
    memcpy(border + search->held, bytes, more);
    if (search->held > 0)
        look(search, border, search->held + more);
    look(search, bytes, length);
    if (length >= search->longest)
        keep_tail(search, bytes, length);
    else
        keep_tail(search, border, search->held + more);
}
