/* Converting, repairing and cutting through the public header: what arrives, what is told, and that a failure of any
 * kind leaves nothing behind. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka_all.h"
#include "ctrace/convert.h"
#include "limited_memory.h"
#include "reading.h"

#define S(literal) CTRACE_STR(literal)
#define OPTIONS(...) &(ctrace_convert_options){CTRACE_CONVERT_OPTIONS_INIT, __VA_ARGS__}

/* ---- A folder for each test, and in it ---- */

static char root[64];

static int begin(void **state)
{
    (void)state;
    strcpy(root, "/tmp/ctrace-convert-XXXXXX");
    return mkdtemp(root) && chdir(root) == 0 ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return chdir("/") == 0 ? system(command) : -1;
}

static void put_file(const char *name, const char *text, size_t size)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void put_text(const char *name, const char *text) { put_file(name, text, strlen(text)); }

static char *get_file(const char *name, size_t *size)
{
    FILE *file = fopen(name, "rb");
    if (!file)
        return NULL;
    char *text = malloc(1 << 20);
    assert_non_null(text);
    *size = fread(text, 1, (1 << 20) - 1, file);
    text[*size] = 0;
    fclose(file);
    return text;
}

static void assert_file(const char *name, const char *expected)
{
    size_t size;
    char *text = get_file(name, &size);
    if (!text)
        fail_msg("there is no %s", name);
    assert_string_equal(text, expected);
    free(text);
}

static size_t entries(const char *folder)
{
    DIR *all = opendir(folder);
    if (!all)
        return 0;
    size_t count = 0;
    struct dirent *entry;
    while ((entry = readdir(all)) != NULL)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(all);
    return count;
}

/* The events of a trace, each as the writer writes it. */
static char *events_of(const char *path)
{
    story s = {0};
    ctrace_reader *reader;
    ctrace_error error;
    if (ctrace_reader_open(&reader, (ctrace_str){path, strlen(path)}, NULL, &error) != CTRACE_OK)
        fail_msg("%s", error.message);
    const ctrace_event *event;
    ctrace_status status;
    while ((status = ctrace_reader_next(reader, &event, &error)) == CTRACE_OK)
        story_add_event(&s, event);
    assert_int_equal(status, CTRACE_END);
    ctrace_reader_close(&reader);
    return s.text;
}

static void assert_events(const char *path, const char *expected)
{
    char *events = events_of(path);
    assert_string_equal(events, expected);
    free(events);
}

/* ---- A small trace ---- */

#define PATH    "{\"Path\":\"/w/a.py\"}"
#define TOP     "{\"Function\":{\"path_id\":0,\"line\":1,\"name\":\"<top-level>\"}}"
#define CALL(f) "{\"Call\":{\"function_id\":" f ",\"args\":[]}}"
#define NONE    "{\"Type\":{\"kind\":30,\"lang_type\":\"None\",\"specific_info\":{\"kind\":\"None\"}}}"
#define STEP(n) "{\"Step\":{\"path_id\":0,\"line\":" n "}}"
#define F       "{\"Function\":{\"path_id\":0,\"line\":3,\"name\":\"f\"}}"
#define X       "{\"VariableName\":\"x\"}"
#define VALUE   "{\"Value\":{\"variable_id\":0,\"value\":{\"kind\":\"None\",\"type_id\":0}}}"
#define RETURN  "{\"Return\":{\"return_value\":{\"kind\":\"None\",\"type_id\":0}}}"
#define LOST    "{\"Return\":{\"return_value\":{\"kind\":\"Raw\",\"r\":\"<lost>\",\"type_id\":0}}}"
#define CUT     "{\"Return\":{\"return_value\":{\"kind\":\"Raw\",\"r\":\"<cut>\",\"type_id\":0}}}"

static const char *const small[] = {PATH, TOP,       CALL("0"), NONE,   STEP("1"), STEP("1"), F, STEP("3"), CALL("1"),
                                    X,    STEP("4"), VALUE,     RETURN, STEP("2"), RETURN};
#define SMALL_COUNT (sizeof small / sizeof *small)

static const char metadata[] = "{\"workdir\":\"/w\", \"program\":\"/w/a.py\",\"args\":[\"1\"],"
                               "\"recording_id\":\"01940000-0000-7000-8000-000000000000\",\"odd\":[1,{\"a\":null}]}";

/* The events as a list, that numbered `without` left out or replaced. */
static void put_events(const char *name, size_t other, const char *with)
{
    story s = {0};
    story_say(&s, "[\n");
    for (size_t i = 0; i < SMALL_COUNT; i++) {
        story_say(&s, i == other ? with : small[i]);
        story_say(&s, i + 1 < SMALL_COUNT ? ",\n" : "\n]\n");
    }
    put_file(name, s.text, s.size);
    free(s.text);
}

