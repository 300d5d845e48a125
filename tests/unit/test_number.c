#include "base/number.h"

#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmocka_all.h"

/* Numbers that are the same in each run. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static double float_of(uint64_t bits)
{
    double f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint64_t bits_of(double f)
{
    uint64_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static bool is_finite(uint64_t bits)
{
    return (bits >> 52 & 0x7FF) != 0x7FF;
}

/* The C library's numbers follow the locale; ours must not. The tests run under the locale of the environment, and
 * the oracle is asked through these. */
static void to_c_point(char *text)
{
    for (char *p; (p = strstr(text, localeconv()->decimal_point)) && localeconv()->decimal_point[0] != '.';)
        *p = '.';
}

static double oracle_parse(const char *text)
{
    static char local[4096];
    assert_true(strlen(text) < sizeof local);
    strcpy(local, text);
    char *point = strchr(local, '.');
    if (point)
        *point = localeconv()->decimal_point[0];
    char *end;
    double f = strtod(local, &end);
    assert_int_equal(*end, 0);
    return f;
}

static char *oracle_format(char *out, size_t size, int digits, double f)
{
    snprintf(out, size, "%.*e", digits - 1, f);
    to_c_point(out);
    return out;
}

static void expect_parsed(const char *text, uint64_t bits)
{
    double f = 7;
    if (!ctr_parse_float(text, strlen(text), &f))
        fail_msg("refused %s", text);
    if (bits_of(f) != bits)
        fail_msg("%s became %" PRIx64 " and not %" PRIx64, text, bits_of(f), bits);
}

static void agree_with_oracle(const char *text)
{
    expect_parsed(text, bits_of(oracle_parse(text)));
}

/* The mantissa's digits of a text that one of the formats wrote, without zeros at either end. */
static size_t significant(char *out, const char *text)
{
    size_t count = 0;
    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (count || *text != '0'))
            out[count++] = *text;
    while (count && out[count - 1] == '0')
        count--;
    out[count] = 0;
    return count;
}

static char *format(char *out, double f)
{
    char *end = ctr_format_float(out, f);
    assert_true(end - out <= CTR_FLOAT_TEXT_MAX);
    *end = 0;
    return out;
}

/* It reads back, here and by the C library, and of the texts that do it is the shortest, then the nearest. */
static void check_format(double f)
{
    char text[CTR_FLOAT_TEXT_MAX + 1], other[64], digits[64], other_digits[64];
    format(text, f);
    expect_parsed(text, bits_of(f));
    if (bits_of(oracle_parse(text)) != bits_of(f))
        fail_msg("%s does not read back", text);
    if (f == 0)
        return;
    int count = (int)significant(digits, text);
    if (count > 1 && bits_of(oracle_parse(oracle_format(other, sizeof other, count - 1, f))) == bits_of(f))
        fail_msg("%s is longer than %s", text, other);
    /* printf's digits are the nearest of their count. When those read back, ours are the same, or as near: a tie. */
    if (bits_of(oracle_parse(oracle_format(other, sizeof other, count, f))) == bits_of(f)) {
        significant(other_digits, other);
        if (strcmp(digits, other_digits) != 0) {
            /* A tie: the exact value has one digit more, and it is a 5. */
            char exact[1000], exact_digits[1000];
            oracle_format(exact, sizeof exact, 800, f);
            if (significant(exact_digits, exact) != (size_t)count + 1 || exact_digits[count] != '5')
                fail_msg("%s is nearer than %s", other, text);
        }
    }
}

static void integers_are_written(void **state)
{
    (void)state;
    char ours[32], theirs[32];
    uint64_t random = 1, power = 1;
    for (int i = 0; i < 200000; i++) {
        uint64_t u = next_random(&random) >> (i % 64);
        *ctr_format_u64(ours, u) = 0;
        snprintf(theirs, sizeof theirs, "%" PRIu64, u);
        assert_string_equal(ours, theirs);
        *ctr_format_i64(ours, (int64_t)u) = 0;
        snprintf(theirs, sizeof theirs, "%" PRId64, (int64_t)u);
        assert_string_equal(ours, theirs);
        int64_t back;
        assert_true(ctr_parse_i64(ours, strlen(ours), &back));
        assert_true(back == (int64_t)u);
    }
    for (int i = 0; i < 20; i++, power *= 10) {
        for (int d = -1; d <= 1; d++) {
            uint64_t u = power + (uint64_t)(int64_t)d;
            *ctr_format_u64(ours, u) = 0;
            snprintf(theirs, sizeof theirs, "%" PRIu64, u);
            assert_string_equal(ours, theirs);
            uint64_t back;
            assert_true(ctr_parse_u64(ours, strlen(ours), &back));
            assert_true(back == u);
        }
    }
    *ctr_format_u64(ours, UINT64_MAX) = 0;
    assert_string_equal(ours, "18446744073709551615");
    *ctr_format_i64(ours, INT64_MIN) = 0;
    assert_string_equal(ours, "-9223372036854775808");
}

