/* Writing trace.bin version 1 and reading it again, by the classes that the writer and the reader use. */
#include <stdio.h>

#include "codec/cbor/decode.h"
#include "codec/cbor/encode.h"
#include "codec/decoder.h"
#include "codec/encoder.h"
#include "every_event.h"
#include "frame_files.h"
#include "limited_memory.h"

/* ---- A sink in memory that keeps what it held before every write ---- */

typedef struct sink_state {
    ctr_buffer file;
    ctr_buffer before;    /* the file before the last write */
    uint64_t last_offset; /* of the last write, */
    ctr_buffer last;      /* and its bytes */
    size_t writes;
    size_t room; /* more bytes than this fail half way; 0: no bound */
} sink_state;

static void set(ctr_buffer *b, const void *data, size_t size)
{
    b->size = 0;
    put(b, data, size);
}

static int sink_write(void *cookie, uint64_t offset, const char *data, size_t size)
{
    sink_state *s = cookie;
    assert_true(offset <= s->file.size);
    set(&s->before, s->file.data, s->file.size);
    set(&s->last, data, size);
    s->last_offset = offset;
    s->writes++;
    int failure = 0;
    if (s->room && offset + size > s->room) {
        size = offset < s->room ? s->room - (size_t)offset : 0;
        failure = ENOSPC;
    }
    if (offset + size > s->file.size) {
        assert_true(ctr_buffer_reserve(&s->file, (size_t)offset + size - s->file.size));
        s->file.size = (size_t)offset + size;
    }
    if (size)
        memcpy(s->file.data + offset, data, size);
    return failure;
}

static int sink_truncate(void *cookie, uint64_t size)
{
    ((sink_state *)cookie)->file.size = (size_t)size;
    return 0;
}

static void free_sink(sink_state *s)
{
    ctr_buffer_free(&s->file);
    ctr_buffer_free(&s->before);
    ctr_buffer_free(&s->last);
}

static ctr_encoder *open_level(const ctrace_sink *sink, int level, bool aside, const ctrace_allocator *allocator)
{
    ctr_encoder_options options = {.allocator = allocator, .sink = sink, .truncate = sink_truncate, .level = level,
                                   .aside = aside, .spool_folder = -1};
    ctr_encoder *e;
    ctrace_status status = ctr_cbor_open_encoder(&e, &options, NULL);
    assert_true(status == CTRACE_OK || (status == CTRACE_NO_MEMORY && allocator));
    return e;
}

static ctr_encoder *open_encoder(const ctrace_sink *sink, bool aside, const ctrace_allocator *allocator)
{
    return open_level(sink, 3, aside, allocator);
}

/* ---- Reading ---- */

static ctr_decoder *open_decoder(ctr_source *source, const ctrace_allocator *allocator, size_t max_event_bytes,
                                 bool follow)
{
    ctr_decoder_options options = {
        .allocator = allocator, .max_event_bytes = max_event_bytes, .max_depth = 500, .follow = follow};
    ctr_decoder *d;
    ctrace_status status = ctr_cbor_open_decoder(&d, source, "input", &options, NULL);
    assert_true(status == CTRACE_OK || (status == CTRACE_NO_MEMORY && allocator));
    return d;
}

/* Appends the event as CBOR, to be compared. */
static void add_event(ctr_buffer *b, const ctrace_event *event)
{
    ctr_cbor_encoder e;
    ctr_cbor_encoder_init(&e, CTR_CBOR_BIN, CTR_CBOR_FLOAT_TEXT);
    assert_true(ctr_cbor_encode_event(&e, b, event));
}

/* All events of a file; the status at the end. `warnings` gets a bit for each leniency at the end. */
static ctrace_status read_events(const char *data, size_t size, ctr_buffer *out, uint64_t *warnings)
{
    ctr_source source = file_source(data, size);
    ctr_decoder *d = open_decoder(&source, NULL, 16 << 20, false);
    const ctrace_event *event;
    ctrace_error error;
    ctrace_status status;
    while ((status = d->class->next(d, &event, &error)) == CTRACE_OK) {
        ctrace_position position;
        d->class->position(d, &position);
        assert_int_equal(position.offset, out->size);
        add_event(out, event);
    }
    *warnings = 0;
    for (size_t i = 0; i < d->warning_count; i++)
        *warnings |= UINT64_C(1) << d->warnings[i].leniency;
    d->class->close(d);
    ctr_source_close(&source);
    return status;
}

