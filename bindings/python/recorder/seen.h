/* What a variable held when it was last put, if that can be told again by a look: an int or float by its value, a short
 * str by being the same object, which is held. What can change within itself is never the same. */
#ifndef CTRACE_PYTHON_SEEN_H
#define CTRACE_PYTHON_SEEN_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <ctrace/recorder.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A longer str may be grown in place by the interpreter, which holding it would forbid. */
#define SEEN_TEXT 32

typedef struct seen {
    PyObject *name;  /* in a namespace: its key, compared only, */
    uint32_t id;     /* and the id of that when it was put */
    uint32_t action; /* and what is shown of it */
    PyObject *value; /* NULL: the variable was empty. int, float: the type. None, bool, str: the object. Else SEEN_… */
    int64_t bits;    /* of an int or float */
} seen;

#define SEEN_OTHER ((PyObject *)&PyBaseObject_Type)
#define SEEN_HIDDEN ((PyObject *)&PyType_Type) /* by a filter */

static inline bool seen_int(PyObject *object, int64_t *out)
{
#if PY_VERSION_HEX >= 0x030C0000
    if (PyUnstable_Long_IsCompact((PyLongObject *)object)) {
        *out = PyUnstable_Long_CompactValue((PyLongObject *)object);
        return true;
    }
#else
    Py_ssize_t size = Py_SIZE(object);
    if (size >= -1 && size <= 1) {
        *out = size ? size * (int64_t)((PyLongObject *)object)->ob_digit[0] : 0;
        return true;
    }
#endif
    int overflow;
    *out = PyLong_AsLongLongAndOverflow(object, &overflow);
    return !overflow;
}

static inline int64_t seen_float(PyObject *object)
{
    int64_t bits;
    double number = PyFloat_AS_DOUBLE(object);
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* True when the variable is what it was. */
static inline bool seen_same(const seen *s, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    int64_t bits;
    if (type == &PyLong_Type)
        return s->value == (PyObject *)type && seen_int(value, &bits) && bits == s->bits;
    if (type == &PyFloat_Type)
        return s->value == (PyObject *)type && seen_float(value) == s->bits;
    return s->value == value && (type == &PyUnicode_Type || value == Py_None || type == &PyBool_Type);
}

static inline void seen_clear(seen *s)
{
    PyObject *old = s->value;
    s->value = NULL;
    if (old && Py_IS_TYPE(old, &PyUnicode_Type))
        Py_DECREF(old);
}

static inline void seen_set(seen *s, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    PyObject *now = SEEN_OTHER;
    if (type == &PyLong_Type) {
        if (seen_int(value, &s->bits))
            now = (PyObject *)type;
    } else if (type == &PyFloat_Type) {
        s->bits = seen_float(value);
        now = (PyObject *)type;
    } else if (type == &PyUnicode_Type) {
        if (PyUnicode_CHECK_INTERNED(value) || PyUnicode_GET_LENGTH(value) <= SEEN_TEXT) {
            now = value;
            Py_INCREF(now);
        }
    } else if (value == Py_None || type == &PyBool_Type) {
        now = value;
    }
    seen_clear(s);
    s->value = now;
}

#endif