static void put_small(const char *folder)
{
    char name[256];
    assert_int_equal(mkdir(folder, 0777), 0);
    snprintf(name, sizeof name, "%s/trace.json", folder);
    put_events(name, SIZE_MAX, "");
    snprintf(name, sizeof name, "%s/trace_metadata.json", folder);
    put_text(name, metadata);
    snprintf(name, sizeof name, "%s/symbols.json", folder);
    put_text(name, "[]");
    snprintf(name, sizeof name, "%s/files", folder);
    assert_int_equal(mkdir(name, 0777), 0);
    snprintf(name, sizeof name, "%s/files/w", folder);
    assert_int_equal(mkdir(name, 0777), 0);
    snprintf(name, sizeof name, "%s/files/w/a.py", folder);
    put_text(name, "a\nb\nc\nd\n");
}

/* What it makes of the small trace with one event replaced. */
static void assert_repairs(size_t other, const char *with, const char *const *expected, size_t count,
                           const char *message)
{
    put_events("broken.json", other, with);
    ctrace_conversion *report;
    ctrace_error error;
    if (ctrace_repair(&report, S("broken.json"), S("whole.json"), NULL, &error) != CTRACE_OK)
        fail_msg("%s", error.message);
    story s = {0};
    for (size_t i = 0; i < count; i++) {
        story_say(&s, expected[i]);
        story_say(&s, "\n");
    }
    assert_events("whole.json", s.text);
    free(s.text);
    assert_int_equal(ctrace_conversion_events(report), count);
    assert_true(ctrace_conversion_loss_count(report) >= 1);
    const ctrace_loss *loss = ctrace_conversion_loss_at(report, 0);
    if (!strstr(loss->message.data, message))
        fail_msg("'%s' is not in: %s", message, loss->message.data);
    /* Line 1 is the bracket. */
    assert_int_equal(loss->first.event, other);
    assert_int_equal(loss->first.line, other + 2);
    assert_int_equal(loss->first.column, 1);
    ctrace_conversion_free(&report);
    assert_null(report);
}

/* The small trace with one event replaced in what is expected too. */
static void assert_repairs_with(size_t other, const char *with, const char *instead, const char *message)
{
    const char *expected[SMALL_COUNT];
    memcpy(expected, small, sizeof small);
    expected[other] = instead;
    assert_repairs(other, with, expected, SMALL_COUNT, message);
}

/* ---- Converting ---- */

static void test_folder_to_folder(void **state)
{
    (void)state;
    put_small("in");
    ctrace_conversion *report;
    ctrace_error error;
    assert_int_equal(ctrace_convert(&report, S("in"), S("out"), NULL, &error), CTRACE_OK);
    assert_int_equal(ctrace_conversion_from(report), CTRACE_FORM_JSON);
    assert_int_equal(ctrace_conversion_to(report), CTRACE_FORM_JSON);
    assert_int_equal(ctrace_conversion_events(report), SMALL_COUNT);
    assert_int_equal(ctrace_conversion_loss_count(report), 0);
    assert_int_equal(ctrace_conversion_note_count(report), 0);
    struct stat about;
    assert_int_equal(stat("out/trace.json", &about), 0);
    assert_int_equal(ctrace_conversion_bytes(report), about.st_size);
    ctrace_conversion_free(&report);
    char *expected = events_of("in");
    assert_events("out", expected);
    free(expected);
    assert_file("out/trace_metadata.json", metadata);
    assert_file("out/trace_paths.json", "[\n\"/w/a.py\"\n]\n");
    assert_file("out/symbols.json", "[]");
    assert_file("out/files/w/a.py", "a\nb\nc\nd\n");
    assert_int_equal(entries("out"), 5);
    assert_int_equal(entries("."), 2);
}

static void test_strict_refuses_loss(void **state)
{
    (void)state;
    put_small("in");
    ctrace_conversion *report;
    ctrace_error error;
    assert_int_equal(ctrace_convert(&report, S("in"), S("out.ndjson"), OPTIONS(.strict = true), &error), CTRACE_LOSS);
    assert_non_null(report);
    assert_int_equal(ctrace_conversion_loss_count(report), 3); /* metadata, symbols, files */
    assert_int_equal(ctrace_conversion_loss_at(report, 0)->kind, CTRACE_LOSS_METADATA);
    assert_null(ctrace_conversion_loss_at(report, 3));
    ctrace_conversion_free(&report);
    assert_int_equal(entries("."), 1);
    assert_int_equal(ctrace_convert(NULL, S("in"), S("out.ndjson"), NULL, &error), CTRACE_OK);
    assert_int_equal(entries("."), 2);
}

