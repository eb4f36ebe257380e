/* A YAML document as an array of nodes: built by yaml_reader.c, read by yaml.c. */
#ifndef ORUN_YAML_DOCUMENT_H
#define ORUN_YAML_DOCUMENT_H

#include "value.h"

#include <stddef.h>

/* Levels of a document at most, aliases expanded: what every walk over it may spend on the stack.
 */
enum { YAML_DEPTH = 500 };

enum yaml_kind { YAML_KIND_SCALAR, YAML_KIND_SEQUENCE, YAML_KIND_MAPPING };
enum yaml_style {
    YAML_STYLE_PLAIN,
    YAML_STYLE_SINGLE,
    YAML_STYLE_DOUBLE,
    YAML_STYLE_LITERAL,
    YAML_STYLE_FOLDED
};

struct yaml_node {
    unsigned char kind, style;
    bool open; /* while its children are being read */
    int line, column;
    int height;      /* levels below and with this one, aliases expanded */
    const char *tag; /* NULL without an explicit tag */
    const char *text;
    size_t length;    /* of the text */
    double weight;    /* nodes below and with this one, aliases expanded */
    int first, count; /* children: positions in document.children; keys and values alternate */
};

struct yaml_chunk {
    struct yaml_chunk *rest;
    size_t used, size;
    char data[];
};

struct yaml_document {
    struct yaml_node *nodes;
    int node_count, node_capacity;
    int *children;
    int child_count, child_capacity;
    struct yaml_chunk *chunks;
};

struct yaml_problem {
    const char *message;
    char text[256];
    int line, column;
};

/* Reads the first document. false: the problem is filled in and the document can only be freed. */
bool yaml_document_read(struct yaml_document *d, const char *bytes, size_t length,
                        struct yaml_problem *problem);
void yaml_document_free(struct yaml_document *d);

/* Length of the line break at `at` (LF, CR, CR LF, NEL, LS, PS: what libyaml counts), 0 without. */
int yaml_line_break(const char *at, const char *end);

/* What a scalar means. Strings, and numbers out of range, are ORUN_STRING. */
struct yaml_scalar {
    enum orun_kind kind;
    bool boolean;
    int64_t integer;
    uint64_t unsigned_integer;
    double number;
    struct orun_time time;
};
void yaml_resolve(const char *text, size_t length, struct yaml_scalar *s);

#endif
