/* The encoder of trace.bin version 1. Frames end where events do. */
#include "base/failure.h"
#include "codec/cbor/encode.h"
#include "codec/encoder.h"
#include "io/frames.h"
#include "io/frames_write.h"

static const char header[] = "\xC0\xDE\x72\xAC\xE2\x01\x00\x00";
#define HEADER_SIZE (sizeof header - 1)

/* So much is given to the other thread at once. Packing it takes longer than half a millisecond: a thread that works
 * and sleeps in shorter turns may stay on the processor of the one that wakes it, and the two take turns. */
#define PORTION ((size_t)512 << 10)

/* A portion that is larger is packed as a frame of its own when its repeats are known. Smaller ones go on where those
 * before them ended, which packs better: a slow program's are flushed a few at a time. */
#define FRAME_LEAST ((size_t)64 << 10)

/* Who asks for a higher level wants a smaller file than the known repeats alone give. */
#define KNOWN_LEVEL 3

typedef struct bin_encoder {
    ctr_encoder base;
    ctr_frames_out frames;
    ctr_cbor_encoder cbor;
    ctr_buffer out;      /* events that wait */
    uint64_t given;      /* bytes of events before them, */
    uint64_t frame;      /* and of those in the open frame */
    ctr_repeats *repeats; /* NULL: they are not looked for */
    ctrace_status failed;
} bin_encoder;

static bin_encoder *encoder_of(ctr_encoder *base) { return (bin_encoder *)(void *)base; }

static ctrace_status keep_failure(bin_encoder *e, ctrace_status status)
{
    e->failed = status;
    e->base.system_error = e->frames.system_error;
    return status;
}

/* Gives the first `size` bytes that wait to the open frame; what is behind them goes on waiting. */
static ctrace_status give(bin_encoder *e, size_t size, bool ends_frame)
{
    char *data = e->out.data;
    size_t rest = e->out.size - size;
    e->out.size = size;
    e->given += size;
    ctr_known *known = NULL;
    if (e->repeats && ctr_repeats_end(e->repeats, e->out.data, size) && size >= FRAME_LEAST)
        known = &e->repeats->known;
    ends_frame = ends_frame || known; /* as it does when they are of no use, so that no frame becomes too large */
    e->frame = ends_frame ? 0 : e->frame + size;
    ctrace_status status = ctr_frames_out_put(&e->frames, &e->out, ends_frame, known);
    if (e->repeats)
        ctr_repeats_begin(e->repeats, size);
    if (status == CTRACE_OK && rest) {
        if (e->out.data != data && !ctr_buffer_reserve(&e->out, rest))
            return keep_failure(e, CTRACE_NO_MEMORY);
        memmove(e->out.data, data + size, rest);
        e->out.size = rest;
    }
    return status == CTRACE_OK ? CTRACE_OK : keep_failure(e, status);
}

/* The event that begins at `begin` is there. */
static ctrace_status event_done(bin_encoder *e, size_t begin)
{
    ctrace_status status = CTRACE_OK;
    if (e->frame + e->out.size > CTR_FRAME_PLAIN && e->frame + begin > 0)
        status = give(e, begin, true);
    if (e->repeats)
        ctr_repeats_look_soon(e->repeats, e->out.data, e->out.size);
    if (e->base.options.aside && e->out.size >= PORTION)
        status = give(e, e->out.size, false);
    e->base.waiting = e->out.size;
    e->base.bytes = e->given + e->out.size;
    return status;
}

static ctrace_status put_event(ctr_encoder *base, const ctrace_event *event)
{
    bin_encoder *e = encoder_of(base);
    if (e->failed != CTRACE_OK)
        return e->failed;
    size_t begin = e->out.size;
    uint32_t parts = e->repeats ? e->repeats->count : 0;
    if (!ctr_cbor_encode_event(&e->cbor, &e->out, event)) {
        e->out.size = begin;
        if (e->repeats)
            ctr_repeats_forget(e->repeats, parts);
        return CTRACE_NO_MEMORY;
    }
    base->texts_mended = e->cbor.texts_mended;
    return event_done(e, begin);
}

