/* Containers whose events lie in events.log: every framing and encoding, what is torn, and going to marks. */
#include "codec/cbor/encode.h"
#include "codec/ctfs/split_binary.h"
#include "codec/decoder.h"
#include "ctfs_building.h"
#include "every_event.h"
#include "limited_memory.h"

#define WITHOUT_META "ct-meta-missing @0 #-1\n"

static box box_of_log(const story *log, const char *format)
{
    box b = box_begin(4, 4096, 31);
    box_add(&b, "events.log", log->text, log->size);
    if (format)
        box_add_text(&b, "events.fmt", format);
    story meta = {0};
    meta_usual(&meta, 3, 0, GOOD_ID);
    box_add(&b, "meta.dat", meta.text, meta.size);
    free(meta.text);
    return b;
}

static void assert_log(const story *log, const char *format, const char *expected)
{
    box b = box_of_log(log, format);
    assert_box(&b, NULL, expected);
    box_free(&b);
}

static void log_prefix(story *log) { story_add(log, "\xC0\xDE\x72\xAC\xE2\1\0\0", 8); }

/* Three chunks of one, two and one events. */
static void three_chunks(story *log, bool streamed)
{
    static const unsigned counts[] = {1, 2, 1};
    for (unsigned i = 0, n = 0; i < 3; i++) {
        story events = {0};
        for (unsigned k = 0; k < counts[i]; k++, n++)
            n == 0 ? path_add(&events, "/a") : step_add(&events, 0, (int64_t)n);
        chunk_add(log, &events, counts[i], n - counts[i], streamed);
        free(events.text);
    }
}

#define THREE_CHUNKS "@0 #0 {\"Path\":\"/a\"}\n" THREE_STEPS
#define THREE_STEPS                                     \
    "@7 #1 {\"Step\":{\"path_id\":0,\"line\":1}}\n"     \
    "@24 #2 {\"Step\":{\"path_id\":0,\"line\":2}}\n"    \
    "@41 #3 {\"Step\":{\"path_id\":0,\"line\":3}}\n"
#define OLD "CTFS v4, layout old (events.log), "
#define SPLIT OLD "split-binary chunks, 4096-byte blocks\n"

/* ---- Framings and encodings ---- */

static void test_framings(void **state)
{
    (void)state;
    story log = {0};
    three_chunks(&log, false);
    assert_log(&log, "split-binary", SPLIT THREE_CHUNKS "CTRACE_END @58 #-1\n");
    story prefixed = {0};
    log_prefix(&prefixed);
    story_add(&prefixed, log.text, log.size);
    assert_log(&prefixed, "split-binary",
               OLD "split-binary chunks behind a header, 4096-byte blocks\nct-prefix @0 #-1\n" THREE_CHUNKS
                   "CTRACE_END @58 #-1\n");
    static const char *const formats[] = {NULL, "", "other", "split-binary "};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        assert_log(&log, formats[i], SPLIT "ct-format-missing @0 #0\n" THREE_CHUNKS "CTRACE_END @58 #-1\n");
    log.size = 0;
    three_chunks(&log, true);
    assert_log(&log, "split-binary", SPLIT "ct-size-unknown @0 #0\n" THREE_CHUNKS "CTRACE_END @58 #-1\n");
    free(prefixed.text);
    free(log.text);
}

static void cbor_events(story *out, size_t first, size_t count)
{
    ctr_cbor_encoder encoder;
    ctr_buffer bytes = {0};
    ctr_cbor_encoder_init(&encoder, CTR_CBOR_BIN, CTR_CBOR_FLOAT_TEXT);
    for (size_t i = first; i < first + count; i++)
        assert_true(ctr_cbor_encode_event(&encoder, &bytes, &every_event[i]));
    story_add(out, bytes.data, bytes.size);
    ctr_buffer_free(&bytes);
}

