/* The layout "split" of containers: every framing and meaning of positions, streams that are not there, odd records,
 * and going to any place. */
#include "split_building.h"

#include "codec/decoder.h"

static const size_t chunk_sizes[] = {1, 5, 64, 1000};

static void test_every_framing_and_position(void **state)
{
    (void)state;
    for (unsigned positions = SPLIT_NIM; positions <= SPLIT_COLUMNS; positions++)
        for (unsigned older = 0; older < 2; older++)
            for (size_t i = 0; i < sizeof chunk_sizes / sizeof *chunk_sizes; i++) {
                split_run_options o = {95, chunk_sizes[i], (split_positions)positions, older != 0};
                split_files f = split_run_files(&o);
                char *told = split_tell(&f, NULL);
                char *found = split_events_of(told), *expected = split_expected(&o, SPLIT_ALL);
                assert_string_equal(found, expected);
                assert_int_equal(split_count(told, "CTRACE_END"), 1);
                assert_int_equal(split_count(told, "ct-framing-old"), older ? 4 : 0);
                assert_int_equal(split_count(told, "ct-chunk-torn"), 0);
                assert_int_equal(split_count(told, "ct-stream-lost"), 0);
                assert_int_equal(split_count(told, "ct-record-lost"), 0);
                assert_int_equal(split_count(told, "ct-positions @"), positions == SPLIT_NIM);
                assert_int_equal(split_count(told, "ct-positions-nim"), positions == SPLIT_NIM);
                assert_int_equal(split_count(told, "ct-names-bare"), positions != SPLIT_PACKED);
                assert_int_equal(split_count(told, "column-dropped") > 0, positions == SPLIT_COLUMNS);
                assert_int_equal(split_count(told, "ct-step-tag") > 0, positions == SPLIT_COLUMNS && o.per_chunk > 1);
                free(told);
                free(found);
                free(expected);
                split_files_free(&f);
            }
}

static void test_details(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "CTFS v4, layout split (streams), positions path * 100000 + line, from 2^32 on (path << 32) | line, ",
        "CTFS v4, layout split (streams), positions (path << 32) | line, older framing, ",
        "CTFS v4, layout split (streams), positions of columns, "};
    for (unsigned positions = SPLIT_NIM; positions <= SPLIT_COLUMNS; positions++) {
        split_run_options o = {3, 64, (split_positions)positions, positions == SPLIT_PACKED};
        split_files f = split_run_files(&o);
        char *told = split_tell(&f, NULL);
        assert_memory_equal(told, texts[positions], strlen(texts[positions]));
        free(told);
        split_files_free(&f);
    }
}

/* What is in the streams that are there is given all the same. */
static void test_streams_that_are_missing(void **state)
{
    (void)state;
    static const char *const names[] = {"", "values", "calls", "events"};
    for (unsigned without = SPLIT_NO_VALUES; without < SPLIT_WITHOUT_COUNT; without++)
        for (unsigned older = 0; older < 2; older++)
            for (unsigned half = 0; half < 3; half++) {
                split_run_options o = {40, 7, SPLIT_PACKED, older != 0};
                split_files f = split_run_files(&o);
                char data[16], index[16];
                snprintf(data, sizeof data, "%s.dat", names[without]);
                snprintf(index, sizeof index, "%s.%s", names[without], older ? "off" : "idx");
                if (half != 1)
                    split_file_drop(&f, data);
                if (half != 2)
                    split_file_drop(&f, index);
                char *told = split_tell(&f, NULL);
                char *found = split_events_of(told), *expected = split_expected(&o, (split_without)without);
                assert_string_equal(found, expected);
                assert_int_equal(split_count(told, "ct-stream-lost"), half != 0);
                free(told);
                free(found);
                free(expected);
                split_files_free(&f);
            }
}

