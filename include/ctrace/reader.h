/* Reading a trace event by event, in constant memory, from any form and from any place. */
#ifndef CTRACE_READER_H
#define CTRACE_READER_H

#include "error.h"
#include "event.h"
#include "form.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What other producers write and this reader takes, though a strict reader would not or upstream's documents differ.
 * Name here, name in messages, what was found. spec/rules.md tells who produces and who refuses each. */
#define CTRACE_LENIENCIES(X)                                                                       \
    X(FLOAT_NUMBER, "float-number", "a float is written as a number, not as text")                 \
    X(FLOAT_NULL, "float-null", "a float is null; read as NaN")                                    \
    X(INT_TEXT, "int-text", "an integer is written as text")                                       \
    X(INT_BIG, "int-big", "an integer is outside 64 bits; read as BigInt")                         \
    X(INT_MINUS_ZERO, "int-minus-zero", "an integer is -0; read as 0")                             \
    X(LIST_NULL, "list-null", "a list is null; read as empty")                                     \
    X(VALUE_NULL, "value-null", "a value is null; read as None of type 0")                         \
    X(TEXT_NULL, "text-null", "a text is null; read as empty")                                     \
    X(TYPE_INFO_NULL, "type-info-null", "specific_info is null; read as None")                     \
    X(FIELD_MISSING, "field-missing", "a field is missing; read as empty")                         \
    X(FIELD_UNKNOWN, "field-unknown", "an unknown field is ignored")                               \
    X(FIELD_TWICE, "field-twice", "a field is given twice; the last one counts")                   \
    X(RECORD_AS_LIST, "record-as-list", "a record is written as a list of its fields")             \
    X(UNIT_AS_OBJECT, "unit-as-object", "an event without fields is written as an object")         \
    X(RVALUE_OLD, "rvalue-old", "an assignment's source is in the old form")                       \
    X(KIND_AS_NAME, "kind-as-name", "a kind is written as its name, not its number")               \
    X(KIND_UNKNOWN, "kind-unknown", "a kind has a number that the format does not know")           \
    X(TEXT_INVALID, "text-invalid", "a text is not valid UTF-8; mended with U+FFFD")               \
    X(SURROGATE_LONE, "surrogate-lone", "an escape is half a surrogate pair; read as U+FFFD")      \
    X(BASE64_UNPADDED, "base64-unpadded", "base64 lacks its padding")                              \
    X(CHAR_NOT_ONE, "char-not-one", "a Char is not exactly one character")                         \
    X(BYTE_ORDER_MARK, "byte-order-mark", "the file begins with a byte order mark")                \
    X(COMMA_TRAILING, "comma-trailing", "a comma is followed by nothing")                          \
    X(NOT_A_LIST, "not-a-list", "the events stand one after another, not in a list")               \
    X(UNTERMINATED, "unterminated", "the list of events is not closed; its whole events are read") \
    X(METADATA, "metadata", "trace_metadata.json is missing, incomplete or malformed")             \
    X(COLUMN_DROPPED, "column-dropped", "a step has a column, which the model does not have")      \
    X(HEADER_RESERVED, "header-reserved", "reserved bytes of the header are not zero")             \
    X(TRAILING_BYTES, "trailing-bytes", "bytes follow the end of the trace")                       \
    X(SEEK_TABLE_MISSING, "seek-table-missing", "the seek table is missing")                       \
    X(SEEK_TABLE_WRONG, "seek-table-wrong", "the seek table does not fit the frames")              \
    X(FRAME_CUT, "frame-cut", "a compressed frame ends early; what it holds is read")              \
    X(TEXT_CHUNKED, "text-chunked", "a text is written in chunks")                                 \
    X(TEXT_AS_BYTES, "text-as-bytes", "a text is written as a byte string")                        \
    X(MAP_LONG, "map-long", "a map's size is written in a longer form or left open")               \
    X(TAG_UNKNOWN, "tag-unknown", "a CBOR tag is ignored")                                         \
    X(BIG_INT_BYTES, "big-int-bytes", "a BigInt is written as a byte string")                      \
    X(VALUE_KIND_OTHER, "value-kind-other", "a value is of a kind that the model does not have")   \
    X(VALUE_SHARED, "value-shared", "a value refers to an earlier one")                            \
    X(CT_PADDING, "ct-padding", "the container is not a whole number of blocks")                   \
    X(CT_BLOCK_SIZE, "ct-block-size", "the container's blocks are not of 4096 bytes")              \
    X(CT_ENTRIES, "ct-entries", "the container has not 31 entries")                                \
    X(CT_NAME, "ct-name", "an internal file's name is not one")                                    \
    X(CT_META_MISSING, "ct-meta-missing", "the container has no meta.dat")                         \
    X(CT_META_BAD, "ct-meta-bad", "meta.dat is malformed or of another version")                   \
    X(CT_META_FLAGS, "ct-meta-flags", "meta.dat has unknown flags")                                \
    X(CT_META_TRAILING, "ct-meta-trailing", "bytes follow the end of meta.dat")                    \
    X(CT_META_ID, "ct-meta-id", "the recording id is no lower-case UUID of version 7")             \
    X(CT_FORMAT_MISSING, "ct-format-missing", "events.fmt is missing or says something else")      \
    X(CT_PREFIX, "ct-prefix", "events.log begins with a header of its own")                        \
    X(CT_BARE, "ct-bare", "events.log holds CBOR without chunks")                                  \
    X(CT_CHUNK_TORN, "ct-chunk-torn", "a chunk is torn; what it holds is left out")                \
    X(CT_SIZE_UNKNOWN, "ct-size-unknown", "a compressed chunk does not tell its size")             \
    X(CT_POSITIONS, "ct-positions", "what positions of steps mean was decided by evidence")        \
    X(CT_POSITIONS_NIM, "ct-positions-nim", "positions of steps are path * 100000 + line")         \
    X(CT_POSITION_LOST, "ct-position-lost", "a step's position lies in no path")                   \
    X(CT_STEP_TAG, "ct-step-tag", "a step record has a tag that CodeTracer does not know")         \
    X(CT_STEP_MAP, "ct-step-map", "the container has a step map")                                  \
    X(CT_PATHS_JSON_MISSING, "ct-paths-json-missing", "the container has no paths.json")           \
    X(CT_FRAMING_OLD, "ct-framing-old", "a stream is in an older framing")                         \
    X(CT_NAMES_BARE, "ct-names-bare", "functions or types are bare names without place or kind")   \
    X(CT_STREAM_LOST, "ct-stream-lost", "a stream cannot be read and is left out")                 \
    X(CT_RECORD_LOST, "ct-record-lost", "a record of a stream has no place among the events")

