/* Reading a trace as Python objects. An event and a value are made by the library's own table of fields: `kind` and one
 * attribute for each field. */
#include "reader.h"
#include "model/model.h"

#include <stddef.h>
#include <string.h>
#include <structmember.h>
#include <time.h>

/* How long a reader that follows a trace waits before it looks again. */
#define FOLLOW_PAUSE_NS 50000000

/* ---- Position: a named tuple ---- */

static PyTypeObject position_type;

static PyStructSequence_Field position_fields[] = {
    {"event", "index of the event, from 0"},
    {"offset", "byte in the file, from 0"},
    {"line", "line in the file, from 1"},
    {"column", "column in the line, from 1, in bytes"},
    {NULL, NULL},
};
static PyStructSequence_Desc position_description = {"ctrace.Position", "A place in a trace.", position_fields, 4};

static PyObject *new_position(const ctrace_position *at)
{
    PyObject *position = PyStructSequence_New(&position_type);
    if (!position)
        return NULL;
    if (at->event == CTRACE_ID_NONE)
        PyStructSequence_SET_ITEM(position, 0, (Py_INCREF(Py_None), Py_None));
    else
        PyStructSequence_SET_ITEM(position, 0, PyLong_FromUnsignedLongLong(at->event));
    PyStructSequence_SET_ITEM(position, 1, PyLong_FromUnsignedLongLong(at->offset));
    PyStructSequence_SET_ITEM(position, 2, PyLong_FromUnsignedLongLong(at->line));
    PyStructSequence_SET_ITEM(position, 3, PyLong_FromUnsignedLongLong(at->column));
    if (PyErr_Occurred())
        Py_CLEAR(position);
    return position;
}

/* ---- Event and Value: a kind and its fields ---- */

typedef struct record {
    PyObject_HEAD
    PyObject *kind;
    PyObject *fields;   /* dict, in the order of the format */
    PyObject *position; /* of an event */
    PyObject *warnings;
} record;

static PyTypeObject event_type, value_type;

static int record_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((record *)self)->fields);
    return 0;
}

static int record_clear(PyObject *self)
{
    Py_CLEAR(((record *)self)->fields);
    return 0;
}

/* Values may be nested as deep as a trace allows. */
static void record_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, record_dealloc)
    record *r = (record *)self;
    Py_XDECREF(r->kind);
    Py_XDECREF(r->fields);
    Py_XDECREF(r->position);
    Py_XDECREF(r->warnings);
    PyObject_GC_Del(self);
    Py_TRASHCAN_END
}

static PyObject *record_attribute(PyObject *self, PyObject *name)
{
    record *r = (record *)self;
    PyObject *value = r->fields ? PyDict_GetItemWithError(r->fields, name) : NULL;
    if (value) {
        Py_INCREF(value);
        return value;
    }
    return PyErr_Occurred() ? NULL : PyObject_GenericGetAttr(self, name);
}

static PyObject *plain_of(PyObject *object);

static PyObject *plain_list(PyObject *tuple)
{
    PyObject *list = PyList_New(PyTuple_GET_SIZE(tuple));
    for (Py_ssize_t i = 0; list && i < PyTuple_GET_SIZE(tuple); i++) {
        PyObject *item = plain_of(PyTuple_GET_ITEM(tuple, i));
        if (!item)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, i, item);
    }
    return list;
}

static PyObject *record_as_dict(PyObject *self, PyObject *none)
{
    (void)none;
    record *r = (record *)self;
    PyObject *dictionary = PyDict_New(), *name, *value;
    Py_ssize_t at = 0;
    if (!dictionary || PyDict_SetItemString(dictionary, "kind", r->kind) < 0)
        goto failed;
    while (PyDict_Next(r->fields, &at, &name, &value)) {
        PyObject *plain = plain_of(value);
        if (!plain || PyDict_SetItem(dictionary, name, plain) < 0) {
            Py_XDECREF(plain);
            goto failed;
        }
        Py_DECREF(plain);
    }
    return dictionary;
failed:
    Py_XDECREF(dictionary);
    return NULL;
}

