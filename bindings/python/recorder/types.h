/* What is known of the program's types: found out once for each version of a type. */
#ifndef CTRACE_PYTHON_TYPES_H
#define CTRACE_PYTHON_TYPES_H

#include "put.h"

enum category {
    IS_INT,
    IS_FLOAT,
    IS_STR,
    IS_BYTES,
    IS_BYTEARRAY,
    IS_LIST,
    IS_TUPLE,
    IS_DICT,
    IS_SET,
    IS_EXCEPTION,
    IS_INSTANCE,
    IS_COMPLEX,
    IS_OPAQUE /* shown by its name alone */
};

/* What a class calls itself, read from the type itself: qualified for classes made by the program. */
ctrace_str type_name(capture *c, PyTypeObject *type);
/* Its last name. */
ctrace_str type_short_name(PyTypeObject *type);

/* NULL without memory. It may be replaced when the next one is asked for. */
known_type *know_type(capture *c, PyTypeObject *type);
void forget_type(known_type *t);

/* The type by its name alone; an instance with fields has one of its shape. */
ctrace_id named_type(capture *c, known_type *t);

static inline ctrace_id plain_type(capture *c, ctrace_id *id, ctrace_type_kind kind, const char *name)
{
    if (*id == CTRACE_ID_NONE)
        *id = put_type(c, kind, put_literal(name));
    return *id;
}

#endif