typedef enum ctrace_leniency {
#define X(name, text, found) CTRACE_LENIENCY_##name,
    CTRACE_LENIENCIES(X)
#undef X
    CTRACE_LENIENCY_COUNT
} ctrace_leniency;

/* The name, such as "float-number", and what was found. Static. */
CTRACE_API const char *ctrace_leniency_name(ctrace_leniency leniency);
CTRACE_API const char *ctrace_leniency_text(ctrace_leniency leniency);

typedef struct ctrace_warning {
    ctrace_leniency leniency;
    ctrace_position position;
} ctrace_warning;

/* What the trace tells about itself: trace_metadata.json, or in a container its own. What it does not tell is empty. */
typedef struct ctrace_metadata {
    ctrace_str program;
    const ctrace_str *args;
    size_t arg_count;
    ctrace_str workdir;
    ctrace_str recording_id;
    ctrace_str recorder;         /* name and version of the recorder */
    ctrace_str recorder_version;
} ctrace_metadata;

typedef struct ctrace_reader ctrace_reader;

typedef struct ctrace_reader_options {
    size_t size;                       /* set by CTRACE_READER_OPTIONS_INIT */
    size_t max_event_bytes;            /* a longer event is an error; default 16 MiB, at most 1 GiB */
    uint32_t max_depth;                /* nesting of values; default 500, at most 500 */
    bool follow;                       /* the trace is still being written: its end so far gives CTRACE_AGAIN */
    const ctrace_allocator *allocator; /* must outlive the reader; default malloc */
} ctrace_reader_options;

#define CTRACE_READER_OPTIONS_INIT .size = sizeof(ctrace_reader_options)

/* Where bytes come from when it is no file. `read` puts up to `size` bytes into `buffer` and returns how many, 0 at
 * the end, -1 on failure with *system_error set to an errno. */
typedef struct ctrace_source {
    void *cookie;
    ptrdiff_t (*read)(void *cookie, char *buffer, size_t size, int *system_error);
} ctrace_source;

/* Opens a trace: a folder that holds one, or the file itself. The form is told by the content. On success *out is
 * the reader, to be given to ctrace_reader_close(); on failure it is NULL. `options` may be NULL. A folder holds the
 * events in the first that is there of trace.json, trace.bin, trace.ndjson and trace.ct, else in its one file *.ct.
 * With `follow`, CTRACE_AGAIN says that the file is there and empty: open it again later. */
