/* Traces of other producers, which do not belong to this project: every event is read, when they are there. */
#include "fixtures.h"
#include "reading.h"

/* How often each kind of event is there, as text: "Path 1 Step 2". And the leniencies beside that about the metadata.
 */
static void assert_read(const char *name, const char *expected_events, const char *expected_warnings)
{
    char path[1024], events[512] = "", warned[512] = "";
    size_t kinds[CTRACE_EVENT_KIND_COUNT] = {0}, leniencies[CTRACE_LENIENCY_COUNT] = {0}, used;
    ctrace_reader *reader;
    ctrace_error error;
    ctrace_status status;
    const ctrace_event *event;
    fixture(path, name);
    if (ctrace_reader_open(&reader, (ctrace_str){path, strlen(path)}, NULL, &error) != CTRACE_OK)
        fail_msg("%s: %s", path, error.message);
    while ((status = ctrace_reader_next(reader, &event, &error)) == CTRACE_OK) {
        const ctrace_warning *warnings;
        size_t count = ctrace_reader_warnings(reader, &warnings);
        for (size_t w = 0; w < count; w++)
            leniencies[warnings[w].leniency]++;
        kinds[event->kind]++;
    }
    if (status != CTRACE_END)
        fail_msg("%s: %s", path, error.message);
    assert_int_equal(ctrace_reader_bytes_read(reader), ctrace_reader_file_size(reader));
    ctrace_reader_close(&reader);
    used = 0;
    for (int i = 0; i < CTRACE_EVENT_KIND_COUNT; i++)
        if (kinds[i])
            used += (size_t)snprintf(events + used, sizeof events - used, "%s%s %zu", used ? " " : "",
                                     ctrace_event_kind_name((ctrace_event_kind)i), kinds[i]);
    assert_string_equal(events, expected_events);
    used = 0;
    for (int i = 0; i < CTRACE_LENIENCY_COUNT; i++)
        if (leniencies[i] && i != CTRACE_LENIENCY_METADATA)
            used += (size_t)snprintf(warned + used, sizeof warned - used, "%s%s %zu", used ? " " : "",
                                     ctrace_leniency_name((ctrace_leniency)i), leniencies[i]);
    assert_string_equal(warned, expected_warnings);
}

static void test_go_kinds(void **state)
{
    (void)state;
    assert_read("go_kinds.trace.json", "Step 2 Path 1 Type 4 Function 2 Call 2 Return 23 Event 1",
                "float-number 8 list-null 4 value-null 2 text-null 1 type-info-null 1");
}

static void test_python_array_sum(void **state)
{
    (void)state;
    assert_read("python_array_sum.trace.json",
                "Step 14 Path 2 VariableName 4 Type 6 Value 31 Function 3 Call 3 Return 2 Event 1", "");
}

static void test_ruby_addition(void **state)
{
    (void)state;
    assert_read(
        "ruby_addition.trace.json",
        "Step 6 Path 2 VariableName 4 Type 6 Value 6 Function 2 Call 2 Return 1 Event 1 BindVariable 2 Assignment 2",
        "");
}

static void test_ruby_classes(void **state)
{
    (void)state;
    assert_read(
        "ruby_classes.trace.json",
        "Step 57 Path 2 VariableName 6 Type 8 Value 56 Function 8 Call 10 Return 9 Event 5 BindVariable 7 Assignment 7",
        "");
}

static void test_rust_values(void **state)
{
    (void)state;
    assert_read("rust_values.trace.json", "Step 1 Path 1 Function 1 Call 1 Return 6", "");
}

static void test_container(void **state)
{
    (void)state;
    char path[1024];
    ctrace_reader *reader;
    const ctrace_event *event;
    const ctrace_warning *warnings;
    uint64_t events = 0;
    fixture(path, "spec_minimal_trace.ct");
    assert_int_equal(ctrace_reader_open(&reader, (ctrace_str){path, strlen(path)}, NULL, NULL), CTRACE_OK);
    assert_int_equal(ctrace_reader_form(reader), CTRACE_FORM_CT);
    assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_OK);
    assert_int_equal(event->kind, CTRACE_EVENT_PATH);
    assert_int_equal(ctrace_reader_warnings(reader, &warnings), 1);
    assert_int_equal(warnings[0].leniency, CTRACE_LENIENCY_CT_META_MISSING);
    for (events = 1; ctrace_reader_next(reader, &event, NULL) == CTRACE_OK; events++)
        if (events == 9) {
            assert_int_equal(event->kind, CTRACE_EVENT_VALUE);
            assert_memory_equal(event->value.value->text.data, "hello", 5);
        }
    assert_int_equal(events, 11);
    ctrace_reader_close(&reader);
}

int main(void)
{
    if (fixtures_are_missing())
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_go_kinds),      cmocka_unit_test(test_python_array_sum),
        cmocka_unit_test(test_ruby_addition), cmocka_unit_test(test_ruby_classes),
        cmocka_unit_test(test_rust_values),   cmocka_unit_test(test_container),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
