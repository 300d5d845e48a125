/* A sink that counts the bytes and keeps none. */
#ifndef CTRACE_BENCH_SINK_H
#define CTRACE_BENCH_SINK_H

#include <ctrace/writer.h>

/* `cookie` is a uint64_t, where the furthest byte ends. */
static inline int count_bytes(void *cookie, uint64_t offset, const char *data, size_t size)
{
    uint64_t *end = cookie;
    (void)data;
    if (*end < offset + size)
        *end = offset + size;
    return 0;
}

static inline ctrace_sink counting_sink(uint64_t *end)
{
    return (ctrace_sink){.cookie = end, .write = count_bytes};
}

#endif
