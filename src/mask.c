#include "mask.h"

#include <stdlib.h>
#include <string.h>

struct orun_mask {
    size_t count;
    size_t start[257]; /* values beginning with byte b: from start[b] to before start[b + 1] */
    struct orun_mask_value values[];
};

/* By first byte; of those, the longer first. */
static int compare(const void *a, const void *b)
{
    const struct orun_mask_value *x = a, *y = b;
    int first = (unsigned char)x->bytes[0] - (unsigned char)y->bytes[0];
    return first ? first : (x->length < y->length) - (x->length > y->length);
}

static size_t bytes_of(const struct orun_mask_value *values, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += values[i].length;
    return bytes;
}

/* Adds copies, whose bytes go to `copy`; returns where the next go. */
static char *add(struct orun_mask *mask, const struct orun_mask_value *values, size_t count,
                 char *copy)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i].length == 0)
            continue;
        memcpy(copy, values[i].bytes, values[i].length);
        mask->values[mask->count++] = (struct orun_mask_value){copy, values[i].length};
        copy += values[i].length;
    }
    return copy;
}

struct orun_mask *orun_mask_with(const struct orun_mask *other,
                                 const struct orun_mask_value *values, size_t count)
{
    size_t before = other ? other->count : 0;
    size_t bytes = bytes_of(values, count) + (other ? bytes_of(other->values, before) : 0);
    struct orun_mask *mask = malloc(sizeof *mask + (before + count) * sizeof *values + bytes);
    if (!mask)
        return NULL;
    char *copy = (char *)(mask->values + before + count);
    mask->count = 0;
    if (other)
        copy = add(mask, other->values, before, copy);
    add(mask, values, count, copy);
    qsort(mask->values, mask->count, sizeof *values, compare);
    size_t next = 0;
    for (size_t b = 0; b <= 256; b++) {
        while (next < mask->count && (unsigned char)mask->values[next].bytes[0] < b)
            next++;
        mask->start[b] = next;
    }
    return mask;
}

struct orun_mask *orun_mask_new(const struct orun_mask_value *values, size_t count)
{
    return orun_mask_with(NULL, values, count);
}

void orun_mask_free(struct orun_mask *mask)
{
    free(mask);
}

size_t orun_mask_longest(const struct orun_mask *mask)
{
    size_t longest = 0;
    for (size_t i = 0; i < mask->count; i++)
        if (mask->values[i].length > longest)
            longest = mask->values[i].length;
    return longest;
}

/* Length of the value that begins here; 0: none; SIZE_MAX: one may begin here, more bytes are
 * needed to tell. */
static size_t match(const struct orun_mask *mask, const char *bytes, size_t length, bool last)
{
    unsigned char first = (unsigned char)bytes[0];
    for (size_t i = mask->start[first]; i < mask->start[first + 1]; i++) {
        const struct orun_mask_value *value = &mask->values[i];
        if (value->length <= length) {
            if (memcmp(bytes, value->bytes, value->length) == 0)
                return value->length;
        } else if (!last && memcmp(bytes, value->bytes, length) == 0) {
            return (size_t)-1;
        }
    }
    return 0;
}

size_t orun_mask_apply(const struct orun_mask *mask, const char *bytes, size_t length, bool last,
                       char *out, size_t *written)
{
    char *to = out;
    size_t i = 0;
    while (i < length) {
        unsigned char b = (unsigned char)bytes[i];
        if (mask->start[b] == mask->start[b + 1]) {
            *to++ = bytes[i++];
            continue;
        }
        size_t n = match(mask, bytes + i, length - i, last);
        if (n == (size_t)-1)
            break;
        if (n == 0) {
            *to++ = bytes[i++];
        } else {
            memcpy(to, "***", 3);
            to += 3;
            i += n;
        }
    }
    *written = (size_t)(to - out);
    return length - i;
}
