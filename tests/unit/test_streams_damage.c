/* Split containers that are cut, changed or made to do harm: what can be read is read, and all of it ends. */
#include "limited_memory.h"
#include "split_building.h"

/* Reads all, and returns how often each status came. Told lines are not kept. */
typedef struct outcome {
    size_t events, bad, warnings[CTRACE_LENIENCY_COUNT];
    size_t steps, most_held;
    ctrace_status last;
} outcome;

static outcome read_box(const char *data, size_t size, limited_memory *memory)
{
    pieces p = {.data = data, .size = size};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_allocator allocator = LIMITED_ALLOCATOR(memory);
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .max_event_bytes = 1 << 20,
                                     .allocator = memory ? &allocator : NULL};
    ctrace_reader *reader;
    outcome o = {0};
    o.last = ctrace_reader_open_source(&reader, &source, S("box"), &options, NULL);
    while (o.last == CTRACE_OK || o.last == CTRACE_EVENT || o.last == CTRACE_TOO_DEEP || o.last == CTRACE_TOO_LARGE) {
        const ctrace_event *event;
        o.last = ctrace_reader_next(reader, &event, NULL);
        o.events += o.last == CTRACE_OK;
        o.bad += o.last < 0;
        o.steps += o.last == CTRACE_OK && event->kind == CTRACE_EVENT_STEP;
        const ctrace_warning *warnings;
        size_t count = ctrace_reader_warnings(reader, &warnings);
        for (size_t i = 0; i < count; i++)
            o.warnings[warnings[i].leniency]++;
        if (memory && memory->held > o.most_held)
            o.most_held = memory->held;
    }
    ctrace_reader_close(&reader);
    if (memory)
        assert_int_equal(memory->held, 0);
    return o;
}

static outcome read_files(const split_files *f, limited_memory *memory)
{
    box b = split_box(f);
    outcome o = read_box(b.data, b.size, memory);
    box_free(&b);
    return o;
}

static void test_cuts(void **state)
{
    (void)state;
    for (unsigned older = 0; older < 2; older++) {
        split_run_options o = {60, 8, SPLIT_PACKED, older != 0};
        split_files f = split_run_files(&o);
        box b = split_box(&f);
        outcome whole = read_box(b.data, b.size, NULL);
        assert_int_equal(whole.last, CTRACE_END);
        assert_int_equal(whole.bad, 0);
        for (size_t size = 0; size < b.size; size += size < 2048 || b.size - size < 300 ? 61 : 487) {
            outcome cut = read_box(b.data, size, NULL);
            assert_true(cut.last < 0 || cut.last == CTRACE_END);
            assert_true(cut.events <= whole.events);
        }
        box_free(&b);
        split_files_free(&f);
    }
}

/* Every byte of every internal file is changed. */
static void test_changed_bytes(void **state)
{
    (void)state;
    for (unsigned positions = SPLIT_NIM; positions <= SPLIT_COLUMNS; positions++) {
        split_run_options o = {14, 4, (split_positions)positions, positions == SPLIT_NIM};
        split_files f = split_run_files(&o);
        outcome whole = read_files(&f, NULL);
        size_t odd = 0;
        for (size_t i = 0; i < f.count; i++)
            for (size_t at = 0; at < f.files[i].content.size; at++) {
                char *byte = &f.files[i].content.text[at];
                char before = *byte;
                *byte = (char)(before ^ (at % 3 ? 0xFF : 0x80));
                outcome changed = read_files(&f, NULL);
                *byte = before;
                assert_true(changed.last < 0 || changed.last == CTRACE_END);
                odd += changed.events != whole.events;
            }
        assert_true(odd > 20);
        split_files_free(&f);
    }
}

static void test_every_allocation_failing(void **state)
{
    (void)state;
    for (unsigned positions = SPLIT_NIM; positions <= SPLIT_COLUMNS; positions++) {
        split_run_options o = {25, 8, (split_positions)positions, positions == SPLIT_PACKED};
        split_files f = split_run_files(&o);
        ctrace_status last = CTRACE_NO_MEMORY;
        size_t n = 0;
        for (; last != CTRACE_END; n++) {
            limited_memory memory = {.until_failure = n};
            last = read_files(&f, &memory).last;
            assert_true(last == CTRACE_NO_MEMORY || last == CTRACE_END);
        }
        assert_true(n > 10);
        split_files_free(&f);
    }
}

/* ---- Torn chunks ---- */

