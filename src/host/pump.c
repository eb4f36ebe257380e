#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a pipe holds at first, and once somebody was seen to fill it: fewer turns between writer and
 * reader. */
#define PIPE_SIZE (64 * 1024)
#define READ_SIZE (256 * 1024)
#define LONGEST_LINE (64 * 1024)
/* Bytes taken at most at once from a pipe that somebody goes on filling. */
#define DRAIN_LIMIT (4 * READ_SIZE)

/* One buffer of each kind serves all pumps: what was read, and its masked form. */
static struct orun_bytes input, masked;

/* --- the log ---------------------------------------------------------------------------------- */

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}

/* Most of the directories are there already, so the last one is tried first. */
static void make_parents(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return;
    *slash = '\0';
    if (mkdir(path, 0755) != 0 && errno == ENOENT) {
        make_parents(path);
        mkdir(path, 0755);
    }
    *slash = '/';
}

static int open_log(char *path)
{
    int fd = open_file(path);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    make_parents(path);
    return open_file(path);
}

static void write_log(struct orun_log *log, const char *bytes, size_t length)
{
    if (log->fd < 0 && !log->error && (log->fd = open_log(log->path)) < 0)
        log->error = errno;
    orun_search_put(&log->search, bytes, length);
    while (length > 0 && !log->error) {
        ssize_t n = write(log->fd, bytes, length);
        if (n < 0 && errno != EINTR)
            log->error = errno;
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
            log->bytes += (size_t)n;
        }
    }
}

