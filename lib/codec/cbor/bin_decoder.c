/* The decoder of trace.bin version 1: events in CBOR, one after another, in zstd frames that need not end where events
 * do. */
#include <string.h>

#include "base/failure.h"
#include "codec/cbor/bin_find.h"
#include "codec/cbor/decode.h"
#include "codec/decoder.h"
#include "io/frames.h"

/* What does not happen at every event, kept out of the way of what does. */
#define SELDOM __attribute__((noinline))

#define HEADER_SIZE 8
/* Room for the largest usual frame behind what is left of the one before it. */
#define FIRST_CAPACITY (CTR_FRAME_PLAIN + ((size_t)256 << 10))
/* Of the frames that begin nearer to each other than this, one is enough to come back to. */
#define PLACE_DISTANCE 4096

typedef enum bin_place {
    PLACE_EVENT,     /* `after` is behind an event */
    PLACE_BAD_EVENT, /* in an event that is to be skipped, at `after` */
    PLACE_BAD_CBOR,  /* at something that is no CBOR */
    PLACE_BAD_FRAME, /* at the end of what could be unpacked */
    PLACE_END
} bin_place;

typedef struct bin {
    ctr_decoder base;
    ctr_frames frames;
    /* What was unpacked and is still needed. */
    char *data;
    size_t capacity;   /* without the slack behind */
    const char *at;    /* the last event */
    const char *after; /* behind it */
    const char *end;
    uint64_t offset;   /* of data[0] in all that is unpacked */
    ctr_buffer places; /* ctr_frame_place[]: where the frames of what is in `data` begin, the first at or before it */
    bool ended;        /* nothing comes behind `end`, as far as is known now */
    bin_place place;
    uint64_t index; /* of the last event */
    uint64_t next_index;
    ctr_cbor_skip skip;  /* through an event that is too large, */
    ctrace_position bad; /* which begins here */
    /* In a file that grows: the frame that could not be unpacked, and how long the file was then. */
    uint64_t damaged_at, damaged_size;
    ctr_cbor_decoder decoder;
    ctrace_event event;
} bin;

static bin *bin_of(ctr_decoder *d) { return (bin *)(void *)d; }
static const bin *const_bin_of(const ctr_decoder *d) { return (const bin *)(const void *)d; }

static ctrace_position position_of(const bin *b, const char *p, uint64_t event)
{
    return (ctrace_position){.event = event, .offset = b->offset + (uint64_t)(p - b->data)};
}

static ctrace_status place_failure(const bin *b, const char *p, uint64_t event, ctrace_status status,
                                   ctrace_error *error)
{
    if (error)
        error->position = position_of(b, p, event);
    return status;
}

/* ---- What is unpacked ---- */

static void set_end(bin *b, size_t size)
{
    b->end = b->data + size;
    memset(b->data + size, 0, CTR_CBOR_SLACK);
}

/* Forgets the places that lie before those that are needed. */
static void drop_places(bin *b)
{
    ctr_frame_place *places = (ctr_frame_place *)(void *)b->places.data;
    size_t count = b->places.size / sizeof *places, drop = 0;
    while (drop + 1 < count && places[drop + 1].plain <= b->offset)
        drop++;
    if (drop) {
        b->places.size -= drop * sizeof *places;
        memmove(places, places + drop, b->places.size);
    }
}

static bool add_place(bin *b, ctr_frame_place place)
{
    if (b->places.size) {
        ctr_frame_place last;
        memcpy(&last, b->places.data + b->places.size - sizeof last, sizeof last);
        if (place.plain - last.plain < PLACE_DISTANCE)
            return true;
    }
    return ctr_buffer_append(&b->places, &place, sizeof place);
}

/* Gives up what lies before `keep`. */
static void slide(bin *b, const char *keep)
{
    size_t kept = (size_t)(b->end - keep);
    b->offset += (uint64_t)(keep - b->data);
    memmove(b->data, keep, kept);
    b->at = b->after = b->data;
    set_end(b, kept);
    drop_places(b);
}