/* Dictionaries and lists all the way down. */
static PyObject *plain_of(PyObject *object)
{
    if (Py_TYPE(object) == &value_type || Py_TYPE(object) == &event_type) {
        if (Py_EnterRecursiveCall(" in as_dict()"))
            return NULL;
        PyObject *plain = record_as_dict(object, NULL);
        Py_LeaveRecursiveCall();
        return plain;
    }
    if (PyTuple_CheckExact(object))
        return plain_list(object);
    Py_INCREF(object);
    return object;
}

static PyObject *record_repr(PyObject *self)
{
    record *r = (record *)self;
    PyObject *parts = PyList_New(0), *name, *value, *result = NULL;
    Py_ssize_t at = 0;
    bool fine = parts != NULL;
    while (fine && PyDict_Next(r->fields, &at, &name, &value)) {
        PyObject *part = PyUnicode_FromFormat("%U=%R", name, value);
        fine = part && PyList_Append(parts, part) == 0;
        Py_XDECREF(part);
    }
    PyObject *comma = fine ? PyUnicode_FromString(", ") : NULL;
    PyObject *inner = comma ? PyUnicode_Join(comma, parts) : NULL;
    if (inner)
        result = PyUnicode_FromFormat("%U(%U)", r->kind, inner);
    Py_XDECREF(inner);
    Py_XDECREF(comma);
    Py_XDECREF(parts);
    return result;
}

static PyObject *record_compare(PyObject *a, PyObject *b, int operation)
{
    if (Py_TYPE(a) != Py_TYPE(b) || (operation != Py_EQ && operation != Py_NE))
        Py_RETURN_NOTIMPLEMENTED;
    int same = PyObject_RichCompareBool(((record *)a)->kind, ((record *)b)->kind, Py_EQ);
    if (same > 0)
        same = PyObject_RichCompareBool(((record *)a)->fields, ((record *)b)->fields, Py_EQ);
    if (same < 0)
        return NULL;
    return PyBool_FromLong((same > 0) == (operation == Py_EQ));
}