static void split_events(story *out, size_t first, size_t count)
{
    ctr_cbor_encoder encoder;
    ctr_buffer bytes = {0};
    ctr_cbor_encoder_init(&encoder, CTR_CBOR_CT, CTR_CBOR_FLOAT_TEXT);
    for (size_t i = first; i < first + count; i++)
        assert_true(ctr_split_encode(&encoder, &bytes, &every_event[i]));
    story_add(out, bytes.data, bytes.size);
    ctr_buffer_free(&bytes);
}

/* Every event, in all the ways that it can stand in a container. */
static void assert_every_event(const story *log, const char *format, const char *warnings)
{
    box b = box_of_log(log, format);
    pieces p = {.data = b.data, .size = b.size};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_reader *reader;
    const ctrace_event *event;
    const ctrace_warning *found;
    assert_int_equal(ctrace_reader_open_source(&reader, &source, S("input"), NULL, NULL), CTRACE_OK);
    story expected = {0}, given = {0}, warned = {0};
    story_say(&warned, "");
    for (size_t i = 0; i < EVERY_EVENT_COUNT; i++) {
        assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_OK);
        size_t count = ctrace_reader_warnings(reader, &found);
        for (size_t k = 0; k < count; k++) {
            story_say(&warned, ctrace_leniency_name(found[k].leniency));
            story_say(&warned, " ");
        }
        expected.size = given.size = 0;
        story_add_event(&expected, &every_event[i]);
        story_add_event(&given, event);
        assert_string_equal(given.text, expected.text);
    }
    assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_END);
    assert_string_equal(warned.text, warnings);
    ctrace_reader_close(&reader);
    free(expected.text);
    free(given.text);
    free(warned.text);
    box_free(&b);
}

static void test_every_event(void **state)
{
    (void)state;
    story split = {0}, cbor = {0}, log = {0};
    split_events(&split, 0, EVERY_EVENT_COUNT);
    cbor_events(&cbor, 0, EVERY_EVENT_COUNT);
    chunk_add(&log, &split, EVERY_EVENT_COUNT, 0, false);
    assert_every_event(&log, "split-binary", "");
    log.size = 0;
    chunk_add(&log, &cbor, EVERY_EVENT_COUNT, 0, false);
    assert_every_event(&log, NULL, "");
    assert_every_event(&log, "cbor", "");
    assert_every_event(&log, "split-binary", "ct-format-missing "); /* it is not */
    assert_every_event(&cbor, NULL, "ct-bare ");
    /* The header and the frames of trace.bin. */
    story frames = {0};
    log_prefix(&frames);
    story_add(&frames, log.text + 16, log.size - 16);
    assert_every_event(&frames, NULL, "ct-prefix ct-bare ");
    frames.size = 8;
    size_t half = cbor.size / 2;
    for (int i = 0; i < 2; i++) { /* an event lies in both */
        story part = {i ? cbor.text + half : cbor.text, i ? cbor.size - half : half, 0};
        log.size = 0;
        chunk_add(&log, &part, 1, 0, true);
        story_add(&frames, log.text + 16, log.size - 16);
    }
    story_add(&frames, "\x5E\x2A\x4D\x18\x04\0\0\0abcd", 12); /* a seek table, as far as zstd is concerned */
    assert_every_event(&frames, NULL, "ct-prefix ct-bare ");
    free(frames.text);
    free(split.text);
    free(cbor.text);
    free(log.text);
}

/* Version 2 and a version 3 that says so may have chunks that are not compressed. */
static void test_plain_chunks(void **state)
{
    (void)state;
    story log = {0}, events = {0};
    path_add(&events, "/a");
    for (int n = 1; n < 4; n++) {
        bytes_u32(&log, (uint32_t)events.size);
        bytes_u32(&log, 1);
        bytes_u64(&log, (uint64_t)n - 1);
        story_add(&log, events.text, events.size);
        events.size = 0;
        step_add(&events, 0, n);
    }
    box b = box_of_log(&log, "split-binary");
    const char *expected = "CTFS v3, layout old (events.log), split-binary chunks, 4096-byte blocks\n"
                           "@0 #0 {\"Path\":\"/a\"}\n"
                           "@7 #1 {\"Step\":{\"path_id\":0,\"line\":1}}\n"
                           "@24 #2 {\"Step\":{\"path_id\":0,\"line\":2}}\n"
                           "CTRACE_END @41 #-1\n";
    b.data[5] = 3;
    assert_box(&b, NULL, expected);
    b.data[6] = 1; /* zstd, it says */
    assert_box(&b, NULL, "CTFS v3, layout old (events.log), split-binary chunks, 4096-byte blocks\n"
                         "ct-chunk-torn @0 #-1\nCTRACE_END @0 #-1\n");
    box_free(&b);
    free(log.text);
    free(events.text);
}

