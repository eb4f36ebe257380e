/* What nodes of a YAML document mean. */
#ifndef ORUN_YAML_VALUE_H
#define ORUN_YAML_VALUE_H

#include "yaml_document.h"

#include <lua.h>

/* One walk through a document. */
struct yaml_entries {
    lua_State *L;
    struct yaml_document *d;
    const struct yaml_node *wrong; /* the node that an error is about */
    char message[320];
};

/* What a scalar node means, its style and explicit tag considered; false when the tag contradicts
 * the text. */
bool yaml_resolve_node(const struct yaml_node *n, struct yaml_scalar *s);

bool yaml_is_merge_key(const struct yaml_node *n);
bool yaml_has_merge(const struct yaml_document *d, const struct yaml_node *map);

/* Every key of a mapping is a scalar and stands once. */
bool yaml_check_keys(struct yaml_entries *e, const struct yaml_node *map);

/* Explicit entries first, then merged ones; a key may be visited more than once, the first visit
 * counts. */
typedef bool (*yaml_visit)(struct yaml_entries *e, int key, int value, void *data);
bool yaml_visit_map(struct yaml_entries *e, const struct yaml_node *map, yaml_visit visit,
                    void *data);

/* Pushes the value of a node. false: the problem is filled in, the stack undefined above its top.
 */
bool yaml_push_value(struct yaml_entries *e, int id);

#endif
