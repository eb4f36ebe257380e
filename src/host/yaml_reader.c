/* libyaml events -> nodes. */
#include "utf8.h"
#include "yaml_document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* Texts are kept in chunks; the first is no larger than a small file needs. */
enum { CHUNK = 16 * 1024, FIRST_CHUNK = 512 };

struct anchor {
    const char *name;
    int node;
};

/* A collection that is open: its node, and where its children begin in the pending list. */
struct frame {
    int node, pending;
};

struct reader {
    struct yaml_document *d;
    struct yaml_problem *problem;
    struct anchor *anchors;
    int anchor_count, anchor_capacity;
    struct frame *frames;
    int frame_count, frame_capacity;
    int *pending;
    int pending_count, pending_capacity;
    bool closed; /* the document ended with "..." */
};

static bool fail(struct reader *r, const char *message, yaml_mark_t mark)
{
    r->problem->message = message;
    r->problem->line = (int)mark.line + 1;
    r->problem->column = (int)mark.column + 1;
    return false;
}

static const char too_deep[] = "nested too deeply";

static bool out_of_memory(struct reader *r)
{
    r->problem->message = "out of memory";
    return false;
}

/* Makes room for one more element of an array. */
static bool reserve(void **array, int count, int *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    int larger = *capacity ? *capacity * 2 : 32;
    void *grown = realloc(*array, (size_t)larger * size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = larger;
    return true;
}

static const char *keep(struct yaml_document *d, const void *bytes, size_t length)
{
    struct yaml_chunk *c = d->chunks;
    if (!c || c->size - c->used < length + 1) {
        size_t usual = !c ? FIRST_CHUNK : c->size < CHUNK ? c->size * 2 : CHUNK;
        size_t size = length + 1 > usual ? length + 1 : usual;
        c = malloc(sizeof *c + size);
        if (!c)
            return NULL;
        *c = (struct yaml_chunk){.rest = d->chunks, .size = size};
        d->chunks = c;
    }
    char *p = c->data + c->used;
    memcpy(p, bytes, length);
    p[length] = '\0';
    c->used += length + 1;
    return p;
}

static int new_node(struct reader *r, enum yaml_kind kind, yaml_mark_t mark, const yaml_char_t *tag,
                    const yaml_char_t *anchor)
{
    struct yaml_document *d = r->d;
    if (!reserve((void **)&d->nodes, d->node_count, &d->node_capacity, sizeof *d->nodes))
        return -1;
    int id = d->node_count++;
    d->nodes[id] = (struct yaml_node){.kind = kind,
                                      .line = (int)mark.line + 1,
                                      .column = (int)mark.column + 1,
                                      .weight = 1,
                                      .height = 1};
    /* The tag "!" alone says nothing more than the style does. */
    if (tag && strcmp((const char *)tag, "!") != 0 &&
        !(d->nodes[id].tag = keep(d, tag, strlen((const char *)tag))))
        return -1;
    if (anchor) {
        if (!reserve((void **)&r->anchors, r->anchor_count, &r->anchor_capacity,
                     sizeof *r->anchors))
            return -1;
        const char *name = keep(d, anchor, strlen((const char *)anchor));
        if (!name)
            return -1;
        r->anchors[r->anchor_count++] = (struct anchor){name, id};
    }
    return id;
}

static bool add_child(struct reader *r, int id)
{
    if (r->frame_count == 0)
        return true;
    if (!reserve((void **)&r->pending, r->pending_count, &r->pending_capacity, sizeof *r->pending))
        return out_of_memory(r);
    r->pending[r->pending_count++] = id;
    return true;
}

static bool read_scalar(struct reader *r, const yaml_event_t *e)
{
    int id =
        new_node(r, YAML_KIND_SCALAR, e->start_mark, e->data.scalar.tag, e->data.scalar.anchor);
    if (id < 0)
        return out_of_memory(r);
    struct yaml_node *n = &r->d->nodes[id];
    n->length = e->data.scalar.length;
    n->text = keep(r->d, e->data.scalar.value, n->length);
    if (!n->text)
        return out_of_memory(r);
    switch (e->data.scalar.style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        n->style = YAML_STYLE_SINGLE;
        break;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        n->style = YAML_STYLE_DOUBLE;
        break;
    case YAML_LITERAL_SCALAR_STYLE:
        n->style = YAML_STYLE_LITERAL;
        break;
    case YAML_FOLDED_SCALAR_STYLE:
        n->style = YAML_STYLE_FOLDED;
        break;
    default:
        n->style = YAML_STYLE_PLAIN;
    }
    return add_child(r, id);
}

static bool open_collection(struct reader *r, const yaml_event_t *e)
{
    bool map = e->type == YAML_MAPPING_START_EVENT;
    int id = new_node(r, map ? YAML_KIND_MAPPING : YAML_KIND_SEQUENCE, e->start_mark,
                      map ? e->data.mapping_start.tag : e->data.sequence_start.tag,
                      map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor);
    if (id < 0 || !add_child(r, id))
        return out_of_memory(r);
    if (!reserve((void **)&r->frames, r->frame_count, &r->frame_capacity, sizeof *r->frames))
        return out_of_memory(r);
    if (r->frame_count == YAML_DEPTH)
        return fail(r, too_deep, e->start_mark);
    r->d->nodes[id].open = true;
    r->frames[r->frame_count++] = (struct frame){id, r->pending_count};
    return true;
}

static bool close_collection(struct reader *r)
{
    struct yaml_document *d = r->d;
    struct frame f = r->frames[--r->frame_count];
    struct yaml_node *n = &d->nodes[f.node];
    n->open = false;
    n->first = d->child_count;
    n->count = r->pending_count - f.pending;
    for (int i = f.pending; i < r->pending_count; i++) {
        if (!reserve((void **)&d->children, d->child_count, &d->child_capacity,
                     sizeof *d->children))
            return out_of_memory(r);
        d->children[d->child_count++] = r->pending[i];
        const struct yaml_node *child = &d->nodes[r->pending[i]];
        n->weight += child->weight;
        if (child->height >= n->height)
            n->height = child->height + 1;
    }
    r->pending_count = f.pending;
    return true;
}

static bool read_alias(struct reader *r, const yaml_event_t *e)
{
    const char *name = (const char *)e->data.alias.anchor;
    for (int i = r->anchor_count - 1; i >= 0; i--) {
        if (strcmp(r->anchors[i].name, name) != 0)
            continue;
        if (r->d->nodes[r->anchors[i].node].open) {
            snprintf(r->problem->text, sizeof r->problem->text,
                     "the anchor '%.100s' contains itself", name);
            return fail(r, r->problem->text, e->start_mark);
        }
        if (r->d->nodes[r->anchors[i].node].height + r->frame_count > YAML_DEPTH)
            return fail(r, too_deep, e->start_mark);
        return add_child(r, r->anchors[i].node);
    }
    snprintf(r->problem->text, sizeof r->problem->text, "unknown anchor '%.100s'", name);
    return fail(r, r->problem->text, e->start_mark);
}

/* Few nodes that expand to very many: refused, since every reader would visit each of them. */
static bool is_bomb(const struct yaml_document *d)
{
    double all = d->nodes[0].weight, aliased = all - d->node_count;
    double ratio = all <= 400000    ? 0.99
                   : all >= 4000000 ? 0.10
                                    : 0.99 - 0.89 * (all - 400000) / 3600000;
    /* Written so that a weight beyond every number is a bomb too. */
    return all > 1000 && aliased > 100 && !(aliased / all <= ratio);
}

/* true to go on; *done after the first document. */
static bool take(struct reader *r, const yaml_event_t *e, bool *done)
{
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(r, e);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return open_collection(r, e);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_collection(r);
    case YAML_ALIAS_EVENT:
        return read_alias(r, e);
    case YAML_DOCUMENT_END_EVENT:
        r->closed = !e->data.document_end.implicit;
        *done = true;
        return true;
    case YAML_STREAM_END_EVENT:
        *done = true;
        return true;
    default:
        return true;
    }
}

