/* JSON and JSON lines, and whatever form the first bytes tell. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all(data, size);
    return 0;
}
