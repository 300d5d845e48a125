/* Events of CPython 3.12 and later: sys.monitoring with callbacks in C. Code outside the scope is entered once, then
 * its events are off. */
#include "session.h"

#if PY_VERSION_HEX >= 0x030C0000

static int local_events, global_events; /* sums of the numbers that the interpreter gives them */

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
                                         local_events);
    if (!done)
        PyErr_Clear();
    Py_XDECREF(done);
    return done != NULL;
}

static PyObject *on_start(PyObject *self, PyObject *const *args, size_t count, PyObject *names)
{
    (void)self, (void)count, (void)names;
    code_record *record = the_session.active ? code_record_of((PyCodeObject *)args[0]) : NULL;
    if (!record || !record->recorded)
        return disabled();
    if (!record->watched)
        record->watched = watch(args[0]);
    call_of(args[0], record);
    Py_RETURN_NONE;
}

static PyObject *on_resume(PyObject *self, PyObject *const *args, size_t count, PyObject *names)
{
    (void)self, (void)count, (void)names;
    const code_record *record = recorded_code(args[0]);
    if (record)
        call_of(args[0], record);
    Py_RETURN_NONE;
}

static PyObject *on_line(PyObject *self, PyObject *const *args, size_t count, PyObject *names)
{
    (void)self, (void)count, (void)names;
    const code_record *record = recorded_code(args[0]);
    if (!record)
        return disabled();
    PyThreadState *thread = PyThreadState_Get();
    frame *f = frame_of(thread, args[0]);
    if (f)
        stream_step(thread, f, record, PyLong_AsLong(args[1]));
    Py_RETURN_NONE;
}

static PyObject *on_return(PyObject *self, PyObject *const *args, size_t count, PyObject *names)
{
    (void)self, (void)count, (void)names;
    const code_record *record = recorded_code(args[0]);
    if (record)
        stream_return(PyThreadState_Get(), record, args[2], NULL);
    Py_RETURN_NONE;
}

static PyObject *on_yield(PyObject *self, PyObject *const *args, size_t count, PyObject *names)
{
    (void)self, (void)count, (void)names;
    const code_record *record = recorded_code(args[0]);
    if (record)
        stream_yield(PyThreadState_Get(), record, args[2]);
    Py_RETURN_NONE;
}

static PyObject *on_unwind(PyObject *self, PyObject *const *args, size_t count, PyObject *names)
{
    (void)self, (void)count, (void)names;
    const code_record *record = recorded_code(args[0]);
    if (record)
        stream_return(PyThreadState_Get(), record, NULL, args[2]);
    Py_RETURN_NONE;
}

static PyObject *on_raise(PyObject *self, PyObject *const *args, size_t count, PyObject *names)
{
    (void)self, (void)count, (void)names;
    const code_record *record = recorded_code(args[0]);
    if (record)
        stream_raise(PyThreadState_Get(), record, args[2], ((PyBaseExceptionObject *)args[2])->traceback);
    Py_RETURN_NONE;
}

/* What the interpreter calls for an event, with nothing in between. */
typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
} event_callback;

static PyTypeObject callback_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ctrace._ctrace.callback",
    .tp_basicsize = sizeof(event_callback),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_vectorcall_offset = offsetof(event_callback, call),
    .tp_call = PyVectorcall_Call,
};

static PyObject *new_callback(vectorcallfunc call)
{
    event_callback *callback = PyType_Ready(&callback_type) == 0 ? PyObject_New(event_callback, &callback_type) : NULL;
    if (callback)
        callback->call = call;
    return (PyObject *)callback;
}

/* `local`: only of code that is watched. The event of a start is of both kinds: it is how code is found, and on 3.13 a
 * line that begins with its function may be told only if that is. */
static struct {
    const char *event;
    bool is_local, is_global;
    vectorcallfunc call;
    int number;
} callbacks[] = {
    {"PY_START", true, true, on_start, 0},
    {"PY_RESUME", true, false, on_resume, 0},
    {"PY_RETURN", true, false, on_return, 0},
    {"PY_YIELD", true, false, on_yield, 0},
    {"LINE", true, false, on_line, 0},
    {"PY_THROW", false, true, on_resume, 0},
    {"PY_UNWIND", false, true, on_unwind, 0},
    {"RAISE", false, true, on_raise, 0},
};

#define CALLBACK_COUNT (sizeof callbacks / sizeof callbacks[0])

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

static bool learn_numbers(session *s)
{
    local_events = global_events = 0;
    PyObject *events = PyObject_GetAttrString(s->monitoring, "events");
    bool found = events != NULL;
    for (size_t i = 0; found && i < CALLBACK_COUNT; i++) {
        PyObject *number = PyObject_GetAttrString(events, callbacks[i].event);
        callbacks[i].number = number ? (int)PyLong_AsLong(number) : 0;
        found = number && !PyErr_Occurred();
        Py_XDECREF(number);
        local_events |= callbacks[i].is_local ? callbacks[i].number : 0;
        global_events |= callbacks[i].is_global ? callbacks[i].number : 0;
    }
    Py_XDECREF(events);
    return found;
}

bool events_start(session *s)
{
    s->monitoring = PySys_GetObject("monitoring");
    Py_XINCREF(s->monitoring);
    s->disable = s->monitoring ? PyObject_GetAttrString(s->monitoring, "DISABLE") : NULL;
    if (!s->disable || !learn_numbers(s) || !take_tool(s))
        return false;
    for (size_t i = 0; i < CALLBACK_COUNT; i++) {
        PyObject *callback = new_callback(callbacks[i].call);
        bool registered = callback && done(PyObject_CallMethod(s->monitoring, "register_callback", "iiO", s->tool,
                                                               callbacks[i].number, callback));
        Py_XDECREF(callback);
        if (!registered)
            return false;
    }
    return done(PyObject_CallMethod(s->monitoring, "set_events", "ii", s->tool, global_events)) &&
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
    for (size_t i = 0; i < CALLBACK_COUNT; i++)
        if (!done(PyObject_CallMethod(s->monitoring, "register_callback", "iiO", s->tool, callbacks[i].number,
                                      Py_None)))
            PyErr_Clear();
    if (!done(PyObject_CallMethod(s->monitoring, "free_tool_id", "i", s->tool)))
        PyErr_Clear();
    PyErr_Restore(type, value, traceback);
    Py_CLEAR(s->monitoring);
    Py_CLEAR(s->disable);
}

#endif
