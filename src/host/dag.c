/*
 * host.dag: dependency graphs, their order, and the ready queue of a scheduler.
 *
 * A node is an index. Ids live in two Lua tables (id -> index, index -> id) that a graph shares
 * with its queues. Everything is ordered through numbers computed once: the position of an id among
 * all ids, and for a queue the place of a node by (rank, id); heaps compare integers only.
 */
#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DAG "host.dag.graph"
#define QUEUE "host.dag.queue"
#define NONE UINT32_MAX

int luaopen_host_dag(lua_State *L);

/* User values of both kinds of handle. */
enum { INDEX_OF_ID = 1, ID_OF_INDEX, GROUP_OF_NAME };

struct node {
    const char *id; /* the Lua string, kept by ID_OF_INDEX */
    size_t length;
    double rank;
    uint32_t group; /* NONE: in no group */
};

struct edge {
    uint32_t from, on;
};

/* Neighbours of all nodes in one array, those of node n from start[n] to start[n + 1], in order of
 * id. */
struct adjacency {
    uint32_t *start, *to;
};

struct dag {
    struct node *nodes;
    uint32_t count, room;
    struct edge *edges;
    uint32_t edge_count, edge_room;
    uint32_t groups;
    /* Derived when asked for, dropped by a change. */
    uint32_t *sorted;   /* position -> node */
    uint32_t *position; /* node -> position by id */
    struct adjacency needs, needed_by;
};

/* --- memory
 * ---------------------------------------------------------------------------------------- */

static void *allocate(lua_State *L, size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size);
    if (!p)
        luaL_error(L, "not enough memory");
    return p;
}

/* Makes room for one more element; capacities double. */
static void *grow(lua_State *L, void *array, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return array;
    luaL_argcheck(L, count < NONE / 2, 1, "the graph is too large");
    uint32_t more = *room ? *room * 2 : 64;
    void *p = realloc(array, more * size);
    if (!p)
        luaL_error(L, "not enough memory");
    *room = more;
    return p;
}

static void drop_derived(struct dag *d)
{
    free(d->sorted);
    free(d->position);
    free(d->needs.start);
    free(d->needs.to);
    free(d->needed_by.start);
    free(d->needed_by.to);
    d->sorted = d->position = NULL;
    memset(&d->needs, 0, sizeof d->needs);
    memset(&d->needed_by, 0, sizeof d->needed_by);
}

static int dag_gc(lua_State *L)
{
    struct dag *d = luaL_checkudata(L, 1, DAG);
    drop_derived(d);
    free(d->nodes);
    free(d->edges);
    memset(d, 0, sizeof *d);
    return 0;
}

/* --- building
 * -------------------------------------------------------------------------------------- */

static int new_dag(lua_State *L)
{
    struct dag *d = lua_newuserdatauv(L, sizeof *d, GROUP_OF_NAME);
    memset(d, 0, sizeof *d);
    luaL_setmetatable(L, DAG);
    for (int value = INDEX_OF_ID; value <= GROUP_OF_NAME; value++) {
        lua_newtable(L);
        lua_setiuservalue(L, -2, value);
    }
    return 1;
}

/* Index of the id at `id`, or NONE. The handle is argument 1. */
static uint32_t find(lua_State *L, int id)
{
    luaL_checktype(L, id, LUA_TSTRING);
    lua_getiuservalue(L, 1, INDEX_OF_ID);
    lua_pushvalue(L, id);
    uint32_t index = lua_rawget(L, -2) == LUA_TNIL ? NONE : (uint32_t)lua_tointeger(L, -1);
    lua_pop(L, 2);
    return index;
}

