/* Integers. Floats are in float_format.c and float_parse.c. */
#include "base/number.h"

#include <string.h>

#include "base/digits.h"

char *ctr_put_many_digits(char *p, uint64_t u)
{
    const uint64_t most = 100000000;
    uint64_t high = u / most;
    if (high == 0)
        return ctr_put_few_digits(p, (uint32_t)u);
    if (high < most) {
        p = ctr_put_few_digits(p, (uint32_t)high);
    } else {
        p = ctr_put_few_digits(p, (uint32_t)(high / most));
        p = ctr_put_eight_digits(p, (uint32_t)(high % most));
    }
    return ctr_put_eight_digits(p, (uint32_t)(u % most));
}

char *ctr_format_u64(char *out, uint64_t u)
{
    char digits[CTR_DIGITS_ROOM]; /* no byte of `out` behind the digits is touched */
    size_t size = (size_t)(ctr_put_digits(digits, u) - digits);
    memcpy(out, digits, size);
    return out + size;
}

char *ctr_format_i64(char *out, int64_t i)
{
    if (i >= 0)
        return ctr_format_u64(out, (uint64_t)i);
    *out++ = '-';
    return ctr_format_u64(out, 0 - (uint64_t)i);
}

/* Digits only, at least one, and no more than `limit`. */
static bool parse_magnitude(const char *text, size_t size, uint64_t limit, uint64_t *out)
{
    if (size == 0)
        return false;
    uint64_t sum = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9 || digit > limit || sum > (limit - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *out = sum;
    return true;
}

bool ctr_parse_u64(const char *text, size_t size, uint64_t *out)
{
    bool negative = size > 0 && text[0] == '-';
    if (negative || (size > 0 && text[0] == '+')) {
        text++;
        size--;
    }
    return parse_magnitude(text, size, negative ? 0 : UINT64_MAX, out);
}

bool ctr_parse_i64(const char *text, size_t size, int64_t *out)
{
    bool negative = size > 0 && text[0] == '-';
    if (negative || (size > 0 && text[0] == '+')) {
        text++;
        size--;
    }
    uint64_t magnitude;
    if (!parse_magnitude(text, size, (uint64_t)INT64_MAX + negative, &magnitude))
        return false;
    /* The least number has no positive counterpart, so the minus goes on one less. */
    *out = negative && magnitude ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    return true;
}

static void reverse(void *bytes, size_t size)
{
    unsigned char *p = bytes;
    for (size_t i = 0; i < size / 2; i++) {
        unsigned char low = p[i];
        p[i] = p[size - 1 - i];
        p[size - 1 - i] = low;
    }
}

/* Twelve digits need a little less than 40 bits. */
size_t ctr_big_int_bytes(size_t digits)
{
    return digits / 12 * 5 + 5;
}

size_t ctr_big_int_from_decimal(uint8_t *out, const char *digits, size_t size)
{
    /* It grows in `out` with the lowest byte first, by as many digits a round as a carry has room for. */
    size_t used = 0;
    for (size_t at = 0; at < size;) {
        uint64_t carry = 0, scale = 1;
        size_t stop = size - at < 16 ? size : at + 16;
        for (; at < stop; at++) {
            carry = carry * 10 + (uint64_t)(digits[at] - '0');
            scale *= 10;
        }
        for (size_t i = 0; i < used; i++) {
            carry += out[i] * scale;
            out[i] = (uint8_t)carry;
            carry >>= 8;
        }
        for (; carry; carry >>= 8)
            out[used++] = (uint8_t)carry;
    }
    reverse(out, used);
    return used;
}

bool ctr_small_int(const uint8_t *magnitude, size_t size, bool negative, int64_t *small)
{
    uint64_t u = 0;
    if (size > sizeof u)
        return false;
    for (size_t i = 0; i < size; i++)
        u = u << 8 | magnitude[i];
    if (u > INT64_MAX && !(negative && u == (uint64_t)INT64_MAX + 1))
        return false;
    *small = u > INT64_MAX ? INT64_MIN : negative ? -(int64_t)u : (int64_t)u;
    return true;
}
