/* What the files of this decoder share. */
#ifndef CTRACE_LIB_CODEC_CAPNP_DECODE_H
#define CTRACE_LIB_CODEC_CAPNP_DECODE_H

#include "codec/capnp/message.h"
#include "codec/decoder.h"

typedef struct ctr_capnp_decoder {
    ctr_decoder base;
    ctr_message message;
    ctr_list_place events;
    uint64_t index; /* of the event that was given last, or that is given */
    uint64_t next_index;
    uint64_t last_mark; /* CTRACE_ID_NONE when there is none */
    uint64_t place;     /* of that event in the list, a word; at the end, the message's end */
    ctrace_status begin_status; /* of the table of segments and the root */
    bool head_is_odd;           /* its reserved bytes are not zero */
    /* Entries of the list of events that are looked at, when they are the usual records of two words: at so many of
     * the words an entry can begin. */
    const uint64_t *entries;
    uint64_t entries_first, entries_count;
    ctrace_event event;
    ctrace_value *values;
    size_t value_count, value_capacity;
    ctrace_argument *args;
    size_t arg_capacity;
    ctrace_id *ids;
    size_t id_capacity;
    ctrace_str *lines;
    size_t line_capacity;
    ctrace_field *fields;
    size_t field_capacity;
    char details[96];
} ctr_capnp_decoder;

/* Reads the event with that tag and payload into d->event. False after a failure, which is in d->message. */
bool ctr_capnp_read_event(ctr_capnp_decoder *d, unsigned tag, const ctr_pointer_place *payload);
/* The same for what is usual, with the pointer to the payload, which lies at `place` with the events. False when it is
 * not, or without memory: nothing has happened then. */
bool ctr_capnp_read_quickly(ctr_capnp_decoder *d, unsigned tag, uint64_t pointer, uint64_t place);
/* Reads a value and what is in it onto the end of d->values. */
bool ctr_capnp_read_value(ctr_capnp_decoder *d, const ctr_record_place *r, uint32_t depth);

/* ---- Fields ---- */

CTR_APART bool ctr_capnp_fail_negative(ctr_capnp_decoder *d, const ctr_record_place *r);
bool ctr_capnp_mend_text(ctr_capnp_decoder *d, ctrace_str *text, uint64_t place);
CTR_APART bool ctr_capnp_grow(ctr_capnp_decoder *d, void **items, size_t *capacity, size_t item_size);
void ctr_capnp_warn(ctr_capnp_decoder *d, ctrace_leniency leniency, uint64_t place);

/* Makes room for item number `count` of a list. */
#define CTR_CAPNP_ROOM(d, items, capacity, count) \
    ((count) < (capacity) || ctr_capnp_grow(d, (void **)&(items), &(capacity), sizeof *(items)))

/* The one number of a record behind a pointer. */
CTR_AT_HAND bool ctr_capnp_number_at(ctr_capnp_decoder *d, const ctr_pointer_place *p, uint64_t *out)
{
    ctr_record_place r;
    return ctr_message_record(&d->message, p, &r) && ctr_message_data(&d->message, &r, 0, out);
}

CTR_AT_HAND bool ctr_capnp_id_at(ctr_capnp_decoder *d, const ctr_pointer_place *p, ctrace_id *out)
{
    ctr_record_place r;
    return ctr_message_record(&d->message, p, &r) && ctr_message_data(&d->message, &r, 0, out) &&
           (*out <= (uint64_t)INT64_MAX || ctr_capnp_fail_negative(d, &r));
}

CTR_AT_HAND bool ctr_capnp_id(ctr_capnp_decoder *d, const ctr_record_place *r, uint32_t index, ctrace_id *out)
{
    ctr_pointer_place p;
    return ctr_message_pointer(&d->message, r, index, &p) && ctr_capnp_id_at(d, &p, out);
}

CTR_AT_HAND bool ctr_capnp_i64(ctr_capnp_decoder *d, const ctr_record_place *r, uint32_t index, int64_t *out)
{
    ctr_pointer_place p;
    uint64_t number;
    if (!ctr_message_pointer(&d->message, r, index, &p) || !ctr_capnp_number_at(d, &p, &number))
        return false;
    *out = (int64_t)number;
    return true;
}

CTR_AT_HAND bool ctr_capnp_text_at(ctr_capnp_decoder *d, const ctr_pointer_place *p, ctrace_str *out)
{
    return ctr_message_bytes(&d->message, p, true, out) && ctr_capnp_mend_text(d, out, p->place);
}

CTR_AT_HAND bool ctr_capnp_text(ctr_capnp_decoder *d, const ctr_record_place *r, uint32_t index, ctrace_str *out)
{
    ctr_pointer_place p;
    return ctr_message_pointer(&d->message, r, index, &p) && ctr_capnp_text_at(d, &p, out);
}

#endif
