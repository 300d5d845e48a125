/* Writes trace.bin version 0. The list of events stands in front of what they hold, and how long it is is known at the
 * end only. So what they hold is packed as it comes and kept in a file without a name, as is where each event's lies;
 * the end writes the list and copies the rest behind it. Until then there is nothing that could be brought to the sink,
 * so flushing does nothing.
 *
 * What fits lies in the first segment, behind the list, which leads to it with near pointers. What comes then lies in
 * further segments, with a landing pad in front of what each event holds. */
#include "codec/capnp/encoder.h"

#include <errno.h>
#include <unistd.h>

#include "base/failure.h"
#include "codec/capnp/encode.h"
#include "codec/capnp/pack.h"
#include "codec/capnp/wire.h"
#include "io/file.h"

#define HEAD           "\xC0\xDE\x72\xAC\xE2\0\0\0"
#define PACK_WORDS     ((size_t)4096)       /* are packed at once, */
#define PACKED_BYTES   ((size_t)256 << 10)  /* and written so many bytes at once */
#define ENTRIES        ((size_t)4096)       /* are written at once */
#define SEGMENT_WORDS  (UINT64_C(1) << 27)
#define LIST_BEGIN     3u /* words of the first segment: the root, the trace's one pointer, the list's head */
#define MOST_SEGMENTS  511u /* readers in use take no more */

/* Where an event's contents lie. */
typedef struct entry {
    uint64_t bits;    /* of the pointer to them; 0 when there are none */
    uint32_t word;    /* in their segment, in the first one behind the list; of the landing pad where there is one */
    uint16_t segment;
    uint8_t tag;
    uint8_t unused;
} entry;

/* Bytes that wait in memory and then lie in a file without a name. */
typedef struct spool {
    ctr_buffer waiting;
    uint64_t size; /* in the file */
    int file;      /* or -1 */
} spool;

typedef struct capnp_encoder {
    ctr_encoder base;
    ctr_capnp_words contents; /* that are not packed yet */
    spool packed;
    spool entries;
    uint64_t event_count;
    uint64_t *segments; /* words of each that has ended; of the first without the list */
    size_t segment_count, segment_capacity;
    uint64_t segment_begin; /* words of the segments before */
    uint64_t packed_words;  /* of all segments */
    uint64_t segment_limit;
    uint64_t offset; /* in the sink */
} capnp_encoder;

static ctrace_status fail(capnp_encoder *e, int system_error)
{
    e->base.system_error = system_error;
    return CTRACE_IO;
}

/* ---- Files without a name ---- */

static ctrace_status spool_out(capnp_encoder *e, spool *s)
{
    int failure = s->file < 0 ? ctr_open_spool(e->base.options.spool_folder, &s->file) : 0;
    if (!failure)
        failure = ctr_write_at(s->file, s->size, s->waiting.data, s->waiting.size);
    if (failure)
        return fail(e, failure);
    s->size += s->waiting.size;
    s->waiting.size = 0;
    return CTRACE_OK;
}

