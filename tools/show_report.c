#include "show_report.h"

#include "input.h"
#include "screen.h"

#include <ctrace/version.h>

#include <inttypes.h>
#include <string.h>

static const char *const severity_names[] = {
    [CTRACE_SEVERITY_ERROR] = "error", [CTRACE_SEVERITY_WARNING] = "warning", [CTRACE_SEVERITY_INFO] = "info"};
static const colour severity_colours[] = {
    [CTRACE_SEVERITY_ERROR] = COLOUR_RED, [CTRACE_SEVERITY_WARNING] = COLOUR_YELLOW,
    [CTRACE_SEVERITY_INFO] = COLOUR_CYAN};
static const char *const effect_names[] = {
    [CTRACE_EFFECT_NONE] = "none", [CTRACE_EFFECT_DEGRADE] = "degrade", [CTRACE_EFFECT_ABORT] = "abort",
    [CTRACE_EFFECT_REFUSE] = "refuse"};

/* What an input is when it cannot be read as a trace to its end; NULL when it can. The rules of the same names. */
static const struct { const char *rule; const char *outcome; } unreadable[] = {
    {"not-a-trace", "not a trace"},
    {"truncated", "truncated"},
    {"unterminated", "truncated"},
    {"too-deep", "too deep"},
    {"too-large", "too large"},
    {"syntax", "malformed"},
};

static const char *outcome_of(const ctrace_report *report)
{
    if (ctrace_report_is_valid(report))
        return "valid";
    for (size_t u = 0; u < sizeof unreadable / sizeof *unreadable; u++)
        for (size_t i = 0; i < ctrace_report_count(report); i++)
            if (strcmp(ctrace_report_at(report, i)->rule->id, unreadable[u].rule) == 0)
                return unreadable[u].outcome;
    return "invalid";
}

/* ---- Text ---- */

static void coloured(text *t, colour c, const char *ours)
{
    text_colour(t, c);
    text_put(t, ours);
    text_colour(t, COLOUR_NONE);
}

/* The event, and where there are no lines the byte. */
static void print_place(text *t, const ctrace_position *at)
{
    bool event = at->event != CTRACE_ID_NONE, byte = !at->line && at->offset;
    if (event)
        text_format(t, " (event %" PRIu64, at->event);
    if (byte)
        text_format(t, "%sbyte %" PRIu64, event ? ", " : " (", at->offset);
    if (event || byte)
        text_put(t, ")");
}

static void print_problem(text *t, const char *path, const ctrace_problem *problem)
{
    text_safe(t, problem->file.size ? problem->file : str_of(input_name(path)), 0, SIZE_MAX);
    if (problem->position.line)
        text_format(t, ":%" PRIu64 ":%" PRIu64, problem->position.line, problem->position.column);
    text_put(t, ": ");
    coloured(t, severity_colours[problem->severity], severity_names[problem->severity]);
    text_put(t, " ");
    coloured(t, COLOUR_BOLD, problem->rule->id);
    text_put(t, ": ");
    text_safe(t, problem->message, 0, SIZE_MAX);
    print_place(t, &problem->position);
    text_put(t, "\n");
    /* A note may have several lines; each is indented. */
    ctrace_str rest = problem->note;
    while (rest.size) {
        const char *end = memchr(rest.data, '\n', rest.size);
        size_t size = end ? (size_t)(end - rest.data) : rest.size;
        text_put(t, "    ");
        text_safe(t, (ctrace_str){rest.data, size}, 0, SIZE_MAX);
        text_put(t, "\n");
        rest.data += size + (end != NULL);
        rest.size -= size + (end != NULL);
    }
}

static void print_count(text *t, uint64_t count, const char *one, const char *many)
{
    text_format(t, "%" PRIu64 " %s", count, count == 1 ? one : many);
}