static void test_the_minimal_shapes(void **state)
{
    (void)state;
    story log = {0};
    assert_log(&log, "split-binary", SPLIT "CTRACE_END @0 #-1\n"); /* no events */
    static const char minimal[] = "\xA1" "dStep\xA2" "gpath_id\0dline\x03" "lDropLastStep";
    story_add(&log, minimal, sizeof minimal - 1);
    box b = box_begin(4, 1024, 31);
    box_add(&b, "events.log", log.text, log.size);
    assert_box(&b, NULL, OLD "CBOR without chunks, 1024-byte blocks\n"
                         "ct-block-size @0 #-1\n" WITHOUT_META "ct-bare @0 #-1\n"
                         "@0 #0 {\"Step\":{\"path_id\":0,\"line\":3}}\n"
                         "@22 #1 \"DropLastStep\"\n"
                         "CTRACE_END @35 #-1\n");
    box_free(&b);
    free(log.text);
}

static void test_layouts(void **state)
{
    (void)state;
    story log = {0};
    three_chunks(&log, false);
    box b = box_of_log(&log, "split-binary");
    box_add_text(&b, "steps.dat", "?");
    assert_box(&b, NULL, "CTFS v4, layout combined (events.log beside streams), split-binary chunks, 4096-byte blocks\n"
                         THREE_CHUNKS "CTRACE_END @58 #-1\n");
    box_free(&b);
    b = box_begin(4, 4096, 31);
    box_add_text(&b, "paths.json", "[]");
    assert_box(&b, NULL, "CTRACE_NOT_A_TRACE: the container has neither events.log nor steps.dat\n");
    box_add_text(&b, "t00001", "thread");
    assert_box(&b, NULL, "CTRACE_UNSUPPORTED: the container is a native recording of a whole process (MCR), which has "
                         "no events\n");
    box_free(&b);
    b = box_begin(4, 4096, 31);
    story meta = {0};
    meta_usual(&meta, 3, 1, GOOD_ID);
    box_add(&b, "meta.dat", meta.text, meta.size);
    box_add_text(&b, "steps.dat", "?");
    assert_box(&b, NULL, "CTRACE_UNSUPPORTED: the container is a native recording of a whole process (MCR), which has "
                         "no events\n");
    box_free(&b);
    free(meta.text);
    free(log.text);
}

/* ---- Events that are odd or bad ---- */

static void assert_events(const story *events, const ctrace_reader_options *options, const char *expected)
{
    story log = {0}, more = {0};
    chunk_add(&log, events, 3, 0, false);
    path_add(&more, "/next");
    chunk_add(&log, &more, 1, 3, false);
    box b = box_of_log(&log, "split-binary");
    char all[4096];
    snprintf(all, sizeof all, SPLIT "%s", expected);
    assert_box(&b, options, all);
    box_free(&b);
    free(log.text);
    free(more.text);
}