/* Number of the group named at `name`, a new one for a new name. */
static uint32_t group_of(lua_State *L, struct dag *d, int name)
{
    luaL_checktype(L, name, LUA_TSTRING);
    lua_getiuservalue(L, 1, GROUP_OF_NAME);
    lua_pushvalue(L, name);
    uint32_t group = lua_rawget(L, -2) == LUA_TNIL ? NONE : (uint32_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (group == NONE) {
        group = d->groups++;
        lua_pushvalue(L, name);
        lua_pushinteger(L, group);
        lua_rawset(L, -3);
    }
    lua_pop(L, 1);
    return group;
}

static int dag_add(lua_State *L)
{
    struct dag *d = luaL_checkudata(L, 1, DAG);
    double rank = luaL_optnumber(L, 4, 0);
    luaL_argcheck(L, rank == rank, 4, "not a number");
    if (find(L, 2) != NONE)
        return luaL_error(L, "node '%s' is there already", lua_tostring(L, 2));
    d->nodes = grow(L, d->nodes, d->count, &d->room, sizeof *d->nodes);
    struct node n = {.rank = rank, .group = NONE};
    n.id = lua_tolstring(L, 2, &n.length);
    if (!lua_isnoneornil(L, 3))
        n.group = group_of(L, d, 3);
    drop_derived(d);
    lua_getiuservalue(L, 1, ID_OF_INDEX);
    lua_pushvalue(L, 2);
    lua_rawseti(L, -2, (lua_Integer)d->count + 1);
    lua_getiuservalue(L, 1, INDEX_OF_ID);
    lua_pushvalue(L, 2);
    lua_pushinteger(L, d->count);
    lua_rawset(L, -3);
    d->nodes[d->count++] = n;
    return 0;
}

static int dag_depend(lua_State *L)
{
    struct dag *d = luaL_checkudata(L, 1, DAG);
    uint32_t from = find(L, 2), on = find(L, 3);
    lua_pushboolean(L, from != NONE && on != NONE);
    if (from == NONE || on == NONE) {
        lua_pushvalue(L, from == NONE ? 2 : 3);
        return 2;
    }
    d->edges = grow(L, d->edges, d->edge_count, &d->edge_room, sizeof *d->edges);
    drop_derived(d);
    d->edges[d->edge_count++] = (struct edge){from, on};
    return 1;
}

static int dag_size(lua_State *L)
{
    const struct dag *d = luaL_checkudata(L, 1, DAG);
    lua_pushinteger(L, d->count);
    return 1;
}

/* --- what follows from nodes and edges
 * --------------------------------------------------------------- */

static int compare_ids(const struct node *a, const struct node *b)
{
    size_t common = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->id, b->id, common);
    if (order)
        return order;
    return a->length < b->length ? -1 : a->length > b->length;
}

static int compare_nodes(const void *left, const void *right, void *nodes)
{
    const struct node *all = nodes;
    return compare_ids(all + *(const uint32_t *)left, all + *(const uint32_t *)right);
}

/* Positions are numbers from 0, so ordering neighbours by id is two counting sorts and no
 * comparison. */
static void sort_edges(const struct dag *d, bool reverse, uint32_t *start, uint32_t *to,
                       struct edge *by_target)
{
    uint32_t *next = start; /* in turn: count, place of the next element, end of the row */
    memset(start, 0, (d->count + 1) * sizeof *start);
    for (uint32_t i = 0; i < d->edge_count; i++)
        next[d->position[reverse ? d->edges[i].from : d->edges[i].on] + 1]++;
    for (uint32_t i = 0; i < d->count; i++)
        next[i + 1] += next[i];
    for (uint32_t i = 0; i < d->edge_count; i++) {
        struct edge e = d->edges[i];
        if (reverse)
            e = (struct edge){e.on, e.from};
        by_target[next[d->position[e.on]]++] = e;
    }
    memset(start, 0, (d->count + 1) * sizeof *start);
    for (uint32_t i = 0; i < d->edge_count; i++)
        next[by_target[i].from + 1]++;
    for (uint32_t i = 0; i < d->count; i++)
        next[i + 1] += next[i];
    for (uint32_t i = 0; i < d->edge_count; i++)
        to[next[by_target[i].from]++] = by_target[i].on;
    /* Now next[n] is the end of row n, that is the start of row n + 1; close the gaps that equal
     * neighbours leave. */
    uint32_t out = 0, in = 0;
    for (uint32_t n = 0; n < d->count; n++) {
        uint32_t end = start[n], first = out;
        start[n] = out;
        for (; in < end; in++)
            if (out == first || to[out - 1] != to[in])
                to[out++] = to[in];
    }
    start[d->count] = out;
}

