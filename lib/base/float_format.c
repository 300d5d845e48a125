/* Floats to text: the shortest digits by Schubfach (Raffaello Giulietti, "The Schubfach way to render doubles",
 * 2020), laid out by hand. */
#include "base/number.h"

#include <string.h>

#include "base/digits.h"
#include "base/float_powers.h"

/* digits * 10^exponent; the digits do not end in 0. */
typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

/* factor * power / 2^128, rounded to odd: the last bit is set when something was cut off. `power` is a little too
 * large, by less than a power's last bit; no fraction that occurs is so small that it could be taken for that. */
static uint64_t scale(ctr_wide power, uint64_t factor)
{
    ctr_wide low = ctr_wide_product(power.low, factor);
    ctr_wide high = ctr_wide_product(power.high, factor);
    uint64_t fraction = high.low + low.high;
    uint64_t whole = high.high + (fraction < high.low);
    return whole | (fraction > 1);
}

/* The shortest decimal that is nearer to mantissa * 2^exponent than to its neighbours; of several, the nearest. */
static decimal shortest(uint64_t mantissa, int exponent, bool lower_neighbour_is_near)
{
    /* Everything below is in quarters of 10^k, so that the bounds, half way to the neighbours, are whole numbers. */
    bool is_odd = mantissa & 1; /* then the bounds themselves read back as the neighbours */
    int k = (exponent * 1262611 - (lower_neighbour_is_near ? 524031 : 0)) >> 22;
    int shift = exponent + ctr_log2_of_power(-k) + 1;
    ctr_wide power = ctr_power_of_ten(-k);
    power.low++;
    power.high += power.low == 0;

    uint64_t value = scale(power, (4 * mantissa) << shift);
    uint64_t lower = scale(power, (4 * mantissa - 2 + lower_neighbour_is_near) << shift) + is_odd;
    uint64_t upper = scale(power, (4 * mantissa + 2) << shift) - is_odd;

    uint64_t whole = value / 4;
    if (whole >= 10) {
        uint64_t tens = whole / 10;
        bool below_fits = lower <= 40 * tens;
        bool above_fits = 40 * tens + 40 <= upper;
        if (below_fits != above_fits)
            return (decimal){tens + above_fits, k + 1};
    }
    bool below_fits = lower <= 4 * whole;
    bool above_fits = 4 * whole + 4 <= upper;
    if (below_fits != above_fits)
        return (decimal){whole + above_fits, k};
    uint64_t middle = 4 * whole + 2;
    return (decimal){whole + (value > middle || (value == middle && (whole & 1))), k};
}

static char *put_zeros(char *out, int count)
{
    for (; count > 0; count--)
        *out++ = '0';
    return out;
}

/* Copies digits, and touches as many bytes as there can be. */
static inline void copy_digits(char *out, const char *digits) { memcpy(out, digits, CTR_DIGITS_ROOM); }

static char *put_decimal(char *out, decimal d)
{
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    char digits[2 * CTR_DIGITS_ROOM] = {0};
    int count = (int)(ctr_put_digits(digits, d.digits) - digits);
    int point = count + d.exponent; /* the value is 0.DIGITS * 10^point */

    if (point < -6 || point > 21) {
        *out++ = digits[0];
        if (count > 1) {
            *out++ = '.';
            copy_digits(out, digits + 1);
            out += count - 1;
        }
        *out++ = 'e';
        return ctr_format_i64(out, point - 1);
    }
    if (point <= 0) {
        memcpy(out, "0.000000", 8);
        copy_digits(out + 2 - point, digits);
        return out + 2 - point + count;
    }
    copy_digits(out, digits);
    if (point < count) {
        out[point] = '.';
        copy_digits(out + point + 1, digits + point);
        return out + count + 1;
    }
    return put_zeros(out + count, d.exponent);
}

/* Whether mantissa * 2^exponent is nearer to a number of no more than three decimals and 15 digits than to its
 * neighbours. There is one of so few digits at most that reads back as the same float, so it is the shortest. */
static inline bool has_few_decimals(uint64_t mantissa, int exponent, decimal *d)
{
    if (exponent > -1 || exponent < -62)
        return false;
    uint64_t thousands = mantissa * 1000, half = UINT64_C(1) << (-exponent - 1);
    uint64_t rounded = (thousands + half) >> -exponent, back = rounded << -exponent;
    *d = (decimal){rounded, -3};
    uint64_t near = mantissa == UINT64_C(1) << 52 ? 250 : 500; /* half way to a neighbour, and to one below 2^n */
    return (back > thousands ? back - thousands : thousands - back) < near && rounded && rounded < 1000000000000000;
}

static char *put_text(char *out, const char *text, size_t size)
{
    memcpy(out, text, size);
    return out + size;
}

char *ctr_format_float(char *out, double f)
{
    uint64_t bits;
    memcpy(&bits, &f, sizeof bits);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int biased = (int)(bits >> 52 & 0x7FF);
    if (biased == 0x7FF && fraction)
        return put_text(out, "NaN", 3);
    if (bits >> 63)
        *out++ = '-';
    if (biased == 0x7FF)
        return put_text(out, "inf", 3);

    /* The value is mantissa * 2^exponent. */
    uint64_t mantissa = biased ? fraction | UINT64_C(1) << 52 : fraction;
    int exponent = (biased ? biased : 1) - 1075;
    if (mantissa == 0)
        return put_text(out, "0", 1);
    if (exponent <= 0 && exponent > -53 && (mantissa & ((UINT64_C(1) << -exponent) - 1)) == 0)
        return ctr_format_u64(out, mantissa >> -exponent); /* whole, and no neighbour within 1/2 */
    decimal few;
    if (has_few_decimals(mantissa, exponent, &few))
        return put_decimal(out, few);
    return put_decimal(out, shortest(mantissa, exponent, fraction == 0 && biased > 1));
}

char *ctr_format_float_number(char *out, double f)
{
    char *end = ctr_format_float(out, f);
    for (char *p = out; p < end; p++)
        if (*p == '.' || *p == 'e')
            return end;
    return put_text(end, ".0", 2);
}
