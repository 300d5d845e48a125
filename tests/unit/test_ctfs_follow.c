/* Reading a container that is still being written. */
#include "codec/cbor/encode.h"
#include "ctfs_building.h"
#include "every_event.h"
#include "folder.h"

static ctrace_status follow(ctrace_reader **reader, const char *path)
{
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .follow = true};
    return ctrace_reader_open(reader, (ctrace_str){path, strlen(path)}, &options, NULL);
}

/* The line of the next step, or the status if there is none, which is never as large. */
static int64_t next_line(ctrace_reader *reader)
{
    const ctrace_event *event;
    ctrace_error error;
    ctrace_status status = ctrace_reader_next(reader, &event, &error);
    return status == CTRACE_OK ? event->step.line : status;
}

static size_t warnings_of(ctrace_reader *reader)
{
    const ctrace_warning *warnings;
    return ctrace_reader_warnings(reader, &warnings);
}

static void test_the_writer_of_this_library(void **state)
{
    folder *f = *state;
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .form = CTRACE_FORM_CT, .flush_ms = 1 << 30,
                                     .without = CTRACE_CONVENIENCE_ALL, .program = S("prog")};
    ctrace_writer *w;
    ctrace_reader *reader;
    assert_int_equal(ctrace_writer_open(&w, (ctrace_str){f->path, strlen(f->path)}, &options, NULL), CTRACE_OK);
    assert_int_equal(follow(&reader, f->path), CTRACE_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(next_line(reader), CTRACE_AGAIN); /* the container has no events yet */
    ctrace_writer_start(w, S("/a.py"), 1);
    assert_int_equal(next_line(reader), CTRACE_AGAIN);
    assert_int_equal(ctrace_writer_flush(w, NULL), CTRACE_OK);
    const ctrace_event *event;
    assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_OK);
    assert_int_equal(event->kind, CTRACE_EVENT_PATH);
    int64_t line = 0, seen = 0;
    for (int flush = 0; flush < 50; flush++) {
        for (int n = 0; n < flush * 17; n++)
            assert_int_equal(ctrace_step(w, 0, 100 + line++), CTRACE_OK);
        assert_int_equal(ctrace_writer_flush(w, NULL), CTRACE_OK);
        while (seen < line)
            assert_int_equal(next_line(reader), 100 + seen++);
        ctrace_position position;
        for (int n = 0; n < 3; n++) {
            assert_int_equal(next_line(reader), CTRACE_AGAIN);
            assert_int_equal(warnings_of(reader), 0);
            ctrace_reader_position(reader, &position);
            assert_true(position.event == CTRACE_ID_NONE);
            assert_int_equal(position.offset, 10 + 17 * line);
        }
    }
    ctrace_step(w, 0, 7);
    assert_int_equal(next_line(reader), CTRACE_AGAIN);
    assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_OK);
    assert_int_equal(next_line(reader), 7);
    assert_int_equal(warnings_of(reader), 0);
    assert_int_equal(next_line(reader), CTRACE_END);
    assert_int_equal(next_line(reader), CTRACE_END);
    const ctrace_metadata *metadata = ctrace_reader_metadata(reader);
    assert_non_null(metadata);
    assert_int_equal(metadata->program.size, 4);
    assert_int_equal(ctrace_reader_bytes_read(reader), ctrace_reader_file_size(reader));
    ctrace_reader_close(&reader);
}

/* Puts a container with these bytes as its events.log into the file. */
static void put_log(const char *path, const char *log, size_t size, bool complete)
{
    box b = box_begin(4, 1024, 31);
    box_add(&b, "events.log", log, size);
    if (complete)
        box_add_text(&b, "meta.json", "{}");
    FILE *file = fopen(path, "r+b");
    if (!file)
        file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(b.data, 1, b.size, file), b.size);
    fclose(file);
    box_free(&b);
}