/* ---- Tests of writing ---- */

/* What upstream writes of a trace without events. */
static void test_empty(void **state)
{
    (void)state;
    static const char expected[] = "\xC0\xDE\x72\xAC\xE2\x01\x00\x00\x28\xB5\x2F\xFD\x20\x00\x01\x00\x00"
                                   "\x5E\x2A\x4D\x18\x11\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00"
                                   "\x01\x00\x00\x00\x00\xB1\xEA\x92\x8F";
    for (int sequential = 0; sequential < 2; sequential++) {
        sink_state s = {0};
        ctrace_sink sink = {&s, sink_write, sequential};
        ctr_encoder *e = open_encoder(&sink, false, NULL);
        assert_int_equal(e->class->finish(e, NULL), CTRACE_OK);
        e->class->close(e);
        assert_int_equal(s.writes, 1);
        assert_int_equal(s.file.size, sizeof expected - 1);
        assert_memory_equal(s.file.data, expected, sizeof expected - 1);
        ctr_buffer out = {0};
        uint64_t warnings;
        assert_int_equal(read_events(s.file.data, s.file.size, &out, &warnings), CTRACE_END);
        assert_int_equal(warnings, 0);
        assert_int_equal(out.size, 0);
        free_sink(&s);
    }
}

/* After every flush, which is one write, the file is whole; and a write that stops anywhere loses nothing that was
 * flushed before. */
static void test_whole_at_every_instant(void **state)
{
    (void)state;
    sink_state s = {0};
    ctrace_sink sink = {&s, sink_write, false};
    ctr_encoder *e = open_encoder(&sink, false, NULL);
    ctr_buffer all = {0}, out = {0}, torn = {0};
    uint64_t warnings;
    assert_int_equal(e->class->flush(e), CTRACE_OK);
    for (size_t i = 0; i < EVERY_EVENT_COUNT; i++) {
        size_t flushed = all.size;
        for (size_t k = 0; k <= i % 3; k++) {
            assert_int_equal(e->class->event(e, &every_event[(i + k) % EVERY_EVENT_COUNT]), CTRACE_OK);
            add_event(&all, &every_event[(i + k) % EVERY_EVENT_COUNT]);
        }
        assert_int_equal(e->bytes, all.size);
        size_t writes = s.writes;
        assert_int_equal(e->class->flush(e), CTRACE_OK);
        assert_int_equal(e->waiting, 0);
        assert_int_equal(s.writes, writes + 1);
        out.size = 0;
        assert_int_equal(read_events(s.file.data, s.file.size, &out, &warnings), CTRACE_END);
        assert_int_equal(warnings, 0);
        assert_int_equal(out.size, all.size);
        assert_memory_equal(out.data, all.data, all.size);
        for (size_t size = 0; size < s.last.size; size += i < 3 ? 1 : 11) {
            set(&torn, s.before.data, s.before.size);
            if (s.last_offset + size > torn.size) {
                assert_true(ctr_buffer_reserve(&torn, size));
                torn.size = (size_t)s.last_offset + size;
            }
            memcpy(torn.data + s.last_offset, s.last.data, size);
            out.size = 0;
            assert_int_not_equal(read_events(torn.data, torn.size, &out, &warnings), CTRACE_OK);
            assert_true(out.size >= flushed);
            if (flushed)
                assert_memory_equal(out.data, all.data, flushed);
        }
    }
    assert_int_equal(e->class->finish(e, NULL), CTRACE_OK);
    e->class->close(e);
    ctr_buffer_free(&all);
    ctr_buffer_free(&out);
    ctr_buffer_free(&torn);
    free_sink(&s);
}

/* Frames of at most 2 MiB that end where events do; the other thread and a sequential sink make the same events. At a
 * level that searches for repeats a flush ends no frame. */
