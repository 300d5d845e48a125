/* The events of a recording in their order. Threads share one stream; each has its own open frames. */
#include "session.h"

#include <frameobject.h>

#include <stdlib.h>
#include <string.h>

/* ---- Threads ---- */

/* Dies with the state of its thread, and tells that the thread ended. */
typedef struct {
    PyObject_HEAD
    uint64_t id;
} thread_end;

static void thread_end_dealloc(PyObject *self)
{
    stream_thread_exit(((thread_end *)self)->id);
    PyObject_Free(self);
}

static PyTypeObject thread_end_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ctrace._ctrace.thread_end",
    .tp_basicsize = sizeof(thread_end),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = thread_end_dealloc,
};

static void watch_end(PyThreadState *thread)
{
    (void)thread;
    PyObject *dictionary = PyThreadState_GetDict();
    if (!dictionary || PyType_Ready(&thread_end_type) < 0)
        return;
    thread_end *end = PyObject_New(thread_end, &thread_end_type);
    if (!end)
        return;
    end->id = thread->id;
    PyDict_SetItemString(dictionary, "ctrace", (PyObject *)end);
    Py_DECREF(end);
}

static thread_record *new_thread(session *s, PyThreadState *thread)
{
    if (s->thread_count == s->thread_room) {
        size_t room = s->thread_room ? s->thread_room * 2 : 8;
        thread_record **threads = PyMem_RawRealloc(s->threads, room * sizeof(thread_record *));
        if (!threads)
            return NULL;
        s->threads = threads;
        s->thread_room = room;
    }
    thread_record *t = PyMem_RawCalloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->id = thread->id;
    t->serial = ++s->next_serial;
    s->threads[s->thread_count++] = t;
    if (t->serial > 1) {
        ctrace_thread_start(s->writer, t->serial);
        watch_end(thread);
        PyErr_Clear();
    }
    return t;
}

/* The record of the thread; from here on the stream is at it. NULL when there is no memory. */
static thread_record *enter_thread(session *s, PyThreadState *thread)
{
    thread_record *t = s->thread;
    if (s->thread_state != thread || !t || t->id != thread->id) {
        t = NULL;
        for (size_t i = 0; i < s->thread_count && !t; i++)
            if (s->threads[i]->id == thread->id)
                t = s->threads[i];
        if (!t)
            t = new_thread(s, thread);
        if (!t)
            return NULL;
        s->thread_state = thread;
        s->thread = t;
    }
    if (s->stream_thread != t->serial) {
        ctrace_thread_switch(s->writer, t->serial);
        s->stream_thread = t->serial;
        s->step_settled = false;
    }
    return t;
}

void stream_thread_exit(uint64_t id)
{
    session *s = &the_session;
    if (!s->active)
        return;
    for (size_t i = 0; i < s->thread_count; i++) {
        thread_record *t = s->threads[i];
        if (t->id != id)
            continue;
        if (s->stream_thread != t->serial)
            ctrace_thread_switch(s->writer, t->serial);
        for (; t->depth; t->depth--) /* left without a word, as by a greenlet */
            ctrace_return(s->writer);
        ctrace_thread_exit(s->writer, t->serial);
        s->stream_thread = 0;
        s->threads[i] = s->threads[--s->thread_count];
        if (s->thread == t)
            s->thread = NULL;
        PyMem_RawFree(t->open);
        PyMem_RawFree(t->raised_text);
        PyMem_RawFree(t);
        return;
    }
}

/* ---- Values ---- */

static bool ok(ctrace_status status) { return status == CTRACE_OK; }

/* Puts the value that was begun. One that could not be put is given up; the trace goes on. */
static void put_begun(session *s, PyObject *value)
{
    s->values.depth = 0;
    if (!capture_put(&s->values, value))
        ctrace_cancel_value(s->writer);
}

static void put_local(session *s, ctrace_id name, PyObject *value)
{
    if (ok(ctrace_begin_local(s->writer, name)))
        put_begun(s, value);
}

