/* bench_read FILE: reads every event of a trace and tells what it cost. */
#include <ctrace/ctrace.h>

#include "counting.h"
#include "measure.h"

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: bench_read FILE\n");
        return 2;
    }
    ctrace_reader *reader;
    ctrace_error error;
    const ctrace_event *event;
    ctrace_status status;
    uint64_t events = 0;
    uint64_t steps = 0;

    counting_begins();
    times start = times_now();
    status = ctrace_reader_open(&reader, (ctrace_str){arguments[1], strlen(arguments[1])}, NULL, &error);
    while (status == CTRACE_OK && (status = ctrace_reader_next(reader, &event, &error)) == CTRACE_OK) {
        events++;
        steps += event->kind == CTRACE_EVENT_STEP;
    }
    if (status != CTRACE_END || steps == 0) {
        fprintf(stderr, "bench_read: %s\n", status == CTRACE_END ? "no steps" : error.message);
        ctrace_reader_close(&reader);
        return 1;
    }
    uint64_t bytes = ctrace_reader_bytes_read(reader);
    ctrace_reader_close(&reader);
    times spent = times_since(start);
    counting_ends("read");
    report(events, spent, bytes);
    return 0;
}