static void integers_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool fits_i64, fits_u64;
        int64_t i;
        uint64_t u;
    } known[] = {
        {"0", true, true, 0, 0},
        {"-0", true, true, 0, 0},
        {"+7", true, true, 7, 7},
        {"007", true, true, 7, 7},
        {"-1", true, false, -1, 0},
        {"00000000000000000000000000001", true, true, 1, 1},
        {"9223372036854775807", true, true, INT64_MAX, INT64_MAX},
        {"9223372036854775808", false, true, 0, UINT64_C(1) << 63},
        {"-9223372036854775808", true, false, INT64_MIN, 0},
        {"-9223372036854775809", false, false, 0, 0},
        {"18446744073709551615", false, true, 0, UINT64_MAX},
        {"18446744073709551616", false, false, 0, 0},
        {"18446744073709551625", false, false, 0, 0},
        {"99999999999999999999", false, false, 0, 0},
        {"", false, false, 0, 0},
        {"-", false, false, 0, 0},
        {"+", false, false, 0, 0},
        {"--1", false, false, 0, 0},
        {"+-1", false, false, 0, 0},
        {" 1", false, false, 0, 0},
        {"1 ", false, false, 0, 0},
        {"1.0", false, false, 0, 0},
        {"1e3", false, false, 0, 0},
        {"0x1", false, false, 0, 0},
        {"1_0", false, false, 0, 0},
        {"/", false, false, 0, 0},
        {":", false, false, 0, 0},
        {"\xc2\xb2", false, false, 0, 0},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        size_t size = strlen(known[k].text);
        int64_t i = 99;
        uint64_t u = 99;
        if (ctr_parse_i64(known[k].text, size, &i) != known[k].fits_i64)
            fail_msg("i64 of %s", known[k].text);
        if (ctr_parse_u64(known[k].text, size, &u) != known[k].fits_u64)
            fail_msg("u64 of %s", known[k].text);
        if (known[k].fits_i64)
            assert_true(i == known[k].i);
        if (known[k].fits_u64)
            assert_true(u == known[k].u);
    }
}

/* A byte is a little less than 2.41 digits. */
static size_t big_int_digits(size_t bytes)
{
    return bytes * 2 + bytes / 2 + 2;
}

static size_t big_int_to_decimal(char *out, const uint8_t *magnitude, size_t size)
{
    /* It grows in `out` with the lowest digit first, by as many bytes a round as a carry has room for. */
    size_t used = 0;
    for (size_t at = 0; at < size;) {
        uint64_t carry = 0;
        unsigned shift = 0;
        size_t stop = size - at < 7 ? size : at + 7;
        for (; at < stop; at++) {
            carry = carry << 8 | magnitude[at];
            shift += 8;
        }
        for (size_t i = 0; i < used; i++) {
            carry += (uint64_t)(out[i] - '0') << shift;
            out[i] = (char)('0' + carry % 10);
            carry /= 10;
        }
        for (; carry; carry /= 10)
            out[used++] = (char)('0' + carry % 10);
    }
    if (used == 0)
        out[used++] = '0';
    for (size_t i = 0; i < used / 2; i++) {
        char low = out[i];
        out[i] = out[used - 1 - i];
        out[used - 1 - i] = low;
    }
    return used;
}

