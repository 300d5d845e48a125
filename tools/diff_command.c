/* ctrace diff: where two traces differ. */
#include "commands.h"

#include "complain.h"
#include "options.h"
#include "screen.h"

#include <ctrace/diff.h>

#include <getopt.h>
#include <inttypes.h>

static const char help[] =
    "Usage: ctrace diff [OPTION]... A B\n"
    "\n"
    "Tells where two traces differ first: in a call, a step, a value, a result or\n"
    "what was logged; then how much differs. They are compared by what they tell,\n"
    "whatever their forms, ids and order of declarations. A and B are folders of\n"
    "traces or their files.\n"
    "\n"
    "  --no-values       compare calls and steps only\n"
    "  --base-names      compare only the last part of paths, as when the programs\n"
    "                    stood in different folders\n"
    "  --format FORMAT   text (default) or json: one object, described by\n"
    "                    diff.schema.json\n" HELP_COLOUR
    "  --help            print this\n"
    "\n"
    "Exit status: 0 they tell the same; 1 they differ; 2 could not run.\n"
    "\n"
    "Examples:\n"
    "  ctrace diff before/ after/\n"
    "  ctrace diff --no-values good/trace.json bad/trace.bin\n";

typedef struct diff_command_options {
    const char *a, *b;
    ctrace_diff_options diff;
    bool json;
    when colours;
} diff_command_options;

