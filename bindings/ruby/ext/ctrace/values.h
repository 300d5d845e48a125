/* Ruby objects as values of a trace. Looks at memory only: no method of the program is called. */
#ifndef CTRACE_RUBY_VALUES_H
#define CTRACE_RUBY_VALUES_H

#include "extension.h"

#define CTRB_MAX_DEPTH 6
#define CTRB_MAX_ITEMS 100
#define CTRB_MAX_TEXT 1000
#define CTRB_MAX_TOTAL 1000 /* items and fields in all containers of one value */

/* A class with the fields that its objects had, and the type that was declared for that. */
struct ctrb_shape {
    VALUE klass;
    size_t count;
    ID *names;
    ctrace_id type;
};

/* The plain types; each is declared at its first use. */
enum ctrb_type {
    CTRB_TYPE_NIL,
    CTRB_TYPE_BOOL,
    CTRB_TYPE_INTEGER,
    CTRB_TYPE_FLOAT,
    CTRB_TYPE_STRING,
    CTRB_TYPE_SYMBOL,
    CTRB_TYPE_ARRAY,
    CTRB_TYPE_HASH,
    CTRB_TYPE_SET,
    CTRB_TYPE_PAIR,
    CTRB_TYPE_ANY,
    CTRB_TYPE_MARK,
    CTRB_TYPE_COUNT
};

struct ctrb_values {
    ctrace_writer *w;
    ctrace_id types[CTRB_TYPE_COUNT];
    struct ctrb_shape *shapes; /* a hash table; its classes are marked, so that no address is used twice */
    size_t shape_count;
    size_t shape_capacity;
    VALUE ancestors[CTRB_MAX_DEPTH + 1]; /* the containers around the one that is looked at */
    size_t left; /* of CTRB_MAX_TOTAL; what a container shows is taken away before its items are put */
};

void ctrb_values_init(struct ctrb_values *v, ctrace_writer *w);
void ctrb_values_free(struct ctrb_values *v);
void ctrb_values_mark(const struct ctrb_values *v);
size_t ctrb_values_size(const struct ctrb_values *v);

/* Puts exactly one value, where the writer waits for one. Raises nothing. */
void ctrb_put(struct ctrb_values *v, VALUE object);
/* A block for which no Proc was made yet, as the Proc that it would be. */
void ctrb_put_block(struct ctrb_values *v, bool lambda);

/* The name of a class or module without addresses, into `out`; anonymous ones are "#<Class>" and "#<Module>". */
#define CTRB_NAME_SIZE 256
ctrace_str ctrb_class_name(VALUE klass, char out[CTRB_NAME_SIZE]);

/* "TypeName: message" as far as it can be told without running code of the program. */
#define CTRB_MESSAGE_SIZE 1600
ctrace_str ctrb_exception_text(VALUE exception, char out[CTRB_MESSAGE_SIZE]);

/* An instance method as it is now, to be called by rb_method_call() with the receiver as first argument. */
VALUE ctrb_capture(VALUE klass, const char *name);

void ctrb_init_values(void);

#endif
