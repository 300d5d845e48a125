/* CPython 3.9 and 3.10. */
#include "frame.h"

#if PY_VERSION_HEX < 0x030B0000

#include <frameobject.h>

static PyFrameObject *inside(frame *f) { return (PyFrameObject *)(void *)f; }

frame *frame_current(PyThreadState *thread) { return (frame *)(void *)thread->frame; }
frame *frame_caller(frame *f) { return (frame *)(void *)inside(f)->f_back; }
PyCodeObject *frame_code(frame *f) { return inside(f)->f_code; }

PyObject *frame_slot(frame *f, int slot, bool is_cell)
{
    PyObject *held = inside(f)->f_localsplus[slot];
    return is_cell && held && PyCell_Check(held) ? PyCell_GET(held) : held;
}

PyObject *frame_namespace(frame *f) { return inside(f)->f_locals; }

/* A parameter that is a cell has an empty slot of its own; its value is in the cell of that name. */
static bool is_cell_of_parameter(PyCodeObject *code, Py_ssize_t cell)
{
    return code->co_cell2arg && code->co_cell2arg[cell] != CO_CELL_NOT_AN_ARG;
}

static Py_ssize_t cell_of_parameter(PyCodeObject *code, Py_ssize_t parameter)
{
    if (code->co_cell2arg)
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_cellvars); i++)
            if (code->co_cell2arg[i] == parameter)
                return i;
    return -1;
}

bool frame_variable_at(PyCodeObject *code, int at, frame_variable *out, bool *visible)
{
    Py_ssize_t cells = PyTuple_GET_SIZE(code->co_cellvars), free_cells = PyTuple_GET_SIZE(code->co_freevars);
    Py_ssize_t i = at;
    *visible = code->co_flags & CO_OPTIMIZED; /* else the names are in a namespace */
    out->slot = at;
    if (i < code->co_nlocals) {
        Py_ssize_t cell = cell_of_parameter(code, i);
        out->name = PyTuple_GET_ITEM(code->co_varnames, i);
        out->is_cell = cell >= 0;
        if (cell >= 0)
            out->slot = (int)(code->co_nlocals + cell);
        return true;
    }
    i -= code->co_nlocals;
    out->is_cell = true;
    if (i < cells) {
        out->name = PyTuple_GET_ITEM(code->co_cellvars, i);
        *visible = *visible && !is_cell_of_parameter(code, i);
        return true;
    }
    i -= cells;
    if (i < free_cells) {
        out->name = PyTuple_GET_ITEM(code->co_freevars, i);
        return true;
    }
    return false;
}

void frame_ignore_lines(PyFrameObject *f) { f->f_trace_lines = 0; }

PyObject *generator_name(PyObject *generator) { return ((PyGenObject *)generator)->gi_qualname; }

frame *frame_hide_callers(PyThreadState *thread)
{
    frame *hidden = (frame *)(void *)thread->frame;
    thread->frame = NULL;
    return hidden;
}

void frame_show_callers(PyThreadState *thread, frame *hidden) { thread->frame = inside(hidden); }

#endif
