/* The validator's verdicts as SARIF 2.1.0, the format that code hosts and editors take findings in. */
#include "show_report.h"

#include "complain.h"
#include "input.h"
#include "screen.h"

#include <ctrace/version.h>

#include <inttypes.h>
#include <string.h>

static const char *const levels[] = {
    [CTRACE_SEVERITY_ERROR] = "error", [CTRACE_SEVERITY_WARNING] = "warning", [CTRACE_SEVERITY_INFO] = "note"};

static void member(text *t, const char *name, ctrace_str value)
{
    text_format(t, "\"%s\": ", name);
    text_json(t, value);
}

/* A path as a URI: what is not plain is percent-encoded. */
static void put_uri(text *t, ctrace_str path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    text_put(t, path.size && path.data[0] == '/' ? "\"file://" : "\"");
    for (size_t i = 0; i < path.size; i++) {
        unsigned char byte = (unsigned char)path.data[i];
        if (byte && memchr(plain, byte, sizeof plain - 1))
            text_bytes(t, path.data + i, 1);
        else
            text_format(t, "%%%02X", byte);
    }
    text_put(t, "\"");
}

static void put_rule(text *t, const ctrace_rule *rule)
{
    text_put(t, "{");
    member(t, "id", str_of(rule->id));
    text_put(t, ", \"shortDescription\": {");
    member(t, "text", str_of(rule->summary));
    text_put(t, "}, \"fullDescription\": {");
    member(t, "text", str_of(rule->explanation));
    text_format(t, "}, \"defaultConfiguration\": {\"level\": \"%s\"}}", levels[rule->severity]);
}

void sarif_begin(report_printer *p)
{
    text *t = &p->out;
    text_put(t, "{\n\"$schema\": \"https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/"
                "sarif-schema-2.1.0.json\",\n\"version\": \"2.1.0\",\n\"runs\": [{\n"
                "\"tool\": {\"driver\": {\"name\": \"ctrace-validate\", \"version\": \"" CTRACE_VERSION_STRING
                "\", \"semanticVersion\": \"" CTRACE_VERSION_STRING "\", \"rules\": [");
    for (size_t i = 0; i < ctrace_rule_count(); i++) {
        text_put(t, i ? ",\n" : "\n");
        put_rule(t, ctrace_rule_at(i));
    }
    text_put(t, "]}},\n\"results\": [");
    screen_write(t);
}

static size_t index_of(const ctrace_rule *rule)
{
    size_t i = 0;
    while (ctrace_rule_at(i) != rule)
        i++;
    return i;
}

static void put_location(text *t, const char *path, const ctrace_problem *problem)
{
    const ctrace_position *at = &problem->position;
    ctrace_str file = problem->file.size ? problem->file : str_of(path);
    text_put(t, "\"locations\": [{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ");
    put_uri(t, input_is_stdin(path) && !problem->file.size ? str_of("stdin") : file);
    text_put(t, "}");
    if (at->line)
        text_format(t,
                    ", \"region\": {\"startLine\": %" PRIu64 ", \"startColumn\": %" PRIu64 ", \"byteOffset\": %" PRIu64
                    "}",
                    at->line, at->column, at->offset);
    text_put(t, "}}]");
}

/* The place among the events, which SARIF has no word for. */
static void put_properties(text *t, const ctrace_position *at)
{
    bool event = at->event != CTRACE_ID_NONE;
    if (!event && !at->offset)
        return;
    text_put(t, ", \"properties\": {");
    if (event)
        text_format(t, "\"event\": %" PRIu64 ", ", at->event);
    text_format(t, "\"offset\": %" PRIu64 "}", at->offset);
}

static void put_result(text *t, const char *path, const ctrace_problem *problem)
{
    text said = {0};
    text_bytes(&said, problem->message.data, problem->message.size);
    if (problem->note.size) {
        text_put(&said, "\n");
        text_bytes(&said, problem->note.data, problem->note.size);
    }
    text_put(t, "{");
    member(t, "ruleId", str_of(problem->rule->id));
    text_format(t, ", \"ruleIndex\": %zu, \"level\": \"%s\", \"message\": {", index_of(problem->rule),
                levels[problem->severity]);
    member(t, "text", (ctrace_str){said.data, said.size});
    text_put(t, "},\n ");
    put_location(t, path, problem);
    put_properties(t, &problem->position);
    text_put(t, "}");
    text_free(&said);
}

void sarif_print(report_printer *p, const char *path, const ctrace_report *report)
{
    for (size_t i = 0; i < ctrace_report_count(report); i++) {
        text_put(&p->out, p->inputs++ ? ",\n" : "\n");
        put_result(&p->out, path, ctrace_report_at(report, i));
        screen_write(&p->out);
    }
}

void sarif_print_failure(report_printer *p, const char *path, const ctrace_error *error)
{
    text *t = &p->failures;
    text_put(t, t->size ? ",\n " : "\n ");
    text_put(t, "{\"level\": \"error\", \"message\": {");
    member(t, "text", str_of(error->message));
    text_put(t, "}, \"locations\": [{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ");
    put_uri(t, input_is_stdin(path) ? str_of("stdin") : str_of(path));
    text_put(t, "}}}]}");
}

void sarif_end(report_printer *p, int exit_code)
{
    text *t = &p->out;
    text_format(t, "],\n\"invocations\": [{\"executionSuccessful\": %s, \"exitCode\": %d",
                exit_code == EXIT_NOT_RUN ? "false" : "true", exit_code);
    if (p->failures.size) {
        text_put(t, ", \"toolExecutionNotifications\": [");
        text_bytes(t, p->failures.data, p->failures.size);
        text_put(t, "]");
    }
    text_put(t, "}]\n}]\n}\n");
    screen_write(t);
}
