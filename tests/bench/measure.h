/* What a measurement needs: the time that a piece of work took and the largest memory of this process. */
#ifndef CTRACE_BENCH_MEASURE_H
#define CTRACE_BENCH_MEASURE_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Nanoseconds: the processor time of the process and of this thread, user and system, and what passed. */
typedef struct times {
    uint64_t process;
    uint64_t thread;
    uint64_t wall;
} times;

static inline uint64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    if (clock_gettime(clock, &time) != 0)
        abort();
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline times times_now(void)
{
    return (times){clock_ns(CLOCK_PROCESS_CPUTIME_ID), clock_ns(CLOCK_THREAD_CPUTIME_ID), clock_ns(CLOCK_MONOTONIC)};
}

/* What passed since then. */
static inline times times_since(times start)
{
    times end = times_now();
    return (times){end.process - start.process, end.thread - start.thread, end.wall - start.wall};
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

/* The size of a file in a folder. */
static inline uint64_t file_bytes(const char *folder, const char *name)
{
    char path[4096];
    struct stat status;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path || stat(path, &status) != 0)
        abort();
    return (uint64_t)status.st_size;
}

/* The fields of one line, the same that the program on the crates prints; without its end, for those who add some. */
static inline void report_fields(uint64_t events, times spent, uint64_t bytes)
{
    printf("{\"events\":%" PRIu64 ",\"cpu_ns\":%" PRIu64 ",\"thread_ns\":%" PRIu64 ",\"wall_ns\":%" PRIu64
           ",\"bytes\":%" PRIu64 ",\"peak_rss_kib\":%lu",
           events, spent.process, spent.thread, spent.wall, bytes, peak_rss_kib());
}

static inline void report(uint64_t events, times spent, uint64_t bytes)
{
    report_fields(events, spent, bytes);
    puts("}");
}

#endif
