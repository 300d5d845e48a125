/* Blocks, entries and names of containers: of every version and size, and hostile ones. */
#include "ctfs_building.h"
#include "limited_memory.h"

/* Reads all of a file, `piece` bytes at a time, and compares. */
static void assert_content(ctr_ctfs *c, const char *name, const char *data, size_t size, size_t piece)
{
    const ctr_ctfs_file *file = ctr_ctfs_find(c, name);
    assert_non_null(file);
    assert_int_equal(file->size, size);
    char *buffer = malloc(piece);
    size_t at = 0, got = 1;
    for (; got; at += got) {
        assert_int_equal(ctr_ctfs_read(c, file, at, buffer, piece, &got, NULL), CTRACE_OK);
        assert_true(got == piece || at + got == size);
        assert_memory_equal(buffer, data + at, got);
    }
    assert_int_equal(at, size);
    free(buffer);
}

static char *some_bytes(size_t size)
{
    char *data = malloc(size);
    uint64_t state = 88172645463325252u;
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        data[i] = (char)state;
    }
    return data;
}

static void test_every_version_and_block_size(void **state)
{
    (void)state;
    static const unsigned sizes[] = {1024, 2048, 4096};
    for (unsigned version = 2; version <= 4; version++)
        for (size_t i = 0; i < 3; i++) {
            unsigned bs = sizes[i];
            size_t size = bs * 3u + 17;
            char *data = some_bytes(size);
            box b = box_begin(version, bs, 31);
            box_add(&b, "events.log", data, size);
            box_add(&b, "a/b-c.0z9", data, bs);
            box_add(&b, "empty", data, 0);
            ctr_source source = box_source(b.data, b.size);
            ctr_ctfs c;
            assert_int_equal(ctr_ctfs_open(&c, &source, "box", NULL, NULL), CTRACE_OK);
            assert_int_equal(c.version, version);
            assert_int_equal(c.block_size, bs);
            assert_int_equal(c.file_count, 3);
            assert_int_equal(c.warning_count, bs != 4096);
            assert_content(&c, "events.log", data, size, 100000);
            assert_content(&c, "events.log", data, size, 7);
            assert_content(&c, "a/b-c.0z9", data, bs, 100);
            assert_content(&c, "empty", data, 0, 1);
            assert_null(ctr_ctfs_find(&c, "other"));
            assert_null(ctr_ctfs_find(&c, ""));
            ctr_ctfs_close(&c);
            ctr_source_close(&source);
            box_free(&b);
            free(data);
        }
}

/* With 1024 bytes level 3 begins at block 127 + 127 * 127. */
static void test_levels_of_mapping(void **state)
{
    (void)state;
    size_t size = (127 + 127 * 127 + 127 + 2) * 1024 + 5;
    char *data = some_bytes(size);
    box b = box_begin(4, 1024, 31);
    box_add_text(&b, "events.fmt", "before");
    box_add(&b, "events.log", data, size);
    ctr_source source = box_source(b.data, b.size);
    ctr_ctfs c;
    assert_int_equal(ctr_ctfs_open(&c, &source, "box", NULL, NULL), CTRACE_OK);
    assert_content(&c, "events.log", data, size, 1 << 20);
    const ctr_ctfs_file *file = ctr_ctfs_find(&c, "events.log");
    char buffer[3000];
    size_t got;
    for (size_t at = size - 1; at > 100000; at -= 98765) { /* backwards, across levels */
        assert_int_equal(ctr_ctfs_read(&c, file, at, buffer, sizeof buffer, &got, NULL), CTRACE_OK);
        assert_memory_equal(buffer, data + at, got);
    }
    assert_int_equal(ctr_ctfs_read(&c, file, size, buffer, sizeof buffer, &got, NULL), CTRACE_OK);
    assert_int_equal(got, 0);
    assert_int_equal(ctr_ctfs_read(&c, file, UINT64_MAX, buffer, sizeof buffer, &got, NULL), CTRACE_OK);
    assert_int_equal(got, 0);
    ctr_ctfs_close(&c);
    ctr_source_close(&source);
    box_free(&b);
    free(data);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "0", "events.log", "meta.dat", "/-.", "zzzzzzzzzzzz", "012345678901", "-"};
    static const char *const bad[] = {"", "A", "a_b", "a b", "thirteen chars", "1234567890123", "\xC3\xBC"};
    char name[CTR_CTFS_NAME_MAX + 1];
    uint64_t number;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(ctr_ctfs_name_encode(&number, good[i], strlen(good[i])));
        assert_true(ctr_ctfs_name_decode(name, number));
        assert_string_equal(name, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(ctr_ctfs_name_encode(&number, bad[i], strlen(bad[i])));
    assert_false(ctr_ctfs_name_encode(&number, "a\0b", 3));
    assert_true(ctr_ctfs_name_encode(&number, "events.log", 10));
    assert_int_equal(number, UINT64_C(0x00106D8BDBA032CF)); /* as upstream writes it */
    static const uint64_t none[] = {0, 40, UINT64_MAX, 40 * 40 + 1};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_false(ctr_ctfs_name_decode(name, none[i]));
        assert_string_equal(name, "");
    }
}

