/* The types of Ruby's classes in a trace, each declared at its first use. */
#ifndef CTRACE_RUBY_TYPES_H
#define CTRACE_RUBY_TYPES_H

#include "target.h"

/* Ruby's own types of values. */
enum ctrb_type {
    CTRB_TYPE_NIL,
    CTRB_TYPE_BOOL,
    CTRB_TYPE_INTEGER,
    CTRB_TYPE_FLOAT,
    CTRB_TYPE_STRING,
    CTRB_TYPE_SYMBOL,
    CTRB_TYPE_ARRAY,
    CTRB_TYPE_HASH,
    CTRB_TYPE_PAIR,
    CTRB_TYPE_ANY,
    CTRB_TYPE_COUNT
};

/* The fields of an object: the first of them, and how many there are. */
#define CTRB_MAX_FIELDS 100
struct ctrb_fields {
    size_t count;
    size_t total;
    ID names[CTRB_MAX_FIELDS];
    VALUE values[CTRB_MAX_FIELDS];
};

void ctrb_fields_add(struct ctrb_fields *f, ID name, VALUE value);

/* A class as its objects are shown: with these fields, or without any. */
struct ctrb_shape {
    VALUE klass;
    ctrace_type_kind kind;
    size_t count;
    ID *names;
    ctrace_id type;
};

/* What is known of a class. */
struct ctrb_class {
    VALUE klass;
    bool is_set, is_exception;
    ctrace_id opaque; /* the type of an object without content to show, */
    ctrace_str text;  /* and its text, "#<Name>"; empty when the class has no name that lasts */
};

struct ctrb_types {
    struct ctrb_target *target; /* which they are declared to */
    struct ctrb_class *classes; /* a hash table; they are marked */
    size_t class_count;
    size_t class_capacity;
    ctrace_id plain[CTRB_TYPE_COUNT];
    struct ctrb_shape *shapes; /* a hash table; its classes are marked, so that no address is used twice */
    size_t shape_count;
    size_t shape_capacity;
};

void ctrb_types_init(struct ctrb_types *types, struct ctrb_target *target);
void ctrb_types_free(struct ctrb_types *types);
void ctrb_types_mark(const struct ctrb_types *types);

ctrace_id ctrb_declare_plain_type(struct ctrb_types *types, enum ctrb_type type);
static inline ctrace_id ctrb_plain_type(struct ctrb_types *types, enum ctrb_type type)
{
    return types->plain[type] != CTRACE_ID_NONE ? types->plain[type] : ctrb_declare_plain_type(types, type);
}
/* The type of an object whose class is `plain` or one made of it. */
ctrace_id ctrb_type_of(struct ctrb_types *types, enum ctrb_type type, VALUE object, VALUE plain);
/* NULL without memory. */
const struct ctrb_class *ctrb_class_of(struct ctrb_types *types, VALUE klass);
ctrace_id ctrb_class_type(struct ctrb_types *types, VALUE klass, ctrace_type_kind kind);
ctrace_id ctrb_struct_type(struct ctrb_types *types, VALUE klass, const struct ctrb_fields *f);

#endif
