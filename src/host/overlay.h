/* What other modules may ask of a view. */
#ifndef ORUN_HOST_OVERLAY_H
#define ORUN_HOST_OVERLAY_H

#include "view.h"

#include <lua.h>

/* The view at the index; raises an error for anything else, or when it is closed. */
const struct orun_view *orun_check_view(lua_State *L, int index);

#endif
