#include "jsonl.h"

#include "complain.h"
#include "screen.h"

/* Commas and blanks between events become ends of lines; the list's own brackets go. */
static void take(jsonl *j, char c)
{
    if (j->in_text) {
        j->in_text = j->escaped || c != '"';
        j->escaped = !j->escaped && c == '\\';
    } else if (c == '"') {
        j->in_text = true;
    } else if (c == '[' || c == '{') {
        if (j->depth++ == 0)
            return;
    } else if (c == ']' || c == '}') {
        if (--j->depth == 0) {
            if (j->any)
                text_put(&j->line, "\n");
            return;
        }
    } else if (j->depth == 1 && c == ',') {
        text_put(&j->line, "\n");
        return;
    } else if (j->depth <= 1 && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
        return;
    }
    j->any = true;
    text_bytes(&j->line, &c, 1);
}

static int write_bytes(void *cookie, uint64_t offset, const char *data, size_t size)
{
    (void)offset;
    jsonl *j = cookie;
    for (size_t i = 0; i < size; i++)
        take(j, data[i]);
    screen_write(&j->line);
    return 0;
}

static int told(const ctrace_error *error)
{
    complain("cannot write the events as JSON: %s", error->message);
    return EXIT_NOT_RUN;
}

int jsonl_begin(jsonl *j)
{
    *j = (jsonl){.line = {0}};
    ctrace_sink sink = {.cookie = j, .write = write_bytes, .sequential = true};
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .max_depth = 500, .without = CTRACE_CONVENIENCE_ALL};
    ctrace_error error;
    return ctrace_writer_open_sink(&j->writer, &sink, &options, &error) == CTRACE_OK ? EXIT_FINE : told(&error);
}

int jsonl_event(jsonl *j, const ctrace_event *event)
{
    if (ctrace_writer_event(j->writer, event) == CTRACE_OK)
        return EXIT_FINE;
    ctrace_error error;
    ctrace_writer_status(j->writer, &error);
    return told(&error);
}

int jsonl_end(jsonl *j)
{
    ctrace_error error;
    ctrace_status status = ctrace_writer_close(&j->writer, &error);
    text_free(&j->line);
    return status == CTRACE_OK ? EXIT_FINE : told(&error);
}