/* Forgets all and goes on at a place of what is unpacked. */
static void begin_at(bin *b, uint64_t offset)
{
    b->offset = offset;
    b->at = b->after = b->data;
    set_end(b, 0);
    b->places.size = 0;
    b->ended = false;
}

static bool make_room(bin *b)
{
    size_t kept = (size_t)(b->end - b->data), capacity = b->capacity * 2;
    char *data = ctr_resize(b->base.options.allocator, b->data, b->capacity + CTR_CBOR_SLACK,
                            capacity + CTR_CBOR_SLACK);
    if (!data)
        return false;
    b->data = data;
    b->capacity = capacity;
    b->at = b->after = data;
    set_end(b, kept);
    return true;
}

static ctrace_status fail_memory(bin *b, ctrace_error *error)
{
    ctr_fail(error, CTRACE_NO_MEMORY, "no memory for an event");
    return place_failure(b, b->at, CTRACE_ID_NONE, CTRACE_NO_MEMORY, error);
}

static bool is_followed(const bin *b) { return b->base.options.follow && b->base.source->seeks; }

/* A frame is damaged. Of a file that grows it may have been read while it was written: that is to be tried again, once
 * for every time that the file has grown. */
static ctrace_status give_damage(bin *b, ctrace_status status, ctrace_error *error)
{
    if (status == CTRACE_SYNTAX && is_followed(b)) {
        bool again = b->damaged_at == b->frames.frame.file && b->damaged_size != b->base.source->size;
        if (!again && ctr_decoder_completeness(&b->base) != CTR_COMPLETE) {
            b->damaged_at = b->frames.frame.file;
            b->damaged_size = b->base.source->size;
            b->ended = true;
            return CTRACE_OK;
        }
    }
    if (status == CTRACE_SYNTAX)
        b->place = PLACE_BAD_FRAME;
    return place_failure(b, b->end, b->next_index, status, error);
}

/* Puts `wanted` more bytes behind `end`, or sets `ended`; keeps what begins at `keep`. Pointers into what is unpacked
 * are lost. */
SELDOM static ctrace_status refill(bin *b, const char *keep, size_t wanted, ctrace_error *error)
{
    slide(b, keep);
    size_t kept = (size_t)(b->end - b->data);
    if (kept == b->capacity && !make_room(b))
        return fail_memory(b, error);
    size_t have = kept;
    do {
        size_t got;
        ctrace_status status = ctr_frames_read(&b->frames, b->data + have, b->capacity - have, &got, error);
        if (status != CTRACE_OK)
            return give_damage(b, status, error);
        b->ended = got == 0;
        if (got && !add_place(b, b->frames.frame))
            return fail_memory(b, error);
        have += got;
        set_end(b, have);
    } while (!b->ended && have < b->capacity && have - kept < wanted);
    return CTRACE_OK;
}

/* ---- The end ---- */

static void warn_about_end(bin *b)
{
    const ctr_frames *f = &b->frames;
    ctrace_position end = position_of(b, b->end, CTRACE_ID_NONE);
    if (f->is_cut)
        ctr_decoder_warn(&b->base, CTRACE_LENIENCY_FRAME_CUT, end);
    if (f->table == CTR_TABLE_MISSING)
        ctr_decoder_warn(&b->base, CTRACE_LENIENCY_SEEK_TABLE_MISSING, end);
    else if (f->table == CTR_TABLE_WRONG)
        ctr_decoder_warn(&b->base, CTRACE_LENIENCY_SEEK_TABLE_WRONG, end);
    if (f->has_trailing)
        ctr_decoder_warn(&b->base, CTRACE_LENIENCY_TRAILING_BYTES, end);
}

/* At the end, before or inside an event. */
SELDOM static ctrace_status give_end(bin *b, ctrace_error *error)
{
    warn_about_end(b);
    if (b->at == b->end) {
        b->place = PLACE_END;
        return CTRACE_END;
    }
    ctr_cbor_guess_event(b->at, b->end, &b->base.bad);
    ctr_fail(error, CTRACE_TRUNCATED, "the input ends inside the event that begins here");
    return place_failure(b, b->at, b->next_index, CTRACE_TRUNCATED, error);
}

