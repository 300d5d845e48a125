/* Texts of Python as UTF-8. */
#ifndef CTRACE_PYTHON_TEXT_H
#define CTRACE_PYTHON_TEXT_H

#include "values.h"

#define MORE "\xE2\x80\xA6" /* … */

/* The capture's scratch, with that much room; NULL without memory. */
char *text_room(capture *c, size_t size);

/* Appends at `p` and returns the end. There must be room for 4 bytes a character. */
char *put_characters(char *p, PyObject *text, Py_ssize_t count);

/* Whether the characters of a str can be read, which an old kind of it is made to allow. */
bool text_ready(PyObject *text);

#endif
