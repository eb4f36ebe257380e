#include "tally.h"

#include <stdio.h>
#include <string.h>

static int failed;

static void check(int ok, const char *what)
{
    printf("%s %s\n", ok ? "ok" : "FAILED", what);
    failed += !ok;
}

int main(void)
{
    static struct tally t;
    const char *text = "the cat and\nthe hat\n";
    check(tally_most(&t) == -1, "an empty tally has no most frequent word");
    tally_add(&t, text, strlen(text));
    check(t.lines == 2, "two lines");
    check(t.words == 5, "five words");
    check(t.bytes == 20, "twenty bytes");
    check(t.distinct == 4, "four distinct words");
    check(strcmp(t.word[tally_most(&t)].text, "the") == 0, "the most frequent word is the");
    return failed != 0;
}
