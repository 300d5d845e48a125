/* replay FILE…: gives a fuzz target each file, as libFuzzer does when it is given files. */
#include "fuzz.h"

static void replay(const char *name)
{
    FILE *file = fopen(name, "rb");
    PROMISE(file);
    bytes content = {0};
    uint8_t block[4096];
    for (size_t got; (got = fread(block, 1, sizeof block, file)) > 0;)
        bytes_add(&content, block, got);
    fclose(file);
    /* In a block of its own size, so that a sanitizer sees what reads behind it. */
    uint8_t *exact = malloc(content.size ? content.size : 1);
    PROMISE(exact);
    if (content.size)
        memcpy(exact, content.data, content.size);
    LLVMFuzzerTestOneInput(exact, content.size);
    free(exact);
    bytes_free(&content);
}

int main(int count, char **names)
{
    for (int i = 1; i < count; i++)
        replay(names[i]);
    printf("%d files replayed\n", count - 1);
    return count > 1 ? 0 : 2;
}
