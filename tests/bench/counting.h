/* Marks what valgrind's callgrind is to count. Without it these cost nothing to speak of. */
#ifndef CTRACE_BENCH_COUNTING_H
#define CTRACE_BENCH_COUNTING_H

#ifdef HAVE_CALLGRIND_H
#include <valgrind/callgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define CALLGRIND_ZERO_STATS ((void)0)
#define CALLGRIND_DUMP_STATS_AT(name) ((void)(name))
#endif

/* From here on, */
static inline void counting_begins(void)
{
    CALLGRIND_ZERO_STATS;
}

/* and up to here, under this name. */
static inline void counting_ends(const char *name)
{
    CALLGRIND_DUMP_STATS_AT(name);
}

#endif
