/* Reading zstd frames. */
#include <stdio.h>

#include "frame_files.h"
#include "limited_memory.h"

/* Reads all in reads of `size` bytes. Returns the status of the end. */
static ctrace_status read_all(ctr_frames *f, size_t size, ctr_buffer *out, ctrace_error *error)
{
    for (;;) {
        size_t got;
        assert_true(ctr_buffer_reserve(out, size));
        ctrace_status status = ctr_frames_read(f, out->data + out->size, size, &got, error);
        assert_true(got <= size);
        if (status != CTRACE_OK || got == 0)
            return status;
        out->size += got;
    }
}

/* Reads a file in memory, through a file and through a source in pieces, in reads of several sizes; all have to agree.
 * Returns the status, and in *end how the reading ended. */
static ctrace_status read_file(const ctr_buffer *file, ctr_buffer *out, ctr_frames *end)
{
    const bool is_one_of_many = file->size < 3000;
    ctrace_status first = CTRACE_OK;
    static const size_t sizes[] = {1 << 20, 1, 1000, 70000, CTR_FRAME_PLAIN * 2};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        if ((sizes[i / 2] == 1 && file->size > 20000) || (is_one_of_many && i > 1))
            continue;
        piecewise pieces = {file->data, file->size, 0, i % 4 == 3 ? 0 : 77, i % 4 == 1, false, 0};
        ctr_source source = i % 2 ? piecewise_source(&pieces) : file_source(file->data, file->size);
        ctr_frames f;
        ctrace_error error = {0};
        ctr_buffer read = {0};
        assert_int_equal(ctr_frames_init(&f, &source, 0, "input", NULL, &error), CTRACE_OK);
        ctrace_status status = read_all(&f, sizes[i / 2], &read, &error);
        assert_int_equal(f.plain, read.size);
        assert_true(ctr_frames_consumed(&f) <= file->size);
        if (status == CTRACE_OK && !f.is_cut && !f.has_trailing)
            assert_int_equal(ctr_frames_consumed(&f), file->size);
        if (status != CTRACE_OK)
            assert_int_equal(error.status, status);
        if (i == 0) {
            first = status;
            *end = f;
            put(out, read.data, read.size);
        } else if (first == CTRACE_OK || status == CTRACE_OK) {
            assert_int_equal(status, first);
            assert_int_equal(read.size, out->size);
            if (read.size)
                assert_memory_equal(read.data, out->data, out->size);
            assert_int_equal(f.table, end->table);
            assert_int_equal(f.is_cut, end->is_cut);
            assert_int_equal(f.has_trailing, end->has_trailing);
        }
        ctr_frames_free(&f);
        ctr_source_close(&source);
        ctr_buffer_free(&read);
    }
    return first;
}

static void assert_reads(const ctr_buffer *file, const char *plain, size_t size, ctr_seek_table table, bool is_cut,
                         bool has_trailing)
{
    ctr_buffer out = {0};
    ctr_frames end;
    assert_int_equal(read_file(file, &out, &end), CTRACE_OK);
    assert_int_equal(out.size, size);
    if (size)
        assert_memory_equal(out.data, plain, size);
    assert_int_equal(end.table, table);
    assert_int_equal(end.is_cut, is_cut);
    assert_int_equal(end.has_trailing, has_trailing);
    ctr_buffer_free(&out);
}

/* Frames of these sizes, with a table of what is in them. */
static char *make_frames(ctr_buffer *file, seek_table *table, const size_t *sizes, size_t count, int how)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < count; i++)
        total += sizes[i];
    char *plain = malloc(total + 1);
    assert_non_null(plain);
    fill(plain, total, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        table->packed[table->count] = (uint32_t)put_frame(file, plain + at, sizes[i], how);
        table->plain[table->count++] = (uint32_t)sizes[i];
        at += sizes[i];
    }
    return plain;
}

static void test_frames_of_any_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 100, 0, 0, 131072, 131073, 5000, 3000000, 7, 2097152};
    const size_t count = sizeof sizes / sizeof *sizes;
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += sizes[i];
    for (int how = 0; how < 4; how++) {
        ctr_buffer file = {0};
        seek_table table = {.count = 0};
        char *plain = make_frames(&file, &table, sizes, count, how);
        assert_reads(&file, plain, total, CTR_TABLE_MISSING, false, false);
        put_table(&file, &table, how % 2);
        assert_reads(&file, plain, total, CTR_TABLE_FITS, false, false);
        free(plain);
        ctr_buffer_free(&file);
    }
}

