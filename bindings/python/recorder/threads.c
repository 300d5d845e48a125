/* What is known of each thread of the program: its lane in the recorder and its open frames. */
#include "session.h"

#include <string.h>

/* ---- Their end ---- */

/* Dies with the state of its thread, and tells that the thread ended. */
typedef struct {
    PyObject_HEAD
    uint64_t id;
} thread_end;

static void free_thread(thread_record *t)
{
    while (t->depth)
        thread_leave_frame(t);
    PyMem_RawFree(t->open);
    PyMem_RawFree(t->variables);
    PyMem_RawFree(t->raised_text);
    PyMem_RawFree(t);
}

static void thread_ended(uint64_t id)
{
    session *s = &the_session;
    if (!s->active || s->forked) /* after a fork the other threads are gone without having ended */
        return;
    fork_settle(s);
    for (size_t i = 0; i < s->thread_count; i++) {
        thread_record *t = s->threads[i];
        if (t->id != id)
            continue;
        if (t == s->first_thread) { /* the process would wait for the recorder's thread for ever */
            session_close();
            return;
        }
        ctrace_lane_end(t->lane);
        s->threads[i] = s->threads[--s->thread_count];
        if (s->thread == t) {
            s->thread = NULL;
            s->values.lane = NULL;
        }
        free_thread(t);
        return;
    }
}

static void thread_end_dealloc(PyObject *self)
{
    thread_ended(((thread_end *)self)->id);
    PyObject_Free(self);
}

static PyTypeObject thread_end_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ctrace._ctrace.thread_end",
    .tp_basicsize = sizeof(thread_end),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = thread_end_dealloc,
};

static void watch_end(const PyThreadState *thread)
{
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

/* ---- Records ---- */

static thread_record *new_thread(session *s, const PyThreadState *thread)
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
    ctrace_lane *lane = t ? ctrace_recorder_lane(s->recorder) : NULL;
    if (!lane) {
        PyMem_RawFree(t);
        return NULL;
    }
    t->id = thread->id;
    t->lane = lane;
    s->threads[s->thread_count++] = t;
    bool is_main = !s->first_thread && !s->is_child;
    if (!s->first_thread)
        s->first_thread = t;
    if (!is_main) {
        watch_end(thread);
        PyErr_Clear();
    }
    return t;
}

thread_record *thread_find(const session *s, const PyThreadState *thread)
{
    for (size_t i = 0; i < s->thread_count; i++)
        if (s->threads[i]->id == thread->id)
            return s->threads[i];
    return NULL;
}

thread_record *thread_enter(session *s, PyThreadState *thread)
{
    if (s->thread_state == thread && s->thread && s->thread->id == thread->id)
        return s->thread;
    if (!fork_settle(s))
        return NULL;
    thread_record *t = thread_find(s, thread);
    if (!t)
        t = new_thread(s, thread);
    if (t) {
        s->thread_state = thread;
        s->thread = t;
        s->values.lane = t->lane;
    }
    return t;
}

void threads_forget(session *s, const thread_record *except)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->thread_count; i++) {
        if (s->threads[i] == except)
            s->threads[kept++] = s->threads[i];
        else
            free_thread(s->threads[i]);
    }
    s->thread_count = kept;
    s->thread = NULL;
    s->thread_state = NULL;
    s->values.lane = NULL;
}

/* ---- Frames ---- */

bool thread_add_variables(thread_record *t, size_t count)
{
    if (!t->variables || t->variable_room - t->variable_count < count) {
        size_t room = (t->variable_room + count) * 2 + 64;
        seen *variables = PyMem_RawRealloc(t->variables, room * sizeof *variables);
        if (!variables)
            return false;
        t->variables = variables;
        t->variable_room = room;
    }
    memset(t->variables + t->variable_count, 0, count * sizeof *t->variables);
    t->variable_count += count;
    return true;
}

open_frame *thread_open_frame(thread_record *t, frame *f, const code_record *code)
{
    if (t->depth == t->room) {
        size_t room = t->room ? t->room * 2 : 64;
        open_frame *open = PyMem_RawRealloc(t->open, room * sizeof *open);
        if (!open)
            return NULL;
        t->open = open;
        t->room = room;
    }
    size_t first = t->variable_count;
    if (code->has_slots && !thread_add_variables(t, (size_t)code->variable_count))
        return NULL;
    t->open[t->depth] = (open_frame){.f = f, .code = code, .first = first};
    return &t->open[t->depth++];
}

void thread_leave_frame(thread_record *t)
{
    size_t first = t->open[--t->depth].first;
    while (t->variable_count > first)
        seen_clear(&t->variables[--t->variable_count]);
}
