/*
 * Sandboxes: Lua states for code that nobody vouches for. Each has its own heap with a limit, a
 * budget of work that C functions draw on too, and only such functions as cannot tell one run from
 * another. Nothing is shared with the state of the host; values cross by deep copy.
 */
#ifndef ORUN_SANDBOX_H
#define ORUN_SANDBOX_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum orun_limit {
    ORUN_LIMIT_NONE,
    ORUN_LIMIT_MEMORY,       /* the soft limit: noticed at an instruction */
    ORUN_LIMIT_MEMORY_HARD,  /* the allocator refused; where is not known */
    ORUN_LIMIT_INSTRUCTIONS, /* instructions, and what C functions did in their place */
    ORUN_LIMIT_OUTPUT,
    ORUN_LIMIT_STRING, /* one string longer than all output may be */
    ORUN_LIMIT_WEAK    /* no limit, but like them it must not be caught: a weak table */
};

struct orun_limits {
    size_t memory;        /* bytes */
    int64_t instructions; /* of one call */
    size_t output;        /* bytes of one call: result and printed text */
};

/* A coroutine that runs, and the one that resumed it. */
struct orun_thread {
    lua_State *L;
    struct orun_thread *resumer;
};

enum { ORUN_PLACE = 512 };

struct orun_sandbox {
    lua_State *L;
    void *owner;     /* of whom opened it */
    lua_State *host; /* who calls at the moment */
    struct orun_thread *running;
    struct orun_limits limits;
    size_t used, hard, collect_at;
    uint64_t volume;                 /* bytes allocated since the last settlement */
    size_t longest;                  /* string made during this call */
    int64_t work;                    /* what is left of the budget */
    uint64_t charged;                /* work of functions since time was looked at */
    size_t output;                   /* what is left of it */
    int period;                      /* instructions between two settlements */
    int depth;                       /* of calls from the host that wait for each other */
    lua_Integer serial, last_serial; /* of the call that runs, of the last one that began */
    bool hurry;                      /* a settlement is due at the next instruction */
    bool refused; /* the allocator said no; it will not be asked again in this call */
    bool trusted; /* what runs is the host's own, and has no limits but memory */
    bool timed;
    struct timespec started, worked;
    enum orun_limit hit;
    char file[ORUN_PLACE]; /* where the limit was hit: chunk name without '@', empty when unknown */
    int line;
};

struct orun_sandbox *orun_sandbox_of(lua_State *L);

/* state.c -----------------------------------------------------------------------------------------
 */

/* NULL when there is no memory. */
struct orun_sandbox *orun_sandbox_open(const struct orun_limits *limits);
void orun_sandbox_close(struct orun_sandbox *s);

/* A call from the host, and what was before it. */
struct orun_call {
    struct orun_thread thread;
    lua_State *host;
    lua_Integer serial;
};

/* Begins a call: with a fresh budget, unless it comes from within another one. */
void orun_sandbox_begin(struct orun_sandbox *s, struct orun_call *call, lua_State *host);
void orun_sandbox_end(struct orun_sandbox *s, const struct orun_call *call);

/* Compiles text as a chunk with an environment of its own; a status of lua_load, chunk or message
 * pushed. */
int orun_sandbox_compile(lua_State *L, const char *text, size_t length, const char *name);

/* Pushes the table of all that stands behind globals. */
void orun_sandbox_push_library(lua_State *L);

/* Pushes an empty table of globals behind which the library stands. */
void orun_sandbox_push_environment(lua_State *L);

/* Pushes a text for any value: never an address. Runs __tostring. */
const char *orun_sandbox_tostring(lua_State *L, int index, size_t *length);

/* Message handler: makes a table of an error: message, frames, and what orun.fail was given. */
int orun_sandbox_explain(lua_State *L);

/* limit.c -----------------------------------------------------------------------------------------
 */

