/* meta.dat and meta.json of containers. */
#include "codec/ctfs/meta.h"
#include "ctfs_building.h"
#include "limited_memory.h"

/* Reads the metadata of a container that has these files, NULL for none, and tells it. */
static char *tell_meta(const story *dat, const char *json, ctr_ctfs_meta *out)
{
    box b = box_begin(4, 4096, 31);
    if (dat)
        box_add(&b, "meta.dat", dat->text, dat->size);
    if (json)
        box_add_text(&b, "meta.json", json);
    ctr_source source = box_source(b.data, b.size);
    ctr_ctfs c;
    ctr_arena arena = {0};
    assert_int_equal(ctr_ctfs_open(&c, &source, "box", NULL, NULL), CTRACE_OK);
    assert_int_equal(ctr_ctfs_read_meta(&c, &arena, out, NULL), CTRACE_OK);
    static const char *const kinds[] = {"none", "dat", "json"};
    const ctrace_metadata *m = &out->metadata;
    story s = {0};
    story_say(&s, kinds[out->kind]);
    const ctrace_str texts[] = {m->recording_id, m->program, m->workdir, m->recorder, m->recorder_version};
    for (size_t i = 0; i < 5; i++) {
        story_say(&s, "|");
        if (texts[i].size)
            story_add(&s, texts[i].data, texts[i].size);
    }
    for (size_t i = 0; i < m->arg_count; i++) {
        story_say(&s, i ? "," : "|args ");
        story_add(&s, m->args[i].data, m->args[i].size);
    }
    ctrace_str paths = out->paths, path;
    uint64_t count = 0;
    for (; ctr_ctfs_next_path(&paths, &path); count++) {
        story_say(&s, count ? "," : "|paths ");
        story_add(&s, path.data, path.size);
    }
    assert_int_equal(count, out->path_count);
    for (size_t i = 0; i < out->warning_count; i++) {
        story_say(&s, i ? " " : "|");
        story_say(&s, ctrace_leniency_name(out->warnings[i].leniency));
    }
    ctr_arena_free(&arena);
    ctr_ctfs_close(&c);
    ctr_source_close(&source);
    box_free(&b);
    return s.text;
}

static void assert_meta(const story *dat, const char *json, const char *expected)
{
    ctr_ctfs_meta meta;
    char *found = tell_meta(dat, json, &meta);
    assert_string_equal(found, expected);
    assert_int_equal(meta.complete, (dat && dat->size) || (json && *json));
    free(found);
}

#define USUAL GOOD_ID "|prog.rb|/work dir|some recorder|1.2-b|args -v,|paths /a.rb,/b.rb"

static void test_what_every_meta_has(void **state)
{
    (void)state;
    story s = {0};
    meta_usual(&s, 3, 0, GOOD_ID);
    assert_meta(&s, NULL, "dat|" USUAL);
    assert_meta(&s, "{\"program\":\"other\"}", "dat|" USUAL);
    bytes_u8(&s, 0);
    assert_meta(&s, NULL, "dat|" USUAL "|ct-meta-trailing");
    free(s.text);
}

static void test_every_flag(void **state)
{
    (void)state;
    static const unsigned plain[] = {4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
    unsigned all = 0;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        story s = {0};
        meta_usual(&s, 3, 1u << plain[i], GOOD_ID);
        assert_meta(&s, NULL, "dat|" USUAL);
        all |= 1u << plain[i];
        free(s.text);
    }
    story s = {0};
    meta_usual(&s, 3, all | 15, GOOD_ID);
    for (int i = 0; i < 6; i++)
        story_add(&s, "\x80\x01", 2); /* bit 0: numbers, */
    for (int i = 0; i < 6; i++)
        bytes_vstr(&s, "text");
    bytes_u8(&s, 2);
    bytes_vstr(&s, "hook");
    bytes_vstr(&s, "");
    bytes_u8(&s, 1); /* bit 1 */
    bytes_u64(&s, 77); /* bit 2: a hash and bytes */
    bytes_vstr(&s, "layout");
    bytes_u8(&s, 1); /* bit 3: a path and a hash */
    bytes_vstr(&s, "/filter.toml");
    for (int i = 0; i < 4; i++)
        bytes_u64(&s, 1);
    assert_meta(&s, NULL, "dat|" USUAL);
    ctr_ctfs_meta meta;
    free(tell_meta(&s, NULL, &meta));
    for (unsigned flag = 0; flag < CTR_CTFS_FLAG_COUNT; flag++)
        assert_true(ctr_ctfs_meta_has(&meta, (ctr_ctfs_flag)flag));
    s.size--;
    assert_meta(&s, NULL, "dat|" USUAL "|ct-meta-bad");
    free(s.text);
    s = (story){0};
    meta_usual(&s, 3, 1u << 14, GOOD_ID);
    assert_meta(&s, NULL, "dat|" USUAL "|ct-meta-flags");
    free(s.text);
}