static void test_each_loss_is_told(void **state)
{
    (void)state;
    put_text("in.json", "[{\"Path\":\"/\xFF\"},{\"Step\":{\"path_id\":0,\"line\":1,\"column\":4}},\n"
                        "{\"Step\":{\"path_id\":0,\"line\":2,\"mood\":1,\"mood\":2}},{\"VariableName\":\"\\ud800\"}]");
    ctrace_conversion *report;
    assert_int_equal(ctrace_convert(&report, S("in.json"), S("out.json"), NULL, NULL), CTRACE_OK);
    uint64_t counts[CTRACE_LOSS_COUNT] = {0};
    for (size_t i = 0; i < ctrace_conversion_loss_count(report); i++) {
        const ctrace_loss *loss = ctrace_conversion_loss_at(report, i);
        counts[loss->kind] += loss->count;
        assert_true(loss->first.line > 0);
    }
    assert_int_equal(counts[CTRACE_LOSS_TEXT_MENDED], 2);
    assert_true(counts[CTRACE_LOSS_FIELD_DROPPED] + counts[CTRACE_LOSS_COLUMN_DROPPED] >= 2);
    ctrace_conversion_free(&report);
}

static void test_refuses_what_would_harm(void **state)
{
    (void)state;
    put_small("in");
    put_text("other.txt", "keep\n");
    assert_int_equal(mkdir("full", 0777), 0);
    put_text("full/notes.txt", "keep\n");
    assert_int_equal(symlink("in", "link"), 0);
    assert_int_equal(link("in/trace.json", "hard.json"), 0);
    assert_int_equal(symlink("in/trace.json", "soft.json"), 0);
    assert_int_equal(mkfifo("pipe.json", 0600), 0);
    static const char *const outs[] = {"in",        "in/",       "link",      "in/trace.json",
                                       "hard.json", "soft.json", "full",      "other.txt",
                                       "pipe.json", "",          "in/../in",  "in/trace_metadata.json",
                                       ".",         "/dev/null", "no/where/"};
    char *before = events_of("in");
    for (size_t i = 0; i < sizeof outs / sizeof *outs; i++) {
        ctrace_conversion *report = (ctrace_conversion *)1;
        ctrace_error error = {0};
        ctrace_status status = ctrace_convert(&report, S("in"), (ctrace_str){outs[i], strlen(outs[i])}, NULL, &error);
        if (status == CTRACE_OK)
            fail_msg("'%s' was written", outs[i]);
        assert_true(status == CTRACE_ARGUMENT || status == CTRACE_NOT_FOUND);
        assert_int_equal(error.status, status);
        assert_true(error.message[0]);
        assert_null(report);
    }
    assert_events("in", before);
    free(before);
    assert_file("other.txt", "keep\n");
    assert_file("full/notes.txt", "keep\n");
    assert_file("in/trace_metadata.json", metadata);
    assert_int_equal(entries("in"), 4);
    assert_int_equal(entries("full"), 1);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    put_small("in");
    ctrace_error error;
    assert_int_equal(ctrace_convert(NULL, S("in"), S("o\0t"), NULL, &error), CTRACE_ARGUMENT);
    assert_int_equal(ctrace_convert(NULL, S("i\0n"), S("out"), NULL, &error), CTRACE_ARGUMENT);
    assert_int_equal(ctrace_convert(NULL, S(""), S("out"), NULL, &error), CTRACE_ARGUMENT);
    assert_int_equal(ctrace_convert(NULL, S("in"), S("out"), OPTIONS(.has_form = true, .form = CTRACE_FORM_COUNT),
                                    &error),
                     CTRACE_ARGUMENT);
    assert_int_equal(ctrace_cut(NULL, S("in"), S("out"), (ctrace_range){CTRACE_UNIT_STEP, 2, 2}, NULL, &error),
                     CTRACE_ARGUMENT);
    assert_int_equal(ctrace_cut(NULL, S("in"), S("out"), (ctrace_range){CTRACE_UNIT_STEP, 5, 6}, NULL, &error),
                     CTRACE_ARGUMENT);
    assert_string_equal(error.message, "there is no step 5: the trace has 5 of them");
    assert_int_equal(ctrace_convert(NULL, S("nowhere"), S("out"), NULL, &error), CTRACE_NOT_FOUND);
    assert_int_equal(entries("."), 1);
}