/* Reads what was written before. */
static ctrace_status spool_in(capnp_encoder *e, const spool *s, uint64_t offset, char *out, size_t size)
{
    while (size) {
        ssize_t got = pread(s->file, out, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(e, got < 0 ? errno : EIO);
        out += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return CTRACE_OK;
}

static void spool_free(spool *s)
{
    ctr_buffer_free(&s->waiting);
    if (s->file >= 0)
        close(s->file);
}

/* ---- Contents ---- */

/* Packs the words that wait. */
static ctrace_status pack_contents(capnp_encoder *e)
{
    const uint64_t *words = e->contents.words;
    size_t left = e->contents.count;
    while (left) {
        size_t count = left < PACK_WORDS ? left : PACK_WORDS;
        ctr_buffer *b = &e->packed.waiting;
        if (b->size >= PACKED_BYTES) {
            ctrace_status status = spool_out(e, &e->packed);
            if (status != CTRACE_OK)
                return status;
        }
        if (!ctr_buffer_reserve(b, CTR_PACKED_ROOM(count)))
            return CTRACE_NO_MEMORY;
        b->size += ctr_pack(words, count, (uint8_t *)b->data + b->size);
        words += count;
        left -= count;
    }
    e->packed_words += e->contents.count;
    e->contents.count = 0;
    return CTRACE_OK;
}

static uint64_t words_in_segment(const capnp_encoder *e)
{
    return e->packed_words + e->contents.count - e->segment_begin;
}

/* Ends the segment of the contents so far. */
static ctrace_status end_segment(capnp_encoder *e)
{
    ctrace_status status = pack_contents(e);
    if (status != CTRACE_OK)
        return status;
    if (e->segment_count >= MOST_SEGMENTS)
        return fail(e, EFBIG);
    if (!ctr_make_room(e->base.options.allocator, (void **)&e->segments, &e->segment_capacity, e->segment_count,
                       sizeof *e->segments))
        return CTRACE_NO_MEMORY;
    e->segments[e->segment_count++] = e->packed_words - e->segment_begin;
    e->segment_begin = e->packed_words;
    return CTRACE_OK;
}

static ctrace_status put_entry(capnp_encoder *e, const entry *added)
{
    ctr_buffer *b = &e->entries.waiting;
    if (b->size >= ENTRIES * sizeof *added) {
        ctrace_status status = spool_out(e, &e->entries);
        if (status != CTRACE_OK)
            return status;
    }
    if (!ctr_buffer_append(b, added, sizeof *added))
        return CTRACE_NO_MEMORY;
    e->event_count++;
    return CTRACE_OK;
}

static ctrace_status put_event(ctr_encoder *base, const ctrace_event *event)
{
    capnp_encoder *e = (capnp_encoder *)base;
    ctr_capnp_words *c = &e->contents;
    /* The list of events is one list: so many words fit. */
    if (e->event_count * 2 + 2 > CTR_MOST_ELEMENTS)
        return fail(e, EFBIG);
    if (c->count >= PACK_WORDS) {
        ctrace_status status = pack_contents(e);
        if (status != CTRACE_OK)
            return status;
    }
    if (words_in_segment(e) >= e->segment_limit) {
        ctrace_status status = end_segment(e);
        if (status != CTRACE_OK)
            return status;
    }
    entry added = {.word = (uint32_t)words_in_segment(e), .segment = (uint16_t)e->segment_count,
                   .tag = (uint8_t)ctr_capnp_tag(event->kind)};
    const size_t begin = c->count;
    const uint64_t mended = c->texts_mended, raws = c->chars_as_raw, cut = c->numbers_cut;
    bool has_pad = e->segment_count > 0 && event->kind != CTRACE_EVENT_DROP_LAST_STEP;
    if (!ctr_capnp_room(c, 1))
        return CTRACE_NO_MEMORY;
    c->count += has_pad;
    if (!ctr_capnp_put(c, event, &added.bits)) {
        c->count = begin;
        c->texts_mended = mended;
        c->chars_as_raw = raws;
        c->numbers_cut = cut;
        return c->failure ? fail(e, c->failure) : CTRACE_NO_MEMORY;
    }
    if (has_pad)
        ctr_word_store(&c->words[begin], ctr_pointer(added.bits, 0));
    base->bytes += (2 + c->count - begin) * sizeof(uint64_t);
    base->texts_mended = c->texts_mended;
    base->chars_as_raw = c->chars_as_raw;
    base->numbers_cut = c->numbers_cut;
    return put_entry(e, &added);
}

static ctrace_status flush_events(ctr_encoder *e)
{
    (void)e; /* see above */
    return CTRACE_OK;
}

/* ---- The end ---- */

static ctrace_status put_out(capnp_encoder *e, const char *data, size_t size)
{
    const ctrace_sink *sink = e->base.options.sink;
    int failure = size ? sink->write(sink->cookie, e->offset, data, size) : 0;
    if (failure)
        return fail(e, failure);
    e->offset += size;
    return CTRACE_OK;
}

/* Packs words behind what waits in `out`, and writes when that is much. */
static ctrace_status put_words(capnp_encoder *e, ctr_buffer *out, const uint64_t *words, size_t count)
{
    if (!ctr_buffer_reserve(out, CTR_PACKED_ROOM(count)))
        return CTRACE_NO_MEMORY;
    out->size += ctr_pack(words, count, (uint8_t *)out->data + out->size);
    if (out->size < PACKED_BYTES)
        return CTRACE_OK;
    ctrace_status status = put_out(e, out->data, out->size);
    out->size = 0;
    return status;
}

static ctrace_status put_table(capnp_encoder *e, ctr_buffer *out)
{
    const size_t count = e->segment_count;
    uint64_t words[MOST_SEGMENTS / 2 + 1] = {0};
    for (size_t i = 0; i < count; i++) {
        uint64_t size = e->segments[i] + (i == 0 ? LIST_BEGIN + 2 * e->event_count : 0);
        words[(i + 1) / 2] |= size << (i % 2 ? 0 : 32);
    }
    words[0] |= count - 1;
    for (size_t i = 0; i <= count / 2; i++)
        ctr_word_store(&words[i], words[i]);
    /* Strict readers read the first word for itself. */
    ctrace_status status = put_words(e, out, words, 1);
    return status == CTRACE_OK && count > 1 ? put_words(e, out, words + 1, count / 2) : status;
}

static uint64_t entry_pointer(const capnp_encoder *e, uint64_t index, const entry *at)
{
    if (at->bits == 0)
        return 0;
    if (at->segment > 0)
        return ctr_far_pointer(at->segment, at->word);
    return ctr_pointer(at->bits, (int64_t)(2 * (e->event_count - index - 1) + at->word));
}

static ctrace_status put_list(capnp_encoder *e, ctr_buffer *out)
{
    const uint64_t count = e->event_count;
    uint64_t words[2 * 256];
    entry entries[256];
    ctr_word_store(&words[0], CTR_STRUCT_BITS(0, 1));
    ctr_word_store(&words[1], CTR_LIST_BITS(CTR_ELEMENTS_RECORDS, 2 * count));
    ctr_word_store(&words[2], CTR_STRUCT_BITS(1, 1) | count << 2);
    ctrace_status status = put_words(e, out, words, LIST_BEGIN);
    for (uint64_t i = 0; status == CTRACE_OK && i < count;) {
        uint64_t in_file = e->entries.size / sizeof *entries;
        size_t some = count - i < 256 ? (size_t)(count - i) : 256;
        if (i < in_file) {
            if (some > in_file - i)
                some = (size_t)(in_file - i);
            status = spool_in(e, &e->entries, i * sizeof *entries, (char *)entries, some * sizeof *entries);
        } else {
            memcpy(entries, e->entries.waiting.data + (i - in_file) * sizeof *entries, some * sizeof *entries);
        }
        for (size_t k = 0; k < some; k++) {
            ctr_word_store(&words[2 * k], entries[k].tag);
            ctr_word_store(&words[2 * k + 1], entry_pointer(e, i + k, &entries[k]));
        }
        if (status == CTRACE_OK)
            status = put_words(e, out, words, 2 * some);
        i += some;
    }
    return status;
}

static ctrace_status put_contents(capnp_encoder *e, ctr_buffer *block)
{
    ctrace_status status = CTRACE_OK;
    if (e->packed.size && !ctr_buffer_reserve(block, PACKED_BYTES))
        return CTRACE_NO_MEMORY;
    for (uint64_t at = 0; status == CTRACE_OK && at < e->packed.size;) {
        uint64_t left = e->packed.size - at;
        size_t size = left < PACKED_BYTES ? (size_t)left : PACKED_BYTES;
        status = spool_in(e, &e->packed, at, block->data, size);
        if (status == CTRACE_OK)
            status = put_out(e, block->data, size);
        at += size;
    }
    return status == CTRACE_OK ? put_out(e, e->packed.waiting.data, e->packed.waiting.size) : status;
}

static ctrace_status finish(ctr_encoder *base, const ctr_trace_facts *facts)
{
    (void)facts; /* they stand in files beside the events */
    capnp_encoder *e = (capnp_encoder *)base;
    ctr_buffer out = {.allocator = base->options.allocator};
    ctrace_status status = end_segment(e);
    /* Near pointers reach from the first event to the end of the first segment. */
    if (status == CTRACE_OK && 2 * e->event_count + e->segments[0] > CTR_MOST_ELEMENTS)
        status = fail(e, EFBIG);
    if (status == CTRACE_OK)
        status = ctr_buffer_append(&out, HEAD, CTR_CAPNP_HEAD_SIZE) ? CTRACE_OK : CTRACE_NO_MEMORY;
    if (status == CTRACE_OK)
        status = put_table(e, &out);
    if (status == CTRACE_OK)
        status = put_list(e, &out);
    if (status == CTRACE_OK)
        status = put_out(e, out.data, out.size);
    if (status == CTRACE_OK)
        status = put_contents(e, &out);
    ctr_buffer_free(&out);
    return status;
}

static void close_encoder(ctr_encoder *base)
{
    capnp_encoder *e = (capnp_encoder *)base;
    const ctrace_allocator *allocator = base->options.allocator;
    spool_free(&e->packed);
    spool_free(&e->entries);
    ctr_free(allocator, e->contents.words, e->contents.capacity * sizeof *e->contents.words);
    ctr_free(allocator, e->segments, e->segment_capacity * sizeof *e->segments);
    ctr_free(allocator, e, sizeof *e);
}

static const ctr_encoder_class capnp_class = {
    .form = CTRACE_FORM_BIN_V0,
    .event = put_event,
    .flush = flush_events,
    .finish = finish,
    .close = close_encoder,
};

void ctr_capnp_encoder_set_segment(ctr_encoder *e, uint64_t words)
{
    ((capnp_encoder *)e)->segment_limit = words;
}

ctrace_status ctr_capnp_open_encoder(ctr_encoder **out, const ctr_encoder_options *options, ctrace_error *error)
{
    *out = NULL;
    capnp_encoder *e = ctr_alloc_zero(options->allocator, sizeof *e);
    if (!e)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for an encoder");
    e->base = (ctr_encoder){.class = &capnp_class, .options = *options};
    e->contents.allocator = e->packed.waiting.allocator = e->entries.waiting.allocator = options->allocator;
    e->packed.file = e->entries.file = -1;
    e->segment_limit = SEGMENT_WORDS;
    *out = &e->base;
    return CTRACE_OK;
}