static void test_many_frames(void **state)
{
    (void)state;
    for (int how = 0; how < 8; how++) {
        bool searches = how & 4;
        sink_state s = {0};
        ctrace_sink sink = {&s, sink_write, how & 1};
        ctr_encoder *e = open_level(&sink, searches ? 4 : 3, how & 2, NULL);
        ctr_buffer all = {0}, out = {0};
        uint32_t seed = 1;
        for (size_t i = 0; all.size < 5000000; i++) {
            seed = seed * 1664525 + 1013904223;
            ctrace_value value = {.kind = CTRACE_VALUE_INT, .span = 1, .i = seed >> 8, .type_id = i % 9};
            ctrace_event event = {.kind = CTRACE_EVENT_VALUE, .value = {i % 100, &value}};
            assert_int_equal(e->class->event(e, &event), CTRACE_OK);
            add_event(&all, &event);
            if (i % 10007 == 0)
                assert_int_equal(e->class->flush(e), CTRACE_OK);
        }
        assert_int_equal(e->class->finish(e, NULL), CTRACE_OK);
        e->class->close(e);
        uint64_t warnings;
        assert_int_equal(read_events(s.file.data, s.file.size, &out, &warnings), CTRACE_END);
        assert_int_equal(warnings, 0);
        assert_int_equal(out.size, all.size);
        assert_memory_equal(out.data, all.data, all.size);
        /* The plain sizes in the table. */
        const unsigned char *end = (const unsigned char *)s.file.data + s.file.size;
        size_t frames = end[-9];
        assert_true(searches ? frames == 3 : frames >= 3);
        size_t sum = 0;
        for (size_t i = 0; i < frames; i++) {
            const unsigned char *entry = end - 9 - 8 * (frames - i);
            size_t plain = entry[4] | (size_t)entry[5] << 8 | (size_t)entry[6] << 16;
            assert_in_range(plain, searches && i + 1 < frames ? CTR_FRAME_PLAIN - 100 : 1, CTR_FRAME_PLAIN);
            sum += plain;
        }
        assert_int_equal(sum, all.size);
        ctr_buffer_free(&all);
        ctr_buffer_free(&out);
        free_sink(&s);
    }
}

/* An event of more than a frame has one of its own. */
static void test_a_large_event(void **state)
{
    (void)state;
    sink_state s = {0};
    ctrace_sink sink = {&s, sink_write, false};
    ctr_encoder *e = open_encoder(&sink, false, NULL);
    size_t size = 3 * CTR_FRAME_PLAIN;
    char *text = malloc(size);
    assert_non_null(text);
    fill(text, size, 3);
    ctrace_event large = {.kind = CTRACE_EVENT_PATH, .path = {text, size}};
    ctr_buffer all = {0}, out = {0};
    for (int i = 0; i < 3; i++) {
        const ctrace_event *event = i == 1 ? &large : &every_event[0];
        assert_int_equal(e->class->event(e, event), CTRACE_OK);
        add_event(&all, event);
    }
    assert_int_equal(e->class->finish(e, NULL), CTRACE_OK);
    e->class->close(e);
    uint64_t warnings;
    assert_int_equal(read_events(s.file.data, s.file.size, &out, &warnings), CTRACE_END);
    assert_int_equal(warnings, 0);
    assert_int_equal(out.size, all.size);
    assert_memory_equal(out.data, all.data, all.size);
    /* Where that is more than may be, the events around it are given. */
    ctr_source source = file_source(s.file.data, s.file.size);
    ctr_decoder *d = open_decoder(&source, NULL, 1 << 20, false);
    const ctrace_event *event;
    ctrace_error error;
    ctrace_position position;
    assert_int_equal(d->class->next(d, &event, &error), CTRACE_OK);
    assert_int_equal(d->class->next(d, &event, &error), CTRACE_TOO_LARGE);
    assert_int_equal(error.position.event, 1);
    d->class->position(d, &position);
    assert_int_equal(position.event, 1);
    assert_true(d->bad.kind_known && d->bad.kind == CTRACE_EVENT_PATH);
    assert_int_equal(d->class->next(d, &event, &error), CTRACE_OK);
    assert_int_equal(event->kind, CTRACE_EVENT_PATH);
    d->class->position(d, &position);
    assert_int_equal(position.event, 2);
    assert_int_equal(d->class->next(d, &event, &error), CTRACE_END);
    d->class->close(d);
    ctr_source_close(&source);
    free(text);
    ctr_buffer_free(&all);
    ctr_buffer_free(&out);
    free_sink(&s);
}

