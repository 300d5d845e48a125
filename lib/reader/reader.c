/* The reader: goes from event to event through the list that holds them. */
#include "ctrace/reader.h"

#include "base/failure.h"
#include "base/options.h"
#include "codec/json/decode.h"
#include "reader/find.h"
#include "reader/sidecars.h"
#include "reader/window.h"

#define DEFAULT_EVENT_BYTES ((size_t)16 << 20)
#define MOST_EVENT_BYTES    ((size_t)1 << 30)
#define MOST_DEPTH          500

/* What does not happen at every event, kept out of the way of what does. */
#define SELDOM __attribute__((noinline))

/* Where reading stands between two calls. */
typedef enum reader_place {
    PLACE_LIST_BEGIN, /* behind '[' */
    PLACE_LIST_EVENT, /* behind an event in a list */
    PLACE_LINES,      /* before or behind an event that is in no list */
    PLACE_BAD_EVENT,  /* in an event that is to be skipped */
    PLACE_END
} reader_place;

struct ctrace_reader {
    const ctrace_allocator *allocator;
    size_t max_event_bytes;
    ctr_buffer file; /* path of the events or name of the source; ends in NUL */
    ctr_source source;
    ctr_window window; /* its `at` is where the last event begins */
    const char *after; /* behind the last event; NULL when there is none to go on from */
    reader_place place;
    bool in_list;
    uint64_t index; /* of the last event */
    uint64_t next_index;
    ctr_json_skip skip;   /* through a bad event, */
    ctrace_position bad;  /* which begins here */
    ctrace_error failure; /* the one that stays; CTRACE_OK when there is none */
    bool has_warnings;    /* found when opening, for the first call */
    ctrace_warning warnings[CTR_JSON_MAX_NOTES];
    size_t warning_count;
    ctr_arena sidecars; /* holds what the metadata points to */
    ctrace_metadata metadata;
    bool has_metadata;
    ctr_json_decoder decoder;
};

/* ---- Warnings and failures ---- */

static void warn(ctrace_reader *r, ctrace_leniency leniency, ctrace_position position)
{
    if (r->warning_count < CTR_JSON_MAX_NOTES)
        r->warnings[r->warning_count++] = (ctrace_warning){leniency, position};
}

static void warn_at(ctrace_reader *r, ctrace_leniency leniency, const char *p, uint64_t event)
{
    ctrace_position position = {.event = event};
    ctr_window_locate(&r->window, p, &position);
    warn(r, leniency, position);
}

/* Turns the decoder's notes into warnings. Both are few. */
SELDOM static void take_notes(ctrace_reader *r)
{
    const ctr_json_decoder *d = &r->decoder;
    size_t first = r->warning_count;
    for (size_t i = 0; i < d->note_count; i++)
        warn_at(r, d->notes[i].leniency, d->notes[i].at, r->index);
    for (size_t i = first + 1; i < r->warning_count; i++) {
        ctrace_warning moved = r->warnings[i];
        size_t at = i;
        for (; at > first && r->warnings[at - 1].position.offset > moved.position.offset; at--)
            r->warnings[at] = r->warnings[at - 1];
        r->warnings[at] = moved;
    }
}

/* Completes r->failure, which has its status and message, and gives it out. */
SELDOM static ctrace_status give_failure(ctrace_reader *r, ctrace_position position, ctrace_error *error)
{
    r->failure.position = position;
    ctr_error_set_file(&r->failure, r->file.data, r->file.size - 1);
    if (error)
        *error = r->failure;
    return r->failure.status;
}

static ctrace_status give_failure_at(ctrace_reader *r, const char *p, uint64_t event, ctrace_error *error)
{
    ctrace_position position = {.event = event};
    ctr_window_locate(&r->window, p, &position);
    return give_failure(r, position, error);
}

/* The event at r->window.at is bad; the next call goes on behind it. */
SELDOM static ctrace_status give_bad_event(ctrace_reader *r, const char *p, ctrace_error *error)
{
    r->bad = (ctrace_position){.event = r->index};
    ctr_window_locate(&r->window, r->window.at, &r->bad);
    r->place = PLACE_BAD_EVENT;
    ctr_json_skip_begin(&r->skip);
    ctrace_status status = give_failure_at(r, p, r->index, error);
    r->failure.status = CTRACE_OK;
    return status;
}

SELDOM static ctrace_status refill(ctrace_reader *r, size_t wanted, ctrace_error *error)
{
    ctrace_status status = ctr_window_refill(&r->window, wanted, &r->failure);
    if (status == CTRACE_OK)
        return CTRACE_OK;
    return give_failure_at(r, r->window.end, CTRACE_ID_NONE, error);
}

