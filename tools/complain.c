#include "complain.h"

#include "screen.h"
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *tool_name = "ctrace";

void complain_as(const char *tool)
{
    tool_name = tool;
}

const char *complain_name(void)
{
    return tool_name;
}

static void print_line(const char *said)
{
    text line = {.ascii = !screen_is_utf8()};
    text_format(&line, "%s: ", tool_name);
    text_safe(&line, str_of(said), 0, SIZE_MAX);
    text_put(&line, "\n");
    fwrite(line.data, 1, line.size, stderr);
    text_free(&line);
}

void complain(const char *format, ...)
{
    char said[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(said, sizeof said, format, args);
    va_end(args);
    /* What was printed belongs before what is said about it. */
    screen_flush();
    print_line(said);
}

static bool could_not_run(ctrace_status status)
{
    switch (status) {
    case CTRACE_NO_MEMORY:
    case CTRACE_ARGUMENT:
    case CTRACE_STATE:
    case CTRACE_IO:
    case CTRACE_NOT_FOUND:
    case CTRACE_UNSUPPORTED:
        return true;
    default:
        return false;
    }
}

int complain_of(const char *path, const ctrace_error *error)
{
    const char *file = error->file[0] ? error->file : path;
    const char *message = error->message[0] ? error->message : ctrace_status_text(error->status);
    char place[64] = "";
    char event[80] = "";
    if (error->position.line)
        snprintf(place, sizeof place, ":%" PRIu64 ":%" PRIu64, error->position.line, error->position.column);
    /* A place without a line is one in a binary form; without an offset too it is unknown. */
    bool binary = !error->position.line && error->position.offset;
    if (error->position.event != CTRACE_ID_NONE && error->position.line)
        snprintf(event, sizeof event, " (event %" PRIu64 ")", error->position.event);
    else if (error->position.event != CTRACE_ID_NONE && binary)
        snprintf(event, sizeof event, " (event %" PRIu64 ", byte %" PRIu64 ")", error->position.event,
                 error->position.offset);
    else if (binary)
        snprintf(event, sizeof event, " (byte %" PRIu64 ")", error->position.offset);
    /* What failed before anything was read names its file in the message. */
    if (!error->position.line && strstr(message, file))
        complain("%s%s", message, event);
    else
        complain("%s%s: %s%s", file, place, message, event);
    return could_not_run(error->status) ? EXIT_NOT_RUN : EXIT_BROKEN;
}

void *need(void *block)
{
    if (!block) {
        fprintf(stderr, "%s: out of memory\n", tool_name);
        exit(EXIT_NOT_RUN);
    }
    return block;
}