static void derive(lua_State *L, struct dag *d)
{
    if (d->needed_by.to)
        return;
    drop_derived(d);
    size_t edges = d->edge_count;
    d->sorted = allocate(L, d->count, sizeof *d->sorted);
    d->position = allocate(L, d->count, sizeof *d->position);
    d->needs.start = allocate(L, (size_t)d->count + 1, sizeof *d->needs.start);
    d->needed_by.start = allocate(L, (size_t)d->count + 1, sizeof *d->needed_by.start);
    d->needs.to = allocate(L, edges, sizeof *d->needs.to);
    /* Scratch memory belongs to the collector, so that an error cannot lose it. */
    struct edge *scratch = lua_newuserdatauv(L, (edges + 1) * sizeof *scratch, 0);
    d->needed_by.to = allocate(L, edges, sizeof *d->needed_by.to);
    for (uint32_t i = 0; i < d->count; i++)
        d->sorted[i] = i;
    if (d->count > 1)
        qsort_r(d->sorted, d->count, sizeof *d->sorted, compare_nodes, d->nodes);
    for (uint32_t i = 0; i < d->count; i++)
        d->position[d->sorted[i]] = i;
    sort_edges(d, false, d->needs.start, d->needs.to, scratch);
    sort_edges(d, true, d->needed_by.start, d->needed_by.to, scratch);
    lua_pop(L, 1);
}

static int neighbours(lua_State *L, bool reverse)
{
    struct dag *d = luaL_checkudata(L, 1, DAG);
    uint32_t n = find(L, 2);
    if (n == NONE)
        return luaL_error(L, "there is no node '%s'", lua_tostring(L, 2));
    derive(L, d);
    const struct adjacency *a = reverse ? &d->needed_by : &d->needs;
    lua_createtable(L, (int)(a->start[n + 1] - a->start[n]), 0);
    lua_getiuservalue(L, 1, ID_OF_INDEX);
    for (uint32_t i = a->start[n]; i < a->start[n + 1]; i++) {
        lua_rawgeti(L, -1, (lua_Integer)a->to[i] + 1);
        lua_rawseti(L, -3, (lua_Integer)(i - a->start[n]) + 1);
    }
    lua_pop(L, 1);
    return 1;
}

static int dag_dependencies(lua_State *L)
{
    return neighbours(L, false);
}

static int dag_dependents(lua_State *L)
{
    return neighbours(L, true);
}

/* --- heaps
 * ----------------------------------------------------------------------------------------- */

/* Items with the smallest key first; `where` holds the place of each item, so that any can be moved
 * or removed. */
struct heap {
    uint32_t *items;
    uint32_t count;
};

static void heap_put(struct heap *h, uint32_t *where, uint32_t at, uint32_t item)
{
    h->items[at] = item;
    where[item] = at;
}

static void heap_up(struct heap *h, uint32_t *where, const uint32_t *key, uint32_t at)
{
    uint32_t item = h->items[at];
    for (; at && key[item] < key[h->items[(at - 1) / 2]]; at = (at - 1) / 2)
        heap_put(h, where, at, h->items[(at - 1) / 2]);
    heap_put(h, where, at, item);
}

static void heap_down(struct heap *h, uint32_t *where, const uint32_t *key, uint32_t at)
{
    uint32_t item = h->items[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < h->count && key[h->items[child + 1]] < key[h->items[child]])
            child++;
        if (child >= h->count || key[item] <= key[h->items[child]])
            break;
        heap_put(h, where, at, h->items[child]);
        at = child;
    }
    heap_put(h, where, at, item);
}

static void heap_insert(struct heap *h, uint32_t *where, const uint32_t *key, uint32_t item)
{
    heap_put(h, where, h->count++, item);
    heap_up(h, where, key, h->count - 1);
}

static void heap_remove(struct heap *h, uint32_t *where, const uint32_t *key, uint32_t item)
{
    uint32_t at = where[item], last = h->items[--h->count];
    if (at < h->count) {
        heap_put(h, where, at, last);
        heap_up(h, where, key, at);
        heap_down(h, where, key, where[last]);
    }
}

