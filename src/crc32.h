/* CRC-32 as in zip and gzip. */
#ifndef ORUN_CRC32_H
#define ORUN_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t orun_crc32(const char *bytes, size_t length);

#endif