static void big_integers_turn_round(void **state)
{
    (void)state;
    static const struct {
        const char *digits;
        size_t size;
        const char *bytes;
    } known[] = {
        {"0", 0, ""},
        {"000", 0, ""},
        {"1", 1, "\x01"},
        {"255", 1, "\xff"},
        {"256", 2, "\x01\x00"},
        {"18446744073709551615", 8, "\xff\xff\xff\xff\xff\xff\xff\xff"},
        {"18446744073709551616", 9, "\x01\0\0\0\0\0\0\0"},
        {"1208925819614629174706176", 11, "\x01\0\0\0\0\0\0\0\0\0"},
        {"999999999999", 5, "\xe8\xd4\xa5\x0f\xff"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint8_t bytes[64];
        char digits[64];
        size_t count = strlen(known[i].digits);
        assert_true(ctr_big_int_bytes(count) <= sizeof bytes);
        assert_int_equal(ctr_big_int_from_decimal(bytes, known[i].digits, count), known[i].size);
        assert_memory_equal(bytes, known[i].bytes, known[i].size);
        size_t back = big_int_to_decimal(digits, bytes, known[i].size);
        const char *expected = known[i].size ? known[i].digits : "0";
        assert_int_equal(back, strlen(expected));
        assert_memory_equal(digits, expected, back);
    }
    assert_int_equal(ctr_big_int_from_decimal(NULL, NULL, 0), 0);

    uint64_t random = 2;
    for (size_t count = 1; count < 700; count++) {
        /* Buffers of just the promised size, so that a write past the end is seen. */
        char *digits = malloc(count);
        uint8_t *bytes = malloc(ctr_big_int_bytes(count));
        assert_non_null(digits);
        assert_non_null(bytes);
        for (size_t i = 0; i < count; i++)
            digits[i] = (char)('0' + (count % 3 ? next_random(&random) % 10 : 9));
        if (digits[0] == '0')
            digits[0] = '4';
        size_t size = ctr_big_int_from_decimal(bytes, digits, count);
        assert_true(size <= ctr_big_int_bytes(count));
        assert_true(bytes[0] != 0);
        char *back = malloc(big_int_digits(size));
        assert_non_null(back);
        assert_int_equal(big_int_to_decimal(back, bytes, size), count);
        assert_memory_equal(back, digits, count);
        free(digits);
        free(bytes);
        free(back);
    }

    /* All ones is the most digits that so many bytes can have. Leading zero bytes do no harm. */
    for (size_t size = 1; size < 300; size++) {
        uint8_t bytes[300], again[400];
        memset(bytes, 0xFF, size);
        char *digits = malloc(big_int_digits(size));
        assert_non_null(digits);
        size_t count = big_int_to_decimal(digits, bytes, size);
        assert_int_equal(ctr_big_int_from_decimal(again, digits, count), size);
        assert_memory_equal(again, bytes, size);
        bytes[0] = 0;
        size_t fewer = big_int_to_decimal(digits, bytes, size);
        assert_int_equal(ctr_big_int_from_decimal(again, digits, fewer), size - 1);
        free(digits);
    }
}

static void floats_are_laid_out(void **state)
{
    (void)state;
    static const struct {
        double f;
        const char *text, *number;
    } known[] = {
        {0.0, "0", "0.0"},
        {-0.0, "-0", "-0.0"},
        {1, "1", "1.0"},
        {-1, "-1", "-1.0"},
        {0.1, "0.1", "0.1"},
        {-2.5, "-2.5", "-2.5"},
        {1.0 / 3, "0.3333333333333333", "0.3333333333333333"},
        {100, "100", "100.0"},
        {123456.789, "123456.789", "123456.789"},
        {1e15, "1000000000000000", "1000000000000000.0"},
        {9007199254740991.0, "9007199254740991", "9007199254740991.0"},
        {9007199254740992.0, "9007199254740992", "9007199254740992.0"},
        {9007199254740994.0, "9007199254740994", "9007199254740994.0"},
        {1e16, "10000000000000000", "10000000000000000.0"},
        {123456789012345680000.0, "123456789012345680000", "123456789012345680000.0"},
        {1e20, "100000000000000000000", "100000000000000000000.0"},
        {999999999999999900000.0, "999999999999999900000", "999999999999999900000.0"},
        {1e21, "1e21", "1e21"},
        {-1.5e21, "-1.5e21", "-1.5e21"},
        {1e23, "1e23", "1e23"},
        {1e300, "1e300", "1e300"},
        {DBL_MAX, "1.7976931348623157e308", "1.7976931348623157e308"},
        {0.001, "0.001", "0.001"},
        {1e-7, "0.0000001", "0.0000001"},
        {1.2345678901234567e-7, "0.00000012345678901234566", "0.00000012345678901234566"},
        {9.999999999999998e-8, "9.999999999999998e-8", "9.999999999999998e-8"},
        {1e-8, "1e-8", "1e-8"},
        {-1.25e-8, "-1.25e-8", "-1.25e-8"},
        {DBL_MIN, "2.2250738585072014e-308", "2.2250738585072014e-308"},
        {4.9406564584124654e-324, "5e-324", "5e-324"},
        {5e-323, "5e-323", "5e-323"},
        {2.2250738585072011e-308, "2.225073858507201e-308", "2.225073858507201e-308"},
    };
    char text[CTR_FLOAT_TEXT_MAX + 1];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_string_equal(format(text, known[i].f), known[i].text);
        *ctr_format_float_number(text, known[i].f) = 0;
        assert_string_equal(text, known[i].number);
    }
    assert_string_equal(format(text, float_of(UINT64_C(0x7FF) << 52)), "inf");
    assert_string_equal(format(text, float_of(UINT64_C(0xFFF) << 52)), "-inf");
    assert_string_equal(format(text, float_of(UINT64_C(0x7FF8) << 48)), "NaN");
    assert_string_equal(format(text, float_of(UINT64_C(0xFFF8) << 48)), "NaN");
    assert_string_equal(format(text, float_of(UINT64_MAX)), "NaN");
}

