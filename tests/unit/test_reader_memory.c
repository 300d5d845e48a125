/* Every allocation of the reader fails once; nothing is lost or held. */
#include "limited_memory.h"
#include "reading.h"

/* Something of everything that takes memory. */
static const char input[] =
    "[{\"Path\":\"\\u00e9\xFF\"},{\"Type\":{\"kind\":6,\"lang_type\":\"S\",\"specific_info\":{\"kind\":\"Struct\","
    "\"fields\":"
    "[{\"name\":\"x\",\"type_id\":1}]}}},{\"Asm\":[\"a\",\"b\"]},{\"DropVariables\":[1,2]},"
    "{\"Call\":{\"function_id\":1,\"args\":[{\"variable_id\":0,\"value\":{\"kind\":\"Tuple\",\"elements\":[null,null],"
    "\"x\":[[{}]],\"type_id\":3}},{\"variable_id\":0,\"value\":{\"kind\":\"BigInt\",\"b\":\"AQID\",\"negative\":false,"
    "\"type_id\":0}}]}},{\"Return\":{\"return_value\":{\"kind\":\"Int\",\"i\":99999999999999999999,\"type_id\":1}}},"
    "{\"Odd\":[[1]]},{\"Step\":{\"path_id\":0,\"line\":1}}]";

static ctrace_status read_all(const ctrace_allocator *allocator, const char *text, size_t size, size_t *events)
{
    pieces p = {.data = text, .size = size};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .allocator = allocator};
    ctrace_reader *reader;
    ctrace_error error;
    *events = 0;
    ctrace_status status = ctrace_reader_open_source(&reader, &source, CTRACE_STR("input"), &options, &error);
    if (status != CTRACE_OK) {
        assert_null(reader);
        assert_int_equal(error.status, status);
        return status;
    }
    const ctrace_event *event;
    do {
        status = ctrace_reader_next(reader, &event, &error);
        *events += status == CTRACE_OK;
    } while (status == CTRACE_OK || status == CTRACE_EVENT);
    if (status == CTRACE_NO_MEMORY) /* it stays, though there is memory now */
        assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_NO_MEMORY);
    ctrace_reader_close(&reader);
    return status;
}

/* Fails each allocation in turn until none fails; returns how many there are. */
static size_t fail_each(const char *text, size_t size, size_t whole)
{
    for (size_t n = 0;; n++) {
        limited_memory memory = {.until_failure = n};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        size_t events;
        ctrace_status status = read_all(&allocator, text, size, &events);
        assert_int_equal(memory.held, 0);
        if (status == CTRACE_END) {
            assert_int_equal(events, whole);
            return n;
        }
        assert_int_equal(status, CTRACE_NO_MEMORY);
        assert_true(events < whole || memory.until_failure == 0);
    }
}

static void test_each_allocation_fails(void **state)
{
    (void)state;
    assert_true(fail_each(input, strlen(input), 7) > 8);
}

static void test_growing_fails(void **state)
{
    (void)state;
    /* More items than the lists begin with, and more than a window. */
    story s = {0};
    story_say(&s, "[{\"Asm\":[\"\\n\"");
    for (int i = 0; i < 60000; i++)
        story_say(&s, ",\"a\\n\"");
    story_say(&s, "]},{\"Return\":{\"return_value\":{\"kind\":\"Tuple\",\"type_id\":1,\"elements\":[null");
    for (int i = 0; i < 1000; i++)
        story_say(&s, ",null");
    story_say(&s, "]}}}]");
    assert_true(fail_each(s.text, s.size, 2) > 12);
    free(s.text);
}

/* What is held does not grow with the trace. */
static void test_memory_is_constant(void **state)
{
    (void)state;
    size_t held[2];
    for (int i = 0; i < 2; i++) {
        story s = {0};
        story_say(&s, "[{\"Path\":\"a\\n\"}");
        for (int n = 0; n < (i ? 40000 : 4000); n++)
            story_say(
                &s,
                ",{\"Value\":{\"variable_id\":2,\"value\":{\"kind\":\"String\",\"text\":\"a\\nb\",\"type_id\":1}}}");
        story_say(&s, "]");
        limited_memory memory = {.until_failure = SIZE_MAX};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        pieces p = {.data = s.text, .size = s.size};
        ctrace_source source = {.cookie = &p, .read = pieces_read};
        ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .allocator = &allocator};
        ctrace_reader *reader;
        const ctrace_event *event;
        assert_int_equal(ctrace_reader_open_source(&reader, &source, CTRACE_STR("input"), &options, NULL), CTRACE_OK);
        while (ctrace_reader_next(reader, &event, NULL) == CTRACE_OK)
            ;
        held[i] = memory.held;
        ctrace_reader_close(&reader);
        free(s.text);
    }
    assert_int_equal(held[0], held[1]);
    assert_true(held[0] < 1 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_fails),
        cmocka_unit_test(test_growing_fails),
        cmocka_unit_test(test_memory_is_constant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
