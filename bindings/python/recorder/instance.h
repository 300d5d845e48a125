/* Where CPython keeps the attributes of an instance, read without its attribute protocol. */
#ifndef CTRACE_PYTHON_INSTANCE_H
#define CTRACE_PYTHON_INSTANCE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>

typedef bool (*attribute_visitor)(void *cookie, PyObject *name, PyObject *value);

/* Calls `visit` for each entry of the instance's __dict__ in its order, until it returns false. Makes no dictionary where
 * there is none. Names and values are borrowed. */
void instance_attributes(PyObject *object, attribute_visitor visit, void *cookie);

#endif
