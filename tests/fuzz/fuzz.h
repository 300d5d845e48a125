/* What the fuzz targets share. A target is one function over bytes that no input may crash, hang, or make leak; with
 * clang's libFuzzer it is driven by `./dev fuzz`, without it replay.c gives it the seeds in the tree. */
#ifndef CTRACE_TESTS_FUZZ_H
#define CTRACE_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ctrace/ctrace.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken promise ends the program, which is how a fuzzer learns of it. */
#define PROMISE(condition)                                                          \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                \
        }                                                                           \
    } while (0)

/* Bytes that grow. */
typedef struct bytes {
    uint8_t *data;
    size_t size, room;
} bytes;

void bytes_add(bytes *b, const void *data, size_t size);
void bytes_add_number(bytes *b, uint64_t number, size_t size); /* little-endian */
void bytes_free(bytes *b);

/* Reading from memory. The state outlives the source. */
typedef struct memory_input {
    const uint8_t *data;
    size_t size, at;
} memory_input;
ctrace_source memory_source(memory_input *input);

/* Writing to memory, at any place. */
ctrace_sink memory_sink(bytes *b);

/* Reads all events in small memory, looks at every byte of them, and goes on behind bad ones. Returns how it ended. */
ctrace_status read_all(const uint8_t *data, size_t size);

#endif
