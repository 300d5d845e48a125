/* Text to floats, in whole numbers only, so that the processor's rounding mode does not matter. The first 19 digits
 * and a power of ten to 128 bits nearly always tell the nearest float (Daniel Lemire, "Number parsing at a gigabyte
 * per second", 2021); when they leave two, exact arithmetic decides. */
#include "base/number.h"

#include <string.h>

#include "base/float_powers.h"

/* No point half way between two floats has more digits than 768. */
enum { DIGITS_MAX = 800, DIGITS_FIRST = 19 };

#define INFINITY_BITS (UINT64_C(0x7FF) << 52)

/* digits * 10^exponent. The digits lie in the text, maybe with a point between them, without leading zeros. */
typedef struct decimal {
    const char *digits, *end;
    int64_t exponent;
    uint64_t first; /* the first DIGITS_FIRST of them */
    int64_t count;
} decimal;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads "1", "1.5", ".5", "5." and each with an exponent; all of the text or false. */
static bool read_decimal(const char *p, const char *end, decimal *d)
{
    const char *start = p, *point = NULL;
    while (p < end && (is_digit(*p) || (*p == '.' && !point))) {
        if (*p == '.')
            point = p;
        p++;
    }
    if (p - start == (point ? 1 : 0))
        return false;
    const char *digits_end = p;

    int64_t exponent = 0;
    if (p < end) {
        if (*p != 'e' && *p != 'E')
            return false;
        p++;
        bool negative = p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+'))
            p++;
        if (p == end)
            return false;
        for (; p < end; p++) {
            if (!is_digit(*p))
                return false;
            if (exponent < INT64_MAX / 100) /* more would not change the outcome: no text has so many digits */
                exponent = exponent * 10 + (*p - '0');
        }
        if (negative)
            exponent = -exponent;
    }
    if (point)
        exponent -= digits_end - (point + 1);

    while (start < digits_end && (*start == '0' || *start == '.'))
        start++;
    *d = (decimal){.digits = start, .end = digits_end, .exponent = exponent};
    for (p = start; p < digits_end; p++) {
        if (*p == '.')
            continue;
        if (d->count++ < DIGITS_FIRST)
            d->first = d->first * 10 + (uint64_t)(*p - '0');
    }
    return true;
}

/* The bits of the float nearest to number * 2^exponent; a tie goes to the even one unless there is `more`.
 * The number is at least 2^126. */
static uint64_t round_wide(ctr_wide number, int exponent, bool more)
{
    if (!(number.high >> 63)) {
        number.high = number.high << 1 | number.low >> 63;
        number.low <<= 1;
        exponent--;
    }
    int biased = exponent + 127 + 1023;
    if (biased >= 0x7FF)
        return INFINITY_BITS;
    /* A subnormal keeps fewer bits; its exponent field stays 0. */
    int cut = 11;
    if (biased < 1) {
        cut += 1 - biased;
        biased = 1;
    }
    if (cut > 64)
        return 0;
    uint64_t kept = cut == 64 ? 0 : number.high >> cut;
    uint64_t half = UINT64_C(1) << (cut - 1);
    uint64_t rest = cut == 64 ? number.high : number.high & (half * 2 - 1);
    bool up = rest > half || (rest == half && (number.low || more || (kept & 1)));
    /* The mantissa's first bit, and what rounding carries, go into the exponent. */
    return ((uint64_t)(biased - 1) << 52) + kept + up;
}

static bool add(ctr_wide *sum, ctr_wide addend)
{
    uint64_t low = sum->low + addend.low;
    uint64_t carry = low < sum->low;
    uint64_t high = sum->high + addend.high;
    bool overflow = high < sum->high;
    high += carry;
    overflow = overflow || high < carry;
    *sum = (ctr_wide){high, low};
    return !overflow;
}

static unsigned leading_zeros(uint64_t n)
{
    return (unsigned)__builtin_clzll(n);
}

/* The bits of the greatest and least float that the value may round to; they are the same or neighbours. The first
 * digits begin with another than 0, and `exponent` is theirs. `cut_off`: digits follow them. */
static void round_first_digits(uint64_t first, int exponent, bool cut_off, uint64_t *least, uint64_t *greatest)
{
    unsigned zeros = leading_zeros(first);
    ctr_wide power = ctr_power_of_ten(exponent);
    ctr_wide low = ctr_wide_product(first << zeros, power.low);
    ctr_wide floor = ctr_wide_product(first << zeros, power.high);
    add(&floor, (ctr_wide){0, low.high});
    int binary_exponent = ctr_log2_of_power(exponent) - 63 - (int)zeros;
    if (exponent >= 0 && exponent <= 55 && !cut_off) {
        *least = *greatest = round_wide(floor, binary_exponent, low.low != 0);
        return;
    }
    /* The power is less than its entry + 1, and the first digits are less than themselves + 1. */
    ctr_wide ceiling = floor;
    bool fits = add(&ceiling, (ctr_wide){0, 2});
    if (cut_off) {
        ctr_wide step = {zeros ? power.high >> (64 - zeros) : 0, power.high << zeros};
        fits = add(&ceiling, step) && add(&ceiling, (ctr_wide){0, (UINT64_C(2) << zeros) + 1}) && fits;
    }
    *least = round_wide(floor, binary_exponent, false);
    if (fits) {
        *greatest = round_wide(ceiling, binary_exponent, false);
    } else {
        /* The ceiling is just above 2^128, and the floor just below. */
        *greatest = round_wide((ctr_wide){UINT64_C(1) << 63, 0}, binary_exponent + 1, false);
    }
}