static void test_odd_events(void **state)
{
    (void)state;
    story e = {0};
    bytes_u8(&e, CTR_SPLIT_COLUMN_STEP);
    bytes_u64(&e, 1);
    bytes_u64(&e, 2);
    bytes_u64(&e, 3);
    assert_events(&e, NULL, "column-dropped @17 #0\n@0 #0 {\"Step\":{\"path_id\":1,\"line\":2}}\n"
                            "@25 #1 {\"Path\":\"/next\"}\nCTRACE_END @35 #-1\n");
    e.size = 0;
    path_add(&e, "a\xFF");
    bytes_u8(&e, CTRACE_EVENT_LOG);
    bytes_u8(&e, 200);
    bytes_run(&e, "\x80", 1);
    bytes_run(&e, "c", 1);
    assert_events(&e, NULL, "text-invalid @5 #0\n@0 #0 {\"Path\":\"a\xEF\xBF\xBD\"}\n"
                            "kind-unknown @8 #1\ntext-invalid @13 #1\n@7 #1 {\"Event\":{\"kind\":200,\"metadata\":\"\xEF\xBF\xBD\",\"content\":\"c\"}}\n"
                            "@19 #2 {\"Path\":\"/next\"}\nCTRACE_END @29 #-1\n");
    free(e.text);
}

static void test_bad_events(void **state)
{
    (void)state;
    story e = {0};
    /* The length of a value tells where the next event begins, whatever the value is. */
    bytes_u8(&e, CTRACE_EVENT_RETURN);
    bytes_run(&e, "\x01", 1);
    step_add(&e, 0, 1);
    assert_events(&e, NULL, "CTRACE_EVENT @5 #0: value: expected a map, found the number 1\n"
                            "@6 #1 {\"Step\":{\"path_id\":0,\"line\":1}}\n"
                            "@23 #2 {\"Path\":\"/next\"}\nCTRACE_END @33 #-1\n");
    e.size = 0;
    bytes_u8(&e, CTRACE_EVENT_RETURN);
    bytes_run(&e, "\xA2" "dkinddNonegtype_id\x01!", 21);
    bytes_u8(&e, CTRACE_EVENT_RETURN);
    bytes_run(&e, "\xA2" "dkinddNonegtype_id\x01", 19);
    bytes_u8(&e, CTRACE_EVENT_RETURN);
    bytes_run(&e, "\xFF", 1);
    assert_events(&e, NULL, "CTRACE_EVENT @25 #0: bytes follow the value\n"
                            "CTRACE_EVENT @31 #1: the value is longer than its length says\n"
                            "CTRACE_EVENT @55 #2: expected an item, found the byte 0xFF\n"
                            "@56 #3 {\"Path\":\"/next\"}\nCTRACE_END @66 #-1\n");
    e.size = 0;
    step_add(&e, 0, 1);
    bytes_u8(&e, 25);
    step_add(&e, 0, 2);
    assert_events(&e, NULL, "@0 #0 {\"Step\":{\"path_id\":0,\"line\":1}}\n"
                            "CTRACE_EVENT @17 #1: no event has the tag 25\n"
                            "@35 #2 {\"Path\":\"/next\"}\nCTRACE_END @45 #-1\n");
    e.size = 0;
    step_add(&e, 0, 1);
    step_add(&e, 0, 2);
    e.size -= 3;
    assert_events(&e, NULL, "@0 #0 {\"Step\":{\"path_id\":0,\"line\":1}}\n"
                            "CTRACE_EVENT @17 #1: the chunk ends inside the event that begins here\n"
                            "@31 #2 {\"Path\":\"/next\"}\nCTRACE_END @41 #-1\n");
    free(e.text);
}

