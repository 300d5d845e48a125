/* Made-up traces: the same for the same seed, balanced, whole, and with every kind in them. */
#include "cmocka_all.h"

#include "base/buffer.h"
#include "ctrace/generate.h"
#include "ctrace/reader.h"
#include "limited_memory.h"

static int keep(void *cookie, uint64_t offset, const char *data, size_t size)
{
    ctr_buffer *file = cookie;
    file->size = (size_t)offset;
    return ctr_buffer_append(file, data, size) ? 0 : 12;
}

static ctrace_status make(ctr_buffer *file, const ctrace_generate_options *options, const ctrace_allocator *allocator)
{
    ctrace_sink sink = {.cookie = file, .write = keep};
    ctrace_writer *w;
    ctrace_status status = ctrace_writer_open_sink(
        &w, &sink,
        &(ctrace_writer_options){CTRACE_WRITER_OPTIONS_INIT, .without = CTRACE_CONVENIENCE_ALL, .max_depth = 500,
                                 .allocator = allocator},
        NULL);
    if (status != CTRACE_OK)
        return status;
    status = ctrace_generate(w, options, NULL);
    ctrace_status closed = ctrace_writer_close(&w, NULL);
    return status == CTRACE_OK ? closed : status;
}

typedef struct memory_source {
    const char *at, *end;
} memory_source;

static ptrdiff_t give(void *cookie, char *buffer, size_t size, int *system_error)
{
    memory_source *source = cookie;
    (void)system_error;
    size_t left = (size_t)(source->end - source->at);
    size_t some = left < size ? left : size;
    memcpy(buffer, source->at, some);
    source->at += some;
    return (ptrdiff_t)some;
}

static void count_kinds(const ctr_buffer *file, uint64_t events[CTRACE_EVENT_KIND_COUNT],
                        uint64_t values[CTRACE_VALUE_KIND_COUNT])
{
    memory_source bytes = {file->data, file->data + file->size};
    ctrace_source source = {.cookie = &bytes, .read = give};
    ctrace_reader *r;
    assert_int_equal(ctrace_reader_open_source(&r, &source, CTRACE_STR("made"), NULL, NULL), CTRACE_OK);
    const ctrace_event *event;
    ctrace_status status;
    while ((status = ctrace_reader_next(r, &event, NULL)) == CTRACE_OK) {
        const ctrace_warning *warnings;
        assert_int_equal(ctrace_reader_warnings(r, &warnings), 0);
        events[event->kind]++;
        if (event->kind == CTRACE_EVENT_VALUE)
            for (uint32_t i = 0; i < event->value.value->span; i++)
                values[event->value.value[i].kind]++;
    }
    assert_int_equal(status, CTRACE_END);
    ctrace_reader_close(&r);
}

static void the_same_seed_gives_the_same_trace(void **state)
{
    (void)state;
    ctr_buffer one = {0}, two = {0}, other = {0};
    ctrace_generate_options options = {CTRACE_GENERATE_OPTIONS_INIT, .seed = 7, .content = CTRACE_CONTENT_EVERY};
    assert_int_equal(make(&one, &options, NULL), CTRACE_OK);
    assert_int_equal(make(&two, &options, NULL), CTRACE_OK);
    options.seed = 8;
    assert_int_equal(make(&other, &options, NULL), CTRACE_OK);
    assert_int_equal(one.size, two.size);
    assert_memory_equal(one.data, two.data, one.size);
    assert_true(one.size != other.size || memcmp(one.data, other.data, one.size) != 0);
    ctr_buffer_free(&one);
    ctr_buffer_free(&two);
    ctr_buffer_free(&other);
}

static void every_kind_is_there(void **state)
{
    (void)state;
    ctr_buffer file = {0};
    uint64_t events[CTRACE_EVENT_KIND_COUNT] = {0}, values[CTRACE_VALUE_KIND_COUNT] = {0}, all = 0;
    assert_int_equal(make(&file,
                          &(ctrace_generate_options){CTRACE_GENERATE_OPTIONS_INIT, .seed = 1, .events = 20000,
                                                     .content = CTRACE_CONTENT_EVERY},
                          NULL),
                     CTRACE_OK);
    count_kinds(&file, events, values);
    for (size_t i = 0; i < CTRACE_EVENT_KIND_COUNT; i++) {
        assert_int_not_equal(events[i], 0);
        all += events[i];
    }
    for (size_t i = 0; i < CTRACE_VALUE_KIND_COUNT; i++)
        assert_int_not_equal(values[i], 0);
    assert_in_range(all, 20000, 20100);
    assert_int_equal(events[CTRACE_EVENT_CALL], events[CTRACE_EVENT_RETURN]);
    ctr_buffer_free(&file);
}

static void the_recorder_s_mix_is_kept(void **state)
{
    (void)state;
    ctr_buffer file = {0};
    uint64_t events[CTRACE_EVENT_KIND_COUNT] = {0}, values[CTRACE_VALUE_KIND_COUNT] = {0};
    assert_int_equal(make(&file,
                          &(ctrace_generate_options){CTRACE_GENERATE_OPTIONS_INIT, .events = 50000,
                                                     .content = CTRACE_CONTENT_RECORDER},
                          NULL),
                     CTRACE_OK);
    count_kinds(&file, events, values);
    assert_in_range(events[CTRACE_EVENT_VALUE], 34000, 37000);
    assert_in_range(events[CTRACE_EVENT_STEP], 11500, 13500);
    assert_in_range(events[CTRACE_EVENT_CALL], 500, 1500);
    ctr_buffer_free(&file);
}

static void no_memory_is_told(void **state)
{
    (void)state;
    for (size_t n = 0;; n++) {
        limited_memory memory = {.until_failure = n};
        const ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctr_buffer file = {0};
        ctrace_status status =
            make(&file,
                 &(ctrace_generate_options){CTRACE_GENERATE_OPTIONS_INIT, .events = 300, .allocator = &allocator,
                                            .content = CTRACE_CONTENT_EVERY},
                 &allocator);
        ctr_buffer_free(&file);
        assert_int_equal(memory.held, 0);
        if (status == CTRACE_OK)
            break;
        assert_int_equal(status, CTRACE_NO_MEMORY);
    }
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    ctr_buffer file = {0};
    assert_int_equal(make(&file, &(ctrace_generate_options){CTRACE_GENERATE_OPTIONS_INIT, .max_depth = 501}, NULL),
                     CTRACE_ARGUMENT);
    assert_int_equal(
        make(&file, &(ctrace_generate_options){CTRACE_GENERATE_OPTIONS_INIT, .content = CTRACE_CONTENT_COUNT}, NULL),
        CTRACE_ARGUMENT);
    ctr_buffer_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_trace), cmocka_unit_test(every_kind_is_there),
        cmocka_unit_test(the_recorder_s_mix_is_kept),         cmocka_unit_test(no_memory_is_told),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
