/* Writing containers: blocks and mappings of files that grow, what lies in the sink at every flush, and its end. */
#include "codec/ctfs/build.h"
#include "codec/ctfs/meta.h"
#include "codec/encoder.h"
#include "ctfs_building.h"
#include "every_event.h"
#include "limited_memory.h"

/* ---- A sink that keeps what it was given, and knows in which order that came ---- */

typedef struct kept {
    char *data;
    size_t size, capacity;
    size_t writes, until_failure; /* how many more succeed */
    size_t cut_to;                /* of the last truncation */
    size_t last_end_of_meta;      /* how many writes there were when meta.dat got its size; 0: none */
} kept;

#define KEPT ((kept){.until_failure = SIZE_MAX})

static int kept_write(void *cookie, uint64_t offset, const char *data, size_t size)
{
    kept *k = cookie;
    k->writes++;
    if (!k->until_failure)
        return 28; /* ENOSPC */
    k->until_failure -= k->until_failure != SIZE_MAX;
    assert_true(offset <= k->size);
    size_t end = (size_t)offset + size;
    if (end > k->capacity) {
        k->capacity = end * 2;
        k->data = realloc(k->data, k->capacity);
        assert_non_null(k->data);
    }
    memcpy(k->data + offset, data, size);
    if (end > k->size)
        k->size = end;
    for (size_t i = 0; i < 31 && k->size >= 4096; i++) {
        char name[CTR_CTFS_NAME_MAX + 1];
        const char *entry = k->data + CTR_CTFS_HEAD + i * CTR_CTFS_ENTRY;
        if (ctr_ctfs_name_decode(name, ctr_load_u64(entry + 16)) && strcmp(name, "meta.dat") == 0 &&
            !k->last_end_of_meta)
            k->last_end_of_meta = k->writes;
    }
    return 0;
}

static int kept_truncate(void *cookie, uint64_t size)
{
    kept *k = cookie;
    assert_true(size <= k->size);
    k->size = k->cut_to = (size_t)size;
    return 0;
}

/* ---- Files that grow ---- */

static void assert_file(const kept *k, const char *name, const char *data, size_t size)
{
    ctr_source source = box_source(k->data, k->size);
    ctr_ctfs c;
    assert_int_equal(ctr_ctfs_open(&c, &source, "box", NULL, NULL), CTRACE_OK);
    assert_int_equal(c.warning_count, 0);
    const ctr_ctfs_file *file = ctr_ctfs_find(&c, name);
    assert_non_null(file);
    assert_int_equal(file->size, size);
    char *found = malloc(size + 1);
    size_t got;
    assert_int_equal(ctr_ctfs_read(&c, file, 0, found, size, &got, NULL), CTRACE_OK);
    assert_int_equal(got, size);
    assert_memory_equal(found, data, size);
    free(found);
    ctr_ctfs_close(&c);
    ctr_source_close(&source);
}

static void test_files_that_grow(void **state)
{
    (void)state;
    const size_t most = 3 << 20; /* level 2 of the mapping begins at 2 MiB */
    char *data = malloc(most);
    for (size_t i = 0; i < most; i++)
        data[i] = (char)(i * 31 + i / 4096);
    kept k = KEPT;
    ctrace_sink sink = {.cookie = &k, .write = kept_write};
    ctr_build build;
    ctr_built_file *files = calloc(2, sizeof *files);
    files[0].name = "one";
    files[1] = (ctr_built_file){.slot = 30, .name = "other"};
    assert_true(ctr_build_begin(&build, &sink));
    size_t sizes[2] = {0}, step = 1;
    for (int i = 0; sizes[0] < most || sizes[1] < most; i++, step = step * 3 % 262139) {
        int f = i & 1;
        size_t size = step < most - sizes[f] ? step : most - sizes[f];
        assert_true(ctr_build_append(&build, &files[f], data + sizes[f], size));
        sizes[f] += size;
        if (i % 5 < 2) {
            assert_true(ctr_build_sync(&build, &files[f]));
            assert_file(&k, files[f].name, data, sizes[f]);
        }
        assert_int_equal(k.size % 4096, 0);
    }
    for (int f = 0; f < 2; f++) {
        assert_true(ctr_build_sync(&build, &files[f]));
        assert_file(&k, files[f].name, data, most);
        assert_int_equal(files[f].level, 2);
    }
    assert_int_equal(build.written, k.size);
    free(files);
    free(k.data);
    free(data);
}

