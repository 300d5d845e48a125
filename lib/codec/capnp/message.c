#include "codec/capnp/message.h"

#include "base/failure.h"

/* A packed byte stands for at most so many words. */
#define MOST_WORDS_PER_BYTE 128

/* More segments than any builder makes; readers in use take 512. */
#define MOST_SEGMENTS 65536u

/* All events together may have every word of the message so many times, and beside that as much as so many events. */
#define MOST_SHARED        8
#define MOST_SHARED_EVENTS 16

bool ctr_message_fail(ctr_message *m, ctrace_status status, uint64_t place, const char *what)
{
    if (m->status == CTRACE_OK) {
        m->status = status;
        m->failed_at = place;
        ctr_fail(&m->error, status, "%s", what);
    }
    return false;
}

static bool fail_reading(ctr_message *m, ctrace_status status, uint64_t place)
{
    if (status == CTRACE_TRUNCATED)
        return ctr_message_fail(m, status, place, "the packed message ends early");
    if (status == CTRACE_NO_MEMORY)
        return ctr_message_fail(m, status, place, "no memory for an event");
    if (m->status == CTRACE_OK) { /* the source has filled the error */
        m->status = status;
        m->failed_at = place;
    }
    return false;
}

bool ctr_message_too_large(ctr_message *m, uint64_t place)
{
    return ctr_message_fail(m, CTRACE_TOO_LARGE, place, "the event has more in it than is allowed");
}

/* ---- Segments ---- */

static bool table_word(ctr_message *m, uint64_t place, uint64_t *word)
{
    const uint64_t *at = ctr_message_look(m, place, 1);
    if (at)
        *word = ctr_word_load(at);
    return at != NULL;
}

static bool read_table(ctr_message *m)
{
    uint64_t word;
    if (!table_word(m, 0, &word))
        return false;
    uint32_t count = (uint32_t)word + 1;
    if (count == 0 || count > MOST_SEGMENTS)
        return ctr_message_fail(m, CTRACE_SYNTAX, 0, "the message claims more segments than 65536");
    m->segment_count = count;
    m->segments = ctr_alloc(m->allocator, count * sizeof *m->segments);
    if (!m->segments)
        return ctr_message_fail(m, CTRACE_NO_MEMORY, 0, "no memory for the table of segments");
    uint64_t begin = count / 2 + 1;
    m->words = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i % 2 && !table_word(m, i / 2 + 1, &word))
            return false;
        uint64_t size = i % 2 ? word & UINT32_MAX : word >> 32;
        m->segments[i] = (ctr_segment){begin, begin + size};
        begin += size;
        m->words += size;
    }
    m->plain.end = begin;
    return true;
}

ctrace_status ctr_message_open(ctr_message *m, ctr_pointer_place *root)
{
    if (!read_table(m))
        return m->status;
    const ctr_segment *first = &m->segments[0];
    if (first->begin == first->end) {
        ctr_message_fail(m, CTRACE_SYNTAX, first->begin, "the message has no root");
        return m->status;
    }
    const uint64_t most_words = m->plain.source->size * MOST_WORDS_PER_BYTE;
    const uint64_t *at = ctr_message_look(m, first->begin, 1);
    if (at)
        *root = (ctr_pointer_place){ctr_word_load(at), first->begin, first};
    m->spent_limit = (m->words < most_words ? m->words : most_words) * MOST_SHARED +
                     m->price_limit * MOST_SHARED_EVENTS;
    return m->status;
}

void ctr_message_free(ctr_message *m)
{
    ctr_plain_free(&m->plain);
    ctr_arena_free(&m->arena);
    ctr_free(m->allocator, m->segments, m->segment_count * sizeof *m->segments);
}

/* ---- Words ---- */

