/* What the program prints. sys.stdout and sys.stderr stay the objects that they are; each only gets an attribute
 * `write` of its own, which calls the one of its type and tells the stream. */
#include "output.h"
#include "session.h"

#include <structmember.h>

typedef struct output_write {
    PyObject_HEAD
    vectorcallfunc call;
    PyObject *original;
    ctrace_log_kind kind;
} output_write;

static PyObject *output_call(PyObject *self, PyObject *const *args, size_t count, PyObject *names)
{
    output_write *w = (output_write *)self;
    PyObject *result = PyObject_Vectorcall(w->original, args, count, names);
    if (result && PyVectorcall_NARGS(count) == 1 && !names)
        stream_output(PyThreadState_Get(), w->kind, args[0]);
    return result;
}

/* It passes for the method that it stands before. */
static PyObject *output_attribute(PyObject *self, PyObject *name)
{
    return PyObject_GetAttr(((output_write *)self)->original, name);
}

static PyObject *output_repr(PyObject *self) { return PyObject_Repr(((output_write *)self)->original); }

static int output_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((output_write *)self)->original);
    return 0;
}

static int output_clear(PyObject *self)
{
    Py_CLEAR(((output_write *)self)->original);
    return 0;
}

static void output_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    output_clear(self);
    PyObject_GC_Del(self);
}

static PyTypeObject output_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "builtin_function_or_method",
    .tp_basicsize = sizeof(output_write),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(output_write, call),
    .tp_call = PyVectorcall_Call,
    .tp_getattro = output_attribute,
    .tp_repr = output_repr,
    .tp_traverse = output_traverse,
    .tp_clear = output_clear,
    .tp_dealloc = output_dealloc,
};

bool output_is_ours(PyObject *object) { return Py_TYPE(object) == &output_type; }

bool output_types_ready(void) { return PyType_Ready(&output_type) == 0; }

static bool listen(struct session *s, int at, const char *name, ctrace_log_kind kind)
{
    PyObject *file = PySys_GetObject(name);
    PyObject *original = file && file != Py_None ? PyObject_GetAttrString(file, "write") : NULL;
    output_write *w = original ? PyObject_GC_New(output_write, &output_type) : NULL;
    if (!w) {
        Py_XDECREF(original);
        return false;
    }
    w->call = output_call;
    w->original = original;
    w->kind = kind;
    PyObject_GC_Track(w);
    if (PyObject_SetAttrString(file, "write", (PyObject *)w) < 0) {
        Py_DECREF(w);
        return false;
    }
    Py_INCREF(file);
    s->outputs[at] = file;
    s->output_writes[at] = (PyObject *)w;
    return true;
}

void output_start(struct session *s)
{
    /* A program without an output, or with one that takes no attributes, is recorded without it. */
    if (!listen(s, 0, "stdout", CTRACE_LOG_WRITE))
        PyErr_Clear();
    if (!listen(s, 1, "stderr", CTRACE_LOG_WRITE_OTHER))
        PyErr_Clear();
}

void output_stop(struct session *s)
{
    for (int i = 0; i < 2; i++) {
        if (!s->outputs[i])
            continue;
        PyObject *now = PyObject_GetAttrString(s->outputs[i], "write");
        if (now == s->output_writes[i] && PyObject_DelAttrString(s->outputs[i], "write") < 0)
            PyErr_Clear();
        if (!now)
            PyErr_Clear();
        Py_XDECREF(now);
        Py_CLEAR(s->outputs[i]);
        Py_CLEAR(s->output_writes[i]);
    }
}
