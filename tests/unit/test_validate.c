/* How the validator tells, counts, sorts, and what it needs. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrace/validate.h"

#include "limited_memory.h"
#include "reading.h"

#define HEAD                                                                                                    \
    "[{\"Path\":\"/gone/main.py\"},{\"Function\":{\"path_id\":0,\"line\":1,\"name\":\"<top-level>\"}},"              \
    "{\"Call\":{\"function_id\":0,\"args\":[]}},"                                                                  \
    "{\"Type\":{\"kind\":30,\"lang_type\":\"None\",\"specific_info\":{\"kind\":\"None\"}}},"                          \
    "{\"Function\":{\"path_id\":0,\"line\":5,\"name\":\"parse_item\"}},"                                             \
    "{\"Step\":{\"path_id\":0,\"line\":1}},{\"Step\":{\"path_id\":0,\"line\":1}}"
#define STEP(line) ",{\"Step\":{\"path_id\":0,\"line\":" #line "}}"
#define CALL STEP(5) ",{\"Call\":{\"function_id\":1,\"args\":[]}}"
#define RETURN ",{\"Return\":{\"return_value\":{\"kind\":\"None\",\"type_id\":0}}}"
#define THREAD(what, id) ",{\"Thread" #what "\":" #id "}"

static ctrace_report *judge_with(const char *text, size_t piece, const ctrace_validate_options *options)
{
    pieces p = {.data = text, .size = strlen(text), .piece = piece};
    ctrace_source source = {&p, pieces_read};
    ctrace_report *report;
    ctrace_error error;
    if (ctrace_validate_source(&report, &source, CTRACE_STR("input"), options, &error) != CTRACE_OK)
        fail_msg("%s", error.message);
    return report;
}

static ctrace_report *judge(const char *text)
{
    return judge_with(text, 0, NULL);
}

/* Every kept problem on a line: rule, message, note. */
static char *tell_all(const ctrace_report *report)
{
    story s = {0};
    story_say(&s, "");
    for (size_t i = 0; i < ctrace_report_count(report); i++) {
        const ctrace_problem *p = ctrace_report_at(report, i);
        story_say(&s, p->rule->id);
        story_say(&s, ": ");
        story_add(&s, p->message.data, p->message.size);
        if (p->note.size) {
            story_say(&s, " | ");
            story_add(&s, p->note.data, p->note.size);
        }
        story_say(&s, "\n");
    }
    return s.text;
}

static void expect(const char *text, const char *told)
{
    for (size_t piece = 0; piece <= 7; piece += 7) {
        ctrace_report *report = judge_with(text, piece, NULL);
        char *found = tell_all(report);
        assert_string_equal(found, told);
        free(found);
        ctrace_report_free(&report);
        assert_null(report);
    }
}

/* ---- Messages ---- */

static void a_return_too_many_is_told_with_its_call(void **state)
{
    (void)state;
    expect(HEAD CALL RETURN RETURN, ""
           "unterminated: the list of events is not closed; its whole events are read\n");
    expect(HEAD CALL RETURN RETURN RETURN RETURN "]",
           "return-below-top: Return without an open call | this is the second Return of call 0 "
           "'<top-level>', which was left at event 10\n"
           "return-below-top: Return without an open call | this is the third Return of call 0 "
           "'<top-level>', which was left at event 10\n");
    expect("[{\"Path\":\"/a\"},{\"Type\":{\"kind\":30,\"lang_type\":\"\",\"specific_info\":{\"kind\":\"None\"}}}" RETURN
           "]",
           "return-below-top: Return without an open call | no Call came before it\n"
           "no-steps: the trace has no steps\n");
}

static void open_calls_are_told_with_the_innermost(void **state)
{
    (void)state;
    expect(HEAD CALL CALL CALL RETURN "]", "open-frame: 2 calls are still open at the end | the innermost is call 2 "
                                           "'parse_item' of event 10\n");
    expect(HEAD CALL RETURN "]", "");
    expect(HEAD CALL RETURN RETURN "]", "");
}

