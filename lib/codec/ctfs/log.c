#include "codec/ctfs/log.h"

#include "base/failure.h"
#include "codec/ctfs/log_units.h"
#include "codec/ctfs/split_binary.h"

#define FIRST_WINDOW ((size_t)256 << 10)

/* Where reading stands between two calls. */
typedef enum log_place {
    PLACE_EVENT, /* before or behind an event of the unit */
    PLACE_SKIP,  /* in an event that is to be skipped */
    PLACE_LOST,  /* the rest of the unit cannot be read */
    PLACE_END
} log_place;

struct ctr_ctfs_log {
    ctr_decoder *decoder;
    ctr_ctfs *container;
    ctr_log_units units;
    bool split_binary; /* not CBOR */
    bool encoding_told; /* which of them it is */
    bool says_split_binary; /* events.fmt does */
    bool said_size_unknown;
    log_place place;
    bool unit_open;

    /* The window: bytes of the unit. Behind `end` lie CTR_CBOR_SLACK more. */
    char *data;
    size_t capacity;
    const char *at, *end;
    uint64_t base; /* how many bytes of the stream lie before `data` */

    uint64_t next_index;
    ctrace_position here; /* of the last event */
    uint64_t unit_event, unit_base; /* the first event of the unit, and where in the stream it begins */
    uint64_t marked; /* the place of the last mark in the file */

    ctrace_event event;
    ctr_cbor_decoder cbor;
    ctr_split_decoder split;
    ctr_split_skip split_skip;
    ctr_cbor_skip cbor_skip;
};

static uint64_t offset_of(const ctr_ctfs_log *l, const char *p) { return l->base + (uint64_t)(p - l->data); }

/* ---- The window ---- */

/* Brings more bytes of the unit into the window, as many as there is room for, at least `wanted` unless it ends. *got is
 * 0 at its end. */
static ctrace_status fill(ctr_ctfs_log *l, size_t wanted, size_t *got, ctrace_error *error)
{
    size_t kept = (size_t)(l->end - l->at);
    *got = 0;
    if (l->at > l->data) {
        memmove(l->data, l->at, kept);
        l->base += (uint64_t)(l->at - l->data);
        l->at = l->data;
        l->end = l->data + kept;
    }
    size_t room = l->capacity - CTR_CBOR_SLACK - kept;
    if (room < wanted) {
        size_t larger = l->capacity * 2 > kept + wanted + CTR_CBOR_SLACK ? l->capacity * 2
                                                                        : kept + wanted + CTR_CBOR_SLACK;
        char *grown = ctr_resize(l->decoder->options.allocator, l->data, l->capacity, larger);
        if (!grown)
            return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for an event");
        memset(grown + l->capacity, 0, larger - l->capacity);
        l->data = grown;
        l->capacity = larger;
        l->at = grown;
        l->end = grown + kept;
        room = larger - CTR_CBOR_SLACK - kept;
    }
    ctrace_status status = CTRACE_OK;
    for (size_t some = 1; status == CTRACE_OK && some && *got < room; *got += some) {
        status = ctr_log_units_fill(&l->units, l->data + kept + *got, room - *got, &some, error);
        l->end = l->data + kept + *got + some;
    }
    return status;
}

static void warn_here(ctr_ctfs_log *l, ctrace_leniency leniency, uint64_t event)
{
    ctr_decoder_warn(l->decoder, leniency, (ctrace_position){.event = event, .offset = offset_of(l, l->at)});
}

/* ---- Units ---- */

/* Goes to the next unit; CTRACE_END when there is none, CTRACE_AGAIN when there is none yet. */
static ctrace_status next_unit(ctr_ctfs_log *l, ctrace_error *error)
{
    l->at = l->end;
    l->base = offset_of(l, l->end);
    l->at = l->end = l->data;
    l->unit_open = false;
    ctrace_status status = ctr_log_units_next(&l->units, error);
    if (l->units.torn) {
        warn_here(l, CTRACE_LENIENCY_CT_CHUNK_TORN, status == CTRACE_OK ? l->next_index : CTRACE_ID_NONE);
        l->units.torn = false;
    }
    if (status == CTRACE_END && l->units.growing)
        return CTRACE_AGAIN;
    if (status != CTRACE_OK)
        return status;
    l->unit_open = true;
    l->unit_event = l->next_index;
    l->unit_base = l->base;
    return CTRACE_OK;
}

/* CBOR has a map of one or a text where split-binary has a tag below 25. */
static void tell_encoding(ctr_ctfs_log *l)
{
    unsigned first = (unsigned char)*l->at;
    l->encoding_told = true;
    l->split_binary = first <= CTR_SPLIT_COLUMN_STEP || (first < 0x60 && l->says_split_binary);
    if (l->units.framing == CTR_LOG_BARE)
        l->split_binary = false;
    if (l->split_binary != l->says_split_binary && l->units.framing == CTR_LOG_CHUNKS)
        warn_here(l, CTRACE_LENIENCY_CT_FORMAT_MISSING, l->next_index);
}

