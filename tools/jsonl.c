#include "jsonl.h"

#include "complain.h"
#include "screen.h"

/* Not to standard output at once: the writer may hold signals back here, also that of a broken pipe. */
static int take_bytes(void *cookie, uint64_t offset, const char *data, size_t size)
{
    (void)offset;
    text_bytes(&((jsonl *)cookie)->lines, data, size);
    return 0;
}

static int told(const ctrace_error *error)
{
    complain("cannot write the events as JSON: %s", error->message);
    return EXIT_NOT_RUN;
}

int jsonl_begin(jsonl *j)
{
    *j = (jsonl){0};
    ctrace_sink sink = {.cookie = j, .write = take_bytes, .sequential = true};
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .form = CTRACE_FORM_NDJSON, .max_depth = 500,
                                     .without = CTRACE_CONVENIENCE_ALL};
    ctrace_error error;
    return ctrace_writer_open_sink(&j->writer, &sink, &options, &error) == CTRACE_OK ? EXIT_FINE : told(&error);
}

int jsonl_event(jsonl *j, const ctrace_event *event)
{
    if (ctrace_writer_event(j->writer, event) == CTRACE_OK) {
        screen_write(&j->lines);
        return EXIT_FINE;
    }
    ctrace_error error;
    ctrace_writer_status(j->writer, &error);
    return told(&error);
}

int jsonl_flush(jsonl *j)
{
    ctrace_error error;
    if (ctrace_writer_flush(j->writer, &error) != CTRACE_OK)
        return told(&error);
    screen_write(&j->lines);
    screen_flush();
    return EXIT_FINE;
}

int jsonl_end(jsonl *j)
{
    ctrace_error error;
    ctrace_status status = ctrace_writer_close(&j->writer, &error);
    screen_write(&j->lines);
    text_free(&j->lines);
    return status == CTRACE_OK ? EXIT_FINE : told(&error);
}
