/* libctrace for Python: the typemaps, and the entry points of the C beside this file. */
%module(package="ctrace", threads="1") api

%nothread;
%thread writer_open;
%thread writer_close;
%thread ctrace_writer_flush;
%thread validate;
%thread convert;
%thread diff;
%thread generate;

%{
#include "module.h"
#include "recorder/values.h"
%}

%init %{
    /* SWIG's type for global variables is made at the end of the interpreter otherwise, where a warning turned into an
     * error would end it with a crash. ctrace/__init__.py lets no warning come through here. */
    (void)SWIG_globals();
    if (!add_to_module(m))
#if SWIG_VERSION >= 0x040400 /* the module is made in two phases */
        return -1;
#else
        return NULL;
#endif
%}

/* ---- Texts: str, or bytes as they are. What no UTF-8 can hold is left to the writer to mend. ---- */

%typemap(in) ctrace_str (PyObject *held = NULL) {
    if (!text_from_object($input, &$1, &held))
        SWIG_fail;
}
%typemap(freearg) ctrace_str "Py_XDECREF(held$argnum);"
%typemap(out) ctrace_str "$result = text_to_object($1);"
%typemap(out) ctrace_str *, const ctrace_str * "$result = text_to_object(*$1);"

/* ---- Lists ---- */

%typemap(in) (const ctrace_str *list, size_t count) (PyObject *held = NULL),
             (const ctrace_str *lines, size_t count) (PyObject *held = NULL) {
    if (!texts_from_object($input, (ctrace_str **)&$1, &$2, &held))
        SWIG_fail;
}
%typemap(freearg) (const ctrace_str *list, size_t count), (const ctrace_str *lines, size_t count)
    "PyMem_Free((void *)$1); Py_XDECREF(held$argnum);"

%typemap(in) (const ctrace_id *variables, size_t count) {
    if (!ids_from_object($input, (ctrace_id **)&$1, &$2))
        SWIG_fail;
}
%typemap(freearg) (const ctrace_id *variables, size_t count) "PyMem_Free((void *)$1);"

%typemap(in) (const ctrace_field *fields, size_t count) (PyObject *held = NULL) {
    if (!fields_from_object($input, (ctrace_field **)&$1, &$2, &held))
        SWIG_fail;
}
%typemap(freearg) (const ctrace_field *fields, size_t count) "PyMem_Free((void *)$1); Py_XDECREF(held$argnum);"

%typemap(in) (const uint8_t *magnitude, size_t size) {
    char *bytes;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize($input, &bytes, &length) < 0)
        SWIG_fail;
    $1 = (uint8_t *)bytes;
    $2 = (size_t)length;
}

/* ---- Failures become ctrace.Error: with details where the function gives them. ---- */

%typemap(in, numinputs=0) ctrace_error *error (ctrace_error details) {
    memset(&details, 0, sizeof details);
    details.position.event = CTRACE_ID_NONE;
    $1 = &details;
}
%typemap(argout) ctrace_error *error {
    if ($1->status < 0) {
        Py_CLEAR($result);
        raise_error($1);
        SWIG_fail;
    }
}
%typemap(out) ctrace_status "$result = PyLong_FromLong($1);"
%typemap(ret) ctrace_status {
    if ($1 < 0) {
        Py_CLEAR($result);
        raise_status($1);
        SWIG_fail;
    }
}

%include "../ctrace.i"

/* ---- Python objects as values ---- */

%{
typedef capture value_capture;
%}
typedef struct value_capture value_capture;

%inline %{

static value_capture *capture_new(ctrace_writer *w)
{
    value_capture *capture = PyMem_RawMalloc(sizeof *capture);
    if (capture)
        capture_init(capture, NULL, w);
    return capture;
}

/* Before its writer is closed. */
static void capture_free(value_capture *capture)
{
    capture_clear(capture);
    PyMem_RawFree(capture);
}

/* Puts any object as the value that was begun. */
static ctrace_status put_object(value_capture *capture, PyObject *object)
{
    capture->value = (writer_value){.failure = CTRACE_OK};
    capture_put(capture, object);
    if (capture->value.failure != CTRACE_OK)
        ctrace_cancel_value(capture->writer);
    return capture->value.failure;
}

%}
