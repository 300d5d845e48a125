/* CPython 3.11 to 3.13. */
#define Py_BUILD_CORE_MODULE 1
#include "frame.h"

#if PY_VERSION_HEX >= 0x030B0000 && PY_VERSION_HEX < 0x030E0000

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "internal/pycore_code.h"
#include "internal/pycore_frame.h"
#pragma GCC diagnostic pop

static _PyInterpreterFrame *inside(frame *f) { return (_PyInterpreterFrame *)(void *)f; }

#if PY_VERSION_HEX >= 0x030D0000
#define CURRENT_FRAME(thread) ((thread)->current_frame)
#else
#define CURRENT_FRAME(thread) ((thread)->cframe->current_frame)
#endif

/* Since 3.12 frames of the C stack stand between those of Python. */
static frame *skip_entries(_PyInterpreterFrame *f)
{
#if PY_VERSION_HEX >= 0x030C0000
    while (f && f->owner == FRAME_OWNED_BY_CSTACK)
        f = f->previous;
#endif
    return (frame *)(void *)f;
}

frame *frame_current(PyThreadState *thread) { return skip_entries(CURRENT_FRAME(thread)); }
frame *frame_caller(frame *f) { return skip_entries(inside(f)->previous); }

PyCodeObject *frame_code(frame *f)
{
#if PY_VERSION_HEX >= 0x030D0000
    return (PyCodeObject *)inside(f)->f_executable;
#else
    return inside(f)->f_code;
#endif
}

PyObject *frame_slot(frame *f, int slot, bool is_cell)
{
    PyObject *held = inside(f)->localsplus[slot];
    return is_cell && held && PyCell_Check(held) ? PyCell_GET(held) : held;
}

PyObject *frame_namespace(frame *f) { return inside(f)->f_locals; }

static bool is_hidden(_PyLocals_Kind kind)
{
#if PY_VERSION_HEX >= 0x030C0000
    return kind & CO_FAST_HIDDEN;
#else
    (void)kind;
    return false;
#endif
}

bool frame_variable_at(PyCodeObject *code, int at, frame_variable *out, bool *visible)
{
    if (at >= code->co_nlocalsplus)
        return false;
    _PyLocals_Kind kind = _PyLocals_GetKind(code->co_localspluskinds, at);
    out->name = PyTuple_GET_ITEM(code->co_localsplusnames, at);
    out->slot = at;
    out->is_cell = kind & (CO_FAST_CELL | CO_FAST_FREE);
    /* The body of a module or class has its names in a namespace; only variables of comprehensions are in slots. */
    *visible = code->co_flags & CO_OPTIMIZED || is_hidden(kind);
    return true;
}

#if PY_VERSION_HEX < 0x030C0000
void frame_ignore_lines(PyFrameObject *f) { f->f_trace_lines = 0; }
#endif

PyObject *generator_name(PyObject *generator) { return ((PyGenObject *)generator)->gi_qualname; }

frame *frame_hide_callers(PyThreadState *thread)
{
    _PyInterpreterFrame *hidden = CURRENT_FRAME(thread);
    CURRENT_FRAME(thread) = NULL;
    return (frame *)(void *)hidden;
}

void frame_show_callers(PyThreadState *thread, frame *hidden) { CURRENT_FRAME(thread) = inside(hidden); }

#endif