static bool fail_at_byte(struct reader *r, const char *message, const char *bytes, size_t offset)
{
    yaml_mark_t mark = {0};
    const char *at = bytes;
    while (at < bytes + offset) {
        int line_break = yaml_line_break(at, bytes + offset);
        int n = orun_utf8_length(at, bytes + offset);
        if (line_break)
            mark.line++, mark.column = 0;
        else
            mark.column++;
        at += line_break ? line_break : n ? n : 1;
    }
    return fail(r, message, mark);
}

/* libyaml counts characters. */
static size_t characters(const char *bytes, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)bytes[i] & 0xc0) != 0x80;
    return count;
}

static size_t last_visible(const char *bytes, size_t length)
{
    while (length > 0 && strchr(" \t\r\n", bytes[length - 1]))
        length--;
    while (length > 1 && ((unsigned char)bytes[length - 1] & 0xc0) == 0x80)
        length--;
    return length > 0 ? length - 1 : 0;
}

/*
 * The end of the file shows nothing, and the line after a key without its colon may be right: such
 * mistakes are shown where the thing begins that they are in.
 */
static bool syntax_error(struct reader *r, const yaml_parser_t *p, const char *bytes, size_t length)
{
    const char *what = p->problem ? p->problem : "malformed YAML";
    size_t end = characters(bytes, length);
    bool at_end = p->problem_mark.index >= end;
    bool earlier = p->context && p->context_mark.index < end;
    char *text = r->problem->text;
    if (earlier && (at_end || strstr(what, "expected ':'"))) {
        snprintf(text, sizeof r->problem->text, "%s (%s)", what, p->context);
        return fail(r, text, p->context_mark);
    }
    if (p->context)
        snprintf(text, sizeof r->problem->text, "%s (%s that begins on line %zu)", what, p->context,
                 p->context_mark.line + 1);
    else
        snprintf(text, sizeof r->problem->text, "%s", what);
    return at_end ? fail_at_byte(r, text, bytes, last_visible(bytes, length))
                  : fail(r, text, p->problem_mark);
}