/* The folder holds the old trace or the new one, and of the old one nothing stays. */
static void test_replaces_a_trace(void **state)
{
    (void)state;
    put_small("in");
    put_small("out");
    put_text("out/files/w/old.py", "old\n");
    put_text("out/trace_db_metadata.json", "{}");
    assert_int_equal(remove("in/symbols.json"), 0);
    assert_int_equal(ctrace_convert(NULL, S("in"), S("out"), OPTIONS(.has_form = true, .form = CTRACE_FORM_NDJSON),
                                    NULL),
                     CTRACE_OK);
    assert_int_equal(access("out/trace.json", F_OK), -1);
    assert_int_equal(access("out/symbols.json", F_OK), -1);
    assert_int_equal(access("out/trace_db_metadata.json", F_OK), -1);
    assert_int_equal(access("out/files/w/old.py", F_OK), -1);
    char *expected = events_of("in");
    assert_events("out", expected);
    free(expected);
    assert_int_equal(entries("out"), 4); /* events, metadata, paths, files */
    /* A failure leaves the old one. */
    put_text("in/trace.json", "[{\"Step\":");
    ctrace_error error;
    assert_int_equal(ctrace_convert(NULL, S("in"), S("out"), NULL, &error), CTRACE_TRUNCATED);
    assert_int_equal(entries("out"), 4);
    assert_file("out/trace_metadata.json", metadata);
}