/* An exit code, or -1 to go on. */
static int read_options(diff_command_options *o, int argc, char **argv)
{
    enum { NO_VALUES = 256, BASE_NAMES, FORMAT, COLOUR, HELP };
    static const struct option known[] = {
        {"no-values", no_argument, NULL, NO_VALUES}, {"base-names", no_argument, NULL, BASE_NAMES},
        {"format", required_argument, NULL, FORMAT}, {"color", required_argument, NULL, COLOUR},
        {"colour", required_argument, NULL, COLOUR}, {"help", no_argument, NULL, HELP},
        {0},
    };
    *o = (diff_command_options){.diff = {CTRACE_DIFF_OPTIONS_INIT}};
    int found;
    bool fine = true;
    while (fine && (found = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (found) {
        case NO_VALUES:
            o->diff.no_values = true;
            break;
        case BASE_NAMES:
            o->diff.base_names = true;
            break;
        case FORMAT:
            fine = option_format(optarg, "json", &o->json);
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
    if (!fine)
        return EXIT_NOT_RUN;
    if (argc - optind != 2) {
        complain("give two traces, each a folder or a file; see --help");
        return EXIT_NOT_RUN;
    }
    o->a = argv[optind];
    o->b = argv[optind + 1];
    return -1;
}

/* ---- Text ---- */

static void say_side(text *t, const char *mark, colour c, const ctrace_position *at, ctrace_str what)
{
    text_colour(t, c);
    text_format(t, "%s ", mark);
    if (at->event != CTRACE_ID_NONE)
        text_format(t, "event %" PRIu64 ": ", at->event);
    text_safe(t, what, 0, SIZE_MAX);
    text_colour(t, COLOUR_NONE);
    text_put(t, "\n");
}

static void say_counts(text *t, const char *name, uint64_t a, uint64_t b)
{
    text_format(t, "%-10s %14" PRIu64 " %14" PRIu64 "%s\n", name, a, b, a == b ? "" : "  *");
}

static const char *word_of(ctrace_difference_kind kind)
{
    switch (kind) {
    case CTRACE_DIFFERENCE_LENGTH:
        return "one of them ends";
    case CTRACE_DIFFERENCE_KIND:
        return "something else happens";
    case CTRACE_DIFFERENCE_CALL:
        return "another call";
    case CTRACE_DIFFERENCE_RETURN:
        return "another result";
    case CTRACE_DIFFERENCE_STEP:
        return "another line";
    case CTRACE_DIFFERENCE_VALUE:
        return "another value";
    case CTRACE_DIFFERENCE_LOG:
        return "another log event";
    case CTRACE_DIFFERENCE_THREAD:
        return "another thread";
    default:
        return "another event";
    }
}

static void print_text(text *t, const diff_command_options *o, const ctrace_difference *d)
{
    const ctrace_extent *a = &d->extent_a, *b = &d->extent_b;
    if (d->kind == CTRACE_DIFFERENCE_NONE) {
        text_format(t, "The same: %" PRIu64 " steps, %" PRIu64 " calls, %" PRIu64 " values.\n", a->steps, a->calls,
                    a->values);
        return;
    }
    text_format(t, "First difference: %s, after %" PRIu64 " steps and %" PRIu64 " calls, at ", word_of(d->kind),
                d->step, d->call);
    text_safe(t, d->where, 0, SIZE_MAX);
    text_put(t, "\n");
    say_side(t, "-", COLOUR_RED, &d->a, d->text_a);
    say_side(t, "+", COLOUR_GREEN, &d->b, d->text_b);
    uint64_t fewer = a->steps < b->steps ? a->steps : b->steps;
    text_format(t, "\n%" PRIu64 " of %" PRIu64 " steps that both have differ.\n\n%-10s %14s %14s\n",
                d->different_steps, fewer, "", "-", "+");
    say_counts(t, "events", a->events, b->events);
    say_counts(t, "steps", a->steps, b->steps);
    say_counts(t, "calls", a->calls, b->calls);
    say_counts(t, "returns", a->returns, b->returns);
    say_counts(t, "values", a->values, b->values);
    say_counts(t, "log events", a->logs, b->logs);
    text_put(t, "\n- is ");
    text_safe(t, str_of(o->a), 0, SIZE_MAX);
    text_put(t, "\n+ is ");
    text_safe(t, str_of(o->b), 0, SIZE_MAX);
    text_put(t, "\n");
}

/* ---- JSON ---- */

static void side_json(text *t, const char *name, const char *path, const ctrace_position *at, ctrace_str what,
                      const ctrace_extent *x)
{
    text_format(t, "  \"%s\": {\"path\": ", name);
    text_json(t, str_of(path));
    text_put(t, ", \"event\": ");
    if (at->event == CTRACE_ID_NONE)
        text_put(t, "null");
    else
        text_format(t, "%" PRIu64, at->event);
    text_put(t, ", \"text\": ");
    text_json(t, what);
    text_format(t,
                ",\n    \"counts\": {\"events\": %" PRIu64 ", \"steps\": %" PRIu64 ", \"calls\": %" PRIu64
                ", \"returns\": %" PRIu64 ", \"values\": %" PRIu64 ", \"logs\": %" PRIu64 "}},\n",
                x->events, x->steps, x->calls, x->returns, x->values, x->logs);
}

static void print_json(text *t, const diff_command_options *o, const ctrace_difference *d)
{
    text_format(t, "{\n  \"same\": %s,\n  \"difference\": \"%s\",\n  \"where\": ",
                d->kind == CTRACE_DIFFERENCE_NONE ? "true" : "false", ctrace_difference_name(d->kind));
    text_json(t, d->where);
    text_format(t, ",\n  \"steps_before\": %" PRIu64 ",\n  \"calls_before\": %" PRIu64 ",\n", d->step, d->call);
    side_json(t, "a", o->a, &d->a, d->text_a, &d->extent_a);
    side_json(t, "b", o->b, &d->b, d->text_b, &d->extent_b);
    text_format(t, "  \"different_steps\": %" PRIu64 "\n}\n", d->different_steps);
}

int diff_command(int argc, char **argv)
{
    diff_command_options o;
    int code = read_options(&o, argc, argv);
    if (code >= 0)
        return code;
    ctrace_diff *diff;
    ctrace_error error;
    if (ctrace_diff_traces(&diff, str_of(o.a), str_of(o.b), &o.diff, &error) != CTRACE_OK) {
        complain_of(o.a, &error);
        return EXIT_NOT_RUN;
    }
    const ctrace_difference *result = ctrace_diff_result(diff);
    text t = screen_text(o.colours, false);
    if (o.json)
        print_json(&t, &o, result);
    else
        print_text(&t, &o, result);
    screen_write(&t);
    text_free(&t);
    code = result->kind == CTRACE_DIFFERENCE_NONE ? EXIT_FINE : EXIT_BROKEN;
    ctrace_diff_free(&diff);
    return code;
}