/* A full disk: what was flushed before stays whole, and the failure stays. */
static void test_a_full_disk(void **state)
{
    (void)state;
    for (int aside = 0; aside < 2; aside++)
        for (size_t room = 1; room < 400; room += 17) {
            sink_state s = {.room = room};
            ctrace_sink sink = {&s, sink_write, false};
            ctr_encoder *e = open_encoder(&sink, aside, NULL);
            ctr_buffer all = {0}, out = {0};
            ctrace_status status = CTRACE_OK;
            size_t flushed = 0;
            for (size_t i = 0; i < 40 && status == CTRACE_OK; i++) {
                flushed = all.size;
                assert_int_equal(e->class->event(e, &every_event[i % EVERY_EVENT_COUNT]), CTRACE_OK);
                add_event(&all, &every_event[i % EVERY_EVENT_COUNT]);
                status = e->class->flush(e);
            }
            assert_int_equal(status, CTRACE_IO);
            assert_int_equal(e->system_error, ENOSPC);
            assert_int_equal(e->class->event(e, &every_event[0]), CTRACE_IO);
            assert_int_equal(e->class->finish(e, NULL), CTRACE_IO);
            e->class->close(e);
            if (flushed) {
                uint64_t warnings;
                assert_int_equal(read_events(s.file.data, s.file.size, &out, &warnings), CTRACE_END);
                assert_int_equal(warnings, 0);
                assert_int_equal(out.size, flushed);
                assert_memory_equal(out.data, all.data, flushed);
            }
            ctr_buffer_free(&all);
            ctr_buffer_free(&out);
            free_sink(&s);
        }
}

/* The child of a fork writes nothing more, whatever is on its way. */
static void test_abandoned(void **state)
{
    (void)state;
    for (int aside = 0; aside < 2; aside++) {
        sink_state s = {0};
        ctrace_sink sink = {&s, sink_write, false};
        ctr_encoder *e = open_encoder(&sink, aside, NULL);
        assert_int_equal(e->class->event(e, &every_event[0]), CTRACE_OK);
        if (aside)
            e->class->close(e); /* in this process the thread is there, so it has to be waited for */
        else
            e->class->abandon(e);
        assert_int_equal(s.writes, 0);
        free_sink(&s);
    }
}

static void test_writing_without_memory(void **state)
{
    (void)state;
    for (int aside = 0; aside < 2; aside++)
        for (size_t until = 0;; until++) {
            limited_memory memory = {until, 0};
            ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
            sink_state s = {0};
            ctrace_sink sink = {&s, sink_write, false};
            ctr_encoder *e = open_encoder(&sink, aside, &allocator);
            ctrace_status status = e ? CTRACE_OK : CTRACE_NO_MEMORY;
            for (size_t i = 0; i < EVERY_EVENT_COUNT && status == CTRACE_OK; i++) {
                status = e->class->event(e, &every_event[i]);
                if (status == CTRACE_OK && i % 5 == 0)
                    status = e->class->flush(e);
            }
            if (status == CTRACE_OK)
                status = e->class->finish(e, NULL);
            if (e)
                e->class->close(e);
            assert_true(status == CTRACE_OK || status == CTRACE_NO_MEMORY);
            assert_int_equal(memory.held, 0);
            free_sink(&s);
            if (status == CTRACE_OK)
                break;
        }
}

/* ---- Tests of reading ---- */

/* A file of every event, of several frames; `borders` are where events begin in what is unpacked. */
static void make_file(sink_state *s, ctr_buffer *all, uint64_t borders[EVERY_EVENT_COUNT + 1])
{
    ctrace_sink sink = {s, sink_write, false};
    ctr_encoder *e = open_encoder(&sink, false, NULL);
    for (size_t i = 0; i < EVERY_EVENT_COUNT; i++) {
        borders[i] = all->size;
        assert_int_equal(e->class->event(e, &every_event[i]), CTRACE_OK);
        add_event(all, &every_event[i]);
    }
    borders[EVERY_EVENT_COUNT] = all->size;
    assert_int_equal(e->class->finish(e, NULL), CTRACE_OK);
    e->class->close(e);
}

