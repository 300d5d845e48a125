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
    "  --event N         begin at event N; --from N is the same\n"
    "  --step N          begin at step N, the steps counted from 0\n"
    "  --call N          begin at call N, the calls counted from 0\n"
    "  --count N         print at most N events\n"
    "  --kind KIND       only events of this kind, such as step or Call; may be given\n"
    "                    several times\n"
    "  --follow          the trace is still being written: wait for what comes, until it\n"
    "                    is complete or an interrupt from the keyboard\n"
    "  --ascii           ASCII only; also when the locale is not UTF-8\n" HELP_COLOUR
    "  --help            print this\n"
    "\n"
    "With jsonl, reading begins where --event, --step or --call says, at once where\n"
    "'ctrace index' was there; the text needs the names that were declared before.\n"
    "\n"
    "Exit status: 0 all was read; 1 the trace is broken, what can be read is\n"
    "printed; 2 could not run.\n"
    "\n"
    "Examples:\n"
    "  ctrace cat --kind call --kind return trace/\n"
    "  ctrace cat --format jsonl --step 8800 --count 20 trace/trace.json | jq .\n"
    "  ctrace cat --follow --kind event trace/\n";

typedef struct cat_options {
    const char *path;
    bool jsonl;
    const char *begin; /* the option that says where, or NULL */
    ctrace_unit unit;
    uint64_t from;
    uint64_t count;
    bool follow;
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

static bool choose_begin(cat_options *o, const char *option, ctrace_unit unit)
{
    if (o->begin) {
        complain("%s and %s cannot both say where to begin", o->begin, option);
        return false;
    }
    o->begin = option;
    o->unit = unit;
    return option_number(option, optarg, &o->from);
}

/* An exit code, or -1 to go on. */
static int read_options(cat_options *o, int argc, char **argv)
{
    enum { FORMAT = 256, FROM, EVENT, STEP, CALL, COUNT, KIND, FOLLOW, ASCII, COLOUR, HELP };
    static const struct option known[] = {
        {"format", required_argument, NULL, FORMAT}, {"from", required_argument, NULL, FROM},
        {"event", required_argument, NULL, EVENT},   {"step", required_argument, NULL, STEP},
        {"call", required_argument, NULL, CALL},     {"count", required_argument, NULL, COUNT},
        {"kind", required_argument, NULL, KIND},     {"follow", no_argument, NULL, FOLLOW},
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
            fine = choose_begin(o, "--from", CTRACE_UNIT_EVENT);
            break;
        case EVENT:
            fine = choose_begin(o, "--event", CTRACE_UNIT_EVENT);
            break;
        case STEP:
            fine = choose_begin(o, "--step", CTRACE_UNIT_STEP);
            break;
        case CALL:
            fine = choose_begin(o, "--call", CTRACE_UNIT_CALL);
            break;
        case COUNT:
            fine = option_number("--count", optarg, &o->count);
            break;
        case KIND:
            fine = choose_kind(o, optarg);
            break;
        case FOLLOW:
            o->follow = true;
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

/* What lies before the place to begin. */
typedef struct behind {
    uint64_t steps, calls;
} behind;

static bool has_begun(const cat_options *o, behind *seen, uint64_t index, ctrace_event_kind kind)
{
    uint64_t here = o->unit == CTRACE_UNIT_EVENT ? index : o->unit == CTRACE_UNIT_STEP ? seen->steps : seen->calls;
    bool is_unit = o->unit == CTRACE_UNIT_EVENT ||
                   kind == (o->unit == CTRACE_UNIT_STEP ? CTRACE_EVENT_STEP : CTRACE_EVENT_CALL);
    seen->steps += kind == CTRACE_EVENT_STEP;
    seen->calls += kind == CTRACE_EVENT_CALL;
    return here >= o->from && is_unit;
}

static int print_events(const cat_options *o, input *in, jsonl *json)
{
    names n;
    names_begin(&n, ctrace_reader_metadata(in->reader));
    text line = screen_text(o->colours, o->ascii);
    int code = EXIT_FINE;
    uint64_t printed = 0;
    bool begun = !o->begin;
    behind seen = {0};
    if (o->begin && o->jsonl) {
        input_seek(in, o->unit, o->from);
        begun = true;
    }
    const ctrace_event *event;
    while (printed < o->count && !code && input_next(in, &event)) {
        ctrace_position position;
        ctrace_reader_position(in->reader, &position);
        begun = begun || has_begun(o, &seen, position.event, event->kind);
        if (begun && (!o->some_kinds || o->kinds[event->kind])) {
            if (o->jsonl)
                code = jsonl_event(json, event);
            else
                print_text(&line, &n, position.event, event);
            printed++;
        }
        if (!o->jsonl)
            names_see(&n, event);
    }
    text_free(&line);
    names_free(&n);
    return code;
}

/* Shows what was printed so far, while the next event is waited for. */
static void show_all(void *cookie)
{
    jsonl *json = cookie;
    if (json->writer)
        jsonl_flush(json);
    screen_flush();
}

int cat_command(int argc, char **argv)
{
    cat_options o;
    int code = read_options(&o, argc, argv);
    if (code >= 0)
        return code;
    input in;
    jsonl json = {0};
    code = o.follow ? input_follow(&in, o.path, show_all, &json) : input_open(&in, o.path);
    if (code)
        return code;
    if (in.has_ended) /* interrupted before anything was there */
        return input_close(&in);
    if (o.jsonl)
        code = jsonl_begin(&json);
    if (!code)
        code = print_events(&o, &in, &json);
    int end_code = json.writer ? jsonl_end(&json) : EXIT_FINE;
    int input_code = input_close(&in);
    return code ? code : end_code ? end_code : input_code;
}
