/* UTF-8. */
#ifndef CTRACE_LIB_BASE_UTF8_H
#define CTRACE_LIB_BASE_UTF8_H

#include "ctrace/common.h"

/* How many leading bytes are valid UTF-8 (surrogates, overlong forms and what lies above U+10FFFF are not). */
size_t ctr_utf8_valid_prefix(const char *text, size_t size);
/* How many bytes at `text` (size >= 1, not a valid sequence) one U+FFFD stands for: the longest prefix of a
 * valid sequence, at least 1, as Unicode and Rust's from_utf8_lossy have it. */
size_t ctr_utf8_bad_length(const char *text, size_t size);
/* Writes a scalar value, 1 to 4 bytes; returns how many. A surrogate or too large a number becomes U+FFFD. */
size_t ctr_utf8_encode(char *out, uint32_t code_point);
/* Copies the text with U+FFFD for what is not valid; returns how many bytes that makes, at most three times as many.
 * With `out` NULL it only counts them. */
size_t ctr_utf8_mend(char *out, const char *text, size_t size);
/* How many bytes of the text, at most `most`, can stay without a character being cut. */
size_t ctr_utf8_cut(ctrace_str text, size_t most);
/* How many characters valid UTF-8 has. */
size_t ctr_utf8_length(const char *text, size_t size);

#endif
