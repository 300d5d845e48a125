#include "codec/ctfs/events_log.h"

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

struct ctr_events_log {
    ctr_decoder *decoder;
    ctr_ctfs *container;
    ctr_log_units units;
    bool split_binary;      /* not CBOR */
    bool encoding_told;     /* which of them it is */
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
    ctrace_position here;            /* of the last event */
    uint64_t unit_event, unit_base;  /* the first event of the unit, and where in the stream it begins */
    uint64_t marked;                 /* the place of the last mark in the file */

    ctrace_event event;
    ctr_cbor_decoder cbor;
    ctr_split_decoder split;
    ctr_split_skip split_skip;
    ctr_cbor_skip cbor_skip;
};

static uint64_t offset_of(const ctr_events_log *l, const char *p) { return l->base + (uint64_t)(p - l->data); }

static void warn_here(ctr_events_log *l, ctrace_leniency leniency, uint64_t event)
{
    ctr_decoder_warn(l->decoder, leniency, (ctrace_position){.event = event, .offset = offset_of(l, l->at)});
}

/* ---- The window ---- */

/* Makes the window twice as wide, but no wider than the largest event wants it. */
static ctrace_status widen(ctr_events_log *l, size_t kept, ctrace_error *error)
{
    size_t larger = l->capacity * 2, most = l->decoder->options.max_event_bytes + 1 + CTR_CBOR_SLACK;
    if (larger > most)
        larger = most;
    if (larger <= l->capacity)
        return CTRACE_OK;
    char *grown = ctr_resize(l->decoder->options.allocator, l->data, l->capacity, larger);
    if (!grown)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for an event");
    memset(grown + l->capacity, 0, larger - l->capacity);
    l->data = grown;
    l->capacity = larger;
    l->at = grown;
    l->end = grown + kept;
    return CTRACE_OK;
}

/* Brings more bytes of the unit into the window, as many as there is room for. *got is 0 at its end. */
static ctrace_status fill(ctr_events_log *l, size_t *got, ctrace_error *error)
{
    size_t kept = (size_t)(l->end - l->at);
    *got = 0;
    if (l->at > l->data) {
        memmove(l->data, l->at, kept);
        l->base += (uint64_t)(l->at - l->data);
        l->at = l->data;
        l->end = l->data + kept;
    }
    ctrace_status status = CTRACE_OK;
    if (l->capacity - CTR_CBOR_SLACK - kept < kept / 2 + 1) /* so that all tries of an event stay linear in its size */
        status = widen(l, kept, error);
    size_t room = l->capacity - CTR_CBOR_SLACK - kept;
    for (size_t some = 1; status == CTRACE_OK && some && *got < room; *got += some) {
        status = ctr_log_units_fill(&l->units, l->data + kept + *got, room - *got, &some, error);
        l->end = l->data + kept + *got + some;
    }
    return status;
}

/* ---- Units ---- */

