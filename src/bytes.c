#include "bytes.h"

#include <stdlib.h>
#include <string.h>

bool orun_bytes_reserve(struct orun_bytes *bytes, size_t room)
{
    if (bytes->room >= room)
        return true;
    size_t bigger = bytes->room * 2 > room ? bytes->room * 2 : room;
    char *data = realloc(bytes->data, bigger);
    if (!data)
        return false;
    bytes->data = data;
    bytes->room = bigger;
    return true;
}

bool orun_bytes_append(struct orun_bytes *bytes, const char *data, size_t length)
{
    if (length == 0)
        return true;
    if (!orun_bytes_reserve(bytes, bytes->length + length))
        return false;
    memcpy(bytes->data + bytes->length, data, length);
    bytes->length += length;
    return true;
}

void orun_bytes_free(struct orun_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct orun_bytes){0};
}