static void test_without_steps(void **state)
{
    (void)state;
    split_run_options o = {9, 4, SPLIT_PACKED, false};
    split_files f = split_run_files(&o);
    split_file_drop(&f, "steps.idx");
    char *told = split_tell(&f, NULL);
    assert_int_equal(split_count(told, "ct-stream-lost"), 1);
    assert_non_null(strstr(told, "{\"Call\":{\"function_id\":2"));
    assert_non_null(strstr(told, "{\"Event\":"));
    assert_null(strstr(told, "{\"Step\""));
    assert_null(strstr(told, "{\"Value\""));
    free(told);
    split_files_free(&f);
}

static void test_without_tables(void **state)
{
    (void)state;
    split_run_options o = {9, 4, SPLIT_PACKED, false};
    split_files f = split_run_files(&o);
    static const char *const names[] = {"paths", "funcs", "types", "varnames"};
    for (size_t i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "%s.dat", names[i]);
        split_file_drop(&f, name);
        snprintf(name, sizeof name, "%s.off", names[i]);
        split_file_drop(&f, name);
    }
    char *told = split_tell(&f, NULL);
    /* The paths of meta.dat, of which there are two; the third path's steps have no place. */
    assert_non_null(strstr(told, "{\"Path\":\"/a.rb\"}"));
    assert_non_null(strstr(told, "{\"Path\":\"/b.rb\"}"));
    assert_int_equal(split_count(told, "ct-position-lost"), 1);
    assert_non_null(strstr(told, "{\"Step\":{\"path_id\":0,\"line\":0}}"));
    assert_null(strstr(told, "\"Function\""));
    free(told);
    split_files_free(&f);
}

/* ---- Single records ---- */

/* A container of steps, values and calls that are given. */
static split_files few_files(split_rows *steps, split_rows *values, split_rows *calls, split_rows *events)
{
    split_files f = {0};
    split_rows rows = {0};
    split_text_row(&rows, "/a.py");
    split_table(&f, "paths", &rows);
    split_rows_free(&rows);
    split_text_row(&rows, "int");
    split_text_row(&rows, "TypeError");
    split_table(&f, "types", &rows);
    split_rows_free(&rows);
    split_chunks(&f, "steps", steps, 100, false, false);
    split_rows_free(steps);
    split_rows *const others[] = {values, calls, events};
    static const char *const names[] = {"values", "calls", "events"};
    for (size_t i = 0; i < 3; i++)
        if (others[i]) {
            split_chunks(&f, names[i], others[i], 100, true, false);
            split_rows_free(others[i]);
        }
    meta_usual(split_file_add(&f, "meta", ".dat"), 3, SPLIT_NEWER, GOOD_ID);
    return f;
}

static void add_row(split_rows *rows, const char *data, size_t size) { story_add(split_row(rows), data, size); }
#define ROW(rows, literal) add_row(rows, literal, sizeof literal - 1)

static void assert_told(split_files *f, const char *expected)
{
    char *told = split_tell(f, NULL);
    const char *rest = strstr(told, "@0 #2 "); /* the last declaration */
    assert_non_null(rest);
    assert_string_equal(strchr(rest, '\n') + 1, expected);
    free(told);
    split_files_free(f);
}

static void test_tags_of_steps(void **state)
{
    (void)state;
    split_rows steps = {0};
    ROW(&steps, "\x00\x07");
    ROW(&steps, "\x02\x01\x04" "oops");
    ROW(&steps, "\x02\x63\x02" "\xFF!");
    ROW(&steps, "\x03\x01");
    ROW(&steps, "\x05\x05");
    ROW(&steps, "\x04\x80\x01");
    ROW(&steps, "\x06\x05");
    ROW(&steps, "\x01\x03");
    split_files f = few_files(&steps, NULL, NULL, NULL);
    assert_told(&f, "@0 #3 {\"Step\":{\"path_id\":0,\"line\":7}}\n"
                    "@2 #4 {\"Event\":{\"kind\":11,\"metadata\":\"TypeError\",\"content\":\"oops\"}}\n"
                    "text-invalid @9 #5\n"
                    "@9 #5 {\"Event\":{\"kind\":11,\"metadata\":\"\",\"content\":\"\xEF\xBF\xBD!\"}}\n"
                    "ct-record-lost @14 #6\n"
                    "ct-step-tag @16 #6\n"
                    "@16 #6 {\"ThreadStart\":5}\n"
                    "@18 #7 {\"ThreadSwitch\":128}\n"
                    "ct-step-tag @21 #8\n"
                    "@21 #8 {\"ThreadExit\":5}\n"
                    "@23 #9 {\"Step\":{\"path_id\":0,\"line\":5}}\n"
                    "CTRACE_END @25 #-1\n");
}

