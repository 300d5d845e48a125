/* ctrace-validate, and the same as ctrace validate: judges traces. */
#include "commands.h"

#include "complain.h"
#include "input.h"
#include "nearest.h"
#include "options.h"
#include "progress.h"
#include "show_report.h"

#include <ctrace/validate.h>

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help_begin[] =
    " [OPTION]... PATH...\n"
    "\n"
    "Tells what is wrong with a trace, where, and which programs would refuse it or\n"
    "crash on it. PATH is the folder of a trace, its file, or - for standard input.\n"
    "Files beside a trace (metadata, paths, files/) are judged too.\n"
    "\n"
    "  --profile CONSUMER  judge for one program: what it does not mind is at most\n"
    "                      information\n"
    "  --max-errors N      show N problems of each severity (default 100, 0 shows\n"
    "                      all); all are counted\n"
    "  --no-sources        do not look at the program's source files on this machine\n"
    "  --format FORMAT     text (default), json: one object for all inputs, described\n"
    "                      by validate.schema.json, or sarif: SARIF 2.1.0\n"
    "  -q, --quiet         print nothing; the exit status tells\n"
    "  --list-rules        print all rules\n"
    "  --explain RULE      tell why a rule is there, who breaks it and what to do\n"
    "  --color WHEN        always, never or auto (default: on a terminal, unless\n"
    "                      NO_COLOR is set)\n"
    "  --version           print the version\n"
    "  --help              print this\n"
    "\n"
    "Consumers:\n";

static const char help_end[] =
    "\n"
    "Exit status, the worst of all inputs: 0 valid, that is without errors;\n"
    "1 invalid; 2 could not run.\n"
    "\n"
    "Examples:\n"
    "  %s trace/\n"
    "  %s --profile codetracer-2026 --format json a/ b/trace.json\n";

typedef struct validate_options {
    ctrace_validate_options library;
    report_format format;
    bool quiet;
    bool list_rules;
    const char *explain;
    when colours;
} validate_options;

/* ---- Progress ---- */

static int tell_progress(void *cookie, uint64_t done, uint64_t total)
{
    progress_tell(cookie, done, total);
    return 0;
}

/* ---- Judging ---- */

static int judge(const validate_options *o, const char *path, report_printer *printer)
{
    progress shown = {.name = input_name(path)};
    ctrace_validate_options library = o->library;
    if (isatty(STDERR_FILENO) && !o->quiet) {
        library.progress = tell_progress;
        library.progress_cookie = &shown;
    }
    ctrace_str name = str_of(input_name(path));
    ctrace_report *report = NULL;
    ctrace_error error;
    ctrace_source source = input_stdin();
    ctrace_status status = input_is_stdin(path) ? ctrace_validate_source(&report, &source, name, &library, &error)
                                                : ctrace_validate(&report, name, &library, &error);
    progress_end(&shown);
    if (status != CTRACE_OK) {
        if (!o->quiet)
            report_print_failure(printer, path, &error);
        complain_of(name.data, &error);
        return EXIT_NOT_RUN;
    }
    int code = ctrace_report_is_valid(report) ? EXIT_FINE : EXIT_BROKEN;
    if (!o->quiet)
        report_print(printer, path, report);
    ctrace_report_free(&report);
    return code;
}

static int judge_all(const validate_options *o, char **paths)
{
    report_printer printer = {.format = o->format, .options = &o->library, .out = screen_text(o->colours, false)};
    if (!o->quiet)
        report_begin(&printer);
    int worst = EXIT_FINE;
    for (; *paths; paths++) {
        int code = judge(o, *paths, &printer);
        worst = code > worst ? code : worst;
    }
    if (!o->quiet)
        report_end(&printer, worst);
    text_free(&printer.out);
    text_free(&printer.failures);
    return worst;
}

/* ---- Rules ---- */

static const char *rule_at(size_t index)
{
    return index < ctrace_rule_count() ? ctrace_rule_at(index)->id : NULL;
}

static const char *consumer_at(size_t index)
{
    return index < CTRACE_CONSUMER_COUNT ? ctrace_consumer_name((ctrace_consumer)index) : NULL;
}

static int unknown(const char *what, const char *given, const char *(*word_at)(size_t), const char *see)
{
    const char *meant = nearest_word(given, word_at);
    if (meant)
        complain("there is no %s '%s'; did you mean %s?", what, given, meant);
    else
        complain("there is no %s '%s'; see %s", what, given, see);
    return EXIT_NOT_RUN;
}

