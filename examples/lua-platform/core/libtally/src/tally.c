#include "tally.h"

#include <ctype.h>
#include <string.h>

static void add_word(struct tally *t, const char *text, size_t length)
{
    char word[TALLY_LENGTH] = "";
    memcpy(word, text, length < TALLY_LENGTH ? length : TALLY_LENGTH - 1);
    t->words++;
    for (size_t i = 0; i < t->distinct; i++) {
        if (strcmp(t->word[i].text, word) == 0) {
            t->word[i].count++;
            return;
        }
    }
    if (t->distinct < TALLY_WORDS) {
        memcpy(t->word[t->distinct].text, word, sizeof word);
        t->word[t->distinct++].count = 1;
    }
}

void tally_add(struct tally *t, const char *text, size_t length)
{
    size_t start = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && text[i] == '\n')
            t->lines++;
        if (i == length || isspace((unsigned char)text[i])) {
            if (i > start)
                add_word(t, text + start, i - start);
            start = i + 1;
        }
    }
    t->bytes += length;
}

int tally_most(const struct tally *t)
{
    int best = -1;
    for (size_t i = 0; i < t->distinct; i++) {
        if (best < 0 || t->word[i].count > t->word[best].count)
            best = (int)i;
    }
    return best;
}