const uint64_t *ctr_message_look(ctr_message *m, uint64_t place, uint64_t count)
{
    ctr_plain_window *window;
    ctrace_status status = ctr_plain_get(&m->plain, CTR_PLAIN_CONTENTS, place, count, &window, &m->error);
    if (status != CTRACE_OK) {
        m->view_count = 0;
        fail_reading(m, status, place);
        return NULL;
    }
    m->window = window;
    m->view = window->words;
    m->view_first = window->first;
    m->view_count = window->count;
    return window->words + (place - window->first);
}

bool ctr_message_data_apart(ctr_message *m, const ctr_record_place *r, uint32_t index, uint64_t *out)
{
    *out = index == 0 ? r->part : 0;
    if (index >= r->data_words)
        return true;
    const uint64_t *at = ctr_message_at(m, r->place + index, 1);
    if (at)
        *out = ctr_word_load(at);
    return at != NULL;
}

bool ctr_message_pointer_apart(ctr_message *m, const ctr_record_place *r, uint32_t index, ctr_pointer_place *out)
{
    out->place = r->place + r->data_words + index;
    out->segment = r->segment;
    out->pointer = 0;
    if (index >= r->pointers)
        return true;
    const uint64_t *at = ctr_message_at(m, out->place, 1);
    if (at)
        out->pointer = ctr_word_load(at);
    return at != NULL;
}

/* ---- Pointers ---- */

/* What a pointer leads to: a near pointer's bits, and where its offset counts from. */
typedef struct destination {
    uint64_t bits;
    uint64_t place;
    const ctr_segment *segment;
} destination;

static bool pad_word(ctr_message *m, uint64_t place, uint64_t *word)
{
    const uint64_t *at = ctr_message_at(m, place, 1);
    if (at)
        *word = ctr_word_load(at);
    return at != NULL;
}

/* The place that a far pointer names, with room for `count` words. */
static bool far_place(ctr_message *m, uint64_t pointer, uint64_t from, uint64_t count, uint64_t *place,
                      const ctr_segment **segment)
{
    if (ctr_far_segment(pointer) >= m->segment_count)
        return ctr_message_fail(m, CTRACE_EVENT, from, "a far pointer names a segment that is not there");
    *segment = &m->segments[ctr_far_segment(pointer)];
    *place = (*segment)->begin + ctr_far_word(pointer);
    if (!ctr_segment_holds(*segment, *place, count))
        return ctr_message_fail(m, CTRACE_EVENT, from, "a far pointer leads out of its segment");
    return true;
}

static bool follow(ctr_message *m, const ctr_pointer_place *p, destination *out)
{
    out->bits = p->pointer;
    out->segment = p->segment;
    out->place = p->place + 1 + ctr_pointer_offset(p->pointer);
    if (ctr_pointer_kind(p->pointer) == CTR_POINTER_FAR) {
        bool twice = ctr_far_is_double(p->pointer);
        uint64_t pad = 0;
        if (!far_place(m, p->pointer, p->place, twice ? 2 : 1, &pad, &out->segment) || !pad_word(m, pad, &out->bits))
            return false;
        out->place = pad + 1 + ctr_pointer_offset(out->bits);
        if (twice) {
            uint64_t second = out->bits;
            if (ctr_pointer_kind(second) != CTR_POINTER_FAR || ctr_far_is_double(second))
                return ctr_message_fail(m, CTRACE_EVENT, pad, "a landing pad is not one");
            if (!far_place(m, second, pad, 0, &out->place, &out->segment) || !pad_word(m, pad + 1, &out->bits))
                return false;
        }
        if (!ctr_message_pay(m, 2, pad))
            return false;
        if (ctr_pointer_kind(out->bits) == CTR_POINTER_FAR)
            return ctr_message_fail(m, CTRACE_EVENT, pad, "a landing pad is not one");
    }
    if (ctr_pointer_kind(out->bits) > CTR_POINTER_FAR)
        return ctr_message_fail(m, CTRACE_EVENT, p->place, "a pointer is of a kind that a trace does not have");
    return true;
}

static bool fail_outside(ctr_message *m, uint64_t place)
{
    return ctr_message_fail(m, CTRACE_EVENT, place, "a pointer leads out of its segment");
}