static void start_parser(yaml_parser_t *parser, const char *bytes, size_t length)
{
    yaml_parser_set_input_string(parser, (const unsigned char *)bytes, length);
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
}

/* Whether something follows the document that has just ended, so that it is known to be whole. */
static bool another_follows(yaml_parser_t *parser)
{
    yaml_event_t event;
    if (!yaml_parser_parse(parser, &event))
        return false;
    bool another = event.type == YAML_DOCUMENT_START_EVENT;
    yaml_event_delete(&event);
    return another;
}

/*
 * Reads the first document of bytes whose characters are allowed up to `limit`: libyaml looks
 * ahead, and a control character there ends it before the document that it already has.
 */
static bool parse(struct reader *r, const char *bytes, size_t limit, bool cut, size_t *offset)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return out_of_memory(r);
    start_parser(&parser, bytes, limit);
    bool done = false;
    /* There is always an array to point into, also when every collection is empty. */
    struct yaml_document *d = r->d;
    bool ok = reserve((void **)&d->children, 0, &d->child_capacity, sizeof *d->children) ||
              out_of_memory(r);
    while (ok && !done) {
        yaml_event_t event;
        if (yaml_parser_parse(&parser, &event)) {
            ok = take(r, &event, &done);
            yaml_event_delete(&event);
            continue;
        }
        ok = false;
        if (parser.error == YAML_READER_ERROR && !cut)
            *offset = parser.problem_offset;
        else if (parser.error == YAML_MEMORY_ERROR)
            out_of_memory(r);
        else
            syntax_error(r, &parser, bytes, limit);
    }
    if (ok && cut)
        ok = r->closed || another_follows(&parser);
    yaml_parser_delete(&parser);
    return ok;
}

static void forget(struct reader *r)
{
    yaml_document_free(r->d);
    r->anchor_count = r->frame_count = r->pending_count = 0;
}

static bool parse_first(struct reader *r, const char *bytes, size_t length)
{
    size_t none = length + 1, offset = none;
    size_t valid = orun_utf8_check(bytes, length);
    if (valid < length)
        return fail_at_byte(r, "invalid UTF-8", bytes, valid);
    if (parse(r, bytes, length, false, &offset))
        return true;
    if (offset == none)
        return false;
    forget(r);
    if (offset < length && parse(r, bytes, offset, true, &none))
        return true;
    return fail_at_byte(r, "control characters are not allowed", bytes,
                        offset < length ? offset : length);
}

/* A document lives long and grows no more. */
static void trim(struct yaml_document *d)
{
    struct yaml_node *nodes = realloc(d->nodes, (size_t)d->node_count * sizeof *nodes);
    if (nodes)
        d->nodes = nodes;
    d->node_capacity = d->node_count;
    int *children =
        d->child_count ? realloc(d->children, (size_t)d->child_count * sizeof *children) : NULL;
    if (children)
        d->children = children;
}

bool yaml_document_read(struct yaml_document *d, const char *bytes, size_t length,
                        struct yaml_problem *problem)
{
    struct reader r = {.d = d, .problem = problem};
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        bytes += 3, length -= 3;
    bool ok = parse_first(&r, bytes, length);
    if (ok && d->node_count == 0) {
        yaml_mark_t origin = {0};
        int id = new_node(&r, YAML_KIND_SCALAR, origin, NULL, NULL);
        ok = id == 0 && (d->nodes[0].text = keep(d, "", 0)) ? true : out_of_memory(&r);
    }
    if (ok && is_bomb(d))
        ok = fail(&r, "aliases expand to far more than is written", (yaml_mark_t){0});
    if (ok)
        trim(d);
    free(r.anchors);
    free(r.frames);
    free(r.pending);
    return ok;
}

int yaml_line_break(const char *at, const char *end)
{
    if (*at == '\n')
        return 1;
    if (*at == '\r')
        return end - at > 1 && at[1] == '\n' ? 2 : 1;
    if (end - at > 1 && memcmp(at, "\xc2\x85", 2) == 0)
        return 2;
    if (end - at > 2 && (memcmp(at, "\xe2\x80\xa8", 3) == 0 || memcmp(at, "\xe2\x80\xa9", 3) == 0))
        return 3;
    return 0;
}

void yaml_document_free(struct yaml_document *d)
{
    for (struct yaml_chunk *c = d->chunks; c;) {
        struct yaml_chunk *rest = c->rest;
        free(c);
        c = rest;
    }
    free(d->nodes);
    free(d->children);
    *d = (struct yaml_document){0};
}