static void floats_are_shortest(void **state)
{
    (void)state;
    /* Around each power of two, where the neighbours are not equally far; the subnormals' edges; around powers of ten. */
    for (uint64_t exponent = 0; exponent < 0x7FF; exponent++)
        for (uint64_t d = 0; d < 5; d++)
            check_format(float_of((exponent << 52) + d - (exponent || d > 1 ? 2 : 0)));
    for (int exponent = -323; exponent <= 308; exponent++) {
        char text[16];
        snprintf(text, sizeof text, "1e%d", exponent);
        uint64_t bits = bits_of(oracle_parse(text));
        for (uint64_t d = 0; d < 5; d++)
            check_format(float_of(bits + d - (bits > 1 ? 2 : 0)));
    }
    for (uint64_t bits = 1; bits < 2000; bits++)
        check_format(float_of(bits));
}

static void random_floats_return(void **state)
{
    (void)state;
    uint64_t random = 3;
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = next_random(&random);
        if (is_finite(bits))
            check_format(float_of(bits));
    }
    for (int i = 0; i < 50000; i++) {
        uint64_t r = next_random(&random);
        check_format((double)(int64_t)(r >> 1 >> r % 60));                     /* whole */
        check_format((double)(r >> 44) / 1000);                                /* as people write them */
        check_format((double)(r >> 11) / 9007199254740992.0);                  /* 0 to 1 */
        check_format(float_of(r >> 12));                                       /* subnormal */
        check_format((double)(float)((double)(r >> 40) / 16777216.0 * 1e9));   /* few bits */
    }
}

static void every_spelling_of_a_float(void **state)
{
    (void)state;
    static const char *const good[] = {
        "0",      "-0",     "+0",    "0.0",   ".0",      "0.",        "00",          "1",      "1.",      ".5",     "5.",
        "1.5",    "+1.5",   "-1.5",  "1e5",   "1E5",     "1e+5",      "1e-5",        "1.e5",   ".5e1",    "-.5E-1", "00.50",
        "1e0005", "1e-0",   "0e999", "-0e-9", "1e308",   "1e-400",    "0.000000001", "000123", "1e00000", "1e-323",
        "123456789012345678901234567890", "0.1234567890123456789012345678901234567890",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        agree_with_oracle(good[i]);

    static const uint64_t inf = UINT64_C(0x7FF) << 52, minus = UINT64_C(1) << 63;
    static const char *const infinite[] = {"inf",   "INF",  "Inf",  "iNf",   "infinity",
                                           "INFINITY", "Infinity", "1e309", "1e99999999999999999999", "17976931348623159e292"};
    for (size_t i = 0; i < sizeof infinite / sizeof *infinite; i++) {
        char text[64] = "-";
        strcat(text, infinite[i]);
        expect_parsed(text + 1, inf);
        expect_parsed(text, inf | minus);
        text[0] = '+';
        expect_parsed(text, inf);
    }
    static const char *const none[] = {"nan", "NaN", "NAN", "-nan", "+NaN"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        double f = 0;
        assert_true(ctr_parse_float(none[i], strlen(none[i]), &f));
        assert_true(f != f);
    }
    /* Exponents around what 64 bits hold. */
    expect_parsed("1e9223372036854775807", inf);
    expect_parsed("1e9223372036854775809", inf);
    expect_parsed("1e18446744073709551617", inf);
    expect_parsed("1e-9223372036854775809", 0);
    expect_parsed("1e-18446744073709551615", 0);
    expect_parsed("0e99999999999999999999", 0);
    expect_parsed("1e-99999999999999999999", 0);
    expect_parsed("-1e-99999999999999999999", minus);
}

static void what_is_no_float_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",      "+",     "-",    ".",    "+.",    "-.",     "e",      "e5",    ".e5",      "+e1",  "1e",         "1e+",  "1e-",
        "1e.5",  "1e5.",  "1.2.", "1..2", "..1",   "1,5",    "1_0",    "1_000", "0x1",      "0x1p3", "0b1",       "1f",   "1.0f",
        " 1",    "1 ",    "\t1",  "1\n",  "+-1",   "--1",    "++1",    "1-",    "1e5e5",    "1e5-", "in",         "infi", "infinit",
        "infinityy", "nan(1)", "nanx", "na", "snan", "-",    "i",      "NaN ",  "\xd9\xa1", "1d5",  "\xef\xbc\x91", "IN\x06",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double f = 7;
        if (ctr_parse_float(bad[i], strlen(bad[i]), &f))
            fail_msg("took '%s'", bad[i]);
        assert_true(f == 7);
    }
    double f;
    assert_false(ctr_parse_float("1\0", 2, &f));
    assert_false(ctr_parse_float("\0", 1, &f));
    assert_true(ctr_parse_float("12", 1, &f));
    assert_true(f == 1);
}