static PyObject *record_dir(PyObject *self, PyObject *none)
{
    (void)none;
    PyObject *names = PyDict_Keys(((record *)self)->fields);
    static const char *const own[] = {"kind", "as_dict", "position", "warnings"};
    for (size_t i = 0; names && i < (Py_TYPE(self) == &event_type ? 4u : 2u); i++) {
        PyObject *name = PyUnicode_FromString(own[i]);
        if (!name || PyList_Append(names, name) < 0)
            Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}

static PyMethodDef record_methods[] = {
    {"as_dict", record_as_dict, METH_NOARGS, "The kind and the fields as a dict, what is nested likewise."},
    {"__dir__", record_dir, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef event_members[] = {
    {"kind", T_OBJECT, offsetof(record, kind), READONLY, "the kind as the format names it, such as \"Step\""},
    {"position", T_OBJECT, offsetof(record, position), READONLY, "where the event begins"},
    {"warnings", T_OBJECT, offsetof(record, warnings), READONLY, "what was taken leniently: (name, text, position)"},
    {NULL, 0, 0, 0, NULL},
};

static PyMemberDef value_members[] = {
    {"kind", T_OBJECT, offsetof(record, kind), READONLY, "the kind as the format names it, such as \"Int\""},
    {NULL, 0, 0, 0, NULL},
};

#define RECORD_TYPE(name, doc, members)                                                                  \
    {                                                                                                    \
        PyVarObject_HEAD_INIT(NULL, 0).tp_name = name, .tp_basicsize = sizeof(record),                   \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, .tp_doc = doc, .tp_dealloc = record_dealloc, \
        .tp_traverse = record_traverse, .tp_clear = record_clear, .tp_getattro = record_attribute,       \
        .tp_repr = record_repr, .tp_richcompare = record_compare, .tp_hash = PyObject_HashNotImplemented, \
        .tp_methods = record_methods, .tp_members = members,                                             \
    }

static PyTypeObject event_type = RECORD_TYPE("ctrace.Event", "What a trace tells, one thing at a time.", event_members);
static PyTypeObject value_type = RECORD_TYPE("ctrace.Value", "A recorded value.", value_members);

/* Names of kinds and fields, made once: every event has the same few. */
static PyObject *interned_texts;

static PyObject *interned(const char *text)
{
    PyObject *made = PyUnicode_InternFromString(text);
    if (!made || PyDict_SetItem(interned_texts, made, made) < 0)
        Py_CLEAR(made);
    return made;
}

static record *new_record(PyTypeObject *type, const char *kind)
{
    record *r = PyObject_GC_New(record, type);
    if (!r)
        return NULL;
    r->position = r->warnings = NULL;
    r->kind = interned(kind);
    r->fields = PyDict_New();
    if (r->kind && r->fields)
        return r;
    Py_XDECREF(r->kind);
    Py_XDECREF(r->fields);
    PyObject_GC_Del(r);
    return NULL;
}

/* Done with its fields. */
static PyObject *tracked(record *r)
{
    if (r)
        PyObject_GC_Track(r);
    return (PyObject *)r;
}

/* Takes the reference to `value`. */
static bool add_field(PyObject *fields, const char *name, PyObject *value)
{
    PyObject *key = value ? interned(name) : NULL;
    bool done = key && PyDict_SetItem(fields, key, value) == 0;
    Py_XDECREF(key);
    Py_XDECREF(value);
    return done;
}

/* ---- From C to Python ---- */

static PyObject *value_object(const ctrace_value *value);

static PyObject *text_object(const ctrace_str *text) { return text_to_object(*text); }

static PyObject *id_object(ctrace_id id)
{
    if (id == CTRACE_ID_NONE)
        Py_RETURN_NONE;
    return PyLong_FromUnsignedLongLong(id);
}

/* A kind by its name, by its number when the format has none for it. */
static PyObject *name_object(const ctr_name *names, size_t count, int kind)
{
    return kind >= 0 && (size_t)kind < count ? interned(names[kind].text) : PyLong_FromLong(kind);
}

/* A list of `count` as a tuple; `make` gives the i-th. */
static PyObject *tuple_of(const void *list, size_t count, PyObject *(*make)(const void *list, size_t i))
{
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; tuple && i < count; i++) {
        PyObject *item = make(list, i);
        if (!item)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, item);
    }
    return tuple;
}

static PyObject *id_at(const void *list, size_t i) { return id_object(((const ctrace_id *)list)[i]); }
static PyObject *text_at(const void *list, size_t i) { return text_object(&((const ctrace_str *)list)[i]); }

static PyObject *argument_at(const void *list, size_t i)
{
    const ctrace_argument *argument = &((const ctrace_argument *)list)[i];
    return Py_BuildValue("NN", id_object(argument->variable_id), value_object(argument->value));
}

static PyObject *type_field_at(const void *list, size_t i)
{
    const ctrace_field *field = &((const ctrace_field *)list)[i];
    return Py_BuildValue("NN", text_object(&field->name), id_object(field->type_id));
}

static PyObject *children_of(const ctrace_value *value)
{
    PyObject *tuple = PyTuple_New((Py_ssize_t)value->count);
    const ctrace_value *child = value + 1;
    for (uint32_t i = 0; tuple && i < value->count; i++, child += child->span) {
        PyObject *item = value_object(child);
        if (!item)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, item);
    }
    return tuple;
}

static PyObject *type_info_object(const ctrace_type_info *info);
static PyObject *rvalue_object(const ctrace_rvalue *rvalue);

