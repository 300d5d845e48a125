#include "filter.h"

#include <string.h>

#define CAPSULE "ctrace.filter"

/* ---- Regular expressions that the library does not know are Python's. ---- */

static void *compile(void *cookie, ctrace_str expression, char *why, size_t room)
{
    (void)cookie;
    PyObject *re = PyImport_ImportModule("re");
    PyObject *text = re ? text_to_object(expression) : NULL;
    PyObject *compiled = text ? PyObject_CallMethod(re, "compile", "O", text) : NULL;
    PyObject *search = compiled ? PyObject_GetAttrString(compiled, "search") : NULL;
    Py_XDECREF(re);
    Py_XDECREF(text);
    Py_XDECREF(compiled);
    if (search)
        return search;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *message = value ? PyObject_Str(value) : NULL;
    const char *utf8 = message ? PyUnicode_AsUTF8(message) : NULL;
    PyOS_snprintf(why, room, "%s", utf8 ? utf8 : "unknown");
    Py_XDECREF(message);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    PyErr_Clear();
    return NULL;
}

/* It is asked within events of the program, whose exceptions stay as they are. */
static bool search(void *cookie, void *compiled, ctrace_str text)
{
    (void)cookie;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *object = text_to_object(text);
    PyObject *match = object ? PyObject_CallFunctionObjArgs(compiled, object, NULL) : NULL;
    bool found = match && match != Py_None;
    Py_XDECREF(match);
    Py_XDECREF(object);
    PyErr_Restore(type, value, traceback);
    return found;
}

static void release(void *cookie, void *compiled)
{
    (void)cookie;
    Py_DECREF((PyObject *)compiled);
}

/* ---- Sources: what the parser of TOML made of a file ---- */

static bool put(ctrace_filter *f, ctrace_str key, PyObject *value);

static bool put_table(ctrace_filter *f, PyObject *table)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(table, &at, &name, &value)) {
        ctrace_str key;
        PyObject *held;
        if (!text_from_object(name, &key, &held))
            return false;
        bool fine = put(f, key, value);
        Py_DECREF(held);
        if (!fine)
            return false;
    }
    return true;
}

static bool put_list(ctrace_filter *f, PyObject *list)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++)
        if (!put(f, (ctrace_str){"", 0}, PyList_GET_ITEM(list, i)))
            return false;
    return true;
}

static bool put_container(ctrace_filter *f, ctrace_str key, PyObject *value)
{
    if (Py_EnterRecursiveCall(" in a trace filter"))
        return false;
    bool is_table = PyDict_Check(value), fine;
    if (is_table)
        ctrace_filter_open_table(f, key);
    else
        ctrace_filter_open_list(f, key);
    fine = is_table ? put_table(f, value) : put_list(f, value);
    ctrace_filter_close(f);
    Py_LeaveRecursiveCall();
    return fine;
}

static bool put(ctrace_filter *f, ctrace_str key, PyObject *value)
{
    if (PyDict_Check(value) || PyList_Check(value))
        return put_container(f, key, value);
    if (PyBool_Check(value)) {
        ctrace_filter_put_bool(f, key, value == Py_True);
    } else if (PyLong_Check(value)) {
        int overflow;
        long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
        ctrace_filter_put_int(f, key, overflow > 0 ? INT64_MAX : overflow < 0 ? INT64_MIN : number);
    } else if (PyUnicode_Check(value)) {
        ctrace_str text;
        PyObject *held;
        if (!text_from_object(value, &text, &held))
            return false;
        ctrace_filter_put_text(f, key, text);
        Py_DECREF(held);
    } else {
        ctrace_filter_put_other(f, key);
    }
    return true;
}

/* `source`: (path, SHA-256, table). */
static bool add_source(ctrace_filter *f, PyObject *source)
{
    PyObject *path_object, *table, *held = NULL;
    const char *sha256;
    Py_ssize_t sha256_size;
    ctrace_str path;
    if (!PyArg_ParseTuple(source, "Os#O!;a source is (path, SHA-256, table)", &path_object, &sha256, &sha256_size,
                          &PyDict_Type, &table) ||
        !text_from_object(path_object, &path, &held))
        return false;
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    ctrace_filter_begin_source(f, path, (ctrace_str){sha256, (size_t)sha256_size});
    bool fine = put_table(f, table);
    ctrace_status status = ctrace_filter_end_source(f, &error);
    Py_DECREF(held);
    if (fine && status < 0)
        raise_error(&error);
    return fine && status >= 0;
}