/* Programs that do not read the form are not worth a word. What could not be opened has no form. */
static bool reads_form(const ctrace_report *report, ctrace_consumer consumer)
{
    ctrace_form form = ctrace_report_form(report);
    return ctrace_consumer_reads(consumer, form == CTRACE_FORM_COUNT ? CTRACE_FORM_JSON : form);
}

static void print_consumers(text *t, const report_printer *p, const ctrace_report *report)
{
    static const struct { ctrace_effect effect; const char *words; } effects[] = {
        {CTRACE_EFFECT_REFUSE, "refused by "},
        {CTRACE_EFFECT_ABORT, "crashes "},
        {CTRACE_EFFECT_DEGRADE, "shown wrongly by "},
    };
    bool any = false;
    size_t refusing = 0, reading = 0;
    for (size_t c = 0; c < CTRACE_CONSUMER_COUNT; c++) {
        bool reads = reads_form(report, (ctrace_consumer)c);
        reading += reads;
        refusing += reads && ctrace_report_effect(report, (ctrace_consumer)c) == CTRACE_EFFECT_REFUSE;
    }
    if (!p->options->has_profile && refusing == reading) {
        text_put(t, reading ? "; refused by every reader" : "; no other program is known to read this form");
        return;
    }
    for (size_t e = 0; e < sizeof effects / sizeof *effects; e++) {
        bool first = true;
        for (size_t c = 0; c < CTRACE_CONSUMER_COUNT; c++) {
            if (p->options->has_profile ? p->options->profile != (ctrace_consumer)c
                                        : !reads_form(report, (ctrace_consumer)c))
                continue;
            if (ctrace_report_effect(report, (ctrace_consumer)c) != effects[e].effect)
                continue;
            text_put(t, first ? "; " : ", ");
            if (first)
                text_put(t, effects[e].words);
            text_put(t, ctrace_consumer_name((ctrace_consumer)c));
            first = false;
            any = true;
        }
    }
    if (!any)
        text_format(t, "; %s opens it", p->options->has_profile ? ctrace_consumer_name(p->options->profile)
                                                               : "every reader");
}

static void print_summary(text *t, const report_printer *p, const char *path, const ctrace_report *report)
{
    const char *outcome = outcome_of(report);
    bool valid = ctrace_report_is_valid(report);
    text_safe(t, str_of(input_name(path)), 0, SIZE_MAX);
    text_put(t, ": ");
    coloured(t, valid ? COLOUR_GREEN : COLOUR_RED, valid ? "valid" : "invalid");
    if (!valid && strcmp(outcome, "invalid") != 0)
        text_format(t, ", %s", outcome);
    text_put(t, ": ");
    print_count(t, ctrace_report_events(report), "event", "events");
    static const char *const many[] = {"errors", "warnings", "infos"};
    for (size_t s = 0; s < 3; s++) {
        uint64_t found = ctrace_report_found(report, (ctrace_severity)s);
        if (!found)
            continue;
        text_put(t, ", ");
        print_count(t, found, severity_names[s], many[s]);
    }
    print_consumers(t, p, report);
    text_put(t, "\n");
}

static void print_text(report_printer *p, const char *path, const ctrace_report *report)
{
    text *t = &p->out;
    uint64_t left_out = 0;
    for (size_t s = 0; s < 3; s++)
        left_out += ctrace_report_found(report, (ctrace_severity)s);
    for (size_t i = 0; i < ctrace_report_count(report); i++) {
        print_problem(t, path, ctrace_report_at(report, i));
        screen_write(t);
    }
    left_out -= ctrace_report_count(report);
    if (left_out) {
        text_safe(t, str_of(input_name(path)), 0, SIZE_MAX);
        text_put(t, ": ");
        print_count(t, left_out, "more problem is not shown", "more problems are not shown");
        text_put(t, "; see --max-errors\n");
    }
    print_summary(t, p, path, report);
    screen_write(t);
}

/* ---- JSON ---- */

static void json_member(text *t, const char *name, const char *ours)
{
    text_format(t, "\"%s\": ", name);
    if (ours)
        text_json(t, str_of(ours));
    else
        text_put(t, "null");
}