/* The field of what lies at `owner`: an event, a value, the details of a type or a right-hand side. */
static PyObject *field_object(const ctr_field *field, const void *owner)
{
    const char *at = (const char *)owner + field->offset;
    size_t count = field->count_offset ? *(const size_t *)(const void *)((const char *)owner + field->count_offset) : 0;
    const void *place = at;
    switch ((ctr_field_type)field->type) {
    case CTR_FIELD_ID:
        return id_object(*(const ctrace_id *)place);
    case CTR_FIELD_U64:
        return PyLong_FromUnsignedLongLong(*(const uint64_t *)place);
    case CTR_FIELD_I64:
        return PyLong_FromLongLong(*(const int64_t *)place);
    case CTR_FIELD_BOOL:
        return PyBool_FromLong(*(const bool *)place);
    case CTR_FIELD_FLOAT:
        return PyFloat_FromDouble(*(const double *)place);
    case CTR_FIELD_TEXT:
    case CTR_FIELD_CHAR:
        return text_object(place);
    case CTR_FIELD_BASE64: {
        const ctrace_str *bytes = place;
        return PyBytes_FromStringAndSize(bytes->data, (Py_ssize_t)bytes->size);
    }
    case CTR_FIELD_VALUE:
        return value_object(*(const ctrace_value *const *)place);
    case CTR_FIELD_ARGS:
        return tuple_of(*(const ctrace_argument *const *)place, count, argument_at);
    case CTR_FIELD_TEXTS:
        return tuple_of(*(const ctrace_str *const *)place, count, text_at);
    case CTR_FIELD_IDS:
        return tuple_of(*(const ctrace_id *const *)place, count, id_at);
    case CTR_FIELD_FIELDS:
        return tuple_of(*(const ctrace_field *const *)place, count, type_field_at);
    case CTR_FIELD_TYPE_KIND:
        return name_object(ctr_type_names, CTRACE_TYPE_KIND_COUNT, (int)*(const ctrace_type_kind *)place);
    case CTR_FIELD_LOG_KIND:
        return name_object(ctr_log_names, CTRACE_LOG_KIND_COUNT, (int)*(const ctrace_log_kind *)place);
    case CTR_FIELD_PASS:
        return name_object(ctr_pass_names, CTRACE_PASS_KIND_COUNT, (int)*(const ctrace_pass_kind *)place);
    case CTR_FIELD_TYPE_INFO:
        return type_info_object(place);
    case CTR_FIELD_RVALUE:
        return rvalue_object(place);
    default:
        PyErr_SetString(PyExc_SystemError, "a field of an unknown type");
        return NULL;
    }
}

static PyObject *type_info_object(const ctrace_type_info *info)
{
    if (info->kind == CTRACE_TYPE_INFO_NONE)
        Py_RETURN_NONE;
    const ctr_record *shape = &ctr_type_infos[info->kind];
    record *r = new_record(&value_type, ctr_type_info_names[info->kind].text);
    if (r && !add_field(r->fields, shape->fields[0].name, field_object(&shape->fields[0], info)))
        Py_CLEAR(r);
    return tracked(r);
}

static PyObject *rvalue_object(const ctrace_rvalue *rvalue)
{
    const ctr_record *shape = &ctr_rvalues[rvalue->kind];
    record *r = new_record(&value_type, ctr_rvalue_names[rvalue->kind].text);
    for (uint8_t i = 0; r && i < shape->field_count; i++) {
        const char *name = shape->fields[i].name;
        if (!*name)
            name = shape->fields[i].type == CTR_FIELD_IDS ? "variable_ids" : "variable_id";
        if (!add_field(r->fields, name, field_object(&shape->fields[i], rvalue)))
            Py_CLEAR(r);
    }
    return tracked(r);
}

static PyObject *value_object(const ctrace_value *value)
{
    const ctr_record *shape = &ctr_values[value->kind];
    record *r = new_record(&value_type, ctr_value_names[value->kind].text);
    for (uint8_t i = 0; r && i < shape->field_count; i++) {
        const ctr_field *field = &shape->fields[i];
        PyObject *object = field->type == CTR_FIELD_VALUES  ? children_of(value)
                           : field->type == CTR_FIELD_VALUE ? value_object(value + 1)
                                                            : field_object(field, value);
        if (!add_field(r->fields, field->name, object))
            Py_CLEAR(r);
    }
    return tracked(r);
}

