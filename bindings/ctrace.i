/* libctrace for SWIG: what the languages share. A language's own file comes first, with its %module and its typemaps for
 *   ctrace_str (in, out, also as a member), ctrace_status (a failure becomes an exception),
 *   ctrace_error *error (no argument of the language; tells the details of a failure),
 *   (const ctrace_str *list, size_t count), (const ctrace_field *fields, size_t count),
 *   (const ctrace_id *variables, size_t count), (const uint8_t *magnitude, size_t size),
 * then includes this. Where a C function takes a struct of options or gives a handle through a pointer, a flat function
 * stands here instead of it; tests hold the list of what is left out. */

%{
#include <ctrace/ctrace.h>
%}

%include "stdint.i"

/* A handle that is nothing is refused before it comes to the library. */
%include "constraints.i"
%apply Pointer NONNULL { ctrace_writer *w, const ctrace_writer *w, ctrace_kept *kept, const ctrace_kept *kept };
%apply Pointer NONNULL { ctrace_report *report, const ctrace_report *report, const ctrace_rule *rule };
%apply Pointer NONNULL { const ctrace_conversion *report, const ctrace_diff *diff };
%apply Pointer NONNULL { ctrace_writer_counts *out };

/* Memory, sinks and sources are callbacks in C. */
%ignore ctrace_allocator;
%ignore ctrace_sink;
%ignore ctrace_source;
%ignore ctrace_writer_open_sink;
%ignore ctrace_reader_open_source;
%ignore ctrace_validate_source;

/* Replaced below. */
%ignore ctrace_writer_options;
%ignore ctrace_reader_options;
%ignore ctrace_validate_options;
%ignore CTRACE_WRITER_OPTIONS_INIT;
%ignore CTRACE_READER_OPTIONS_INIT;
%ignore CTRACE_VALIDATE_OPTIONS_INIT;
%ignore ctrace_writer_open;
%ignore ctrace_writer_open_file;
%ignore ctrace_writer_close;
%ignore ctrace_writer_abandon;
%ignore ctrace_writer_status;
%ignore ctrace_assign;
%ignore ctrace_validate;
%ignore ctrace_report_free;
%ignore effects;
%ignore ctrace_convert_options;
%ignore ctrace_diff_options;
%ignore ctrace_generate_options;
%ignore CTRACE_CONVERT_OPTIONS_INIT;
%ignore CTRACE_DIFF_OPTIONS_INIT;
%ignore CTRACE_GENERATE_OPTIONS_INIT;
%ignore ctrace_range;
%ignore ctrace_convert;
%ignore ctrace_repair;
%ignore ctrace_cut;
%ignore ctrace_conversion_free;
%ignore ctrace_diff_traces;
%ignore ctrace_diff_free;
%ignore ctrace_generate;

/* Events and their values are made into objects by each language's own C. */
%ignore ctrace_writer_event;
%ignore ctrace_put_value;
%ignore ctrace_reader_open;
%ignore ctrace_reader_next;
%ignore ctrace_reader_position;
%ignore ctrace_reader_warnings;
%ignore ctrace_reader_metadata;
%ignore ctrace_reader_file_size;
%ignore ctrace_reader_bytes_read;
%ignore ctrace_reader_close;
%ignore ctrace_reader_form;
%ignore ctrace_reader_details;
%ignore ctrace_reader_seek;
%ignore ctrace_reader_count;
%ignore ctrace_reader_keep_index;
%ignore ctrace_metadata;
%ignore ctrace_warning;

/* What a struct tells is read, never set. */
%immutable;
%ignore ctrace_str;
%ignore ctrace_error;

%constant unsigned long long CTRACE_ID_NONE = UINT64_MAX; /* SWIG does not know the macro behind it */

%include "ctrace/common.h"
%include "ctrace/kinds.h"
%include "ctrace/error.h"
%include "ctrace/version.h"
%include "ctrace/form.h"
%include "ctrace/writer.h"
%include "ctrace/reader.h"
%include "ctrace/validate.h"
%include "ctrace/convert.h"
%include "ctrace/diff.h"
%include "ctrace/generate.h"

%inline %{

/* Opens a trace in a folder, or in one file alone; a text that is empty and a number that is 0 mean the default. */
static ctrace_writer *writer_open(ctrace_str path, bool lone_file, ctrace_str program, const ctrace_str *list, size_t count,
                                  ctrace_str workdir, ctrace_str recorder, ctrace_str recorder_version,
                                  ctrace_str top_level, size_t flush_bytes, uint32_t flush_ms, uint32_t max_depth,
                                  ctrace_float_form floats, ctrace_interning interning, uint32_t without,
                                  ctrace_form form, ctrace_str recording_id, int32_t level, bool compress_aside,
                                  bool durable, bool single_copy, ctrace_error *error)
{
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT};
    options.program = program;
    options.args = list;
    options.arg_count = count;
    options.workdir = workdir;
    options.recorder = recorder;
    options.recorder_version = recorder_version;
    options.top_level = top_level;
    options.flush_bytes = flush_bytes;
    options.flush_ms = flush_ms;
    options.max_depth = max_depth;
    options.floats = floats;
    options.interning = interning;
    options.without = without;
    options.form = form;
    options.recording_id = recording_id;
    options.level = level;
    options.compress_aside = compress_aside;
    options.durable = durable;
    options.single_copy = single_copy;
    ctrace_writer *writer = NULL;
    if (lone_file)
        ctrace_writer_open_file(&writer, path, &options, error);
    else
        ctrace_writer_open(&writer, path, &options, error);
    return writer;
}