/* Every size around a block's and a mapping block's. */
static void test_sizes_around_blocks(void **state)
{
    (void)state;
    const size_t blocks[] = {0, 1, 2, 510, 511, 512, 513};
    char *data = calloc(514, 4096);
    assert_non_null(data);
    ctr_built_file *file = malloc(sizeof *file);
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        for (size_t add = 0; add < 3; add++) {
            size_t size = blocks[i] * 4096 + add;
            kept k = KEPT;
            ctrace_sink sink = {.cookie = &k, .write = kept_write};
            ctr_build build;
            memset(file, 0, sizeof *file);
            file->name = "a";
            assert_true(ctr_build_begin(&build, &sink));
            assert_true(ctr_build_append(&build, file, data, size));
            assert_true(ctr_build_sync(&build, file));
            assert_file(&k, "a", data, size);
            free(k.data);
        }
    free(file);
    free(data);
}

/* ---- The encoder ---- */

static bool aside; /* packing on another thread */

static ctr_encoder *open_encoder(kept *k, ctrace_sink *sink, const ctrace_allocator *allocator)
{
    *sink = (ctrace_sink){.cookie = k, .write = kept_write};
    ctr_encoder *e;
    ctr_encoder_options options = {
        .allocator = allocator, .sink = sink, .truncate = kept_truncate, .level = 1, .aside = aside, .spool_folder = -1};
    if (ctr_ctfs_open_encoder(&e, &options, NULL) != CTRACE_OK)
        return NULL;
    return e;
}

static const ctrace_str some_args[] = {{"-v", 2}, {"gr\xFC\xDF", 4}};
static const ctr_trace_facts some_facts = {.program = {"prog", 4},
                                           .args = some_args,
                                           .arg_count = 2,
                                           .workdir = {"/w", 2},
                                           .recorder = {"rec", 3},
                                           .recorder_version = {"2.0", 3},
                                           .recording_id = {GOOD_ID, 36},
                                           .paths_json = {"[\n\"/a\"\n]\n", 9}};

static ctrace_status put_step(ctr_encoder *e, int64_t line)
{
    return e->class->event(e, &(ctrace_event){.kind = CTRACE_EVENT_STEP, .step = {0, line}});
}

static size_t steps_in(const kept *k, ctrace_status expected)
{
    size_t torn;
    ctrace_status last;
    size_t count = count_box(k->data, k->size, CTRACE_LENIENCY_CT_CHUNK_TORN, &torn, &last);
    assert_int_equal(last, expected);
    assert_int_equal(torn, 0);
    return count;
}

static void test_what_lies_there_at_every_flush(void **state)
{
    (void)state;
    kept k = KEPT;
    ctrace_sink sink;
    ctr_encoder *e = open_encoder(&k, &sink, NULL);
    assert_non_null(e);
    assert_int_equal(k.writes, 0);
    assert_int_equal(e->class->flush(e), CTRACE_OK); /* before any event */
    story s = {0};
    assert_int_equal(tell_box(&s, k.data, k.size, NULL), CTRACE_END);
    assert_string_equal(s.text, "CTFS v4, layout old (events.log), split-binary chunks, 4096-byte blocks\n"
                                "ct-meta-missing @0 #-1\nCTRACE_END @0 #-1\n");
    int64_t line = 0;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < round * 100; i++)
            assert_int_equal(put_step(e, line++), CTRACE_OK);
        assert_int_equal(e->waiting, round * 1700);
        assert_int_equal(e->class->flush(e), CTRACE_OK);
        assert_int_equal(e->waiting, 0);
        assert_int_equal(e->bytes, line * 17);
        assert_int_equal(k.size % 4096, 0);
        assert_int_equal(steps_in(&k, CTRACE_END), line);
        size_t writes = k.writes;
        assert_int_equal(e->class->flush(e), CTRACE_OK); /* nothing new: nothing is written */
        assert_int_equal(k.writes, writes);
    }
    assert_int_equal(k.last_end_of_meta, 0);
    assert_int_equal(e->class->finish(e, &some_facts), CTRACE_OK);
    assert_int_equal(k.last_end_of_meta, k.writes); /* the last of all */
    e->class->close(e);
    assert_int_equal(steps_in(&k, CTRACE_END), line);
    free(s.text);
    free(k.data);
}

