/* How far a long work has got, on standard error. */
#ifndef CTRACE_TOOLS_PROGRESS_H
#define CTRACE_TOOLS_PROGRESS_H

#include <stdint.h>

/* Shorter inputs are done before anybody could read how far it got. */
#define LONG_INPUT ((uint64_t)32 << 20)

typedef struct progress {
    const char *name;
    uint64_t told; /* what the screen shows now, plus 1 */
} progress;

/* A total of 0 is one that is not known. */
void progress_tell(progress *p, uint64_t done, uint64_t total);
/* Takes the line away. */
void progress_end(const progress *p);

#endif