/* In the trace these have a field without a name, or one called as the event's own attribute. */
static const char *field_name(ctrace_event_kind kind, const ctr_field *field)
{
    switch (kind) {
    case CTRACE_EVENT_PATH:
        return "path";
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        return "name";
    case CTRACE_EVENT_ASM:
        return "lines";
    case CTRACE_EVENT_DROP_VARIABLE:
        return "variable_id";
    case CTRACE_EVENT_DROP_VARIABLES:
        return "variable_ids";
    case CTRACE_EVENT_THREAD_START:
    case CTRACE_EVENT_THREAD_EXIT:
    case CTRACE_EVENT_THREAD_SWITCH:
        return "thread_id";
    case CTRACE_EVENT_TYPE:
        return field->type == CTR_FIELD_TYPE_KIND ? "type_kind" : field->name;
    case CTRACE_EVENT_LOG:
        return field->type == CTR_FIELD_LOG_KIND ? "log_kind" : field->name;
    default:
        return field->name;
    }
}

static record *event_object(const ctrace_event *event)
{
    const ctr_record *shape = &ctr_events[event->kind];
    record *r = new_record(&event_type, ctr_event_names[event->kind].text);
    for (uint8_t i = 0; r && i < shape->field_count; i++)
        if (!add_field(r->fields, field_name(event->kind, &shape->fields[i]), field_object(&shape->fields[i], event)))
            Py_CLEAR(r);
    return r;
}

/* ---- Reader ---- */

typedef struct reader {
    PyObject_HEAD
    ctrace_reader *reader;
} reader;

/* Of a trace that is followed nothing more is there yet. False when a signal raised something meanwhile. */
static bool wait_for_more(void)
{
    Py_BEGIN_ALLOW_THREADS
    nanosleep(&(struct timespec){.tv_nsec = FOLLOW_PAUSE_NS}, NULL);
    Py_END_ALLOW_THREADS
    return PyErr_CheckSignals() == 0;
}

static PyObject *reader_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static const char *names[] = {"path", "max_event_bytes", "max_depth", "follow", NULL};
    PyObject *path;
    unsigned long long max_event_bytes = 0;
    unsigned int max_depth = 0;
    int follow = 0;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O&|$KIp:Reader", (char **)(uintptr_t)names, PyUnicode_FSConverter,
                                     &path, &max_event_bytes, &max_depth, &follow))
        return NULL;
    ctrace_str text = {PyBytes_AS_STRING(path), (size_t)PyBytes_GET_SIZE(path)};
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT};
    options.max_event_bytes = (size_t)max_event_bytes;
    options.max_depth = max_depth;
    options.follow = follow;
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    ctrace_reader *opened = NULL;
    ctrace_status status;
    bool interrupted = false;
    do {
        Py_BEGIN_ALLOW_THREADS
        status = ctrace_reader_open(&opened, text, &options, &error);
        Py_END_ALLOW_THREADS
        if (status == CTRACE_AGAIN) /* the file is still empty */
            interrupted = !wait_for_more();
    } while (status == CTRACE_AGAIN && !interrupted);
    Py_DECREF(path);
    if (interrupted)
        return NULL;
    if (status < 0) {
        raise_error(&error);
        return NULL;
    }
    reader *self = (reader *)type->tp_alloc(type, 0);
    if (!self) {
        ctrace_reader_close(&opened);
        return NULL;
    }
    self->reader = opened;
    return (PyObject *)self;
}

static void reader_dealloc(PyObject *self)
{
    ctrace_reader_close(&((reader *)self)->reader);
    Py_TYPE(self)->tp_free(self);
}

static ctrace_reader *open_reader(PyObject *self)
{
    ctrace_reader *r = ((reader *)self)->reader;
    if (!r)
        raise_error(&(ctrace_error){.status = CTRACE_STATE, .position.event = CTRACE_ID_NONE,
                                    .message = "the reader is closed"});
    return r;
}

static PyObject *warning_object(const ctrace_warning *warning)
{
    return Py_BuildValue("ssN", ctrace_leniency_name(warning->leniency), ctrace_leniency_text(warning->leniency),
                         new_position(&warning->position));
}

static PyObject *warnings_object(ctrace_reader *r)
{
    const ctrace_warning *list;
    size_t count = ctrace_reader_warnings(r, &list);
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; tuple && i < count; i++) {
        PyObject *item = warning_object(&list[i]);
        if (!item)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, item);
    }
    return tuple;
}

