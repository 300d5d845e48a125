/* Listening to sys.stdout and sys.stderr. */
#ifndef CTRACE_PYTHON_OUTPUT_H
#define CTRACE_PYTHON_OUTPUT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>

struct session;

bool output_types_ready(void);
void output_start(struct session *s);
void output_stop(struct session *s);

/* True for what listening puts into the program's objects, which is not the program's. */
bool output_is_ours(PyObject *object);

#endif
