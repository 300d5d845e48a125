/* The forms in which a trace is stored. A reader tells them by the content, never by the name. */
#ifndef CTRACE_FORM_H
#define CTRACE_FORM_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Name here, name on the command line, the file's name in a trace folder, what it is. */
#define CTRACE_FORMS(X)                                                              \
    X(JSON, "json", "trace.json", "JSON, a list of events")                          \
    X(NDJSON, "ndjson", "trace.ndjson", "JSON lines, one event each")                \
    X(BIN, "bin", "trace.bin", "trace.bin version 1, CBOR in seekable zstd")         \
    X(BIN_V0, "bin-v0", "trace.bin", "trace.bin version 0, packed Cap'n Proto")      \
    X(CT, "ct", "trace.ct", "a CTFS container")

typedef enum ctrace_form {
#define X(name, text, file, what) CTRACE_FORM_##name,
    CTRACE_FORMS(X)
#undef X
    CTRACE_FORM_COUNT
} ctrace_form;

/* The name, such as "bin-v0"; the file's name; what it is. Static; NULL for a number without a form. */
CTRACE_API const char *ctrace_form_name(ctrace_form form);
CTRACE_API const char *ctrace_form_file(ctrace_form form);
CTRACE_API const char *ctrace_form_text(ctrace_form form);

/* The form of that name; CTRACE_FORM_COUNT when there is none. */
CTRACE_API ctrace_form ctrace_form_find(ctrace_str name);
/* The form that a file's name asks for by its suffix: .json, .ndjson, .jsonl, .bin or .ct;
 * CTRACE_FORM_COUNT for any other name. */
CTRACE_API ctrace_form ctrace_form_of_name(ctrace_str path);

#ifdef __cplusplus
}
#endif
#endif
