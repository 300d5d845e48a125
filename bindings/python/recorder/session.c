/* The beginning and the end of a recording. There is one at a time in a process. */
#include "session.h"
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
    for (size_t i = 0; i < s->thread_count; i++) {
        PyMem_RawFree(s->threads[i]->open);
        PyMem_RawFree(s->threads[i]->raised_text);
        PyMem_RawFree(s->threads[i]);
    }
    PyMem_RawFree(s->threads);
    for (size_t i = 0; i < s->file_count; i++)
        free(s->files[i].real_path);
    PyMem_RawFree(s->files);
    Py_CLEAR(s->file_numbers);
    free_folders(&s->scope);
    free_folders(&s->outside);
    free(s->main_path);
    unsigned number = s->number;
    memset(s, 0, sizeof *s);
    s->number = number;
}

typedef struct start_arguments {
    PyObject *folder, *main, *args, *scope, *outside;
    const char *program, *workdir, *recorder, *version;
    Py_ssize_t program_size, workdir_size, recorder_size, version_size;
    int form; /* ctrace_form */
} start_arguments;

static ctrace_str bytes_of(PyObject *bytes)
{
    return (ctrace_str){PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes)};
}

static bool open_writer(session *s, const start_arguments *a)
{
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    ctrace_str *args;
    size_t count;
    PyObject *held = NULL;
    if (!texts_from_object(a->args, &args, &count, &held))
        return false;
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT};
    options.program = (ctrace_str){a->program, (size_t)a->program_size};
    options.args = args;
    options.arg_count = count;
    options.workdir = (ctrace_str){a->workdir, (size_t)a->workdir_size};
    options.recorder = (ctrace_str){a->recorder, (size_t)a->recorder_size};
    options.recorder_version = (ctrace_str){a->version, (size_t)a->version_size};
    options.form = (ctrace_form)a->form;
    ctrace_status status = ctrace_writer_open(&s->writer, bytes_of(a->folder), &options, &error);
    PyMem_Free(args);
    Py_XDECREF(held);
    if (status < 0) {
        raise_error(&error);
        return false;
    }
    status = ctrace_writer_start(s->writer, bytes_of(a->main), 1);
    if (status < 0)
        raise_status(status);
    return status == CTRACE_OK;
}

static bool prepare(session *s, const start_arguments *a)
{
    s->number++;
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
    if (!open_writer(s, a))
        return false;
    capture_init(&s->values, s->writer);
    s->stream_thread = 1;
    /* The main thread is the one that starts. */
    return true;
}

PyObject *session_start(PyObject *self, PyObject *args, PyObject *keywords)
{
    (void)self;
    static const char *names[] = {"folder", "main", "program", "args", "workdir", "scope", "outside", "recorder",
                            "recorder_version", "form", NULL};
    session *s = &the_session;
    start_arguments a = {0};
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O&O&s#O!s#O!O!s#s#i", (char **)(uintptr_t)names,
                                     PyUnicode_FSConverter, &a.folder, PyUnicode_FSConverter, &a.main, &a.program,
                                     &a.program_size, &PyList_Type, &a.args, &a.workdir, &a.workdir_size, &PyList_Type,
                                     &a.scope, &PyList_Type, &a.outside, &a.recorder, &a.recorder_size, &a.version,
                                     &a.version_size, &a.form))
        return NULL;
    bool started = false;
    if (s->writer)
        PyErr_SetString(PyExc_RuntimeError, "a recording is going on");
    else if (frame_check() && prepare(s, &a)) {
        s->active = true;
        output_start(s);
        leave_start();
        started = events_start(s);
        if (!started) {
            s->active = false;
            events_stop(s);
            leave_stop();
            output_stop(s);
        }
    }
    if (!started && !s->active) {
        ctrace_writer_close(&s->writer, NULL);
        clear(s);
    }
    Py_XDECREF(a.folder);
    Py_XDECREF(a.main);
    if (!started)
        return NULL;
    Py_RETURN_NONE;
}

/* Nothing of the program is seen from here on. */
static void detach(session *s)
{
    s->active = false;
    events_stop(s);
    leave_stop();
    output_stop(s);
}

/* A trace without a step opens as an empty screen, or not at all: a program that never ran, as with a syntax error,
 * stands at its first line. */
static void ensure_step(session *s)
{
    ctrace_writer_counts counts;
    ctrace_writer_get_counts(s->writer, &counts);
    if (counts.steps == 0 && scope_count_lines(s->main_path) > 0)
        ctrace_step(s->writer, 0, 1);
}

PyObject *session_stop(PyObject *self, PyObject *none)
{
    (void)self, (void)none;
    session *s = &the_session;
    if (!s->writer)
        Py_RETURN_NONE;
    detach(s);
    ensure_step(s);
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    ctrace_status status;
    Py_BEGIN_ALLOW_THREADS
    status = ctrace_writer_close(&s->writer, &error);
    Py_END_ALLOW_THREADS
    clear(s);
    if (status < 0) {
        error.status = status;
        raise_error(&error);
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *session_forked(PyObject *self, PyObject *none)
{
    (void)self, (void)none;
    session *s = &the_session;
    if (!s->writer)
        Py_RETURN_NONE;
    detach(s);
    ctrace_writer_abandon(&s->writer); /* the files are the parent's */
    clear(s);
    Py_RETURN_NONE;
}

void session_fail(void) { the_session.active = false; }