/* --- order
 * ----------------------------------------------------------------------------------------- */

/* Pushes {a, b, ..., a} for a closed path, turned so that its smallest member is first. */
static void push_cycle(lua_State *L, const struct dag *d, const uint32_t *path, uint32_t length)
{
    uint32_t smallest = 0;
    for (uint32_t i = 1; i < length; i++)
        if (d->position[path[i]] < d->position[path[smallest]])
            smallest = i;
    lua_createtable(L, (int)length + 1, 0);
    lua_getiuservalue(L, 1, ID_OF_INDEX);
    for (uint32_t i = 0; i <= length; i++) {
        lua_rawgeti(L, -1, (lua_Integer)path[(smallest + i) % length] + 1);
        lua_rawseti(L, -3, (lua_Integer)i + 1);
    }
    lua_pop(L, 1);
}

/*
 * Depth first from the smallest id, dependencies in order of id, without recursion: `path` is the
 * way down, next[n] the edge to try next. The first edge back to the path closes the cycle.
 */
static void find_cycle(lua_State *L, const struct dag *d)
{
    uint32_t *path = lua_newuserdatauv(L, (size_t)d->count * 3 * sizeof *path, 0);
    uint32_t *next = path + d->count, *place = next + d->count; /* place: depth + 1 on the path */
    memcpy(next, d->needs.start, d->count * sizeof *next);
    memset(place, 0, d->count * sizeof *place);
    for (uint32_t i = 0; i < d->count; i++) {
        uint32_t depth = 0;
        if (next[d->sorted[i]] == d->needs.start[d->sorted[i]]) {
            path[depth++] = d->sorted[i];
            place[d->sorted[i]] = depth;
        }
        while (depth) {
            uint32_t n = path[depth - 1];
            if (next[n] == d->needs.start[n + 1]) {
                place[n] = 0;
                depth--;
                continue;
            }
            uint32_t on = d->needs.to[next[n]++];
            if (place[on]) {
                push_cycle(L, d, path + place[on] - 1, depth - place[on] + 1);
                return;
            }
            if (next[on] == d->needs.start[on]) {
                path[depth++] = on;
                place[on] = depth;
            }
        }
    }
}

/* Kahn's algorithm, always the smallest ready id. `order` gets the nodes that do not depend on a
 * cycle; returns their number. */
static uint32_t sort_nodes(lua_State *L, struct dag *d, uint32_t *order)
{
    derive(L, d);
    size_t n = d->count;
    uint32_t *missing = lua_newuserdatauv(L, (3 * n + 1) * sizeof *missing, 0);
    uint32_t *where = missing + n;
    struct heap ready = {.items = where + n};
    for (uint32_t i = 0; i < n; i++) {
        missing[i] = d->needs.start[i + 1] - d->needs.start[i];
        if (!missing[i])
            heap_insert(&ready, where, d->position, i);
    }
    uint32_t done = 0;
    while (ready.count) {
        uint32_t first = ready.items[0];
        heap_remove(&ready, where, d->position, first);
        order[done++] = first;
        for (uint32_t i = d->needed_by.start[first]; i < d->needed_by.start[first + 1]; i++)
            if (--missing[d->needed_by.to[i]] == 0)
                heap_insert(&ready, where, d->position, d->needed_by.to[i]);
    }
    lua_pop(L, 1);
    return done;
}

static int dag_order(lua_State *L)
{
    struct dag *d = luaL_checkudata(L, 1, DAG);
    lua_settop(L, 1);
    uint32_t *order = lua_newuserdatauv(L, (d->count + 1) * sizeof *order, 0);
    if (sort_nodes(L, d, order) < d->count) {
        find_cycle(L, d);
        luaL_pushfail(L);
        lua_insert(L, -2);
        return 2;
    }
    lua_createtable(L, (int)d->count, 0);
    lua_getiuservalue(L, 1, ID_OF_INDEX);
    for (uint32_t i = 0; i < d->count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)order[i] + 1);
        lua_rawseti(L, -3, (lua_Integer)i + 1);
    }
    lua_pop(L, 1);
    return 1;
}

