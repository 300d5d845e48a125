/* ctrace cat: the events, one a line. */
#include "commands.h"

#include "complain.h"
#include "input.h"
#include "jsonl.h"
#include "nearest.h"
#include "options.h"
#include "show_event.h"

#include <getopt.h>
#include <inttypes.h>

static const char help[] =
    "Usage: ctrace cat [OPTION]... PATH\n"
    "\n"
    "Prints the events of a trace, one a line, each with its number from 0. Names\n"
    "are put in the place of ids, and paths below the working folder of the\n"
    "recording are shown from there. PATH is the folder of a trace, its file, or -\n"
    "for standard input. Control characters in the trace are escaped.\n"
    "\n"
    "  --format FORMAT   text (default), or jsonl: each line is an event as\n"
    "                    trace.json holds it\n"
    "  --from N          begin at event N\n"
    "  --count N         print at most N events\n"
    "  --kind KIND       only events of this kind, such as step or Call; may be given\n"
    "                    several times\n"
    "  --ascii           ASCII only; also when the locale is not UTF-8\n" HELP_COLOUR
    "  --help            print this\n"
    "\n"
    "Exit status: 0 all was read; 1 the trace is broken, what can be read is\n"
    "printed; 2 could not run.\n"
    "\n"
    "Examples:\n"
    "  ctrace cat --kind call --kind return trace/\n"
    "  ctrace cat --format jsonl --from 8800 --count 20 trace/trace.json | jq .\n";

typedef struct cat_options {
    const char *path;
    bool jsonl;
    uint64_t from;
    uint64_t count;
    bool some_kinds;
    bool kinds[CTRACE_EVENT_KIND_COUNT];
    bool ascii;
    when colours;
} cat_options;

static const char *kind_at(size_t index)
{
    return ctrace_event_kind_name((ctrace_event_kind)index);
}

/* "bind-variable" is as good as "BindVariable". */
static bool is_same_kind(const char *given, const char *name)
{
    for (; *given || *name; given++) {
        if (*given == '-' || *given == '_')
            continue;
        if (((unsigned char)*given | 0x20) != ((unsigned char)*name | 0x20) || !*name)
            return false;
        name++;
    }
    return true;
}

static bool choose_kind(cat_options *o, const char *given)
{
    o->some_kinds = true;
    for (size_t i = 0; i < CTRACE_EVENT_KIND_COUNT; i++)
        if (is_same_kind(given, kind_at(i)))
            return o->kinds[i] = true;
    const char *meant = nearest_word(given, kind_at);
    complain("there is no event kind '%s'%s%s%s", given, meant ? "; did you mean " : "", meant ? meant : "",
             meant ? "?" : "");
    return false;
}

/* An exit code, or -1 to go on. */
static int read_options(cat_options *o, int argc, char **argv)
{
    enum { FORMAT = 256, FROM, COUNT, KIND, ASCII, COLOUR, HELP };
    static const struct option known[] = {
        {"format", required_argument, NULL, FORMAT}, {"from", required_argument, NULL, FROM},
        {"count", required_argument, NULL, COUNT},   {"kind", required_argument, NULL, KIND},
        {"ascii", no_argument, NULL, ASCII},         {"color", required_argument, NULL, COLOUR},
        {"colour", required_argument, NULL, COLOUR}, {"help", no_argument, NULL, HELP},
        {0},
    };
    *o = (cat_options){.count = UINT64_MAX};
    int found;
    bool fine = true;
    while (fine && (found = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (found) {
        case FORMAT:
            fine = option_format(optarg, "jsonl", &o->jsonl);
            break;
        case FROM:
            fine = option_number("--from", optarg, &o->from);
            break;
        case COUNT:
            fine = option_number("--count", optarg, &o->count);
            break;
        case KIND:
            fine = choose_kind(o, optarg);
            break;
        case ASCII:
            o->ascii = true;
            break;
        case COLOUR:
            fine = option_colour(optarg, &o->colours);
            break;
        case HELP:
            return option_help(help);
        default:
            return option_refused(found, argv);
        }
    }
    if (fine)
        o->path = option_one_path(argc, argv);
    return o->path ? -1 : EXIT_NOT_RUN;
}

static colour colour_of(ctrace_event_kind kind)
{
    switch (kind) {
    case CTRACE_EVENT_STEP:
        return COLOUR_CYAN;
    case CTRACE_EVENT_CALL:
    case CTRACE_EVENT_RETURN:
        return COLOUR_BOLD;
    case CTRACE_EVENT_LOG:
        return COLOUR_YELLOW;
    case CTRACE_EVENT_PATH:
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
    case CTRACE_EVENT_TYPE:
    case CTRACE_EVENT_FUNCTION:
        return COLOUR_DIM;
    default:
        return COLOUR_NONE;
    }
}

static void print_text(text *line, const names *n, uint64_t index, const ctrace_event *event)
{
    colour c = colour_of(event->kind);
    text_format(line, "%" PRIu64 " ", index);
    if (c != COLOUR_NONE)
        text_colour(line, c);
    show_event(line, n, event);
    if (c != COLOUR_NONE)
        text_colour(line, COLOUR_NONE);
    text_put(line, "\n");
    screen_write(line);
}

static int print_events(const cat_options *o, input *in, jsonl *json)
{
    names n;
    names_begin(&n, ctrace_reader_metadata(in->reader));
    text line = screen_text(o->colours, o->ascii);
    int code = EXIT_FINE;
    uint64_t printed = 0;
    const ctrace_event *event;
    while (printed < o->count && !code && input_next(in, &event)) {
        ctrace_position position;
        ctrace_reader_position(in->reader, &position);
        if (position.event >= o->from && (!o->some_kinds || o->kinds[event->kind])) {
            if (o->jsonl)
                code = jsonl_event(json, event);
            else
                print_text(&line, &n, position.event, event);
            printed++;
        }
        names_see(&n, event);
    }
    text_free(&line);
    names_free(&n);
    return code;
}

int cat_command(int argc, char **argv)
{
    cat_options o;
    int code = read_options(&o, argc, argv);
    if (code >= 0)
        return code;
    input in;
    code = input_open(&in, o.path);
    if (code)
        return code;
    jsonl json = {0};
    if (o.jsonl)
        code = jsonl_begin(&json);
    if (!code)
        code = print_events(&o, &in, &json);
    int end_code = json.writer ? jsonl_end(&json) : EXIT_FINE;
    int input_code = input_close(&in);
    return code ? code : end_code ? end_code : input_code;
}