static void texts_from_the_trace_stay_on_one_line(void **state)
{
    (void)state;
    expect(HEAD ",{\"VariableName\":\"a\\n\\u0000b\"},{\"VariableName\":\"a\\n\\u0000b\"}]",
           "variable-twice: the variable 'a??b' is registered again, as variable 1 | it is variable 0 since event 7\n");
    char text[4096], told[1024], name[512];
    memset(name, 'x', sizeof name);
    memcpy(name + 90, "\xC3\xA9", 2); /* the cut falls between the two bytes of a character or behind it, never in it */
    snprintf(text, sizeof text, HEAD ",{\"VariableName\":\"%.300s\"},{\"VariableName\":\"%.300s\"}]", name, name);
    snprintf(told, sizeof told,
             "variable-twice: the variable '%.92s\xE2\x80\xA6' is registered again, as variable 1 | it is variable 0 "
             "since event 7\n",
             name);
    expect(text, told);
    memcpy(name + 90, "x\xC3", 2);
    name[92] = '\xA9';
    snprintf(text, sizeof text, HEAD ",{\"VariableName\":\"%.300s\"},{\"VariableName\":\"%.300s\"}]", name, name);
    snprintf(told, sizeof told,
             "variable-twice: the variable '%.91s\xE2\x80\xA6' is registered again, as variable 1 | it is variable 0 "
             "since event 7\n",
             name);
    expect(text, told);
}

/* ---- After bad events ---- */

static void what_a_bad_event_makes_unsure_is_not_told(void **state)
{
    (void)state;
    /* The bad event may have been the Call that the Return belongs to, and the Path that the Step uses. */
    expect(HEAD ",{\"Call\":{\"function_id\":-1,\"args\":[]}}" RETURN RETURN ",{\"Step\":{\"path_id\":3,\"line\":1}}]",
           "bad-event: Call.function_id: expected an unsigned integer of 64 bits, found the number -1\n");
    /* What is wrong with one event alone is told still. */
    ctrace_report *report = judge(HEAD ",5,{\"Event\":{\"kind\":0,\"metadata\":null,\"content\":\"\"}}]");
    char *found = tell_all(report);
    assert_non_null(strstr(found, "bad-event: "));
    assert_non_null(strstr(found, "text-null: "));
    assert_int_equal(ctrace_report_count(report), 2);
    assert_int_equal(ctrace_report_events(report), 8);
    free(found);
    ctrace_report_free(&report);
}

static void a_trace_that_is_cut_is_judged_up_to_there(void **state)
{
    (void)state;
    expect(HEAD CALL ",", "unterminated: the list of events is not closed; its whole events are read\n");
    expect(HEAD CALL ",{\"Step\":", "truncated: the input ends inside the event that begins here\n");
    expect("[", "unterminated: the list of events is not closed; its whole events are read\n");
    expect("[]", "no-steps: the trace has no steps\n");
    expect("", "not-a-trace: the input is empty\n");
}

/* ---- Ids ---- */

static void an_unknown_id_is_told_once_with_its_uses(void **state)
{
    (void)state;
    expect(HEAD ",{\"Step\":{\"path_id\":3,\"line\":1}},{\"Step\":{\"path_id\":3,\"line\":2}},"
                "{\"Step\":{\"path_id\":9,\"line\":1}}]",
           "path-undeclared: Step uses path 3, which is never declared | the trace has 1 Path event; the id is used 2 "
           "times\n"
           "path-undeclared: Step uses path 9, which is never declared | the trace has 1 Path event\n");
}

static void very_many_unknown_ids_are_no_burden(void **state)
{
    (void)state;
    story s = {0};
    char step[64];
    story_say(&s, HEAD);
    for (unsigned i = 1; i <= 5000; i++) {
        snprintf(step, sizeof step, ",{\"Step\":{\"path_id\":%u,\"line\":1}}", i);
        story_say(&s, step);
    }
    story_say(&s, "]");
    ctrace_report *report = judge(s.text);
    assert_int_equal(ctrace_report_count(report), 100);
    assert_int_equal(ctrace_report_found(report, CTRACE_SEVERITY_ERROR), 1001);
    ctrace_report_free(&report);
    free(s.text);
}

/* ---- Threads ---- */

