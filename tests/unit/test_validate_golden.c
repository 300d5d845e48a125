/* The golden traces: every rule is broken by one, and what is found is what lies beside it. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "ctrace/validate.h"

#include "cmocka_all.h"

/* GOLDEN_FOLDER comes from the build. */
#define INVALID GOLDEN_FOLDER "/invalid"
#define VALID GOLDEN_FOLDER "/valid"

static const char *const severities[] = {"error", "warning", "info"};
static const char *const effects[] = {"none", "degrade", "abort", "refuse"};

/* Rules about size, whose traces are made here; and one about a trace and a program together. */
static const char *const made[] = {"form-unread", "many-steps", "too-large"};

/* Rules that only binary forms break. tests/spec/test_form_rules.py makes a trace for each. */
static const char *const binary[] = {
    "big-int-bytes",  "column-dropped", "frame-cut",   "header-reserved", "map-long",       "seek-table-missing",
    "seek-table-wrong", "tag-unknown",  "text-as-bytes", "text-chunked",  "trailing-bytes", "value-kind-other",
    "value-shared"};

static bool is_listed(const char *const *list, size_t count, const char *rule)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], rule) == 0)
            return true;
    return false;
}

static bool has_golden(const char *rule)
{
    return strncmp(rule, "ct-", 3) != 0 && !is_listed(made, sizeof made / sizeof *made, rule) &&
           !is_listed(binary, sizeof binary / sizeof *binary, rule);
}

static bool exists(const char *name)
{
    struct stat status;
    return stat(name, &status) == 0;
}

static ctrace_str str(const char *text)
{
    return (ctrace_str){text, strlen(text)};
}

/* Finds the golden of a rule, or of a valid name, in one of the forms. */
static bool find_golden(const char *folder, const char *name, char *out, size_t size)
{
    static const char *const suffixes[] = {".json", ".bin", ""};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(out, size, "%s/%s%s", folder, name, suffixes[i]);
        if (exists(out))
            return true;
    }
    return false;
}

static ctrace_report *judge(const char *path, const ctrace_consumer *profile)
{
    ctrace_validate_options options = {CTRACE_VALIDATE_OPTIONS_INIT, .no_sources = true};
    if (profile) {
        options.has_profile = true;
        options.profile = *profile;
    }
    ctrace_report *report;
    ctrace_error error;
    ctrace_status status = ctrace_validate(&report, str(path), &options, &error);
    if (status != CTRACE_OK)
        fail_msg("%s: %s", path, error.message);
    return report;
}

/* What was found, as it stands beside the golden. */
static void describe(const ctrace_report *report, char *out, size_t size)
{
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < ctrace_report_count(report) && used < size; i++) {
        const ctrace_problem *p = ctrace_report_at(report, i);
        char event[32] = "-", place[48] = "-";
        if (p->position.event != CTRACE_ID_NONE)
            snprintf(event, sizeof event, "%" PRIu64, p->position.event);
        if (p->position.line)
            snprintf(place, sizeof place, "%" PRIu64 ":%" PRIu64, p->position.line, p->position.column);
        used += (size_t)snprintf(out + used, size - used, "problem %s %s %s %s\n", p->rule->id,
                                 severities[p->severity], event, place);
        assert_true(p->message.size > 0);
        assert_null(memchr(p->message.data, '\n', p->message.size));
        assert_true(p->note.size == 0 || !memchr(p->note.data, '\n', p->note.size));
    }
    for (size_t i = 0; i < CTRACE_CONSUMER_COUNT && used < size; i++) {
        if (!ctrace_consumer_reads((ctrace_consumer)i, CTRACE_FORM_JSON))
            continue;
        used += (size_t)snprintf(out + used, size - used, "%s %s\n", ctrace_consumer_name((ctrace_consumer)i),
                                 effects[ctrace_report_effect(report, (ctrace_consumer)i)]);
    }
    assert_true(used < size);
}