/* In a namespace: what the program computes, not what it is made of. */
static bool is_shown(PyObject *name, PyObject *value)
{
    if (!PyUnicode_Check(name) || PyModule_Check(value) || PyFunction_Check(value) || PyCFunction_Check(value) ||
        PyType_Check(value))
        return false;
    Py_ssize_t size = PyUnicode_GET_LENGTH(name);
    return !(size >= 4 && PyUnicode_READ_CHAR(name, 0) == '_' && PyUnicode_READ_CHAR(name, 1) == '_' &&
             PyUnicode_READ_CHAR(name, size - 1) == '_' && PyUnicode_READ_CHAR(name, size - 2) == '_');
}

static void put_namespace(session *s, frame *f)
{
    PyObject *names = frame_namespace(f), *name, *value;
    Py_ssize_t at = 0;
    if (!names || !PyDict_Check(names))
        return;
    while (PyDict_Next(names, &at, &name, &value))
        if (is_shown(name, value))
            put_local(s, capture_name(&s->values, name), value);
}

static void put_locals(session *s, frame *f, const code_record *code)
{
    if (!code->has_slots)
        put_namespace(s, f);
    /* A body of a module or class has slots too, for the variables of comprehensions. */
    for (int i = 0; i < code->variable_count; i++) {
        PyObject *value = frame_slot(f, code->variables[i].slot, code->variables[i].is_cell);
        if (value)
            put_local(s, code->variables[i].id, value);
    }
}

/* ---- Steps ---- */

static void put_step(session *s, frame *f, const code_record *code, int64_t line)
{
    ctrace_step(s->writer, code->path, line);
    put_locals(s, f, code);
    s->step_settled = true;
    s->step_has_log = false;
}

static void check(session *s)
{
    if (ctrace_writer_status(s->writer, NULL) == CTRACE_IO || ctrace_writer_status(s->writer, NULL) == CTRACE_NO_MEMORY)
        session_fail();
}

/* When the generator that another one delegates to ends by an exception thrown into it, the interpreter does not tell
 * that the other one goes on. */
static thread_record *enter_frame(session *s, PyThreadState *thread, const code_record *code)
{
    thread_record *t = enter_thread(s, thread);
    if (!t || !code->can_wait)
        return t;
    frame *f = frame_current(thread);
    if (!t->depth || t->open[t->depth - 1].f != f)
        stream_call(thread, f, code);
    return t;
}

void stream_step(PyThreadState *thread, frame *f, const code_record *code, int64_t line)
{
    session *s = &the_session;
    if (line > code->line_count || line < 1)
        return;
    thread_record *t = enter_frame(s, thread, code);
    if (!t)
        return;
    t->raised = NULL;
    if (t->depth && t->open[t->depth - 1].code == code)
        t->open[t->depth - 1].line = line;
    put_step(s, f, code, line);
}

/* What comes next belongs to the line that the innermost recorded frame is at: its step is written again when the
 * last step of the stream is another's, or when `first` and something else came with it already. */
static void settle_step(session *s, thread_record *t, PyThreadState *thread, bool first)
{
    if (!t->depth)
        return;
    const open_frame *top = &t->open[t->depth - 1];
    if (!top->line || (s->step_settled && !(first && s->step_has_log)))
        return;
    frame *f = frame_current(thread);
    while (f && f != top->f)
        f = frame_caller(f);
    if (f)
        put_step(s, f, top->code, top->line);
}

/* ---- Calls ---- */

static bool open_frame_of(thread_record *t, frame *f, const code_record *code)
{
    if (t->depth == t->room) {
        size_t room = t->room ? t->room * 2 : 64;
        open_frame *open = PyMem_RawRealloc(t->open, room * sizeof *open);
        if (!open)
            return false;
        t->open = open;
        t->room = room;
    }
    t->open[t->depth++] = (open_frame){f, code, 0};
    return true;
}

void stream_call(PyThreadState *thread, frame *f, const code_record *code)
{
    session *s = &the_session;
    thread_record *t = enter_thread(s, thread);
    if (!t)
        return;
    t->raised = NULL;
    if (!open_frame_of(t, f, code) || code->is_top)
        return;
    for (int i = 0; i < code->arg_count; i++) {
        PyObject *value = frame_slot(f, code->variables[i].slot, code->variables[i].is_cell);
        if (value && ok(ctrace_begin_arg(s->writer, code->variables[i].id)))
            put_begun(s, value);
    }
    ctrace_call(s->writer, code->function);
    s->step_settled = false;
}

