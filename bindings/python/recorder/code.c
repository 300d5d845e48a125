/* Found out once for each code object: whether it is recorded, its function, where its variables are. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

static Py_ssize_t extra_index = -1;

static void free_record(void *record)
{
    if (!record)
        return;
    Py_XDECREF(((code_record *)record)->qualified_name);
    PyMem_RawFree(record);
}

static code_record *get_extra(PyCodeObject *code)
{
    void *record = NULL;
#if PY_VERSION_HEX >= 0x030C0000
    PyUnstable_Code_GetExtra((PyObject *)code, extra_index, &record);
#else
    _PyCode_GetExtra((PyObject *)code, extra_index, &record);
#endif
    return record;
}

static bool set_extra(PyCodeObject *code, code_record *record)
{
#if PY_VERSION_HEX >= 0x030C0000
    bool done = PyUnstable_Code_SetExtra((PyObject *)code, extra_index, record) == 0;
#else
    bool done = _PyCode_SetExtra((PyObject *)code, extra_index, record) == 0;
#endif
    if (!done) {
        PyErr_Clear();
        free_record(record);
    }
    return done;
}

static bool is_named(PyObject *name, const char *text)
{
    return PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, text) == 0;
}

/* ---- Files ---- */

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

/* One path for each file, whatever names it goes by. */
static Py_ssize_t file_of_real_path(session *s, char *real, const char *path, bool recorded)
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
    source_file *file = &files[s->file_count];
    *file = (source_file){real, recorded, CTRACE_ID_NONE, 0};
    if (recorded && fork_settle(s)) {
        char *whole = strcmp(real, s->main_path) == 0 ? NULL : absolute_path(path);
        /* The main program's path was written when the recording began. */
        file->path = whole ? ctrace_recorder_path(s->recorder, (ctrace_str){whole, strlen(whole)}) : 0;
        file->line_count = scope_count_lines(real);
        free(whole);
    }
    return (Py_ssize_t)s->file_count++;
}

/* The number of the file that a code object is from, -1 when it is not a file. */
static Py_ssize_t file_number(session *s, PyObject *name)
{
    if (!PyUnicode_CheckExact(name))
        return -1;
    PyObject *known = PyDict_GetItemWithError(s->file_numbers, name);
    if (known)
        return PyLong_AsSsize_t(known);
    Py_ssize_t number = -1;
    PyObject *bytes = PyUnicode_EncodeFSDefault(name);
    if (bytes && strlen(PyBytes_AS_STRING(bytes)) == (size_t)PyBytes_GET_SIZE(bytes)) {
        bool recorded;
        char *real = scope_real_path(s, PyBytes_AS_STRING(bytes), &recorded);
        if (real)
            number = file_of_real_path(s, real, PyBytes_AS_STRING(bytes), recorded);
    }
    Py_XDECREF(bytes);
    PyObject *value = PyLong_FromSsize_t(number);
    if (value)
        PyDict_SetItem(s->file_numbers, name, value);
    Py_XDECREF(value);
    PyErr_Clear();
    return number;
}

/* ---- Names ---- */

#if PY_VERSION_HEX < 0x030B0000

/* Until 3.10 a code object does not know its qualified name: those inside a module or a function are told theirs. */
static void teach_names(PyCodeObject *code, PyObject *own, bool is_module)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject *constant = PyTuple_GET_ITEM(code->co_consts, i);
        if (!PyCode_Check(constant) || get_extra((PyCodeObject *)constant))
            continue;
        PyCodeObject *inner = (PyCodeObject *)constant;
        PyObject *name;
        if (is_module)
            name = inner->co_name, Py_INCREF(name);
        else
            name = PyUnicode_FromFormat(code->co_flags & CO_NEWLOCALS && code->co_flags & CO_OPTIMIZED
                                            ? "%U.<locals>.%U" : "%U.%U", own, inner->co_name);
        code_record *record = name ? PyMem_RawCalloc(1, sizeof *record) : NULL;
        if (!record) {
            Py_XDECREF(name);
            PyErr_Clear();
            return;
        }
        record->qualified_name = name;
        if (!set_extra(inner, record))
            return;
        teach_names(inner, name, false);
    }
}

#endif

static PyObject *qualified_name(PyCodeObject *code, const code_record *before)
{
#if PY_VERSION_HEX >= 0x030B0000
    (void)before;
    return code->co_qualname;
#else
    PyObject *name = before && before->qualified_name ? before->qualified_name : code->co_name;
    teach_names(code, name, is_named(code->co_name, "<module>"));
    return name;
#endif
}

/* ---- Records ---- */

static void fill_record(session *s, code_record *record, PyCodeObject *code, const source_file *file, PyObject *name)
{
    record->recorded = true;
    record->path = file->path;
    record->line_count = file->line_count;
    record->is_module = is_named(code->co_name, "<module>");
    record->has_slots = (code->co_flags & CO_OPTIMIZED) != 0;
    record->can_wait = (code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0;
    if (record->is_module && file->path == 0 && !s->top_seen && stream_at_top(PyThreadState_Get()))
        record->is_top = s->top_seen = true;
    else
        record->function = ctrace_recorder_function(s->recorder, file->path, code->co_firstlineno,
                                                    capture_text(&s->values, name, VALUE_TEXT, NULL));
    record->arg_count = code->co_argcount + code->co_kwonlyargcount + ((code->co_flags & CO_VARARGS) != 0) +
                        ((code->co_flags & CO_VARKEYWORDS) != 0);
    frame_variable variable;
    bool visible;
    for (int i = 0; frame_variable_at(code, i, &variable, &visible); i++) {
        if (!visible)
            continue;
        int at = record->variable_count++;
        record->variables[at].id = capture_name(&s->values, variable.name);
        record->variables[at].slot = variable.slot;
        record->variables[at].is_cell = variable.is_cell;
    }
}

static int count_variables(PyCodeObject *code)
{
    int count = 0;
    bool visible;
    for (frame_variable variable; frame_variable_at(code, count, &variable, &visible);)
        count++;
    return count;
}

static code_record *make_record(session *s, PyCodeObject *code, code_record *before)
{
    Py_ssize_t number = file_number(s, code->co_filename);
    const source_file *file = number >= 0 ? &s->files[number] : NULL;
    /* Code that says of itself that it begins where the file has no line is not that file's. */
    bool recorded = file && file->recorded && code->co_firstlineno >= 0 && code->co_firstlineno <= file->line_count;
    if (recorded && !fork_settle(s))
        return NULL;
    int variables = recorded ? count_variables(code) : 0;
    code_record *record =
        PyMem_RawCalloc(1, sizeof *record + (size_t)variables * sizeof record->variables[0]);
    if (!record)
        return NULL;
    record->session = s->number;
    if (recorded)
        fill_record(s, record, code, file, qualified_name(code, before));
    if (before && before->qualified_name) {
        Py_INCREF(before->qualified_name);
        record->qualified_name = before->qualified_name;
    }
    return set_extra(code, record) ? record : NULL; /* frees the one before */
}

code_record *code_record_of(PyCodeObject *code)
{
    if (extra_index < 0) {
#if PY_VERSION_HEX >= 0x030C0000
        extra_index = PyUnstable_Eval_RequestCodeExtraIndex(free_record);
#else
        extra_index = _PyEval_RequestCodeExtraIndex(free_record);
#endif
        if (extra_index < 0)
            return NULL;
    }
    code_record *record = get_extra(code);
    if (record && record->session == the_session.number)
        return record;
    return make_record(&the_session, code, record);
}