static void json_number(text *t, const char *name, bool is_known, uint64_t number)
{
    if (is_known)
        text_format(t, "\"%s\": %" PRIu64, name, number);
    else
        text_format(t, "\"%s\": null", name);
}

static void json_problem(text *t, const ctrace_problem *problem)
{
    const ctrace_position *at = &problem->position;
    text_put(t, "{");
    json_member(t, "rule", problem->rule->id);
    text_put(t, ", ");
    json_member(t, "severity", severity_names[problem->severity]);
    text_put(t, ", \"message\": ");
    text_json(t, problem->message);
    text_put(t, ", \"note\": ");
    if (problem->note.size)
        text_json(t, problem->note);
    else
        text_put(t, "null");
    text_put(t, ", \"file\": ");
    text_json(t, problem->file);
    text_put(t, ", ");
    json_number(t, "line", at->line != 0, at->line);
    text_put(t, ", ");
    json_number(t, "column", at->line != 0, at->column);
    text_put(t, ", ");
    json_number(t, "offset", at->line || at->offset || at->event != CTRACE_ID_NONE, at->offset);
    text_put(t, ", ");
    json_number(t, "event", at->event != CTRACE_ID_NONE, at->event);
    text_put(t, "}");
}

static void json_input_begin(report_printer *p, const char *path, const char *outcome)
{
    text *t = &p->out;
    text_put(t, p->inputs++ ? ",\n    {" : "\n    {");
    json_member(t, "path", input_name(path));
    text_put(t, ", ");
    json_member(t, "outcome", outcome);
}

static void json_report(report_printer *p, const char *path, const ctrace_report *report)
{
    text *t = &p->out;
    json_input_begin(p, path, outcome_of(report));
    text_put(t, ", ");
    json_member(t, "form", ctrace_form_name(ctrace_report_form(report)));
    text_format(t,
                ", \"valid\": %s, \"error\": null,\n     \"events\": %" PRIu64 ", \"errors\": %" PRIu64
                ", \"warnings\": %" PRIu64 ", \"infos\": %" PRIu64 ",\n     \"consumers\": {",
                ctrace_report_is_valid(report) ? "true" : "false", ctrace_report_events(report),
                ctrace_report_found(report, CTRACE_SEVERITY_ERROR),
                ctrace_report_found(report, CTRACE_SEVERITY_WARNING),
                ctrace_report_found(report, CTRACE_SEVERITY_INFO));
    for (size_t c = 0; c < CTRACE_CONSUMER_COUNT; c++) {
        text_put(t, c ? ", " : "");
        json_member(t, ctrace_consumer_name((ctrace_consumer)c),
                    effect_names[ctrace_report_effect(report, (ctrace_consumer)c)]);
    }
    text_put(t, "},\n     \"problems\": [");
    for (size_t i = 0; i < ctrace_report_count(report); i++) {
        text_put(t, i ? ",\n       " : "\n       ");
        json_problem(t, ctrace_report_at(report, i));
        screen_write(t);
    }
    text_put(t, "]}");
    screen_write(t);
}

/* ---- Both ---- */

void report_begin(report_printer *p)
{
    if (p->format == REPORT_SARIF)
        sarif_begin(p);
    if (p->format != REPORT_JSON)
        return;
    text *t = &p->out;
    text_put(t, "{\n  ");
    json_member(t, "version", CTRACE_VERSION_STRING);
    text_put(t, ",\n  ");
    json_member(t, "profile", p->options->has_profile ? ctrace_consumer_name(p->options->profile) : NULL);
    text_put(t, ",\n  \"inputs\": [");
    screen_write(t);
}

void report_print(report_printer *p, const char *path, const ctrace_report *report)
{
    if (p->format == REPORT_SARIF)
        sarif_print(p, path, report);
    else if (p->format == REPORT_JSON)
        json_report(p, path, report);
    else
        print_text(p, path, report);
}

