/* The files that the program's code is from: found out once for each name that the interpreter has for one. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

/* The path as the interpreter gives it, made absolute. */
static char *absolute_path(const char *path)
{
    if (path[0] == '/')
        return strdup(path);
    char *folder = realpath(".", NULL);
    size_t size = strlen(path) + (folder ? strlen(folder) : 0) + 2;
    char *whole = folder ? malloc(size) : NULL;
    if (whole)
        snprintf(whole, size, "%s/%s", folder, strncmp(path, "./", 2) == 0 ? path + 2 : path);
    free(folder);
    return whole;
}

/* One entry for each file, whatever names it goes by. */
static Py_ssize_t file_of_real_path(session *s, char *real, bool in_scope)
{
    for (size_t i = 0; i < s->file_count; i++) {
        if (strcmp(s->files[i].real_path, real) == 0) {
            free(real);
            return (Py_ssize_t)i;
        }
    }
    source_file *files = PyMem_RawRealloc(s->files, (s->file_count + 1) * sizeof *files);
    if (!files) {
        free(real);
        return -1;
    }
    s->files = files;
    files[s->file_count] = (source_file){.real_path = real, .in_scope = in_scope, .line_count = -1};
    return (Py_ssize_t)s->file_count++;
}

/* The name as bytes without a NUL; NULL when it is none. */
static PyObject *file_bytes(PyObject *name)
{
    PyObject *bytes = PyUnicode_EncodeFSDefault(name);
    if (bytes && strlen(PyBytes_AS_STRING(bytes)) != (size_t)PyBytes_GET_SIZE(bytes))
        Py_CLEAR(bytes);
    PyErr_Clear();
    return bytes;
}

Py_ssize_t file_number(session *s, PyObject *name)
{
    if (!PyUnicode_CheckExact(name))
        return -1;
    PyObject *known = PyDict_GetItemWithError(s->file_numbers, name);
    if (known)
        return PyLong_AsSsize_t(known);
    Py_ssize_t number = -1;
    PyObject *bytes = file_bytes(name);
    if (bytes) {
        bool in_scope;
        char *real = scope_real_path(s, PyBytes_AS_STRING(bytes), &in_scope);
        if (real)
            number = file_of_real_path(s, real, in_scope);
    }
    Py_XDECREF(bytes);
    PyObject *value = PyLong_FromSsize_t(number);
    if (value)
        PyDict_SetItem(s->file_numbers, name, value);
    Py_XDECREF(value);
    PyErr_Clear();
    return number;
}

int64_t file_line_count(source_file *file)
{
    if (file->line_count < 0)
        file->line_count = scope_count_lines(file->real_path);
    return file->line_count;
}

const char *file_module(const session *s, source_file *file)
{
    if (!file->module)
        file->module = judge_module(file->real_path, s->main_path);
    return file->module ? file->module : "";
}

ctrace_id file_path(session *s, source_file *file, PyObject *name)
{
    if (file->has_path)
        return file->path;
    /* The main program's path was written when the recording began. */
    bool is_main = strcmp(file->real_path, s->main_path) == 0;
    PyObject *bytes = is_main ? NULL : file_bytes(name);
    char *whole = bytes ? absolute_path(PyBytes_AS_STRING(bytes)) : NULL;
    file->path = whole ? ctrace_recorder_path(s->recorder, (ctrace_str){whole, strlen(whole)}) : 0;
    file->has_path = true;
    free(whole);
    Py_XDECREF(bytes);
    return file->path;
}

void files_forget(session *s)
{
    for (size_t i = 0; i < s->file_count; i++) {
        free(s->files[i].real_path);
        free(s->files[i].module);
    }
    PyMem_RawFree(s->files);
    Py_CLEAR(s->file_numbers);
}
