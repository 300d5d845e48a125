/* Making up traces: valid ones of every kind of event and value, the same for the same seed. For tests and benchmarks
 * of whatever reads traces. */
#ifndef CTRACE_GENERATE_H
#define CTRACE_GENERATE_H

#include "writer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ctrace_generate_options {
    size_t size;        /* set by CTRACE_GENERATE_OPTIONS_INIT */
    uint64_t seed;
    uint64_t events;    /* about so many; default 1000 */
    uint32_t max_depth; /* of values; default 6 */
    bool mixed;         /* the mix of a recorder (72 % values, 24 % steps, plain values) in place of all kinds */
    bool plain;         /* only what every form and every reader takes */
} ctrace_generate_options;

#define CTRACE_GENERATE_OPTIONS_INIT .size = sizeof(ctrace_generate_options)

/* Writes a trace into `w`, which was opened without any convenience and is still to be closed. */
CTRACE_API ctrace_status ctrace_generate(ctrace_writer *w, const ctrace_generate_options *options,
                                         ctrace_error *error);

#ifdef __cplusplus
}
#endif
#endif
