/* Takes the lines that begin with a prefix out of a stream of bytes that comes in pieces. */
#ifndef ORUN_FILTER_H
#define ORUN_FILTER_H

#include "bytes.h"

struct orun_filter {
    const char *prefix; /* NULL: none; must not be empty nor contain a newline */
    size_t prefix_length;
    struct orun_bytes held; /* the beginning of a line that may be taken out */
    bool inside;            /* of a line that is not taken out */
    /* What is not taken out, in order with the calls of line(). */
    void (*pass)(void *owner, const char *bytes, size_t length);
    /* A line that is taken out, without its newline. */
    void (*line)(void *owner, const char *text, size_t length);
    void *owner;
};

/* A line longer than 64 KiB is passed, not taken out. */
void orun_filter_put(struct orun_filter *filter, const char *bytes, size_t length);
/* The last line may lack its newline. */
void orun_filter_end(struct orun_filter *filter);

#endif
