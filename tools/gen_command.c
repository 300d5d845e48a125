/* ctrace gen: makes up a trace. */
#include "commands.h"

#include "complain.h"
#include "options.h"

#include <ctrace/generate.h>

#include <getopt.h>
#include <string.h>

static const char help[] =
    "Usage: ctrace gen [OPTION]... OUT\n"
    "\n"
    "Makes up a trace, always the same for the same options: to test and to measure\n"
    "programs that read traces. OUT is a folder, or a file when its suffix names a\n"
    "form: .json, .ndjson, .bin or .ct.\n"
    "\n"
    "  --events N        at least so many events (default 1000)\n"
    "  --seed N          another number gives another trace (default 0)\n"
    "  --content WHAT    valid (default): every kind of event and value that no known\n"
    "                    reader stumbles over; every: all kinds of the format;\n"
    "                    recorder: what a recorder writes, mostly steps and values\n"
    "  --depth N         nesting of values (default 6, at most 500)\n"
    "  --to FORM         json, ndjson, bin, bin-v0 or ct; default: by OUT's suffix,\n"
    "                    else json\n"
    "  --help            print this\n"
    "\n"
    "Exit status: 0 fine; 2 could not run.\n"
    "\n"
    "Examples:\n"
    "  ctrace gen --events 1000000 --content recorder big.bin\n"
    "  ctrace gen --seed 7 --content every trace/ && ctrace validate trace/\n";

typedef struct gen_options {
    const char *out;
    ctrace_generate_options generate;
    bool has_form;
    ctrace_form form;
} gen_options;

static bool choose_content(const char *given, ctrace_content *out)
{
    for (int i = 0; i < CTRACE_CONTENT_COUNT; i++) {
        if (strcmp(given, ctrace_content_name((ctrace_content)i)) == 0) {
            *out = (ctrace_content)i;
            return true;
        }
    }
    complain("--content is valid, every or recorder, not '%s'", given);
    return false;
}

/* An exit code, or -1 to go on. */
static int read_options(gen_options *o, int argc, char **argv)
{
    enum { EVENTS = 256, SEED, CONTENT, DEPTH, TO, HELP };
    static const struct option known[] = {
        {"events", required_argument, NULL, EVENTS}, {"seed", required_argument, NULL, SEED},
        {"content", required_argument, NULL, CONTENT}, {"depth", required_argument, NULL, DEPTH},
        {"to", required_argument, NULL, TO}, {"help", no_argument, NULL, HELP}, {0},
    };
    *o = (gen_options){.generate = {CTRACE_GENERATE_OPTIONS_INIT}};
    int found;
    bool fine = true;
    while (fine && (found = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        uint64_t number = 0;
        switch (found) {
        case EVENTS:
            fine = option_number("--events", optarg, &o->generate.events);
            break;
        case SEED:
            fine = option_number("--seed", optarg, &o->generate.seed);
            break;
        case CONTENT:
            fine = choose_content(optarg, &o->generate.content);
            break;
        case DEPTH:
            fine = option_number("--depth", optarg, &number);
            o->generate.max_depth = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
            break;
        case TO:
            fine = o->has_form = option_form("--to", optarg, &o->form);
            break;
        case HELP:
            return option_help(help);
        default:
            return option_refused(found, argv);
        }
    }
    if (fine && argc - optind != 1) {
        complain("give one folder or file to write; see --help");
        fine = false;
    }
    o->out = argv[optind];
    return fine ? -1 : EXIT_NOT_RUN;
}

int gen_command(int argc, char **argv)
{
    gen_options o;
    int code = read_options(&o, argc, argv);
    if (code >= 0)
        return code;
    ctrace_str out = {o.out, strlen(o.out)};
    ctrace_form of_name = ctrace_form_of_name(out);
    bool is_file = of_name != CTRACE_FORM_COUNT;
    if (!o.has_form)
        o.form = is_file ? of_name : CTRACE_FORM_JSON;
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT,
                                     .program = CTRACE_STR("module_0.gen"),
                                     .workdir = CTRACE_STR("/generated"),
                                     .recorder = CTRACE_STR("ctrace gen"),
                                     .form = o.form,
                                     .max_depth = 500,
                                     .without = CTRACE_CONVENIENCE_ALL,
                                     .single_copy = true};
    ctrace_writer *w;
    ctrace_error error;
    ctrace_status status = is_file ? ctrace_writer_open_file(&w, out, &options, &error)
                                   : ctrace_writer_open(&w, out, &options, &error);
    if (status == CTRACE_OK) {
        status = ctrace_generate(w, &o.generate, &error);
        ctrace_error closing;
        ctrace_status closed = ctrace_writer_close(&w, &closing);
        if (status == CTRACE_OK && closed != CTRACE_OK) {
            status = closed;
            error = closing;
        }
    }
    if (status == CTRACE_OK)
        return EXIT_FINE;
    return complain_of(o.out, &error);
}