/* Goes to the next unit; CTRACE_END when there is none, CTRACE_AGAIN when there is none yet. */
static ctrace_status next_unit(ctr_events_log *l, ctrace_error *error)
{
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
static void tell_encoding(ctr_events_log *l)
{
    unsigned first = (unsigned char)*l->at;
    l->encoding_told = true;
    if (l->units.framing == CTR_LOG_CHUNKS)
        l->split_binary = first <= CTR_SPLIT_COLUMN_STEP || (first < 0x60 && l->says_split_binary);
    else
        l->split_binary = first <= CTR_SPLIT_COLUMN_STEP;
    if (l->split_binary != l->says_split_binary)
        warn_here(l, CTRACE_LENIENCY_CT_FORMAT_MISSING, l->next_index);
}

/* Goes to where an event begins: `at` is before `end` then. */
static ctrace_status find_event(ctr_events_log *l, ctrace_error *error)
{
    for (;;) {
        ctrace_status status = CTRACE_OK;
        size_t got;
        if (!l->unit_open)
            status = next_unit(l, error);
        if (status == CTRACE_OK && l->at == l->end)
            status = fill(l, &got, error);
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

/* The unit ends inside the event at `at`: chunks behind it may have more. */
static ctrace_status give_cut_event(ctr_events_log *l, ctrace_error *error)
{
    ctrace_position here = l->here;
    ctrace_status status = next_unit(l, error);
    if (status == CTRACE_NO_MEMORY || status == CTRACE_IO)
        return status;
    bool more = status != CTRACE_END;
    if (!more)
        l->place = PLACE_END;
    status = more ? CTRACE_EVENT : CTRACE_TRUNCATED;
    ctr_fail(error, status, "%s ends inside the event that begins here", more ? "the chunk" : "the input");
    if (error)
        error->position = here;
    return status;
}

/* Goes behind a bad event, whatever its size. */
static ctrace_status skip_event(ctr_events_log *l, ctrace_error *error)
{
    for (size_t got = 1;;) {
        const char *expected;
        ctr_cbor_skipped skipped = CTR_CBOR_SKIP_MORE;
        if (!l->split_binary)
            skipped = ctr_cbor_skip_run(&l->cbor_skip, &l->at, l->end, &expected);
        else if (ctr_split_skip_run(&l->split_skip, &l->at, l->end))
            skipped = CTR_CBOR_SKIPPED;
        if (skipped == CTR_CBOR_SKIP_NO_MEMORY)
            return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for skipping an event");
        if (skipped != CTR_CBOR_SKIP_MORE) {
            l->place = skipped == CTR_CBOR_SKIPPED ? PLACE_EVENT : PLACE_LOST;
            return CTRACE_OK;
        }
        ctrace_status status = fill(l, &got, error);
        if (status != CTRACE_OK)
            return status;
        if (!got) /* what is cut off was told to be bad already */
            break;
    }
    if (!l->units.unit_over)
        return CTRACE_AGAIN;
    l->place = PLACE_EVENT;
    l->unit_open = false;
    return CTRACE_OK;
}

/* Goes to the end of the unit, whose rest cannot be read. */
static ctrace_status lose_unit(ctr_events_log *l, ctrace_error *error)
{
    for (size_t got = 1; got;) {
        l->at = l->end;
        ctrace_status status = fill(l, &got, error);
        if (status != CTRACE_OK)
            return status;
    }
    if (!l->units.unit_over)
        return CTRACE_AGAIN;
    l->place = PLACE_EVENT;
    return CTRACE_OK;
}

/* ---- Events ---- */

static void take_notes(ctr_events_log *l, const ctr_cbor_note *notes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ctr_decoder_warn(l->decoder, notes[i].leniency,
                         (ctrace_position){.event = l->here.event, .offset = offset_of(l, notes[i].at)});
}

/* Decodes the event at `at`; *after is behind it. */
static ctrace_status decode(ctr_events_log *l, const char **after)
{
    ctrace_status status;
    if (l->split_binary) {
        status = ctr_split_decode(&l->split, l->at, l->end, &l->event);
        *after = l->split.after;
    } else {
        status = ctr_cbor_decode_event(&l->cbor, l->at, l->end, &l->event);
        *after = l->cbor.after;
        bool larger = status == CTRACE_OK && (size_t)(*after - l->at) > l->split.max_event_bytes;
        if (larger || (status == CTRACE_TRUNCATED && (size_t)(l->end - l->at) >= l->split.max_event_bytes)) {
            status = ctr_split_too_large(&l->split, l->at);
            l->cbor.failed_at = l->split.failed_at;
            memcpy(l->cbor.message, l->split.message, sizeof l->cbor.message);
        }
    }
    return status;
}

/* The event at `at` cannot be given; the next call goes on behind it. */
static ctrace_status give_bad_event(ctr_events_log *l, ctrace_status status, ctrace_error *error)
{
    if (status == CTRACE_NO_MEMORY)
        return ctr_fail(error, status, "no memory for an event");
    /* What follows what is no event cannot be read either, but in another chunk. */
    bool lost = status == CTRACE_SYNTAX && l->units.framing == CTR_LOG_CHUNKS;
    if (lost)
        status = CTRACE_EVENT;
    ctr_fail(error, status, "%s", l->split_binary ? l->split.message : l->cbor.message);
    if (error)
        error->position = (ctrace_position){
            .event = l->here.event, .offset = offset_of(l, l->split_binary ? l->split.failed_at : l->cbor.failed_at)};
    l->place = lost ? PLACE_LOST : PLACE_SKIP;
    l->split_skip = (ctr_split_skip){0};
    ctr_cbor_skip_begin(&l->cbor_skip);
    return status;
}

/* Decodes the event at `at`, reading on while bytes are all that lacks. */
static ctrace_status read_event(ctr_events_log *l, ctrace_error *error)
{
    const char *after;
    ctrace_status status = decode(l, &after);
    while (status == CTRACE_TRUNCATED) {
        size_t got;
        status = fill(l, &got, error);
        if (status != CTRACE_OK)
            return status;
        if (!got && !l->units.unit_over) {
            l->next_index--;
            return CTRACE_AGAIN;
        }
        if (!got)
            return give_cut_event(l, error);
        status = decode(l, &after);
    }
    if (status != CTRACE_TOO_LARGE) {
        if (l->split_binary)
            take_notes(l, l->split.notes, l->split.note_count);
        else
            take_notes(l, l->cbor.notes, l->cbor.note_count);
    }
    if (status != CTRACE_OK)
        return give_bad_event(l, status, error);
    l->at = after;
    return CTRACE_OK;
}

ctrace_status ctr_events_log_next(ctr_events_log *l, const ctrace_event **event, ctrace_error *error)
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
    if (status == CTRACE_END || status == CTRACE_AGAIN)
        l->here = (ctrace_position){.event = CTRACE_ID_NONE, .offset = offset_of(l, l->at)};
    if (status == CTRACE_END)
        l->place = PLACE_END;
    if (status != CTRACE_OK)
        return status;
    l->here = (ctrace_position){.event = l->next_index++, .offset = offset_of(l, l->at)};
    status = read_event(l, error);
    if (status == CTRACE_OK)
        *event = &l->event;
    return status;
}

void ctr_events_log_refresh(ctr_events_log *l, bool complete)
{
    const ctr_ctfs_file *file = ctr_ctfs_find(l->container, "events.log");
    if (file)
        l->units.file = file;
    l->units.growing = !complete;
}

/* ---- Asking and going ---- */

void ctr_events_log_position(const ctr_events_log *l, ctrace_position *out) { *out = l->here; }

uint64_t ctr_events_log_bytes_read(const ctr_events_log *l)
{
    uint64_t size = l->container->source->size;
    return l->place == PLACE_END || l->units.at > size ? size : l->units.at;
}

bool ctr_events_log_mark(ctr_events_log *l, ctr_mark *out)
{
    if (l->place == PLACE_END || l->units.framing == CTR_LOG_FRAMES || l->here.event == CTRACE_ID_NONE)
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

ctrace_status ctr_events_log_go_to(ctr_events_log *l, const ctr_mark *mark, ctrace_error *error)
{
    uint64_t place = mark ? mark->words[0] : ctr_log_units_first(&l->units);
    ctrace_status status = ctr_log_units_go_to(&l->units, place, error);
    if (status != CTRACE_OK)
        return status;
    l->at = l->end = l->data;
    l->base = mark ? mark->words[1] : 0;
    l->next_index = mark ? mark->event : 0;
    l->here = (ctrace_position){.event = CTRACE_ID_NONE, .offset = l->base};
    l->marked = place;
    l->unit_open = false;
    l->place = PLACE_EVENT;
    return CTRACE_OK;
}

/* ---- Life ---- */

static ctrace_status read_format(ctr_events_log *l, ctrace_error *error)
{
    char format[16];
    size_t size = 0;
    const ctr_ctfs_file *file = ctr_ctfs_find(l->container, "events.fmt");
    ctrace_status status = file ? ctr_ctfs_read(l->container, file, 0, format, sizeof format, &size, error) : CTRACE_OK;
    l->says_split_binary = file && file->size == 12 && size == 12 && memcmp(format, "split-binary", 12) == 0;
    l->split_binary = l->says_split_binary;
    return status == CTRACE_IO || status == CTRACE_NO_MEMORY ? status : CTRACE_OK;
}

static bool describe(const ctr_events_log *l, ctr_buffer *details)
{
    static const char *const framings[] = {" chunks", " in zstd frames without chunks", " without chunks"};
    const char *encoding = l->split_binary ? "split-binary" : "CBOR", *framing = framings[l->units.framing];
    const char *prefixed = l->units.has_prefix ? " behind a header" : "";
    return ctr_buffer_append(details, encoding, strlen(encoding)) &&
           ctr_buffer_append(details, framing, strlen(framing)) &&
           ctr_buffer_append(details, prefixed, strlen(prefixed));
}

static ctrace_status begin(ctr_events_log *l, ctr_buffer *details, ctrace_error *error)
{
    ctrace_status status = read_format(l, error);
    if (status == CTRACE_OK)
        status = ctr_log_units_open(&l->units, l->container, ctr_ctfs_find(l->container, "events.log"), error);
    if (status != CTRACE_OK)
        return status;
    l->units.growing = l->decoder->options.follow;
    l->marked = ctr_log_units_first(&l->units);
    l->data = ctr_alloc_zero(l->decoder->options.allocator, FIRST_WINDOW);
    if (!l->data)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading events");
    l->capacity = FIRST_WINDOW;
    l->at = l->end = l->data;
    if (l->units.has_prefix)
        warn_here(l, CTRACE_LENIENCY_CT_PREFIX, CTRACE_ID_NONE);
    if (l->units.framing != CTR_LOG_CHUNKS)
        warn_here(l, CTRACE_LENIENCY_CT_BARE, CTRACE_ID_NONE);
    /* The first bytes tell the encoding. What else is wrong with them comes up again when they are read. */
    status = find_event(l, error);
    if (status == CTRACE_NO_MEMORY || status == CTRACE_IO)
        return status;
    return describe(l, details) ? CTRACE_OK : ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading events");
}

ctrace_status ctr_open_events_log(ctr_events_log **out, ctr_decoder *d, ctr_ctfs *c, ctr_buffer *details,
                                  ctrace_error *error)
{
    const ctrace_allocator *allocator = d->options.allocator;
    *out = NULL;
    ctr_events_log *l = ctr_alloc_zero(allocator, sizeof *l);
    if (!l)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading events");
    l->decoder = d;
    l->container = c;
    l->here.event = CTRACE_ID_NONE;
    l->cbor_skip.open.allocator = allocator;
    ctr_cbor_decoder_init(&l->cbor, d->options.max_depth, allocator);
    l->cbor.in_container = true;
    ctr_split_decoder_init(&l->split, &l->cbor, d->options.max_event_bytes, allocator);
    ctrace_status status = begin(l, details, error);
    if (status == CTRACE_OK)
        *out = l;
    else
        ctr_events_log_close(l);
    return status;
}

void ctr_events_log_close(ctr_events_log *l)
{
    const ctrace_allocator *allocator = l->decoder->options.allocator;
    ctr_log_units_close(&l->units);
    ctr_split_decoder_free(&l->split);
    ctr_cbor_decoder_free(&l->cbor);
    ctr_cbor_skip_free(&l->cbor_skip);
    ctr_free(allocator, l->data, l->capacity);
    ctr_free(allocator, l, sizeof *l);
}
