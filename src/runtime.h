/*
 * The host Lua state: standard libraries, host modules, module search path, tracebacks.
 */
#ifndef ORUN_RUNTIME_H
#define ORUN_RUNTIME_H

#include <lua.h>

/* One built-in module; the table of all of them is generated from the files in src/host. */
struct orun_host_module {
    const char *name;
    lua_CFunction open;
};
extern const struct orun_host_module orun_host_modules[];

/* Where the program and its files are, as absolute paths without trailing slash. */
struct orun_paths {
    char *exe;   /* real path of the executable */
    char *share; /* folder that holds lua/ and compositions/ */
    char *lib;   /* folder that holds host/<name>.so */
};

/* Found once from the executable; NULL when the program's files are missing (a message is printed).
 */
const struct orun_paths *orun_runtime_paths(void);

/* A new state with everything a host script needs; NULL when out of memory. */
lua_State *orun_runtime_open(void);

/* Message handler: keeps error tables as they are, adds a traceback to strings. */
int orun_runtime_traceback(lua_State *L);

#endif
