/* The parts of capture_put(). */
#ifndef CTRACE_PYTHON_PUT_OBJECT_H
#define CTRACE_PYTHON_PUT_OBJECT_H

#include "types.h"

/* What has a name and nothing to look into. */
void put_opaque(capture *c, ctrace_id type, PyObject *object);

void put_instance(capture *c, known_type *t, PyObject *object);

/* What an object or dictionary has under a name. */
void put_named_value(capture *c, PyObject *name, PyObject *value);

#endif
