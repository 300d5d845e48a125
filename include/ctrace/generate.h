/* Making up traces: the same for the same seed. For tests and benchmarks of whatever reads traces. */
#ifndef CTRACE_GENERATE_H
#define CTRACE_GENERATE_H

#include "writer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Number here, name on the command line, what such a trace holds. */
#define CTRACE_CONTENTS(X)                                                                          \
    X(VALID, "valid", "every kind of event and value that no known reader stumbles over")           \
    X(EVERY, "every", "every kind of event and value that the format has")                          \
    X(RECORDER, "recorder", "what a recorder writes: 72 % plain values, 24 % steps, calls, returns")

typedef enum ctrace_content {
#define X(name, text, what) CTRACE_CONTENT_##name,
    CTRACE_CONTENTS(X)
#undef X
    CTRACE_CONTENT_COUNT
} ctrace_content;

/* The name, such as "recorder", and what such a trace holds; NULL for a number without a content. Static. */
CTRACE_API const char *ctrace_content_name(ctrace_content content);
CTRACE_API const char *ctrace_content_text(ctrace_content content);

typedef struct ctrace_generate_options {
    size_t size;        /* set by CTRACE_GENERATE_OPTIONS_INIT */
    uint64_t seed;
    uint64_t events;    /* at least so many, and not many more; default 1000 */
    ctrace_content content;
    uint32_t max_depth; /* of values; default 6, at most 500 */
    const ctrace_allocator *allocator; /* default malloc */
} ctrace_generate_options;

#define CTRACE_GENERATE_OPTIONS_INIT .size = sizeof(ctrace_generate_options)

/* Writes a trace into `w`, which was opened without any convenience and is still to be closed. The ids are declared
 * before they are used, calls and returns are balanced. */
CTRACE_API ctrace_status ctrace_generate(ctrace_writer *w, const ctrace_generate_options *options,
                                         ctrace_error *error);

#ifdef __cplusplus
}
#endif
#endif
