/* Standard base64 with padding. */
#ifndef CTRACE_LIB_BASE_BASE64_H
#define CTRACE_LIB_BASE_BASE64_H

#include "ctrace/common.h"

static inline size_t ctr_base64_encoded_size(size_t bytes) { return (bytes + 2) / 3 * 4; }
/* Returns one past the last character written. */
char *ctr_base64_encode(char *out, const uint8_t *data, size_t size);
/* `out` has room for size / 4 * 3 + 3 bytes. *decoded is how many were written; *padded tells whether the padding was
 * there (as needed). False when the text is not base64. */
bool ctr_base64_decode(uint8_t *out, size_t *decoded, bool *padded, const char *text, size_t size);

#endif