static void each_thread_has_its_own_calls(void **state)
{
    (void)state;
#define TOLD_EVENT "thread-event: the trace has a ThreadStart | told once for the trace\n"
    /* Nested: the other thread runs wholly inside a call of the first. */
    expect(HEAD THREAD(Start, 7) THREAD(Switch, 7) CALL RETURN THREAD(Exit, 7) THREAD(Switch, 1) STEP(2) "]",
           TOLD_EVENT);
    /* Crossed: each returns from its own, though not in the order of one stack. */
    expect(HEAD THREAD(Start, 7) CALL THREAD(Switch, 7) CALL THREAD(Switch, 1) RETURN THREAD(Switch, 7) RETURN "]",
           TOLD_EVENT "threads-interleave: thread 1 goes on below another thread's open call | the open call on top is "
                      "one of thread 7; told once for the trace\n");
    expect(HEAD THREAD(Start, 7) THREAD(Switch, 7) CALL THREAD(Exit, 7) THREAD(Switch, 1) "]",
           TOLD_EVENT "open-frame: 1 call of thread 7 still open at its exit | the innermost is call 1 'parse_item' of "
                      "event 10\n");
    expect(HEAD THREAD(Start, 7) THREAD(Switch, 7) CALL RETURN RETURN "]",
           TOLD_EVENT "return-of-other-thread: Return of thread 7, which has no open call | this is the second "
                      "Return of call 1 'parse_item', which was left at event 11\n");
}

static void the_first_thread_needs_no_start(void **state)
{
    (void)state;
    expect(HEAD THREAD(Start, 2) THREAD(Switch, 2) THREAD(Switch, 1) THREAD(Switch, 2) THREAD(Exit, 2)
               THREAD(Switch, 1) "]",
           TOLD_EVENT);
    expect(HEAD THREAD(Start, 2) THREAD(Switch, 2) THREAD(Switch, 1) THREAD(Switch, 3) "]",
           TOLD_EVENT "thread-not-started: ThreadSwitch to thread 3, which has not started\n");
    expect(HEAD THREAD(Start, 2) THREAD(Start, 2) "]", TOLD_EVENT "thread-started-twice: thread 2 starts again\n");
}

/* ---- Depth ---- */

typedef struct peak_memory {
    limited_memory memory;
    size_t peak;
} peak_memory;

static void *peak_memory_resize(void *cookie, void *block, size_t old_size, size_t new_size)
{
    peak_memory *m = cookie;
    void *moved = limited_memory_resize(&m->memory, block, old_size, new_size);
    if (m->memory.held > m->peak)
        m->peak = m->memory.held;
    return moved;
}

static size_t peak_of(size_t depth, size_t repeats)
{
    peak_memory memory = {.memory = {.until_failure = SIZE_MAX}};
    ctrace_allocator allocator = {&memory, peak_memory_resize};
    ctrace_validate_options options = {CTRACE_VALIDATE_OPTIONS_INIT, .allocator = &allocator};
    story s = {0};
    story_say(&s, HEAD);
    for (size_t k = 0; k < repeats; k++) {
        for (size_t i = 0; i < depth; i++)
            story_say(&s, CALL STEP(6));
        for (size_t i = k ? 0 : 2; i < depth; i++)
            story_say(&s, RETURN);
    }
    story_say(&s, "]");
    ctrace_report *report = judge_with(s.text, 0, &options);
    char *found = tell_all(report);
    assert_non_null(strstr(found, "open-frame: 2 calls are still open at the end | the innermost is call 2 "
                                  "'parse_item' of event 11\n"));
    assert_true(ctrace_report_is_valid(report));
    free(found);
    ctrace_report_free(&report);
    assert_int_equal(memory.memory.held, 0);
    free(s.text);
    return memory.peak;
}

static void memory_grows_with_depth_alone_and_not_for_ever(void **state)
{
    (void)state;
    size_t shallow = peak_of(10, 1);
    assert_true(peak_of(10, 3000) < shallow + 200); /* one message more */
    assert_true(peak_of(100000, 1) < shallow + (size_t)65536 * 64);
}

/* ---- The report ---- */

