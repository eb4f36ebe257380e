/* Memory of a Lua state: small blocks from lists by size, the rest from malloc. */
#ifndef ORUN_HEAP_H
#define ORUN_HEAP_H

#include <stddef.h>

/* A lua_Alloc for one state per process. What it takes for small blocks it never gives back. */
void *orun_heap_allocate(void *heap, void *block, size_t old_size, size_t size);

#endif