void *orun_limit_allocate(void *sandbox, void *block, size_t old_size, size_t size);
void orun_limit_start(struct orun_sandbox *s);
/* Takes work off the budget; raises when nothing is left. */
void orun_limit_charge(lua_State *L, uint64_t work);
/* For `bytes` that a C function is about to make or look through. */
void orun_limit_charge_bytes(lua_State *L, uint64_t bytes);
/* Raises when so many more bytes would pass the memory limit. */
void orun_limit_room(lua_State *L, uint64_t bytes);
/* Raises when a text that grows has become too long. */
void orun_limit_length(lua_State *L, size_t length);
void orun_limit_print(lua_State *L, size_t bytes);
/* Raises again what was hit; settles what is due. */
void orun_limit_check(lua_State *L);
/* After a protected call or a resumed coroutine: nothing of the sandbox may catch a limit. */
void orun_limit_after(lua_State *L, int status);
void orun_limit_raise(lua_State *L, enum orun_limit limit);
/* The innermost line of a file of the package; false when there is none. */
bool orun_limit_place(struct orun_sandbox *s, lua_State *L, char *file, int *line);
/* Remembers a metatable, so that it cannot become that of a weak table. */
void orun_limit_watch(lua_State *L, int metatable);

/* the host module ---------------------------------------------------------------------------------
 */

/* Hands a printed line to the host. */
void orun_sandbox_print(lua_State *L, const char *text, size_t length);

/* library parts; each pushes its table or function ------------------------------------------------
 */

void orun_sandbox_add_base(lua_State *L);    /* base.c: to the table on the top */
void orun_sandbox_push_string(lua_State *L); /* text.c */
void orun_sandbox_push_patterns(
    lua_State *L); /* pattern.c: adds find, match, gmatch, gsub to the top */
void orun_sandbox_push_table(lua_State *L);     /* list.c */
void orun_sandbox_push_coroutine(lua_State *L); /* thread.c */
/* A function of the standard library: name of the library, of the function. */
void orun_sandbox_push_original(lua_State *L, const char *library, const char *name);
/* Wraps the function on the top: its work is charged by the bytes of its strings. */
void orun_sandbox_charge_by_bytes(lua_State *L);

/* frozen.c ----------------------------------------------------------------------------------------
 */

/* Replaces the table on the top by one that reads the same and cannot be written. */
void orun_frozen_wrap(lua_State *L);
/* Pushes one that reads a map of the host, at an index of the calling host's stack. A value is
 * copied when it is first looked at, during this call only. */
void orun_frozen_push(lua_State *L, int host_index);
/* The same for a table of functions: reading costs nothing more, what is inside is not protected.
 */
void orun_frozen_protect(lua_State *L);
/* Pushes the table behind a frozen one; pushes nothing and returns false for any other value. */
bool orun_frozen_unwrap(lua_State *L, int index);

/* For those who must not raise errors. Pushes what is behind a front, as it is. */
bool orun_frozen_push_behind(lua_State *L, int index);
/* Of a table that is behind: the index of the host's table that it copies in part; 0 when it holds
 * all, -1 when that was an argument of an earlier call. */
int orun_frozen_source(lua_State *L, int index);

/* copy.c ------------------------------------------------------------------------------------------
 */

enum { ORUN_COPY_DEPTH = 200, ORUN_COPY_PROBLEM = 256 };

/* What keeps a value from being copied, with the way to it. */
struct orun_copy {
    lua_State *from, *to;
    /* A function of the sandbox becomes what this pushes onto `to`; NULL: it is refused. */
    void (*function)(struct orun_copy *copy, int index);
    void *context;
    size_t bytes, limit; /* of the copy; over the limit it is refused */
    bool over;           /* the limit was the reason */
    bool from_sandbox;
    bool strict; /* texts are UTF-8 without NUL bytes */
    int depth;
    const void *way[ORUN_COPY_DEPTH];
    char problem[ORUN_COPY_PROBLEM];
};

/* Pushes a deep copy of the value at index of `from` onto `to`; false with `problem` set when it
 * cannot cross, nothing pushed. */
bool orun_copy_value(struct orun_copy *copy, int index);

#endif