/* Ends the trace. The writer is gone whatever is returned. */
static ctrace_status writer_close(ctrace_writer *w, ctrace_error *error) { return ctrace_writer_close(&w, error); }

/* Gives the writer up without a write. */
static void writer_abandon(ctrace_writer *w) { ctrace_writer_abandon(&w); }

/* CTRACE_OK, or the first failure so far, told with its details. */
static ctrace_status writer_check(ctrace_writer *w, ctrace_error *error) { return ctrace_writer_status(w, error); }

/* `variable`, `list`, `field`, `index`, `call_key`: those that a right-hand side of that kind has. */
static ctrace_status assign(ctrace_writer *w, ctrace_id to, ctrace_pass_kind pass_by, ctrace_rvalue_kind kind,
                            ctrace_id variable, const ctrace_id *variables, size_t count, ctrace_str field,
                            int64_t index, int64_t call_key)
{
    ctrace_rvalue from = {kind, variable, variables, count, field, index, call_key};
    return ctrace_assign(w, to, pass_by, &from);
}

/* Judges a trace, for one consumer when `profile` names one. To be freed with report_free(). */
static ctrace_report *validate(ctrace_str path, uint64_t max_errors, ctrace_consumer profile, bool no_sources,
                               ctrace_error *error)
{
    ctrace_validate_options options = {CTRACE_VALIDATE_OPTIONS_INIT};
    options.max_errors = max_errors;
    options.has_profile = profile != CTRACE_CONSUMER_COUNT;
    options.profile = profile;
    options.no_sources = no_sources;
    ctrace_report *report = NULL;
    ctrace_validate(&report, path, &options, error);
    return report;
}

static void report_free(ctrace_report *report) { ctrace_report_free(&report); }

/* What breaking a rule does to a consumer. */
static ctrace_effect rule_effect(const ctrace_rule *rule, ctrace_consumer consumer)
{
    return (unsigned)consumer < CTRACE_CONSUMER_COUNT ? rule->effects[consumer] : CTRACE_EFFECT_NONE;
}

typedef enum conversion_kind { CONVERT, REPAIR, CUT } conversion_kind;

/* Turns a trace into another; a form of CTRACE_FORM_COUNT is the default. To be freed with conversion_free(). `unit`,
 * `first` and `end` are those of a cut. */
static ctrace_conversion *convert(conversion_kind kind, ctrace_str in, ctrace_str out, ctrace_form form, bool strict,
                                  bool lone_file, bool no_files, int32_t level, bool compress_aside,
                                  ctrace_unit unit, uint64_t first, uint64_t end, ctrace_error *error)
{
    ctrace_convert_options options = {CTRACE_CONVERT_OPTIONS_INIT};
    options.has_form = form != CTRACE_FORM_COUNT;
    options.form = form;
    options.strict = strict;
    options.lone_file = lone_file;
    options.no_files = no_files;
    options.level = level;
    options.compress_aside = compress_aside;
    ctrace_conversion *report = NULL;
    ctrace_range range = {unit, first, end};
    ctrace_status status = kind == REPAIR  ? ctrace_repair(&report, in, out, &options, error)
                           : kind == CUT ? ctrace_cut(&report, in, out, range, &options, error)
                                         : ctrace_convert(&report, in, out, &options, error);
    if (status < 0) /* what strict refused is told by the error */
        ctrace_conversion_free(&report);
    return report;
}

static void conversion_free(ctrace_conversion *report) { ctrace_conversion_free(&report); }

/* Compares two traces. To be freed with diff_free(). */
static ctrace_diff *diff(ctrace_str a, ctrace_str b, bool no_values, bool base_names, ctrace_error *error)
{
    ctrace_diff_options options = {CTRACE_DIFF_OPTIONS_INIT};
    options.no_values = no_values;
    options.base_names = base_names;
    ctrace_diff *found = NULL;
    ctrace_diff_traces(&found, a, b, &options, error);
    return found;
}

static void diff_free(ctrace_diff *diff) { ctrace_diff_free(&diff); }

/* Makes up a trace in a folder, or in one file alone. */
static ctrace_status generate(ctrace_str out, bool lone_file, ctrace_form form, ctrace_content content, uint64_t events,
                              uint64_t seed, uint32_t max_depth, ctrace_error *error)
{
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT};
    options.form = form;
    options.max_depth = 500;
    options.without = CTRACE_CONVENIENCE_ALL;
    ctrace_generate_options made = {CTRACE_GENERATE_OPTIONS_INIT};
    made.content = content;
    made.events = events;
    made.seed = seed;
    made.max_depth = max_depth;
    ctrace_writer *w = NULL;
    ctrace_status status = lone_file ? ctrace_writer_open_file(&w, out, &options, error)
                                     : ctrace_writer_open(&w, out, &options, error);
    if (status < 0)
        return status;
    status = ctrace_generate(w, &made, error);
    ctrace_status closed = ctrace_writer_close(&w, status < 0 ? NULL : error);
    return status < 0 ? status : closed;
}

%}