static PyObject *position_object(ctrace_reader *r)
{
    ctrace_position at;
    ctrace_reader_position(r, &at);
    return new_position(&at);
}

/* The interpreter's lock is kept: an event takes less time than giving it up, and the reader is of one thread. */
static PyObject *reader_next(PyObject *self)
{
    const ctrace_event *event;
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    ctrace_reader *r;
    ctrace_status status;
    do {
        r = open_reader(self); /* another thread may have closed it while this one waited */
        if (!r)
            return NULL;
        status = ctrace_reader_next(r, &event, &error);
        if (status == CTRACE_AGAIN && !wait_for_more())
            return NULL;
    } while (status == CTRACE_AGAIN);
    if (status == CTRACE_END)
        return NULL;
    if (status < 0) {
        raise_error(&error);
        return NULL;
    }
    record *object = event_object(event);
    if (!object)
        return NULL;
    object->position = position_object(r);
    object->warnings = warnings_object(r);
    PyObject_GC_Track(object);
    if (!object->position || !object->warnings)
        Py_CLEAR(object);
    return (PyObject *)object;
}

static PyObject *reader_close(PyObject *self, PyObject *none)
{
    (void)none;
    ctrace_reader_close(&((reader *)self)->reader);
    Py_RETURN_NONE;
}

static PyObject *reader_enter(PyObject *self, PyObject *none)
{
    (void)none;
    if (!open_reader(self))
        return NULL;
    Py_INCREF(self);
    return self;
}

static PyObject *reader_exit(PyObject *self, PyObject *args)
{
    (void)args;
    return reader_close(self, NULL);
}

static bool unit_of(const char *name, ctrace_unit *out)
{
    static const char *const names[] = {"event", "step", "call"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (ctrace_unit)i;
            return true;
        }
    }
    PyErr_Format(PyExc_ValueError, "the unit is 'event', 'step' or 'call', not '%s'", name);
    return false;
}

static PyObject *reader_seek(PyObject *self, PyObject *args)
{
    const char *name;
    unsigned long long number;
    ctrace_unit unit;
    ctrace_reader *r = open_reader(self);
    if (!r || !PyArg_ParseTuple(args, "sK:seek", &name, &number) || !unit_of(name, &unit))
        return NULL;
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    ctrace_status status = ctrace_reader_seek(r, unit, number, &error);
    if (status < 0) {
        raise_error(&error);
        return NULL;
    }
    if (status == CTRACE_END)
        return PyErr_Format(PyExc_IndexError, "there is no %s %llu", name, number);
    Py_RETURN_NONE;
}

static PyObject *reader_count(PyObject *self, PyObject *args)
{
    const char *name;
    uint64_t count;
    ctrace_unit unit;
    ctrace_reader *r = open_reader(self);
    if (!r || !PyArg_ParseTuple(args, "s:count", &name) || !unit_of(name, &unit))
        return NULL;
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    if (ctrace_reader_count(r, unit, &count, &error) < 0) {
        raise_error(&error);
        return NULL;
    }
    return PyLong_FromUnsignedLongLong(count);
}

