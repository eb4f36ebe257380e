/*
 * Part of the program in `make coverage` only: every process keeps its coverage records in a folder
 * of its own below COVERAGE_RECORDS, because records that several processes merge are torn when one
 * of them is killed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#ifndef COVERAGE_RECORDS
#define COVERAGE_RECORDS "/tmp/records"
#endif

__attribute__((constructor)) static void keep_records_apart(void)
{
    char folder[4096], strip[16];
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(folder, sizeof folder, "%s/%ld-%lld-%ld", COVERAGE_RECORDS, (long)getpid(),
             (long long)now.tv_sec, now.tv_nsec);
    /* Records keep their names below the build folder, which is the parent of the records'. */
    int depth = -1;
    for (const char *c = COVERAGE_RECORDS; *c; c++)
        depth += *c == '/';
    snprintf(strip, sizeof strip, "%d", depth);
    setenv("GCOV_PREFIX", folder, 1);
    setenv("GCOV_PREFIX_STRIP", strip, 1);
    /* Without room or permission a process leaves no records; its complaint would be output. */
    setenv("GCOV_ERROR_FILE", "/dev/null", 1);
}
