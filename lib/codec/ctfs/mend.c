#include "codec/ctfs/mend.h"

#include "base/utf8.h"

#define REPLACEMENT_BYTES 3

bool ctr_mend_text(ctr_arena *arena, ctrace_str *text, bool *mended)
{
    if (!text->size || ctr_utf8_valid_prefix(text->data, text->size) == text->size)
        return true;
    *mended = true;
    size_t room = text->size * REPLACEMENT_BYTES;
    char *copy = ctr_arena_take(arena, room);
    if (!copy)
        return false;
    size_t used = ctr_utf8_mend(copy, text->data, text->size);
    ctr_arena_trim(arena, room, used);
    *text = (ctrace_str){copy, used};
    return true;
}
