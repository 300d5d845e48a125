/* UUIDs of version 7: the time in front, so that they sort by age. */
#ifndef CTRACE_LIB_BASE_UUID_H
#define CTRACE_LIB_BASE_UUID_H

#include <stdint.h>

#define CTR_UUID_SIZE 36

/* Writes 36 characters in lower case, without NUL. */
void ctr_uuid7(char out[CTR_UUID_SIZE]);
/* A number that is hard to guess. */
uint64_t ctr_random_u64(void);

#endif