bool ctr_message_record_far(ctr_message *m, const ctr_pointer_place *p, ctr_record_place *out)
{
    *out = (ctr_record_place){.segment = p->segment};
    if (p->pointer == 0)
        return true;
    destination to;
    if (!follow(m, p, &to))
        return false;
    if (to.bits == 0)
        return true;
    if (ctr_pointer_kind(to.bits) != CTR_POINTER_STRUCT)
        return ctr_message_fail(m, CTRACE_EVENT, p->place, "a pointer leads to a list where a record belongs");
    *out = (ctr_record_place){.place = to.place, .segment = to.segment,
                              .data_words = ctr_pointer_data_words(to.bits),
                              .pointers = ctr_pointer_pointers(to.bits)};
    uint64_t words = (uint64_t)out->data_words + out->pointers;
    if (!ctr_segment_holds(to.segment, to.place, words))
        return fail_outside(m, p->place);
    return ctr_message_pay(m, words, p->place);
}

/* ---- Lists ---- */

static const uint8_t bits_of_elements[8] = {0, 1, 8, 16, 32, 64, 64, 0};

/* The head of a list of records, which is in front of its elements. */
static bool read_records_head(ctr_message *m, uint64_t words, const destination *to, ctr_list_place *out)
{
    if (!ctr_segment_holds(to->segment, to->place, words + 1))
        return fail_outside(m, to->place);
    uint64_t tag;
    if (!pad_word(m, to->place, &tag))
        return false;
    if (ctr_pointer_kind(tag) != CTR_POINTER_STRUCT)
        return ctr_message_fail(m, CTRACE_EVENT, to->place, "a list of records does not tell what they are");
    out->place = to->place + 1;
    out->count = (uint32_t)(tag >> 2 & 0x3fffffff);
    out->data_words = ctr_pointer_data_words(tag);
    out->pointers = ctr_pointer_pointers(tag);
    if ((uint64_t)out->count * ((uint64_t)out->data_words + out->pointers) > words)
        return ctr_message_fail(m, CTRACE_EVENT, to->place, "a list of records is longer than its room");
    return true;
}

bool ctr_message_list(ctr_message *m, const ctr_pointer_place *p, ctr_list_place *out)
{
    *out = (ctr_list_place){.segment = p->segment};
    if (p->pointer == 0)
        return true;
    destination to;
    if (!follow(m, p, &to))
        return false;
    if (to.bits == 0)
        return true;
    if (ctr_pointer_kind(to.bits) != CTR_POINTER_LIST)
        return ctr_message_fail(m, CTRACE_EVENT, p->place, "a pointer leads to a record where a list belongs");
    out->segment = to.segment;
    unsigned elements = ctr_pointer_elements(to.bits);
    if (elements == CTR_ELEMENTS_RECORDS)
        return read_records_head(m, ctr_pointer_count(to.bits), &to, out);
    out->place = to.place;
    out->count = ctr_pointer_count(to.bits);
    out->bits = bits_of_elements[elements];
    if (elements == CTR_ELEMENTS_BITS && out->count)
        return ctr_message_fail(m, CTRACE_EVENT, p->place, "a list is one of bits");
    if (out->bits == 64) {
        out->data_words = elements == CTR_ELEMENTS_WORDS;
        out->pointers = elements == CTR_ELEMENTS_POINTERS;
        out->bits = 0;
    }
    uint64_t words = ((uint64_t)out->count * bits_of_elements[elements] + 63) / 64;
    return ctr_segment_holds(to.segment, to.place, words) || fail_outside(m, p->place);
}

bool ctr_message_element(ctr_message *m, const ctr_list_place *list, uint32_t index, ctr_record_place *out)
{
    uint64_t words = (uint64_t)list->data_words + list->pointers;
    *out = (ctr_record_place){.place = list->place + index * words, .segment = list->segment,
                              .data_words = list->data_words, .pointers = list->pointers};
    if (list->bits) {
        uint64_t bit = (uint64_t)index * list->bits, word;
        if (!pad_word(m, list->place + bit / 64, &word))
            return false;
        out->part = word >> bit % 64 & ((UINT64_C(1) << list->bits) - 1);
    }
    return ctr_message_pay(m, words ? words : 1, list->place);
}

