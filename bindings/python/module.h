/* What the SWIG wrapper and the C beside it share: texts, lists and failures between Python and C. */
#ifndef CTRACE_PYTHON_MODULE_H
#define CTRACE_PYTHON_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <ctrace/ctrace.h>

/* Adds what is written by hand to the extension module. */
bool add_to_module(PyObject *module);

/* A str or bytes as text. *held is to be released after the use. False with an exception set. */
bool text_from_object(PyObject *object, ctrace_str *out, PyObject **held);
PyObject *text_to_object(ctrace_str text);

/* A sequence of them; the array is to be freed with PyMem_Free(). */
bool texts_from_object(PyObject *object, ctrace_str **out, size_t *count, PyObject **held);
bool ids_from_object(PyObject *object, ctrace_id **out, size_t *count);
/* A sequence of (name, type id). */
bool fields_from_object(PyObject *object, ctrace_field **out, size_t *count, PyObject **held);

/* Set the Python exception ctrace.Error, or the subclass that fits the status. */
void raise_error(const ctrace_error *error);
void raise_status(ctrace_status status);

#endif