static void problems_are_kept_up_to_a_limit_of_each_severity(void **state)
{
    (void)state;
    story s = {0};
    story_say(&s, HEAD);
    for (unsigned i = 0; i < 50; i++)
        story_say(&s, ",{\"DropVariables\":[]},{\"VariableName\":\"a\"}");
    story_say(&s, "]");
    ctrace_validate_options options = {CTRACE_VALIDATE_OPTIONS_INIT, .max_errors = 7};
    ctrace_report *report = judge_with(s.text, 0, &options);
    assert_false(ctrace_report_is_valid(report));
    assert_int_equal(ctrace_report_found(report, CTRACE_SEVERITY_ERROR), 50);
    assert_int_equal(ctrace_report_found(report, CTRACE_SEVERITY_WARNING), 49);
    assert_int_equal(ctrace_report_found(report, CTRACE_SEVERITY_INFO), 0);
    assert_int_equal(ctrace_report_found(report, (ctrace_severity)3), 0);
    assert_int_equal(ctrace_report_count(report), 14);
    for (size_t i = 1; i < 14; i++)
        assert_true(ctrace_report_at(report, i - 1)->position.offset < ctrace_report_at(report, i)->position.offset);
    assert_null(ctrace_report_at(report, 14));
    ctrace_report_free(&report);
    free(s.text);
}

static void problems_come_in_the_order_of_their_places(void **state)
{
    (void)state;
    /* The path is found to be unstepped at the end, the call's value and the late name before. */
    expect("\xEF\xBB\xBF" HEAD ",{\"Path\":\"/gone/never.py\"},{\"DropVariable\":0},{\"VariableName\":\"x\"}"
           STEP(-2) ",]",
           "byte-order-mark: the file begins with a byte order mark\n"
           "path-unstepped: path 1 '/gone/never.py' is above every path that is stepped on\n"
           "declared-late: DropVariable uses variable 0 before its declaration | it is declared in event 9\n"
           "line-negative: Step on line -2\n"
           "comma-trailing: a comma is followed by nothing\n");
}

static void a_profile_changes_the_severity(void **state)
{
    (void)state;
    static const char text[] = HEAD ",{\"VariableName\":\"x\"},{\"Type\":{\"kind\":8,\"lang_type\":\"float\","
                                    "\"specific_info\":{\"kind\":\"None\"}}},{\"Value\":{\"variable_id\":0,\"value\":"
                                    "{\"kind\":\"Float\",\"f\":\"2.5\",\"type_id\":1}}}" STEP(-1) "]";
    static const struct {
        ctrace_consumer consumer;
        uint64_t errors, warnings, infos;
    } expected[] = {
        {CTRACE_CONSUMER_RUST_OLD, 1, 0, 1},        {CTRACE_CONSUMER_RUST_NEW, 0, 0, 2},
        {CTRACE_CONSUMER_CODETRACER_2025, 2, 0, 0}, {CTRACE_CONSUMER_CODETRACER_2026, 0, 1, 1},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        ctrace_validate_options options = {CTRACE_VALIDATE_OPTIONS_INIT, .has_profile = true,
                                           .profile = expected[i].consumer};
        ctrace_report *report = judge_with(text, 0, &options);
        assert_int_equal(ctrace_report_found(report, CTRACE_SEVERITY_ERROR), expected[i].errors);
        assert_int_equal(ctrace_report_found(report, CTRACE_SEVERITY_WARNING), expected[i].warnings);
        assert_int_equal(ctrace_report_found(report, CTRACE_SEVERITY_INFO), expected[i].infos);
        assert_int_equal(ctrace_report_is_valid(report), expected[i].errors == 0);
        ctrace_report_free(&report);
    }
}

/* The verdict counts what was not kept, too. */
static void the_verdict_does_not_depend_on_what_is_kept(void **state)
{
    (void)state;
    story s = {0};
    story_say(&s, HEAD);
    for (unsigned i = 0; i < 20; i++)
        story_say(&s, ",{\"DropVariables\":[]}");
    story_say(&s, ",{\"Event\":{\"kind\":0,\"metadata\":null,\"content\":\"\"}}]");
    ctrace_validate_options options = {CTRACE_VALIDATE_OPTIONS_INIT, .max_errors = 3};
    ctrace_report *report = judge_with(s.text, 0, &options);
    assert_int_equal(ctrace_report_effect(report, CTRACE_CONSUMER_RUST_NEW), CTRACE_EFFECT_REFUSE);
    assert_int_equal(ctrace_report_effect(report, CTRACE_CONSUMER_COUNT), CTRACE_EFFECT_NONE);
    ctrace_report_free(&report);
    free(s.text);
}

/* ---- Floats, whose spelling is not told ---- */