void report_print_failure(report_printer *p, const char *path, const ctrace_error *error)
{
    if (p->format == REPORT_SARIF)
        sarif_print_failure(p, path, error);
    if (p->format != REPORT_JSON)
        return;
    json_input_begin(p, path, "failed");
    text_put(&p->out, ", \"form\": null, \"valid\": null, \"error\": {");
    json_member(&p->out, "status", ctrace_status_name(error->status));
    text_put(&p->out, ", ");
    json_member(&p->out, "message", error->message);
    text_put(&p->out, "},\n     \"events\": 0, \"errors\": 0, \"warnings\": 0, \"infos\": 0, \"consumers\": {}, "
                      "\"problems\": []}");
    screen_write(&p->out);
}

void report_end(report_printer *p, int exit_code)
{
    if (p->format == REPORT_SARIF)
        sarif_end(p, exit_code);
    if (p->format != REPORT_JSON)
        return;
    text_format(&p->out, "\n  ],\n  \"exit_status\": %d\n}\n", exit_code);
    screen_write(&p->out);
}

/* ---- Rules ---- */

static void print_indented(text *t, const char *lines)
{
    while (*lines) {
        size_t size = strcspn(lines, "\n");
        text_put(t, "    ");
        text_bytes(t, lines, size);
        text_put(t, "\n");
        lines += size + (lines[size] == '\n');
    }
}

void rule_print(text *t, const ctrace_rule *rule)
{
    static const char *const words[] = {
        [CTRACE_EFFECT_NONE] = "does not mind", [CTRACE_EFFECT_DEGRADE] = "shows something wrongly",
        [CTRACE_EFFECT_ABORT] = "crashes", [CTRACE_EFFECT_REFUSE] = "refuses the trace"};
    coloured(t, COLOUR_BOLD, rule->id);
    text_put(t, " (");
    coloured(t, severity_colours[rule->severity], severity_names[rule->severity]);
    text_format(t, "): %s\n", rule->summary);
    print_indented(t, rule->explanation);
    text_put(t, "When it is broken:\n");
    for (size_t c = 0; c < CTRACE_CONSUMER_COUNT; c++)
        text_format(t, "    %-16s %s\n", ctrace_consumer_name((ctrace_consumer)c), words[rule->effects[c]]);
}

void rules_print(text *t)
{
    for (size_t i = 0; i < ctrace_rule_count(); i++) {
        const ctrace_rule *rule = ctrace_rule_at(i);
        text_format(t, "%-26s ", rule->id);
        text_colour(t, severity_colours[rule->severity]);
        text_format(t, "%-8s", severity_names[rule->severity]);
        text_colour(t, COLOUR_NONE);
        text_format(t, " %s\n", rule->summary);
    }
}

static void json_rule(text *t, const ctrace_rule *rule)
{
    text_put(t, "{");
    json_member(t, "rule", rule->id);
    text_put(t, ", ");
    json_member(t, "severity", severity_names[rule->severity]);
    text_put(t, ", ");
    json_member(t, "summary", rule->summary);
    text_put(t, ", ");
    json_member(t, "explanation", rule->explanation);
    text_put(t, ", \"consumers\": {");
    for (size_t c = 0; c < CTRACE_CONSUMER_COUNT; c++) {
        text_put(t, c ? ", " : "");
        json_member(t, ctrace_consumer_name((ctrace_consumer)c), effect_names[rule->effects[c]]);
    }
    text_put(t, "}}");
}

void rule_print_json(text *t, const ctrace_rule *rule)
{
    json_rule(t, rule);
    text_put(t, "\n");
}

void rules_print_json(text *t)
{
    text_put(t, "[");
    for (size_t i = 0; i < ctrace_rule_count(); i++) {
        text_put(t, i ? ",\n " : "");
        json_rule(t, ctrace_rule_at(i));
    }
    text_put(t, "]\n");
}
