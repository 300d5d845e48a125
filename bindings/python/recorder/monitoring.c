/* Events of CPython 3.12 and later: sys.monitoring with callbacks in C. Code outside the scope is entered once, then
 * its events are off. */
#include "session.h"

#if PY_VERSION_HEX >= 0x030C0000

/* The interpreter's numbers of the events. */
enum {
    EVENT_START = 1 << 0,
    EVENT_RESUME = 1 << 1,
    EVENT_RETURN = 1 << 2,
    EVENT_YIELD = 1 << 3,
    EVENT_LINE = 1 << 5,
    EVENT_RAISE = 1 << 10,
    EVENT_UNWIND = 1 << 13,
    EVENT_THROW = 1 << 14
};

#define LOCAL_EVENTS (EVENT_START | EVENT_RESUME | EVENT_RETURN | EVENT_YIELD | EVENT_LINE)
#define GLOBAL_EVENTS (EVENT_START | EVENT_RAISE | EVENT_UNWIND | EVENT_THROW)

static const code_record *recorded_code(PyObject *code)
{
    if (!the_session.active)
        return NULL;
    const code_record *record = code_record_of((PyCodeObject *)code);
    return record && record->recorded ? record : NULL;
}

static PyObject *disabled(void)
{
    if (!the_session.active || !the_session.disable)
        Py_RETURN_NONE;
    Py_INCREF(the_session.disable);
    return the_session.disable;
}

/* The frame that the event is of. */
static frame *frame_of(PyThreadState *thread, PyObject *code)
{
    frame *f = frame_current(thread);
    while (f && (PyObject *)frame_code(f) != code)
        f = frame_caller(f);
    return f;
}

static void call_of(PyObject *code, const code_record *record)
{
    PyThreadState *thread = PyThreadState_Get();
    frame *f = frame_of(thread, code);
    if (f)
        stream_call(thread, f, record);
}

static bool watch(PyObject *code)
{
    PyObject *done = PyObject_CallMethod(the_session.monitoring, "set_local_events", "iOi", the_session.tool, code,
                                         LOCAL_EVENTS);
    if (!done)
        PyErr_Clear();
    Py_XDECREF(done);
    return done != NULL;
}

static PyObject *on_start(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self, (void)count;
    code_record *record = the_session.active ? code_record_of((PyCodeObject *)args[0]) : NULL;
    if (!record || !record->recorded)
        return disabled();
    if (!record->watched)
        record->watched = watch(args[0]);
    call_of(args[0], record);
    Py_RETURN_NONE;
}

static PyObject *on_resume(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self, (void)count;
    const code_record *record = recorded_code(args[0]);
    if (record)
        call_of(args[0], record);
    Py_RETURN_NONE;
}

static PyObject *on_line(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self, (void)count;
    const code_record *record = recorded_code(args[0]);
    if (!record)
        return disabled();
    PyThreadState *thread = PyThreadState_Get();
    frame *f = frame_of(thread, args[0]);
    if (f)
        stream_step(thread, f, record, PyLong_AsLong(args[1]));
    Py_RETURN_NONE;
}

static PyObject *on_return(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self, (void)count;
    const code_record *record = recorded_code(args[0]);
    if (record)
        stream_return(PyThreadState_Get(), record, args[2], NULL);
    Py_RETURN_NONE;
}

static PyObject *on_unwind(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self, (void)count;
    const code_record *record = recorded_code(args[0]);
    if (record)
        stream_return(PyThreadState_Get(), record, NULL, args[2]);
    Py_RETURN_NONE;
}

static PyObject *on_raise(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self, (void)count;
    const code_record *record = recorded_code(args[0]);
    if (record) {
        PyThreadState *thread = PyThreadState_Get();
        stream_raise(thread, frame_of(thread, args[0]), args[2]);
    }
    Py_RETURN_NONE;
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL, NULL

static struct {
    int event;
    PyMethodDef method;
} callbacks[] = {
    {EVENT_START, {"start", FAST(on_start)}},    {EVENT_RESUME, {"resume", FAST(on_resume)}},
    {EVENT_THROW, {"throw", FAST(on_resume)}},   {EVENT_LINE, {"line", FAST(on_line)}},
    {EVENT_RETURN, {"return", FAST(on_return)}}, {EVENT_YIELD, {"yield", FAST(on_return)}},
    {EVENT_UNWIND, {"unwind", FAST(on_unwind)}}, {EVENT_RAISE, {"raise", FAST(on_raise)}},
};

static bool done(PyObject *result)
{
    Py_XDECREF(result);
    return result != NULL;
}

static bool take_tool(session *s)
{
    for (int tool = 5; tool >= 0; tool--) {
        PyObject *user = PyObject_CallMethod(s->monitoring, "get_tool", "i", tool);
        if (!user)
            return false;
        bool is_free = user == Py_None;
        Py_DECREF(user);
        if (is_free) {
            s->tool = tool;
            return done(PyObject_CallMethod(s->monitoring, "use_tool_id", "is", tool, "ctrace"));
        }
    }
    PyErr_SetString(PyExc_RuntimeError, "all the tools that sys.monitoring allows are in use");
    return false;
}

bool events_start(session *s)
{
    s->monitoring = PySys_GetObject("monitoring");
    Py_XINCREF(s->monitoring);
    s->disable = s->monitoring ? PyObject_GetAttrString(s->monitoring, "DISABLE") : NULL;
    if (!s->disable || !take_tool(s))
        return false;
    for (size_t i = 0; i < sizeof callbacks / sizeof callbacks[0]; i++) {
        PyObject *callback = PyCFunction_New(&callbacks[i].method, NULL);
        bool registered = callback && done(PyObject_CallMethod(s->monitoring, "register_callback", "iiO", s->tool,
                                                               callbacks[i].event, callback));
        Py_XDECREF(callback);
        if (!registered)
            return false;
    }
    return done(PyObject_CallMethod(s->monitoring, "set_events", "ii", s->tool, GLOBAL_EVENTS)) &&
           done(PyObject_CallMethod(s->monitoring, "restart_events", NULL));
}

void events_stop(session *s)
{
    if (!s->monitoring)
        return;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (!done(PyObject_CallMethod(s->monitoring, "set_events", "ii", s->tool, 0)))
        PyErr_Clear();
    for (size_t i = 0; i < sizeof callbacks / sizeof callbacks[0]; i++)
        if (!done(PyObject_CallMethod(s->monitoring, "register_callback", "iiO", s->tool, callbacks[i].event, Py_None)))
            PyErr_Clear();
    if (!done(PyObject_CallMethod(s->monitoring, "free_tool_id", "i", s->tool)))
        PyErr_Clear();
    PyErr_Restore(type, value, traceback);
    Py_CLEAR(s->monitoring);
    Py_CLEAR(s->disable);
}

#endif