/* Frames of a few bytes, which end anywhere. */
static seek_table make_small_frames(ctr_buffer *file, const ctr_buffer *all, size_t piece)
{
    seek_table table = {.count = 0};
    put(file, "\xC0\xDE\x72\xAC\xE2\x01\x00\x00", 8);
    for (size_t at = 0; at < all->size; at += piece) {
        size_t size = all->size - at < piece ? all->size - at : piece;
        table.packed[table.count] = (uint32_t)put_frame(file, all->data + at, size, FRAME_CHECKSUM);
        table.plain[table.count++] = (uint32_t)size;
    }
    put_table(file, &table, false);
    return table;
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    sink_state s = {0};
    ctr_buffer all = {0}, out = {0}, file = {0};
    uint64_t borders[EVERY_EVENT_COUNT + 1], warnings;
    make_file(&s, &all, borders);
    make_small_frames(&file, &all, all.size / 40);
    for (size_t size = 8; size < file.size; size += 3) {
        out.size = 0;
        ctrace_status status = read_events(file.data, size, &out, &warnings);
        assert_true(status == CTRACE_END || status == CTRACE_TRUNCATED);
        assert_true(warnings & (UINT64_C(1) << CTRACE_LENIENCY_SEEK_TABLE_MISSING |
                                UINT64_C(1) << CTRACE_LENIENCY_SEEK_TABLE_WRONG));
        if (out.size)
            assert_memory_equal(out.data, all.data, out.size);
    }
    assert_int_equal(out.size, all.size);
    ctr_buffer_free(&all);
    ctr_buffer_free(&out);
    ctr_buffer_free(&file);
    free_sink(&s);
}

/* A changed byte: never more than a failure; what lies before the damaged frame is right, and so is what is found when
 * going on behind it. */
static void test_every_changed_byte(void **state)
{
    (void)state;
    sink_state s = {0};
    ctr_buffer all = {0}, out = {0}, file = {0};
    uint64_t borders[EVERY_EVENT_COUNT + 1];
    make_file(&s, &all, borders);
    seek_table table = make_small_frames(&file, &all, all.size / 20);
    size_t resumed = 0, reached = 0, lost = 0;
    for (size_t at = 8; at < file.size; at += 5) {
        file.data[at] ^= 0x55;
        ctr_source source = file_source(file.data, file.size);
        ctr_decoder *d = open_decoder(&source, NULL, 16 << 20, false);
        ctrace_error error;
        const ctrace_event *event;
        ctrace_status status = CTRACE_OK;
        out.size = 0;
        while (status == CTRACE_OK) {
            status = d->class->next(d, &event, &error);
            if (status == CTRACE_OK)
                add_event(&out, event);
        }
        size_t packed = 8, good = 0;
        for (uint32_t i = 0; i < table.count && packed + table.packed[i] <= at; i++) {
            packed += table.packed[i];
            good += table.plain[i];
        }
        good = good < out.size ? good : out.size;
        if (good)
            assert_memory_equal(out.data, all.data, good);
        /* On behind it, as often as it takes. */
        bool at_last = false;
        for (size_t tries = 0; status != CTRACE_END && status != CTRACE_TRUNCATED; tries++) {
            assert_true(tries < 100);
            if (status == CTRACE_SYNTAX) {
                status = d->class->resume(d, &error);
                resumed += status == CTRACE_OK;
                if (status != CTRACE_OK)
                    break;
            }
            while ((status = d->class->next(d, &event, &error)) == CTRACE_OK) {
                out.size = 0;
                add_event(&out, event);
                size_t last = (size_t)(borders[EVERY_EVENT_COUNT] - borders[EVERY_EVENT_COUNT - 1]);
                at_last = out.size == last && memcmp(all.data + all.size - last, out.data, last) == 0;
            }
        }
        reached += at_last;
        lost += !at_last;
        d->class->close(d);
        ctr_source_close(&source);
        file.data[at] ^= 0x55;
    }
    /* Mostly the last event is found again, unless it is damaged itself. */
    assert_true(resumed > 10);
    assert_true(reached > 2 * lost);
    ctr_buffer_free(&all);
    ctr_buffer_free(&out);
    ctr_buffer_free(&file);
    free_sink(&s);
}

