#include "base/base64.h"

#include "cmocka_all.h"

static void known_texts(void **state)
{
    (void)state;
    /* The test vectors of RFC 4648, and the two digits that differ in the URL alphabet. */
    static const struct {
        const char *bytes, *text;
    } known[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t size = strlen(known[i].bytes), text_size = strlen(known[i].text);
        char text[16];
        assert_int_equal(ctr_base64_encoded_size(size), text_size);
        assert_ptr_equal(ctr_base64_encode(text, (const uint8_t *)known[i].bytes, size), text + text_size);
        assert_memory_equal(text, known[i].text, text_size);
    }
}

static void every_length_returns(void **state)
{
    (void)state;
    uint8_t bytes[257];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 151 + 7);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        char text[400];
        uint8_t back[400];
        size_t decoded;
        bool padded;
        size_t text_size = (size_t)(ctr_base64_encode(text, bytes, size) - text);
        assert_int_equal(text_size, ctr_base64_encoded_size(size));
        assert_true(ctr_base64_decode(back, &decoded, &padded, text, text_size));
        assert_true(padded);
        assert_int_equal(decoded, size);
        assert_memory_equal(back, bytes, size);

        size_t digits = text_size;
        while (digits && text[digits - 1] == '=')
            digits--;
        assert_true(ctr_base64_decode(back, &decoded, &padded, text, digits));
        assert_int_equal(padded, digits == text_size);
        assert_int_equal(decoded, size);
        assert_memory_equal(back, bytes, size);
    }
}

static void what_is_not_base64_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "=",     "==",    "====",  "Z",      "Z=",     "Z==",   "Z===", "Zg=",      "Zg===",    "Zm9v=",    "Zm9v==",
        "Z=g=",  "=Zg=",  "Zh==",  "Zm9=",   "Zm9",    "Z m8=", "Zm8\n", "Zm8=\n",  "-_-_",     "Zm9v Zg==", "Zg==Zg==",
        "Zm8.",  "Zm\xc3\xa9", "Zg=\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t out[32];
        size_t decoded;
        bool padded;
        if (ctr_base64_decode(out, &decoded, &padded, bad[i], strlen(bad[i])))
            fail_msg("took %s", bad[i]);
    }
}

static void the_digits_are_just_these(void **state)
{
    (void)state;
    unsigned taken = 0;
    for (int c = 0; c < 256; c++) {
        char text[4] = {'A', 'A', 'A', (char)c};
        uint8_t out[6];
        size_t decoded;
        bool padded;
        if (c != '=' && ctr_base64_decode(out, &decoded, &padded, text, 4))
            taken++;
    }
    assert_int_equal(taken, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts),
        cmocka_unit_test(every_length_returns),
        cmocka_unit_test(what_is_not_base64_is_refused),
        cmocka_unit_test(the_digits_are_just_these),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
