/* CPython 3.14 and later: slots hold tagged references. */
#define Py_BUILD_CORE_MODULE 1
#include "frame.h"

#if PY_VERSION_HEX >= 0x030E0000

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "internal/pycore_code.h"
#include "internal/pycore_interpframe.h"
#include "internal/pycore_interpframe_structs.h"
#include "internal/pycore_stackref.h"
#pragma GCC diagnostic pop

static _PyInterpreterFrame *inside(frame *f) { return (_PyInterpreterFrame *)(void *)f; }

static PyObject *borrowed(_PyStackRef held) { return PyStackRef_IsNull(held) ? NULL : PyStackRef_AsPyObjectBorrow(held); }

/* Frames of the interpreter itself stand between those of Python. */
static frame *skip_entries(_PyInterpreterFrame *f)
{
    while (f && (f->owner == FRAME_OWNED_BY_INTERPRETER || f->owner == FRAME_OWNED_BY_CSTACK))
        f = f->previous;
    return (frame *)(void *)f;
}

frame *frame_current(PyThreadState *thread) { return skip_entries(thread->current_frame); }
frame *frame_caller(frame *f) { return skip_entries(inside(f)->previous); }
PyCodeObject *frame_code(frame *f) { return (PyCodeObject *)borrowed(inside(f)->f_executable); }

PyObject *frame_slot(frame *f, int slot, bool is_cell)
{
    PyObject *held = borrowed(inside(f)->localsplus[slot]);
    return is_cell && held && PyCell_Check(held) ? ((PyCellObject *)held)->ob_ref : held;
}

PyObject *frame_namespace(frame *f) { return inside(f)->f_locals; }

bool frame_variable_at(PyCodeObject *code, int at, frame_variable *out, bool *visible)
{
    if (at >= code->co_nlocalsplus)
        return false;
    _PyLocals_Kind kind = _PyLocals_GetKind(code->co_localspluskinds, at);
    out->name = PyTuple_GET_ITEM(code->co_localsplusnames, at);
    out->slot = at;
    out->is_cell = kind & (CO_FAST_CELL | CO_FAST_FREE);
    /* The body of a module or class has its names in a namespace; only variables of comprehensions are in slots. */
    *visible = code->co_flags & CO_OPTIMIZED || kind & CO_FAST_HIDDEN;
    return true;
}

PyObject *generator_name(PyObject *generator) { return ((PyGenObject *)generator)->gi_qualname; }

frame *frame_hide_callers(PyThreadState *thread)
{
    _PyInterpreterFrame *hidden = thread->current_frame;
    thread->current_frame = NULL;
    return (frame *)(void *)hidden;
}

void frame_show_callers(PyThreadState *thread, frame *hidden) { thread->current_frame = inside(hidden); }

#endif
