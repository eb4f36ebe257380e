/* UTF-8 as RFC 3629 has it: no surrogates, nothing overlong, nothing above U+10FFFF. */
#ifndef ORUN_UTF8_H
#define ORUN_UTF8_H

#include <stddef.h>

/* Length of the valid sequence at s (1 to 4), 0 when there is none before end. s < end. */
int orun_utf8_length(const char *s, const char *end);

/* The code point of the valid sequence of n bytes at s. */
unsigned orun_utf8_code(const char *s, int n);

/* Offset of the first byte that is not part of valid UTF-8, or length. */
size_t orun_utf8_check(const char *s, size_t length);

#endif