void orun_log_close(struct orun_log *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* A line's bytes without its end; gives away full pieces of a line that is too long. */
static void add_to_line(struct orun_pump *pump, const char *bytes, size_t length)
{
    while (pump->partial.length + length > LONGEST_LINE) {
        size_t part = LONGEST_LINE - pump->partial.length;
        if (orun_bytes_append(&pump->partial, bytes, part))
            pump->line(pump, pump->partial.data, pump->partial.length);
        pump->partial.length = 0;
        bytes += part;
        length -= part;
    }
    orun_bytes_append(&pump->partial, bytes, length);
}

static void split_lines(struct orun_pump *pump, const char *bytes, size_t length)
{
    const char *newline;
    while (length > 0 && (newline = memchr(bytes, '\n', length))) {
        size_t n = (size_t)(newline - bytes);
        if (pump->partial.length == 0 && n <= LONGEST_LINE) {
            pump->line(pump, bytes, n);
        } else {
            add_to_line(pump, bytes, n);
            pump->line(pump, pump->partial.data, pump->partial.length);
            pump->partial.length = 0;
        }
        bytes = newline + 1;
        length -= n + 1;
    }
    if (length > 0)
        add_to_line(pump, bytes, length);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static void keep(struct orun_pump *pump, const char *bytes, size_t length)
{
    size_t left = pump->limit - pump->kept.length;
    if (length > left) {
        pump->truncated = true;
        length = left;
    }
    if (length > 0 && !orun_bytes_append(&pump->kept, bytes, length))
        pump->truncated = true;
}

static void deliver(struct orun_pump *pump, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    if (pump->log)
        write_log(pump->log, bytes, length);
    if (pump->keeps)
        keep(pump, bytes, length);
    if (pump->line)
        split_lines(pump, bytes, length);
}

static void mask_and_deliver(struct orun_pump *pump, const char *bytes, size_t length, bool last)
{
    size_t written;
    if (!orun_bytes_reserve(&masked, 3 * length))
        return; /* without memory: lost rather than shown */
    size_t kept_back = orun_mask_apply(pump->mask, bytes, length, last, masked.data, &written);
    orun_bytes_append(&pump->held, bytes + length - kept_back, kept_back);
    deliver(pump, masked.data, written);
}

/* Through the mask, if there is one. */
static void pass(struct orun_pump *pump, const char *bytes, size_t length, bool last)
{
    struct orun_bytes before = pump->held;
    if (!pump->mask) {
        deliver(pump, bytes, length);
    } else if (before.length == 0) {
        mask_and_deliver(pump, bytes, length, last);
    } else {
        pump->held = (struct orun_bytes){0};
        if (orun_bytes_append(&before, bytes, length))
            mask_and_deliver(pump, before.data, before.length, last);
        orun_bytes_free(&before);
    }
}

static void pass_filtered(void *pump, const char *bytes, size_t length)
{
    pass(pump, bytes, length, false);
}

void orun_pump_show(struct orun_pump *pump, const char *bytes, size_t length)
{
    pass(pump, bytes, length, false);
}

void orun_pump_filter(struct orun_pump *pump, const char *prefix, size_t length,
                      void (*line)(void *pump, const char *text, size_t length))
{
    pump->filter = (struct orun_filter){.prefix = prefix,
                                        .prefix_length = length,
                                        .pass = pass_filtered,
                                        .line = line,
                                        .owner = pump};
}

/* Reads once; false when there is nothing now, or nothing ever (then *end). */
static bool read_some(struct orun_pump *pump, bool *end)
{
    if (!orun_bytes_reserve(&input, READ_SIZE)) {
        *end = true;
        return false;
    }
    ssize_t n;
    do
        n = read(pump->event.fd, input.data, READ_SIZE);
    while (n < 0 && errno == EINTR);
    *end = n == 0 || (n < 0 && errno != EAGAIN);
    if (n <= 0)
        return false;
    if (pump->bytes < PIPE_SIZE && pump->bytes + (size_t)n >= PIPE_SIZE)
        fcntl(pump->event.fd, F_SETPIPE_SZ, READ_SIZE); /* or it stays as it is */
    pump->bytes += (size_t)n;
    if (pump->filter.prefix)
        orun_filter_put(&pump->filter, input.data, (size_t)n);
    else
        pass(pump, input.data, (size_t)n, false);
    return true;
}

static void close_write_end(struct orun_pump *pump)
{
    if (pump->write_end >= 0)
        close(pump->write_end);
    pump->write_end = -1;
}

static void finish(struct orun_pump *pump)
{
    if (pump->filter.prefix)
        orun_filter_end(&pump->filter);
    pass(pump, "", 0, true);
    if (pump->partial.length > 0)
        pump->line(pump, pump->partial.data, pump->partial.length);
    orun_bytes_free(&pump->partial);
    close_write_end(pump);
    orun_event_forget(&pump->event);
    close(pump->event.fd);
    pump->event.fd = -1;
    pump->closed(pump);
}

static void readable(struct orun_event *event)
{
    struct orun_pump *pump = (struct orun_pump *)event;
    bool end;
    read_some(pump, &end);
    if (end)
        finish(pump);
}

static bool drain(struct orun_pump *pump)
{
    bool end = false;
    uint64_t stop = pump->bytes + DRAIN_LIMIT;
    while (read_some(pump, &end) && pump->bytes < stop)
        ;
    return end;
}

int orun_pump_open(struct orun_pump *pump)
{
    int ends[2];
    pump->event.fd = pump->write_end = -1;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    pump->event = (struct orun_event){.fd = ends[0], .ready = readable};
    pump->write_end = ends[1];
    int error = orun_event_watch(&pump->event, EPOLLIN);
    if (error) {
        close(ends[0]);
        close(ends[1]);
        pump->event.fd = pump->write_end = -1;
    }
    return error;
}

bool orun_pump_is_open(const struct orun_pump *pump)
{
    return pump->event.fd >= 0;
}

void orun_pump_child_ended(struct orun_pump *pump)
{
    if (pump->event.fd < 0)
        return;
    close_write_end(pump);
    if (drain(pump))
        finish(pump);
}

void orun_pump_close(struct orun_pump *pump)
{
    if (pump->event.fd < 0)
        return;
    drain(pump);
    finish(pump);
}

void orun_pump_discard(struct orun_pump *pump)
{
    close_write_end(pump);
    if (pump->event.fd >= 0) {
        orun_event_forget(&pump->event);
        close(pump->event.fd);
    }
    pump->event.fd = -1;
    orun_bytes_free(&pump->filter.held);
    orun_bytes_free(&pump->held);
    orun_bytes_free(&pump->kept);
    orun_bytes_free(&pump->partial);
}
