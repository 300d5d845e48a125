/* trace.bin version 0: eight bytes, then one packed Cap'n Proto message. Its root holds the list of events, two words
 * each, which point to what they hold. */
#include "codec/capnp/decode.h"

#include <stdio.h>

#include "base/failure.h"
#include "base/utf8.h"

#define LEAST_PRICE ((uint64_t)1024)

/* ---- Fields ---- */

bool ctr_capnp_fail_negative(ctr_capnp_decoder *d, const ctr_record_place *r)
{
    return ctr_message_fail(&d->message, CTRACE_EVENT, r->place, "an id is negative");
}

bool ctr_capnp_grow(ctr_capnp_decoder *d, void **items, size_t *capacity, size_t item_size)
{
    return ctr_make_room(d->base.options.allocator, items, capacity, *capacity, item_size) ||
           ctr_message_fail(&d->message, CTRACE_NO_MEMORY, 0, "no memory for an event");
}

void ctr_capnp_warn(ctr_capnp_decoder *d, ctrace_leniency leniency, uint64_t place)
{
    ctr_decoder_warn(&d->base, leniency, (ctrace_position){.event = d->index, .offset = place * 8});
}

CTR_APART static bool mend(ctr_capnp_decoder *d, ctrace_str *text, uint64_t place)
{
    /* Each bad byte becomes three at most. */
    char *mended = ctr_arena_take(&d->message.arena, text->size * 3);
    if (!mended)
        return ctr_message_fail(&d->message, CTRACE_NO_MEMORY, place, "no memory for an event");
    *text = (ctrace_str){mended, ctr_utf8_mend(mended, text->data, text->size)};
    ctr_capnp_warn(d, CTRACE_LENIENCY_TEXT_INVALID, place);
    return true;
}

bool ctr_capnp_mend_text(ctr_capnp_decoder *d, ctrace_str *text, uint64_t place)
{
    const char *p = text->data;
    size_t left = text->size;
    uint64_t high = 0, word;
    for (; left >= 8; left -= 8, p += 8) {
        memcpy(&word, p, 8);
        high |= word;
    }
    for (; left; left--, p++)
        high |= (unsigned char)*p;
    if (!(high & UINT64_C(0x8080808080808080)))
        return true;
    return ctr_utf8_valid_prefix(text->data, text->size) == text->size || mend(d, text, place);
}

/* ---- The list of events ---- */

static ctrace_position place_position(const ctr_capnp_decoder *d, uint64_t event)
{
    return (ctrace_position){.event = event, .offset = d->message.failed_at * 8};
}

/* Completes the failure of the message. */
CTR_APART static ctrace_status give_failure(ctr_capnp_decoder *d, uint64_t event, ctrace_error *error)
{
    ctrace_error *failure = &d->message.error;
    failure->status = d->message.status;
    failure->position = place_position(d, event);
    ctr_error_set_file(failure, d->base.file, strlen(d->base.file));
    if (error)
        *error = *failure;
    return failure->status;
}

static void begin_price(ctr_capnp_decoder *d)
{
    uint64_t most = d->base.options.max_event_bytes / 8;
    d->message.price_limit = most > LEAST_PRICE ? most : LEAST_PRICE;
    d->message.spent = d->message.paid = 0;
}

/* Reads what leads to the list of events. */
static ctrace_status begin(ctr_capnp_decoder *d)
{
    ctr_message *m = &d->message;
    ctr_pointer_place root, p;
    ctr_record_place trace;
    if (ctr_message_open(m, &root) != CTRACE_OK)
        return m->status;
    if (ctr_message_record(m, &root, &trace) && ctr_message_pointer(m, &trace, 0, &p) &&
        ctr_message_list(m, &p, &d->events) && d->events.count &&
        (d->events.bits || d->events.data_words + d->events.pointers == 0))
        ctr_message_fail(m, CTRACE_SYNTAX, d->events.place, "the list of events does not hold any");
    if (m->status == CTRACE_EVENT || m->status == CTRACE_TOO_LARGE)
        m->status = CTRACE_SYNTAX;
    if (m->status != CTRACE_OK)
        return m->status;
    int size = snprintf(d->details, sizeof d->details, "packed Cap'n Proto, %zu segment%s, %u events",
                        m->segment_count, m->segment_count == 1 ? "" : "s", (unsigned)d->events.count);
    d->base.details = (ctrace_str){d->details, (size_t)size};
    ctr_message_next(m);
    return CTRACE_OK;
}