/* Writes mantissa * 2^exponent exactly, in plain decimal, as `digits` "e" exponent. Returns the size. */
static size_t exact_text(char *out, uint64_t mantissa, int exponent)
{
    static char digits[4000];
    size_t count = (size_t)(ctr_format_u64(digits, mantissa) - digits);
    for (size_t i = 0; i < count / 2; i++) {
        char c = digits[i];
        digits[i] = digits[count - 1 - i];
        digits[count - 1 - i] = c;
    }
    /* Times 2, or times 5 with the point one place to the left. */
    for (int n = 0; n < abs(exponent); n++) {
        int carry = 0;
        for (size_t i = 0; i < count; i++) {
            carry += (digits[i] - '0') * (exponent > 0 ? 2 : 5);
            digits[i] = (char)('0' + carry % 10);
            carry /= 10;
        }
        if (carry)
            digits[count++] = (char)('0' + carry);
    }
    for (size_t i = 0; i < count; i++)
        out[i] = digits[count - 1 - i];
    return count + (size_t)sprintf(out + count, "e%d", exponent < 0 ? exponent : 0);
}

/* The point half way between two floats goes to the even one, and the least that is added or taken away decides. */
static void check_half_way(uint64_t bits)
{
    static char text[4096];
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int biased = (int)(bits >> 52);
    uint64_t mantissa = biased ? fraction | UINT64_C(1) << 52 : fraction;
    size_t size = exact_text(text, 2 * mantissa + 1, (biased ? biased : 1) - 1076);
    expect_parsed(text, bits & 1 ? bits + 1 : bits);
    agree_with_oracle(text);

    char *e = strchr(text, 'e');
    size_t tail = strlen(e) + 1;
    /* 60 more zeros, and 1200 more: beyond what is read exactly. */
    static const size_t zeros[] = {0, 60, 1200};
    for (size_t i = 0; i < 3; i++) {
        static char more[4096];
        size_t digits = (size_t)(e - text);
        if (size + zeros[i] + 10 > sizeof more)
            continue;
        memcpy(more, text, digits);
        memcpy(more + digits, ".", 1);
        memset(more + digits + 1, '0', zeros[i]);
        memcpy(more + digits + 1 + zeros[i], e, tail);
        expect_parsed(more, bits & 1 ? bits + 1 : bits);
        memcpy(more + digits + 1 + zeros[i], "1", 1);
        memcpy(more + digits + 2 + zeros[i], e, tail);
        expect_parsed(more, bits + 1);
    }
    /* One less in the last digit. */
    char *last = e - 1;
    for (; *last == '0'; last--)
        *last = '9';
    (*last)--;
    expect_parsed(text, bits);
    agree_with_oracle(text);
}

