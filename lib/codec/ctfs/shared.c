#include "codec/ctfs/shared.h"

#include "base/failure.h"
#include "codec/ctfs/mend.h"

void ctr_ctfs_shared_init(ctr_ctfs_shared *s, ctr_decoder *decoder, ctr_ctfs *container)
{
    s->decoder = decoder;
    s->container = container;
    s->allocator = decoder->options.allocator;
    s->max_event_bytes = decoder->options.max_event_bytes;
    s->here = (ctrace_position){0};
    s->texts = (ctr_arena){.allocator = s->allocator};
    ctr_cbor_decoder_init(&s->cbor, decoder->options.max_depth, s->allocator);
    s->cbor.in_container = true;
}

void ctr_ctfs_shared_free(ctr_ctfs_shared *s)
{
    ctr_cbor_decoder_free(&s->cbor);
    ctr_arena_free(&s->texts);
}

void ctr_ctfs_note(ctr_ctfs_shared *s, ctrace_leniency leniency) { ctr_decoder_warn(s->decoder, leniency, s->here); }

ctrace_status ctr_ctfs_text(ctr_ctfs_shared *s, const char *data, size_t size, ctrace_str *out, ctrace_error *error)
{
    bool mended = false;
    *out = (ctrace_str){data, size};
    if (!ctr_mend_text(&s->texts, out, &mended))
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for a text");
    if (mended)
        ctr_ctfs_note(s, CTRACE_LENIENCY_TEXT_INVALID);
    return CTRACE_OK;
}

ctrace_status ctr_ctfs_judge_cbor(ctr_ctfs_shared *s, ctrace_status status, const char *end, const char *what,
                                  ctrace_error *error)
{
    const ctr_cbor_decoder *d = &s->cbor;
    if (status == CTRACE_NO_MEMORY)
        return ctr_fail(error, status, "no memory for %s", what);
    for (size_t i = 0; i < d->note_count; i++)
        ctr_ctfs_note(s, d->notes[i].leniency);
    if (status == CTRACE_OK && d->after == end)
        return CTRACE_OK;
    if (status == CTRACE_OK)
        return ctr_fail(error, CTRACE_EVENT, "%s: bytes follow its end", what);
    return ctr_fail(error, ctr_ctfs_is_passing(status) ? status : CTRACE_EVENT, "%s: %.200s", what, d->message);
}

ctrace_status ctr_ctfs_decode_value(ctr_ctfs_shared *s, const char *data, size_t size, const char *what,
                                    const ctrace_value **out, ctrace_error *error)
{
    ctrace_status status = ctr_cbor_decode_value(&s->cbor, data, data + size, out);
    return ctr_ctfs_judge_cbor(s, status, data + size, what, error);
}
