/* A frame of the interpreter, as each version of CPython stores it. Nothing here makes frame objects or dictionaries of
 * locals, which would change the program. References are borrowed. */
#ifndef CTRACE_PYTHON_FRAME_H
#define CTRACE_PYTHON_FRAME_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>

typedef struct frame frame; /* never defined: the interpreter's own */

/* The frame that runs in a thread, and the one that called it; NULL at the bottom. */
frame *frame_current(PyThreadState *thread);
frame *frame_caller(frame *f);

PyCodeObject *frame_code(frame *f);

/* What a slot holds, NULL when nothing. `is_cell`: what the cell in the slot holds. */
PyObject *frame_slot(frame *f, int slot, bool is_cell);

/* The namespace of a frame that has no slots for its names: a module's or a class's. */
PyObject *frame_namespace(frame *f);

/* A variable of a function: where it is and what it is called. */
typedef struct frame_variable {
    PyObject *name;
    int slot;
    bool is_cell;
} frame_variable;

/* The `at`-th variable of a code object: parameters, locals, cells, free variables. False when there are no more.
 * `visible` is false for a slot that is not the variable's own. */
bool frame_variable_at(PyCodeObject *code, int at, frame_variable *out, bool *visible);

/* The qualified name of a generator or coroutine. */
PyObject *generator_name(PyObject *generator);

#if PY_VERSION_HEX < 0x030C0000
/* The lines of this frame bring no trace events any more. */
void frame_ignore_lines(PyFrameObject *f);
#endif

/* From here to frame_show_callers() the thread's current frame has no callers. */
frame *frame_hide_callers(PyThreadState *thread);
void frame_show_callers(PyThreadState *thread, frame *hidden);

#endif