/* ---- Between events ---- */

/* Goes to what is no white space: window.at is there, or at the end of all. */
static ctrace_status skip_space(ctrace_reader *r, ctrace_error *error)
{
    ctr_window *w = &r->window;
    for (;;) {
        w->at = ctr_json_space(w->at);
        if (w->at < w->end || w->ended)
            return CTRACE_OK;
        ctrace_status status = refill(r, 1, error);
        if (status != CTRACE_OK)
            return status;
    }
}

static ctrace_status fail_syntax(ctrace_reader *r, const char *p, const char *expected, ctrace_error *error)
{
    char found[16] = "the end";
    if (p < r->window.end && *p > ' ' && *p <= '~') {
        memcpy(found, "'?'", 4);
        found[1] = *p;
    } else if (p < r->window.end) {
        memcpy(found, "another byte", 13);
    }
    ctr_fail(&r->failure, CTRACE_SYNTAX, "expected %s, found %s", expected, found);
    return give_failure_at(r, p, r->next_index, error);
}

/* The input ended without the list's ']'. A comma before that end needs no word of its own. */
static ctrace_status end_unterminated(ctrace_reader *r)
{
    warn_at(r, CTRACE_LENIENCY_UNTERMINATED, r->window.at, CTRACE_ID_NONE);
    r->place = PLACE_END;
    return CTRACE_END;
}

/* At the list's ']': nothing but white space may follow. */
static ctrace_status end_list(ctrace_reader *r, ctrace_error *error)
{
    r->window.at++;
    ctrace_status status = skip_space(r, error);
    if (status != CTRACE_OK)
        return status;
    if (r->window.at < r->window.end)
        return fail_syntax(r, r->window.at, "nothing more behind the list of events", error);
    r->place = PLACE_END;
    return CTRACE_END;
}

/* Goes from the end of an event to the next one, or returns CTRACE_END. */
SELDOM static ctrace_status go_on(ctrace_reader *r, ctrace_error *error)
{
    ctr_window *w = &r->window;
    ctrace_status status = skip_space(r, error);
    if (status != CTRACE_OK)
        return status;
    bool at_end = w->at >= w->end;
    if (r->place == PLACE_LINES) {
        if (at_end)
            r->place = PLACE_END;
        return at_end ? CTRACE_END : CTRACE_OK;
    }
    if (at_end)
        return end_unterminated(r);
    if (*w->at == ']')
        return end_list(r, error);
    if (r->place == PLACE_LIST_BEGIN)
        return CTRACE_OK;
    if (*w->at != ',')
        return fail_syntax(r, w->at, "',' or ']' behind an event", error);
    ctrace_position comma = {.event = CTRACE_ID_NONE};
    if ((unsigned char)w->at[1] <= ' ' || w->at[1] == ']')
        ctr_window_locate(w, w->at, &comma);
    w->at++;
    status = skip_space(r, error);
    if (status != CTRACE_OK)
        return status;
    if (w->at >= w->end)
        return end_unterminated(r);
    if (*w->at == ']') {
        warn(r, CTRACE_LENIENCY_COMMA_TRAILING, comma);
        return end_list(r, error);
    }
    return CTRACE_OK;
}

/* The usual case of go_on(): a comma and an object stand in the window. The end is no comma, as it is a zero byte. */
static inline bool is_before_object(ctrace_reader *r)
{
    ctr_window *w = &r->window;
    if (r->place != PLACE_LIST_EVENT || *w->at != ',')
        return false;
    const char *p = ctr_json_space(w->at + 1);
    if (*p != '{')
        return false;
    w->at = p;
    return true;
}

/* ---- Events ---- */

static ctrace_status fail_truncated(ctrace_reader *r, ctrace_position event, ctrace_error *error)
{
    ctr_fail(&r->failure, CTRACE_TRUNCATED, "the input ends inside the event that begins here");
    return give_failure(r, event, error);
}

SELDOM static ctrace_status fail_too_large(ctrace_reader *r, ctrace_error *error)
{
    ctr_fail(&r->failure, CTRACE_TOO_LARGE, "the event is larger than %zu bytes", r->max_event_bytes);
    return give_bad_event(r, r->window.at, error);
}