/* Ranks: the heaviest path that begins at each node. */
static int dag_weigh(lua_State *L)
{
    struct dag *d = luaL_checkudata(L, 1, DAG);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    uint32_t *order = lua_newuserdatauv(L, (d->count + 1) * sizeof *order, 0);
    uint32_t sorted = sort_nodes(L, d, order);
    lua_getiuservalue(L, 1, ID_OF_INDEX);
    for (uint32_t i = sorted; i-- > 0;) {
        struct node *node = &d->nodes[order[i]];
        double longest = 0;
        for (uint32_t k = d->needed_by.start[order[i]]; k < d->needed_by.start[order[i] + 1]; k++)
            if (d->nodes[d->needed_by.to[k]].rank > longest)
                longest = d->nodes[d->needed_by.to[k]].rank;
        lua_rawgeti(L, -1, (lua_Integer)order[i] + 1);
        lua_rawget(L, 2);
        node->rank = longest + lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    return 0;
}

/* --- ready queue
 * ----------------------------------------------------------------------------------- */

enum state { PENDING, READY, RUNNING, DEFERRED, DONE, FAILED, BLOCKED, STATES };
static const char *const state_names[] = {"pending", "ready",  "running", "deferred",
                                          "done",    "failed", "blocked"};

/*
 * Ready nodes wait in the heap of their group; groups that have one wait, by their best node, in
 * the heap of open or of closed groups. The next node is the better of the two tops, the closed one
 * only where another group may be opened: finding it costs a logarithm however many nodes must not
 * start. Nodes that no cap concerns are in group `free_group`, which counts as open always.
 */
struct queue {
    uint32_t count, groups, free_group;
    uint32_t concurrency, cap; /* cap 0: none */
    uint32_t open_groups;
    uint32_t totals[STATES];
    unsigned char *state;
    uint32_t *key;     /* node -> place by (rank, id); smallest starts first */
    uint32_t *by_key;  /* place -> node */
    uint32_t *missing; /* node -> unfinished dependencies */
    uint32_t *group;   /* node -> group */
    uint32_t *where;   /* node -> place in the heap of its group */
    uint32_t *position;
    uint32_t *sorted;
    struct adjacency needed_by;
    struct heap *ready;    /* group -> its ready nodes */
    uint32_t *running;     /* group -> running nodes */
    uint32_t *best;        /* group -> key of its best ready node */
    uint32_t *where_group; /* group -> place in the heap that holds it */
    struct heap open, closed;
    char memory[]; /* of all the arrays */
};

static bool is_open(const struct queue *q, uint32_t group)
{
    return group == q->free_group || q->running[group] > 0;
}

static struct heap *heap_of_group(struct queue *q, uint32_t group)
{
    return is_open(q, group) ? &q->open : &q->closed;
}

/* To be called around every change of a group's ready nodes or of its being open. */
static void take_out_group(struct queue *q, uint32_t group)
{
    if (q->ready[group].count)
        heap_remove(heap_of_group(q, group), q->where_group, q->best, group);
}

static void put_back_group(struct queue *q, uint32_t group)
{
    if (!q->ready[group].count)
        return;
    q->best[group] = q->key[q->ready[group].items[0]];
    heap_insert(heap_of_group(q, group), q->where_group, q->best, group);
}

static void set_state(struct queue *q, uint32_t n, enum state state)
{
    q->totals[q->state[n]]--;
    q->totals[state]++;
    q->state[n] = (unsigned char)state;
}

static void make_ready(struct queue *q, uint32_t n)
{
    uint32_t group = q->group[n];
    take_out_group(q, group);
    set_state(q, n, READY);
    heap_insert(&q->ready[group], q->where, q->key, n);
    put_back_group(q, group);
}

/* The node is done: what waited only for it becomes ready. */
static void complete(struct queue *q, uint32_t n)
{
    set_state(q, n, DONE);
    for (uint32_t i = q->needed_by.start[n]; i < q->needed_by.start[n + 1]; i++) {
        uint32_t next = q->needed_by.to[i];
        if (--q->missing[next] == 0 && q->state[next] == PENDING)
            make_ready(q, next);
    }
}

static int queue_take(lua_State *L)
{
    struct queue *q = luaL_checkudata(L, 1, QUEUE);
    uint32_t best = NONE;
    if (q->totals[RUNNING] < q->concurrency) {
        if (q->open.count)
            best = q->open.items[0];
        if (q->closed.count && (!q->cap || q->open_groups < q->cap) &&
            (best == NONE || q->best[q->closed.items[0]] < q->best[best]))
            best = q->closed.items[0];
    }
    if (best == NONE) {
        luaL_pushfail(L);
        return 1;
    }
    lua_getiuservalue(L, 1, ID_OF_INDEX);
    uint32_t n = q->ready[best].items[0];
    lua_rawgeti(L, -1, (lua_Integer)n + 1);
    take_out_group(q, best);
    heap_remove(&q->ready[best], q->where, q->key, n);
    set_state(q, n, RUNNING);
    if (q->running[best]++ == 0 && best != q->free_group)
        q->open_groups++;
    put_back_group(q, best);
    return 1;
}

static uint32_t check_node(lua_State *L, const struct queue *q)
{
    uint32_t n = find(L, 2);
    if (n >= q->count)
        luaL_error(L, "there is no node '%s'", lua_tostring(L, 2));
    return n;
}

static int compare_positions(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* Blocks all that needs n, each once; pushes the list of their ids. What is done already keeps
 * others from being reached. */
static void block_dependents(lua_State *L, struct queue *q, uint32_t n)
{
    uint32_t *found = lua_newuserdatauv(L, ((size_t)q->totals[PENDING] + 1) * sizeof *found, 0);
    lua_newtable(L);
    uint32_t count = 0, next = 0;
    for (uint32_t at = n;; at = found[next++]) {
        for (uint32_t i = q->needed_by.start[at]; i < q->needed_by.start[at + 1]; i++) {
            uint32_t dependent = q->needed_by.to[i];
            if (q->state[dependent] == PENDING) {
                set_state(q, dependent, BLOCKED);
                found[count++] = dependent;
            }
        }
        if (next == count)
            break;
    }
    for (uint32_t i = 0; i < count; i++)
        found[i] = q->position[found[i]];
    qsort(found, count, sizeof *found, compare_positions);
    lua_getiuservalue(L, 1, ID_OF_INDEX);
    for (uint32_t i = 0; i < count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)q->sorted[found[i]] + 1);
        lua_rawseti(L, -3, (lua_Integer)i + 1);
    }
    lua_pop(L, 1);
}

