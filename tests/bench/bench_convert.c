/* bench_convert FILE OUT FORM [aside]: writes a trace in another form and tells what it cost. */
#include <ctrace/ctrace.h>

#include "measure.h"

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
    times start = times_now();
    if (ctrace_convert(&conversion, str(arguments[1]), str(arguments[2]), &options, &error) != CTRACE_OK) {
        fprintf(stderr, "bench_convert: %s\n", error.message);
        return 1;
    }
    report(ctrace_conversion_events(conversion), times_since(start), ctrace_conversion_bytes(conversion));
    ctrace_conversion_free(&conversion);
    return 0;
}
