/* ctrace info: what a trace holds. */
#include "commands.h"

#include "complain.h"
#include "input.h"
#include "options.h"
#include "threads.h"

#include <getopt.h>
#include <inttypes.h>

static const char help[] =
    "Usage: ctrace info [OPTION]... PATH\n"
    "\n"
    "Tells what a trace holds: the program and its arguments, who recorded it, the\n"
    "form and what is special about it, how many events of each kind, calls and their\n"
    "depth, threads, and what had to be read leniently. PATH is the folder of a trace,\n"
    "its file, or - for standard input.\n"
    "\n"
    "  --format FORMAT   text (default) or json: one object, described by\n"
    "                    info.schema.json\n"
    "  --help            print this\n"
    "\n"
    "Exit status: 0 all was read; 1 the trace is broken, the numbers are of what\n"
    "can be read; 2 could not run.\n"
    "\n"
    "Examples:\n"
    "  ctrace info trace/\n"
    "  ctrace info --format json trace/trace.json | jq .counts\n";

typedef struct tally {
    uint64_t events;
    uint64_t kinds[CTRACE_EVENT_KIND_COUNT];
    uint64_t leniencies[CTRACE_LENIENCY_COUNT];
    uint64_t log_kinds[CTRACE_LOG_KIND_COUNT];
    uint64_t deepest; /* calls that were open at once in one thread */
    size_t threads;
} tally;

static uint64_t variables_of(const tally *t)
{
    return t->kinds[CTRACE_EVENT_VARIABLE_NAME] + t->kinds[CTRACE_EVENT_VARIABLE];
}

static const char *form_of(const tally *t, const ctrace_reader *reader)
{
    ctrace_form form = ctrace_reader_form(reader);
    if (form != CTRACE_FORM_JSON && form != CTRACE_FORM_NDJSON)
        return ctrace_form_text(form);
    if (t->leniencies[CTRACE_LENIENCY_NOT_A_LIST])
        return "JSON, one event after another";
    if (t->leniencies[CTRACE_LENIENCY_UNTERMINATED])
        return "JSON list that is not closed";
    return "JSON list";
}

static uint64_t size_of(const ctrace_reader *reader)
{
    uint64_t size = ctrace_reader_file_size(reader);
    return size ? size : ctrace_reader_bytes_read(reader);
}

static void count_warnings(tally *t, ctrace_reader *reader)
{
    const ctrace_warning *warnings;
    size_t count = ctrace_reader_warnings(reader, &warnings);
    for (size_t i = 0; i < count; i++)
        t->leniencies[warnings[i].leniency]++;
}

static void count_events(tally *t, input *in)
{
    *t = (tally){0};
    threads running;
    threads_begin(&running);
    const ctrace_event *event;
    while (input_next(in, &event)) {
        t->events++;
        t->kinds[event->kind]++;
        if (event->kind == CTRACE_EVENT_LOG && (size_t)event->log.kind < CTRACE_LOG_KIND_COUNT)
            t->log_kinds[event->log.kind]++;
        const thread *now = threads_see(&running, event);
        if (now->deepest > t->deepest)
            t->deepest = now->deepest;
        count_warnings(t, in->reader);
    }
    count_warnings(t, in->reader);
    t->threads = running.count;
    threads_free(&running);
}

/* ---- Text ---- */

static void label(text *t, const char *name)
{
    text_format(t, "%-14s", name);
}

static void say_text(text *t, const char *name, ctrace_str s)
{
    if (s.size == 0)
        return;
    label(t, name);
    text_safe(t, s, 0, SIZE_MAX);
    text_put(t, "\n");
}

static void say_count(text *t, const char *name, uint64_t count)
{
    label(t, name);
    text_format(t, "%" PRIu64 "\n", count);
}