/* Makes the entry at `place` of a list of the usual records be looked at. The list is read forward. */
static bool look_entry(ctr_capnp_decoder *d, uint64_t place)
{
    ctr_message *m = &d->message;
    ctr_plain_window *window;
    ctrace_status status = ctr_plain_get(&m->plain, CTR_PLAIN_LIST, place, 2, &window, &m->error);
    d->entries_count = 0;
    if (status == CTRACE_TRUNCATED || status == CTRACE_NO_MEMORY)
        return ctr_message_fail(m, status, place,
                                status == CTRACE_TRUNCATED ? "the list of events ends early"
                                                           : "no memory for the list of events");
    if (status != CTRACE_OK) {
        m->status = status;
        m->failed_at = place;
        return false;
    }
    d->entries = window->words;
    d->entries_first = window->first;
    d->entries_count = window->count - 1;
    return true;
}

/* The tag of an event and the pointer to its payload, of any list. */
static bool read_entry(ctr_capnp_decoder *d, unsigned *tag, ctr_pointer_place *payload)
{
    uint64_t word;
    if (d->events.data_words != 1 || d->events.pointers != 1) {
        ctr_record_place entry;
        if (!ctr_message_element(&d->message, &d->events, (uint32_t)d->index, &entry) ||
            !ctr_message_data(&d->message, &entry, 0, &word) ||
            !ctr_message_pointer(&d->message, &entry, 0, payload))
            return false;
    } else {
        if (d->place - d->entries_first >= d->entries_count && !look_entry(d, d->place))
            return false;
        const uint64_t *entry = d->entries + (d->place - d->entries_first);
        word = ctr_word_load(entry);
        *payload = (ctr_pointer_place){ctr_word_load(entry + 1), d->place + 1, d->events.segment};
    }
    *tag = (unsigned)(word & 0xffff);
    return true;
}

/* The event whose entry is at d->place; `tried` when it is not one that can be read quickly. */
static __attribute__((noinline)) bool read_event_apart(ctr_capnp_decoder *d, bool tried)
{
    unsigned tag;
    ctr_pointer_place payload;
    return read_entry(d, &tag, &payload) &&
           ((!tried && ctr_capnp_read_quickly(d, tag, payload.pointer, payload.place)) ||
            ctr_capnp_read_event(d, tag, &payload));
}

static inline bool read_event(ctr_capnp_decoder *d)
{
    uint64_t at = d->place - d->entries_first;
    if (at >= d->entries_count)
        return read_event_apart(d, false);
    const uint64_t *entry = d->entries + at;
    return ctr_capnp_read_quickly(d, (unsigned)(ctr_word_load(entry) & 0xffff), ctr_word_load(entry + 1),
                                  d->place + 1) ||
           read_event_apart(d, true);
}

/* Behind the last event: what is left of the message is looked through. */
CTR_APART static ctrace_status end(ctr_capnp_decoder *d, ctrace_error *error)
{
    ctr_message *m = &d->message;
    uint64_t offset = 0;
    d->index = d->events.count;
    d->place = m->plain.end;
    ctrace_status status = ctr_plain_end(&m->plain, &offset, &m->error);
    if (status == CTRACE_TRUNCATED)
        ctr_message_fail(m, status, m->plain.end, "the packed message ends early");
    else if (status == CTRACE_SYNTAX)
        ctr_message_fail(m, status, m->plain.end, "the packing does not end where the message ends");
    else if (status != CTRACE_OK) {
        m->status = status;
        m->failed_at = m->plain.end;
    }
    if (m->status != CTRACE_OK)
        return give_failure(d, CTRACE_ID_NONE, error);
    ctr_source_measure(d->base.source);
    if (offset < d->base.source->size)
        ctr_capnp_warn(d, CTRACE_LENIENCY_TRAILING_BYTES, m->plain.end);
    return CTRACE_END;
}

static ctrace_status decoder_next(ctr_decoder *base, const ctrace_event **event, ctrace_error *error)
{
    ctr_capnp_decoder *d = (ctr_capnp_decoder *)base;
    ctr_message *m = &d->message;
    *event = NULL;
    base->warning_count = 0;
    if (d->begin_status != CTRACE_OK)
        return give_failure(d, CTRACE_ID_NONE, error);
    ctr_message_next(m);
    d->index = d->next_index;
    if (d->index == 0 && d->head_is_odd)
        ctr_decoder_warn(base, CTRACE_LENIENCY_HEADER_RESERVED, (ctrace_position){.event = 0});
    if (d->index >= d->events.count)
        return end(d, error);
    d->next_index++;
    d->place = d->events.place + d->index * ((uint64_t)d->events.data_words + d->events.pointers);
    if (!read_event(d))
        return give_failure(d, d->index, error);
    *event = &d->event;
    return CTRACE_OK;
}