/* What is no CBOR between events. */
static void test_go_on_behind_bad_cbor(void **state)
{
    (void)state;
    ctr_buffer plain = {0}, file = {0};
    add_event(&plain, &every_event[0]);
    put(&plain, "\x1C\x64Step\xA1\x64Stop\xFF", 12);
    add_event(&plain, &every_event[1]);
    add_event(&plain, &every_event[2]);
    put(&file, "\xC0\xDE\x72\xAC\xE2\x01\x00\x07", 8);
    put_frame(&file, plain.data, plain.size, 0);
    ctr_source source = file_source(file.data, file.size);
    ctr_decoder *d = open_decoder(&source, NULL, 16 << 20, false);
    assert_int_equal(d->warning_count, 1);
    assert_int_equal(d->warnings[0].leniency, CTRACE_LENIENCY_HEADER_RESERVED);
    const ctrace_event *event;
    ctrace_error error;
    assert_int_equal(d->class->next(d, &event, &error), CTRACE_OK);
    assert_int_equal(d->class->next(d, &event, &error), CTRACE_SYNTAX);
    assert_int_equal(error.position.event, 1);
    assert_int_equal(d->class->resume(d, &error), CTRACE_OK);
    assert_int_equal(d->class->next(d, &event, &error), CTRACE_OK);
    assert_int_equal(event->kind, CTRACE_EVENT_FUNCTION);
    assert_int_equal(d->class->next(d, &event, &error), CTRACE_OK);
    assert_int_equal(event->kind, CTRACE_EVENT_CALL);
    assert_int_equal(d->class->next(d, &event, &error), CTRACE_END);
    assert_int_equal(d->warning_count, 1);
    assert_int_equal(d->warnings[0].leniency, CTRACE_LENIENCY_SEEK_TABLE_MISSING);
    d->class->close(d);
    ctr_source_close(&source);
    ctr_buffer_free(&plain);
    ctr_buffer_free(&file);
}

/* Every event can be gone to from everywhere. */
static void test_marks(void **state)
{
    (void)state;
    sink_state s = {0};
    ctr_buffer all = {0}, file = {0}, out = {0};
    uint64_t borders[EVERY_EVENT_COUNT + 1];
    make_file(&s, &all, borders);
    make_small_frames(&file, &all, all.size / 30);
    ctr_source source = file_source(file.data, file.size);
    ctr_decoder *d = open_decoder(&source, NULL, 16 << 20, false);
    ctr_mark marks[EVERY_EVENT_COUNT];
    const ctrace_event *event;
    for (size_t i = 0; i < EVERY_EVENT_COUNT; i++) {
        assert_int_equal(d->class->next(d, &event, NULL), CTRACE_OK);
        assert_true(d->class->mark(d, &marks[i]));
        assert_int_equal(marks[i].event, i);
    }
    for (size_t step = 1; step < EVERY_EVENT_COUNT; step += 4)
        for (size_t k = 0; k < EVERY_EVENT_COUNT; k++) {
            size_t i = k * step % EVERY_EVENT_COUNT;
            assert_int_equal(d->class->go_to(d, &marks[i], NULL), CTRACE_OK);
            for (size_t j = i; j < EVERY_EVENT_COUNT && j < i + 2; j++) {
                ctrace_position position;
                assert_int_equal(d->class->next(d, &event, NULL), CTRACE_OK);
                d->class->position(d, &position);
                assert_int_equal(position.event, j);
                assert_int_equal(position.offset, borders[j]);
                out.size = 0;
                add_event(&out, event);
                assert_int_equal(out.size, borders[j + 1] - borders[j]);
                assert_memory_equal(out.data, all.data + borders[j], out.size);
            }
        }
    assert_int_equal(d->class->go_to(d, NULL, NULL), CTRACE_OK);
    out.size = 0;
    while (d->class->next(d, &event, NULL) == CTRACE_OK)
        add_event(&out, event);
    assert_int_equal(out.size, all.size);
    assert_int_equal(d->warning_count, 0);
    /* Marks that are none. */
    ctr_mark bad = marks[5];
    bad.words[2] += 1;
    assert_true(d->class->go_to(d, &bad, NULL) < 0);
    bad = marks[5];
    bad.words[0] += 1;
    assert_true(d->class->go_to(d, &bad, NULL) < 0);
    bad = (ctr_mark){.words = {UINT64_MAX, 0, UINT64_MAX}};
    assert_true(d->class->go_to(d, &bad, NULL) < 0);
    bad = (ctr_mark){.words = {8, 0, UINT64_MAX}};
    assert_true(d->class->go_to(d, &bad, NULL) < 0);
    assert_int_equal(d->class->go_to(d, &marks[5], NULL), CTRACE_OK);
    assert_int_equal(d->class->next(d, &event, NULL), CTRACE_OK);
    d->class->close(d);
    ctr_source_close(&source);
    ctr_buffer_free(&all);
    ctr_buffer_free(&out);
    ctr_buffer_free(&file);
    free_sink(&s);
}

