/* The events of a recording, each put into the lane of its thread. */
#include "session.h"

#include <frameobject.h>

#include <string.h>

/* ---- Steps ---- */

/* When the generator that another one delegates to ends by an exception thrown into it, the interpreter does not tell
 * that the other one goes on. */
static thread_record *enter_frame(session *s, PyThreadState *thread, const code_record *code)
{
    thread_record *t = thread_enter(s, thread);
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
    open_frame *open = t->depth ? &t->open[t->depth - 1] : NULL;
    if (open && open->code == code)
        open->line = line;
    if (s->paused)
        return;
    variables_put(s, t, open && open->f == f && open->code == code ? open : NULL, f, code);
    ctrace_lane_step(t->lane, code->path, line);
    t->at_step = s->has_step = true;
}

/* What comes next belongs to the line that the innermost frame is at. The recorder writes its step again when others
 * came in between: with what the variables are now. */
static void put_variables_now(session *s, thread_record *t, PyThreadState *thread)
{
    open_frame *top = t->depth ? &t->open[t->depth - 1] : NULL;
    if (!top || !top->line || t->at_step)
        return;
    frame *f = frame_current(thread);
    while (f && f != top->f)
        f = frame_caller(f);
    if (f)
        variables_put(s, t, top, f, top->code);
}

/* ---- Calls ---- */

bool stream_at_top(PyThreadState *thread)
{
    session *s = &the_session;
    const thread_record *t = thread_enter(s, thread);
    return t && t == s->first_thread && !t->depth;
}

void stream_call(PyThreadState *thread, frame *f, const code_record *code)
{
    session *s = &the_session;
    thread_record *t = thread_enter(s, thread);
    if (!t)
        return;
    t->raised = NULL;
    open_frame *open = thread_open_frame(t, f, code);
    if (!open || code->is_top)
        return;
    t->at_step = false;
    if (!s->paused && code->has_slots)
        variables_put_arguments(s, t, open, f);
    ctrace_lane_call(t->lane, code->function);
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

static ctrace_str raised_text(const thread_record *t)
{
    return (ctrace_str){t->raised_text ? t->raised_text : "", t->raised_size};
}

/* Writing failed: nothing more comes into the trace. */
static void check(session *s)
{
    if (s->returns++ & 1023)
        return;
    ctrace_status status = ctrace_recorder_status(s->recorder, NULL);
    if (status == CTRACE_IO || status == CTRACE_NO_MEMORY)
        session_fail();
}

static void leave(PyThreadState *thread, const code_record *code, PyObject *value, PyObject *exception, judgement said)
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
    bool is_top = t->open[t->depth - 1].code->is_top;
    thread_leave_frame(t);
    t->at_step = false;
    if (is_top)
        return;
    if (s->paused) {
        ctrace_lane_return(t->lane);
        return;
    }
    if (said.action == CTRACE_FILTER_DROP) {
        ctrace_recorder_count_dropped(s->recorder);
        ctrace_lane_return(t->lane);
        return;
    }
    s->values.policy = code->policy;
    ctrace_lane_begin_return(t->lane);
    if (said.action == CTRACE_FILTER_REDACT)
        ctrace_lane_put_redacted(t->lane, said.reason);
    else if (value)
        capture_put(&s->values, unwrapped(value));
    else
        ctrace_lane_put_error(t->lane, capture_exception_type(&s->values),
                              exception ? capture_exception(&s->values, exception, exception == t->hidden)
                                        : raised_text(t));
    check(s);
}

void stream_return(PyThreadState *thread, const code_record *code, PyObject *value, PyObject *exception)
{
    leave(thread, code, value, exception, value ? code->returned : code->unwound);
}

void stream_yield(PyThreadState *thread, const code_record *code, PyObject *value)
{
    leave(thread, code, value, NULL, code->yielded);
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
    if (code->unwound.action != CTRACE_FILTER_ALLOW)
        t->hidden = exception;
    keep_raised_text(t, capture_exception(&s->values, exception, exception == t->hidden));
    if (told || s->paused) /* on its way from one recorded frame into the next */
        return;
    put_variables_now(s, t, thread);
    ctrace_lane_log(t->lane, CTRACE_LOG_ERROR, (ctrace_str){"", 0}, raised_text(t));
}

void stream_output(PyThreadState *thread, ctrace_log_kind kind, PyObject *text)
{
    session *s = &the_session;
    if (!s->active || s->paused || !PyUnicode_Check(text) || PyUnicode_GET_LENGTH(text) == 0)
        return;
    if (!s->top_seen) /* a warning of the compiler, before the first line: no line of the program says it */
        return;
    /* A thread that runs nothing of the program speaks where the program is. */
    thread_record *t = thread_find(s, thread);
    if (t || s->forked)
        t = thread_enter(s, thread);
    else
        t = s->thread ? s->thread : s->first_thread;
    if (!t)
        return;
    put_variables_now(s, t, thread);
    ctrace_lane_log(t->lane, kind, (ctrace_str){"", 0}, capture_text(&s->values, text, 0, NULL));
}
