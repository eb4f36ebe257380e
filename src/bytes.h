/* Bytes that grow. */
#ifndef ORUN_BYTES_H
#define ORUN_BYTES_H

#include <stdbool.h>
#include <stddef.h>

struct orun_bytes {
    char *data;
    size_t length, room;
};

/* Both: false when out of memory; then nothing has changed. */
bool orun_bytes_reserve(struct orun_bytes *bytes, size_t room);
bool orun_bytes_append(struct orun_bytes *bytes, const char *data, size_t length);
void orun_bytes_free(struct orun_bytes *bytes);

#endif