CTRACE_API ctrace_status ctrace_reader_open(ctrace_reader **out, ctrace_str path,
                                            const ctrace_reader_options *options, ctrace_error *error);

/* Reads the events from `source`, whose cookie must outlive the reader. `name` stands for the file in errors. */
CTRACE_API ctrace_status ctrace_reader_open_source(ctrace_reader **out, const ctrace_source *source, ctrace_str name,
                                                   const ctrace_reader_options *options, ctrace_error *error);

/* Gives the next event, or CTRACE_END. *event and all that it points to belong to the reader and hold until the
 * next call. After CTRACE_EVENT, CTRACE_TOO_DEEP or CTRACE_TOO_LARGE reading can go on: the next call gives
 * the event after the bad one. After any other failure every call returns it again. With `follow`, CTRACE_AGAIN says
 * that no further event is there yet: ask again later; CTRACE_END comes when the trace says that it is complete: in
 * trace_metadata.json, or, where its writer says nothing there, by the end of the list. */
CTRACE_API ctrace_status ctrace_reader_next(ctrace_reader *reader, const ctrace_event **event, ctrace_error *error);

/* Where the event that ctrace_reader_next() gave last begins; at the end, the end. */
CTRACE_API void ctrace_reader_position(ctrace_reader *reader, ctrace_position *out);

/* What was taken leniently in the last event (after CTRACE_END: at the end), in the order of its places. The array
 * belongs to the reader and holds until the next call. At most 64 are kept for one event. */
CTRACE_API size_t ctrace_reader_warnings(ctrace_reader *reader, const ctrace_warning **out);

/* The metadata beside the events. For a lone file: of the folder that holds it. Belongs to the reader.
 * NULL when there is none. */
CTRACE_API const ctrace_metadata *ctrace_reader_metadata(const ctrace_reader *reader);

/* The form of the trace, and in one line what is special about this one: version, layout, and how it was decided where
 * that needed deciding. The text belongs to the reader. */
CTRACE_API ctrace_form ctrace_reader_form(const ctrace_reader *reader);
CTRACE_API ctrace_str ctrace_reader_details(const ctrace_reader *reader);

/* ---- Any place. The reader keeps an index: marks at every few thousand events. It is read from the file that
 *      ctrace_reader_keep_index() left beside the trace when it still fits, else made while reading through, once and
 *      no further than is needed. The event that was given last ends to hold with each of these calls. ---- */

typedef enum ctrace_unit { CTRACE_UNIT_EVENT = 0, CTRACE_UNIT_STEP = 1, CTRACE_UNIT_CALL = 2 } ctrace_unit;

/* Goes to event, step or call number `n`, from 0: the next call of ctrace_reader_next() gives it. Steps and calls are
 * the events of these names in their order, also a step that DropLastStep takes back; bad events count as events.
 * CTRACE_END when there are fewer, CTRACE_AGAIN when there may be more later (`follow`), or the failure at which reading
 * ended before; reading then stands there. CTRACE_UNSUPPORTED for a source that cannot go back, unless nothing was read
 * yet. Warnings about the beginning are not told after it. */
CTRACE_API ctrace_status ctrace_reader_seek(ctrace_reader *reader, ctrace_unit unit, uint64_t n, ctrace_error *error);
/* How many events, steps or calls there are; reading goes on where it was. Where the trace cannot be read to its end the
 * failure is returned, and CTRACE_AGAIN where it is still being written (`follow`): *out then counts what comes before. */
CTRACE_API ctrace_status ctrace_reader_count(ctrace_reader *reader, ctrace_unit unit, uint64_t *out,
                                             ctrace_error *error);
/* Keeps the index in the file "<events>.index" beside the trace. It is used as long as the events are the same file of
 * the same size, time, first and last bytes, read with the same limits. CTRACE_UNSUPPORTED for what is no file. */
CTRACE_API ctrace_status ctrace_reader_keep_index(ctrace_reader *reader, ctrace_error *error);

/* Bytes of the file that holds the events, 0 when that is not known; and how many were consumed. */
CTRACE_API uint64_t ctrace_reader_file_size(const ctrace_reader *reader);
CTRACE_API uint64_t ctrace_reader_bytes_read(const ctrace_reader *reader);

/* Frees the reader; *reader becomes NULL. Fine when it was. */
CTRACE_API void ctrace_reader_close(ctrace_reader **reader);

#ifdef __cplusplus
}
#endif
#endif
