/* The whole public interface as the module Ctrace::C, function by function. Ctrace::Writer and Ctrace.validate stand on
 * it; what reads events, judges and converts is written by hand in events.c, reader.c, validate.c and convert.c. */
%module "Ctrace::C"

%{
#include "extension.h"
%}

/* Handles are Ruby objects of their own (handles.c), so nothing is used after its end. */
%typemap(in) ctrace_writer *w, const ctrace_writer *w "$1 = ctrb_writer_get($input);"
%typemap(argout) ctrace_writer *w "ctrb_writer_check($1);"
%typemap(in) ctrace_kept *kept, const ctrace_kept *kept "$1 = ctrb_kept_get($input);"

/* These give or end a handle: handles.c, validate.c and convert.c have them. */
%ignore writer_open;
%ignore writer_close;
%ignore writer_abandon;
%ignore writer_check;
%ignore ctrace_kept_new;
%ignore ctrace_kept_free;
%ignore validate;
%ignore report_free;
%ignore ctrace_report_is_valid;
%ignore ctrace_report_found;
%ignore ctrace_report_events;
%ignore ctrace_report_form;
%ignore ctrace_report_count;
%ignore ctrace_report_at;
%ignore ctrace_report_effect;
%ignore ctrace_problem;
%ignore ctrace_position;
%ignore conversion_kind;
%ignore convert;
%ignore conversion_free;
%ignore ctrace_conversion_from;
%ignore ctrace_conversion_to;
%ignore ctrace_conversion_events;
%ignore ctrace_conversion_bytes;
%ignore ctrace_conversion_loss_count;
%ignore ctrace_conversion_loss_at;
%ignore ctrace_conversion_note_count;
%ignore ctrace_conversion_note_at;
%ignore ctrace_loss;
%ignore diff;
%ignore diff_free;
%ignore ctrace_diff_result;
%ignore ctrace_difference;
%ignore ctrace_extent;

%rename(WriterCounts) ctrace_writer_counts;
%rename(Rule) ctrace_rule;

/* ---- Texts and lists ---- */

%typemap(in) ctrace_str (VALUE held) {
    held = ctrb_utf8($input);
    $1 = ctrb_str(held);
}
%typemap(freearg) ctrace_str "RB_GC_GUARD(held$argnum);"
%typemap(out) ctrace_str "$result = ctrb_text($1);"
%typemap(out) ctrace_str *, const ctrace_str * "$result = ctrb_text(*$1);"

%typemap(in) (const ctrace_str *list, size_t count) (VALUE held, VALUE block = Qnil),
             (const ctrace_str *lines, size_t count) (VALUE held, VALUE block = Qnil) {
    held = ctrb_utf8_list($input);
    $2 = (size_t)RARRAY_LEN(held);
    ctrace_str *texts = rb_alloc_tmp_buffer(&block, (long)(($2 + 1) * sizeof(ctrace_str)));
    for (size_t i = 0; i < $2; i++)
        texts[i] = ctrb_str(RARRAY_AREF(held, (long)i));
    $1 = texts;
}
%typemap(freearg) (const ctrace_str *list, size_t count), (const ctrace_str *lines, size_t count)
    "rb_free_tmp_buffer(&block$argnum); RB_GC_GUARD(held$argnum);"

%typemap(in) (const ctrace_id *variables, size_t count) (VALUE block = Qnil) {
    VALUE list = rb_convert_type($input, T_ARRAY, "Array", "to_ary");
    $2 = (size_t)RARRAY_LEN(list);
    ctrace_id *ids = rb_alloc_tmp_buffer(&block, (long)(($2 + 1) * sizeof(ctrace_id)));
    for (size_t i = 0; i < $2; i++)
        ids[i] = NUM2ULL(RARRAY_AREF(list, (long)i));
    $1 = ids;
}
%typemap(freearg) (const ctrace_id *variables, size_t count) "rb_free_tmp_buffer(&block$argnum);"

/* [[name, type id], …] */
%typemap(in) (const ctrace_field *fields, size_t count) (VALUE held, VALUE block = Qnil) {
    VALUE list = rb_convert_type($input, T_ARRAY, "Array", "to_ary");
    held = rb_ary_new();
    $2 = (size_t)RARRAY_LEN(list);
    ctrace_field *fields = rb_alloc_tmp_buffer(&block, (long)(($2 + 1) * sizeof(ctrace_field)));
    for (size_t i = 0; i < $2; i++) {
        VALUE pair = rb_convert_type(RARRAY_AREF(list, (long)i), T_ARRAY, "Array", "to_ary");
        VALUE name = ctrb_utf8(rb_ary_entry(pair, 0));
        rb_ary_push(held, name);
        fields[i] = (ctrace_field){ctrb_str(name), NUM2ULL(rb_ary_entry(pair, 1))};
    }
    $1 = fields;
}
%typemap(freearg) (const ctrace_field *fields, size_t count) "rb_free_tmp_buffer(&block$argnum); RB_GC_GUARD(held$argnum);"

%typemap(in) (const uint8_t *magnitude, size_t size) {
    StringValue($input);
    $1 = (uint8_t *)RSTRING_PTR($input);
    $2 = (size_t)RSTRING_LEN($input);
}

/* ---- Failures become Ctrace::Error ---- */

%typemap(in, numinputs=0) ctrace_error *error (ctrace_error details) {
    memset(&details, 0, sizeof details);
    details.position.event = CTRACE_ID_NONE;
    $1 = &details;
}
%typemap(argout) ctrace_error *error "ctrb_check($1->status, $1);"
%typemap(out) ctrace_status "ctrb_check_status($1); $result = INT2NUM($1);"
%typemap(out) ctrace_id {
    if ($1 == CTRACE_ID_NONE)
        ctrb_writer_check(arg1);
    $result = ULL2NUM($1);
}

%include "../ctrace.i"
