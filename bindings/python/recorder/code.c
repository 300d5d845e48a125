/* Found out once for each code object: whether it is recorded, its function, where its variables are. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

static Py_ssize_t extra_index = -1;

static code_record **recent_place(const PyCodeObject *code)
{
    return &the_session.recent[((uintptr_t)code >> 5) % RECENT_CODE];
}

/* Called when its code object dies, for one. */
static void free_record(void *freed)
{
    code_record *record = freed;
    if (!record)
        return;
    code_record **recent = recent_place(record->code);
    if (*recent == record)
        *recent = NULL;
    Py_XDECREF(record->qualified_name);
    PyMem_RawFree(record->judged);
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

/* What the filter says of the code and of its results. */
static bool judge(session *s, code_record *record, PyCodeObject *code, source_file *file, PyObject *name)
{
    char object[1024];
    record->can_wait = (code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0;
    if (!judge_code(s->filter, file_module(s, file), file->real_path, capture_text(&s->values, name, VALUE_TEXT, NULL),
                    file->in_scope, &record->policy, object, sizeof object))
        return false;
    if (record->policy) {
        record->returned = judge_name(record->policy, CTRACE_FILTER_RETURN, (ctrace_str){object, strlen(object)});
        record->yielded = judge_name(record->policy, CTRACE_FILTER_RETURN, CTRACE_STR("<yield>"));
        record->unwound = judge_name(record->policy, CTRACE_FILTER_RETURN, CTRACE_STR("<unwind>"));
#if PY_VERSION_HEX < 0x030C0000
        if (record->can_wait) /* the interpreter does not tell whether it yields or returns */
            record->returned = judge_both(record->returned, record->yielded);
#endif
    }
    return true;
}

/* A parameter is a variable too: the stricter of what is said of both holds. */
static void judge_variable(session *s, code_record *record, int at, PyObject *name)
{
    ctrace_str text = capture_text(&s->values, name, VALUE_TEXT, NULL);
    judgement said = judge_name(record->policy, CTRACE_FILTER_LOCAL, text);
    if (at < record->arg_count)
        said = judge_both(said, judge_name(record->policy, CTRACE_FILTER_ARG, text));
    if (said.action == CTRACE_FILTER_ALLOW)
        return;
    if (!record->judged)
        record->judged = PyMem_RawCalloc((size_t)record->variable_room, sizeof *record->judged);
    record->variables[at].is_hidden = true;
    if (record->judged)
        record->judged[at] = said;
}

static void fill_record(session *s, code_record *record, PyCodeObject *code, source_file *file, PyObject *name)
{
    record->recorded = true;
    record->path = file_path(s, file, code->co_filename);
    record->line_count = file->line_count;
    record->is_module = is_named(code->co_name, "<module>");
    record->has_slots = (code->co_flags & CO_OPTIMIZED) != 0;
    if (record->is_module && record->path == 0 && !s->top_seen && stream_at_top(PyThreadState_Get()))
        record->is_top = s->top_seen = true;
    else
        record->function = ctrace_recorder_function(s->recorder, record->path, code->co_firstlineno,
                                                    capture_text(&s->values, name, VALUE_TEXT, NULL));
    record->arg_count = code->co_argcount + code->co_kwonlyargcount + ((code->co_flags & CO_VARARGS) != 0) +
                        ((code->co_flags & CO_VARKEYWORDS) != 0);
    frame_variable variable;
    bool visible;
    for (int i = 0; frame_variable_at(code, i, &variable, &visible); i++) {
        if (!visible)
            continue;
        int at = record->variable_count++;
        record->variables[at].id = (uint32_t)capture_name(&s->values, variable.name);
        record->variables[at].slot = variable.slot;
        record->variables[at].is_cell = variable.is_cell;
        if (record->policy)
            judge_variable(s, record, at, variable.name);
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
    source_file *file = number >= 0 ? &s->files[number] : NULL;
    /* Code that says of itself that it begins where the file has no line is not that file's. Only rules of the user
     * bring in what is out of the scope. */
    bool possible = file && (file->in_scope || s->has_rules) && code->co_firstlineno >= 0 &&
                    code->co_firstlineno <= file_line_count(file);
    int variables = possible ? count_variables(code) : 0;
    code_record *record = PyMem_RawCalloc(1, sizeof *record + (size_t)variables * sizeof record->variables[0]);
    if (!record)
        return NULL;
    record->session = s->number;
    record->code = code;
    record->variable_room = variables;
    PyObject *name = possible ? qualified_name(code, before) : NULL;
    bool wanted = possible && judge(s, record, code, file, name);
    if (wanted && !fork_settle(s)) {
        free_record(record);
        return NULL;
    }
    if (wanted)
        fill_record(s, record, code, file, name);
    else if (possible && file->in_scope)
        ctrace_recorder_count_skipped(s->recorder);
    if (!wanted && possible && is_named(code->co_name, "<module>") && strcmp(file->real_path, s->main_path) == 0)
        s->top_seen = true; /* it runs, though nobody sees it */
    if (before && before->qualified_name) {
        Py_INCREF(before->qualified_name);
        record->qualified_name = before->qualified_name;
    }
    return set_extra(code, record) ? record : NULL; /* frees the one before */
}

static code_record *find_record(PyCodeObject *code)
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

code_record *code_record_of(PyCodeObject *code)
{
    code_record **recent = recent_place(code);
    if (!*recent || (*recent)->code != code)
        *recent = find_record(code);
    return *recent;
}
