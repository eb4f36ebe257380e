/* What other modules may ask of a lock. */
#ifndef ORUN_HOST_LOCK_H
#define ORUN_HOST_LOCK_H

#include <lua.h>

/* Descriptor of the Claim at the index; raises an error for anything else, or when it was released.
 */
int orun_claim_descriptor(lua_State *L, int index);

#endif