/* Goes behind the bad event of the last call, whatever its size. */
SELDOM static ctrace_status skip_bad_event(ctrace_reader *r, ctrace_error *error)
{
    ctr_window *w = &r->window;
    for (;;) {
        const char *expected = "";
        ctr_scan result = ctr_json_skip_run(&r->skip, &w->at, w->end, w->ended, &expected);
        if (result == CTR_SCAN_OK) {
            r->place = r->in_list ? PLACE_LIST_EVENT : PLACE_LINES;
            return CTRACE_OK;
        }
        if (result == CTR_SCAN_NO_MEMORY) {
            ctr_fail(&r->failure, CTRACE_NO_MEMORY, "no memory for skipping an event");
            return give_failure(r, r->bad, error);
        }
        if (result == CTR_SCAN_BAD) {
            fail_syntax(r, w->at, expected, NULL);
            r->failure.position.event = r->index;
            return give_failure(r, r->failure.position, error);
        }
        if (w->ended)
            return fail_truncated(r, r->bad, error);
        ctrace_status status = refill(r, 1, error);
        if (status != CTRACE_OK)
            return status;
    }
}

/* The decoder failed for another reason than missing bytes. */
SELDOM static ctrace_status give_decoder_failure(ctrace_reader *r, ctrace_error *error)
{
    const ctr_json_decoder *d = &r->decoder;
    if (d->status == CTRACE_NO_MEMORY) {
        ctr_fail(&r->failure, CTRACE_NO_MEMORY, "no memory for an event");
        return give_failure_at(r, r->window.at, r->index, error);
    }
    if (d->status == CTRACE_EVENT && !r->in_list && r->index == 0) {
        ctr_fail(&r->failure, CTRACE_NOT_A_TRACE, "neither a list of events nor an event: %s", d->message);
        return give_failure_at(r, d->failed_at, r->index, error);
    }
    ctr_fail(&r->failure, d->status, "%s", d->message);
    if (d->status == CTRACE_SYNTAX)
        return give_failure_at(r, d->failed_at, r->index, error);
    return give_bad_event(r, d->failed_at, error);
}

/* The event at window.at could not be decoded: reads on and tries again while bytes are all that lacks. */
SELDOM static ctrace_status read_longer_event(ctrace_reader *r, ctrace_status status, ctrace_error *error)
{
    ctr_window *w = &r->window;
    ctr_json_decoder *d = &r->decoder;
    for (; status != CTRACE_OK; status = ctr_json_decode(d, w->at, w->end, w->ended)) {
        if (status != CTRACE_TRUNCATED) {
            take_notes(r);
            return give_decoder_failure(r, error);
        }
        size_t have = (size_t)(w->end - w->at);
        if (w->ended) {
            ctrace_position position = {.event = r->index};
            ctr_window_locate(w, w->at, &position);
            return fail_truncated(r, position, error);
        }
        if (have >= r->max_event_bytes)
            return fail_too_large(r, error);
        /* A short event is tried again with every byte that comes, so that a live one is not held back; a long one
         * when half as much again is there, so that all the tries together stay linear in its size. */
        status = refill(r, have < 4096 ? 1 : have / 2, error);
        if (status != CTRACE_OK)
            return status;
    }
    return CTRACE_OK;
}

static inline ctrace_status read_event(ctrace_reader *r, ctrace_error *error)
{
    ctr_window *w = &r->window;
    ctr_json_decoder *d = &r->decoder;
    r->index = r->next_index++;
    ctrace_status status = ctr_json_decode(d, w->at, w->end, w->ended);
    if (status != CTRACE_OK) {
        status = read_longer_event(r, status, error);
        if (status != CTRACE_OK)
            return status;
    }
    if ((size_t)(d->after - w->at) > r->max_event_bytes)
        return fail_too_large(r, error);
    if (d->note_count)
        take_notes(r);
    r->after = d->after;
    r->place = r->in_list ? PLACE_LIST_EVENT : PLACE_LINES;
    return CTRACE_OK;
}

ctrace_status ctrace_reader_next(ctrace_reader *r, const ctrace_event **event, ctrace_error *error)
{
    *event = NULL;
    if (r->failure.status != CTRACE_OK) {
        if (error)
            *error = r->failure;
        return r->failure.status;
    }
    if (!r->has_warnings)
        r->warning_count = 0;
    r->has_warnings = false;
    if (r->place == PLACE_END)
        return CTRACE_END;
    ctrace_status status = CTRACE_OK;
    if (r->place == PLACE_BAD_EVENT)
        status = skip_bad_event(r, error);
    else
        r->window.at = r->after;
    r->after = NULL;
    if (status == CTRACE_OK && !is_before_object(r))
        status = go_on(r, error);
    if (status == CTRACE_OK)
        status = read_event(r, error);
    if (status == CTRACE_OK)
        *event = &r->decoder.event;
    return status;
}