static void say_metadata(text *t, const ctrace_metadata *m)
{
    if (!m)
        return;
    say_text(t, "program", m->program);
    if (m->arg_count) {
        label(t, "arguments");
        for (size_t i = 0; i < m->arg_count; i++) {
            text_put(t, i ? " '" : "'");
            text_safe(t, m->args[i], '\'', SIZE_MAX);
            text_put(t, "'");
        }
        text_put(t, "\n");
    }
    say_text(t, "workdir", m->workdir);
    say_text(t, "recording", m->recording_id);
    if (m->recorder.size) {
        label(t, "recorder");
        text_safe(t, m->recorder, 0, SIZE_MAX);
        text_put(t, m->recorder_version.size ? " " : "");
        text_safe(t, m->recorder_version, 0, SIZE_MAX);
        text_put(t, "\n");
    }
}

static void say_size(text *t, uint64_t size)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double shown = (double)size;
    size_t unit = 0;
    while (shown >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        shown /= 1024;
        unit++;
    }
    label(t, "size");
    if (unit)
        text_format(t, "%.1f %s (%" PRIu64 " bytes)\n", shown, units[unit], size);
    else
        text_format(t, "%" PRIu64 " bytes\n", size);
}

/* The kinds that occur, indented below their sum. */
static void say_kinds(text *t, const tally *counted)
{
    say_count(t, "events", counted->events);
    for (size_t i = 0; i < CTRACE_EVENT_KIND_COUNT; i++)
        if (counted->kinds[i])
            text_format(t, "  %-20s %10" PRIu64 "\n", ctrace_event_kind_name((ctrace_event_kind)i), counted->kinds[i]);
    for (size_t i = 0; i < CTRACE_LOG_KIND_COUNT; i++)
        if (counted->log_kinds[i])
            text_format(t, "    %-18s %10" PRIu64 "\n", ctrace_log_kind_name((ctrace_log_kind)i),
                        counted->log_kinds[i]);
}

static void say_leniencies(text *t, const tally *counted)
{
    bool any = false;
    for (size_t i = 0; i < CTRACE_LENIENCY_COUNT; i++) {
        if (!counted->leniencies[i])
            continue;
        if (!any)
            text_put(t, "read leniently\n");
        any = true;
        text_format(t, "  %-20s %10" PRIu64 "  %s\n", ctrace_leniency_name((ctrace_leniency)i),
                    counted->leniencies[i], ctrace_leniency_text((ctrace_leniency)i));
    }
}

static void print_text(text *t, const tally *counted, const ctrace_reader *reader)
{
    say_metadata(t, ctrace_reader_metadata(reader));
    say_text(t, "form", str_of(form_of(counted, reader)));
    say_text(t, "details", ctrace_reader_details(reader));
    say_size(t, size_of(reader));
    say_count(t, "steps", counted->kinds[CTRACE_EVENT_STEP]);
    label(t, "calls");
    text_format(t, "%" PRIu64 ", at most %" PRIu64 " deep\n", counted->kinds[CTRACE_EVENT_CALL], counted->deepest);
    say_count(t, "threads", counted->threads);
    say_count(t, "functions", counted->kinds[CTRACE_EVENT_FUNCTION]);
    say_count(t, "paths", counted->kinds[CTRACE_EVENT_PATH]);
    say_count(t, "variables", variables_of(counted));
    say_count(t, "types", counted->kinds[CTRACE_EVENT_TYPE]);
    say_kinds(t, counted);
    say_leniencies(t, counted);
}

/* ---- JSON ---- */

static void member(text *t, const char *indent, const char *name)
{
    text_format(t, "%s\"%s\": ", indent, name);
}

static void member_text(text *t, const char *name, ctrace_str s)
{
    member(t, "  ", name);
    if (s.size)
        text_json(t, s);
    else
        text_put(t, "null");
    text_put(t, ",\n");
}

static void member_counts(text *t, const char *name, const char *(*name_of)(size_t), const uint64_t *counts,
                          size_t count)
{
    bool any = false;
    member(t, "  ", name);
    text_put(t, "{");
    for (size_t i = 0; i < count; i++) {
        if (!counts[i])
            continue;
        text_format(t, "%s\"%s\": %" PRIu64, any ? ", " : "", name_of(i), counts[i]);
        any = true;
    }
    text_put(t, "},\n");
}