static bool encode(ctr_encoder *base, ctr_buffer *out, const ctrace_event *event)
{
    bin_encoder *e = encoder_of(base);
    e->cbor.repeats = NULL; /* it lies elsewhere */
    bool ok = ctr_cbor_encode_event(&e->cbor, out, event);
    e->cbor.repeats = e->repeats;
    base->texts_mended = e->cbor.texts_mended;
    return ok;
}

static ctrace_status put_encoded(ctr_encoder *base, const char *bytes, const ctr_encoded *events, size_t count)
{
    bin_encoder *e = encoder_of(base);
    if (e->failed != CTRACE_OK)
        return e->failed;
    size_t begin = e->out.size, size = 0;
    for (size_t i = 0; i < count; i++)
        size += events[i].size;
    if (!ctr_buffer_append(&e->out, bytes, size))
        return CTRACE_NO_MEMORY;
    for (size_t i = 0, at = begin; e->repeats && i < count; at += events[i++].size)
        ctr_repeats_part(e->repeats, e->out.data, at, CTR_REPEATS_ENCODED, events[i].key);
    return event_done(e, begin);
}

static ctrace_status flush_events(ctr_encoder *base)
{
    bin_encoder *e = encoder_of(base);
    if (e->failed != CTRACE_OK)
        return e->failed;
    ctrace_status status = e->out.size ? give(e, e->out.size, false) : CTRACE_OK;
    base->waiting = e->out.size;
    if (status == CTRACE_OK && (status = ctr_frames_out_flush(&e->frames)) != CTRACE_OK)
        keep_failure(e, status);
    return status;
}

static ctrace_status finish(ctr_encoder *base, const ctr_trace_facts *facts)
{
    (void)facts; /* they stand in files beside the events */
    bin_encoder *e = encoder_of(base);
    ctrace_status status = flush_events(base);
    if (status == CTRACE_OK && (status = ctr_frames_out_finish(&e->frames)) != CTRACE_OK)
        keep_failure(e, status);
    return status;
}

static void free_rest(bin_encoder *e)
{
    if (e->repeats)
        ctr_repeats_free(e->repeats);
    ctr_free(e->base.options.allocator, e->repeats, e->repeats ? sizeof *e->repeats : 0);
    ctr_buffer_free(&e->out);
    ctr_free(e->base.options.allocator, e, sizeof *e);
}

static void close_encoder(ctr_encoder *base)
{
    ctr_frames_out_free(&encoder_of(base)->frames);
    free_rest(encoder_of(base));
}

static void abandon(ctr_encoder *base)
{
    ctr_frames_out_abandon(&encoder_of(base)->frames);
    free_rest(encoder_of(base));
}

static const ctr_encoder_class class = {
    .form = CTRACE_FORM_BIN,
    .event = put_event,
    .flush = flush_events,
    .finish = finish,
    .close = close_encoder,
    .abandon = abandon,
    .encode = encode,
    .put_encoded = put_encoded,
};

ctrace_status ctr_cbor_open_encoder(ctr_encoder **out, const ctr_encoder_options *options, ctrace_error *error)
{
    *out = NULL;
    bin_encoder *e = ctr_alloc_zero(options->allocator, sizeof *e);
    if (!e)
        return ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
    e->base.class = &class;
    e->base.options = *options;
    e->out.allocator = options->allocator;
    ctr_cbor_floats floats =
        options->floats == CTRACE_FLOAT_NUMBER ? CTR_CBOR_FLOAT_NUMBER : CTR_CBOR_FLOAT_TEXT;
    ctr_cbor_encoder_init(&e->cbor, CTR_CBOR_BIN, floats);
    if (ctr_frames_out_init(&e->frames, options->sink, options->truncate, header, HEADER_SIZE, options->level,
                            options->aside, options->allocator) != CTRACE_OK) {
        free_rest(e);
        return ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
    }
    /* The other thread has the time to search, and this one has more to do than it. */
    if (!options->aside && options->level <= KNOWN_LEVEL && ctr_packing_take_known(&e->frames.packing, options->level)) {
        e->repeats = e->cbor.repeats = ctr_alloc(options->allocator, sizeof *e->repeats);
        if (!e->repeats) {
            close_encoder(&e->base);
            return ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
        }
        ctr_repeats_init(e->repeats, options->allocator);
    }
    *out = &e->base;
    return CTRACE_OK;
}
