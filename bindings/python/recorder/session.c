/* The beginning and the end of a recording. There is one at a time in a process. */
#include "session.h"
#include "../filter.h"
#include "../module.h"

#include <stdlib.h>
#include <string.h>

session the_session;

static char **folders_of(PyObject *list)
{
    Py_ssize_t count = PyList_GET_SIZE(list);
    char **folders = calloc((size_t)count + 1, sizeof *folders);
    size_t used = 0;
    for (Py_ssize_t i = 0; folders && i < count; i++) {
        PyObject *bytes;
        if (!PyUnicode_FSConverter(PyList_GET_ITEM(list, i), &bytes)) {
            PyErr_Clear();
            continue;
        }
        folders[used] = realpath(PyBytes_AS_STRING(bytes), NULL); /* a folder that is not there holds nothing */
        used += folders[used] != NULL;
        Py_DECREF(bytes);
    }
    return folders;
}

static void free_folders(char ***folders)
{
    for (char **p = *folders; p && *p; p++)
        free(*p);
    free(*folders);
    *folders = NULL;
}

static void clear(session *s)
{
    capture_clear(&s->values);
    threads_forget(s, NULL);
    PyMem_RawFree(s->threads);
    files_forget(s);
    Py_CLEAR(s->filter_object);
    free_folders(&s->scope);
    free_folders(&s->outside);
    free(s->main_path);
    unsigned number = s->number;
    memset(s, 0, sizeof *s);
    s->number = number;
}

typedef struct start_arguments {
    PyObject *folder, *main, *args, *scope, *outside, *filter;
    const char *program, *workdir, *recorder, *version;
    Py_ssize_t program_size, workdir_size, recorder_size, version_size;
    int form; /* ctrace_form */
    Py_ssize_t flight_bytes; /* a flight recorder of that size; 0: none */
    int durable, show_secrets;
} start_arguments;

static ctrace_str bytes_of(PyObject *bytes)
{
    return (ctrace_str){PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes)};
}

static bool open_recorder(session *s, const start_arguments *a)
{
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    ctrace_str *args;
    size_t count;
    PyObject *held = NULL;
    if (!texts_from_object(a->args, &args, &count, &held))
        return false;
    ctrace_writer_options writer = {CTRACE_WRITER_OPTIONS_INIT};
    writer.program = (ctrace_str){a->program, (size_t)a->program_size};
    writer.args = args;
    writer.arg_count = count;
    writer.workdir = (ctrace_str){a->workdir, (size_t)a->workdir_size};
    writer.recorder = (ctrace_str){a->recorder, (size_t)a->recorder_size};
    writer.recorder_version = (ctrace_str){a->version, (size_t)a->version_size};
    writer.form = (ctrace_form)a->form;
    writer.durable = a->durable;
    ctrace_recorder_options options = {CTRACE_RECORDER_OPTIONS_INIT};
    options.writer = &writer;
    options.path = bytes_of(a->main);
    options.line = 1;
    options.overflow = a->flight_bytes ? CTRACE_OVERFLOW_DROP_OLDEST : CTRACE_OVERFLOW_BLOCK;
    options.buffer_bytes = (size_t)a->flight_bytes;
    options.max_depth = VALUE_DEPTH;
    options.max_items = VALUE_ITEMS;
    options.max_text = VALUE_TEXT * 5; /* texts are cut before, at so many characters */
    options.max_total = VALUE_TOTAL;
    options.filter = s->filter;
    options.keep_secrets = a->show_secrets;
    ctrace_status status;
    Py_BEGIN_ALLOW_THREADS
    status = ctrace_recorder_open(&s->recorder, bytes_of(a->folder), &options, &error);
    Py_END_ALLOW_THREADS
    PyMem_Free(args);
    Py_XDECREF(held);
    if (status < 0)
        raise_error(&error);
    return status >= 0;
}

static bool prepare(session *s, const start_arguments *a)
{
    s->number++;
    s->turn = 1;
    s->is_flight_recorder = a->flight_bytes != 0;
    s->main_path = realpath(PyBytes_AS_STRING(a->main), NULL);
    s->scope = folders_of(a->scope);
    s->outside = folders_of(a->outside);
    s->file_numbers = PyDict_New();
    if (!s->main_path) {
        PyErr_SetFromErrnoWithFilename(PyExc_OSError, PyBytes_AS_STRING(a->main));
        return false;
    }
    if (!s->scope || !s->outside || !s->file_numbers) {
        PyErr_NoMemory();
        return false;
    }
    if (a->filter && a->filter != Py_None) {
        s->filter = filter_of(a->filter);
        if (!s->filter)
            return false;
        Py_INCREF(a->filter);
        s->filter_object = a->filter;
        for (size_t i = 0; i < ctrace_filter_source_count(s->filter); i++)
            s->has_rules |= ctrace_filter_source_at(s->filter, i).sha256.size != 0;
    }
    if (!open_recorder(s, a))
        return false;
    capture_init(&s->values, s->recorder, NULL);
    /* The main thread is the one that starts. */
    if (!thread_enter(s, PyThreadState_Get()) || !fork_watch()) {
        PyErr_NoMemory();
        return false;
    }
    return true;
}

