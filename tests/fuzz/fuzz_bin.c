/* trace.bin version 1. The first byte tells: 0, the rest is the file; else it is the events, in frames of as many bytes
 * times 16, with a seek table when it is even. */
#include "wrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] == 0) {
        read_all(data + 1, size - 1);
        return 0;
    }
    bytes file = wrap_bin(data + 1, size - 1, (size_t)data[0] * 16, data[0] % 2 == 0);
    read_all(file.data, file.size);
    bytes_free(&file);
    return 0;
}