/* ---- Events ---- */

/* Turns the decoder's notes into warnings, in the order of their places. Both are few. */
SELDOM static void take_notes(bin *b)
{
    const ctr_cbor_decoder *d = &b->decoder;
    ctrace_warning *warnings = b->base.warnings;
    size_t first = b->base.warning_count;
    for (size_t i = 0; i < d->note_count; i++)
        ctr_decoder_warn(&b->base, d->notes[i].leniency, position_of(b, d->notes[i].at, b->index));
    for (size_t i = first + 1; i < b->base.warning_count; i++) {
        ctrace_warning moved = warnings[i];
        size_t at = i;
        for (; at > first && warnings[at - 1].position.offset > moved.position.offset; at--)
            warnings[at] = warnings[at - 1];
        warnings[at] = moved;
    }
}

/* The event at b->at is larger than may be. `after` is behind it, or where skipping it has come to. */
static ctrace_status fail_too_large(bin *b, ctrace_error *error)
{
    ctr_fail(error, CTRACE_TOO_LARGE, "the event is larger than %zu bytes", b->base.options.max_event_bytes);
    ctr_cbor_guess_event(b->at, b->end, &b->base.bad);
    return place_failure(b, b->at, b->index, CTRACE_TOO_LARGE, error);
}

/* Nothing lies behind b->end. In a file that is followed there may be more by now or later: CTRACE_OK to read on,
 * CTRACE_AGAIN. CTRACE_END for the end indeed; upstream's writer puts the seek table there when it is done. */
static ctrace_status ask_for_more(bin *b)
{
    if (!is_followed(b))
        return CTRACE_END;
    ctr_completeness completeness = ctr_decoder_completeness(&b->base);
    ctr_seek_table table = b->frames.table;
    if (ctr_frames_try_again(&b->frames)) {
        b->ended = false;
        return CTRACE_OK;
    }
    if (completeness == CTR_COMPLETE || (completeness == CTR_COMPLETE_UNKNOWN && table == CTR_TABLE_FITS))
        return CTRACE_END;
    return CTRACE_AGAIN;
}

/* Goes behind the event that was too large, whatever its size. */
SELDOM static ctrace_status skip_bad_event(bin *b, ctrace_error *error)
{
    for (;;) {
        const char *expected;
        ctr_cbor_skipped skipped = ctr_cbor_skip_run(&b->skip, &b->after, b->end, &expected);
        b->at = b->after;
        if (skipped == CTR_CBOR_SKIPPED) {
            b->place = PLACE_EVENT;
            return CTRACE_OK;
        }
        if (skipped == CTR_CBOR_SKIP_NO_MEMORY)
            return fail_memory(b, error);
        if (skipped == CTR_CBOR_SKIP_BAD) {
            b->place = PLACE_BAD_CBOR;
            ctr_fail(error, CTRACE_SYNTAX, "expected %s", expected);
            return place_failure(b, b->at, b->index, CTRACE_SYNTAX, error);
        }
        ctrace_status status = b->ended ? CTRACE_OK : refill(b, b->at, 1, error);
        if (status != CTRACE_OK)
            return status;
        if (b->at < b->end || !b->ended)
            continue;
        status = ask_for_more(b);
        if (status == CTRACE_OK)
            continue;
        if (status == CTRACE_AGAIN)
            return status;
        warn_about_end(b);
        ctr_fail(error, CTRACE_TRUNCATED, "the input ends inside the event that begins here");
        if (error)
            error->position = b->bad;
        return CTRACE_TRUNCATED;
    }
}