static void test_follows_no_link(void **state)
{
    (void)state;
    put_small("in");
    put_text("secret", "secret\n");
    assert_int_equal(symlink("../../../secret", "in/files/w/leak"), 0);
    assert_int_equal(mkfifo("in/files/pipe", 0600), 0);
    ctrace_conversion *report;
    assert_int_equal(ctrace_convert(&report, S("in"), S("out"), NULL, NULL), CTRACE_OK);
    assert_int_equal(ctrace_conversion_loss_count(report), 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(ctrace_conversion_loss_at(report, i)->kind, CTRACE_LOSS_FILE_UNREADABLE);
    ctrace_conversion_free(&report);
    assert_int_equal(access("out/files/w/leak", F_OK), -1);
    assert_int_equal(access("out/files/w/a.py", F_OK), 0);
}

/* Into its own files/, which is not copied without end. */
static void test_output_inside_the_input(void **state)
{
    (void)state;
    put_small("in");
    assert_int_equal(ctrace_convert(NULL, S("in"), S("in/files/new"), NULL, NULL), CTRACE_OK);
    assert_file("in/files/new/files/w/a.py", "a\nb\nc\nd\n");
    assert_int_equal(entries("in/files/new/files"), 1);
}

/* ---- Repairing ---- */

static void test_repair_declares_what_is_lost(void **state)
{
    (void)state;
    assert_repairs_with(6, "{\"Function\":{\"path_id\":0,\"line\":\"x\",\"name\":\"f\"}}",
                        "{\"Function\":{\"path_id\":0,\"line\":0,\"name\":\"<lost function 1>\"}}",
                        "function 1 is now called '<lost function 1>'");
    assert_repairs_with(0, "{\"Path\":7}", "{\"Path\":\"<lost path 0>\"}", "path 0 is now called");
    assert_repairs_with(9, "{\"VariableName\":{}}", "{\"VariableName\":\"<lost variable 0>\"}", "variable 0");
    assert_repairs_with(3, "{\"Type\":{\"kind\":30}}",
                        "{\"Type\":{\"kind\":16,\"lang_type\":\"<lost type 0>\",\"specific_info\":{\"kind\":\"None\"}}}",
                        "type 0");
    /* No JSON at all, but its beginning tells. */
    assert_repairs_with(6, "{\"Function\":{\"path_id\":0,\"line\":3,\"na\"me\":\"f\"}}",
                        "{\"Function\":{\"path_id\":0,\"line\":0,\"name\":\"<lost function 1>\"}}",
                        "function 1 is now called '<lost function 1>'");
    put_text("trace_metadata.json", metadata);
    put_text("trace_paths.json", "[\"/w/a.py\"]");
    assert_repairs_with(0, "{\"Path\":7}", PATH, "path 0 was taken from trace_paths.json");
}

static void test_repair_keeps_the_calls_balanced(void **state)
{
    (void)state;
    assert_repairs_with(8, "{\"Call\":{\"function_id\":1,\"args\":7}}", CALL("1"), "without its arguments");
    assert_repairs_with(12, "{\"Return\":{\"return_value\":{\"kind\":\"Nope\"}}}", LOST, "a Return of '<lost>'");
    static const char *const without[] = {PATH, TOP,       CALL("0"), NONE,      STEP("1"), STEP("1"), F, STEP("3"),
                                          X,    STEP("4"), VALUE,     STEP("2"), RETURN};
    assert_repairs(8, "{\"Call\":{\"function_id\":-1,\"args\":[]}}", without, sizeof without / sizeof *without,
                   "its Return is left out too");
    /* Nobody can tell that this was a Call: then its Return closes another, and the last one has none. */
    static const char *const shifted[] = {PATH, TOP,       CALL("0"), NONE,   STEP("1"), STEP("1"), F, STEP("3"),
                                          X,    STEP("4"), VALUE,     RETURN, STEP("2")};
    assert_repairs(8, "{\"Coil\":{\"function_id\":1,\"args\":[]}}", shifted, sizeof shifted / sizeof *shifted,
                   "no name was declared there");
}

/* The ids behind an unreadable part tell how many names were declared in it. */
static void test_repair_counts_lost_names(void **state)
{
    (void)state;
    assert_repairs_with(6, "{\"Fun\xFF\":{\"path_id\":0,\"line\":3,\"name\":\"f\"}}",
                        "{\"Function\":{\"path_id\":0,\"line\":0,\"name\":\"<lost function 1>\"}}", "1 function");
    assert_repairs_with(9, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", "{\"VariableName\":\"<lost variable 0>\"}", "1 variable");
}

static void test_repair_goes_on_behind_gaps(void **state)
{
    (void)state;
    story s = {0};
    story_say(&s, "[\n" PATH ",\n" STEP("1") ",\n{\"Step\":{\"path_id\":0,\"li" "\n\n" STEP("2") ",\n  garbage } \n");
    size_t second = s.size;
    story_say(&s, STEP("3") ",{\"Step\": {\"path_id\":0, \"line\":x}},\n\n" STEP("4") "]");
    put_file("in.json", s.text, s.size);
    ctrace_conversion *report;
    assert_int_equal(ctrace_repair(&report, S("in.json"), S("out.json"), NULL, NULL), CTRACE_OK);
    assert_events("out.json", PATH "\n" STEP("1") "\n" STEP("2") "\n" STEP("3") "\n" STEP("4") "\n");
    assert_int_equal(ctrace_conversion_loss_count(report), 3);
    const ctrace_loss *losses[3];
    for (size_t i = 0; i < 3; i++) {
        losses[i] = ctrace_conversion_loss_at(report, i);
        assert_int_equal(losses[i]->kind, CTRACE_LOSS_GAP);
        pieces p = {.data = s.text, .size = s.size};
        assert_located(&p, losses[i]->first);
    }
    assert_int_equal(losses[0]->first.line, 4);
    assert_int_equal(losses[1]->first.line, 7);
    assert_int_equal(losses[2]->first.offset, second + strlen(STEP("3")) + 1);
    ctrace_conversion_free(&report);
    free(s.text);
}

static void test_repair_ends(void **state)
{
    (void)state;
    ctrace_conversion *report;
    put_text("in.json", "[\n" PATH ",\n" STEP("1"));
    assert_int_equal(ctrace_repair(&report, S("in.json"), S("out.json"), NULL, NULL), CTRACE_OK);
    assert_events("out.json", PATH "\n" STEP("1") "\n");
    assert_int_equal(ctrace_conversion_loss_count(report), 0);
    assert_int_equal(ctrace_conversion_note_count(report), 1);
    ctrace_conversion_free(&report);

    put_text("in.json", "[\n" PATH ",\n" STEP("1") ",{\"St");
    assert_int_equal(ctrace_repair(&report, S("in.json"), S("out.json"), NULL, NULL), CTRACE_OK);
    assert_events("out.json", PATH "\n" STEP("1") "\n");
    assert_int_equal(ctrace_conversion_loss_count(report), 1);
    assert_int_equal(ctrace_conversion_loss_at(report, 0)->kind, CTRACE_LOSS_TAIL);
    assert_int_equal(ctrace_conversion_loss_at(report, 0)->count, 1);
    ctrace_conversion_free(&report);

    /* What follows the end of the list is not of this trace. */
    put_text("in.json", "[\n" PATH ",\n" STEP("1") "\n]\n" STEP("2") "]");
    assert_int_equal(ctrace_repair(&report, S("in.json"), S("out.json"), NULL, NULL), CTRACE_OK);
    assert_events("out.json", PATH "\n" STEP("1") "\n");
    assert_int_equal(ctrace_conversion_loss_at(report, 0)->kind, CTRACE_LOSS_TAIL);
    ctrace_conversion_free(&report);

    put_text("in.json", "\1\1\1\1" PATH ",\n" STEP("1") "]");
    assert_int_equal(ctrace_repair(&report, S("in.json"), S("out.json"), NULL, NULL), CTRACE_OK);
    assert_events("out.json", PATH "\n" STEP("1") "\n");
    assert_int_equal(ctrace_conversion_loss_at(report, 0)->kind, CTRACE_LOSS_GAP);
    ctrace_conversion_free(&report);

    ctrace_error error;
    put_text("in.json", "nothing\n");
    report = (ctrace_conversion *)1;
    assert_int_equal(ctrace_repair(&report, S("in.json"), S("none.json"), NULL, &error), CTRACE_NOT_A_TRACE);
    assert_null(report);
    put_text("in.json", "[{\"Nonsense\":1}]");
    assert_int_equal(ctrace_repair(&report, S("in.json"), S("none.json"), NULL, &error), CTRACE_EVENT);
    assert_int_equal(access("none.json", F_OK), -1);
}

static void test_repair_makes_metadata(void **state)
{
    (void)state;
    put_small("in");
    put_text("in/trace_metadata.json", "{\"program\":7,\"mood\":\"good\",\"ctrace\":{\"complete\":false}}");
    assert_int_equal(ctrace_repair(NULL, S("in"), S("out"), NULL, NULL), CTRACE_OK);
    size_t size;
    char *text = get_file("out/trace_metadata.json", &size);
    assert_non_null(text);
    assert_non_null(strstr(text, "\"program\":\"/w/a.py\""));
    assert_non_null(strstr(text, "\"mood\":\"good\""));
    assert_non_null(strstr(text, "\"recording_id\":\""));
    assert_non_null(strstr(text, "\"complete\":true,\"events\":15,\"steps\":5,\"calls\":2,\"repaired\":true"));
    assert_null(strstr(text, "7,"));
    free(text);
    ctrace_reader *reader;
    assert_int_equal(ctrace_reader_open(&reader, S("out"), NULL, NULL), CTRACE_OK);
    assert_int_equal(ctrace_reader_metadata(reader)->program.size, 7);
    ctrace_reader_close(&reader);
}

/* ---- Cutting ---- */

static void assert_cut(ctrace_unit unit, uint64_t first, uint64_t end_of, const char *expected)
{
    ctrace_error error;
    if (ctrace_cut(NULL, S("in.json"), S("out.json"), (ctrace_range){unit, first, end_of}, NULL, &error) != CTRACE_OK)
        fail_msg("%s", error.message);
    assert_events("out.json", expected);
}

#define BEFORE PATH "\n" TOP "\n" CALL("0") "\n" NONE "\n"

static void test_cut(void **state)
{
    (void)state;
    put_events("in.json", SIZE_MAX, "");
    assert_cut(CTRACE_UNIT_STEP, 2, 3,
               BEFORE F "\n" STEP("3") "\n" STEP("3") "\n" CALL("1") "\n" X "\n" CUT "\n" CUT "\n");
    /* The entry step of a call that is open comes along, and is the first now. */
    assert_cut(CTRACE_UNIT_STEP, 3, 4,
               BEFORE F "\n" STEP("3") "\n" STEP("3") "\n" CALL("1") "\n" X "\n" STEP("4") "\n" VALUE "\n" RETURN
                        "\n" CUT "\n");
    assert_cut(CTRACE_UNIT_CALL, 1, 2,
               BEFORE F "\n" STEP("3") "\n" STEP("3") "\n" CALL("1") "\n" X "\n" STEP("4") "\n" VALUE "\n" RETURN
                        "\n" CUT "\n");
    assert_cut(CTRACE_UNIT_EVENT, 11, 12,
               BEFORE F "\n" STEP("3") "\n" STEP("3") "\n" CALL("1") "\n" X "\n" VALUE "\n" CUT "\n" CUT "\n");
    char *whole = events_of("in.json");
    assert_cut(CTRACE_UNIT_EVENT, 0, UINT64_MAX, whole);
    assert_cut(CTRACE_UNIT_CALL, 0, 1, whole);
    assert_cut(CTRACE_UNIT_STEP, 0, 100, whole);
    free(whole);
}

/* What is used and declared behind the part is declared. */
static void test_cut_finds_late_names(void **state)
{
    (void)state;
    put_text("in.json", "[" PATH "," TOP "," CALL("0") "," STEP("1") "," VALUE "," STEP("2") "," X "," NONE "]");
    assert_cut(CTRACE_UNIT_STEP, 0, 1,
               PATH "\n" TOP "\n" CALL("0") "\n" STEP("1") "\n" VALUE "\n" CUT "\n" X "\n" NONE "\n");
}

#define START(n)  "{\"ThreadStart\":" n "}"
#define SWITCH(n) "{\"ThreadSwitch\":" n "}"

static void test_cut_knows_threads(void **state)
{
    (void)state;
    put_text("in.json", "[" PATH "," TOP "," F "," NONE "," CALL("0") "," STEP("1") "," START("5") "," SWITCH("5") ","
                        CALL("1") "," STEP("3") "," SWITCH("9") "," STEP("2") "," SWITCH("5") "," STEP("4") "," RETURN
                        "," SWITCH("9") "," STEP("6") "," RETURN "]");
    /* In the other thread. */
    assert_cut(CTRACE_UNIT_STEP, 3, 4,
               PATH "\n" TOP "\n" F "\n" NONE "\n" CALL("0") "\n" STEP("1") "\n" START("5") "\n" SWITCH("5") "\n"
               CALL("1") "\n" STEP("4") "\n" RETURN "\n" SWITCH("9") "\n" CUT "\n");
    /* In the first one, while the other has a call open. */
    assert_cut(CTRACE_UNIT_STEP, 2, 3,
               PATH "\n" TOP "\n" F "\n" NONE "\n" CALL("0") "\n" STEP("1") "\n" START("5") "\n" SWITCH("5") "\n"
               CALL("1") "\n" SWITCH("9") "\n" STEP("2") "\n" SWITCH("5") "\n" CUT "\n" SWITCH("9") "\n" CUT "\n");
}

#define CELL(p, n)  "{\"CellValue\":{\"place\":" p ",\"value\":{\"kind\":\"Int\",\"i\":" n ",\"type_id\":0}}}"
#define LIST(p)     "{\"CompoundValue\":{\"place\":" p ",\"value\":{\"kind\":\"Sequence\",\"elements\":[],"             \
                    "\"is_slice\":false,\"type_id\":0}}}"
#define ITEM(p, i)  "{\"AssignCompoundItem\":{\"place\":" p ",\"index\":" i ",\"item_place\":1}}"
#define VARIABLE(p) "{\"VariableCell\":{\"variable_id\":0,\"place\":" p "}}"

static void test_cut_keeps_places(void **state)
{
    (void)state;
    put_text("in.json", "[" PATH "," TOP "," F "," NONE "," X "," CALL("0") "," STEP("1") "," VARIABLE("1") ","
                        CELL("1", "10") "," CELL("1", "11") "," ITEM("2", "0") "," LIST("2") "," ITEM("2", "0") ","
                        ITEM("2", "0") "," CALL("1") "," VARIABLE("2") "," RETURN "," STEP("2") "," RETURN "]");
    assert_cut(CTRACE_UNIT_STEP, 1, 2,
               PATH "\n" TOP "\n" F "\n" NONE "\n" X "\n" CALL("0") "\n" STEP("1") "\n" VARIABLE("1") "\n"
               CELL("1", "11") "\n" LIST("2") "\n" ITEM("2", "0") "\n" STEP("2") "\n" RETURN "\n");
}

/* ---- Failures ---- */

typedef ctrace_status doing(const ctrace_convert_options *options, ctrace_error *error);

static ctrace_status do_convert(const ctrace_convert_options *options, ctrace_error *error)
{
    return ctrace_convert(NULL, S("in"), S("out"), options, error);
}

static ctrace_status do_repair(const ctrace_convert_options *options, ctrace_error *error)
{
    return ctrace_repair(NULL, S("in"), S("out"), options, error);
}

static ctrace_status do_cut(const ctrace_convert_options *options, ctrace_error *error)
{
    return ctrace_cut(NULL, S("in"), S("out"), (ctrace_range){CTRACE_UNIT_STEP, 2, 3}, options, error);
}

static void fail_each_allocation(doing *task)
{
    for (size_t n = 0;; n++) {
        limited_memory memory = {.until_failure = n};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctrace_error error;
        ctrace_status status = task(OPTIONS(.allocator = &allocator), &error);
        assert_int_equal(memory.held, 0);
        if (status == CTRACE_OK) {
            assert_true(n > 10);
            assert_int_equal(entries("."), 2);
            return;
        }
        assert_int_equal(status, CTRACE_NO_MEMORY);
        assert_int_equal(error.status, CTRACE_NO_MEMORY);
        assert_int_equal(entries("."), 1);
    }
}

static void test_each_allocation_fails_in_convert(void **state)
{
    (void)state;
    put_small("in");
    fail_each_allocation(do_convert);
}

static void test_each_allocation_fails_in_repair(void **state)
{
    (void)state;
    put_small("in");
    put_events("in/trace.json", 6, "{\"Function\":{\"path_id\":0,\"li\"ne\":3},,,");
    fail_each_allocation(do_repair);
}

static void test_each_allocation_fails_in_cut(void **state)
{
    (void)state;
    put_small("in");
    fail_each_allocation(do_cut);
}

/* A long trace, so that it is flushed many times. */
static void put_long(const char *name, size_t steps)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fprintf(file, "[%s,%s,%s,%s", PATH, TOP, CALL("0"), NONE);
    for (size_t i = 0; i < steps; i++)
        fprintf(file, ",\n{\"Step\":{\"path_id\":0,\"line\":%zu}}", i);
    fprintf(file, "]\n");
    assert_int_equal(fclose(file), 0);
}

static int stop_at(void *cookie, uint64_t done, uint64_t total)
{
    size_t *left = cookie;
    assert_true(total == 0 || done <= total);
    return (*left)-- == 0;
}

static void test_stops_when_told(void **state)
{
    (void)state;
    assert_int_equal(mkdir("in", 0777), 0);
    put_long("in/trace.json", 20000);
    doing *const tasks[] = {do_convert, do_repair, do_cut};
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        /* A part is looked for up to its end alone. */
        for (size_t at = 0; at < (tasks[i] == do_cut ? 0 : 4); at++) {
            size_t left = at;
            ctrace_error error;
            assert_int_equal(tasks[i](OPTIONS(.progress = stop_at, .progress_cookie = &left), &error), CTRACE_STATE);
            assert_int_equal(entries("."), 1);
        }
    }
}