/* A whole number, the lowest limb first. Both sides of a comparison have less than 2900 bits: DIGITS_MAX + 1 digits on
 * the one, 54 bits times 5^(342 + DIGITS_MAX) on the other. */
typedef struct big {
    uint32_t limbs[96];
    unsigned used;
} big;

static void big_multiply_add(big *b, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (unsigned i = 0; i < b->used; i++) {
        carry += (uint64_t)b->limbs[i] * factor;
        b->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        b->limbs[b->used++] = (uint32_t)carry;
}

static void big_multiply_power_of_5(big *b, int exponent)
{
    for (; exponent >= 13; exponent -= 13)
        big_multiply_add(b, 1220703125, 0);
    for (; exponent > 0; exponent--)
        big_multiply_add(b, 5, 0);
}

static void big_shift(big *b, unsigned bits)
{
    unsigned limbs = bits / 32;
    if (b->used == 0)
        return;
    big_multiply_add(b, UINT32_C(1) << bits % 32, 0);
    memmove(b->limbs + limbs, b->limbs, b->used * sizeof *b->limbs);
    memset(b->limbs, 0, limbs * sizeof *b->limbs);
    b->used += limbs;
}

static int big_compare(const big *a, const big *b)
{
    if (a->used != b->used)
        return a->used < b->used ? -1 : 1;
    for (unsigned i = a->used; i-- > 0;)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    return 0;
}

/* Is the decimal below (-1), at (0) or above (1) the point half way between a float and the next? */
static int compare_with_half_way(const decimal *d, uint64_t float_bits)
{
    big left = {.used = 0}, right = {.used = 0};
    int64_t exponent = d->exponent + d->count;
    unsigned count = 0;
    for (const char *p = d->digits; p < d->end; p++) {
        if (*p == '.')
            continue;
        if (count == DIGITS_MAX) {
            /* That there is more counts, not what. */
            if (*p == '0')
                continue;
            big_multiply_add(&left, 10, 1);
            exponent--;
            break;
        }
        big_multiply_add(&left, 10, (uint32_t)(*p - '0'));
        exponent--;
        count++;
    }

    uint64_t mantissa = float_bits & ((UINT64_C(1) << 52) - 1);
    int biased = (int)(float_bits >> 52);
    if (biased)
        mantissa |= UINT64_C(1) << 52;
    uint64_t half_way = 2 * mantissa + 1;
    int binary_exponent = (biased ? biased : 1) - 1076;
    right.limbs[0] = (uint32_t)half_way;
    right.limbs[1] = (uint32_t)(half_way >> 32);
    right.used = right.limbs[1] ? 2 : 1;

    /* left * 10^exponent against right * 2^binary_exponent, each factor on the side where it is whole. */
    big_multiply_power_of_5(exponent >= 0 ? &left : &right, (int)(exponent >= 0 ? exponent : -exponent));
    int shift = (int)exponent - binary_exponent;
    big_shift(shift >= 0 ? &left : &right, (unsigned)(shift >= 0 ? shift : -shift));
    return big_compare(&left, &right);
}

static uint64_t nearest_float(const decimal *d)
{
    if (d->count == 0)
        return 0;
    /* The exponent of the first digits. */
    int64_t exponent = d->exponent + (d->count > DIGITS_FIRST ? d->count - DIGITS_FIRST : 0);
    if (exponent > 308)
        return INFINITY_BITS;
    if (exponent < CTR_POWER_LEAST)
        return 0; /* less than 10^19 * 10^-343, and half the least float is more */
    uint64_t least, greatest;
    round_first_digits(d->first, (int)exponent, d->count > DIGITS_FIRST, &least, &greatest);
    if (least == greatest)
        return least;
    int side = compare_with_half_way(d, least);
    return side > 0 || (side == 0 && (least & 1)) ? greatest : least;
}

static bool equals_ignoring_case(const char *text, size_t size, const char *word)
{
    if (size != strlen(word))
        return false;
    for (size_t i = 0; i < size; i++)
        if ((text[i] | 0x20) != word[i])
            return false;
    return true;
}

bool ctr_parse_float(const char *text, size_t size, double *out)
{
    uint64_t sign = 0, bits;
    if (size && (text[0] == '-' || text[0] == '+')) {
        sign = (uint64_t)(text[0] == '-') << 63;
        text++;
        size--;
    }
    decimal d;
    if (size == 0)
        return false;
    if (read_decimal(text, text + size, &d))
        bits = nearest_float(&d);
    else if (equals_ignoring_case(text, size, "inf") || equals_ignoring_case(text, size, "infinity"))
        bits = INFINITY_BITS;
    else if (equals_ignoring_case(text, size, "nan"))
        bits = INFINITY_BITS | UINT64_C(1) << 51;
    else
        return false;
    bits |= sign;
    memcpy(out, &bits, sizeof bits);
    return true;
}