static void test_limits(void **state)
{
    (void)state;
    const ctrace_reader_options small = {CTRACE_READER_OPTIONS_INIT, .max_event_bytes = 100, .max_depth = 2};
    story e = {0};
    char *large = calloc(1, 400000);
    assert_non_null(large);
    memset(large, 'a', 400000);
    static const size_t sizes[] = {95, 96, 300, 400000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        e.size = 0;
        bytes_u8(&e, CTRACE_EVENT_VARIABLE_NAME);
        bytes_run(&e, large, sizes[i]);
        step_add(&e, 0, 1);
        char expected[512], name[128] = "";
        if (sizes[i] == 95)
            snprintf(name, sizeof name, "@0 #0 {\"VariableName\":\"%.95s\"}\n", large);
        snprintf(expected, sizeof expected,
                 "%s@%zu #1 {\"Step\":{\"path_id\":0,\"line\":1}}\n@%zu #2 {\"Path\":\"/next\"}\nCTRACE_END @%zu #-1\n",
                 *name ? name : "CTRACE_TOO_LARGE @0 #0: the event is larger than 100 bytes\n", sizes[i] + 5,
                 sizes[i] + 22, sizes[i] + 32);
        assert_events(&e, &small, expected);
    }
    /* Lists. */
    e.size = 0;
    bytes_u8(&e, CTRACE_EVENT_ASM);
    bytes_u32(&e, 100000);
    for (int i = 0; i < 100000; i++)
        bytes_u32(&e, 0);
    bytes_u8(&e, CTRACE_EVENT_DROP_VARIABLES);
    bytes_u32(&e, 40000);
    for (int i = 0; i < 40000; i++)
        bytes_u64(&e, 0);
    assert_events(&e, &small, "CTRACE_TOO_LARGE @0 #0: the event is larger than 100 bytes\n"
                              "CTRACE_TOO_LARGE @400005 #1: the event is larger than 100 bytes\n"
                              "@720010 #2 {\"Path\":\"/next\"}\nCTRACE_END @720020 #-1\n");
    /* A list that claims more than there is. */
    e.size = 0;
    bytes_u8(&e, CTRACE_EVENT_ASM);
    bytes_u32(&e, UINT32_MAX);
    bytes_u32(&e, UINT32_MAX);
    assert_events(&e, NULL, "CTRACE_TOO_LARGE @0 #0: the event is larger than 16777216 bytes\n"
                            "@9 #1 {\"Path\":\"/next\"}\nCTRACE_END @19 #-1\n");
    /* Values in each other. */
    e.size = 0;
    static const char deep[] = "\xA3" "dkindeTuplehelements\x81\xA3" "dkindeTuplehelements\x81\xA3" "dkindeTuple"
                               "helements\x80gtype_id\0gtype_id\0gtype_id\0";
    bytes_u8(&e, CTRACE_EVENT_RETURN);
    bytes_run(&e, deep, sizeof deep - 1);
    story s = {0}, log = {0};
    chunk_add(&log, &e, 1, 0, false);
    box b = box_of_log(&log, "split-binary");
    tell_box(&s, b.data, b.size, &small);
    assert_non_null(strstr(s.text, "CTRACE_TOO_DEEP"));
    assert_non_null(strstr(s.text, "CTRACE_END"));
    box_free(&b);
    free(s.text);
    free(log.text);
    free(e.text);
    free(large);
}

static void test_bad_events_in_cbor(void **state)
{
    (void)state;
    const ctrace_reader_options small = {CTRACE_READER_OPTIONS_INIT, .max_event_bytes = 60};
    static const char bad[] = "\xA1" "dNone\x01" "\xA1" "dPathx\x40" "0123456789012345678901234567890123456789012345678901234567890123"
                              "\xA1" "dPathb/a";
    story log = {0};
    story_add(&log, bad, sizeof bad - 1);
    box b = box_of_log(&log, NULL);
    assert_box(&b, &small, OLD "CBOR without chunks, 4096-byte blocks\nct-bare @0 #-1\n"
                           "CTRACE_EVENT @1 #0: event: expected the name of an event, found the text \"None\"\n"
                           "CTRACE_TOO_LARGE @7 #1: the event is larger than 60 bytes\n"
                           "@79 #2 {\"Path\":\"/a\"}\nCTRACE_END @88 #-1\n");
    box_free(&b);
    log.text[79] = '\xFF'; /* no CBOR: nothing behind it can be read */
    b = box_of_log(&log, NULL);
    story s = {0};
    assert_int_equal(tell_box(&s, b.data, b.size, &small), CTRACE_SYNTAX);
    box_free(&b);
    s.size = 0;
    log.text[79] = '\xA1';
    log.size--;
    b = box_of_log(&log, NULL);
    assert_int_equal(tell_box(&s, b.data, b.size, NULL), CTRACE_TRUNCATED);
    assert_non_null(strstr(s.text, "CTRACE_TRUNCATED @79 #2: the input ends inside the event that begins here"));
    box_free(&b);
    free(s.text);
    free(log.text);
}

