/* bench_convert FILE OUT FORM [aside]: writes a trace in another form and tells what it cost: processor time, and for
 * the work on two processors the time that passed. */
#include <ctrace/ctrace.h>

#include "measure.h"

static uint64_t wall_ns(void)
{
    struct timespec time;
    if (clock_gettime(CLOCK_MONOTONIC, &time) != 0)
        abort();
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static ctrace_str str(const char *text)
{
    return (ctrace_str){text, strlen(text)};
}

int main(int count, char **arguments)
{
    if (count < 4) {
        fprintf(stderr, "usage: bench_convert FILE OUT FORM [aside]\n");
        return 2;
    }
    ctrace_convert_options options = {CTRACE_CONVERT_OPTIONS_INIT, .has_form = true, .lone_file = true,
                                      .form = ctrace_form_find(str(arguments[3])), .compress_aside = count > 4};
    ctrace_conversion *conversion;
    ctrace_error error;
    uint64_t cpu = cpu_ns(), wall = wall_ns();
    if (ctrace_convert(&conversion, str(arguments[1]), str(arguments[2]), &options, &error) != CTRACE_OK) {
        fprintf(stderr, "bench_convert: %s\n", error.message);
        return 1;
    }
    cpu = cpu_ns() - cpu;
    wall = wall_ns() - wall;
    printf("{\"events\":%" PRIu64 ",\"cpu_ns\":%" PRIu64 ",\"wall_ns\":%" PRIu64 ",\"bytes\":%" PRIu64
           ",\"peak_rss_kib\":%lu}\n",
           ctrace_conversion_events(conversion), cpu, wall, ctrace_conversion_bytes(conversion), peak_rss_kib());
    ctrace_conversion_free(&conversion);
    return 0;
}
