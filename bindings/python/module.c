/* Texts, lists and failures between Python and C, and the functions written by hand. */
#include "module.h"
#include "filter.h"
#include "reader.h"
#include "recorder/session.h"

#include <string.h>

/* ---- Texts ---- */

bool text_from_object(PyObject *object, ctrace_str *out, PyObject **held)
{
    *held = NULL;
    if (PyUnicode_Check(object)) {
        /* A lone surrogate goes through as its three bytes; the writer mends and counts them. */
        *held = PyUnicode_AsEncodedString(object, "utf-8", "surrogatepass");
    } else if (PyBytes_Check(object)) {
        Py_INCREF(object);
        *held = object;
    } else {
        PyErr_Format(PyExc_TypeError, "a text must be str or bytes, not %.100s", Py_TYPE(object)->tp_name);
    }
    if (!*held)
        return false;
    *out = (ctrace_str){PyBytes_AS_STRING(*held), (size_t)PyBytes_GET_SIZE(*held)};
    return true;
}

PyObject *text_to_object(ctrace_str text)
{
    return PyUnicode_DecodeUTF8(text.data ? text.data : "", (Py_ssize_t)text.size, "replace");
}

/* ---- Lists ---- */

/* The object as a list, and room for its items in C. */
static void *room_for(PyObject *object, size_t item, size_t *count, PyObject **list)
{
    *list = PySequence_List(object);
    if (!*list)
        return NULL;
    *count = (size_t)PyList_GET_SIZE(*list);
    void *room = PyMem_Calloc(*count + 1, item);
    if (!room) {
        Py_CLEAR(*list);
        PyErr_NoMemory();
    }
    return room;
}

bool texts_from_object(PyObject *object, ctrace_str **out, size_t *count, PyObject **held)
{
    *out = room_for(object, sizeof **out, count, held);
    if (!*out)
        return false;
    for (size_t i = 0; i < *count; i++) {
        PyObject *bytes;
        if (!text_from_object(PyList_GET_ITEM(*held, i), &(*out)[i], &bytes)) {
            PyMem_Free(*out);
            *out = NULL;
            Py_CLEAR(*held);
            return false;
        }
        PyList_SetItem(*held, (Py_ssize_t)i, bytes); /* the list holds the bytes from here on */
    }
    return true;
}

bool ids_from_object(PyObject *object, ctrace_id **out, size_t *count)
{
    PyObject *list;
    *out = room_for(object, sizeof **out, count, &list);
    if (!*out)
        return false;
    for (size_t i = 0; i < *count; i++)
        (*out)[i] = PyLong_AsUnsignedLongLong(PyList_GET_ITEM(list, i));
    Py_DECREF(list);
    if (!PyErr_Occurred())
        return true;
    PyMem_Free(*out);
    *out = NULL;
    return false;
}

bool fields_from_object(PyObject *object, ctrace_field **out, size_t *count, PyObject **held)
{
    *out = room_for(object, sizeof **out, count, held);
    if (!*out)
        return false;
    for (size_t i = 0; i < *count; i++) {
        PyObject *name, *bytes = NULL, *pair = PySequence_Tuple(PyList_GET_ITEM(*held, i));
        unsigned long long type;
        bool fine = pair && PyArg_ParseTuple(pair, "OK;a field is (name, type id)", &name, &type) &&
                    text_from_object(name, &(*out)[i].name, &bytes);
        Py_XDECREF(pair);
        if (!fine) {
            PyMem_Free(*out);
            *out = NULL;
            Py_CLEAR(*held);
            return false;
        }
        (*out)[i].type_id = type;
        PyList_SetItem(*held, (Py_ssize_t)i, bytes);
    }
    return true;
}

/* ---- Failures ---- */

static PyObject *error_maker; /* of ctrace/errors.py, set when that is imported */

static PyObject *set_error_maker(PyObject *self, PyObject *maker)
{
    (void)self;
    Py_INCREF(maker);
    Py_XSETREF(error_maker, maker);
    Py_RETURN_NONE;
}

static PyObject *number_or_none(uint64_t number, uint64_t none)
{
    if (number == none)
        Py_RETURN_NONE;
    return PyLong_FromUnsignedLongLong(number);
}

void raise_error(const ctrace_error *error)
{
    ctrace_str message = {error->message, strlen(error->message)}, file = {error->file, strlen(error->file)};
    const char *text = ctrace_status_text(error->status);
    if (!message.size)
        message = (ctrace_str){text, strlen(text)};
    const ctrace_position *at = &error->position;
    PyObject *exception =
        error_maker ? PyObject_CallFunction(error_maker, "iNNNNNNi", (int)error->status, text_to_object(message),
                                            text_to_object(file), number_or_none(at->offset, UINT64_MAX),
                                            number_or_none(at->line, 0), number_or_none(at->column, 0),
                                            number_or_none(at->event, CTRACE_ID_NONE), error->system)
                    : NULL;
    if (exception)
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    else if (!PyErr_Occurred())
        PyErr_SetString(PyExc_RuntimeError, error->message);
    Py_XDECREF(exception);
}

void raise_status(ctrace_status status)
{
    ctrace_error error = {.status = status, .position.event = CTRACE_ID_NONE};
    raise_error(&error);
}

/* ---- The module ---- */

static PyMethodDef methods[] = {
    {"set_error_maker", set_error_maker, METH_O, NULL},
    {"session_start", (PyCFunction)(void (*)(void))session_start, METH_VARARGS | METH_KEYWORDS, NULL},
    {"session_stop", session_stop, METH_NOARGS, NULL},
    {"session_pause", session_pause, METH_NOARGS, NULL},
    {"session_resume", session_resume, METH_NOARGS, NULL},
    {"session_is_recording", session_is_recording, METH_NOARGS, NULL},
    {"session_flush", session_flush, METH_NOARGS, NULL},
    {"session_dump", session_dump, METH_NOARGS, NULL},
    {"run_program", run_program, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

bool add_to_module(PyObject *module)
{
    return output_types_ready() && PyModule_AddFunctions(module, methods) == 0 && reader_ready(module) &&
           filter_ready(module);
}