/* ---- Opening ---- */

static ctrace_status take_options(const ctrace_reader_options *options, ctrace_reader_options *out, ctrace_error *error)
{
    ctrace_status status = ctr_take_options(out, sizeof *out, options, "ctrace_reader_options", error);
    if (status != CTRACE_OK)
        return status;
    if (out->max_depth > MOST_DEPTH)
        return ctr_fail(error, CTRACE_ARGUMENT, "max_depth is %u, more than %d", (unsigned)out->max_depth, MOST_DEPTH);
    if (out->max_event_bytes > MOST_EVENT_BYTES)
        return ctr_fail(error, CTRACE_ARGUMENT, "max_event_bytes is more than %zu", MOST_EVENT_BYTES);
    if (!out->max_depth)
        out->max_depth = MOST_DEPTH;
    if (!out->max_event_bytes)
        out->max_event_bytes = DEFAULT_EVENT_BYTES;
    return CTRACE_OK;
}

static ctrace_status make_reader(ctrace_reader **out, const ctrace_reader_options *options, ctrace_error *error)
{
    *out = NULL;
    ctrace_reader_options taken;
    ctrace_status status = take_options(options, &taken, error);
    if (status != CTRACE_OK)
        return status;
    ctrace_reader *r = ctr_alloc_zero(taken.allocator, sizeof *r);
    if (!r)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for a reader");
    r->allocator = r->file.allocator = r->sidecars.allocator = r->skip.kinds.allocator = taken.allocator;
    r->max_event_bytes = taken.max_event_bytes;
    r->source.fd = -1;
    r->index = CTRACE_ID_NONE;
    ctr_json_decoder_init(&r->decoder, taken.max_depth, taken.allocator);
    *out = r;
    return CTRACE_OK;
}

/* Says why the input is no trace; `window.at` is where that shows. */
static ctrace_status refuse(ctrace_reader *r, ctrace_status status, const char *message, ctrace_error *error)
{
    ctr_fail(&r->failure, status, "%s", message);
    return give_failure_at(r, r->window.at, CTRACE_ID_NONE, error);
}

/* Looks at the first bytes: tells the form and goes to the first event. */
static ctrace_status begin(ctrace_reader *r, ctrace_error *error)
{
    ctr_window *w = &r->window;
    ctrace_status status = CTRACE_OK;
    while (status == CTRACE_OK && !w->ended && w->end - w->at < CTR_MAGIC_SIZE)
        status = refill(r, CTR_MAGIC_SIZE, error);
    if (status != CTRACE_OK)
        return status;
    const char *form = ctr_binary_form(w->at, (size_t)(w->end - w->at));
    if (form) {
        char message[128] = "this is ";
        strncat(message, form, 80);
        strncat(message, ", which is not read; only JSON is", 39);
        return refuse(r, CTRACE_UNSUPPORTED, message, error);
    }
    if (memcmp(w->at, "\xEF\xBB\xBF", 3) == 0) {
        warn_at(r, CTRACE_LENIENCY_BYTE_ORDER_MARK, w->at, CTRACE_ID_NONE);
        w->at += 3;
    }
    status = skip_space(r, error);
    if (status != CTRACE_OK)
        return status;
    if (w->at >= w->end)
        return refuse(r, CTRACE_NOT_A_TRACE, "the input is empty", error);
    if (*w->at == '[') {
        w->at++;
        r->in_list = true;
        r->place = PLACE_LIST_BEGIN;
    } else if (*w->at == '{' || *w->at == '"') {
        warn_at(r, CTRACE_LENIENCY_NOT_A_LIST, w->at, CTRACE_ID_NONE);
        r->place = PLACE_LINES;
    } else {
        return refuse(r, CTRACE_NOT_A_TRACE, "the input is no JSON list of events", error);
    }
    r->after = w->at;
    return CTRACE_OK;
}

/* Reads from r->source, which is open. */
static ctrace_status begin_reading(ctrace_reader *r, ctrace_error *error)
{
    ctrace_status status = ctr_window_init(&r->window, &r->source, r->file.data, r->allocator, error);
    if (status == CTRACE_OK)
        status = begin(r, error);
    r->has_warnings = true;
    return status;
}

/* What is wrong with the metadata is a warning of the first event, or of the end when there is none. Its position is
 * unknown, as it is about another file. */
