/*
 * spawn COUNT CONCURRENCY COMMAND...: the bare loop that every runner is compared with. Starts
 * COMMAND COUNT times with posix_spawn, at most CONCURRENCY at once, and waits for all. Nothing is
 * recorded.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: spawn COUNT CONCURRENCY COMMAND...\n");
        return 2;
    }
    int left = atoi(argv[1]), free_slots = atoi(argv[2]), running = 0, failed = 0;
    while (left > 0 || running > 0) {
        if (left > 0 && free_slots > 0) {
            pid_t pid;
            if (posix_spawnp(&pid, argv[3], NULL, NULL, argv + 3, environ) != 0) {
                perror(argv[3]);
                return 1;
            }
            left--, free_slots--, running++;
            continue;
        }
        int status;
        if (wait(&status) < 0) {
            perror("wait");
            return 1;
        }
        failed |= status;
        free_slots++, running--;
    }
    return failed != 0;
}
