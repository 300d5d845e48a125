/* How often this process asked for memory, whoever did: the library, zstd, the C library. */
#ifndef CTRACE_BENCH_ALLOCATIONS_H
#define CTRACE_BENCH_ALLOCATIONS_H

#include <stdint.h>

uint64_t allocations_now(void);

#endif