static PyObject *reader_keep_index(PyObject *self, PyObject *none)
{
    (void)none;
    ctrace_reader *r = open_reader(self);
    if (!r)
        return NULL;
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    if (ctrace_reader_keep_index(r, &error) < 0) {
        raise_error(&error);
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *get_form(PyObject *self, void *closure)
{
    (void)closure;
    ctrace_reader *r = open_reader(self);
    return r ? PyUnicode_FromString(ctrace_form_name(ctrace_reader_form(r))) : NULL;
}

static PyObject *get_details(PyObject *self, void *closure)
{
    (void)closure;
    ctrace_reader *r = open_reader(self);
    if (!r)
        return NULL;
    ctrace_str details = ctrace_reader_details(r);
    return text_object(&details);
}

static PyObject *get_position(PyObject *self, void *closure)
{
    (void)closure;
    ctrace_reader *r = open_reader(self);
    return r ? position_object(r) : NULL;
}

static PyObject *get_warnings(PyObject *self, void *closure)
{
    (void)closure;
    ctrace_reader *r = open_reader(self);
    return r ? warnings_object(r) : NULL;
}

static PyObject *get_metadata(PyObject *self, void *closure)
{
    (void)closure;
    ctrace_reader *r = open_reader(self);
    if (!r)
        return NULL;
    const ctrace_metadata *m = ctrace_reader_metadata(r);
    if (!m)
        Py_RETURN_NONE;
    return Py_BuildValue("{sNsNsNsNsNsN}", "program", text_object(&m->program), "args",
                         tuple_of(m->args, m->arg_count, text_at), "workdir", text_object(&m->workdir), "recording_id",
                         text_object(&m->recording_id), "recorder", text_object(&m->recorder), "recorder_version",
                         text_object(&m->recorder_version));
}

static PyObject *get_file_size(PyObject *self, void *closure)
{
    (void)closure;
    ctrace_reader *r = open_reader(self);
    return r ? PyLong_FromUnsignedLongLong(ctrace_reader_file_size(r)) : NULL;
}

static PyObject *get_bytes_read(PyObject *self, void *closure)
{
    (void)closure;
    ctrace_reader *r = open_reader(self);
    return r ? PyLong_FromUnsignedLongLong(ctrace_reader_bytes_read(r)) : NULL;
}

static PyObject *get_closed(PyObject *self, void *closure)
{
    (void)closure;
    return PyBool_FromLong(!((reader *)self)->reader);
}

static PyMethodDef reader_methods[] = {
    {"close", reader_close, METH_NOARGS, "Closes the file. Fine when it was."},
    {"seek", reader_seek, METH_VARARGS,
     "seek(unit, n): goes to event, step or call number n, from 0; unit is their name. IndexError: there are fewer."},
    {"count", reader_count, METH_VARARGS, "count(unit): how many events, steps or calls there are."},
    {"keep_index", reader_keep_index, METH_NOARGS, "Keeps the index of places beside the trace, for later readers."},
    {"__enter__", reader_enter, METH_NOARGS, NULL},
    {"__exit__", reader_exit, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef reader_attributes[] = {
    {"position", get_position, NULL, "where the event that came last begins", NULL},
    {"warnings", get_warnings, NULL, "what was taken leniently in the last event: (name, text, position)", NULL},
    {"metadata", get_metadata, NULL, "what the trace tells about itself, as a dict; None when it does not", NULL},
    {"form", get_form, NULL, "the form of the trace, such as \"json\" or \"ct\"", NULL},
    {"details", get_details, NULL, "one line about what is special about this one", NULL},
    {"file_size", get_file_size, NULL, "bytes of the file, 0 when not known", NULL},
    {"bytes_read", get_bytes_read, NULL, "bytes that were read so far", NULL},
    {"closed", get_closed, NULL, "whether it is closed", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject reader_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ctrace.Reader",
    .tp_doc = "Reader(path, *, max_event_bytes=0, max_depth=0, follow=False)\n--\n\n"
              "The events of a trace, one after another. `path` is a trace folder or a file of events, of any form; 0 "
              "is the default.\n"
              "With `follow` the trace is still being written: the next event is waited for until it is complete.\n"
              "An entry that is no event raises an Error; reading can go on after it.",
    .tp_basicsize = sizeof(reader),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = reader_new,
    .tp_dealloc = reader_dealloc,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = reader_next,
    .tp_methods = reader_methods,
    .tp_getset = reader_attributes,
};

static bool add_type(PyObject *module, const char *name, PyTypeObject *type)
{
    if (PyType_Ready(type) < 0)
        return false;
    Py_INCREF(type);
    return PyModule_AddObject(module, name, (PyObject *)type) == 0;
}

bool reader_ready(PyObject *module)
{
    interned_texts = PyDict_New();
    if (!interned_texts)
        return false;
    if (!position_type.tp_name && PyStructSequence_InitType2(&position_type, &position_description) < 0)
        return false;
    return add_type(module, "Position", &position_type) && add_type(module, "Event", &event_type) &&
           add_type(module, "Value", &value_type) && add_type(module, "Reader", &reader_type);
}