static ctrace_status read_metadata(ctrace_reader *r, const char *path, ctrace_error *error)
{
    ctr_sidecar about;
    if (ctr_read_metadata(path, &r->sidecars, &r->metadata, &about) != CTRACE_OK)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the metadata");
    r->has_metadata = about.state == CTR_SIDECAR_FINE || about.state == CTR_SIDECAR_INCOMPLETE;
    if (about.state != CTR_SIDECAR_FINE)
        warn(r, CTRACE_LENIENCY_METADATA, CTR_POSITION_UNKNOWN);
    return CTRACE_OK;
}

static ctrace_status open_path(ctrace_reader *r, const char *path, ctrace_error *error)
{
    ctr_buffer metadata = {.allocator = r->allocator};
    ctrace_status status = ctr_find_trace(path, &r->file, &metadata, error);
    if (status == CTRACE_OK)
        status = ctr_source_open_file(&r->source, r->file.data, error);
    if (status == CTRACE_OK)
        status = read_metadata(r, metadata.data, error);
    ctr_buffer_free(&metadata);
    return status == CTRACE_OK ? begin_reading(r, error) : status;
}

ctrace_status ctrace_reader_open(ctrace_reader **out, ctrace_str path, const ctrace_reader_options *options,
                                 ctrace_error *error)
{
    *out = NULL;
    if (!path.size || memchr(path.data, 0, path.size))
        return ctr_fail(error, CTRACE_ARGUMENT, "the path is empty or holds a NUL");
    ctrace_reader *r;
    ctrace_status status = make_reader(&r, options, error);
    if (status != CTRACE_OK)
        return status;
    ctr_buffer text = {.allocator = r->allocator};
    if (ctr_buffer_append(&text, path.data, path.size) && ctr_buffer_append(&text, "", 1))
        status = open_path(r, text.data, error);
    else
        status = ctr_fail(error, CTRACE_NO_MEMORY, "no memory for a path");
    ctr_buffer_free(&text);
    if (status == CTRACE_OK)
        *out = r;
    else
        ctrace_reader_close(&r);
    return status;
}

ctrace_status ctrace_reader_open_source(ctrace_reader **out, const ctrace_source *source, ctrace_str name,
                                        const ctrace_reader_options *options, ctrace_error *error)
{
    *out = NULL;
    if (!source || !source->read)
        return ctr_fail(error, CTRACE_ARGUMENT, "the source cannot be read");
    ctrace_reader *r;
    ctrace_status status = make_reader(&r, options, error);
    if (status != CTRACE_OK)
        return status;
    ctr_source_set_caller(&r->source, source);
    if (ctr_buffer_append(&r->file, name.data, name.size) && ctr_buffer_append(&r->file, "", 1))
        status = begin_reading(r, error);
    else
        status = ctr_fail(error, CTRACE_NO_MEMORY, "no memory for a name");
    if (status == CTRACE_OK)
        *out = r;
    else
        ctrace_reader_close(&r);
    return status;
}

void ctrace_reader_close(ctrace_reader **reader)
{
    ctrace_reader *r = *reader;
    *reader = NULL;
    if (!r)
        return;
    ctr_source_close(&r->source);
    if (r->window.data)
        ctr_window_free(&r->window);
    ctr_json_decoder_free(&r->decoder);
    ctr_buffer_free(&r->skip.kinds);
    ctr_buffer_free(&r->file);
    ctr_arena_free(&r->sidecars);
    ctr_free(r->allocator, r, sizeof *r);
}

/* ---- Asking ---- */

void ctrace_reader_position(ctrace_reader *r, ctrace_position *out)
{
    *out = (ctrace_position){.event = r->place == PLACE_END ? CTRACE_ID_NONE : r->index};
    if (r->place == PLACE_BAD_EVENT)
        *out = r->bad;
    else
        ctr_window_locate(&r->window, r->window.at, out);
}

size_t ctrace_reader_warnings(ctrace_reader *r, const ctrace_warning **out)
{
    *out = r->warnings;
    return r->has_warnings ? 0 : r->warning_count;
}

const ctrace_metadata *ctrace_reader_metadata(const ctrace_reader *r) { return r->has_metadata ? &r->metadata : NULL; }

uint64_t ctrace_reader_file_size(const ctrace_reader *r) { return r->source.size; }

uint64_t ctrace_reader_bytes_read(const ctrace_reader *r)
{
    return ctr_window_offset(&r->window, r->after ? r->after : r->window.at);
}