static const char *event_kind(size_t i) { return ctrace_event_kind_name((ctrace_event_kind)i); }
static const char *log_kind(size_t i) { return ctrace_log_kind_name((ctrace_log_kind)i); }
static const char *leniency(size_t i) { return ctrace_leniency_name((ctrace_leniency)i); }

static void print_json(text *t, const tally *counted, const input *in)
{
    static const ctrace_metadata nothing;
    const ctrace_metadata *m = ctrace_reader_metadata(in->reader);
    if (!m)
        m = &nothing;
    text_put(t, "{\n");
    member_text(t, "path", str_of(input_name(in->path)));
    member_text(t, "program", m->program);
    member(t, "  ", "args");
    text_put(t, "[");
    for (size_t i = 0; i < m->arg_count; i++) {
        text_put(t, i ? ", " : "");
        text_json(t, m->args[i]);
    }
    text_put(t, "],\n");
    member_text(t, "workdir", m->workdir);
    member_text(t, "recording_id", m->recording_id);
    member_text(t, "recorder", m->recorder);
    member_text(t, "recorder_version", m->recorder_version);
    member_text(t, "form", str_of(form_of(counted, in->reader)));
    member_text(t, "form_name", str_of(ctrace_form_name(ctrace_reader_form(in->reader))));
    member_text(t, "details", ctrace_reader_details(in->reader));
    text_format(t, "  \"size\": %" PRIu64 ",\n", size_of(in->reader));
    text_format(t, "  \"complete\": %s,\n", in->first.status == CTRACE_OK && !in->is_cut_off ? "true" : "false");
    member_text(t, "error", str_of(in->first.message));
    text_format(t,
                "  \"counts\": {\"events\": %" PRIu64 ", \"steps\": %" PRIu64 ", \"calls\": %" PRIu64
                ", \"deepest_call\": %" PRIu64 ", \"threads\": %zu, \"functions\": %" PRIu64 ", \"paths\": %" PRIu64
                ", \"variables\": %" PRIu64 ", \"types\": %" PRIu64 "},\n",
                counted->events, counted->kinds[CTRACE_EVENT_STEP], counted->kinds[CTRACE_EVENT_CALL],
                counted->deepest, counted->threads, counted->kinds[CTRACE_EVENT_FUNCTION],
                counted->kinds[CTRACE_EVENT_PATH], variables_of(counted), counted->kinds[CTRACE_EVENT_TYPE]);
    member_counts(t, "kinds", event_kind, counted->kinds, CTRACE_EVENT_KIND_COUNT);
    member_counts(t, "log_kinds", log_kind, counted->log_kinds, CTRACE_LOG_KIND_COUNT);
    member_counts(t, "leniencies", leniency, counted->leniencies, CTRACE_LENIENCY_COUNT);
    t->size -= 2; /* the last comma and the end of its line */
    text_put(t, "\n}\n");
}

/* An exit code, or -1 to go on. */
static int read_options(bool *json, const char **path, int argc, char **argv)
{
    enum { FORMAT = 256, HELP };
    static const struct option known[] = {
        {"format", required_argument, NULL, FORMAT}, {"help", no_argument, NULL, HELP}, {0}};
    int found;
    while ((found = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        if (found == HELP)
            return option_help(help);
        if (found != FORMAT)
            return option_refused(found, argv);
        if (!option_format(optarg, "json", json))
            return EXIT_NOT_RUN;
    }
    *path = option_one_path(argc, argv);
    return *path ? -1 : EXIT_NOT_RUN;
}

int info_command(int argc, char **argv)
{
    bool json = false;
    const char *path = NULL;
    int code = read_options(&json, &path, argc, argv);
    if (code >= 0)
        return code;
    input in;
    code = input_open(&in, path);
    if (code)
        return code;
    tally counted;
    count_events(&counted, &in);
    text t = screen_text(WHEN_NEVER, false);
    if (json)
        print_json(&t, &counted, &in);
    else
        print_text(&t, &counted, in.reader);
    screen_write(&t);
    text_free(&t);
    return input_close(&in);
}
