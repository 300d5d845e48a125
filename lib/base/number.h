/* Numbers to text and back, independent of the locale. */
#ifndef CTRACE_LIB_BASE_NUMBER_H
#define CTRACE_LIB_BASE_NUMBER_H

#include "ctrace/common.h"

/* Write decimal digits to `out` and return one past the last; at most 20 bytes. */
char *ctr_format_u64(char *out, uint64_t u);
char *ctr_format_i64(char *out, int64_t i);

#define CTR_FLOAT_TEXT_MAX 48

/* The shortest text that reads back as the same float: positional for 1e-7 <= |f| < 1e21 ("1", "-0", "0.1"), with
 * exponent beyond ("1e300"); "NaN", "inf", "-inf". At most CTR_FLOAT_TEXT_MAX bytes; returns one past the last. */
char *ctr_format_float(char *out, double f);
/* The same as a JSON number of the kind float: a whole number gets ".0". `f` must be finite. */
char *ctr_format_float_number(char *out, double f);

/* Reads all of `text` as a float, correctly rounded: every spelling that Rust's f64 takes ("1", ".5", "5.", "1e5",
 * "+inf", "Infinity", "nan" in any case; overflow becomes infinity). False when it is none. */
bool ctr_parse_float(const char *text, size_t size, double *out);
/* Reads all of `text` as a decimal integer with optional minus (and plus); false when it is none or does not fit. */
bool ctr_parse_i64(const char *text, size_t size, int64_t *out);
bool ctr_parse_u64(const char *text, size_t size, uint64_t *out);
/* Turns decimal digits (no sign) into a big-endian magnitude without leading zeros. `out` has room for
 * ctr_big_int_bytes(size); returns how many bytes were used. Quadratic; the caller bounds `size`. */
size_t ctr_big_int_bytes(size_t digits);
size_t ctr_big_int_from_decimal(uint8_t *out, const char *digits, size_t size);

/* Whether an integer of that big-endian magnitude, without leading zeros, fits into int64; if so, *small is it. */
bool ctr_small_int(const uint8_t *magnitude, size_t size, bool negative, int64_t *small);

#endif