static void test_recording_ids(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0190f3a1-2b4c-7d8e-9f01-23456789abc",
        "0190f3a1-2b4c-7d8e-9f01-23456789abcde",
        "0190F3A1-2b4c-7d8e-9f01-23456789abcd",
        "0190f3a1-2b4c-4d8e-9f01-23456789abcd",
        "0190f3a1-2b4c-7d8e-7f01-23456789abcd",
        "0190f3a1.2b4c-7d8e-9f01-23456789abcd",
        "0190f3a1-2b4c-7d8e-9f01-23456789abcg",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        story s = {0};
        char expected[256];
        meta_usual(&s, 3, 0, bad[i]);
        snprintf(expected, sizeof expected, "dat|%s%s|ct-meta-id", bad[i], &USUAL[36]);
        assert_meta(&s, NULL, expected);
        free(s.text);
    }
}

static void test_recorders(void **state)
{
    (void)state;
    static const char *const recorders[][2] = {
        {"", "|"}, {"name", "name|"}, {"two words", "two words|"}, {"a 1", "a|1"}, {"a v1", "a v1|"}, {"a ", "a |"},
        {" 1", "|1"}, {"1", "1|"},
    };
    for (size_t i = 0; i < sizeof recorders / sizeof *recorders; i++) {
        story s = {0};
        char expected[256];
        meta_begin(&s, 3, 0);
        bytes_vstr(&s, GOOD_ID);
        bytes_vstr(&s, "p");
        bytes_u8(&s, 0);
        bytes_vstr(&s, "w");
        bytes_vstr(&s, recorders[i][0]);
        bytes_u8(&s, 0);
        snprintf(expected, sizeof expected, "dat|" GOOD_ID "|p|w|%s", recorders[i][1]);
        assert_meta(&s, NULL, expected);
        free(s.text);
    }
}

static void test_texts_that_are_no_utf8(void **state)
{
    (void)state;
    story s = {0};
    meta_begin(&s, 3, 0);
    bytes_vstr(&s, GOOD_ID);
    bytes_vstr(&s, "\xFF" "a\xC3");
    bytes_u8(&s, 1);
    bytes_vstr(&s, "\xE2\x82");
    bytes_vstr(&s, "gr\xC3\xBC\xC3\x9F");
    bytes_vstr(&s, "\x80 1\x80");
    bytes_u8(&s, 0);
    assert_meta(&s, NULL, "dat|" GOOD_ID "|\xEF\xBF\xBD" "a\xEF\xBF\xBD|gr\xC3\xBC\xC3\x9F|\xEF\xBF\xBD|1\xEF\xBF\xBD"
                          "|args \xEF\xBF\xBD|text-invalid");
    free(s.text);
}

/* What was read before the end stays. */
static void test_every_cut(void **state)
{
    (void)state;
    story whole = {0};
    meta_usual(&whole, 3, 1 << 3, GOOD_ID);
    bytes_u8(&whole, 1);
    bytes_vstr(&whole, "/filter.toml");
    for (int i = 0; i < 4; i++)
        bytes_u64(&whole, 1);
    for (size_t size = 1; size < whole.size; size++) {
        story cut = {whole.text, size, 0};
        ctr_ctfs_meta meta;
        char *found = tell_meta(&cut, NULL, &meta);
        assert_int_equal(meta.kind, size < 8 ? CTR_CTFS_META_NONE : CTR_CTFS_META_DAT);
        assert_non_null(strstr(found, "|ct-meta-bad"));
        assert_true(size < 46 || strstr(found, GOOD_ID));
        assert_true(size < 55 || strstr(found, "|prog.rb|"));
        free(found);
    }
    free(whole.text);
}

static void test_every_byte_changed(void **state)
{
    (void)state;
    story s = {0};
    meta_usual(&s, 3, 15, GOOD_ID);
    for (int i = 0; i < 100; i++)
        bytes_u8(&s, 1);
    for (size_t at = 0; at < s.size; at++)
        for (unsigned change = 1; change < 256; change = change * 2 + 1) {
            s.text[at] = (char)(s.text[at] ^ (char)change);
            ctr_ctfs_meta meta;
            free(tell_meta(&s, NULL, &meta));
            s.text[at] = (char)(s.text[at] ^ (char)change);
        }
    free(s.text);
}