static void half_way_cases(void **state)
{
    (void)state;
    check_half_way(0);
    check_half_way(1);
    check_half_way(2);
    check_half_way((UINT64_C(1) << 52) - 1);
    check_half_way(UINT64_C(1) << 52);
    check_half_way((UINT64_C(1) << 52) + 1);
    check_half_way((UINT64_C(0x7FF) << 52) - 1);
    check_half_way((UINT64_C(0x7FF) << 52) - 2);
    uint64_t random = 4;
    for (int i = 0; i < 300; i++) {
        uint64_t bits = next_random(&random) >> 1;
        /* Half of them where people's numbers are, where the first digits are exact or nearly. */
        if (i % 2)
            bits = (bits & ((UINT64_C(1) << 52) - 1)) | (UINT64_C(1023) - 60 + bits % 180) << 52;
        if (is_finite(bits))
            check_half_way(bits);
    }
    /* Known to have gone wrong elsewhere. */
    static const char *const hard[] = {
        "2.2250738585072011e-308", "2.2250738585072012e-308", "2.2250738585072014e-308", "1.00000000000000011102230246251565404",
        "9007199254740993", "9007199254740993.0000000000000000000000001", "9007199254740992.9999999999999999999999999",
        "179769313486231580793e289", "1.7976931348623158e308", "1.7976931348623159e308", "8.988465674311581e307",
        "2.4703282292062327e-324", "2.4703282292062328e-324", "4.9406564584124654e-324", "5e-324", "3e-324", "2e-324",
        "6.8985531e-7", "3.44e-8", "1448997445238699", "0.500000000000000166533453693773481063544750213623046875",
        "3.518437208883201171875e13", "62.5364939768271845828", "8.10109172351e-10", "1.50000000000000011102230246251565",
        "9007199254740991.4999999999999999999999999999999995", "4.5e-324", "1e22", "1e23", "123456789e-30",
        "2.2250738585072011360574097967091319759348195463516456e-308", "1090544144181609348671888949248",
        "10000000000000000000", "10000000000000000001", "9999999999999999999", "99999999999999999999", "18446744073709551615",
        "184467440737095516160000000000000001",
    };
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++)
        agree_with_oracle(hard[i]);
}

static void random_texts_agree(void **state)
{
    (void)state;
    uint64_t random = 5;
    for (int i = 0; i < 300000; i++) {
        char text[80], *p = text;
        uint64_t r = next_random(&random);
        unsigned count = 1 + (unsigned)(r % 24), point = (unsigned)(r >> 8) % (count + 3);
        if (r >> 16 & 1)
            *p++ = '-';
        for (unsigned k = 0; k < count; k++) {
            if (k == point)
                *p++ = '.';
            *p++ = (char)('0' + next_random(&random) % 10);
        }
        if (r >> 17 & 3)
            p += sprintf(p, "e%d", (int)(r >> 20 & 0x3FF) % (r >> 19 & 1 ? 30 : 370) * (r >> 18 & 1 ? 1 : -1));
        *p = 0;
        agree_with_oracle(text);
    }
    /* Long ones. */
    for (int i = 0; i < 3000; i++) {
        static char text[2100];
        size_t count = 20 + next_random(&random) % 2000;
        for (size_t k = 0; k < count; k++)
            text[k] = (char)('0' + next_random(&random) % 10);
        sprintf(text + count, "e%d", (int)(next_random(&random) % 700) - 350 - (int)count);
        agree_with_oracle(text);
        if (count > 30) {
            text[next_random(&random) % 30] = '.';
            agree_with_oracle(text);
        }
    }
    /* A point far from the digits. */
    static char text[3100];
    for (int places = 0; places < 3000; places += 37) {
        char *p = text + sprintf(text, "0.");
        memset(p, '0', (size_t)places);
        sprintf(p + places, "123456789e%d", places - 5);
        agree_with_oracle(text);
        p = text + sprintf(text, "123456789");
        memset(p, '0', (size_t)places);
        sprintf(p + places, "e-%d", places + 5);
        agree_with_oracle(text);
    }
}

/* With an argument, the locale of the environment must be one that does not write numbers with a point. */
int main(int argc, char **argv)
{
    (void)argv;
    bool is_there = setlocale(LC_ALL, "") != NULL;
    if (argc > 1 && (!is_there || localeconv()->decimal_point[0] == '.')) {
        fputs("the locale is not there, or its decimal point is a point\n", stderr);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_written),
        cmocka_unit_test(integers_are_read),
        cmocka_unit_test(big_integers_turn_round),
        cmocka_unit_test(floats_are_laid_out),
        cmocka_unit_test(floats_are_shortest),
        cmocka_unit_test(random_floats_return),
        cmocka_unit_test(every_spelling_of_a_float),
        cmocka_unit_test(what_is_no_float_is_refused),
        cmocka_unit_test(half_way_cases),
        cmocka_unit_test(random_texts_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