static int list_rules(const validate_options *o)
{
    text out = screen_text(o->colours, false);
    if (o->format == REPORT_JSON)
        rules_print_json(&out);
    else
        rules_print(&out);
    screen_write(&out);
    text_free(&out);
    return EXIT_FINE;
}

static int explain_rule(const validate_options *o)
{
    const ctrace_rule *rule = ctrace_rule_find(str_of(o->explain));
    if (!rule)
        return unknown("rule", o->explain, rule_at, "--list-rules");
    text out = screen_text(o->colours, false);
    if (o->format == REPORT_JSON)
        rule_print_json(&out, rule);
    else
        rule_print(&out, rule);
    screen_write(&out);
    text_free(&out);
    return EXIT_FINE;
}

/* ---- Options ---- */

static int print_help(void)
{
    text t = {0};
    text_format(&t, "Usage: %s%s", complain_name(), help_begin);
    for (size_t i = 0; i < CTRACE_CONSUMER_COUNT; i++)
        text_format(&t, "  %-18s  %s\n", consumer_at(i), ctrace_consumer_text((ctrace_consumer)i));
    text_format(&t, help_end, complain_name(), complain_name());
    screen_write(&t);
    text_free(&t);
    return EXIT_FINE;
}

static bool choose_profile(validate_options *o, const char *given)
{
    o->library.profile = ctrace_consumer_find(str_of(given));
    o->library.has_profile = o->library.profile != CTRACE_CONSUMER_COUNT;
    if (!o->library.has_profile)
        unknown("consumer", given, consumer_at, "--help");
    return o->library.has_profile;
}

static bool choose_format(validate_options *o, const char *given)
{
    static const char *const words[] = {[REPORT_TEXT] = "text", [REPORT_JSON] = "json", [REPORT_SARIF] = "sarif"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(given, words[i]) == 0) {
            o->format = (report_format)i;
            return true;
        }
    }
    complain("--format is text, json or sarif, not '%s'", given);
    return false;
}

static bool choose_max_errors(validate_options *o, const char *given)
{
    uint64_t number;
    if (!option_number("--max-errors", given, &number))
        return false;
    o->library.max_errors = number ? number : UINT64_MAX;
    return true;
}

/* An exit code, or -1 to go on. */
static int read_options(validate_options *o, int argc, char **argv)
{
    enum { FORMAT = 256, PROFILE, MAX_ERRORS, NO_SOURCES, LIST_RULES, EXPLAIN, COLOUR, VERSION, HELP };
    static const struct option known[] = {
        {"format", required_argument, NULL, FORMAT},
        {"profile", required_argument, NULL, PROFILE},
        {"max-errors", required_argument, NULL, MAX_ERRORS},
        {"no-sources", no_argument, NULL, NO_SOURCES},
        {"quiet", no_argument, NULL, 'q'},
        {"list-rules", no_argument, NULL, LIST_RULES},
        {"explain", required_argument, NULL, EXPLAIN},
        {"color", required_argument, NULL, COLOUR},
        {"colour", required_argument, NULL, COLOUR},
        {"version", no_argument, NULL, VERSION},
        {"help", no_argument, NULL, HELP},
        {0},
    };
    *o = (validate_options){.library = {CTRACE_VALIDATE_OPTIONS_INIT}};
    int found;
    bool fine = true;
    while (fine && (found = getopt_long(argc, argv, ":q", known, NULL)) != -1) {
        switch (found) {
        case FORMAT:
            fine = choose_format(o, optarg);
            break;
        case PROFILE:
            fine = choose_profile(o, optarg);
            break;
        case MAX_ERRORS:
            fine = choose_max_errors(o, optarg);
            break;
        case NO_SOURCES:
            o->library.no_sources = true;
            break;
        case 'q':
            o->quiet = true;
            break;
        case LIST_RULES:
            o->list_rules = true;
            break;
        case EXPLAIN:
            o->explain = optarg;
            break;
        case COLOUR:
            fine = option_colour(optarg, &o->colours);
            break;
        case VERSION:
            return option_version(complain_name());
        case HELP:
            return print_help();
        default:
            return option_refused(found, argv);
        }
    }
    return fine ? -1 : EXIT_NOT_RUN;
}

int validate_command(int argc, char **argv)
{
    validate_options o;
    int code = read_options(&o, argc, argv);
    if (code >= 0)
        return code;
    if (o.list_rules)
        return list_rules(&o);
    if (o.explain)
        return explain_rule(&o);
    if (optind == argc) {
        complain("which trace? Give a folder, a file, or - for standard input; see --help");
        return EXIT_NOT_RUN;
    }
    return judge_all(&o, argv + optind);
}