/* Goes to where an event begins: `at` is before `end` then. */
static ctrace_status find_event(ctr_ctfs_log *l, ctrace_error *error)
{
    for (;;) {
        ctrace_status status = CTRACE_OK;
        if (!l->unit_open)
            status = next_unit(l, error);
        size_t got = 0;
        if (status == CTRACE_OK && l->at == l->end)
            status = fill(l, 1, &got, error);
        if (status != CTRACE_OK)
            return status;
        if (l->units.size_unknown && !l->said_size_unknown) {
            l->said_size_unknown = true;
            warn_here(l, CTRACE_LENIENCY_CT_SIZE_UNKNOWN, l->next_index);
        }
        if (l->at < l->end) {
            if (!l->encoding_told)
                tell_encoding(l);
            return CTRACE_OK;
        }
        if (!l->units.unit_over)
            return CTRACE_AGAIN; /* without chunks more of this unit may come */
        l->unit_open = false;
    }
}

/* ---- Events that are not whole or not good ---- */

static ctrace_status place_failure(ctr_ctfs_log *l, const char *p, ctrace_status status, ctrace_error *error)
{
    if (error)
        error->position = (ctrace_position){.event = l->here.event, .offset = offset_of(l, p)};
    return status;
}

/* The unit ends inside the event at `at`: chunks behind it may have more. */
static ctrace_status give_cut_event(ctr_ctfs_log *l, ctrace_error *error)
{
    ctrace_error ignored;
    ctrace_position here = l->here;
    ctrace_status status = next_unit(l, &ignored);
    if (status != CTRACE_OK && status != CTRACE_END && status != CTRACE_AGAIN) {
        if (error)
            *error = ignored;
        return status;
    }
    bool more = status != CTRACE_END;
    l->place = more ? PLACE_EVENT : PLACE_END;
    ctr_fail(error, more ? CTRACE_EVENT : CTRACE_TRUNCATED,
             more ? "the chunk ends inside the event that begins here" : "the input ends inside the event that begins here");
    if (error)
        error->position = here;
    return more ? CTRACE_EVENT : CTRACE_TRUNCATED;
}

static void begin_skip(ctr_ctfs_log *l)
{
    l->place = PLACE_SKIP;
    l->split_skip = (ctr_split_skip){0};
    ctr_cbor_skip_begin(&l->cbor_skip);
}

/* Goes behind a bad event, whatever its size. */
static ctrace_status skip_event(ctr_ctfs_log *l, ctrace_error *error)
{
    for (;;) {
        const char *expected = "";
        if (l->split_binary) {
            if (ctr_split_skip_run(&l->split_skip, &l->at, l->end))
                break;
        } else {
            ctr_cbor_skipped skipped = ctr_cbor_skip_run(&l->cbor_skip, &l->at, l->end, &expected);
            if (skipped == CTR_CBOR_SKIPPED)
                break;
            if (skipped == CTR_CBOR_SKIP_NO_MEMORY)
                return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for skipping an event");
            if (skipped == CTR_CBOR_SKIP_BAD) {
                l->place = PLACE_LOST;
                return CTRACE_OK;
            }
        }
        size_t got;
        ctrace_status status = fill(l, 1, &got, error);
        if (status != CTRACE_OK)
            return status;
        if (!got && !l->units.unit_over)
            return CTRACE_AGAIN;
        if (!got)
            break; /* what is cut off was told to be bad already */
    }
    l->place = PLACE_EVENT;
    return CTRACE_OK;
}

/* Goes to the end of the unit, whose rest cannot be read. */
static ctrace_status lose_unit(ctr_ctfs_log *l, ctrace_error *error)
{
    for (size_t got = 1; got;) {
        l->at = l->end;
        ctrace_status status = fill(l, 1, &got, error);
        if (status != CTRACE_OK)
            return status;
    }
    if (!l->units.unit_over)
        return CTRACE_AGAIN;
    l->place = PLACE_EVENT;
    return CTRACE_OK;
}

/* ---- Events ---- */

static void take_notes(ctr_ctfs_log *l, const ctr_cbor_note *notes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ctr_decoder_warn(l->decoder, notes[i].leniency,
                         (ctrace_position){.event = l->here.event, .offset = offset_of(l, notes[i].at)});
}

static ctrace_status decode(ctr_ctfs_log *l)
{
    return l->split_binary ? ctr_split_decode(&l->split, l->at, l->end, &l->event)
                           : ctr_cbor_decode_event(&l->cbor, l->at, l->end, &l->event);
}