static void test_nothing(void **state)
{
    (void)state;
    ctr_buffer file = {0};
    assert_reads(&file, NULL, 0, CTR_TABLE_MISSING, false, false);
    seek_table table = {.count = 0};
    put_table(&file, &table, false);
    assert_reads(&file, NULL, 0, CTR_TABLE_FITS, false, false);
    ctr_buffer_free(&file);
}

static void test_skippable_frames(void **state)
{
    (void)state;
    static const size_t sizes[] = {1000, 70000};
    ctr_buffer frames = {0}, file = {0};
    seek_table table = {.count = 0};
    char *plain = make_frames(&frames, &table, sizes, 2, 0);
    put4(&file, CTR_SKIPPABLE_MAGIC);
    put4(&file, 5);
    put(&file, "skip!", 5);
    put(&file, frames.data, table.packed[0]);
    put4(&file, CTR_SKIPPABLE_MAGIC + 3);
    put4(&file, 0);
    put(&file, frames.data + table.packed[0], table.packed[1]);
    put4(&file, CTR_SKIPPABLE_MAGIC + 15);
    put4(&file, 100000);
    char *rest = calloc(1, 100000);
    put(&file, rest, 100000);
    put_table(&file, &table, false);
    assert_reads(&file, plain, 71000, CTR_TABLE_FITS, false, false);
    free(rest);
    free(plain);
    ctr_buffer_free(&file);
    ctr_buffer_free(&frames);
}

static void test_wrong_tables(void **state)
{
    (void)state;
    static const size_t sizes[] = {1000, 2000, 3000};
    for (int wrong = 0; wrong < 8; wrong++) {
        ctr_buffer file = {0};
        seek_table table = {.count = 0};
        char *plain = make_frames(&file, &table, sizes, 3, 0);
        bool trailing = false;
        if (wrong == 0)
            table.packed[1]++;
        if (wrong == 1)
            table.plain[2]--;
        if (wrong == 2)
            table.count = 2;
        if (wrong == 3)
            table.count = 4;
        put_table(&file, &table, false);
        if (wrong == 4)
            file.data[file.size - 1] ^= 1;
        if (wrong == 5)
            file.data[file.size - 5] = 4;
        if (wrong == 6)
            file.size--;
        if (wrong == 7)
            file.size -= 20;
        assert_reads(&file, plain, 6000, CTR_TABLE_WRONG, false, trailing);
        free(plain);
        ctr_buffer_free(&file);
    }
}

static void test_trailing_bytes(void **state)
{
    (void)state;
    static const size_t sizes[] = {1000, 2000};
    for (size_t more = 1; more < 100; more += 7)
        for (int with_table = 0; with_table < 2; with_table++) {
            ctr_buffer file = {0};
            seek_table table = {.count = 0};
            char *plain = make_frames(&file, &table, sizes, 2, 0);
            if (with_table)
                put_table(&file, &table, false);
            for (size_t i = 0; i < more; i++)
                put(&file, "x", 1);
            assert_reads(&file, plain, 3000, with_table ? CTR_TABLE_FITS : CTR_TABLE_MISSING, false, true);
            free(plain);
            ctr_buffer_free(&file);
        }
}

