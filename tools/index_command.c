/* ctrace index: keeps what makes going to any place of a trace fast. */
#include "commands.h"

#include "complain.h"
#include "input.h"
#include "options.h"
#include "screen.h"

#include <getopt.h>
#include <inttypes.h>
#include <string.h>

static const char help[] =
    "Usage: ctrace index [OPTION]... PATH\n"
    "\n"
    "Reads a trace once and keeps an index of it in the file EVENTS.index beside its\n"
    "events, such as trace.json.index. With it, other commands and programs go to any\n"
    "event, step or call at once. It is used as long as the events stay as they are,\n"
    "and may be removed at any time. PATH is the folder of a trace or its file.\n"
    "\n"
    "  --help            print this\n"
    "\n"
    "Exit status: 0 the index is kept; 1 the trace is broken, there is no index;\n"
    "2 could not run.\n"
    "\n"
    "Examples:\n"
    "  ctrace index trace/\n"
    "  ctrace index trace/ && ctrace cat --format jsonl --step 5000000 --count 1 trace/\n";

/* An exit code, or -1 to go on. */
static int read_options(const char **path, int argc, char **argv)
{
    static const struct option known[] = {{"help", no_argument, NULL, 'h'}, {0}};
    int found = getopt_long(argc, argv, ":", known, NULL);
    if (found != -1)
        return found == 'h' ? option_help(help) : option_refused(found, argv);
    *path = option_one_path(argc, argv);
    return *path ? -1 : EXIT_NOT_RUN;
}

/* "12 events, 3 steps, 1 calls" are counted already when the index is kept. */
static ctrace_status keep(ctrace_reader *reader, uint64_t counts[3], ctrace_error *error)
{
    ctrace_status status = ctrace_reader_keep_index(reader, error);
    for (unsigned unit = 0; status == CTRACE_OK && unit < 3; unit++)
        status = ctrace_reader_count(reader, (ctrace_unit)unit, &counts[unit], error);
    return status;
}

int index_command(int argc, char **argv)
{
    const char *path = NULL;
    int code = read_options(&path, argc, argv);
    if (code >= 0)
        return code;
    input in;
    code = input_open(&in, path);
    if (code)
        return code;
    uint64_t counts[3];
    ctrace_error error;
    if (keep(in.reader, counts, &error) != CTRACE_OK) {
        code = complain_of(input_name(path), &error);
    } else {
        text t = screen_text(WHEN_NEVER, false);
        text_format(&t, "Indexed ");
        text_safe(&t, (ctrace_str){path, strlen(path)}, 0, SIZE_MAX);
        text_format(&t, ": %" PRIu64 " events, %" PRIu64 " steps, %" PRIu64 " calls.\n", counts[0], counts[1],
                    counts[2]);
        screen_write(&t);
        text_free(&t);
    }
    int input_code = input_close(&in);
    return code ? code : input_code;
}