/* Nothing of the program is seen from here on. */
static void detach(session *s)
{
    s->active = false;
    events_stop(s);
    leave_stop();
    signals_stop();
    output_stop(s);
}

PyObject *session_start(PyObject *self, PyObject *args, PyObject *keywords)
{
    (void)self;
    static const char *names[] = {"folder", "main", "program", "args", "workdir", "scope", "outside", "recorder",
                                  "recorder_version", "form", "flight_bytes", "durable", "filter", "show_secrets", NULL};
    session *s = &the_session;
    start_arguments a = {0};
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O&O&s#O!s#O!O!s#s#i|npOp", (char **)(uintptr_t)names,
                                     PyUnicode_FSConverter, &a.folder, PyUnicode_FSConverter, &a.main, &a.program,
                                     &a.program_size, &PyList_Type, &a.args, &a.workdir, &a.workdir_size, &PyList_Type,
                                     &a.scope, &PyList_Type, &a.outside, &a.recorder, &a.recorder_size, &a.version,
                                     &a.version_size, &a.form, &a.flight_bytes, &a.durable, &a.filter,
                                     &a.show_secrets))
        return NULL;
    bool started = false, was_started = s->recorder;
    if (s->recorder)
        PyErr_SetString(PyExc_RuntimeError, "a recording is going on");
    else if (frame_check() && prepare(s, &a)) {
        s->active = true;
        output_start(s);
        leave_start();
        signals_start(s);
        started = events_start(s);
        if (!started) {
            detach(s);
        }
    }
    if (!started && !was_started) {
        ctrace_recorder_close(&s->recorder, NULL);
        clear(s);
    }
    Py_XDECREF(a.folder);
    Py_XDECREF(a.main);
    if (!started)
        return NULL;
    Py_RETURN_NONE;
}

/* A trace without a step opens as an empty screen, or not at all: a program that never ran, as with a syntax error,
 * stands at its first line. */
static void ensure_step(const session *s)
{
    if (!s->has_step && s->first_thread && !s->is_child && scope_count_lines(s->main_path) > 0)
        ctrace_lane_step(s->first_thread->lane, 0, 1);
}

/* Ends the trace, which no thread of the program puts anything into any more. */
static ctrace_status close_recorder(session *s, ctrace_error *error)
{
    ctrace_recorder *recorder = s->recorder;
    s->recorder = NULL;
    if (s->forked) { /* a child that nothing was recorded of */
        ctrace_recorder_abandon(&recorder);
        return CTRACE_OK;
    }
    fork_settle(s);
    ensure_step(s);
    ctrace_status status;
    Py_BEGIN_ALLOW_THREADS
    status = ctrace_recorder_close(&recorder, error);
    Py_END_ALLOW_THREADS
    return status;
}

PyObject *session_stop(PyObject *self, PyObject *none)
{
    (void)self, (void)none;
    session *s = &the_session;
    if (!s->recorder)
        Py_RETURN_NONE;
    detach(s);
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    ctrace_status status = close_recorder(s, &error);
    clear(s);
    if (status < 0) {
        error.status = status;
        raise_error(&error);
        return NULL;
    }
    Py_RETURN_NONE;
}

void session_close(void)
{
    session *s = &the_session;
    s->active = false;
    signals_stop();
    if (s->recorder)
        close_recorder(s, NULL);
}

void session_fail(void) { the_session.active = false; }

/* ---- While it goes on ---- */

static bool goes_on(const session *s) { return s->active && !s->forked; }

PyObject *session_pause(PyObject *self, PyObject *none)
{
    (void)self, (void)none;
    session *s = &the_session;
    if (s->active && !s->paused) {
        s->paused = true;
        if (!s->forked)
            ctrace_recorder_pause(s->recorder);
    }
    Py_RETURN_NONE;
}

PyObject *session_resume(PyObject *self, PyObject *none)
{
    (void)self, (void)none;
    session *s = &the_session;
    if (s->active && s->paused) {
        s->paused = false;
        s->turn++;
        if (!s->forked)
            ctrace_recorder_resume(s->recorder);
    }
    Py_RETURN_NONE;
}

PyObject *session_is_recording(PyObject *self, PyObject *none)
{
    (void)self, (void)none;
    return PyBool_FromLong(the_session.active && !the_session.paused);
}

static PyObject *wait_for(ctrace_status (*what)(ctrace_recorder *, ctrace_error *))
{
    session *s = &the_session;
    if (!goes_on(s))
        Py_RETURN_NONE;
    fork_settle(s);
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    ctrace_status status;
    Py_BEGIN_ALLOW_THREADS
    status = what(s->recorder, &error);
    Py_END_ALLOW_THREADS
    if (status < 0) {
        raise_error(&error);
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *session_flush(PyObject *self, PyObject *none)
{
    (void)self, (void)none;
    return wait_for(ctrace_recorder_flush);
}

PyObject *session_dump(PyObject *self, PyObject *none)
{
    (void)self, (void)none;
    return wait_for(ctrace_recorder_dump);
}