/* ---- What is odd but can be read ---- */

static void assert_warnings(const char *data, size_t size, const char *expected, size_t files)
{
    ctr_source source = box_source(data, size);
    ctr_ctfs c;
    char found[256] = "";
    assert_int_equal(ctr_ctfs_open(&c, &source, "box", NULL, NULL), CTRACE_OK);
    for (size_t i = 0; i < c.warning_count; i++) {
        strcat(found, ctrace_leniency_name(c.warnings[i].leniency));
        strcat(found, " ");
    }
    assert_string_equal(found, expected);
    assert_int_equal(c.file_count, files);
    ctr_ctfs_close(&c);
    ctr_source_close(&source);
}

static void test_leniencies(void **state)
{
    (void)state;
    box b = box_begin(4, 4096, 31);
    box_add_text(&b, "events.log", "x");
    assert_warnings(b.data, b.size, "", 1);
    assert_warnings(b.data, b.size - 1, "ct-padding ", 1);
    static const unsigned counts[] = {0, 1, 30, 32, 170, 1000, UINT32_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        ctr_store_u32(b.data + 12, counts[i]);
        assert_warnings(b.data, b.size, "ct-entries ", 1);
    }
    ctr_store_u32(b.data + 12, 31);
    box_add_text(&b, "events.log", "y"); /* twice */
    assert_warnings(b.data, b.size, "ct-name ", 2);
    ctr_store_u64(box_entry(&b, 1) + 16, UINT64_MAX);
    assert_warnings(b.data, b.size, "ct-name ", 2);
    ctr_store_u64(box_entry(&b, 1) + 16, 0); /* an entry without a name */
    assert_warnings(b.data, b.size, "ct-name ", 2);
    b.data[5] = 2;
    b.data[6] = 1;
    assert_warnings(b.data, b.size, "header-reserved ct-name ", 2);
    b.data[5] = 3; /* how chunks are compressed */
    assert_warnings(b.data, b.size, "ct-name ", 2);
    box_free(&b);
}

/* A writer of shards has the roots of its free lists before the entries. */
static void test_roots_of_free_lists(void **state)
{
    (void)state;
    box b = box_begin(4, 4096, 31);
    box_add_text(&b, "other", "x");
    box_add_text(&b, "events.log", "content");
    b.data[7] = 1;
    assert_warnings(b.data, b.size, "", 2);
    memmove(b.data + CTR_CTFS_HEAD + 42, b.data + CTR_CTFS_HEAD, 2 * CTR_CTFS_ENTRY);
    memset(b.data + CTR_CTFS_HEAD, 0, 42);
    assert_warnings(b.data, b.size, "ct-entries ", 2);
    box_free(&b);
}

/* ---- What is wrong ---- */

static void assert_refused(const char *data, size_t size, ctrace_status expected, const char *message)
{
    ctr_source source = box_source(data, size);
    ctr_ctfs c;
    ctrace_error error;
    assert_int_equal(ctr_ctfs_open(&c, &source, "box", NULL, &error), expected);
    assert_string_equal(error.message, message);
    assert_string_equal(error.file, "box");
    ctr_source_close(&source);
}

static void test_headers_that_are_refused(void **state)
{
    (void)state;
    box b = box_begin(4, 4096, 31);
    for (size_t size = 0; size < CTR_CTFS_HEAD; size++)
        assert_refused(b.data, size, CTRACE_TRUNCATED, "the container ends inside its header");
    b.data[6] = 1;
    assert_refused(b.data, b.size, CTRACE_UNSUPPORTED, "the container is encrypted (method 1)");
    b.data[5] = 3;
    b.data[7] = 2;
    assert_refused(b.data, b.size, CTRACE_UNSUPPORTED, "the container is encrypted (method 2)");
    b.data[7] = 0;
    ctr_store_u32(b.data + 8, 512);
    assert_refused(b.data, b.size, CTRACE_SYNTAX, "the container's block size is 512, not 1024, 2048 or 4096");
    ctr_store_u32(b.data + 8, UINT32_MAX);
    assert_refused(b.data, b.size, CTRACE_SYNTAX, "the container's block size is 4294967295, not 1024, 2048 or 4096");
    b.data[5] = 5;
    assert_refused(b.data, b.size, CTRACE_NOT_A_TRACE, "no CTFS container of version 2 to 4");
    box_free(&b);
}

/* Reads the file "events.log" as far as that goes. */
static size_t read_broken(const box *b, ctrace_status expected, const char *message)
{
    ctr_source source = box_source(b->data, b->size);
    ctr_ctfs c;
    ctrace_error error = {0};
    assert_int_equal(ctr_ctfs_open(&c, &source, "box", NULL, NULL), CTRACE_OK);
    const ctr_ctfs_file *file = ctr_ctfs_find(&c, "events.log");
    assert_non_null(file);
    char buffer[1000];
    size_t at = 0, got = 1;
    ctrace_status status = CTRACE_OK;
    for (; got && status == CTRACE_OK; at += got)
        status = ctr_ctfs_read(&c, file, at, buffer, sizeof buffer, &got, &error);
    assert_int_equal(status, expected);
    assert_string_equal(error.message, message);
    ctr_ctfs_close(&c);
    ctr_source_close(&source);
    return at;
}

