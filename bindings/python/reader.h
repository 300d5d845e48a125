/* The types Reader, Event and Value. */
#ifndef CTRACE_PYTHON_READER_H
#define CTRACE_PYTHON_READER_H

#include "module.h"

/* Makes the types and adds them to the module. */
bool reader_ready(PyObject *module);

#endif
