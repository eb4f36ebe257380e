/* tally [FILE]: counts of a file, or of the standard input. */
#include "tally.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    static struct tally t;
    static char text[1 << 20];
    FILE *in = argc > 1 ? fopen(argv[1], "r") : stdin;
    if (!in) {
        perror(argv[1]);
        return 1;
    }
    tally_add(&t, text, fread(text, 1, sizeof text, in));
    printf("lines %zu\nwords %zu\nbytes %zu\ndistinct %zu\n", t.lines, t.words, t.bytes, t.distinct);
    int most = tally_most(&t);
    if (most >= 0)
        printf("most %s %zu\n", t.word[most].text, t.word[most].count);
    return 0;
}
