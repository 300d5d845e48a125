/* bench_write EVENTS FOLDER [FORM [aside] [durable] [single]]: writes the stream through a writer and tells what it
 * cost. FOLDER "-": the bytes are thrown away. The flags are options of the writer. */
#include "to_writer.h"

#include "measure.h"
#include "sink.h"
#include "stream.h"

static ctrace_str str(const char *text)
{
    return (ctrace_str){text, strlen(text)};
}

static int fail(const ctrace_error *error)
{
    fprintf(stderr, "bench_write: %s\n", error->message);
    return 1;
}

static bool flag(const char *given, const char *name, bool *set)
{
    bool is_it = strcmp(given, name) == 0;
    *set = *set || is_it;
    return is_it;
}

int main(int count, char **arguments)
{
    ctrace_form form = count > 3 ? ctrace_form_find(str(arguments[3])) : CTRACE_FORM_JSON;
    bool fine = count >= 3 && form != CTRACE_FORM_COUNT, aside = false, durable = false, single = false;
    for (int i = 4; fine && i < count; i++)
        fine = flag(arguments[i], "aside", &aside) || flag(arguments[i], "durable", &durable) ||
               flag(arguments[i], "single", &single);
    if (!fine) {
        fprintf(stderr, "usage: bench_write EVENTS FOLDER|- [FORM [aside] [durable] [single]]\n");
        return 2;
    }
    bool to_sink = strcmp(arguments[2], "-") == 0;
    uint64_t blocks = stream_blocks(strtoull(arguments[1], NULL, 10)), end = 0;
    ctrace_writer_options options = {
        CTRACE_WRITER_OPTIONS_INIT,
        .program = CTRACE_STR("bench.py"),
        .top_level = CTRACE_STR("<toplevel>"),
        .without =
            CTRACE_CONVENIENCE_FIRST_STEP_TWICE | CTRACE_CONVENIENCE_CLOSE_FRAMES | CTRACE_CONVENIENCE_COPY_FILES,
        .form = form,
        .compress_aside = aside,
        .durable = durable,
        .single_copy = single,
    };
    ctrace_sink sink = counting_sink(&end);
    ctrace_error error;
    target to;
    stream s;

    times start = times_now();
    ctrace_status status = to_sink ? ctrace_writer_open_sink(&to.w, &sink, &options, &error)
                                   : ctrace_writer_open(&to.w, str(arguments[2]), &options, &error);
    if (status != CTRACE_OK)
        return fail(&error);
    ctrace_writer_start(to.w, STREAM_PATH, 1);
    stream_start(&s, to);
    for (uint64_t i = 0; i < blocks; i++)
        stream_block(&s);
    if (ctrace_writer_close(&to.w, &error) != CTRACE_OK)
        return fail(&error);
    times spent = times_since(start);
    report(blocks * BLOCK_EVENTS, spent, to_sink ? end : file_bytes(arguments[2], ctrace_form_file(form)));
    return 0;
}