/* Every event as soon as it is whole, when the log grows by a few bytes at a time. */
static void test_logs_that_grow_by_bytes(void **state)
{
    folder *f = *state;
    ctr_cbor_encoder encoder;
    ctr_buffer bytes = {0};
    ctr_cbor_encoder_init(&encoder, CTR_CBOR_BIN, CTR_CBOR_FLOAT_TEXT);
    size_t ends[EVERY_EVENT_COUNT];
    for (size_t i = 0; i < EVERY_EVENT_COUNT; i++) {
        assert_true(ctr_cbor_encode_event(&encoder, &bytes, &every_event[i]));
        ends[i] = bytes.size;
    }
    const char *path = below(f, "a.ct");
    char kept[1024];
    snprintf(kept, sizeof kept, "%s", path);
    put_log(kept, bytes.data, 1, false);
    ctrace_reader *reader;
    const ctrace_event *event;
    assert_int_equal(follow(&reader, kept), CTRACE_OK);
    size_t given = 0;
    for (size_t size = 1; size < bytes.size; size += 3) {
        put_log(kept, bytes.data, size, false);
        ctrace_status status;
        while ((status = ctrace_reader_next(reader, &event, NULL)) == CTRACE_OK)
            assert_int_equal(event->kind, every_event[given++].kind);
        assert_int_equal(status, CTRACE_AGAIN);
        assert_true(given == EVERY_EVENT_COUNT || ends[given] > size);
        assert_true(given == 0 || ends[given - 1] <= size);
    }
    put_log(kept, bytes.data, bytes.size, true);
    for (; given < EVERY_EVENT_COUNT; given++)
        assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_OK);
    assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_END);
    ctrace_reader_close(&reader);
    /* The same as one frame of zstd: what is unpacked is given, and all of it at the end. */
    char *packed = malloc(ZSTD_compressBound(bytes.size));
    size_t packed_size = ZSTD_compress(packed, ZSTD_compressBound(bytes.size), bytes.data, bytes.size, 1);
    put_log(kept, packed, 6, false);
    assert_int_equal(follow(&reader, kept), CTRACE_OK);
    given = 0;
    for (size_t size = 6; size < packed_size; size += 11) {
        put_log(kept, packed, size, false);
        ctrace_status status;
        while ((status = ctrace_reader_next(reader, &event, NULL)) == CTRACE_OK)
            given++;
        assert_int_equal(status, CTRACE_AGAIN);
    }
    put_log(kept, packed, packed_size, true);
    for (; given < EVERY_EVENT_COUNT; given++)
        assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_OK);
    assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_END);
    ctrace_reader_close(&reader);
    free(packed);
    ctr_buffer_free(&bytes);
}

/* A chunk is not torn before the trace is complete. */
static void test_chunks_that_grow_by_bytes(void **state)
{
    folder *f = *state;
    story events = {0}, log = {0};
    size_t ends[5];
    for (int i = 0; i < 5; i++) {
        events.size = 0;
        step_add(&events, 0, 100 + i);
        chunk_add(&log, &events, 1, (uint64_t)i, false);
        ends[i] = log.size;
    }
    char path[1024];
    snprintf(path, sizeof path, "%s", below(f, "b.ct"));
    put_log(path, log.text, 1, false);
    ctrace_reader *reader;
    assert_int_equal(follow(&reader, path), CTRACE_OK);
    int given = 0;
    for (size_t size = 1; size < log.size - 1; size++) {
        put_log(path, log.text, size, false);
        if (given < 5 && ends[given] == size)
            assert_int_equal(next_line(reader), 100 + given++);
        assert_int_equal(next_line(reader), CTRACE_AGAIN);
        assert_int_equal(warnings_of(reader) && size > 40, 0); /* events.fmt is missing */
    }
    assert_int_equal(given, 4);
    put_log(path, log.text, log.size - 1, true);
    int64_t last = next_line(reader);
    assert_true(last == CTRACE_END || last == CTRACE_TRUNCATED);
    assert_true(warnings_of(reader) > 0);
    ctrace_reader_close(&reader);
    free(events.text);
    free(log.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_writer_of_this_library, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_logs_that_grow_by_bytes, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_chunks_that_grow_by_bytes, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
