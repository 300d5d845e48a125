#include "base/uuid.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

uint64_t ctr_random_u64(void)
{
    uint64_t random = 0;
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    ssize_t n = file < 0 ? -1 : read(file, &random, sizeof random);
    if (file >= 0)
        close(file);
    if (n != (ssize_t)sizeof random) {
        /* Without a source of randomness: unlike what other processes and earlier calls get. */
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        random = ((uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec ^ (uint64_t)getpid() << 20) *
                 UINT64_C(0x9e3779b97f4a7c15);
    }
    return random;
}

void ctr_uuid7(char out[CTR_UUID_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    uint64_t high = ms << 16 | 0x7000 | (ctr_random_u64() & 0x0fff);
    uint64_t low = (ctr_random_u64() & (UINT64_MAX >> 2)) | UINT64_C(1) << 63;
    for (int digit = 0, at = 0; digit < 32; digit++) {
        if (digit == 8 || digit == 12 || digit == 16 || digit == 20)
            out[at++] = '-';
        uint64_t half = digit < 16 ? high : low;
        out[at++] = hex[half >> (60 - digit % 16 * 4) & 15];
    }
}