/* ---- What is torn ---- */

static void test_a_chunk_in_the_middle(void **state)
{
    (void)state;
    story log = {0};
    size_t begins[4] = {0};
    static const unsigned counts[] = {1, 2, 1};
    for (unsigned i = 0, n = 0; i < 3; i++) {
        story events = {0};
        for (unsigned k = 0; k < counts[i]; k++, n++)
            n == 0 ? path_add(&events, "/a") : step_add(&events, 0, (int64_t)n);
        chunk_add(&log, &events, counts[i], n - counts[i], false);
        begins[i + 1] = log.size;
        free(events.text);
    }
    const char *lost = SPLIT "@0 #0 {\"Path\":\"/a\"}\n"
                             "ct-chunk-torn @7 #1\n@7 #1 {\"Step\":{\"path_id\":0,\"line\":3}}\n"
                             "CTRACE_END @24 #-1\n";
    /* Its frame, the beginning of its frame, its size, too small and too large, its header and all of it. */
    struct {
        size_t at, size;
        const char *bytes;
    } faults[] = {
        {begins[1] + 22, 1, "\xFF"},       {begins[1] + 16, 4, "\0\0\0\0"},     {begins[1], 4, "\x03\0\0\0"},
        {begins[1], 4, "\0\0\0\0"},        {begins[1], 16, "aaaaaaaaaaaaaaaa"}, {begins[1] + 4, 4, "\xFF\xFF\xFF\xFF"},
        {begins[1], 20, "bbbbbbbbbbbbbbbbbbbb"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        story broken = {0};
        story_add(&broken, log.text, log.size);
        memcpy(broken.text + faults[i].at, faults[i].bytes, faults[i].size);
        assert_log(&broken, "split-binary", lost);
        free(broken.text);
    }
    /* A size beyond the end: the frame itself tells where it ends. */
    story broken = {0};
    story_add(&broken, log.text, log.size);
    memcpy(broken.text + begins[1], "\xFF\xFF\0\0", 4);
    story s = {0};
    box b = box_of_log(&broken, "split-binary");
    assert_int_equal(tell_box(&s, b.data, b.size, NULL), CTRACE_END);
    assert_non_null(strstr(s.text, "\"line\":1"));
    assert_non_null(strstr(s.text, "\"line\":2"));
    assert_non_null(strstr(s.text, "\"line\":3"));
    assert_non_null(strstr(s.text, "ct-chunk-torn"));
    box_free(&b);
    free(s.text);
    free(broken.text);
    free(log.text);
}

/* All whole chunks before a cut are given, and nothing that is not there. */
static void test_every_cut_of_the_log(void **state)
{
    (void)state;
    story log = {0};
    three_chunks(&log, false);
    static const char *const lines[] = {"{\"Path\":\"/a\"}", "\"line\":1}", "\"line\":2}", "\"line\":3}"};
    size_t ends[3], at = 0;
    for (int i = 0; i < 3; i++)
        ends[i] = at = at + 16 + ctr_load_u32(log.text + at);
    for (size_t size = 0; size < log.size; size++) {
        story cut = {log.text, size, 0}, s = {0};
        box b = box_of_log(&cut, "split-binary");
        ctrace_status status = tell_box(&s, b.data, b.size, NULL);
        assert_true(status == CTRACE_END || status == CTRACE_TRUNCATED);
        size_t whole = size >= ends[1] ? 3 : size >= ends[0] ? 1 : 0;
        for (size_t i = 0; i < whole; i++)
            assert_non_null(strstr(s.text, lines[i]));
        assert_null(strstr(s.text, lines[3]));
        bool clean = size == 0 || size == ends[0] || size == ends[1];
        assert_int_equal(strstr(s.text, "ct-chunk-torn") == NULL, clean);
        box_free(&b);
        free(s.text);
    }
    free(log.text);
}

/* The container of many chunks; the same without the values that are cut by a hole. */
static box large_box(unsigned block_size)
{
    story log = {0}, events = {0};
    uint64_t state = 1;
    for (uint64_t chunk = 0; chunk < 40; chunk++) {
        events.size = 0;
        for (int i = 0; i < 100; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            step_add(&events, state >> 60, (int64_t)(state >> 40 & 0xFFFF));
            int_add(&events, (unsigned)(state >> 33) % 24);
        }
        chunk_add(&log, &events, 200, chunk * 200, chunk & 1);
    }
    box b = box_begin(4, block_size, 31);
    box_add_text(&b, "events.fmt", "split-binary");
    box_add(&b, "events.log", log.text, log.size);
    story meta = {0};
    meta_usual(&meta, 3, 0, GOOD_ID);
    box_add(&b, "meta.dat", meta.text, meta.size);
    free(log.text);
    free(events.text);
    free(meta.text);
    return b;
}

static void test_a_hole_in_the_middle(void **state)
{
    (void)state;
    box b = large_box(1024);
    size_t torn;
    ctrace_status last;
    char *map = box_at(&b, ctr_load_u64(box_entry(&b, 1) + 8));
    ctr_store_u64(map + 8 * 10, 0);
    size_t events = count_box(b.data, b.size, CTRACE_LENIENCY_CT_CHUNK_TORN, &torn, &last);
    assert_int_equal(last, CTRACE_END);
    assert_in_range(events, 7400, 7999); /* three chunks at most lie in a block */
    assert_in_range(torn, 1, 3);
    box_free(&b);
}

static void test_every_cut_of_the_container(void **state)
{
    (void)state;
    box b = large_box(1024);
    size_t before = 0, torn;
    ctrace_status last;
    for (size_t size = 0; size <= b.size; size += 512) {
        size_t events = count_box(b.data, size, CTRACE_LENIENCY_CT_CHUNK_TORN, &torn, &last);
        assert_true(last == CTRACE_END || last == CTRACE_TRUNCATED || last == CTRACE_NOT_A_TRACE);
        if (size > 8 * 1024) /* all that is needed lies before */
            assert_true(events >= before);
        before = events;
    }
    assert_int_equal(before, 8000);
    assert_int_equal(torn, 0);
    box_free(&b);
}

static void test_every_byte_changed(void **state)
{
    (void)state;
    story log = {0};
    three_chunks(&log, false);
    box b = box_of_log(&log, "split-binary");
    for (size_t at = 0; at < b.size; at++) {
        /* The header, the entries, the mapping; not all the zeros. */
        size_t block = at / 4096, within = at % 4096;
        if (block == 0 ? within >= 120 : within >= 300)
            continue;
        for (unsigned change = 1; change < 256; change = change * 16 + 15) {
            b.data[at] = (char)(b.data[at] ^ (char)change);
            story s = {0};
            tell_box(&s, b.data, b.size, NULL);
            free(s.text);
            b.data[at] = (char)(b.data[at] ^ (char)change);
        }
    }
    box_free(&b);
    free(log.text);
}

/* ---- Marks ---- */

typedef struct opened {
    ctr_source source;
    ctr_decoder *decoder;
} opened;

static void open_box(opened *o, const box *b)
{
    ctr_decoder_options options = {.max_event_bytes = 1 << 20, .max_depth = 60};
    o->source = box_source(b->data, b->size);
    assert_int_equal(ctr_ctfs_open_decoder(&o->decoder, &o->source, "input", &options, NULL), CTRACE_OK);
}

static void close_box(opened *o)
{
    o->decoder->class->close(o->decoder);
    ctr_source_close(&o->source);
}

static int64_t next_line(opened *o, uint64_t *index)
{
    const ctrace_event *event = NULL;
    ctrace_position position;
    assert_int_equal(o->decoder->class->next(o->decoder, &event, NULL), CTRACE_OK);
    o->decoder->class->position(o->decoder, &position);
    *index = position.event;
    return event->kind == CTRACE_EVENT_STEP ? event->step.line : -1;
}

static void assert_marks(const box *b, size_t least)
{
    opened o;
    open_box(&o, b);
    ctr_mark marks[200];
    int64_t lines[8000];
    size_t mark_count = 0;
    uint64_t index;
    for (size_t i = 0; i < 8000; i++) {
        lines[i] = next_line(&o, &index);
        assert_int_equal(index, i);
        if (i % 40 == 0 && mark_count < 200 && o.decoder->class->mark(o.decoder, &marks[mark_count])) {
            assert_true(marks[mark_count].event <= i);
            assert_true(!mark_count || marks[mark_count].event > marks[mark_count - 1].event);
            mark_count++;
        }
    }
    assert_true(mark_count >= least);
    for (size_t i = mark_count; i-- > 0;) {
        assert_int_equal(o.decoder->class->go_to(o.decoder, &marks[i], NULL), CTRACE_OK);
        for (size_t k = 0; k < 3 && marks[i].event + k < 8000; k++) {
            int64_t line = next_line(&o, &index);
            assert_int_equal(index, marks[i].event + k);
            assert_int_equal(line, lines[index]);
        }
    }
    assert_int_equal(o.decoder->class->go_to(o.decoder, NULL, NULL), CTRACE_OK);
    for (size_t i = 0; i < 8000; i++)
        assert_int_equal(next_line(&o, &index), lines[i]);
    close_box(&o);
}

static void test_marks(void **state)
{
    (void)state;
    box b = large_box(4096);
    assert_marks(&b, 39);
    opened o;
    open_box(&o, &b);
    ctr_mark wrong = {5, {1, 2, 3}};
    ctrace_error error;
    for (uint64_t place = 1; place < 100; place++) {
        wrong.words[0] = place;
        assert_int_equal(o.decoder->class->go_to(o.decoder, &wrong, &error), CTRACE_ARGUMENT);
    }
    wrong.words[0] = UINT64_MAX;
    assert_int_equal(o.decoder->class->go_to(o.decoder, &wrong, &error), CTRACE_ARGUMENT);
    close_box(&o);
    box_free(&b);
    story log = {0};
    for (int i = 0; i < 8000; i++) {
        char event[] = "\xA1" "dStep\xA2" "gpath_id\0dline\x18\x03";
        event[22] = (char)(i % 200 + 24);
        story_add(&log, event, sizeof event - 1);
    }
    b = box_of_log(&log, NULL);
    assert_marks(&b, 190);
    box_free(&b);
    free(log.text);
}

/* ---- Memory ---- */

static void test_memory_that_fails(void **state)
{
    (void)state;
    story log = {0}, split = {0};
    split_events(&split, 0, EVERY_EVENT_COUNT);
    path_add(&split, "a\xFF");
    chunk_add(&log, &split, EVERY_EVENT_COUNT + 1, 0, false);
    box b = box_of_log(&log, "split-binary");
    ctrace_status status = CTRACE_NO_MEMORY;
    size_t n = 0;
    for (; status == CTRACE_NO_MEMORY; n++) {
        limited_memory memory = {.until_failure = n};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .allocator = &allocator};
        story s = {0};
        status = tell_box(&s, b.data, b.size, &options);
        assert_true(status == CTRACE_NO_MEMORY || status == CTRACE_END);
        assert_int_equal(memory.held, 0);
        free(s.text);
    }
    assert_true(n > 10);
    box_free(&b);
    free(log.text);
    free(split.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_framings),
        cmocka_unit_test(test_every_event),
        cmocka_unit_test(test_plain_chunks),
        cmocka_unit_test(test_the_minimal_shapes),
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_odd_events),
        cmocka_unit_test(test_bad_events),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_bad_events_in_cbor),
        cmocka_unit_test(test_a_chunk_in_the_middle),
        cmocka_unit_test(test_every_cut_of_the_log),
        cmocka_unit_test(test_a_hole_in_the_middle),
        cmocka_unit_test(test_every_cut_of_the_container),
        cmocka_unit_test(test_every_byte_changed),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
