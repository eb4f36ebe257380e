/* The parts of host.loop that have a file of their own. */
#ifndef ORUN_HOST_LOOP_PARTS_H
#define ORUN_HOST_LOOP_PARTS_H

#include <lua.h>

/* host.loop.queue and host.loop.signals; each registers its metatable on first use. */
int orun_loop_queue(lua_State *L);
int orun_loop_signals(lua_State *L);

#endif