static int wrong_state(lua_State *L, const struct queue *q, uint32_t n, enum state expected)
{
    return luaL_error(L, "node '%s' is not %s but %s", lua_tostring(L, 2), state_names[expected],
                      state_names[q->state[n]]);
}

/* The node's slot is free again, and its group may close. */
static void give_back_slot(struct queue *q, uint32_t n)
{
    uint32_t group = q->group[n];
    take_out_group(q, group);
    if (--q->running[group] == 0 && group != q->free_group)
        q->open_groups--;
    put_back_group(q, group);
}

static int queue_defer(lua_State *L)
{
    struct queue *q = luaL_checkudata(L, 1, QUEUE);
    uint32_t n = check_node(L, q);
    if (q->state[n] != RUNNING)
        return wrong_state(L, q, n, RUNNING);
    give_back_slot(q, n);
    set_state(q, n, DEFERRED);
    return 0;
}

static int queue_retry(lua_State *L)
{
    struct queue *q = luaL_checkudata(L, 1, QUEUE);
    uint32_t n = check_node(L, q);
    if (q->state[n] != DEFERRED)
        return wrong_state(L, q, n, DEFERRED);
    make_ready(q, n);
    return 0;
}

static int queue_finish(lua_State *L)
{
    struct queue *q = luaL_checkudata(L, 1, QUEUE);
    uint32_t n = check_node(L, q);
    luaL_checktype(L, 3, LUA_TBOOLEAN);
    if (q->state[n] == RUNNING)
        give_back_slot(q, n);
    else if (q->state[n] != DEFERRED)
        return wrong_state(L, q, n, RUNNING);
    if (lua_toboolean(L, 3)) {
        complete(q, n);
        lua_newtable(L);
    } else {
        set_state(q, n, FAILED);
        block_dependents(L, q, n);
    }
    return 1;
}