/* Of a cut file all is read that is there: nothing else, and no less than the whole blocks of whole frames. */
static void test_cut_at_every_byte(void **state)
{
    (void)state;
    static const size_t sizes[] = {300, 0, 500, 200};
    ctr_buffer file = {0};
    seek_table table = {.count = 0};
    char *plain = make_frames(&file, &table, sizes, 4, FRAME_TELLS_SIZE);
    size_t frames = file.size;
    put_table(&file, &table, false);
    for (size_t size = 0; size < file.size; size++) {
        ctr_buffer cut = {.data = file.data, .size = size}, out = {0};
        ctr_frames end;
        assert_int_equal(read_file(&cut, &out, &end), CTRACE_OK);
        size_t packed = 0, whole = 0;
        bool at_border = size == 0;
        for (uint32_t i = 0; i < table.count && packed + table.packed[i] <= size; i++) {
            packed += table.packed[i];
            whole += table.plain[i];
            at_border |= packed == size;
        }
        assert_in_range(out.size, whole, 1000);
        if (out.size)
            assert_memory_equal(out.data, plain, out.size);
        assert_int_equal(end.is_cut, size < frames ? !at_border : size > frames && size < frames + 8);
        if (size >= frames + 8)
            assert_int_equal(end.table, CTR_TABLE_WRONG);
        ctr_buffer_free(&out);
    }
    free(plain);
    ctr_buffer_free(&file);
}

/* A changed byte in frames with checksums: what is given before the damage is told is right. */
static void test_every_changed_byte(void **state)
{
    (void)state;
    static const size_t sizes[] = {300, 500, 200};
    ctr_buffer file = {0};
    seek_table table = {.count = 0};
    char *plain = make_frames(&file, &table, sizes, 3, FRAME_CHECKSUM);
    size_t frames = file.size;
    put_table(&file, &table, false);
    for (size_t at = 0; at < file.size; at++)
        for (int change = 1; change < 256; change *= 9) {
            file.data[at] ^= (char)change;
            ctr_buffer out = {0};
            ctr_frames end;
            ctrace_status status = read_file(&file, &out, &end);
            assert_true(status == CTRACE_OK || status == CTRACE_SYNTAX || status == CTRACE_UNSUPPORTED);
            size_t good = 0, packed = 0;
            for (uint32_t i = 0; i < table.count && packed + table.packed[i] <= at; i++) {
                packed += table.packed[i];
                good += table.plain[i];
            }
            assert_true(out.size >= good);
            if (good)
                assert_memory_equal(out.data, plain, good);
            if (at >= frames)
                assert_int_equal(status, CTRACE_OK);
            else if (status == CTRACE_OK)
                assert_true(end.is_cut || end.table != CTR_TABLE_FITS || out.size == 1000);
            ctr_buffer_free(&out);
            file.data[at] ^= (char)change;
        }
    free(plain);
    ctr_buffer_free(&file);
}

static void test_go_to_any_place(void **state)
{
    (void)state;
    static const size_t sizes[] = {1000, 0, 300000, 5000};
    ctr_buffer file = {0};
    seek_table table = {.count = 0};
    put(&file, "HEADER", 6);
    char *plain = make_frames(&file, &table, sizes, 4, 0);
    put_table(&file, &table, false);
    ctr_source source = file_source(file.data, file.size);
    ctr_frames f;
    assert_int_equal(ctr_frames_init(&f, &source, 6, "input", NULL, NULL), CTRACE_OK);
    for (size_t from = 0; from < 4; from++) {
        ctr_frame_place place = {6, 0};
        for (size_t i = 0; i < from; i++) {
            place.file += table.packed[i];
            place.plain += table.plain[i];
        }
        for (uint64_t to = place.plain; to <= 306000; to += to < 306000 - 5000 ? 60001 : 999) {
            ctr_frames_go_to(&f, place, to);
            ctr_buffer out = {0};
            assert_int_equal(read_all(&f, 100000, &out, NULL), CTRACE_OK);
            assert_int_equal(out.size, 306000 - to);
            if (out.size)
                assert_memory_equal(out.data, plain + to, out.size);
            assert_int_equal(f.table, CTR_TABLE_FITS);
            ctr_buffer_free(&out);
        }
    }
    /* No place in it. */
    size_t got;
    char byte;
    ctrace_error error;
    ctr_frames_go_to(&f, (ctr_frame_place){6, 0}, 306001);
    assert_int_equal(ctr_frames_read(&f, &byte, 1, &got, &error), CTRACE_SYNTAX);
    ctr_frames_go_to(&f, (ctr_frame_place){7, 0}, 0);
    assert_int_equal(ctr_frames_read(&f, &byte, 1, &got, &error), CTRACE_SYNTAX);
    ctr_frames_free(&f);
    ctr_source_close(&source);
    free(plain);
    ctr_buffer_free(&file);
}