/* Reads NAME.expect without its first line, if that says what is near; `near` is then that name, else "". */
static void load_expected(const char *folder, const char *name, char *out, size_t size, char near[128])
{
    char file[1024], line[512];
    snprintf(file, sizeof file, "%s/%s.expect", folder, name);
    FILE *stream = fopen(file, "r");
    if (!stream)
        fail_msg("there is no %s", file);
    out[0] = near[0] = 0;
    while (fgets(line, sizeof line, stream)) {
        if (sscanf(line, "near %127s", near) == 1)
            continue;
        assert_true(strlen(out) + strlen(line) < size);
        strcat(out, line);
    }
    fclose(stream);
}

static bool report_has(const ctrace_report *report, const char *rule)
{
    for (size_t i = 0; i < ctrace_report_count(report); i++)
        if (strcmp(ctrace_report_at(report, i)->rule->id, rule) == 0)
            return true;
    return false;
}

static void every_rule_is_broken_by_its_golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < ctrace_rule_count(); i++) {
        const char *id = ctrace_rule_at(i)->id;
        char path[1024], expected[4096], found[4096], near[128], near_path[1024];
        if (!has_golden(id))
            continue;
        if (!find_golden(INVALID, id, path, sizeof path))
            fail_msg("the rule %s has no golden trace", id);
        ctrace_report *report = judge(path, NULL);
        if (!report_has(report, id))
            fail_msg("%s does not break its rule", path);
        load_expected(INVALID, id, expected, sizeof expected, near);
        describe(report, found, sizeof found);
        assert_string_equal(found, expected);
        ctrace_report_free(&report);

        snprintf(near_path, sizeof near_path, "%s/%s", VALID, near);
        if (!near[0] || !exists(near_path))
            fail_msg("%s names no valid trace near to it", path);
        report = judge(near_path, NULL);
        if (report_has(report, id) || !ctrace_report_is_valid(report))
            fail_msg("%s, near to %s, is not valid", near_path, path);
        ctrace_report_free(&report);
    }
}

/* Calls `visit` with the name of each golden in a folder, without the suffix .expect. */
static size_t for_each(const char *folder, void (*visit)(const char *name))
{
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(entries));) {
        char *end = strstr(entry->d_name, ".expect");
        if (end && !end[7]) {
            *end = 0;
            visit(entry->d_name);
            count++;
        }
    }
    closedir(entries);
    return count;
}

static void check_has_rule(const char *name)
{
    if (!ctrace_rule_find(str(name)))
        fail_msg("there is no rule %s", name);
}

static void check_valid(const char *name)
{
    char path[1024], expected[4096], found[4096], near[128];
    assert_true(find_golden(VALID, name, path, sizeof path));
    ctrace_report *report = judge(path, NULL);
    if (!ctrace_report_is_valid(report))
        fail_msg("%s is not valid", path);
    load_expected(VALID, name, expected, sizeof expected, near);
    describe(report, found, sizeof found);
    assert_string_equal(found, expected);
    ctrace_report_free(&report);
}

static void valid_goldens_are_valid(void **state)
{
    (void)state;
    assert_true(for_each(VALID, check_valid) > 10);
    size_t with_golden = 0;
    for (size_t i = 0; i < ctrace_rule_count(); i++)
        with_golden += has_golden(ctrace_rule_at(i)->id);
    assert_int_equal(for_each(INVALID, check_has_rule), with_golden);
}

static void check_profiles(const char *folder, const char *name)
{
    char path[1024];
    assert_true(find_golden(folder, name, path, sizeof path));
    for (size_t i = 0; i < CTRACE_CONSUMER_COUNT; i++) {
        ctrace_consumer consumer = (ctrace_consumer)i;
        ctrace_report *report = judge(path, &consumer);
        ctrace_effect effect = ctrace_report_effect(report, consumer);
        if (strcmp(name, "unsupported") == 0)
            assert_false(ctrace_report_is_valid(report));
        else if (ctrace_report_is_valid(report) != (effect < CTRACE_EFFECT_ABORT))
            fail_msg("%s, %s: %s does not fit the verdict", path, ctrace_consumer_name(consumer), effects[effect]);
        if (effect == CTRACE_EFFECT_DEGRADE)
            assert_true(ctrace_report_found(report, CTRACE_SEVERITY_WARNING) > 0);
        ctrace_report_free(&report);
    }
}