/* The event at `at` cannot be given; the next call goes on behind it. */
static ctrace_status give_bad_event(ctr_ctfs_log *l, ctrace_status status, ctrace_error *error)
{
    const char *message = l->split_binary ? l->split.message : l->cbor.message;
    const char *failed_at = l->split_binary ? l->split.failed_at : l->cbor.failed_at;
    if (!l->split_binary && status == CTRACE_TOO_LARGE && (size_t)(l->end - l->at) >= l->split.max_event_bytes) {
        ctr_fail(error, status, "the event is larger than %zu bytes", l->split.max_event_bytes);
        failed_at = l->at;
    } else {
        ctr_fail(error, status, "%s", message);
    }
    place_failure(l, failed_at, status, error);
    if (status == CTRACE_NO_MEMORY)
        return status;
    if (status != CTRACE_SYNTAX) {
        begin_skip(l);
        return status;
    }
    /* What follows cannot be read either, but in another chunk. */
    if (l->units.framing != CTR_LOG_CHUNKS)
        return status;
    l->place = PLACE_LOST;
    if (error)
        error->status = CTRACE_EVENT;
    return CTRACE_EVENT;
}

/* Decodes the event at `at`, reading on while bytes are all that lacks. */
static ctrace_status read_event(ctr_ctfs_log *l, ctrace_error *error)
{
    ctrace_status status = decode(l);
    while (status == CTRACE_TRUNCATED) {
        size_t have = (size_t)(l->end - l->at), got;
        if (have >= l->split.max_event_bytes) {
            status = CTRACE_TOO_LARGE;
            break;
        }
        /* Half as much again at least, so that all the tries together stay linear in the event's size. */
        ctrace_status filled = fill(l, have < 4096 ? 1 : have / 2, &got, error);
        if (filled != CTRACE_OK)
            return filled;
        if (!got && !l->units.unit_over) {
            l->next_index--;
            return CTRACE_AGAIN;
        }
        if (!got)
            return give_cut_event(l, error);
        status = decode(l);
    }
    const ctr_cbor_note *notes = l->split_binary ? l->split.notes : l->cbor.notes;
    size_t note_count = l->split_binary ? l->split.note_count : l->cbor.note_count;
    if (status == CTRACE_OK && !l->split_binary && (size_t)(l->cbor.after - l->at) > l->split.max_event_bytes)
        status = CTRACE_TOO_LARGE;
    if (note_count && status != CTRACE_TOO_LARGE)
        take_notes(l, notes, note_count);
    return status == CTRACE_OK ? status : give_bad_event(l, status, error);
}

ctrace_status ctr_ctfs_log_next(ctr_ctfs_log *l, const ctrace_event **event, ctrace_error *error)
{
    ctrace_status status = CTRACE_OK;
    if (l->place == PLACE_END)
        return CTRACE_END;
    if (l->place == PLACE_SKIP)
        status = skip_event(l, error);
    if (status == CTRACE_OK && l->place == PLACE_LOST)
        status = lose_unit(l, error);
    if (status == CTRACE_OK && (l->at == l->end || !l->unit_open))
        status = find_event(l, error);
    if (status == CTRACE_END) {
        l->place = PLACE_END;
        l->here = (ctrace_position){.event = CTRACE_ID_NONE, .offset = offset_of(l, l->at)};
    }
    if (status != CTRACE_OK)
        return status;
    l->here = (ctrace_position){.event = l->next_index++, .offset = offset_of(l, l->at)};
    status = read_event(l, error);
    if (status != CTRACE_OK)
        return status;
    l->at = l->split_binary ? l->split.after : l->cbor.after;
    *event = &l->event;
    return CTRACE_OK;
}

void ctr_ctfs_log_refresh(ctr_ctfs_log *l, bool complete)
{
    const ctr_ctfs_file *file = ctr_ctfs_find(l->container, "events.log");
    if (file)
        l->units.file = file;
    l->units.growing = !complete;
}

/* ---- Asking and going ---- */

void ctr_ctfs_log_position(const ctr_ctfs_log *l, ctrace_position *out) { *out = l->here; }

uint64_t ctr_ctfs_log_bytes_read(const ctr_ctfs_log *l)
{
    uint64_t size = l->container->source->size;
    if (l->place == PLACE_END || l->units.at + l->container->block_size > size)
        return size;
    return l->units.at;
}

bool ctr_ctfs_log_mark(ctr_ctfs_log *l, ctr_mark *out)
{
    if (l->place == PLACE_END || l->units.framing == CTR_LOG_FRAMES)
        return false;
    uint64_t place = l->units.unit_at, event = l->unit_event, base = l->unit_base;
    if (l->units.framing == CTR_LOG_BARE) { /* any event's beginning will do */
        place = ctr_log_units_first(&l->units) + l->here.offset;
        event = l->here.event;
        base = l->here.offset;
    }
    if (place <= l->marked || event > l->here.event)
        return false;
    l->marked = place;
    *out = (ctr_mark){event, {place, base, 0}};
    return true;
}

ctrace_status ctr_ctfs_log_go_to(ctr_ctfs_log *l, uint64_t number, ctrace_error *error)
{
    l->has_entry = false;
    return ctr_ctfs_records_go_to(&l->records, number, error);
}