/* The decoder failed for another reason than missing bytes. */
SELDOM static ctrace_status give_decoder_failure(bin *b, ctrace_error *error)
{
    const ctr_cbor_decoder *d = &b->decoder;
    b->index = b->next_index;
    if (d->status == CTRACE_NO_MEMORY)
        return fail_memory(b, error);
    take_notes(b);
    ctr_cbor_guess_event(b->at, b->end, &b->base.bad);
    ctr_fail(error, d->status, "%s", d->message);
    if (d->status == CTRACE_SYNTAX)
        b->place = PLACE_BAD_CBOR;
    else
        b->after = d->after;
    b->next_index++;
    return place_failure(b, d->failed_at, b->index, d->status, error);
}

/* The event at b->at is not here as a whole: reads on and tries again while bytes are all that lacks. */
SELDOM static ctrace_status read_longer_event(bin *b, ctrace_error *error)
{
    for (;;) {
        size_t have = (size_t)(b->end - b->at);
        if (have >= b->base.options.max_event_bytes) {
            b->index = b->next_index++;
            b->bad = position_of(b, b->at, b->index);
            b->after = b->at;
            b->place = PLACE_BAD_EVENT;
            ctr_cbor_skip_begin(&b->skip);
            return fail_too_large(b, error);
        }
        if (!b->ended) {
            /* A long event is tried again when half as much again is there, so that all the tries together stay linear
             * in its size. */
            ctrace_status status = refill(b, b->at, have < 4096 ? 1 : have / 2, error);
            if (status != CTRACE_OK)
                return status;
        }
        if ((size_t)(b->end - b->at) == have) {
            ctrace_status status = b->ended ? ask_for_more(b) : CTRACE_OK;
            if (status != CTRACE_OK)
                return status == CTRACE_END ? give_end(b, error) : status;
            continue;
        }
        ctrace_status status = ctr_cbor_decode_event(&b->decoder, b->at, b->end, &b->event);
        if (status == CTRACE_OK)
            return CTRACE_OK;
        if (status != CTRACE_TRUNCATED)
            return give_decoder_failure(b, error);
    }
}

static ctrace_status next(ctr_decoder *base, const ctrace_event **event, ctrace_error *error)
{
    bin *b = bin_of(base);
    base->warning_count = 0;
    if (b->place != PLACE_EVENT) {
        if (b->place != PLACE_BAD_EVENT)
            return CTRACE_END;
        ctrace_status status = skip_bad_event(b, error);
        if (status != CTRACE_OK)
            return status;
    }
    b->at = b->after;
    ctrace_status status = ctr_cbor_decode_event(&b->decoder, b->at, b->end, &b->event);
    if (status != CTRACE_OK) {
        status = status == CTRACE_TRUNCATED ? read_longer_event(b, error) : give_decoder_failure(b, error);
        if (status != CTRACE_OK)
            return status;
    }
    b->index = b->next_index++;
    b->after = b->decoder.after;
    if ((size_t)(b->after - b->at) > base->options.max_event_bytes)
        return fail_too_large(b, error);
    if (b->decoder.note_count)
        take_notes(b);
    *event = &b->event;
    return CTRACE_OK;
}

/* ---- Asking ---- */

static void position(ctr_decoder *base, ctrace_position *out)
{
    bin *b = bin_of(base);
    *out = b->place == PLACE_BAD_EVENT ? b->bad
                                       : position_of(b, b->at, b->place == PLACE_END ? CTRACE_ID_NONE : b->index);
}

static uint64_t bytes_read(const ctr_decoder *base)
{
    return ctr_frames_consumed(&const_bin_of(base)->frames);
}

/* ---- Other places ---- */

/* The words of a mark: where a frame begins in the file and in what is unpacked, and where the event begins there. */
static bool mark(ctr_decoder *base, ctr_mark *out)
{
    const bin *b = bin_of(base);
    if (b->place != PLACE_EVENT || b->index == CTRACE_ID_NONE)
        return false;
    uint64_t offset = b->offset + (uint64_t)(b->at - b->data);
    const ctr_frame_place *places = (const ctr_frame_place *)(const void *)b->places.data;
    size_t at = 0, count = b->places.size / sizeof *places;
    while (at + 1 < count && places[at + 1].plain <= offset)
        at++;
    if (at >= count)
        return false;
    *out = (ctr_mark){.event = b->index, .words = {places[at].file, places[at].plain, offset}};
    return true;
}

