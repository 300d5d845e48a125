/* Events of CPython 3.9 to 3.11: a trace function in C, set in each thread when it begins. */
#include "session.h"

#include <frameobject.h>

#if PY_VERSION_HEX < 0x030C0000

static frame *inside(PyFrameObject *f)
{
#if PY_VERSION_HEX >= 0x030B0000
    (void)f;
    return frame_current(PyThreadState_Get());
#else
    return (frame *)(void *)f;
#endif
}

static const code_record *recorded_code(PyFrameObject *f)
{
    PyCodeObject *code = PyFrame_GetCode(f);
    const code_record *record = code_record_of(code);
    Py_DECREF(code); /* the frame keeps it */
    return record && record->recorded ? record : NULL;
}

static int on_event(PyObject *self, PyFrameObject *f, int what, PyObject *value)
{
    (void)self;
    if (!the_session.active)
        return 0;
    const code_record *record = recorded_code(f);
    if (!record) {
        if (what == PyTrace_CALL)
            frame_ignore_lines(f);
        return 0;
    }
    PyThreadState *thread = PyThreadState_Get();
    switch (what) {
    case PyTrace_CALL:
        stream_call(thread, inside(f), record);
        break;
    case PyTrace_LINE:
        stream_step(thread, inside(f), record, PyFrame_GetLineNumber(f));
        break;
    case PyTrace_RETURN:
        stream_return(thread, record, value, NULL);
        break;
    case PyTrace_EXCEPTION: {
        PyObject *exception = PyTuple_GET_ITEM(value, 1);
        if (PyExceptionInstance_Check(exception))
            stream_raise(thread, record, exception, PyTuple_GET_ITEM(value, 2));
        break;
    }
    default:
        break;
    }
    return 0;
}

/* A new thread begins with this as its trace function; it puts the other one in its place. */
static PyObject *begin_thread(PyObject *self, PyObject *args)
{
    (void)self;
    PyEval_SetTrace(the_session.active ? on_event : NULL, NULL);
    if (PyTuple_GET_SIZE(args) == 3 &&
        Py_IS_TYPE(PyTuple_GET_ITEM(args, 0), &PyFrame_Type)) /* the call that brought us here */
        on_event(NULL, (PyFrameObject *)PyTuple_GET_ITEM(args, 0), PyTrace_CALL, Py_None);
    Py_RETURN_NONE;
}

static PyMethodDef begin_thread_method = {"trace", begin_thread, METH_VARARGS, NULL};

static bool set_thread_trace(PyObject *function)
{
    PyObject *threading = PyImport_ImportModule("threading");
    PyObject *done = threading ? PyObject_CallMethod(threading, "settrace", "O", function) : NULL;
    Py_XDECREF(threading);
    Py_XDECREF(done);
    return done != NULL;
}

bool events_start(session *s)
{
    (void)s;
    PyObject *function = PyCFunction_New(&begin_thread_method, NULL);
    bool done = function && set_thread_trace(function);
    Py_XDECREF(function);
    if (done)
        PyEval_SetTrace(on_event, NULL);
    return done;
}

void events_stop(session *s)
{
    (void)s;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyEval_SetTrace(NULL, NULL);
    if (!set_thread_trace(Py_None))
        PyErr_Clear();
    PyErr_Restore(type, value, traceback);
}

#endif