#define FLOATS(list)                                                                                              \
    HEAD ",{\"VariableName\":\"x\"},"                                                                             \
         "{\"Type\":{\"kind\":8,\"lang_type\":\"f\",\"specific_info\":{\"kind\":\"None\"}}},"                     \
         "{\"Type\":{\"kind\":0,\"lang_type\":\"l\",\"specific_info\":{\"kind\":\"None\"}}},"                     \
         "{\"Value\":{\"variable_id\":0,\"value\":{\"kind\":\"Sequence\",\"elements\":[" list                     \
         "],\"is_slice\":false,\"type_id\":2}}}]"
#define FLOAT(f) "{\"kind\":\"Float\",\"f\":" f ",\"type_id\":1}"

static void both_spellings_in_one_event_are_told_apart(void **state)
{
    (void)state;
#define TOLD_TEXT "float-text: a float is written as text, not as a number | told once for the trace\n"
#define TOLD_NUMBER "float-number: a float is written as a number, not as text | told once for the trace\n"
#define TOLD_NULL "float-null: a float is null; read as NaN\n"
    expect(FLOATS(FLOAT("1.5") "," FLOAT("2.5")), TOLD_NUMBER);
    expect(FLOATS(FLOAT("\"inf\"") "," FLOAT("2.5")), TOLD_TEXT TOLD_NUMBER);
    expect(FLOATS(FLOAT("null") "," FLOAT("1")), TOLD_NULL TOLD_NUMBER);
    expect(FLOATS(FLOAT("null")), TOLD_NULL);
    expect(FLOATS(FLOAT("1e999") "," FLOAT("1")),
           TOLD_NUMBER "float-number-huge: a number is out of the range of a float\n");
}

/* ---- Memory, options, stopping ---- */

static void memory_may_end_anywhere(void **state)
{
    (void)state;
    static const char text[] =
        HEAD CALL ",{\"VariableName\":\"x\"},{\"VariableName\":\"x\"},{\"Step\":{\"path_id\":4,\"line\":1}}"
                  ",{\"CellValue\":{\"place\":3,\"value\":{\"kind\":\"None\",\"type_id\":9}}}" THREAD(Start, 5)
                      THREAD(Switch, 5) CALL ",{\"Jump\":1},{\"DropVariables\":[0,1,2]}]";
    limited_memory memory = {.until_failure = SIZE_MAX};
    ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
    ctrace_validate_options options = {CTRACE_VALIDATE_OPTIONS_INIT, .allocator = &allocator};
    bool done = false;
    for (size_t n = 0; !done; n++) {
        pieces p = {.data = text, .size = sizeof text - 1, .piece = 50};
        ctrace_source source = {&p, pieces_read};
        ctrace_report *report = (ctrace_report *)&p;
        ctrace_error error;
        memory.until_failure = n;
        ctrace_status status = ctrace_validate_source(&report, &source, CTRACE_STR("input"), &options, &error);
        if (status == CTRACE_OK) {
            assert_false(ctrace_report_is_valid(report));
            ctrace_report_free(&report);
            done = true;
        } else {
            assert_int_equal(status, CTRACE_NO_MEMORY);
            assert_int_equal(error.status, CTRACE_NO_MEMORY);
            assert_null(report);
        }
        assert_int_equal(memory.held, 0);
        assert_true(n < 1000);
    }
}

static int stop_at_once(void *cookie, uint64_t done, uint64_t total)
{
    uint64_t *calls = cookie;
    assert_true(done > 0);
    assert_int_equal(total, 0);
    return ++*calls == 3;
}

static void the_caller_can_stop_it(void **state)
{
    (void)state;
    story s = {0};
    uint64_t calls = 0;
    story_say(&s, HEAD);
    for (unsigned i = 0; i < 50000; i++)
        story_say(&s, STEP(2));
    story_say(&s, "]");
    ctrace_validate_options options = {CTRACE_VALIDATE_OPTIONS_INIT, .progress = stop_at_once,
                                       .progress_cookie = &calls};
    pieces p = {.data = s.text, .size = s.size};
    ctrace_source source = {&p, pieces_read};
    ctrace_report *report;
    ctrace_error error;
    assert_int_equal(ctrace_validate_source(&report, &source, CTRACE_STR("input"), &options, &error), CTRACE_STATE);
    assert_null(report);
    assert_int_equal(calls, 3);
    free(s.text);
}