static int queue_skip(lua_State *L)
{
    struct queue *q = luaL_checkudata(L, 1, QUEUE);
    uint32_t n = check_node(L, q), group = q->group[n];
    if (q->state[n] != PENDING && q->state[n] != READY)
        return luaL_error(L, "node '%s' cannot be skipped: it is %s", lua_tostring(L, 2),
                          state_names[q->state[n]]);
    if (q->state[n] == READY) {
        take_out_group(q, group);
        heap_remove(&q->ready[group], q->where, q->key, n);
        put_back_group(q, group);
    }
    complete(q, n);
    return 0;
}

static int queue_counts(lua_State *L)
{
    const struct queue *q = luaL_checkudata(L, 1, QUEUE);
    lua_createtable(L, 0, STATES);
    for (int s = 0; s < STATES; s++) {
        lua_pushinteger(L, q->totals[s]);
        lua_setfield(L, -2, state_names[s]);
    }
    return 1;
}

static int queue_state(lua_State *L)
{
    const struct queue *q = luaL_checkudata(L, 1, QUEUE);
    lua_pushstring(L, state_names[q->state[check_node(L, q)]]);
    return 1;
}

/* --- making a queue
 * -------------------------------------------------------------------------------- */

static lua_Integer option(lua_State *L, const char *name, lua_Integer otherwise)
{
    lua_Integer value = otherwise;
    int isnum = 1;
    if (lua_getfield(L, 2, name) != LUA_TNIL)
        value = lua_tointegerx(L, -1, &isnum);
    if (!isnum)
        luaL_error(L, "option '%s' must be an integer", name);
    lua_pop(L, 1);
    return value;
}

static uint32_t *carve(char **memory, size_t count)
{
    uint32_t *array = (uint32_t *)(void *)*memory;
    *memory += count * sizeof *array;
    return array;
}

static int compare_priority(const void *left, const void *right, void *graph)
{
    const struct dag *d = graph;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    if (d->nodes[a].rank != d->nodes[b].rank)
        return d->nodes[a].rank > d->nodes[b].rank ? -1 : 1;
    return d->position[a] < d->position[b] ? -1 : d->position[a] > d->position[b];
}

/* One block of memory for a queue: the collector frees it, and no error can lose a part. */
static struct queue *push_queue(lua_State *L, const struct dag *d, bool capped)
{
    size_t nodes = d->count, groups = (capped ? d->groups : 0) + 1,
           edges = d->needed_by.start[nodes];
    size_t words = 8 * nodes + 1 + edges + 5 * groups + nodes;
    struct queue *q = lua_newuserdatauv(
        L, sizeof *q + groups * sizeof(struct heap) + words * sizeof(uint32_t) + nodes,
        ID_OF_INDEX);
    memset(q, 0, sizeof *q);
    char *memory = q->memory;
    q->ready = (struct heap *)(void *)memory;
    memory += groups * sizeof(struct heap);
    q->key = carve(&memory, nodes);
    q->by_key = carve(&memory, nodes);
    q->missing = carve(&memory, nodes);
    q->group = carve(&memory, nodes);
    q->where = carve(&memory, nodes);
    q->position = carve(&memory, nodes);
    q->sorted = carve(&memory, nodes);
    q->needed_by.start = carve(&memory, nodes + 1);
    q->needed_by.to = carve(&memory, edges);
    q->running = carve(&memory, groups);
    q->best = carve(&memory, groups);
    q->where_group = carve(&memory, groups);
    q->open.items = carve(&memory, groups);
    q->closed.items = carve(&memory, groups);
    q->ready[0].items = carve(&memory, nodes);
    q->state = (unsigned char *)memory;
    q->count = (uint32_t)nodes;
    q->groups = (uint32_t)groups;
    q->free_group = (uint32_t)groups - 1;
    return q;
}

