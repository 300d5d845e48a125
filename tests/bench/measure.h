/* What a measurement needs: the processor time and the largest memory of this process. */
#ifndef CTRACE_BENCH_MEASURE_H
#define CTRACE_BENCH_MEASURE_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Nanoseconds of processor time, user and system. */
static inline uint64_t cpu_ns(void)
{
    struct timespec time;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0)
        abort();
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* The largest resident size so far. VmHWM and not getrusage, which after exec still counts the parent's memory. */
static inline unsigned long peak_rss_kib(void)
{
    unsigned long kib = 0;
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    if (!status)
        return 0;
    while (fgets(line, sizeof line, status))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtoul(line + 6, NULL, 10);
    fclose(status);
    return kib;
}

/* One line, the same that the program on the crates prints. */
static inline void report(uint64_t events, uint64_t ns, uint64_t bytes)
{
    printf("{\"events\":%" PRIu64 ",\"cpu_ns\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"peak_rss_kib\":%lu}\n", events, ns,
           bytes, peak_rss_kib());
}

#endif