static void spoil_chunk(split_files *f, const char *name, size_t chunk)
{
    char full[CTR_CTFS_NAME_MAX + 1];
    snprintf(full, sizeof full, "%s.idx", name);
    uint64_t at = ctr_load_u64(split_file_find(f, full)->text + 4 + 8 * chunk);
    snprintf(full, sizeof full, "%s.dat", name);
    memset(split_file_find(f, full)->text + at, 'x', 4);
}

/* The chunk's steps are lost; what comes behind has its own values. */
static void test_torn_steps(void **state)
{
    (void)state;
    split_run_options o = {40, 10, SPLIT_PACKED, false};
    split_files f = split_run_files(&o);
    char *expected = split_expected(&o, SPLIT_ALL);
    spoil_chunk(&f, "steps", 1);
    char *told = split_tell(&f, NULL);
    char *found = split_events_of(told);
    assert_int_equal(split_count(told, "ct-chunk-torn"), 1);
    assert_int_equal(split_count(told, "CTRACE_END"), 1);
    outcome o2 = read_files(&f, NULL);
    assert_int_equal(o2.steps, 30);
    assert_int_equal(o2.bad, 0);
    /* What follows step 25 is as it was. */
    char step[64];
    snprintf(step, sizeof step, "{\"Step\":{\"path_id\":%u,\"line\":%u}}\n", split_path_of(25), split_line_of(25));
    const char *a = strstr(expected, step), *b = strstr(found, step);
    assert_non_null(a);
    assert_non_null(b);
    assert_string_equal(b, a);
    free(told);
    free(found);
    free(expected);
    split_files_free(&f);
}

static void test_torn_records(void **state)
{
    (void)state;
    static const char *const names[] = {"values", "calls", "events"};
    for (size_t i = 0; i < 3; i++) {
        split_run_options o = {95, 2, SPLIT_PACKED, false};
        split_files f = split_run_files(&o);
        outcome whole = read_files(&f, NULL);
        spoil_chunk(&f, names[i], 1);
        outcome torn = read_files(&f, NULL);
        assert_int_equal(torn.last, CTRACE_END);
        assert_int_equal(torn.warnings[CTRACE_LENIENCY_CT_CHUNK_TORN], 1);
        assert_int_equal(torn.steps, whole.steps);
        assert_true(torn.events < whole.events);
        assert_true(torn.events + 5 > whole.events);
        split_files_free(&f);
    }
}

/* ---- Claims ---- */

static void set_u32(split_files *f, const char *name, size_t at, uint32_t number)
{
    ctr_store_u32(split_file_find(f, name)->text + at, number);
}

static void set_u64(split_files *f, const char *name, size_t at, uint64_t number)
{
    ctr_store_u64(split_file_find(f, name)->text + at, number);
}

static void test_claims_of_indexes(void **state)
{
    (void)state;
    static const char *const names[] = {"steps.idx", "values.idx", "calls.idx", "events.idx"};
    static const uint64_t places[] = {0, 1, 1000000, UINT32_MAX, UINT64_MAX, UINT64_MAX / 8, (uint64_t)1 << 40};
    for (size_t i = 0; i < 4; i++) {
        for (size_t n = 0; n < sizeof places / sizeof *places; n++)
            for (size_t at = 0; at < 3; at++) {
                split_run_options o = {30, 4, SPLIT_PACKED, false};
                split_files f = split_run_files(&o);
                if (at == 2)
                    set_u32(&f, names[i], 0, (uint32_t)places[n]);
                else
                    set_u64(&f, names[i], 4 + 8 * at, places[n]);
                limited_memory memory = {.until_failure = SIZE_MAX};
                outcome read = read_files(&f, &memory);
                assert_int_equal(read.last, CTRACE_END);
                assert_true(read.most_held < (size_t)3 << 20);
                split_files_free(&f);
            }
    }
}

static void test_claims_of_tables(void **state)
{
    (void)state;
    static const char *const names[] = {"paths.off", "funcs.off", "types.off", "varnames.off"};
    static const uint64_t places[] = {1, 1000000, UINT64_MAX, (uint64_t)1 << 40};
    for (size_t i = 0; i < 4; i++)
        for (size_t n = 0; n < sizeof places / sizeof *places; n++)
            for (size_t at = 0; at < 2; at++) {
                split_run_options o = {30, 4, i % 2 ? SPLIT_PACKED : SPLIT_COLUMNS, false};
                split_files f = split_run_files(&o);
                set_u64(&f, names[i], 8 * at, places[n]);
                outcome read = read_files(&f, NULL);
                assert_int_equal(read.last, CTRACE_END);
                assert_int_equal(read.steps, 30);
                split_files_free(&f);
            }
}

