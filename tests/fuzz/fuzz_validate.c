/* The validator, on any form. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    memory_input input = {data, size, 0};
    ctrace_source source = memory_source(&input);
    ctrace_validate_options options = {CTRACE_VALIDATE_OPTIONS_INIT, .no_sources = true, .max_errors = 20};
    ctrace_report *report;
    ctrace_error error;
    ctrace_status status = ctrace_validate_source(&report, &source, CTRACE_STR("fuzz"), &options, &error);
    PROMISE(status == CTRACE_OK || (!report && error.message[0]));
    if (status != CTRACE_OK)
        return 0;
    for (size_t i = 0; i < ctrace_report_count(report); i++) {
        const ctrace_problem *problem = ctrace_report_at(report, i);
        PROMISE(problem->rule && problem->message.size && !memchr(problem->message.data, '\n', problem->message.size));
    }
    PROMISE(ctrace_report_is_valid(report) == (ctrace_report_found(report, CTRACE_SEVERITY_ERROR) == 0));
    ctrace_report_free(&report);
    return 0;
}