static int write_nothing(void *cookie, uint64_t offset, const char *data, size_t size)
{
    (void)offset;
    (void)data;
    (void)size;
    size_t *left = cookie;
    if (*left == 0)
        return ENOSPC;
    --*left;
    return 0;
}

static void test_sink_fails(void **state)
{
    (void)state;
    put_long("in.json", 100000);
    for (size_t writes = 0;; writes++) {
        size_t left = writes;
        ctrace_sink sink = {.cookie = &left, .write = write_nothing, .sequential = true};
        ctrace_error error;
        ctrace_status status = ctrace_convert(
            NULL, S("in.json"), S("nowhere"), OPTIONS(.sink = &sink, .has_form = true, .form = CTRACE_FORM_JSON),
            &error);
        if (status == CTRACE_OK) {
            assert_true(writes > 2);
            break;
        }
        assert_int_equal(status, CTRACE_IO);
        assert_int_equal(error.system, ENOSPC);
    }
    assert_int_equal(entries("."), 1);
}

/* A file that may not grow any more fails as a full disk does. */
static void test_disk_is_full(void **state)
{
    (void)state;
    assert_int_equal(mkdir("in", 0777), 0);
    put_long("in/trace.json", 40000);
    struct rlimit before, little;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little = before;
    little.rlim_cur = 300000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    ctrace_error error;
    ctrace_status folder = ctrace_convert(NULL, S("in"), S("out"), NULL, &error);
    ctrace_status file = ctrace_convert(NULL, S("in"), S("out.json"), NULL, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(folder, CTRACE_IO);
    assert_int_equal(file, CTRACE_IO);
    assert_int_equal(error.system, EFBIG);
    assert_string_equal(error.message, "cannot write out: File too large");
    assert_int_equal(entries("."), 1);
}

static void test_reads_a_source(void **state)
{
    (void)state;
    static const char text[] = "[" PATH "," STEP("1") ",{\"Nonsense\":1}," STEP("2") "]";
    for (size_t piece = 1; piece < 60; piece += 13) {
        pieces p = {.data = text, .size = strlen(text), .piece = piece, .interrupted = true};
        ctrace_source source = {.cookie = &p, .read = pieces_read};
        assert_int_equal(ctrace_repair(NULL, S("<pipe>"), S("out"), OPTIONS(.source = &source), NULL), CTRACE_OK);
        assert_events("out", PATH "\n" STEP("1") "\n" STEP("2") "\n");
        p.at = 0;
        ctrace_error error;
        assert_int_equal(ctrace_convert(NULL, S("<pipe>"), S("new"), OPTIONS(.source = &source), &error),
                         CTRACE_EVENT);
        assert_string_equal(error.file, "<pipe>");
        assert_int_equal(entries("."), 1);
        assert_int_equal(entries("out"), 3);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(test_folder_to_folder),
        TEST(test_strict_refuses_loss),
        TEST(test_each_loss_is_told),
        TEST(test_refuses_what_would_harm),
        TEST(test_bad_arguments),
        TEST(test_replaces_a_trace),
        TEST(test_follows_no_link),
        TEST(test_output_inside_the_input),
        TEST(test_repair_declares_what_is_lost),
        TEST(test_repair_keeps_the_calls_balanced),
        TEST(test_repair_counts_lost_names),
        TEST(test_repair_goes_on_behind_gaps),
        TEST(test_repair_ends),
        TEST(test_repair_makes_metadata),
        TEST(test_cut),
        TEST(test_cut_finds_late_names),
        TEST(test_cut_knows_threads),
        TEST(test_cut_keeps_places),
        TEST(test_each_allocation_fails_in_convert),
        TEST(test_each_allocation_fails_in_repair),
        TEST(test_each_allocation_fails_in_cut),
        TEST(test_stops_when_told),
        TEST(test_sink_fails),
        TEST(test_disk_is_full),
        TEST(test_reads_a_source),
    };
    return cmocka_run_group_tests_name("convert", tests, NULL, NULL);
}
