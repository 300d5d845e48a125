#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *ctr_base64_encode(char *out, const uint8_t *data, size_t size)
{
    size_t at = 0;
    for (; size - at >= 3; at += 3) {
        uint32_t bits = (uint32_t)data[at] << 16 | (uint32_t)data[at + 1] << 8 | data[at + 2];
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = alphabet[bits >> 6 & 63];
        *out++ = alphabet[bits & 63];
    }
    if (size - at == 1) {
        *out++ = alphabet[data[at] >> 2];
        *out++ = alphabet[(data[at] & 3) << 4];
        *out++ = '=';
        *out++ = '=';
    } else if (size - at == 2) {
        uint32_t bits = (uint32_t)data[at] << 8 | data[at + 1];
        *out++ = alphabet[bits >> 10];
        *out++ = alphabet[bits >> 4 & 63];
        *out++ = alphabet[bits << 2 & 63];
        *out++ = '=';
    }
    return out;
}

/* The six bits of a digit, or -1. */
static int digit_bits(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool ctr_base64_decode(uint8_t *out, size_t *decoded, bool *padded, const char *text, size_t size)
{
    size_t digits = size;
    while (digits > 0 && size - digits < 2 && text[digits - 1] == '=')
        digits--;
    /* Padding is all or nothing: it fills the last group of four, or it is not there. */
    if (digits % 4 == 1 || (digits < size && (size % 4 != 0 || digits % 4 == 0)))
        return false;
    *padded = size % 4 == 0;

    uint8_t *end = out;
    uint32_t bits = 0;
    unsigned held = 0; /* bits at the low end of `bits` that are not written yet */
    for (size_t i = 0; i < digits; i++) {
        int six = digit_bits(text[i]);
        if (six < 0)
            return false;
        bits = bits << 6 | (uint32_t)six;
        held += 6;
        if (held >= 8) {
            held -= 8;
            *end++ = (uint8_t)(bits >> held);
            bits &= (UINT32_C(1) << held) - 1;
        }
    }
    *decoded = (size_t)(end - out);
    return bits == 0; /* the bits that are left over say nothing and must be 0 */
}
