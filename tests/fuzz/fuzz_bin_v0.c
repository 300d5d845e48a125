/* trace.bin version 0. The first byte tells: 0, the rest is the file; else it is the message before packing. */
#include "wrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] == 0) {
        read_all(data + 1, size - 1);
        return 0;
    }
    bytes file = wrap_bin_v0(data + 1, size - 1);
    read_all(file.data, file.size);
    bytes_free(&file);
    return 0;
}
