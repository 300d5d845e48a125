/* Python objects as values of a trace. Nothing of the program runs: objects are read where CPython stores them. */
#ifndef CTRACE_PYTHON_VALUES_H
#define CTRACE_PYTHON_VALUES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "judge.h"

#define VALUE_DEPTH 6
#define VALUE_ITEMS 100
#define VALUE_TEXT 1000
#define VALUE_TOTAL 1000 /* items and fields in all containers of one value */

/* What is known of a type, as long as its version is this. */
typedef struct known_type {
    PyTypeObject *type; /* compared only */
    unsigned version;
    int category;
    ctrace_id id;
    Py_ssize_t *slots; /* offsets of the members made by __slots__, base classes first, */
    PyObject **slot_names;
    Py_ssize_t slot_count;
    PyObject **shape; /* names of the fields that the last instance had; strong references */
    Py_ssize_t shape_size;
    ctrace_id shape_id;
} known_type;

typedef struct known_name {
    PyObject *text; /* an interned str, strong */
    ctrace_id id;
} known_name;

#define KNOWN_TYPES 256

/* The limits of a value that is put into a writer; a recorder has its own. */
typedef struct writer_value {
    struct {
        const void *identity;
        size_t more; /* that are not shown */
    } open[VALUE_DEPTH * 2];
    int count; /* of open ones, pairs too */
    int depth; /* without pairs */
    size_t left; /* of VALUE_TOTAL; what a container shows is taken away before its items are put */
    ctrace_status failure;
} writer_value;

/* Puts objects into a recorder's lane, or without a recorder into a writer. */
typedef struct capture {
    ctrace_recorder *recorder;
    ctrace_lane *lane; /* of the thread that runs */
    ctrace_writer *writer;
    const ctrace_filter_policy *policy; /* of the code that the value is of; NULL: all is shown */
    judged_names *judged;
    writer_value value;
    ctrace_id int_type, float_type, str_type, bool_type;
    ctrace_id list_type, tuple_type, dict_type, any_type, mark_type, error_type;
    known_type types[KNOWN_TYPES];
    known_name *names;
    size_t name_count, name_room;
    char *text; /* scratch */
    size_t text_room;
} capture;

void capture_init(capture *c, ctrace_recorder *recorder, ctrace_writer *writer);
void capture_clear(capture *c);

/* Puts an object as the value that was begun. No Python exception is raised, and one that is set stays. */
void capture_put(capture *c, PyObject *object);

/* The id of a variable's name. */
ctrace_id capture_name(capture *c, PyObject *name);

/* An exception in one line: "ValueError: message", the message when it can be had without running the program's code.
 * The text holds until the capture is used again. `is_hidden`: without the message. */
ctrace_str capture_exception(capture *c, PyObject *exception, bool is_hidden);
ctrace_id capture_exception_type(capture *c);

/* A str as UTF-8, as a whole or at most `limit` characters; *missing is how many are left out, and without `missing` a
 * mark tells it. A lone surrogate comes out as a byte that the writer mends. The text is in the object itself or in the
 * capture's scratch. */
ctrace_str capture_text(capture *c, PyObject *text, Py_ssize_t limit, size_t *missing);

#endif