static void test_positions_without_a_place(void **state)
{
    (void)state;
    split_rows steps = {0};
    ROW(&steps, "\x01\x04");                                         /* nothing to go on from */
    ROW(&steps, "\x00\x80\x80\x80\x80\x10");                         /* 2^32: path 1 */
    ROW(&steps, "\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
    ROW(&steps, "\x01\x02");                                         /* beyond all numbers */
    ROW(&steps, "\x00\x02");
    ROW(&steps, "\x01\x05");                                         /* below 0 */
    split_files f = few_files(&steps, NULL, NULL, NULL);
    char *told = split_tell(&f, NULL);
    assert_int_equal(split_count(told, "ct-position-lost"), 5);
    assert_non_null(strstr(told, "{\"Step\":{\"path_id\":0,\"line\":2}}"));
    assert_int_equal(split_count(told, "CTRACE_END"), 1);
    free(told);
    split_files_free(&f);
}

static void test_unknown_tag_of_a_step(void **state)
{
    (void)state;
    split_rows steps = {0};
    ROW(&steps, "\x00\x07");
    ROW(&steps, "\x08\x01");
    ROW(&steps, "\x00\x09");
    split_files f = few_files(&steps, NULL, NULL, NULL);
    assert_told(&f, "@0 #3 {\"Step\":{\"path_id\":0,\"line\":7}}\n"
                    "ct-step-tag @2 #-1\n"
                    "ct-chunk-torn @2 #-1\n"
                    "CTRACE_END @2 #-1\n");
}

static void test_tags_of_values(void **state)
{
    (void)state;
    split_rows steps = {0}, values = {0};
    ROW(&steps, "\x00\x07");
    story *s = split_row(&values);
    story_add(s, "\x01\x01\x05", 3);         /* BindVariable */
    story_add(s, "\x02\x01", 2);             /* DropVariable */
    story_add(s, "\x03\x02\x01\x02", 4);     /* DropVariables */
    story_add(s, "\x04\x03", 2);             /* CellValue */
    split_int(s, 1);
    story_add(s, "\x05\x04", 2);             /* CompoundValue */
    split_int(s, 2);
    story_add(s, "\x0A\x03" "abc", 5);       /* one that nobody knows */
    story_add(s, "\x06\x04", 2);             /* AssignCell */
    split_int(s, 3);
    story_add(s, "\x07\x02\x09\x03", 4);     /* AssignCompoundItem */
    story_add(s, "\x08\x01\x02", 3);         /* VariableCell */
    story_add(s, "\x09\x01\x01", 3);         /* Assignment */
    split_run(s, "\xA2" "dkind" "fSimple" "ddata" "\x02", 19);
    story_add(s, "\x00\x02\x00", 3);         /* two values */
    split_int(s, 4);
    story_add(s, "\x01", 1);
    split_int(s, 5);
    split_files f = few_files(&steps, &values, NULL, NULL);
#define INT(n) "{\"kind\":\"Int\",\"i\":" n ",\"type_id\":0}"
    assert_told(&f, "@0 #3 {\"Step\":{\"path_id\":0,\"line\":7}}\n"
                    "@0 #4 {\"BindVariable\":{\"variable_id\":1,\"place\":-3}}\n"
                    "@0 #5 {\"DropVariable\":1}\n"
                    "@0 #6 {\"DropVariables\":[1,2]}\n"
                    "@0 #7 {\"CellValue\":{\"place\":-2,\"value\":" INT("1") "}}\n"
                    "@0 #8 {\"CompoundValue\":{\"place\":2,\"value\":" INT("2") "}}\n"
                    "ct-record-lost @0 #9\n"
                    "@0 #9 {\"AssignCell\":{\"place\":2,\"new_value\":" INT("3") "}}\n"
                    "@0 #10 {\"AssignCompoundItem\":{\"place\":1,\"index\":9,\"item_place\":-2}}\n"
                    "@0 #11 {\"VariableCell\":{\"variable_id\":1,\"place\":1}}\n"
                    "@0 #12 {\"Assignment\":{\"to\":1,\"pass_by\":\"Reference\",\"from\":{\"kind\":\"Simple\",\"data\":2}}}\n"
                    "@0 #13 {\"Value\":{\"variable_id\":0,\"value\":" INT("4") "}}\n"
                    "@0 #14 {\"Value\":{\"variable_id\":1,\"value\":" INT("5") "}}\n"
                    "CTRACE_END @2 #-1\n");
}

/* A bad value is one bad event; a bad record ends there. */
static void test_bad_values(void **state)
{
    (void)state;
    split_rows steps = {0}, values = {0};
    for (int i = 0; i < 4; i++)
        ROW(&steps, "\x00\x07");
    story *s = split_row(&values);
    story_add(s, "\x00\x03\x00\x01\x05\x00\x00\x01", 8); /* a number, nothing, a value */
    split_int(s, 6);
    ROW(&values, "\x00\xFF\xFF\xFF\xFF\x0F\x01"); /* as many values as never come */
    ROW(&values, "\x00\x01\x00\x50\x01");         /* longer than its record */
    ROW(&values, "\x02");
    split_files f = few_files(&steps, &values, NULL, NULL);
    char *told = split_tell(&f, NULL);
    assert_int_equal(split_count(told, "CTRACE_EVENT"), 5);
    assert_non_null(strstr(told, "record 1 of values.dat is malformed"));
    assert_non_null(strstr(told, "record 2 of values.dat is malformed"));
    assert_non_null(strstr(told, "record 3 of values.dat is malformed"));
    assert_non_null(strstr(told, "{\"Value\":{\"variable_id\":1,\"value\":" INT("6") "}}"));
    assert_non_null(strstr(told, "#11 {\"Step\"")); /* bad events are counted, too */
    assert_int_equal(split_count(told, "CTRACE_END"), 1);
    free(told);
    split_files_free(&f);
}

static void call_row(split_rows *calls, unsigned function, int64_t parent, unsigned entry, unsigned exit, const char *rest,
                     size_t size)
{
    story *s = split_row(calls);
    split_varint(s, function);
    split_svarint(s, parent);
    split_varint(s, entry);
    split_varint(s, exit);
    split_varint(s, 0);
    story_add(s, rest, size);
}
#define CALL_ROW(calls, function, parent, entry, exit, rest) \
    call_row(calls, function, parent, entry, exit, rest, sizeof rest - 1)
#define NO_RESULT "\x00\x01\xFF\x00\x00"

/* Two calls of one step that have none of their own, and what returns in another order than it should. */
static void test_calls_at_one_step(void **state)
{
    (void)state;
    split_rows steps = {0}, calls = {0};
    for (int i = 0; i < 3; i++)
        ROW(&steps, "\x00\x07");
    CALL_ROW(&calls, 0, -1, 0, 2, NO_RESULT);
    CALL_ROW(&calls, 1, 0, 1, 1, NO_RESULT);
    CALL_ROW(&calls, 2, 0, 1, 1, NO_RESULT);
    CALL_ROW(&calls, 3, 2, 1, 1, NO_RESULT);
    split_files f = few_files(&steps, NULL, &calls, NULL);
#define NONE "{\"Return\":{\"return_value\":{\"kind\":\"None\",\"type_id\":0}}}\n"
#define STEP "{\"Step\":{\"path_id\":0,\"line\":7}}\n"
#define CALL(n) "{\"Call\":{\"function_id\":" n ",\"args\":[]}}\n"
    assert_told(&f, "@0 #3 " CALL("0") "@0 #4 " STEP "@2 #5 " STEP "@2 #6 " CALL("1") "@2 #7 " NONE "@2 #8 " CALL("2")
                    "@2 #9 " CALL("3") "@2 #10 " NONE "@2 #11 " NONE "@4 #12 " STEP "@4 #13 " NONE
                    "CTRACE_END @6 #-1\n");
}

static void test_results_and_exceptions(void **state)
{
    (void)state;
    split_rows steps = {0}, calls = {0};
    ROW(&steps, "\x00\x07");
    story rest = {0};
    story_add(&rest, "\x00\x00", 2); /* no arguments, nothing returned */
    split_int(&rest, 3);             /* an exception */
    split_varint(&rest, 0);
    call_row(&calls, 0, -1, 0, 0, rest.text, rest.size);
    rest.size = 0;
    story_add(&rest, "\x00", 1);
    split_int(&rest, 4);
    split_int(&rest, 5);
    split_varint(&rest, 0);
    call_row(&calls, 1, -1, 0, 0, rest.text, rest.size);
    CALL_ROW(&calls, 2, -1, 0, 0, "\x00\x02\xFF\xFF\x00\x00");         /* no value */
    CALL_ROW(&calls, 3, -1, 0, 0, "\x02\x00\x01\x05\x01\x00\x00\x00\x00"); /* no arguments either */
    ROW(&calls, "\x00\x01");                                          /* no call */
    CALL_ROW(&calls, 4, -1, 0, 0, NO_RESULT);
    free(rest.text);
    split_files f = few_files(&steps, NULL, &calls, NULL);
    char *told = split_tell(&f, NULL);
    assert_non_null(strstr(told, "#5 {\"Return\":{\"return_value\":" INT("3") "}}"));
    assert_non_null(strstr(told, "ct-record-lost @0 #6\n@0 #6 " CALL("1")));
    assert_non_null(strstr(told, "#7 {\"Return\":{\"return_value\":" INT("4") "}}"));
    assert_non_null(strstr(told, "ct-record-lost @0 #9\n@0 #9 " NONE));
    assert_non_null(strstr(told, "ct-record-lost @0 #10\nct-record-lost @0 #10\n@0 #10 " CALL("3")));
    assert_non_null(strstr(told, "ct-record-lost @0 #11\n@0 #11 " NONE "@0 #12 " CALL("4")));
    assert_int_equal(split_count(told, "CTRACE_END"), 1);
    free(told);
    split_files_free(&f);
}

/* Arguments of old calls have no names, so there is nothing to declare for them. */
static void test_arguments_without_names(void **state)
{
    (void)state;
    split_rows steps = {0}, calls = {0};
    ROW(&steps, "\x00\x07");
    story rest = {0};
    split_varint(&rest, 1);
    split_int(&rest, 3);
    story_add(&rest, "\x01\xFF\x00\x00", 4);
    call_row(&calls, 0, -1, 0, 9, rest.text, rest.size);
    split_files f = few_files(&steps, NULL, NULL, NULL);
    split_table(&f, "calls", &calls);
    split_rows_free(&calls);
    free(rest.text);
    assert_told(&f, "ct-record-lost @0 #3\n@0 #3 " CALL("0") "@0 #4 " STEP "CTRACE_END @2 #-1\n");
}

static void test_deep_recursion(void **state)
{
    (void)state;
    enum { DEPTH = 3000 };
    split_rows steps = {0}, calls = {0};
    for (unsigned i = 0; i < DEPTH; i++) {
        ROW(&steps, "\x00\x07");
        story *s = split_row(&calls);
        split_varint(s, 0);
        split_svarint(s, (int64_t)i - 1);
        split_varint(s, i);
        split_varint(s, DEPTH - 1);
        split_varint(s, i);
        split_varint(s, 0);
        split_int(s, i);
        story_add(s, "\x00\x00", 2);
    }
    split_files f = few_files(&steps, NULL, &calls, NULL);
    char *told = split_tell(&f, NULL);
    story expected = {0};
    for (unsigned i = DEPTH; i > 0; i--) {
        char line[160];
        snprintf(line, sizeof line, "@%u #%u {\"Return\":{\"return_value\":{\"kind\":\"Int\",\"i\":%u,\"type_id\":0}}}\n",
                 2 * (DEPTH - 1), 3 + 3 * DEPTH - i, (i - 1) % 24);
        story_say(&expected, line);
    }
    assert_non_null(strstr(told, expected.text));
    free(expected.text);
    free(told);
    split_files_free(&f);
}

/* ---- Tables of lines ---- */

enum { LONG_LINES = 10000, TABLES = 40 };

static unsigned length_of(size_t path, size_t line) { return (unsigned)((line * 7 + path) % 5); } /* of some lines 0 */
static size_t lines_of(size_t path) { return path == 3 ? LONG_LINES : path % 6; }

/* More paths than tables are kept of, one of them with more lines than are kept, lines and paths without any length. */
static void test_many_and_long_tables_of_lines(void **state)
{
    (void)state;
    split_files f = {0};
    split_rows paths = {0}, steps = {0};
    story expected = {0};
    uint64_t begin[TABLES + 1] = {0};
    story_say(&expected, "");
    for (size_t path = 0; path < TABLES; path++) {
        story *s = split_row(&paths);
        int64_t before = 0;
        uint64_t size = 0;
        split_run(s, "/p", 2);
        split_varint(s, lines_of(path));
        for (size_t line = 0; line < lines_of(path); line++) {
            split_svarint(s, length_of(path, line) - before);
            before = length_of(path, line);
            size += length_of(path, line);
        }
        begin[path + 1] = begin[path] + (lines_of(path) ? size : 100000);
    }
    split_table(&f, "paths", &paths);
    for (size_t i = 0; i < 3000; i++) { /* lines of all paths in turn, of the long one more */
        size_t path = i % 3 ? 3 : i / 3 % TABLES;
        uint64_t position = begin[path];
        size_t line = lines_of(path) ? i * 37 % lines_of(path) : 0;
        if (lines_of(path) && !length_of(path, line))
            continue;
        for (size_t l = 0; l < line; l++)
            position += length_of(path, l);
        story *s = split_row(&steps);
        bytes_u8(s, 0);
        split_varint(s, lines_of(path) ? position + i % length_of(path, line) : position + i);
        ctrace_event event = {.kind = CTRACE_EVENT_STEP,
                              .step = {path, (int64_t)(lines_of(path) ? line + 1 : i)}};
        story_add_event(&expected, &event);
    }
    split_chunks(&f, "steps", &steps, 100, false, false);
    meta_usual(split_file_add(&f, "meta", ".dat"), 3, SPLIT_NEWER | 1u << CTR_CTFS_COLUMN_AWARE, GOOD_ID);
    char *told = split_tell(&f, NULL);
    char *found = split_events_of(told);
    assert_int_equal(split_count(told, "ct-position-lost"), 0);
    assert_string_equal(strstr(found, "{\"Step\""), expected.text);
    free(told);
    free(found);
    free(expected.text);
    split_rows_free(&paths);
    split_rows_free(&steps);
    split_files_free(&f);
}

/* A frame may lack the size of what it holds, and a chunk may be of several frames. */
static void test_odd_frames(void **state)
{
    (void)state;
    split_run_options o = {30, 10, SPLIT_PACKED, false};
    split_files f = split_run_files(&o);
    char *expected = split_expected(&o, SPLIT_ALL);
    split_file_drop(&f, "steps.dat");
    split_file_drop(&f, "steps.idx");
    story *data = split_file_add(&f, "steps", ".dat"), *index = split_file_add(&f, "steps", ".idx");
    bytes_u32(index, 10);
    for (size_t chunk = 0; chunk < 3; chunk++) {
        bytes_u64(index, data->size);
        for (size_t half = 0; half < 2; half++) {
            story plain = {0}, log = {0};
            for (size_t i = chunk * 10 + half * 5; i < chunk * 10 + half * 5 + 5; i++) {
                bytes_u8(&plain, 0);
                split_varint(&plain, split_position(o.positions, i));
            }
            chunk_add(&log, &plain, 0, 0, chunk == 1);
            story_add(data, log.text + 16, log.size - 16); /* without the head that chunks of events.log have */
            free(plain.text);
            free(log.text);
        }
    }
    char *told = split_tell(&f, NULL);
    char *found = split_events_of(told);
    assert_string_equal(found, expected);
    assert_int_equal(split_count(told, "ct-size-unknown"), 1);
    assert_int_equal(split_count(told, "ct-chunk-torn"), 0);
    free(told);
    free(found);
    free(expected);
    split_files_free(&f);
}

/* ---- Any place ---- */

static ctr_decoder *open_decoder(ctr_source *source, const ctrace_allocator *allocator)
{
    ctr_decoder_options options = {.allocator = allocator, .max_event_bytes = 1 << 20, .max_depth = 100};
    ctr_decoder *d;
    assert_int_equal(ctr_ctfs_open_decoder(&d, source, "box", &options, NULL), CTRACE_OK);
    return d;
}

/* The events from here on, and the marks on the way. */
static story read_on(ctr_decoder *d, ctr_mark *marks, size_t *mark_count)
{
    story s = {0};
    const ctrace_event *event = NULL;
    ctrace_error error;
    story_say(&s, "");
    for (;;) {
        ctrace_status status = d->class->next(d, &event, &error);
        ctrace_position position;
        d->class->position(d, &position);
        story_add_line(&s, ctrace_status_name(status), position, "");
        if (status != CTRACE_OK)
            return s;
        story_add_event(&s, event);
        ctr_mark mark;
        if (marks && d->class->mark(d, &mark)) {
            assert_true(mark.event <= position.event);
            assert_true(!*mark_count || mark.event > marks[*mark_count - 1].event);
            marks[(*mark_count)++] = mark;
        }
    }
}

/* Reads all, then from every mark, from the last back to the beginning. Returns how many there were. */
static size_t assert_marks(const split_files *f)
{
    box b = split_box(f);
    ctr_source source = box_source(b.data, b.size);
    ctr_decoder *d = open_decoder(&source, NULL);
    ctr_mark marks[64];
    size_t count = 0;
    story all = read_on(d, marks, &count);
    for (size_t i = count + 1; i-- > 0;) {
        assert_int_equal(d->class->go_to(d, i ? &marks[i - 1] : NULL, NULL), CTRACE_OK);
        story rest = read_on(d, NULL, NULL);
        assert_true(rest.size <= all.size);
        assert_string_equal(rest.text, all.text + all.size - rest.size);
        char place[32];
        snprintf(place, sizeof place, " #%llu\n", i ? (unsigned long long)marks[i - 1].event : 0);
        assert_non_null(strstr(rest.text, place));
        free(rest.text);
    }
    d->class->close(d);
    ctr_source_close(&source);
    free(all.text);
    box_free(&b);
    return count;
}

static void test_marks(void **state)
{
    (void)state;
    for (unsigned positions = SPLIT_NIM; positions <= SPLIT_COLUMNS; positions++)
        for (unsigned older = 0; older < 2; older++) {
            split_run_options o = {150, 6, (split_positions)positions, older != 0};
            split_files f = split_run_files(&o);
            assert_int_equal(assert_marks(&f), (150 - 1) / 6);
            split_files_free(&f);
        }
}

/* The calls of three threads overlap, so those that are open have not called each other. */
static void test_marks_with_threads(void **state)
{
    (void)state;
    enum { STEPS = 90, THREADS = 3 };
    split_files f = {0};
    split_rows steps = {0}, calls = {0}, paths = {0};
    int64_t roots[THREADS];
    split_text_row(&paths, "/a.py");
    split_table(&f, "paths", &paths);
    split_rows_free(&paths);
    for (unsigned i = 0; i < STEPS; i++) {
        unsigned thread = i / 2 % THREADS;
        if (i % 2 == 0 && i % 8) {
            ROW(&steps, "\x04");
            split_varint(&steps.rows[i], thread);
        } else {
            ROW(&steps, "\x00\x07");
        }
        if (i % 2 == 0 && i / 2 < THREADS) {
            roots[thread] = (int64_t)calls.count;
            CALL_ROW(&calls, thread, -1, i, STEPS + 5, NO_RESULT);
        } else if (i % 3 == 0) {
            story *s = split_row(&calls);
            split_varint(s, 5);
            split_svarint(s, roots[thread]);
            split_varint(s, i);
            split_varint(s, i + i % 13);
            story_add(s, "\0\0", 2);
            split_int(s, i);
            story_add(s, "\0\0", 2);
        }
    }
    split_chunks(&f, "steps", &steps, 4, false, false);
    split_chunks(&f, "calls", &calls, 5, true, false);
    split_rows_free(&steps);
    split_rows_free(&calls);
    meta_usual(split_file_add(&f, "meta", ".dat"), 3, SPLIT_NEWER, GOOD_ID);
    assert_true(assert_marks(&f) > 5);
    split_files_free(&f);
}

/* A mark is of no use where a chunk does not begin with a place, and none is given behind lost steps. */
static void test_where_no_marks_are(void **state)
{
    (void)state;
    split_run_options o = {60, 6, SPLIT_NIM, false};
    split_files f = split_run_files(&o);
    story *data = split_file_find(&f, "steps.dat"), *index = split_file_find(&f, "steps.idx");
    memset(data->text + ctr_load_u64(index->text + 4 + 8 * 3), 'x', 4);
    assert_int_equal(assert_marks(&f), 2);
    split_files_free(&f);
}

/* Marks come from a file: none may do harm. */
static void test_wrong_marks(void **state)
{
    (void)state;
    split_run_options o = {150, 6, SPLIT_NIM, false};
    split_files f = split_run_files(&o);
    box b = split_box(&f);
    ctr_source source = box_source(b.data, b.size);
    ctr_decoder *d = open_decoder(&source, NULL);
    ctr_mark marks[64];
    size_t count = 0, refused = 0;
    story all = read_on(d, marks, &count);
    for (size_t i = 0; i < count; i += 11)
        for (unsigned bit = 0; bit < 192; bit++) {
            ctr_mark wrong = marks[i];
            wrong.words[bit / 64] ^= UINT64_C(1) << bit % 64;
            ctrace_error error;
            ctrace_status status = d->class->go_to(d, &wrong, &error);
            assert_true(status == CTRACE_OK || status == CTRACE_ARGUMENT);
            refused += status != CTRACE_OK;
            story rest = read_on(d, NULL, NULL);
            assert_non_null(strstr(rest.text, "CTRACE_END"));
            if (status != CTRACE_OK)
                assert_string_equal(rest.text, all.text); /* it is at the beginning */
            free(rest.text);
        }
    assert_true(refused > count);
    d->class->close(d);
    ctr_source_close(&source);
    free(all.text);
    box_free(&b);
    split_files_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_framing_and_position),
        cmocka_unit_test(test_details),
        cmocka_unit_test(test_streams_that_are_missing),
        cmocka_unit_test(test_without_steps),
        cmocka_unit_test(test_without_tables),
        cmocka_unit_test(test_tags_of_steps),
        cmocka_unit_test(test_positions_without_a_place),
        cmocka_unit_test(test_unknown_tag_of_a_step),
        cmocka_unit_test(test_tags_of_values),
        cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_calls_at_one_step),
        cmocka_unit_test(test_results_and_exceptions),
        cmocka_unit_test(test_arguments_without_names),
        cmocka_unit_test(test_deep_recursion),
        cmocka_unit_test(test_many_and_long_tables_of_lines),
        cmocka_unit_test(test_odd_frames),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_marks_with_threads),
        cmocka_unit_test(test_where_no_marks_are),
        cmocka_unit_test(test_wrong_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
