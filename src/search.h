/* Looks for short texts in a stream of bytes that comes in pieces. */
#ifndef ORUN_SEARCH_H
#define ORUN_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#define ORUN_SEARCH_MOST 4     /* texts */
#define ORUN_SEARCH_LONGEST 16 /* bytes of a text */

struct orun_search {
    size_t count;
    size_t lengths[ORUN_SEARCH_MOST];
    char texts[ORUN_SEARCH_MOST][ORUN_SEARCH_LONGEST];
    bool found[ORUN_SEARCH_MOST];
    size_t longest;
    /* The end of what came before, where a text may begin; and its length. */
    char tail[ORUN_SEARCH_LONGEST];
    size_t held;
};

/* One more text, before the first byte. False when it is empty, too long, or one too many. */
bool orun_search_add(struct orun_search *search, const char *text, size_t length);
void orun_search_put(struct orun_search *search, const char *bytes, size_t length);

#endif
