/* bench_validate FILE: reads and judges a trace and tells what it cost. */
#include <ctrace/ctrace.h>

#include "counting.h"
#include "measure.h"

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: bench_validate FILE\n");
        return 2;
    }
    ctrace_validate_options options = {CTRACE_VALIDATE_OPTIONS_INIT, .no_sources = true};
    ctrace_report *judged;
    ctrace_error error;
    counting_begins();
    times start = times_now();
    if (ctrace_validate(&judged, (ctrace_str){arguments[1], strlen(arguments[1])}, &options, &error) != CTRACE_OK) {
        fprintf(stderr, "bench_validate: %s\n", error.message);
        return 1;
    }
    times spent = times_since(start);
    counting_ends("validate");
    uint64_t events = ctrace_report_events(judged);
    ctrace_report_free(&judged);
    report(events, spent, 0);
    return 0;
}
