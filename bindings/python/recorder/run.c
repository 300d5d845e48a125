/* Runs a program as the interpreter itself would: nothing of this package is on its stack, and the process ends as
 * after `python prog.py`. */
#include "session.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* The limit of recursion counts from the program's first frame. */
static void begin_recursion(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030C0000
    thread->py_recursion_remaining = thread->py_recursion_limit;
#elif PY_VERSION_HEX >= 0x030B0000
    thread->recursion_remaining = thread->recursion_limit;
#else
    thread->recursion_depth = 0;
#endif
}

/* As the interpreter ends after an interrupt that nobody caught: by that signal. */
static void end_by_interrupt(void)
{
    Py_FinalizeEx();
    signal(SIGINT, SIG_DFL);
    kill(getpid(), SIGINT);
    _exit(128 + SIGINT);
}

static bool was_interrupted(void)
{
    PyObject *type = PySys_GetObject("last_type");
    return type == PyExc_KeyboardInterrupt;
}

/* run_program(file, None) runs a file, run_program(None, (function, arg, …)) calls the function. Does not return. */
PyObject *run_program(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *path, *call;
    if (!PyArg_ParseTuple(args, "OO", &path, &call))
        return NULL;
    PyObject *bytes = NULL;
    FILE *file = NULL;
    if (path != Py_None) {
        if (!PyUnicode_FSConverter(path, &bytes))
            return NULL;
        file = fopen(PyBytes_AS_STRING(bytes), "rb");
        if (!file)
            return PyErr_SetFromErrnoWithFilename(PyExc_OSError, PyBytes_AS_STRING(bytes));
    }
    PyObject *arguments = file ? NULL : PyTuple_GetSlice(call, 1, PyTuple_GET_SIZE(call));
    PyThreadState *thread = PyThreadState_Get();
    frame_hide_callers(thread);
    begin_recursion(thread);
    bool failed;
    if (file) {
        PyCompilerFlags flags = {.cf_flags = 0, .cf_feature_version = PY_MINOR_VERSION};
        failed = PyRun_AnyFileExFlags(file, PyBytes_AS_STRING(bytes), 1, &flags) != 0;
    } else {
        PyObject *result = arguments ? PyObject_CallObject(PyTuple_GET_ITEM(call, 0), arguments) : NULL;
        failed = !result;
        Py_XDECREF(result);
        if (failed)
            PyErr_Print();
    }
    if (failed && the_session.is_flight_recorder) {
        PyObject *done = session_dump(NULL, NULL);
        if (!done)
            PyErr_Clear();
        Py_XDECREF(done);
    }
    if (failed && was_interrupted())
        end_by_interrupt();
    Py_Exit(failed ? 1 : 0);
}