static ptrdiff_t read_nothing(void *cookie, char *buffer, size_t size, int *system_error)
{
    (void)cookie;
    (void)buffer;
    (void)size;
    *system_error = EIO;
    return -1;
}

static void what_cannot_be_judged_is_a_failure(void **state)
{
    (void)state;
    ctrace_report *report;
    ctrace_error error;
    assert_int_equal(ctrace_validate(&report, CTRACE_STR("/nowhere/at/all"), NULL, &error), CTRACE_NOT_FOUND);
    assert_null(report);
    assert_true(error.message[0]);
    assert_int_equal(ctrace_validate(&report, CTRACE_STR(""), NULL, &error), CTRACE_ARGUMENT);
    assert_int_equal(ctrace_validate(&report, CTRACE_STR("a\0b"), NULL, NULL), CTRACE_ARGUMENT);
    ctrace_source source = {NULL, read_nothing};
    assert_int_equal(ctrace_validate_source(&report, &source, CTRACE_STR("x"), NULL, &error), CTRACE_IO);
    assert_null(report);
    ctrace_validate_options options = {0};
    assert_int_equal(ctrace_validate(&report, CTRACE_STR("/"), &options, &error), CTRACE_ARGUMENT);
    options = (ctrace_validate_options){CTRACE_VALIDATE_OPTIONS_INIT, .has_profile = true,
                                        .profile = CTRACE_CONSUMER_COUNT};
    assert_int_equal(ctrace_validate(&report, CTRACE_STR("/"), &options, &error), CTRACE_ARGUMENT);
    ctrace_report_free(&report);
}

/* ---- Files beside the trace ---- */

static char folder[] = "/tmp/ctrace-validate-XXXXXX";

static void put_file(const char *name, const char *content)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(content, stream);
    fclose(stream);
}

static void expect_at(const char *path, bool no_sources, const char *told)
{
    ctrace_validate_options options = {CTRACE_VALIDATE_OPTIONS_INIT, .no_sources = no_sources};
    ctrace_report *report;
    assert_int_equal(ctrace_validate(&report, (ctrace_str){path, strlen(path)}, &options, NULL), CTRACE_OK);
    char *found = tell_all(report);
    assert_string_equal(found, told);
    free(found);
    ctrace_report_free(&report);
}

static void sources_on_this_machine_are_looked_at(void **state)
{
    (void)state;
    char text[2048], told[1024], path[512];
    assert_non_null(mkdtemp(folder));
    static const struct {
        const char *content;
        int lines;
    } sources[] = {{"a\nb\n", 2}, {"a\nb", 2}, {"", 1}, {"\n", 1}, {"\n\n\n", 3}};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        put_file("main.py", sources[i].content);
        for (int more = 0; more <= 1; more++) {
            snprintf(text, sizeof text,
                     "[{\"Path\":\"%s/main.py\"},{\"Function\":{\"path_id\":0,\"line\":1,\"name\":\"<top-level>\"}},"
                     "{\"Call\":{\"function_id\":0,\"args\":[]}},"
                     "{\"Type\":{\"kind\":30,\"lang_type\":\"None\",\"specific_info\":{\"kind\":\"None\"}}},"
                     "{\"Step\":{\"path_id\":0,\"line\":1}},{\"Step\":{\"path_id\":0,\"line\":1}},"
                     "{\"Step\":{\"path_id\":0,\"line\":%d}}]",
                     folder, sources[i].lines + more);
            put_file("lone", text);
            snprintf(path, sizeof path, "%s/lone", folder);
            snprintf(told, sizeof told,
                     "line-beyond-source: Step on line %d, beyond the end of the source | '%s/main.py' has %d line%s\n",
                     sources[i].lines + 1, folder, sources[i].lines, sources[i].lines == 1 ? "" : "s");
            expect_at(path, false, more ? told : "");
            expect_at(path, true, "");
        }
    }
    /* What is no plain file is left alone. */
    snprintf(path, sizeof path, "%s/main.py", folder);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(path, sizeof path, "%s/lone", folder);
    expect_at(path, false, "");
    unlink(path);
    snprintf(path, sizeof path, "%s/main.py", folder);
    unlink(path);
    rmdir(folder);
}