static void test_go_on_behind_damage(void **state)
{
    (void)state;
    static const size_t sizes[] = {1000, 3000, 2000};
    for (int in_pieces = 0; in_pieces < 2; in_pieces++) {
        ctr_buffer file = {0};
        seek_table table = {.count = 0};
        char *plain = make_frames(&file, &table, sizes, 3, FRAME_CHECKSUM);
        put_table(&file, &table, false);
        memset(file.data + table.packed[0] + 20, 0x5A, 50);
        piecewise pieces = {file.data, file.size, 0, 500, false, false, 0};
        ctr_source source = in_pieces ? piecewise_source(&pieces) : file_source(file.data, file.size);
        ctr_frames f;
        ctrace_error error;
        ctr_buffer out = {0};
        assert_int_equal(ctr_frames_init(&f, &source, 0, "input", NULL, NULL), CTRACE_OK);
        assert_int_equal(read_all(&f, 4096, &out, &error), CTRACE_SYNTAX);
        char place[32];
        snprintf(place, sizeof place, "byte %u of", table.packed[0]);
        assert_non_null(strstr(error.message, place));
        assert_int_equal(out.size, 1000);
        bool found;
        assert_int_equal(ctr_frames_resume(&f, &found, &error), CTRACE_OK);
        assert_true(found);
        out.size = 0;
        assert_int_equal(read_all(&f, 4096, &out, &error), CTRACE_OK);
        assert_int_equal(out.size, 2000);
        assert_memory_equal(out.data, plain + 4000, 2000);
        assert_int_equal(ctr_frames_resume(&f, &found, &error), CTRACE_OK);
        assert_false(found);
        ctr_frames_free(&f);
        ctr_source_close(&source);
        ctr_buffer_free(&out);
        free(plain);
        ctr_buffer_free(&file);
    }
}

/* Damage in a late block of a frame that tells its size: the blocks before it are given. */
static void test_blocks_before_damage(void **state)
{
    (void)state;
    static const size_t sizes[] = {1000000};
    ctr_buffer file = {0};
    seek_table table = {.count = 0};
    char *plain = make_frames(&file, &table, sizes, 1, FRAME_TELLS_SIZE | FRAME_CHECKSUM);
    memset(file.data + table.packed[0] - 2000, 0x5A, 1000);
    ctr_source source = file_source(file.data, file.size);
    ctr_frames f;
    ctr_buffer out = {0};
    assert_int_equal(ctr_frames_init(&f, &source, 0, "input", NULL, NULL), CTRACE_OK);
    assert_int_equal(read_all(&f, CTR_FRAME_PLAIN, &out, NULL), CTRACE_SYNTAX);
    assert_in_range(out.size, 7 * 131072, 1000000);
    assert_memory_equal(out.data, plain, 7 * 131072);
    ctr_frames_free(&f);
    ctr_source_close(&source);
    ctr_buffer_free(&out);
    free(plain);
    ctr_buffer_free(&file);
}

static void test_no_frames_at_all(void **state)
{
    (void)state;
    ctr_buffer file = {0}, out = {0};
    ctr_frames end;
    put(&file, "no frames here", 14);
    assert_int_equal(read_file(&file, &out, &end), CTRACE_SYNTAX);
    assert_int_equal(out.size, 0);
    ctr_buffer_free(&file);
}

/* A window of 128 MiB is more than is given. */
static void test_a_window_too_large(void **state)
{
    (void)state;
    ctr_buffer file = {0};
    put(&file, "\x28\xB5\x2F\xFD\x00\x88", 6);
    put(&file, "\x01\x00\x00", 3);
    ctr_source source = file_source(file.data, file.size);
    ctr_frames f;
    char byte;
    size_t got;
    assert_int_equal(ctr_frames_init(&f, &source, 0, "input", NULL, NULL), CTRACE_OK);
    assert_int_equal(ctr_frames_read(&f, &byte, 1, &got, NULL), CTRACE_UNSUPPORTED);
    ctr_frames_free(&f);
    ctr_source_close(&source);
    ctr_buffer_free(&file);
}

