/* Puts bytes into the wrapping that a form has around its events, so that a fuzzer changes what matters instead of
 * breaking compressed frames all the time. The results are to be freed. */
#ifndef CTRACE_TESTS_FUZZ_WRAP_H
#define CTRACE_TESTS_FUZZ_WRAP_H

#include "fuzz.h"

/* One zstd frame. */
void wrap_frame(bytes *out, const uint8_t *data, size_t size);
/* trace.bin version 1: the bytes in frames of `frame` bytes, with a seek table or without. */
bytes wrap_bin(const uint8_t *data, size_t size, size_t frame, bool with_table);
/* trace.bin version 0: the bytes as an unpacked message. */
bytes wrap_bin_v0(const uint8_t *data, size_t size);
/* A container. Its files are described one after another: a byte that chooses the name, one that chooses what is done
 * with the content (0 nothing, 1 a chunk as in events.log, 2 a frame with an index beside), two with its size, the
 * content. */
bytes wrap_ct(const uint8_t *data, size_t size);

#endif