/* ---- Filters ---- */

ctrace_filter *filter_of(PyObject *object) { return PyCapsule_GetPointer(object, CAPSULE); }

static void free_filter(PyObject *capsule)
{
    ctrace_filter *f = filter_of(capsule);
    ctrace_filter_free(&f);
}

/* filter_make(sources, secrets, replace): a filter; `secrets`: with the builtin source in front. */
static PyObject *filter_make(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *sources;
    int secrets, replace;
    if (!PyArg_ParseTuple(args, "O!pp", &PyList_Type, &sources, &secrets, &replace))
        return NULL;
    ctrace_filter_matcher matcher = {NULL, compile, search, release};
    ctrace_filter_options options = {CTRACE_FILTER_OPTIONS_INIT};
    options.matcher = &matcher;
    options.replace_patterns = replace;
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    ctrace_filter *f;
    if (ctrace_filter_new(&f, &options, &error) < 0 || (secrets && ctrace_filter_add_secrets(f, &error) < 0)) {
        ctrace_filter_free(&f);
        raise_error(&error);
        return NULL;
    }
    bool fine = true;
    for (Py_ssize_t i = 0; fine && i < PyList_GET_SIZE(sources); i++)
        fine = add_source(f, PyList_GET_ITEM(sources, i));
    PyObject *capsule = fine ? PyCapsule_New(f, CAPSULE, free_filter) : NULL;
    if (!capsule)
        ctrace_filter_free(&f);
    return capsule;
}

/* filter_sources(filter): their (path, SHA-256 or None, name, version). */
static PyObject *filter_sources(PyObject *self, PyObject *object)
{
    (void)self;
    const ctrace_filter *f = filter_of(object);
    PyObject *list = f ? PyList_New(0) : NULL;
    for (size_t i = 0; list && i < ctrace_filter_source_count(f); i++) {
        ctrace_filter_source source = ctrace_filter_source_at(f, i);
        PyObject *item = Py_BuildValue("(Nz#NL)", text_to_object(source.path), source.sha256.size ? source.sha256.data : NULL,
                                       (Py_ssize_t)source.sha256.size, text_to_object(source.name),
                                       (long long)source.version);
        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *described(const ctrace_filter_cause *cause)
{
    char line[512];
    size_t size = ctrace_filter_describe(cause, line, sizeof line);
    return text_to_object((ctrace_str){line, size < sizeof line ? size : sizeof line - 1});
}

/* filter_ask(filter, package, file, object): (traced, why). With kind and name also (action, why) of that value. */
static PyObject *filter_ask(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *object, *texts[4] = {NULL}, *held[4] = {NULL};
    ctrace_str given[4] = {{"", 0}};
    int kind = -1;
    if (!PyArg_ParseTuple(args, "OOOO|iO", &object, &texts[0], &texts[1], &texts[2], &kind, &texts[3]))
        return NULL;
    ctrace_filter *f = filter_of(object);
    PyObject *result = NULL;
    bool fine = f != NULL;
    for (int i = 0; fine && i < 4; i++)
        fine = !texts[i] || text_from_object(texts[i], &given[i], &held[i]);
    ctrace_filter_verdict verdict;
    if (fine) {
        ctrace_status status = ctrace_filter_scope(f, given[0], given[1], given[2], &verdict);
        ctrace_filter_cause cause;
        if (status < 0) {
            raise_status(status);
        } else if (kind < 0) {
            result = Py_BuildValue("(NN)", PyBool_FromLong(verdict.traced), described(&verdict.cause));
        } else {
            ctrace_filter_action action =
                ctrace_filter_value(verdict.policy, (ctrace_filter_kind)kind, given[3], &cause);
            result = Py_BuildValue("(iN)", (int)action, described(&cause));
        }
    }
    for (int i = 0; i < 4; i++)
        Py_XDECREF(held[i]);
    return result;
}

static PyMethodDef methods[] = {
    {"filter_make", filter_make, METH_VARARGS, NULL},
    {"filter_sources", filter_sources, METH_O, NULL},
    {"filter_ask", filter_ask, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

bool filter_ready(PyObject *module) { return PyModule_AddFunctions(module, methods) == 0; }
