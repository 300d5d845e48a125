#include "codec/cbor/bin_find.h"

#include <string.h>

#include "model/model.h"

/* The kind whose name with its head is at `p`. */
static bool read_name(const char *p, const char *end, ctrace_event_kind *kind, const char **after)
{
    if (p >= end || (unsigned char)*p < 0x60 || (unsigned char)*p >= 0x78)
        return false;
    size_t size = (unsigned char)*p - 0x60u;
    if ((size_t)(end - p) < size + 1)
        return false;
    int found = ctr_name_find(ctr_event_names, CTRACE_EVENT_KIND_COUNT, p + 1, size);
    *kind = (ctrace_event_kind)found;
    *after = p + 1 + size;
    return found >= 0;
}

bool ctr_cbor_event_begins(const char *p, const char *end, ctrace_event_kind *kind)
{
    const char *after;
    if (p >= end)
        return false;
    if ((unsigned char)*p == 0xA1)
        return read_name(p + 1, end, kind, &after) && ctr_events[*kind].shape != CTR_SHAPE_UNIT;
    return read_name(p, end, kind, &after) && ctr_events[*kind].shape == CTR_SHAPE_UNIT;
}

void ctr_cbor_guess_event(const char *p, const char *end, ctr_bad_event *out)
{
    static const char function_id[] = "\xA2\x6B" "function_id";
    const size_t size = sizeof function_id - 1;
    *out = (ctr_bad_event){0};
    if (p >= end || ((unsigned char)*p != 0xA1 && (unsigned char)*p >> 5 != 3))
        return;
    const char *after;
    out->kind_known = read_name(p + ((unsigned char)*p == 0xA1), end, &out->kind, &after);
    if (!out->kind_known || out->kind != CTRACE_EVENT_CALL || (size_t)(end - after) <= size ||
        memcmp(after, function_id, size) != 0)
        return;
    const unsigned char *id = (const unsigned char *)after + size;
    unsigned info = *id;
    size_t bytes = info < 24 ? 0 : (size_t)1 << (info - 24 < 4 ? info - 24 : 0);
    if (info >= 28 || (size_t)(end - after) <= size + bytes)
        return;
    out->function_known = true;
    out->function_id = info < 24 ? info : 0;
    for (size_t i = 1; i <= bytes; i++)
        out->function_id = out->function_id << 8 | id[i];
}
