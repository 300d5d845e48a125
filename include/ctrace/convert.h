/* Turning traces into others: into another form, into a whole one, into a part. All of it event by event, in constant
 * memory. The input is never changed; the output takes its name only when it is complete. */
#ifndef CTRACE_CONVERT_H
#define CTRACE_CONVERT_H

#include "error.h"
#include "form.h"
#include "reader.h"
#include "writer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a conversion can lose or had to change. Name here, name in messages, what it means. */
#define CTRACE_LOSSES(X)                                                                             \
    X(EVENT_BAD, "event-bad", "entries that are no events were left out")                            \
    X(TAIL, "tail", "the end of the input is missing or unreadable")                                 \
    X(GAP, "gap", "a part in the middle of the input is unreadable")                                 \
    X(TEXT_MENDED, "text-mended", "texts with invalid UTF-8 were mended with U+FFFD")                \
    X(VALUE_CUT, "value-cut", "values nested more deeply than the target's readers take were cut")   \
    X(CHAR_AS_RAW, "char-as-raw", "Char values were written as Raw, as the target has none")         \
    X(NUMBER_CUT, "number-cut", "ids or indexes above 2^63 - 1 were cut to that, as the target holds no more") \
    X(FIELD_DROPPED, "field-dropped", "fields that the model does not have were left out")           \
    X(COLUMN_DROPPED, "column-dropped", "columns of steps were left out, as the target has none")    \
    X(METADATA, "metadata", "parts of the metadata have no place in the target")                     \
    X(STREAM, "stream", "parts of the container that are no events were left out")                   \
    X(FILE_UNREADABLE, "file-unreadable", "files beside the trace could not be copied")              \
    X(CONTEXT, "context", "values of places from before the part were left out")

typedef enum ctrace_loss_kind {
#define X(name, text, what) CTRACE_LOSS_##name,
    CTRACE_LOSSES(X)
#undef X
    CTRACE_LOSS_COUNT
} ctrace_loss_kind;

CTRACE_API const char *ctrace_loss_name(ctrace_loss_kind kind);
CTRACE_API const char *ctrace_loss_text(ctrace_loss_kind kind);

typedef struct ctrace_loss {
    ctrace_loss_kind kind;
    uint64_t count;        /* how many; 0 when that is not known */
    ctrace_position first; /* where in the input, if it is known */
    ctrace_str message;    /* one line: what was found there */
} ctrace_loss;

typedef struct ctrace_convert_options {
    size_t size; /* set by CTRACE_CONVERT_OPTIONS_INIT */
    bool has_form;
    ctrace_form form;    /* default: by the suffix of the output's name, else that of the input */
    bool strict;         /* a loss is the failure CTRACE_LOSS, and nothing is written */
    bool lone_file;      /* the output is a file, whatever its name */
    int32_t level;       /* of zstd; default 3 */
    bool compress_aside; /* another thread compresses */
    bool no_files;       /* the copies of sources below files/ are left where they are */
    /* Where the events come from when it is no file; `in` then is their name in messages. Outlives the call. */
    const ctrace_source *source;
    /* Where the events go when it is no file; `out` then is their name, `form` must be set, and nothing but the
     * events is written. Gets events also when the call fails later. */
    const ctrace_sink *sink;
    /* Called now and then; a return other than 0 stops with CTRACE_STATE. */
    int (*progress)(void *cookie, uint64_t bytes_done, uint64_t bytes_total);
    void *progress_cookie;
    const ctrace_allocator *allocator; /* default malloc */
} ctrace_convert_options;

#define CTRACE_CONVERT_OPTIONS_INIT .size = sizeof(ctrace_convert_options)

typedef struct ctrace_conversion ctrace_conversion;

/* Writes the trace at `in` to `out`: a folder, or a file when its suffix names a form. The metadata, the copies of the
 * sources and the other files of a trace come along. A folder that holds a trace gets the new one in its place; one
 * that holds something else is refused, as is an output that is the input. A bad event or a torn end is a failure. On
 * success *report (`report` may be NULL) belongs to the caller; on failure it is NULL, except with CTRACE_LOSS. */
CTRACE_API ctrace_status ctrace_convert(ctrace_conversion **report, ctrace_str in, ctrace_str out,
                                        const ctrace_convert_options *options, ctrace_error *error);

/* The same, but keeps all that can be kept of a broken trace: leaves out entries that are no events, ends where the
 * input ends, goes on behind an unreadable part where the form allows it, makes the metadata that is missing. An entry
 * that was to declare a name leaves an invented name in its place, so that the ids behind it mean what they meant. A
 * Call that is lost takes its Return along; a Return that is lost leaves one without its value. What was lost is in
 * the report, and what was done about it in its notes. Fails when nothing can be kept. */
CTRACE_API ctrace_status ctrace_repair(ctrace_conversion **report, ctrace_str in, ctrace_str out,
                                       const ctrace_convert_options *options, ctrace_error *error);

/* The part from number `first` up to but without number `end`, as a trace of its own: what it needs is declared, the
 * calls around it are called at its beginning and returned from at its end. Calls are whole: with CTRACE_UNIT_CALL the
 * part ends where the last of them returned. It gets a recording_id of its own. CTRACE_ARGUMENT when there is no such
 * part. */
typedef struct ctrace_range {
    ctrace_unit unit;
    uint64_t first;
    uint64_t end;
} ctrace_range;

CTRACE_API ctrace_status ctrace_cut(ctrace_conversion **report, ctrace_str in, ctrace_str out, ctrace_range range,
                                    const ctrace_convert_options *options, ctrace_error *error);

/* What happened. The texts and losses belong to the report. */
CTRACE_API ctrace_form ctrace_conversion_from(const ctrace_conversion *report);
CTRACE_API ctrace_form ctrace_conversion_to(const ctrace_conversion *report);
CTRACE_API uint64_t ctrace_conversion_events(const ctrace_conversion *report); /* written */
CTRACE_API uint64_t ctrace_conversion_bytes(const ctrace_conversion *report);  /* of the file with the events */
CTRACE_API size_t ctrace_conversion_loss_count(const ctrace_conversion *report);
CTRACE_API const ctrace_loss *ctrace_conversion_loss_at(const ctrace_conversion *report, size_t index);
/* What was made up or done in the place of what was missing or lost; each is one line. */
CTRACE_API size_t ctrace_conversion_note_count(const ctrace_conversion *report);
CTRACE_API ctrace_str ctrace_conversion_note_at(const ctrace_conversion *report, size_t index);

/* Frees the report; *report becomes NULL. Fine when it was. */
CTRACE_API void ctrace_conversion_free(ctrace_conversion **report);

#ifdef __cplusplus
}
#endif
#endif
