#include "base/map.h"
#include "base/number.h"

#include "limited_memory.h"

static size_t make_key(char *key, uint64_t i)
{
    memcpy(key, "key ", 4);
    return (size_t)(ctr_format_u64(key + 4, i) - key);
}

static void what_is_added_is_found(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++) {
        limited_memory memory = {.until_failure = SIZE_MAX};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctr_map map = {.seed = seed, .allocator = &allocator};
        char key[32];
        for (uint64_t i = 0; i < 20000; i++) {
            size_t size = make_key(key, i);
            assert_true(ctr_map_find(&map, key, size) == CTRACE_ID_NONE);
            assert_true(ctr_map_add(&map, key, size, i * 3));
        }
        for (uint64_t i = 0; i < 20000; i++)
            assert_int_equal(ctr_map_find(&map, key, make_key(key, i)), i * 3);
        assert_true(ctr_map_find(&map, key, make_key(key, 20000)) == CTRACE_ID_NONE);
        assert_int_equal(map.used, 20000);
        ctr_map_free(&map);
        assert_int_equal(memory.held, 0);
        assert_true(ctr_map_find(&map, "key 1", 5) == CTRACE_ID_NONE);
    }
}

static void keys_are_bytes_of_any_length(void **state)
{
    (void)state;
    ctr_map map = {0};
    char key[100] = {0};
    assert_true(ctr_map_find(&map, NULL, 0) == CTRACE_ID_NONE);
    for (size_t size = 0; size < sizeof key; size++)
        assert_true(ctr_map_add(&map, key, size, size));
    for (size_t size = 0; size < sizeof key; size++)
        assert_int_equal(ctr_map_find(&map, key, size), size);
    assert_int_equal(ctr_map_find(&map, NULL, 0), 0);
    for (size_t at = 0; at < 20; at++) {
        key[at] = 1;
        assert_true(ctr_map_find(&map, key, 20) == CTRACE_ID_NONE);
        key[at] = 0;
    }
    ctr_map_free(&map);
}

static void a_long_key_is_kept(void **state)
{
    (void)state;
    ctr_map map = {0};
    static char key[70000];
    memset(key, 'k', sizeof key);
    assert_true(ctr_map_add(&map, "short", 5, 1));
    assert_true(ctr_map_add(&map, key, sizeof key, 2));
    assert_true(ctr_map_add(&map, key, sizeof key - 1, 3));
    assert_int_equal(ctr_map_find(&map, "short", 5), 1);
    assert_int_equal(ctr_map_find(&map, key, sizeof key), 2);
    assert_int_equal(ctr_map_find(&map, key, sizeof key - 1), 3);
    ctr_map_free(&map);
}

static void nothing_is_lost_without_memory(void **state)
{
    (void)state;
    /* Wherever memory ends, what was added before is there and the failed key is not. */
    for (size_t budget = 0; budget < 12; budget++) {
        limited_memory memory = {.until_failure = budget};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctr_map map = {.allocator = &allocator};
        char key[32];
        uint64_t added = 0;
        while (ctr_map_add(&map, key, make_key(key, added), added))
            added++;
        for (uint64_t i = 0; i < added; i++)
            assert_int_equal(ctr_map_find(&map, key, make_key(key, i)), i);
        assert_true(ctr_map_find(&map, key, make_key(key, added)) == CTRACE_ID_NONE);
        memory.until_failure = SIZE_MAX;
        assert_true(ctr_map_add(&map, key, make_key(key, added), added));
        assert_int_equal(ctr_map_find(&map, key, make_key(key, added)), added);
        ctr_map_free(&map);
        assert_int_equal(memory.held, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_found),
        cmocka_unit_test(keys_are_bytes_of_any_length),
        cmocka_unit_test(a_long_key_is_kept),
        cmocka_unit_test(nothing_is_lost_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