/* A file whose entry claims all there can be. */
static void test_claims_of_entries(void **state)
{
    (void)state;
    split_run_options o = {30, 4, SPLIT_PACKED, false};
    split_files f = split_run_files(&o);
    for (size_t i = 0; i < f.count; i++) {
        box b = split_box(&f);
        ctr_store_u64(box_entry(&b, (unsigned)i), UINT64_MAX);
        limited_memory memory = {.until_failure = SIZE_MAX};
        outcome read = read_box(b.data, b.size, &memory);
        assert_int_equal(read.last, CTRACE_END);
        assert_true(read.most_held < (size_t)3 << 20);
        box_free(&b);
    }
    split_files_free(&f);
}

/* ---- Much out of little ---- */

/* A frame of 48 MiB of one byte, in place of the only chunk of a stream. */
static void inflate(split_files *f, const char *name, char byte)
{
    char full[CTR_CTFS_NAME_MAX + 1];
    size_t size = (size_t)48 << 20;
    story plain = {0};
    plain.text = malloc(size + 1);
    plain.size = size;
    memset(plain.text, byte, size);
    snprintf(full, sizeof full, "%s.dat", name);
    story *data = split_file_find(f, full);
    data->size = 0;
    split_frame(data, &plain);
    free(plain.text);
    snprintf(full, sizeof full, "%s.idx", name);
    story *index = split_file_find(f, full);
    index->size = 0;
    bytes_u32(index, UINT32_MAX);
    bytes_u64(index, 0);
}

static void test_frames_that_inflate(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        char byte;
    } cases[] = {{"values", 0}, {"values", 0x7F}, {"values", (char)0xFF}, {"calls", 0}, {"calls", 0x7F},
                 {"events", 0}, {"events", 0x01}, {"steps", (char)0xFF}, {"steps", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        split_run_options o = {30, 100, SPLIT_PACKED, false};
        split_files f = split_run_files(&o);
        inflate(&f, cases[i].name, cases[i].byte);
        limited_memory memory = {.until_failure = SIZE_MAX};
        outcome read = read_files(&f, &memory);
        assert_int_equal(read.last, CTRACE_END);
        assert_true(read.most_held < (size_t)6 << 20);
        split_files_free(&f);
    }
}

/* One value, one text and one argument that are larger than an event may be. */
static void test_records_that_are_too_large(void **state)
{
    (void)state;
    split_run_options o = {6, 100, SPLIT_PACKED, false};
    split_files f = split_run_files(&o);
    static const char *const names[] = {"values", "events"};
    for (size_t i = 0; i < 2; i++) {
        char full[CTR_CTFS_NAME_MAX + 1];
        snprintf(full, sizeof full, "%s.dat", names[i]);
        split_file_drop(&f, full);
        snprintf(full, sizeof full, "%s.idx", names[i]);
        split_file_drop(&f, full);
    }
    size_t size = (size_t)3 << 20;
    char *text = malloc(size);
    memset(text, 'x', size);
    split_rows values = {0}, events = {0};
    story *s = split_row(&values);
    story_add(s, "\x00\x02\x00", 3);
    split_run(s, text, size);
    story_add(s, "\x01", 1);
    split_int(s, 7);
    s = split_row(&events);
    story_add(s, "\x00\x00\x00", 3);
    split_run(s, text, size);
    s = split_row(&events);
    story_add(s, "\x00\x01\x00\x01!", 5);
    split_chunks(&f, "values", &values, 100, true, false);
    split_chunks(&f, "events", &events, 100, true, false);
    split_rows_free(&values);
    split_rows_free(&events);
    free(text);
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .max_event_bytes = 1 << 20};
    char *told = split_tell(&f, &options);
    assert_int_equal(split_count(told, "CTRACE_TOO_LARGE"), 1);
    assert_int_equal(split_count(told, "ct-record-lost"), 1);
    assert_non_null(strstr(told, "{\"Value\":{\"variable_id\":1"));
    assert_non_null(strstr(told, "\"content\":\"!\"}}"));
    assert_int_equal(split_count(told, "CTRACE_END"), 1);
    free(told);
    split_files_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test(test_every_allocation_failing),
        cmocka_unit_test(test_torn_steps),
        cmocka_unit_test(test_torn_records),
        cmocka_unit_test(test_claims_of_indexes),
        cmocka_unit_test(test_claims_of_tables),
        cmocka_unit_test(test_claims_of_entries),
        cmocka_unit_test(test_frames_that_inflate),
        cmocka_unit_test(test_records_that_are_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