static void test_what_the_container_tells(void **state)
{
    (void)state;
    kept k = KEPT;
    ctrace_sink sink;
    ctr_encoder *e = open_encoder(&k, &sink, NULL);
    assert_non_null(e);
    static const char *const paths[] = {"/a", "/b\xFF", ""};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(e->class->event(e, &(ctrace_event){.kind = CTRACE_EVENT_PATH,
                                                            .path = {paths[i], strlen(paths[i])}}),
                         CTRACE_OK);
    assert_int_equal(e->texts_mended, 1);
    assert_int_equal(e->class->finish(e, &some_facts), CTRACE_OK);
    e->class->close(e);
    assert_file(&k, "events.fmt", "split-binary", 12);
    assert_file(&k, "paths.json", "[\n\"/a\"\n]\n", 9);
    static const char meta[] = "CTMD\3\0\0\0\x24" GOOD_ID "\4prog\2\2-v\x08gr\xEF\xBF\xBD\xEF\xBF\xBD\2/w\7rec 2.0"
                               "\3\2/a\5/b\xEF\xBF\xBD\0";
    assert_file(&k, "meta.dat", meta, sizeof meta - 1);
    /* A chunk: sizes, count and index, then one zstd frame that tells its size. */
    ctr_source source = box_source(k.data, k.size);
    ctr_ctfs c;
    char log[256];
    size_t got;
    assert_int_equal(ctr_ctfs_open(&c, &source, "box", NULL, NULL), CTRACE_OK);
    assert_int_equal(c.max_shards, 0);
    const ctr_ctfs_file *file = ctr_ctfs_find(&c, "events.log");
    assert_int_equal(ctr_ctfs_read(&c, file, 0, log, sizeof log, &got, NULL), CTRACE_OK);
    assert_int_equal(got, file->size);
    assert_int_equal(ctr_load_u32(log), got - 16);
    assert_int_equal(ctr_load_u32(log + 4), 3);
    assert_int_equal(ctr_load_u64(log + 8), 0);
    assert_int_equal(ZSTD_findFrameCompressedSize(log + 16, got - 16), got - 16);
    assert_int_equal(ZSTD_getFrameContentSize(log + 16, got - 16), 7 + 10 + 5);
    char events[64];
    assert_int_equal(ZSTD_decompress(events, sizeof events, log + 16, got - 16), 22);
    assert_memory_equal(events, "\1\2\0\0\0/a\1\5\0\0\0/b\xEF\xBF\xBD\1\0\0\0\0", 22);
    ctr_ctfs_close(&c);
    ctr_source_close(&source);
    free(k.data);
}

static void test_chunks_of_4096_events(void **state)
{
    (void)state;
    kept k = KEPT;
    ctrace_sink sink;
    ctr_encoder *e = open_encoder(&k, &sink, NULL);
    assert_non_null(e);
    for (int64_t line = 0; line < 10000; line++)
        assert_int_equal(put_step(e, line), CTRACE_OK);
    assert_int_equal(e->class->finish(e, &some_facts), CTRACE_OK);
    e->class->close(e);
    ctr_source source = box_source(k.data, k.size);
    ctr_ctfs c;
    assert_int_equal(ctr_ctfs_open(&c, &source, "box", NULL, NULL), CTRACE_OK);
    const ctr_ctfs_file *file = ctr_ctfs_find(&c, "events.log");
    static const uint32_t counts[] = {4096, 4096, 1808};
    uint64_t at = 0, first = 0;
    for (int i = 0; i < 3; i++) {
        char head[16];
        size_t got;
        assert_int_equal(ctr_ctfs_read(&c, file, at, head, sizeof head, &got, NULL), CTRACE_OK);
        assert_int_equal(ctr_load_u32(head + 4), counts[i]);
        assert_int_equal(ctr_load_u64(head + 8), first);
        at += 16 + (uint64_t)ctr_load_u32(head);
        first += counts[i];
    }
    assert_int_equal(at, file->size);
    ctr_ctfs_close(&c);
    ctr_source_close(&source);
    free(k.data);
}

/* Every event comes back as it went. */
static void test_every_event(void **state)
{
    (void)state;
    kept k = KEPT;
    ctrace_sink sink;
    ctr_encoder *e = open_encoder(&k, &sink, NULL);
    assert_non_null(e);
    for (size_t i = 0; i < EVERY_EVENT_COUNT; i++)
        assert_int_equal(e->class->event(e, &every_event[i]), CTRACE_OK);
    assert_int_equal(e->class->finish(e, &some_facts), CTRACE_OK);
    e->class->close(e);
    pieces p = {.data = k.data, .size = k.size};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_reader *reader;
    const ctrace_event *event;
    assert_int_equal(ctrace_reader_open_source(&reader, &source, S("input"), NULL, NULL), CTRACE_OK);
    story expected = {0}, given = {0};
    for (size_t i = 0; i < EVERY_EVENT_COUNT; i++) {
        const ctrace_warning *warnings;
        assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_OK);
        assert_int_equal(ctrace_reader_warnings(reader, &warnings), 0);
        expected.size = given.size = 0;
        story_add_event(&expected, &every_event[i]);
        story_add_event(&given, event);
        assert_string_equal(given.text, expected.text);
    }
    assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_END);
    const ctrace_metadata *m = ctrace_reader_metadata(reader);
    assert_non_null(m);
    assert_memory_equal(m->recorder.data, "rec", 3);
    assert_memory_equal(m->recorder_version.data, "2.0", 3);
    assert_int_equal(m->arg_count, 2);
    ctrace_reader_close(&reader);
    free(expected.text);
    free(given.text);
    free(k.data);
}