static void copy_graph(struct queue *q, struct dag *d)
{
    memcpy(q->position, d->position, q->count * sizeof *q->position);
    memcpy(q->sorted, d->sorted, q->count * sizeof *q->sorted);
    memcpy(q->needed_by.start, d->needed_by.start, (q->count + 1) * sizeof *q->needed_by.start);
    memcpy(q->needed_by.to, d->needed_by.to,
           d->needed_by.start[q->count] * sizeof *q->needed_by.to);
    for (uint32_t i = 0; i < q->count; i++) {
        q->missing[i] = d->needs.start[i + 1] - d->needs.start[i];
        q->by_key[i] = i;
    }
    if (q->count > 1)
        qsort_r(q->by_key, q->count, sizeof *q->by_key, compare_priority, d);
    for (uint32_t i = 0; i < q->count; i++)
        q->key[q->by_key[i]] = i;
}

/* Assigns groups and gives each one's heap its part of the common array. */
static void lay_out_groups(struct queue *q, const struct dag *d)
{
    uint32_t *items = q->ready[0].items;
    memset(q->ready, 0, q->groups * sizeof *q->ready);
    memset(q->running, 0, q->groups * sizeof *q->running);
    for (uint32_t i = 0; i < q->count; i++) {
        uint32_t group = d->nodes[i].group;
        q->group[i] = group < q->free_group ? group : q->free_group;
        q->ready[q->group[i]].count++;
    }
    for (uint32_t g = 0; g < q->groups; g++) {
        q->ready[g].items = items;
        items += q->ready[g].count;
        q->ready[g].count = 0;
    }
}

static int dag_queue(lua_State *L)
{
    struct dag *d = luaL_checkudata(L, 1, DAG);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_Integer concurrency = option(L, "concurrency", 0), cap = option(L, "groups", 0);
    luaL_argcheck(L, concurrency > 0, 2, "concurrency must be at least 1");
    derive(L, d);
    struct queue *q = push_queue(L, d, cap > 0);
    q->concurrency = concurrency < NONE ? (uint32_t)concurrency : NONE;
    q->cap = cap <= 0 ? 0 : cap < NONE ? (uint32_t)cap : NONE;
    copy_graph(q, d);
    lay_out_groups(q, d);
    memset(q->state, PENDING, q->count);
    q->totals[PENDING] = q->count;
    for (uint32_t i = 0; i < q->count; i++)
        if (!q->missing[i])
            make_ready(q, i);
    for (int value = INDEX_OF_ID; value <= ID_OF_INDEX; value++) {
        lua_getiuservalue(L, 1, value);
        lua_setiuservalue(L, -2, value);
    }
    luaL_setmetatable(L, QUEUE);
    return 1;
}

static const luaL_Reg dag_methods[] = {{"add", dag_add},
                                       {"depend", dag_depend},
                                       {"size", dag_size},
                                       {"order", dag_order},
                                       {"weigh", dag_weigh},
                                       {"dependencies", dag_dependencies},
                                       {"dependents", dag_dependents},
                                       {"queue", dag_queue},
                                       {NULL, NULL}};

static const luaL_Reg queue_methods[] = {{"take", queue_take},   {"finish", queue_finish},
                                         {"skip", queue_skip},   {"defer", queue_defer},
                                         {"retry", queue_retry}, {"counts", queue_counts},
                                         {"state", queue_state}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"new", new_dag}, {NULL, NULL}};

int luaopen_host_dag(lua_State *L)
{
    luaL_newmetatable(L, DAG);
    lua_pushcfunction(L, dag_gc);
    lua_setfield(L, -2, "__gc");
    luaL_newlib(L, dag_methods);
    lua_setfield(L, -2, "__index");
    luaL_newmetatable(L, QUEUE);
    luaL_newlib(L, queue_methods);
    lua_setfield(L, -2, "__index");
    luaL_newlib(L, functions);
    return 1;
}
