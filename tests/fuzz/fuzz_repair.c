/* Repair, from any form into the one that the first byte tells: what it writes can be read to its end. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    memory_input input = {data + 1, size - 1, 0};
    bytes file = {0};
    ctrace_source source = memory_source(&input);
    ctrace_sink sink = memory_sink(&file);
    ctrace_convert_options options = {CTRACE_CONVERT_OPTIONS_INIT, .source = &source, .sink = &sink, .has_form = true,
                                      .form = (ctrace_form)(data[0] % CTRACE_FORM_COUNT)};
    ctrace_conversion *report;
    ctrace_error error;
    ctrace_status status = ctrace_repair(&report, CTRACE_STR("fuzz"), CTRACE_STR("out"), &options, &error);
    if (status == CTRACE_OK) {
        uint64_t events = ctrace_conversion_events(report);
        ctrace_conversion_free(&report);
        if (events)
            PROMISE(read_all(file.data, file.size) == CTRACE_END);
    } else {
        PROMISE(!report && error.message[0]);
    }
    bytes_free(&file);
    return 0;
}