static void test_broken_mappings(void **state)
{
    (void)state;
    char *data = some_bytes(5 * 4096);
    box b = box_begin(4, 4096, 31);
    box_add(&b, "events.log", data, 5 * 4096);
    char *entry = box_entry(&b, 0), *map = box_at(&b, 1);
    assert_int_equal(read_broken(&b, CTRACE_OK, ""), 5 * 4096);
    ctr_store_u64(map + 8, 0);
    assert_int_equal(read_broken(&b, CTRACE_SYNTAX, "events.log has a hole: there is no block where one is needed"),
                     4096);
    ctr_store_u64(map + 8, UINT64_MAX);
    assert_int_equal(read_broken(&b, CTRACE_SYNTAX, "events.log has a block number that cannot be one"), 4096);
    ctr_store_u64(map + 8, 1000);
    assert_int_equal(read_broken(&b, CTRACE_TRUNCATED, "the container ends before block 1000, which events.log needs"),
                     4096);
    ctr_store_u64(map + 8, 1); /* the mapping itself */
    assert_int_equal(read_broken(&b, CTRACE_OK, ""), 5 * 4096);
    ctr_store_u64(map + 8, 3);
    ctr_store_u64(entry + 8, 0);
    assert_int_equal(read_broken(&b, CTRACE_SYNTAX, "events.log has a hole: there is no block where one is needed"), 0);
    ctr_store_u64(entry + 8, 7);
    assert_int_equal(read_broken(&b, CTRACE_TRUNCATED, "the container ends before block 7, which events.log needs"), 0);
    ctr_store_u64(entry + 8, 1);
    ctr_store_u64(entry, UINT64_MAX);
    assert_int_equal(read_broken(&b, CTRACE_SYNTAX, "events.log has a hole: there is no block where one is needed"),
                     5 * 4096);
    /* A mapping that leads to itself is no longer than the container. */
    for (size_t i = 0; i < 512; i++)
        ctr_store_u64(map + i * 8, 1);
    assert_int_equal(read_broken(&b, CTRACE_TRUNCATED, "events.log claims more bytes than the container has"), 7 * 4096);
    box_free(&b);
    free(data);
}

static void test_a_container_that_is_cut(void **state)
{
    (void)state;
    char *data = some_bytes(5 * 1024);
    box b = box_begin(4, 1024, 31);
    box_add(&b, "events.log", data, 5 * 1024);
    for (size_t size = 1024; size < b.size; size++) {
        ctr_source source = box_source(b.data, size);
        ctr_ctfs c;
        char buffer[5 * 1024];
        size_t got;
        assert_int_equal(ctr_ctfs_open(&c, &source, "box", NULL, NULL), CTRACE_OK);
        ctrace_status status =
            ctr_ctfs_read(&c, ctr_ctfs_find(&c, "events.log"), 0, buffer, sizeof buffer, &got, NULL);
        if (size > 2048) {
            assert_int_equal(status, CTRACE_TRUNCATED);
            assert_int_equal(got, size - 2048);
        } else {
            assert_int_equal(got, 0);
        }
        assert_memory_equal(buffer, data, got);
        ctr_ctfs_close(&c);
        ctr_source_close(&source);
    }
    box_free(&b);
    free(data);
}

static void test_memory_that_fails(void **state)
{
    (void)state;
    box b = box_begin(4, 4096, 31);
    box_add_text(&b, "events.log", "content");
    limited_memory memory = {0};
    ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
    ctr_source source = box_source(b.data, b.size);
    ctr_ctfs c;
    char buffer[16];
    size_t got;
    assert_int_equal(ctr_ctfs_open(&c, &source, "box", &allocator, NULL), CTRACE_OK);
    assert_int_equal(ctr_ctfs_read(&c, &c.files[0], 0, buffer, 16, &got, NULL), CTRACE_NO_MEMORY);
    assert_int_equal(got, 0);
    memory.until_failure = 1;
    assert_int_equal(ctr_ctfs_read(&c, &c.files[0], 0, buffer, 16, &got, NULL), CTRACE_OK);
    assert_memory_equal(buffer, "content", 7);
    ctr_ctfs_close(&c);
    assert_int_equal(memory.held, 0);
    ctr_source_close(&source);
    box_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_version_and_block_size),
        cmocka_unit_test(test_levels_of_mapping),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_leniencies),
        cmocka_unit_test(test_roots_of_free_lists),
        cmocka_unit_test(test_headers_that_are_refused),
        cmocka_unit_test(test_broken_mappings),
        cmocka_unit_test(test_a_container_that_is_cut),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