static ctrace_status go_to(ctr_decoder *base, const ctr_mark *to, ctrace_error *error)
{
    bin *b = bin_of(base);
    if (!base->source->seeks)
        return ctr_fail(error, CTRACE_UNSUPPORTED, "a source that is no file cannot be read from another place");
    ctr_mark first = {.words = {b->frames.first.file, 0, 0}};
    if (!to)
        to = &first;
    if (to->words[0] < b->frames.first.file || to->words[0] >= (uint64_t)INT64_MAX || to->words[1] > to->words[2])
        return ctr_fail(error, CTRACE_ARGUMENT, "there is no such place in the trace");
    ctr_frames_go_to(&b->frames, (ctr_frame_place){to->words[0], to->words[1]}, to->words[2]);
    begin_at(b, to->words[2]);
    b->place = PLACE_EVENT;
    b->index = CTRACE_ID_NONE;
    b->next_index = to->event;
    base->warning_count = 0;
    if (to == &first)
        return CTRACE_OK;
    /* The place is one when an event begins there. */
    ctrace_status status = refill(b, b->at, CTR_CBOR_EVENT_BEGIN, error);
    if (status != CTRACE_OK)
        return status;
    ctrace_event_kind kind;
    if (b->at != b->end && ((unsigned char)*b->at == 0xA1 || (unsigned char)*b->at >> 5 == 3) &&
        !ctr_cbor_event_begins(b->at, b->end, &kind))
        return ctr_fail(error, CTRACE_ARGUMENT, "no event begins at that place of the trace");
    return CTRACE_OK;
}

/* Whether an event is at b->at, by its name, by being whole, and by what follows. More bytes are read when it needs
 * them. */
static ctrace_status is_event(bin *b, bool *found, ctrace_error *error)
{
    for (*found = false;;) {
        ctrace_event_kind kind;
        size_t have = (size_t)(b->end - b->at);
        bool begins = ctr_cbor_event_begins(b->at, b->end, &kind);
        if (!begins && (have >= CTR_CBOR_EVENT_BEGIN || b->ended))
            return CTRACE_OK;
        ctrace_status status = CTRACE_TRUNCATED;
        if (begins)
            status = ctr_cbor_decode_event(&b->decoder, b->at, b->end, &b->event);
        if (status == CTRACE_OK) {
            const char *after = b->decoder.after;
            bool known = (size_t)(b->end - after) >= CTR_CBOR_EVENT_BEGIN || b->ended;
            if (known) {
                *found = after == b->end || ctr_cbor_event_begins(after, b->end, &kind);
                return CTRACE_OK;
            }
        } else if (status != CTRACE_TRUNCATED) {
            return status == CTRACE_NO_MEMORY ? fail_memory(b, error) : CTRACE_OK;
        }
        if (b->ended || have >= b->base.options.max_event_bytes)
            return CTRACE_OK;
        status = refill(b, b->at, have < 4096 ? CTR_CBOR_EVENT_BEGIN : have / 2, error);
        if (status != CTRACE_OK)
            return status;
    }
}

/* Goes to the next event from b->at on. CTRACE_END when there is none. */
static ctrace_status find_event(bin *b, bool *found, ctrace_error *error)
{
    for (*found = false;;) {
        while (b->at < b->end && (unsigned char)*b->at != 0xA1 && (unsigned char)*b->at >> 5 != 3)
            b->at++;
        bool is_candidate = b->at < b->end;
        ctrace_status status = is_candidate ? is_event(b, found, error)
                               : b->ended   ? CTRACE_END
                                            : refill(b, b->at, 1, error);
        if (status != CTRACE_OK || *found)
            return status;
        b->at += is_candidate;
    }
}

