#include "base/utf8.h"

#include <stdlib.h>

#include "cmocka_all.h"

static bool is_scalar(uint32_t c)
{
    return c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
}

static void every_character_is_valid(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x110010; c++) {
        char text[4];
        size_t size = ctr_utf8_encode(text, c);
        if (!is_scalar(c)) {
            assert_int_equal(size, 3);
            assert_memory_equal(text, "\xEF\xBF\xBD", 3);
            continue;
        }
        assert_int_equal(size, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
        assert_int_equal(ctr_utf8_valid_prefix(text, size), size);
        assert_int_equal(ctr_utf8_length(text, size), 1);
        for (size_t cut = 1; cut < size; cut++) {
            assert_int_equal(ctr_utf8_valid_prefix(text, cut), 0);
            assert_int_equal(ctr_utf8_bad_length(text, cut), cut);
        }
    }
}

/* Decodes by arithmetic alone, so that it shares nothing with what it checks. */
static bool is_one_character(const unsigned char *p, size_t size)
{
    uint32_t c = size == 1 ? p[0] : size == 2 ? p[0] ^ 0xC0u : size == 3 ? p[0] ^ 0xE0u : p[0] ^ 0xF0u;
    if (c >= (size == 1 ? 0x80u : 0x40u >> (size - 1)))
        return false;
    for (size_t i = 1; i < size; i++) {
        if (p[i] >> 6 != 2)
            return false;
        c = c << 6 | (p[i] & 0x3Fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    return is_scalar(c) && c >= least[size];
}

static void all_short_byte_strings(void **state)
{
    (void)state;
    /* Each first and second byte, with third and fourth bytes from around the edges. */
    static const unsigned char edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xE0, 0xF0, 0xFF};
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            for (size_t i = 0; i < sizeof edges * sizeof edges; i++) {
                unsigned char p[4] = {(unsigned char)first, (unsigned char)second, edges[i / sizeof edges],
                                      edges[i % sizeof edges]};
                size_t expected = 0;
                while (expected < 4) {
                    size_t n = 1;
                    while (n <= 4 - expected && !is_one_character(p + expected, n))
                        n++;
                    if (n > 4 - expected)
                        break;
                    expected += n;
                }
                assert_int_equal(ctr_utf8_valid_prefix((char *)p, 4), expected);
            }
        }
    }
}

static void bad_bytes_are_counted_as_unicode_does(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
    } known[] = {
        {"\x80", 1},         {"\xBF\xBF", 1},         {"\xC0\xAF", 1},     {"\xC1\xBF", 1},         {"\xC3", 1},
        {"\xC3(", 1},        {"\xE2\x82", 2},         {"\xE2\x82(", 2},    {"\xE2(\xA1", 1},        {"\xE0\x80\xAF", 1},
        {"\xE0\x9F\x80", 1}, {"\xED\xA0\x80", 1},     {"\xED\xBF\xBF", 1}, {"\xF0\x80\x80\x80", 1}, {"\xF0\x90\x8C(", 3},
        {"\xF0\x9F", 2},     {"\xF4\x90\x80\x80", 1}, {"\xF5\x80", 1},     {"\xFE", 1},             {"\xFF\xFF", 1},
        {"\xF1\x80\xE1", 2}, {"\xF1\x80\x80\xC2", 3}, {"\xE1\x80\xC2", 2},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t size = strlen(known[i].text);
        assert_int_equal(ctr_utf8_valid_prefix(known[i].text, size), 0);
        assert_int_equal(ctr_utf8_bad_length(known[i].text, size), known[i].length);
    }
}

static void the_first_bad_byte_is_found_anywhere(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 40; size++) {
        for (size_t bad = 0; bad < size; bad++) {
            /* On the heap and of just this size, so that a read past the end is seen. */
            char *text = malloc(size);
            assert_non_null(text);
            memset(text, 'a', size);
            assert_int_equal(ctr_utf8_valid_prefix(text, size), size);
            text[bad] = '\xFF';
            assert_int_equal(ctr_utf8_valid_prefix(text, size), bad);
            free(text);
        }
    }
    assert_int_equal(ctr_utf8_valid_prefix(NULL, 0), 0);
}

static void lengths(void **state)
{
    (void)state;
    assert_int_equal(ctr_utf8_length(NULL, 0), 0);
    assert_int_equal(ctr_utf8_length("abc", 3), 3);
    assert_int_equal(ctr_utf8_length("z\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10), 4);
}

#define MARK "\xEF\xBF\xBD"

static void mending(void **state)
{
    (void)state;
    static const struct {
        const char *text, *mended;
    } texts[] = {
        {"", ""},
        {"abc", "abc"},
        {"\xFF", MARK},
        {"a\xC3", "a" MARK},
        {"\xE2\x82z\xF0\x9F\x98\x80", MARK "z\xF0\x9F\x98\x80"},
        {"\xC0\xAF\xED\xA0\x80", MARK MARK MARK MARK MARK},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char out[32];
        size_t size = strlen(texts[i].text), expected = strlen(texts[i].mended);
        assert_int_equal(ctr_utf8_mend(NULL, texts[i].text, size), expected);
        assert_int_equal(ctr_utf8_mend(out, texts[i].text, size), expected);
        assert_memory_equal(out, texts[i].mended, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_valid),
        cmocka_unit_test(all_short_byte_strings),
        cmocka_unit_test(bad_bytes_are_counted_as_unicode_does),
        cmocka_unit_test(the_first_bad_byte_is_found_anywhere),
        cmocka_unit_test(lengths),
        cmocka_unit_test(mending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
