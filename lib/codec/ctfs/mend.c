#include "codec/ctfs/mend.h"

#include <string.h>

#include "base/utf8.h"

#define REPLACEMENT_BYTES 3

bool ctr_mend_text(ctr_arena *arena, ctrace_str *text, bool *mended)
{
    size_t run = text->size ? ctr_utf8_valid_prefix(text->data, text->size) : 0;
    if (run == text->size)
        return true;
    const char *p = text->data, *end = p + text->size;
    *mended = true;
    size_t room = text->size * REPLACEMENT_BYTES, used = 0;
    char *copy = ctr_arena_take(arena, room);
    if (!copy)
        return false;
    while (p < end) {
        memcpy(copy + used, p, run);
        used += run;
        p += run;
        if (p < end) {
            used += ctr_utf8_encode(copy + used, 0xFFFD);
            p += ctr_utf8_bad_length(p, (size_t)(end - p));
        }
        run = p < end ? ctr_utf8_valid_prefix(p, (size_t)(end - p)) : 0;
    }
    ctr_arena_trim(arena, room, used);
    *text = (ctrace_str){copy, used};
    return true;
}