/* Reading beside a writer: every event comes once, at every state of the file. */
typedef struct live {
    int fd;
    ctr_completeness completeness;
} live;

static int live_write(void *cookie, uint64_t offset, const char *data, size_t size)
{
    return ctr_write_at(((live *)cookie)->fd, offset, data, size);
}

static ctr_completeness live_completeness(void *cookie) { return ((live *)cookie)->completeness; }

static void test_follow(void **state)
{
    (void)state;
    ctr_source source = file_source("\xC0\xDE\x72\xAC\xE2\x01\x00\x00", 8);
    live file = {source.fd, CTR_INCOMPLETE};
    ctrace_sink sink = {&file, live_write, false};
    ctr_encoder_options encoding = {.sink = &sink, .level = 3, .spool_folder = -1};
    ctr_encoder *e;
    assert_int_equal(ctr_cbor_open_encoder(&e, &encoding, NULL), CTRACE_OK);
    ctr_decoder_options decoding = {.max_event_bytes = 1 << 20, .max_depth = 500, .follow = true,
                                    .completeness = live_completeness, .cookie = &file};
    ctr_decoder *d;
    assert_int_equal(ctr_cbor_open_decoder(&d, &source, "input", &decoding, NULL), CTRACE_OK);
    const ctrace_event *event;
    ctrace_error error;
    ctr_buffer all = {0}, out = {0};
    for (size_t i = 0; i < 3 * EVERY_EVENT_COUNT; i++) {
        assert_int_equal(e->class->event(e, &every_event[i % EVERY_EVENT_COUNT]), CTRACE_OK);
        add_event(&all, &every_event[i % EVERY_EVENT_COUNT]);
        if (i % 4 != 3)
            continue;
        assert_int_equal(d->class->next(d, &event, &error), CTRACE_AGAIN);
        assert_int_equal(e->class->flush(e), CTRACE_OK);
        ctrace_status status;
        while ((status = d->class->next(d, &event, &error)) == CTRACE_OK)
            add_event(&out, event);
        assert_int_equal(status, CTRACE_AGAIN);
        assert_int_equal(out.size, all.size);
        assert_memory_equal(out.data, all.data, all.size);
    }
    assert_int_equal(e->class->finish(e, NULL), CTRACE_OK);
    e->class->close(e);
    file.completeness = CTR_COMPLETE;
    ctrace_status status;
    while ((status = d->class->next(d, &event, &error)) == CTRACE_OK)
        add_event(&out, event);
    assert_int_equal(status, CTRACE_END);
    assert_int_equal(out.size, all.size);
    assert_int_equal(d->warning_count, 0);
    d->class->close(d);
    ctr_source_close(&source);
    ctr_buffer_free(&all);
    ctr_buffer_free(&out);
}

static void test_reading_without_memory(void **state)
{
    (void)state;
    sink_state s = {0};
    ctr_buffer all = {0};
    uint64_t borders[EVERY_EVENT_COUNT + 1];
    make_file(&s, &all, borders);
    for (size_t until = 0;; until++) {
        limited_memory memory = {until, 0};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        piecewise pieces = {s.file.data, s.file.size, 0, 100, true, false, 0};
        ctr_source source = piecewise_source(&pieces);
        ctr_decoder *d = open_decoder(&source, &allocator, 16 << 20, false);
        ctrace_status status = CTRACE_NO_MEMORY;
        const ctrace_event *event;
        if (d) {
            while ((status = d->class->next(d, &event, NULL)) == CTRACE_OK)
                assert_non_null(event);
            d->class->close(d);
        }
        assert_true(status == CTRACE_END || status == CTRACE_NO_MEMORY);
        assert_int_equal(memory.held, 0);
        if (status == CTRACE_END)
            break;
    }
    ctr_buffer_free(&all);
    free_sink(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_whole_at_every_instant),
        cmocka_unit_test(test_many_frames),
        cmocka_unit_test(test_a_large_event),
        cmocka_unit_test(test_a_full_disk),
        cmocka_unit_test(test_abandoned),
        cmocka_unit_test(test_writing_without_memory),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_every_changed_byte),
        cmocka_unit_test(test_go_on_behind_bad_cbor),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_follow),
        cmocka_unit_test(test_reading_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