static int first_referent(PyObject *object, void *out)
{
    *(PyObject **)out = object;
    return 1;
}

/* What an async generator yields comes wrapped. */
static PyObject *unwrapped(PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    if (type->tp_traverse && strcmp(type->tp_name, "async_generator_wrapped_value") == 0) {
        PyObject *inner = NULL;
        type->tp_traverse(value, first_referent, &inner);
        return inner ? inner : value;
    }
    return value;
}

static void keep_raised_text(thread_record *t, ctrace_str text)
{
    char *copy = PyMem_RawRealloc(t->raised_text, text.size + 1);
    if (!copy)
        return;
    memcpy(copy, text.data, text.size);
    t->raised_text = copy;
    t->raised_size = text.size;
}

void stream_return(PyThreadState *thread, const code_record *code, PyObject *value, PyObject *exception)
{
    session *s = &the_session;
    thread_record *t = enter_frame(s, thread, code);
    if (!t)
        return;
    if (value)
        t->raised = NULL;
    else
        t->raised = exception ? exception : t->latest;
    if (!t->depth)
        return;
    const code_record *opened = t->open[--t->depth].code;
    s->step_settled = false;
    if (code->is_top && opened == code)
        return;
    if (!ok(ctrace_begin_return(s->writer)))
        return;
    if (value) {
        put_begun(s, unwrapped(value));
    } else {
        ctrace_str text = exception ? capture_exception(&s->values, exception)
                                    : (ctrace_str){t->raised_text ? t->raised_text : "", t->raised_size};
        ctrace_id type = ctrace_type(s->writer, CTRACE_TYPE_ERROR, CTRACE_STR("exception"));
        if (!ok(ctrace_put_error(s->writer, type, text)))
            ctrace_cancel_value(s->writer);
    }
    check(s);
}

/* ---- What is said at a line ---- */

/* An exception that was raised elsewhere has come through other frames; a new one, which may lie where an old one lay,
 * has not. */
static bool came_from_elsewhere(const code_record *code, PyObject *traceback)
{
    if (!traceback || !PyTraceBack_Check(traceback))
        return false;
    const PyTracebackObject *first = (const PyTracebackObject *)traceback;
    if (first->tb_next)
        return true;
    PyCodeObject *its = PyFrame_GetCode(first->tb_frame);
    bool other = code_record_of(its) != code;
    Py_DECREF(its);
    return other;
}

void stream_raise(PyThreadState *thread, const code_record *code, PyObject *exception, PyObject *traceback)
{
    session *s = &the_session;
    thread_record *t = enter_frame(s, thread, code);
    if (!t)
        return;
    bool told = t->raised == exception && came_from_elsewhere(code, traceback);
    t->raised = NULL;
    t->latest = exception;
    ctrace_str text = capture_exception(&s->values, exception);
    keep_raised_text(t, text);
    if (told) /* on its way from one recorded frame into the next */
        return;
    settle_step(s, t, thread, true);
    ctrace_log(s->writer, CTRACE_LOG_ERROR, (ctrace_str){"", 0},
               (ctrace_str){t->raised_text ? t->raised_text : "", t->raised_size});
    s->step_has_log = true;
}

void stream_output(PyThreadState *thread, ctrace_log_kind kind, PyObject *text)
{
    session *s = &the_session;
    if (!s->active || !PyUnicode_Check(text) || PyUnicode_GET_LENGTH(text) == 0)
        return;
    if (!s->top_seen) /* a warning of the compiler, before the first line: no line of the program says it */
        return;
    thread_record *t = NULL;
    for (size_t i = 0; i < s->thread_count && !t; i++)
        if (s->threads[i]->id == thread->id)
            t = s->threads[i];
    if (t) {
        enter_thread(s, thread);
        settle_step(s, t, thread, false);
    }
    ctrace_log(s->writer, kind, (ctrace_str){"", 0}, capture_text(&s->values, text, 0));
    s->step_has_log = true;
}
