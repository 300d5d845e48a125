/* Records, lists and texts of a Cap'n Proto message whose bytes are not to be trusted. What is there is checked when it
 * is looked at: it lies in its segment, an event has no more than it may, and what several pointers share is paid for
 * by each, so that all work is bounded by the size of the message. */
#ifndef CTRACE_LIB_CODEC_CAPNP_MESSAGE_H
#define CTRACE_LIB_CODEC_CAPNP_MESSAGE_H

#include "base/arena.h"
#include "codec/capnp/plain.h"
#include "codec/capnp/wire.h"

/* Not at every event, so better apart from what is. */
#define CTR_APART __attribute__((noinline, cold))
/* At every event, a few instructions each. */
#define CTR_AT_HAND static inline __attribute__((always_inline))

typedef struct ctr_segment {
    uint64_t begin, end; /* words */
} ctr_segment;

/* A record. What it does not have is 0. */
typedef struct ctr_record_place {
    uint64_t place; /* of its first word */
    const ctr_segment *segment;
    uint64_t part; /* its data, when they are smaller than a word */
    uint32_t data_words;
    uint32_t pointers;
} ctr_record_place;

/* A pointer and where it lies. */
typedef struct ctr_pointer_place {
    uint64_t pointer;
    uint64_t place;
    const ctr_segment *segment;
} ctr_pointer_place;

typedef struct ctr_list_place {
    uint64_t place; /* of the first element */
    const ctr_segment *segment;
    uint32_t count;
    uint32_t data_words; /* of an element that is a record */
    uint32_t pointers;
    uint8_t bits; /* of an element that is smaller than a word, else 0 */
} ctr_list_place;

typedef struct ctr_message {
    ctr_plain plain;
    const ctrace_allocator *allocator;
    ctr_segment *segments;
    size_t segment_count;
    uint64_t words; /* of all segments */
    /* The words that are looked at: a copy of what the window has. */
    const uint64_t *view;
    uint64_t view_first, view_count;
    ctr_plain_window *window;
    uint64_t paid, price_limit;   /* words and more that this event had, and may have */
    uint64_t spent, spent_limit;  /* the same of all events since the last jump */
    ctr_arena arena;              /* until the next event */
    ctrace_status status;         /* of the first failure of this event */
    uint64_t failed_at;           /* word */
    ctrace_error error;           /* with its message */
} ctr_message;

/* Reads the table of segments and sets *root to the root pointer. */
ctrace_status ctr_message_open(ctr_message *m, ctr_pointer_place *root);
void ctr_message_free(ctr_message *m);

/* Each returns false after a failure, whose status is m->status. A failure of what is read is CTRACE_EVENT. */

CTR_APART bool ctr_message_fail(ctr_message *m, ctrace_status status, uint64_t place, const char *what);
CTR_APART const uint64_t *ctr_message_look(ctr_message *m, uint64_t place, uint64_t count);
bool ctr_message_record_far(ctr_message *m, const ctr_pointer_place *p, ctr_record_place *out);
/* For records as elements: those of a list that once had plain elements are taken too. */
bool ctr_message_list(ctr_message *m, const ctr_pointer_place *p, ctr_list_place *out);
bool ctr_message_element(ctr_message *m, const ctr_list_place *list, uint32_t index, ctr_record_place *out);
/* The bytes of a text without the NUL at its end, or of a list of bytes. They hold until the next event. */
bool ctr_message_bytes(ctr_message *m, const ctr_pointer_place *p, bool is_text, ctrace_str *out);
CTR_APART bool ctr_message_too_large(ctr_message *m, uint64_t place);
/* A word or pointer of a record, when the whole record is not in view or has not all. */
CTR_APART bool ctr_message_data_apart(ctr_message *m, const ctr_record_place *r, uint32_t index, uint64_t *out);
CTR_APART bool ctr_message_pointer_apart(ctr_message *m, const ctr_record_place *r, uint32_t index,
                                         ctr_pointer_place *out);

/* Forgets the last event. */
CTR_AT_HAND void ctr_message_next(ctr_message *m)
{
    m->spent += m->paid;
    m->paid = 0;
    if (m->spent > m->spent_limit)
        m->price_limit = 0;
    m->status = CTRACE_OK;
    ctr_arena_reset(&m->arena);
    ctr_plain_next_round(&m->plain);
}

/* Pays for so many words. */
CTR_AT_HAND bool ctr_message_pay(ctr_message *m, uint64_t words, uint64_t place)
{
    m->paid += words;
    return m->paid <= m->price_limit || ctr_message_too_large(m, place);
}

/* `count` words that were found to lie in a segment, 1 to CTR_PLAIN_MOST of them. Holds until the next call of anything
 * here; NULL after a failure. */
CTR_AT_HAND const uint64_t *ctr_message_at(ctr_message *m, uint64_t place, uint64_t count)
{
    uint64_t at = place - m->view_first;
    if (at < m->view_count && count <= m->view_count - at)
        return m->view + at;
    return ctr_message_look(m, place, count);
}

CTR_AT_HAND bool ctr_segment_holds(const ctr_segment *s, uint64_t place, uint64_t count)
{
    return place >= s->begin && place <= s->end && count <= s->end - place;
}

/* The record that a pointer leads to; with a null pointer, one of zeros. */
CTR_AT_HAND bool ctr_message_record(ctr_message *m, const ctr_pointer_place *p, ctr_record_place *out)
{
    uint64_t pointer = p->pointer;
    if (ctr_pointer_kind(pointer) != CTR_POINTER_STRUCT || pointer == 0)
        return ctr_message_record_far(m, p, out);
    out->place = p->place + 1 + ctr_pointer_offset(pointer);
    out->segment = p->segment;
    out->part = 0;
    out->data_words = ctr_pointer_data_words(pointer);
    out->pointers = ctr_pointer_pointers(pointer);
    uint64_t words = (uint64_t)out->data_words + out->pointers;
    if (!ctr_segment_holds(out->segment, out->place, words))
        return ctr_message_record_far(m, p, out);
    return ctr_message_pay(m, words, out->place);
}

CTR_AT_HAND bool ctr_message_data(ctr_message *m, const ctr_record_place *r, uint32_t index, uint64_t *out)
{
    uint64_t at = r->place + index - m->view_first;
    if (index < r->data_words && at < m->view_count) {
        *out = ctr_word_load(m->view + at);
        return true;
    }
    return ctr_message_data_apart(m, r, index, out);
}

CTR_AT_HAND bool ctr_message_pointer(ctr_message *m, const ctr_record_place *r, uint32_t index,
                                       ctr_pointer_place *out)
{
    out->place = r->place + r->data_words + index;
    out->segment = r->segment;
    uint64_t at = out->place - m->view_first;
    if (index < r->pointers && at < m->view_count) {
        out->pointer = ctr_word_load(m->view + at);
        return true;
    }
    return ctr_message_pointer_apart(m, r, index, out);
}

#endif
