/*
 * One stream of a child's output: from the pipe through filter and mask to a log file, to memory,
 * to lines. Nothing of it passes through Lua but the lines that are asked for.
 *
 * The write end of the pipe stays open here until the child has ended. A child that is silent then
 * causes no event at all on the pipe: its end is noticed by its pidfd alone.
 */
#ifndef ORUN_PUMP_H
#define ORUN_PUMP_H

#include "bytes.h"
#include "filter.h"
#include "loop.h"
#include "mask.h"
#include "search.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file that is made at the first byte, with its directories. Shared by the streams of a child. */
struct orun_log {
    char *path; /* NULL: none */
    int fd;     /* -1 before the first byte */
    int error;  /* errno of what went wrong; nothing is written any more */
    uint64_t bytes;
    struct orun_search search; /* in what is written */
};

struct orun_pump {
    struct orun_event event; /* the read end; fd -1 when it is closed */
    int write_end;           /* -1 when it is closed */
    uint64_t bytes;          /* that the child wrote */
    struct orun_filter filter;
    struct orun_mask *mask; /* NULL: none; may be replaced at any time */
    struct orun_bytes held; /* the end of what was read, if it may be the beginning of a value */
    struct orun_log *log;   /* NULL: none */
    bool keeps;             /* in memory, up to limit */
    bool truncated;
    size_t limit;
    struct orun_bytes kept;
    void (*line)(struct orun_pump *pump, const char *text, size_t length); /* NULL: none */
    struct orun_bytes partial; /* a line without its end */
    void (*closed)(struct orun_pump *pump);
    void *owner;
};

/* Makes the pipe and watches it; the other fields are the caller's. Returns 0 or an errno. */
int orun_pump_open(struct orun_pump *pump);
/* The child has ended: takes what is in the pipe. Calls closed() now if nobody else holds the pipe,
 * else when the last one lets it go. */
void orun_pump_child_ended(struct orun_pump *pump);
/* Takes what is in the pipe and closes it, whoever holds it. */
void orun_pump_close(struct orun_pump *pump);
/* Closes the descriptors without reading or calling anything, and frees all memory. */
void orun_pump_discard(struct orun_pump *pump);
/* Before the first byte: lines that begin with the prefix, which must stay, are given away. */
void orun_pump_filter(struct orun_pump *pump, const char *prefix, size_t length,
                      void (*line)(void *pump, const char *text, size_t length));
/* From within line(): bytes in the place of a line, its newline included. */
void orun_pump_show(struct orun_pump *pump, const char *bytes, size_t length);
bool orun_pump_is_open(const struct orun_pump *pump);

void orun_log_close(struct orun_log *log);

#endif
