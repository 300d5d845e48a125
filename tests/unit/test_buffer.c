#include "base/buffer.h"

#include "limited_memory.h"

static void what_is_appended_stays(void **state)
{
    (void)state;
    limited_memory memory = {.until_failure = SIZE_MAX};
    ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
    ctr_buffer b = {.allocator = &allocator};
    for (unsigned i = 0; i < 5000; i++) {
        unsigned char bytes[3] = {(unsigned char)i, (unsigned char)(i >> 8), 'x'};
        assert_true(ctr_buffer_append(&b, bytes, sizeof bytes));
    }
    assert_int_equal(b.size, 15000);
    for (unsigned i = 0; i < 5000; i++) {
        assert_int_equal((unsigned char)b.data[3 * i], i & 255);
        assert_int_equal((unsigned char)b.data[3 * i + 1], i >> 8);
        assert_int_equal(b.data[3 * i + 2], 'x');
    }
    ctr_buffer_free(&b);
    assert_int_equal(memory.held, 0);
    assert_int_equal(b.capacity, 0);
    ctr_buffer_free(&b);
}

static void nothing_can_be_appended_to_nothing(void **state)
{
    (void)state;
    ctr_buffer b = {0};
    assert_true(ctr_buffer_append(&b, NULL, 0));
    assert_int_equal(b.size, 0);
    assert_true(ctr_buffer_append(&b, "a", 1));
    assert_true(ctr_buffer_append(&b, NULL, 0));
    assert_int_equal(b.size, 1);
    ctr_buffer_free(&b);
}

static void a_reserve_makes_room_at_once(void **state)
{
    (void)state;
    ctr_buffer b = {0};
    assert_true(ctr_buffer_append(&b, "ab", 2));
    assert_true(ctr_buffer_reserve(&b, 100000));
    assert_true(b.capacity - b.size >= 100000);
    assert_int_equal(b.size, 2);
    assert_memory_equal(b.data, "ab", 2);
    ctr_buffer_free(&b);
}

static void nothing_is_lost_without_memory(void **state)
{
    (void)state;
    limited_memory memory = {.until_failure = 1};
    ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
    ctr_buffer b = {.allocator = &allocator};
    size_t appended = 0;
    while (ctr_buffer_append(&b, "0123456789", 10))
        appended += 10;
    assert_true(appended > 0);
    assert_int_equal(b.size, appended);
    for (size_t i = 0; i < appended; i++)
        assert_int_equal(b.data[i], '0' + (char)(i % 10));
    memory.until_failure = 1;
    assert_true(ctr_buffer_append(&b, "0123456789", 10));
    ctr_buffer_free(&b);
    assert_int_equal(memory.held, 0);
}

static void a_size_that_cannot_be_is_refused(void **state)
{
    (void)state;
    ctr_buffer b = {0};
    assert_true(ctr_buffer_append(&b, "a", 1));
    assert_false(ctr_buffer_reserve(&b, SIZE_MAX));
    assert_false(ctr_buffer_reserve(&b, SIZE_MAX - 1));
    assert_false(ctr_buffer_reserve(&b, SIZE_MAX / 2));
    assert_int_equal(b.size, 1);
    assert_int_equal(b.data[0], 'a');
    ctr_buffer_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_stays),         cmocka_unit_test(nothing_can_be_appended_to_nothing),
        cmocka_unit_test(a_reserve_makes_room_at_once),   cmocka_unit_test(nothing_is_lost_without_memory),
        cmocka_unit_test(a_size_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