/* Bytes that were records' first. */
static bool gather_bytes(ctr_message *m, const ctr_list_place *list, ctrace_str *out)
{
    if (!ctr_message_pay(m, list->count, list->place))
        return false;
    char *bytes = ctr_arena_take(&m->arena, list->count ? list->count : 1);
    if (!bytes)
        return ctr_message_fail(m, CTRACE_NO_MEMORY, list->place, "no memory for an event");
    for (uint32_t i = 0; i < list->count; i++) {
        ctr_record_place element;
        uint64_t word;
        if (!ctr_message_element(m, list, i, &element) || !ctr_message_data(m, &element, 0, &word))
            return false;
        bytes[i] = (char)(word & 0xff);
    }
    *out = (ctrace_str){bytes, list->count};
    return true;
}

/* Copies of windows that are pinned and replaced stay bounded. */
#define MOST_HELD 16

static bool take_bytes(ctr_message *m, uint64_t place, uint64_t words, ctrace_str *out)
{
    if (words <= CTR_PLAIN_MOST && m->plain.held_count < MOST_HELD) {
        const uint64_t *at = ctr_message_at(m, place, words);
        if (!at)
            return false;
        m->window->pinned = m->plain.round;
        out->data = (const char *)at;
        return true;
    }
    uint64_t *copy = ctr_arena_take(&m->arena, (size_t)words * sizeof *copy);
    if (!copy)
        return ctr_message_fail(m, CTRACE_NO_MEMORY, place, "no memory for an event");
    ctrace_status status = ctr_plain_copy(&m->plain, place, words, copy, &m->error);
    /* Its windows may be those that are looked at. */
    m->view_count = 0;
    out->data = (const char *)copy;
    return status == CTRACE_OK || fail_reading(m, status, place);
}

static bool bytes_apart(ctr_message *m, const ctr_pointer_place *p, bool is_text, ctr_list_place *list,
                        ctrace_str *out)
{
    *out = (ctrace_str){"", 0};
    if (!ctr_message_list(m, p, list))
        return false;
    if (list->bits == 8 || list->count == 0) {
        out->size = list->count;
        return true;
    }
    if (is_text)
        return ctr_message_fail(m, CTRACE_EVENT, p->place, "a text is no list of bytes");
    bool fine = gather_bytes(m, list, out);
    list->count = 0; /* all is done */
    return fine;
}

bool ctr_message_bytes(ctr_message *m, const ctr_pointer_place *p, bool is_text, ctrace_str *out)
{
    ctr_list_place list;
    uint64_t pointer = p->pointer;
    if ((pointer & UINT64_C(0x700000003)) == CTR_LIST_BITS(CTR_ELEMENTS_BYTES, 0)) {
        list.count = ctr_pointer_count(pointer);
        list.place = p->place + 1 + ctr_pointer_offset(pointer);
        list.segment = p->segment;
        if (!ctr_segment_holds(list.segment, list.place, ((uint64_t)list.count + 7) / 8))
            return fail_outside(m, p->place);
    } else {
        if (!bytes_apart(m, p, is_text, &list, out))
            return false;
        if (list.count == 0 && (!is_text || p->pointer == 0 || out->size))
            return true;
    }
    uint64_t words = ((uint64_t)list.count + 7) / 8;
    if (!ctr_message_pay(m, words, p->place))
        return false;
    out->data = "";
    out->size = list.count;
    if (words && !take_bytes(m, list.place, words, out))
        return false;
    if (is_text && (list.count == 0 || out->data[--out->size] != 0))
        return ctr_message_fail(m, CTRACE_EVENT, p->place, "a text does not end in NUL");
    return true;
}
