/* Counts lines, words and bytes of a text, and its distinct words. */
#ifndef TALLY_H
#define TALLY_H

#include <stddef.h>

enum { TALLY_WORDS = 1024, TALLY_LENGTH = 32 };

struct tally {
    size_t lines, words, bytes, distinct;
    struct {
        char text[TALLY_LENGTH];
        size_t count;
    } word[TALLY_WORDS];
};

/* Adds the text to the counts; words longer than TALLY_LENGTH - 1 bytes are cut. */
void tally_add(struct tally *t, const char *text, size_t length);

/* Index of the most frequent word (the first seen among equals), -1 when there is none. */
int tally_most(const struct tally *t);

#endif