static ctrace_status resume(ctr_decoder *base, ctrace_error *error)
{
    bin *b = bin_of(base);
    base->warning_count = 0;
    if (b->place != PLACE_BAD_CBOR && b->place != PLACE_BAD_FRAME)
        return CTRACE_END;
    if (b->place == PLACE_BAD_CBOR)
        b->at++;
    bool found = false;
    ctrace_status status = CTRACE_SYNTAX;
    while (!found) {
        if (b->place == PLACE_BAD_FRAME) {
            status = ctr_frames_resume(&b->frames, &found, error);
            if (status != CTRACE_OK || !found) {
                b->place = PLACE_END;
                return status == CTRACE_OK ? CTRACE_END : status;
            }
            begin_at(b, b->frames.plain);
        }
        b->place = PLACE_EVENT;
        status = find_event(b, &found, error);
        if (b->place != PLACE_BAD_FRAME && status != CTRACE_OK) {
            b->place = PLACE_END;
            return status;
        }
    }
    b->after = b->at;
    return CTRACE_OK;
}

/* ---- Life ---- */

static void close_bin(ctr_decoder *base)
{
    bin *b = bin_of(base);
    const ctrace_allocator *allocator = base->options.allocator;
    ctr_frames_free(&b->frames);
    ctr_free(allocator, b->data, b->data ? b->capacity + CTR_CBOR_SLACK : 0);
    ctr_buffer_free(&b->places);
    ctr_cbor_skip_free(&b->skip);
    ctr_cbor_decoder_free(&b->decoder);
    ctr_free(allocator, b, sizeof *b);
}

static const ctr_decoder_class class = {.form = CTRACE_FORM_BIN,
                                        .next = next,
                                        .position = position,
                                        .bytes_read = bytes_read,
                                        .mark = mark,
                                        .go_to = go_to,
                                        .resume = resume,
                                        .close = close_bin};

/* Reads the eight bytes before the frames. */
static ctrace_status read_header(bin *b, ctrace_error *error)
{
    char header[HEADER_SIZE];
    if (b->base.source->seeks)
        ctr_source_seek(b->base.source, 0);
    for (size_t have = 0, got; have < HEADER_SIZE; have += got) {
        ctrace_status status =
            ctr_source_read(b->base.source, header + have, HEADER_SIZE - have, &got, b->base.file, error);
        if (status != CTRACE_OK)
            return status;
        if (!got)
            return ctr_fail(error, CTRACE_NOT_A_TRACE, "the input ends inside its header");
    }
    if (header[6] || header[7])
        ctr_decoder_warn(&b->base, CTRACE_LENIENCY_HEADER_RESERVED, (ctrace_position){.event = CTRACE_ID_NONE});
    return CTRACE_OK;
}

ctrace_status ctr_cbor_open_decoder(ctr_decoder **out, ctr_source *source, const char *file,
                                    const ctr_decoder_options *options, ctrace_error *error)
{
    *out = NULL;
    bin *b = ctr_alloc_zero(options->allocator, sizeof *b);
    if (!b)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading");
    b->base.class = &class;
    b->base.options = *options;
    b->base.source = source;
    b->base.file = file;
    b->base.details = CTRACE_STR("version 1");
    b->places.allocator = b->skip.open.allocator = options->allocator;
    b->index = CTRACE_ID_NONE;
    ctr_cbor_decoder_init(&b->decoder, options->max_depth, options->allocator);
    ctrace_status status = read_header(b, error);
    if (status == CTRACE_OK)
        status = ctr_frames_init(&b->frames, source, HEADER_SIZE, file, options->allocator, error);
    if (status == CTRACE_OK && !(b->data = ctr_alloc(options->allocator, FIRST_CAPACITY + CTR_CBOR_SLACK)))
        status = ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading");
    if (status == CTRACE_OK) {
        b->capacity = FIRST_CAPACITY;
        begin_at(b, 0);
        *out = &b->base;
    } else {
        close_bin(&b->base);
    }
    return status;
}
