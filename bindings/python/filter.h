/* Trace filters for Python: what filter.py has read as rules, and its regular expressions. */
#ifndef CTRACE_PYTHON_FILTER_H
#define CTRACE_PYTHON_FILTER_H

#include "module.h"

/* Adds the functions that filter.py calls. */
bool filter_ready(PyObject *module);

/* The filter in what filter_make() returned; NULL with an exception set when it is something else. */
ctrace_filter *filter_of(PyObject *object);

#endif