/* ---- Places and life ---- */

static void decoder_position(ctr_decoder *base, ctrace_position *out)
{
    const ctr_capnp_decoder *d = (const ctr_capnp_decoder *)base;
    *out = (ctrace_position){.event = d->index, .offset = d->place * 8};
}

static uint64_t decoder_bytes_read(const ctr_decoder *base)
{
    const ctr_capnp_decoder *d = (const ctr_capnp_decoder *)base;
    uint64_t furthest = d->message.plain.furthest;
    return furthest < base->source->size ? furthest : base->source->size;
}

static bool decoder_mark(ctr_decoder *base, ctr_mark *out)
{
    ctr_capnp_decoder *d = (ctr_capnp_decoder *)base;
    if (d->next_index == 0 || (d->last_mark != CTRACE_ID_NONE && d->last_mark >= d->index))
        return false;
    d->last_mark = d->index;
    *out = (ctr_mark){.event = d->index};
    return true;
}

static ctrace_status decoder_go_to(ctr_decoder *base, const ctr_mark *mark, ctrace_error *error)
{
    ctr_capnp_decoder *d = (ctr_capnp_decoder *)base;
    uint64_t event = mark ? mark->event : 0;
    if (d->begin_status == CTRACE_OK && event > d->events.count)
        return ctr_fail(error, CTRACE_SYNTAX, "there is no event %llu", (unsigned long long)event);
    d->next_index = event;
    begin_price(d);
    return CTRACE_OK;
}

static void decoder_close(ctr_decoder *base)
{
    ctr_capnp_decoder *d = (ctr_capnp_decoder *)base;
    const ctrace_allocator *allocator = base->options.allocator;
    ctr_message_free(&d->message);
    ctr_free(allocator, d->values, d->value_capacity * sizeof *d->values);
    ctr_free(allocator, d->args, d->arg_capacity * sizeof *d->args);
    ctr_free(allocator, d->ids, d->id_capacity * sizeof *d->ids);
    ctr_free(allocator, d->lines, d->line_capacity * sizeof *d->lines);
    ctr_free(allocator, d->fields, d->field_capacity * sizeof *d->fields);
    ctr_free(allocator, d, sizeof *d);
}

static const ctr_decoder_class capnp_class = {
    .form = CTRACE_FORM_BIN_V0,
    .next = decoder_next,
    .position = decoder_position,
    .bytes_read = decoder_bytes_read,
    .mark = decoder_mark,
    .go_to = decoder_go_to,
    .close = decoder_close,
};

/* The header, of which the first six bytes are known. */
static ctrace_status read_head(ctr_capnp_decoder *d, ctrace_error *error)
{
    char head[CTR_CAPNP_HEAD_SIZE];
    size_t got;
    ctrace_status status = ctr_source_read_at(d->base.source, 0, head, sizeof head, &got, d->base.file, error);
    d->head_is_odd = got == sizeof head && (head[6] || head[7]);
    return status;
}

ctrace_status ctr_capnp_open_decoder(ctr_decoder **out, ctr_source *source, const char *file,
                                     const ctr_decoder_options *options, ctrace_error *error)
{
    *out = NULL;
    if (options->follow)
        return ctr_fail(error, CTRACE_UNSUPPORTED, "this form is written at its end only, so it cannot be followed");
    ctr_capnp_decoder *d = ctr_alloc_zero(options->allocator, sizeof *d);
    if (!d)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for a decoder");
    d->base = (ctr_decoder){.class = &capnp_class, .options = *options, .source = source, .file = file};
    d->message.allocator = d->message.arena.allocator = options->allocator;
    d->last_mark = CTRACE_ID_NONE;
    ctrace_status status = CTRACE_NO_MEMORY;
    if (!ctr_plain_init(&d->message.plain, source, file, CTR_CAPNP_HEAD_SIZE, options->allocator)) {
        ctr_fail(error, status, "no memory for a decoder");
    } else {
        begin_price(d);
        status = read_head(d, error);
        if (status == CTRACE_OK) {
            d->begin_status = begin(d);
            /* What is wrong with the trace is told when events are asked for. */
            if (d->begin_status == CTRACE_NO_MEMORY || d->begin_status == CTRACE_IO)
                status = give_failure(d, CTRACE_ID_NONE, error);
        }
    }
    if (status != CTRACE_OK) {
        decoder_close(&d->base);
        return status;
    }
    *out = &d->base;
    return CTRACE_OK;
}
