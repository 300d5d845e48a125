/* What the decoder has to say about its input. */
#include <stdio.h>

#include "codec/cbor/decoding.h"

void ctr_cbor_add_note(decoder *d, ctrace_leniency leniency, const char *at)
{
    if (d->note_count < CTR_CBOR_MAX_NOTES)
        d->notes[d->note_count++] = (ctr_cbor_note){leniency, at};
}

const char *ctr_cbor_cut(decoder *d)
{
    d->status = CTRACE_TRUNCATED;
    return NULL;
}

const char *ctr_cbor_no_memory(decoder *d)
{
    d->status = CTRACE_NO_MEMORY;
    return NULL;
}

/* What stands at `p`, in words. */
static void describe(const decoder *d, const char *p, char out[64])
{
    static const char *const names[] = {"the number ", "the number -", "a byte string", "the text ",
                                        "a list",      "a map",        "a tag",         ""};
    unsigned char c = byte_at(p);
    unsigned major = c >> 5, info = c & 31;
    if (major == 7) {
        const char *what = info == 20   ? "false"
                           : info == 21 ? "true"
                           : info == 22 ? "null"
                           : info == 23 ? "undefined"
                           : info == 31 ? "the end of a list or map"
                           : info >= 25 ? "a float"
                                        : "a simple value";
        snprintf(out, 64, "%s", what);
        return;
    }
    uint64_t n = 0;
    const char *after = info < 28 ? head_number(p, &n) : p;
    if (major == 0)
        snprintf(out, 64, "%s%llu", names[0], (unsigned long long)n);
    else if (major == 1 && n < UINT64_MAX)
        snprintf(out, 64, "%s%llu", names[1], (unsigned long long)n + 1);
    else if (major == 3 && info < 28 && n <= bytes_left(d, after)) {
        size_t size = n > 32 ? 32 : (size_t)n;
        char *to = out + snprintf(out, 64, "%s\"", names[3]);
        for (size_t i = 0; i < size; i++)
            *to++ = after[i] >= ' ' && after[i] <= '~' ? after[i] : '?';
        memcpy(to, n > size ? "...\"" : "\"", n > size ? 5 : 2);
    } else
        snprintf(out, 64, "%s", major == 3 ? "a text" : major == 1 ? "a number" : names[major]);
}

const char *ctr_cbor_bad_syntax(decoder *d, const char *p, const char *expected)
{
    if (p >= d->end)
        return ctr_cbor_cut(d);
    d->status = CTRACE_SYNTAX;
    d->failed_at = p;
    snprintf(d->message, sizeof d->message, "expected %s, found the byte 0x%02X", expected, byte_at(p));
    return NULL;
}

const char *ctr_cbor_bad_event(decoder *d, const char *p, const char *where, const char *field, const char *expected)
{
    if (p >= d->end)
        return ctr_cbor_cut(d);
    char found[64];
    describe(d, p, found);
    d->status = CTRACE_EVENT;
    d->failed_at = p;
    snprintf(d->message, sizeof d->message, "%s%s%s: expected %s, found %s", where, field && *field ? "." : "",
             field ? field : "", expected, found);
    return NULL;
}

const char *ctr_cbor_bad_field(decoder *d, const char *p, const record *r, size_t index, const char *expected)
{
    return ctr_cbor_bad_event(d, p, r->name.text, r->model->fields[index].name, expected);
}