static void check_invalid_profiles(const char *name) { check_profiles(INVALID, name); }
static void check_valid_profiles(const char *name) { check_profiles(VALID, name); }

static void a_profile_judges_for_its_program(void **state)
{
    (void)state;
    for_each(INVALID, check_invalid_profiles);
    for_each(VALID, check_valid_profiles);
}

static void a_program_that_reads_another_form_refuses(void **state)
{
    (void)state;
    char path[1024];
    assert_true(find_golden(VALID, "call", path, sizeof path));
    ctrace_consumer consumer = CTRACE_CONSUMER_CT_PRINT;
    ctrace_report *report = judge(path, &consumer);
    assert_true(report_has(report, "form-unread"));
    assert_false(ctrace_report_is_valid(report));
    assert_int_equal(ctrace_report_form(report), CTRACE_FORM_JSON);
    assert_int_equal(ctrace_report_effect(report, consumer), CTRACE_EFFECT_REFUSE);
    ctrace_report_free(&report);
}

/* ---- Rules about size ---- */

typedef struct long_trace {
    const char *head, *repeated, *tail;
    size_t times;
    size_t at; /* of all */
} long_trace;

static ptrdiff_t read_long(void *cookie, char *buffer, size_t size, int *system_error)
{
    (void)system_error;
    long_trace *t = cookie;
    size_t head = strlen(t->head), middle = strlen(t->repeated) * t->times, tail = strlen(t->tail), count = 0;
    for (; count < size && t->at < head + middle + tail; t->at++)
        buffer[count++] = t->at < head            ? t->head[t->at]
                          : t->at < head + middle ? t->repeated[(t->at - head) % strlen(t->repeated)]
                                                  : t->tail[t->at - head - middle];
    return (ptrdiff_t)count;
}

static void expect_long(long_trace trace, const char *expected)
{
    ctrace_source source = {&trace, read_long};
    ctrace_report *report;
    char found[4096];
    assert_int_equal(ctrace_validate_source(&report, &source, CTRACE_STR("long"), NULL, NULL), CTRACE_OK);
    describe(report, found, sizeof found);
    assert_string_equal(found, expected);
    ctrace_report_free(&report);
}

#define HEAD                                                                                       \
    "[{\"Path\":\"/golden/main.py\"},\n{\"Function\":{\"path_id\":0,\"line\":1,\"name\":\"<top-level>\"}},\n"      \
    "{\"Call\":{\"function_id\":0,\"args\":[]}},\n"                                                    \
    "{\"Type\":{\"kind\":30,\"lang_type\":\"None\",\"specific_info\":{\"kind\":\"None\"}}},\n"                   \
    "{\"Step\":{\"path_id\":0,\"line\":1}},\n{\"Step\":{\"path_id\":0,\"line\":1}}"
#define NOBODY_MINDS "rust-old none\nrust-new none\nrust-main none\ncodetracer-2025 none\ncodetracer-2026 none\n"

static void sizes(void **state)
{
    (void)state;
    const char *two = ",\n{\"Step\":{\"path_id\":0,\"line\":2}},\n{\"Step\":{\"path_id\":0,\"line\":3}}";
    expect_long((long_trace){HEAD, two, "]", 14999, 0}, NOBODY_MINDS);
    expect_long((long_trace){HEAD, two, "]", 15000, 0}, "problem many-steps info 30004 30005:1\n" NOBODY_MINDS);
    const char *log = HEAD ",\n{\"Event\":{\"kind\":0,\"metadata\":\"\",\"content\":\"";
    expect_long((long_trace){log, "0123456789abcdef", "\"}}]", (1 << 20) - 8, 0}, NOBODY_MINDS);
    expect_long((long_trace){log, "0123456789abcdef", "\"}}]", 1 << 20, 0},
                "problem too-large error 6 7:1\n" NOBODY_MINDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_is_broken_by_its_golden),
        cmocka_unit_test(valid_goldens_are_valid),
        cmocka_unit_test(a_profile_judges_for_its_program),
        cmocka_unit_test(a_program_that_reads_another_form_refuses),
        cmocka_unit_test(sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