static void test_a_source_that_fails(void **state)
{
    (void)state;
    static const size_t sizes[] = {1000, 3000};
    ctr_buffer file = {0};
    seek_table table = {.count = 0};
    char *plain = make_frames(&file, &table, sizes, 2, 0);
    for (size_t at = 1; at < file.size; at += 13) {
        piecewise pieces = {file.data, file.size, 0, 10, true, false, at};
        ctr_source source = piecewise_source(&pieces);
        ctr_frames f;
        ctr_buffer out = {0};
        ctrace_error error;
        assert_int_equal(ctr_frames_init(&f, &source, 0, "input", NULL, NULL), CTRACE_OK);
        assert_int_equal(read_all(&f, 100, &out, &error), CTRACE_IO);
        assert_int_equal(error.system, EIO);
        ctr_frames_free(&f);
        ctr_buffer_free(&out);
    }
    free(plain);
    ctr_buffer_free(&file);
}

/* A file that grows: what was given is not given again, and a table is overwritten by frames. */
static void test_a_file_that_grows(void **state)
{
    (void)state;
    static const size_t sizes[] = {1000, 3000, 200000, 10};
    ctr_buffer file = {0};
    seek_table table = {.count = 0};
    char *plain = make_frames(&file, &table, sizes, 4, 0);
    ctr_source source = file_source("", 0);
    ctr_frames f;
    ctr_buffer out = {0};
    assert_int_equal(ctr_frames_init(&f, &source, 0, "input", NULL, NULL), CTRACE_OK);
    assert_int_equal(read_all(&f, 4096, &out, NULL), CTRACE_OK);
    uint64_t packed = 0, unpacked = 0;
    for (uint32_t frame = 0; frame < 4; frame++) {
        /* half of the frame, then all of it with a table behind */
        uint64_t half = packed + table.packed[frame] / 2;
        assert_int_equal(ctr_write_at(source.fd, packed, file.data + packed, half - packed), 0);
        assert_int_equal(ftruncate(source.fd, (off_t)half), 0);
        assert_true(ctr_frames_try_again(&f));
        assert_int_equal(read_all(&f, 4096, &out, NULL), CTRACE_OK);
        assert_true(f.is_cut);
        assert_false(ctr_frames_try_again(&f));
        ctr_buffer rest = {0};
        put(&rest, file.data + packed, table.packed[frame]);
        seek_table part = table;
        part.count = frame + 1;
        put_table(&rest, &part, false);
        assert_int_equal(ctr_write_at(source.fd, packed, rest.data, rest.size), 0);
        packed += table.packed[frame];
        unpacked += table.plain[frame];
        assert_true(ctr_frames_try_again(&f));
        assert_int_equal(read_all(&f, 4096, &out, NULL), CTRACE_OK);
        assert_int_equal(out.size, unpacked);
        assert_memory_equal(out.data, plain, out.size);
        assert_int_equal(f.table, CTR_TABLE_FITS);
        assert_false(ctr_frames_try_again(&f));
        ctr_buffer_free(&rest);
    }
    ctr_frames_free(&f);
    ctr_source_close(&source);
    ctr_buffer_free(&out);
    free(plain);
    ctr_buffer_free(&file);
}

static void test_without_memory(void **state)
{
    (void)state;
    for (size_t until = 0;; until++) {
        limited_memory memory = {until, 0};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctr_source source = file_source("", 0);
        ctr_frames f;
        ctrace_status status = ctr_frames_init(&f, &source, 0, "input", &allocator, NULL);
        if (status == CTRACE_OK)
            ctr_frames_free(&f);
        else
            assert_int_equal(status, CTRACE_NO_MEMORY);
        assert_int_equal(memory.held, 0);
        ctr_source_close(&source);
        if (status == CTRACE_OK)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_of_any_size),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_skippable_frames),
        cmocka_unit_test(test_wrong_tables),
        cmocka_unit_test(test_trailing_bytes),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_every_changed_byte),
        cmocka_unit_test(test_go_to_any_place),
        cmocka_unit_test(test_go_on_behind_damage),
        cmocka_unit_test(test_blocks_before_damage),
        cmocka_unit_test(test_no_frames_at_all),
        cmocka_unit_test(test_a_window_too_large),
        cmocka_unit_test(test_a_source_that_fails),
        cmocka_unit_test(test_a_file_that_grows),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
