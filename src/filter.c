#include "filter.h"

#include <string.h>

#define LONGEST_LINE (64 * 1024)

static void pass_held(struct orun_filter *f)
{
    f->inside = f->held.data[f->held.length - 1] != '\n';
    f->pass(f->owner, f->held.data, f->held.length);
    f->held.length = 0;
}

static bool may_match(const struct orun_filter *f)
{
    size_t n = f->held.length < f->prefix_length ? f->held.length : f->prefix_length;
    return memcmp(f->held.data, f->prefix, n) == 0;
}

/* At the begin of a line, or within one that may be taken out: uses up some bytes, and says how
 * many. */
static size_t collect(struct orun_filter *f, const char *bytes, size_t length)
{
    const char *newline = memchr(bytes, '\n', length);
    size_t n = newline ? (size_t)(newline - bytes) + 1 : length;
    if (!orun_bytes_append(&f->held, bytes, n)) {
        if (f->held.length > 0)
            pass_held(f);
        f->pass(f->owner, bytes, n);
        f->inside = !newline;
    } else if (!may_match(f) || f->held.length > LONGEST_LINE) {
        pass_held(f);
    } else if (newline) {
        f->line(f->owner, f->held.data, f->held.length - 1);
        f->held.length = 0;
    }
    return n;
}

/* Within a line that is not taken out: the bytes up to the next line that may be. */
static size_t ordinary(struct orun_filter *f, const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length;
    for (;;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline)
            return length;
        at = newline + 1;
        if (at == end || *at == f->prefix[0]) {
            f->inside = false;
            return (size_t)(at - bytes);
        }
    }
}

void orun_filter_put(struct orun_filter *f, const char *bytes, size_t length)
{
    while (length > 0) {
        size_t n;
        if (!f->inside && (f->held.length > 0 || bytes[0] == f->prefix[0])) {
            n = collect(f, bytes, length);
        } else {
            f->inside = true;
            n = ordinary(f, bytes, length);
            f->pass(f->owner, bytes, n);
        }
        bytes += n;
        length -= n;
    }
}

void orun_filter_end(struct orun_filter *f)
{
    if (f->held.length >= f->prefix_length && may_match(f))
        f->line(f->owner, f->held.data, f->held.length);
    else if (f->held.length > 0)
        pass_held(f);
    orun_bytes_free(&f->held);
}
