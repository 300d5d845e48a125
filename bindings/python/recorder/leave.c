/* A process may end without the interpreter's goodbye: by os._exit() or os.exec*(). The functions stay the objects that
 * they are; what they do begins with putting the trace into its file. */
#include "session.h"

#include <string.h>

typedef PyObject *(*fast_function)(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);

typedef struct leaving {
    const char *name;
    bool ends; /* nothing comes after it */
    fast_function replacement;
    PyMethodDef *method;
    fast_function original;
} leaving;

static PyObject *leave(leaving *how, PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);

static leaving ways[];

static PyObject *on_leave(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    return leave(&ways[0], self, args, count, names);
}

static PyObject *on_execv(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    return leave(&ways[1], self, args, count, names);
}

static PyObject *on_execve(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    return leave(&ways[2], self, args, count, names);
}

static leaving ways[] = {
    {"_exit", true, on_leave, NULL, NULL},
    {"execv", false, on_execv, NULL, NULL},
    {"execve", false, on_execve, NULL, NULL},
};

static void finish(PyObject *done)
{
    if (!done)
        PyErr_Clear();
    Py_XDECREF(done);
}

static PyObject *leave(leaving *how, PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    fast_function original = how->original;
    if (how->ends && count + (names ? PyTuple_GET_SIZE(names) : 0) == 1) {
        finish(session_stop(NULL, NULL));
    } else {
        finish(session_flush(NULL, NULL));
    }
    return original(self, args, count, names);
}

/* The definition of a builtin function that takes its arguments as these do. */
static PyMethodDef *method_of(const char *name)
{
    PyObject *module = PyImport_ImportModule("posix");
    PyObject *function = module ? PyObject_GetAttrString(module, name) : NULL;
    PyMethodDef *method = NULL;
    if (function && PyCFunction_CheckExact(function)) {
        PyMethodDef *found = ((PyCFunctionObject *)function)->m_ml;
        /* Without METH_KEYWORDS the last argument is not looked at. */
        if ((found->ml_flags | METH_KEYWORDS) == (METH_FASTCALL | METH_KEYWORDS) && strcmp(found->ml_name, name) == 0)
            method = found;
    }
    Py_XDECREF(function);
    Py_XDECREF(module);
    PyErr_Clear();
    return method;
}

void leave_start(void)
{
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        ways[i].method = method_of(ways[i].name);
        if (!ways[i].method)
            continue;
        ways[i].original = (fast_function)(void (*)(void))ways[i].method->ml_meth;
        ways[i].method->ml_meth = (PyCFunction)(void (*)(void))ways[i].replacement;
    }
}

void leave_stop(void)
{
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (ways[i].method)
            ways[i].method->ml_meth = (PyCFunction)(void (*)(void))ways[i].original;
}
