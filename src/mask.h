/* Replaces values (secrets) by *** in a stream of bytes that comes in pieces. */
#ifndef ORUN_MASK_H
#define ORUN_MASK_H

#include <stdbool.h>
#include <stddef.h>

struct orun_mask;

/* Bytes that a copy of these values takes. */
struct orun_mask_value {
    const char *bytes;
    size_t length;
};

/* Copies the values; empty ones are left out. NULL when out of memory. */
struct orun_mask *orun_mask_new(const struct orun_mask_value *values, size_t count);
/* A mask of these values and those of another one, which may be NULL. */
struct orun_mask *orun_mask_with(const struct orun_mask *other,
                                 const struct orun_mask_value *values, size_t count);
void orun_mask_free(struct orun_mask *mask);
/* Length of the longest value. */
size_t orun_mask_longest(const struct orun_mask *mask);

/*
 * Writes the masked bytes to `out`, which has room for 3 bytes for each one of `bytes`, and their
 * number to *written. Where several values begin at one place the longest counts. Returns how many
 * bytes at the end may be the beginning of a value: they were not written and have to come first in
 * the next piece. With `last` there are none.
 */
size_t orun_mask_apply(const struct orun_mask *mask, const char *bytes, size_t length, bool last,
                       char *out, size_t *written);

#endif