/* ---- What fails ---- */

static void test_a_sink_in_order(void **state)
{
    (void)state;
    kept k = KEPT;
    ctrace_sink sink = {.cookie = &k, .write = kept_write, .sequential = true};
    ctr_encoder *e = NULL;
    ctrace_error error;
    ctr_encoder_options options = {.sink = &sink, .level = 3, .spool_folder = -1};
    assert_int_equal(ctr_ctfs_open_encoder(&e, &options, &error), CTRACE_UNSUPPORTED);
    assert_null(e);
    assert_int_equal(k.writes, 0);
}

/* Whatever write fails: what was flushed before it can be read, and the file ends where it did then. */
static void test_every_write_that_fails(void **state)
{
    (void)state;
    size_t writes = 1;
    for (size_t n = 0; n < writes; n++) {
        kept k = KEPT;
        k.until_failure = n;
        ctrace_sink sink;
        ctr_encoder *e = open_encoder(&k, &sink, NULL);
        assert_non_null(e);
        ctrace_status status = CTRACE_OK;
        int64_t line = 0, flushed = 0;
        size_t size = 0;
        for (int round = 0; status == CTRACE_OK && round < 4; round++) {
            for (int i = 0; status == CTRACE_OK && i < 3000; i++)
                status = put_step(e, line++ * 7919 % 100003);
            if (status == CTRACE_OK)
                status = e->class->flush(e);
            if (status == CTRACE_OK) {
                flushed = line;
                size = k.size;
            }
        }
        if (status == CTRACE_OK)
            status = e->class->finish(e, &some_facts);
        writes = status == CTRACE_OK ? n : n + 2;
        if (status != CTRACE_OK) {
            assert_int_equal(status, CTRACE_IO);
            assert_int_equal(e->system_error, 28);
            if (flushed) {
                assert_int_equal(k.size, size);
                assert_int_equal(steps_in(&k, CTRACE_END), flushed);
            }
        }
        e->class->close(e);
        free(k.data);
    }
    assert_true(writes > 20);
}

/* The same bytes come of it. */
static void test_packing_on_another_thread(void **state)
{
    (void)state;
    kept results[2] = {KEPT, KEPT};
    for (int i = 0; i < 2; i++) {
        ctrace_sink sink;
        aside = i;
        ctr_encoder *e = open_encoder(&results[i], &sink, NULL);
        assert_non_null(e);
        for (int64_t line = 0; line < 100000; line++) {
            assert_int_equal(put_step(e, line * 7919 % 100003), CTRACE_OK);
            if (line % 30011 == 0)
                assert_int_equal(e->class->flush(e), CTRACE_OK);
        }
        assert_int_equal(e->class->finish(e, &some_facts), CTRACE_OK);
        e->class->close(e);
    }
    assert_int_equal(results[0].size, results[1].size);
    assert_memory_equal(results[0].data, results[1].data, results[0].size);
    assert_int_equal(steps_in(&results[0], CTRACE_END), 100000);
    test_every_write_that_fails(state);
    aside = false;
    free(results[0].data);
    free(results[1].data);
}

static void test_memory_that_fails(void **state)
{
    (void)state;
    bool done = false;
    for (size_t n = 0; !done; n++) {
        kept k = KEPT;
        limited_memory memory = {.until_failure = n};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctrace_sink sink;
        ctr_encoder *e = open_encoder(&k, &sink, &allocator);
        ctrace_status status = e ? CTRACE_OK : CTRACE_NO_MEMORY;
        for (size_t i = 0; status == CTRACE_OK && i < EVERY_EVENT_COUNT; i++)
            status = e->class->event(e, &every_event[i]);
        if (status == CTRACE_OK)
            status = e->class->finish(e, &some_facts);
        done = status == CTRACE_OK;
        assert_true(done || status == CTRACE_NO_MEMORY);
        if (e)
            e->class->close(e);
        assert_int_equal(memory.held, 0);
        free(k.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_that_grow),
        cmocka_unit_test(test_sizes_around_blocks),
        cmocka_unit_test(test_what_lies_there_at_every_flush),
        cmocka_unit_test(test_what_the_container_tells),
        cmocka_unit_test(test_chunks_of_4096_events),
        cmocka_unit_test(test_every_event),
        cmocka_unit_test(test_a_sink_in_order),
        cmocka_unit_test(test_every_write_that_fails),
        cmocka_unit_test(test_packing_on_another_thread),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