static void test_hostile_numbers(void **state)
{
    (void)state;
    static const char huge[] = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01";
    static const char too_long[] = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F";
    const char *const numbers[] = {huge, too_long};
    for (size_t i = 0; i < 2; i++)
        for (int place = 0; place < 5; place++) {
            story s = {0};
            meta_begin(&s, 3, 0);
            for (int before = 0; before < place; before++)
                bytes_u8(&s, 0);
            story_add(&s, numbers[i], 10);
            assert_meta(&s, NULL, "dat||||||ct-meta-bad");
            free(s.text);
        }
}

static void test_other_versions(void **state)
{
    (void)state;
    story s = {0};
    meta_usual(&s, 2, 0, GOOD_ID); /* what fits exactly is taken */
    assert_meta(&s, NULL, "dat|" USUAL "|ct-meta-bad");
    bytes_u8(&s, 0);
    assert_meta(&s, NULL, "none||||||ct-meta-bad");
    assert_meta(&s, "{\"program\":\"p\"}", "json||p||||ct-meta-bad");
    s.text[0] = 'c';
    assert_meta(&s, NULL, "none||||||ct-meta-bad");
    free(s.text);
}

static void test_json(void **state)
{
    (void)state;
    char nothing[1] = "";
    story empty = {.text = nothing, .size = 0};
    assert_meta(NULL, NULL, "none||||||ct-meta-missing");
    assert_meta(&empty, NULL, "none||||||ct-meta-missing");
    assert_meta(NULL, "{\"recording_id\":\"" GOOD_ID "\",\"program\":\"p\\n\",\"args\":[\"a\",\"\"],\"workdir\":\"/w\","
                      "\"recorder\":{\"name\":\"r\",\"x\":[{}],\"version\":\"1\"},\"other\":[1,{\"a\":2}]} ",
                "json|" GOOD_ID "|p\n|/w|r|1|args a,|ct-meta-missing");
    assert_meta(&empty, "{\"recorder\":\"r\"}", "json||||r||ct-meta-missing");
    assert_meta(NULL, "{\"program\":1,\"args\":{},\"workdir\":null}", "json||||||ct-meta-missing");
    assert_meta(NULL, "{\"args\":[\"a\",1,\"b\"],\"workdir\":\"w\"}", "json|||w|||args a|ct-meta-missing");
    assert_meta(NULL, "{}", "json||||||ct-meta-missing");
    static const char *const bad[] = {"[]",        "{",          "{\"program\"",       "{\"program\":\"p\"",
                                      "{\"a\":}",  "{a:1}",      "{\"program\":\"p",   "{\"args\":[\"a\"",
                                      "{\"a\":1,", "{\"a\":1 2", "{\"recorder\":{\"n", "{\"a\":1,}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ctr_ctfs_meta meta;
        char *found = tell_meta(NULL, bad[i], &meta);
        assert_int_equal(meta.kind, CTR_CTFS_META_NONE);
        assert_non_null(strstr(found, "|ct-meta-missing ct-meta-bad"));
        free(found);
    }
}

static void test_memory_that_fails(void **state)
{
    (void)state;
    story dat = {0};
    meta_usual(&dat, 4, 1 << 3, GOOD_ID);
    dat.text[48] = '\xFF';
    box b = box_begin(4, 4096, 31);
    box_add(&b, "meta.dat", dat.text, dat.size);
    box_add_text(&b, "meta.json", "{\"args\":[\"a\",\"\\n\"],\"x\":[[[[[[[[1]]]]]]]]}");
    ctr_source source = box_source(b.data, b.size);
    ctrace_status status = CTRACE_NO_MEMORY;
    for (size_t n = 0; status == CTRACE_NO_MEMORY; n++) {
        limited_memory memory = {.until_failure = n};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctr_ctfs c;
        ctr_ctfs_meta meta;
        ctr_arena arena = {.allocator = &allocator};
        assert_int_equal(ctr_ctfs_open(&c, &source, "box", &allocator, NULL), CTRACE_OK);
        status = ctr_ctfs_read_meta(&c, &arena, &meta, NULL);
        assert_true(status == CTRACE_OK ? n > 2 : status == CTRACE_NO_MEMORY);
        ctr_arena_free(&arena);
        ctr_ctfs_close(&c);
        assert_int_equal(memory.held, 0);
    }
    ctr_source_close(&source);
    box_free(&b);
    free(dat.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_every_meta_has),
        cmocka_unit_test(test_every_flag),
        cmocka_unit_test(test_recording_ids),
        cmocka_unit_test(test_recorders),
        cmocka_unit_test(test_texts_that_are_no_utf8),
        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_every_byte_changed),
        cmocka_unit_test(test_hostile_numbers),
        cmocka_unit_test(test_other_versions),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