static void memory_may_end_anywhere_in_a_folder(void)
{
    limited_memory memory = {.until_failure = SIZE_MAX};
    ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
    ctrace_validate_options options = {CTRACE_VALIDATE_OPTIONS_INIT, .allocator = &allocator};
    ctrace_status status = CTRACE_NO_MEMORY;
    for (size_t n = 0; status != CTRACE_OK; n++) {
        ctrace_report *report;
        memory.until_failure = n;
        status = ctrace_validate(&report, (ctrace_str){folder, strlen(folder)}, &options, NULL);
        if (status == CTRACE_OK)
            assert_int_equal(ctrace_report_count(report), 3);
        else
            assert_int_equal(status, CTRACE_NO_MEMORY);
        ctrace_report_free(&report);
        assert_int_equal(memory.held, 0);
        assert_true(n < 1000);
    }
}

static void only_what_is_there_is_judged_beside_a_lone_file(void **state)
{
    (void)state;
    char path[512], file[600];
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    assert_non_null(mkdtemp(folder));
    put_file("trace.json", HEAD "]");
    snprintf(path, sizeof path, "%s/trace.json", folder);
    expect_at(path, false, "");
    expect_at(folder, false,
              "metadata-missing: there is no trace_metadata.json\n"
              "paths-file: there is no trace_paths.json\n"
              "files-missing: there is no folder files/\n");
    put_file("trace_metadata.json", "{\"program\":\"p\",\"args\":[");
    put_file("trace_paths.json", "[\"/gone/main.py\",5]");
    snprintf(file, sizeof file, "%s/files", folder);
    assert_int_equal(symlink("/", file), 0);
    static const char told[] = "metadata-incomplete: expected more, found the end of the file\n"
                               "paths-file: expected a text in the list\n"
                               "path-escapes: files/ is a symbolic link\n";
    expect_at(path, false, told);
    expect_at(folder, false, told);
    unlink(file);
    assert_int_equal(mkdir(file, 0700), 0);
    snprintf(file, sizeof file, "%s/files/gone", folder);
    assert_int_equal(symlink("/etc", file), 0);
    put_file("trace_metadata.json", "{\"program\":\"p\",\"args\":[],\"workdir\":\"/\"}");
    put_file("trace_paths.json", "[\"/other.py\"]");
    expect_at(folder, false,
              "recording-id: there is no recording_id\n"
              "paths-file: entry 0 is '/other.py' | path 0 of the events is '/gone/main.py'\n"
              "path-escapes: the copy of '/gone/main.py' lies behind a symbolic link\n");
    memory_may_end_anywhere_in_a_folder();
    unlink(file);
    snprintf(file, sizeof file, "%s/files", folder);
    rmdir(file);
    static const char *const names[] = {"trace.json", "trace_metadata.json", "trace_paths.json"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s/%s", folder, names[i]);
        unlink(file);
    }
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_return_too_many_is_told_with_its_call),
        cmocka_unit_test(open_calls_are_told_with_the_innermost),
        cmocka_unit_test(texts_from_the_trace_stay_on_one_line),
        cmocka_unit_test(what_a_bad_event_makes_unsure_is_not_told),
        cmocka_unit_test(a_trace_that_is_cut_is_judged_up_to_there),
        cmocka_unit_test(an_unknown_id_is_told_once_with_its_uses),
        cmocka_unit_test(very_many_unknown_ids_are_no_burden),
        cmocka_unit_test(each_thread_has_its_own_calls),
        cmocka_unit_test(the_first_thread_needs_no_start),
        cmocka_unit_test(memory_grows_with_depth_alone_and_not_for_ever),
        cmocka_unit_test(problems_are_kept_up_to_a_limit_of_each_severity),
        cmocka_unit_test(problems_come_in_the_order_of_their_places),
        cmocka_unit_test(a_profile_changes_the_severity),
        cmocka_unit_test(the_verdict_does_not_depend_on_what_is_kept),
        cmocka_unit_test(both_spellings_in_one_event_are_told_apart),
        cmocka_unit_test(memory_may_end_anywhere),
        cmocka_unit_test(the_caller_can_stop_it),
        cmocka_unit_test(what_cannot_be_judged_is_a_failure),
        cmocka_unit_test(sources_on_this_machine_are_looked_at),
        cmocka_unit_test(only_what_is_there_is_judged_beside_a_lone_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
