/* The decoder of JSON: goes from event to event through the list that holds them, or through JSON lines. */
#include "codec/decoder.h"

#include "base/failure.h"
#include "codec/json/decode.h"
#include "codec/json/guess.h"
#include "codec/json/window.h"

/* What does not happen at every event, kept out of the way of what does. */
#define SELDOM __attribute__((noinline))

/* Where reading stands between two calls. */
typedef enum list_place {
    PLACE_LIST_BEGIN, /* behind '[' */
    PLACE_LIST_EVENT, /* behind an event in a list */
    PLACE_LINES,      /* before or behind an event that is in no list */
    PLACE_BAD_EVENT,  /* in an event that is to be skipped */
    PLACE_END
} list_place;

typedef struct list {
    ctr_decoder base;
    ctr_window window; /* its `at` is where the last event begins */
    const char *after; /* behind the last event; NULL when there is none to go on from */
    list_place place;
    bool in_list;
    uint64_t index; /* of the last event */
    uint64_t next_index;
    ctr_json_skip skip;  /* through a bad event, */
    ctrace_position bad; /* which begins here */
    ctr_json_decoder decoder;
} list;

static list *list_of(ctr_decoder *d) { return (list *)(void *)d; }
static const list *const_list_of(const ctr_decoder *d) { return (const list *)(const void *)d; }

/* ---- Warnings and failures ---- */

static void warn_at(list *l, ctrace_leniency leniency, const char *p, uint64_t event)
{
    ctrace_position position = {.event = event};
    ctr_window_locate(&l->window, p, &position);
    ctr_decoder_warn(&l->base, leniency, position);
}

/* Turns the decoder's notes into warnings. Both are few. */
SELDOM static void take_notes(list *l)
{
    const ctr_json_decoder *d = &l->decoder;
    ctrace_warning *warnings = l->base.warnings;
    size_t first = l->base.warning_count;
    for (size_t i = 0; i < d->note_count; i++)
        warn_at(l, d->notes[i].leniency, d->notes[i].at, l->index);
    for (size_t i = first + 1; i < l->base.warning_count; i++) {
        ctrace_warning moved = warnings[i];
        size_t at = i;
        for (; at > first && warnings[at - 1].position.offset > moved.position.offset; at--)
            warnings[at] = warnings[at - 1];
        warnings[at] = moved;
    }
}

/* Gives `error`, which has its message, its place. */
SELDOM static ctrace_status place_failure(list *l, const char *p, uint64_t event, ctrace_status status,
                                          ctrace_error *error)
{
    if (error) {
        error->position = (ctrace_position){.event = event};
        ctr_window_locate(&l->window, p, &error->position);
    }
    return status;
}

/* The event at window.at is bad; the next call goes on behind it. */
SELDOM static ctrace_status place_bad_event(list *l, const char *p, ctrace_status status, ctrace_error *error)
{
    l->bad = (ctrace_position){.event = l->index};
    ctr_window_locate(&l->window, l->window.at, &l->bad);
    l->place = PLACE_BAD_EVENT;
    ctr_json_guess_event(l->window.at, l->window.end, &l->base.bad);
    ctr_json_skip_begin(&l->skip);
    return place_failure(l, p, l->index, status, error);
}

SELDOM static ctrace_status refill(list *l, size_t wanted, ctrace_error *error)
{
    ctrace_status status = ctr_window_refill(&l->window, wanted, error);
    if (status == CTRACE_OK)
        return CTRACE_OK;
    return place_failure(l, l->window.end, CTRACE_ID_NONE, status, error);
}

/* ---- Between events ---- */

/* Goes to what is no white space: window.at is there, or at the end of all. */
static ctrace_status skip_space(list *l, ctrace_error *error)
{
    ctr_window *w = &l->window;
    for (;;) {
        w->at = ctr_json_space(w->at);
        if (w->at < w->end || w->ended)
            return CTRACE_OK;
        ctrace_status status = refill(l, 1, error);
        if (status != CTRACE_OK)
            return status;
    }
}

static ctrace_status fail_syntax(list *l, const char *p, const char *expected, uint64_t event, ctrace_error *error)
{
    char found[16] = "the end";
    if (p < l->window.end && *p > ' ' && *p <= '~') {
        memcpy(found, "'?'", 4);
        found[1] = *p;
    } else if (p < l->window.end) {
        memcpy(found, "another byte", 13);
    }
    ctr_fail(error, CTRACE_SYNTAX, "expected %s, found %s", expected, found);
    l->base.bad = (ctr_bad_event){.kind_known = false};
    return place_failure(l, p, event, CTRACE_SYNTAX, error);
}

/* The input ended without the list's ']'. A comma before that end needs no word of its own. */
static ctrace_status end_unterminated(list *l)
{
    warn_at(l, CTRACE_LENIENCY_UNTERMINATED, l->window.at, CTRACE_ID_NONE);
    l->place = PLACE_END;
    return CTRACE_END;
}

/* At the list's ']': nothing but white space may follow. */
static ctrace_status end_list(list *l, ctrace_error *error)
{
    l->window.at++;
    ctrace_status status = skip_space(l, error);
    if (status != CTRACE_OK)
        return status;
    if (l->window.at < l->window.end)
        return fail_syntax(l, l->window.at, "nothing more behind the list of events", l->next_index, error);
    l->place = PLACE_END;
    return CTRACE_END;
}

/* Goes from the end of an event to the next one, or returns CTRACE_END. */
SELDOM static ctrace_status go_on(list *l, ctrace_error *error)
{
    ctr_window *w = &l->window;
    ctrace_status status = skip_space(l, error);
    if (status != CTRACE_OK)
        return status;
    bool at_end = w->at >= w->end;
    if (l->place == PLACE_LINES) {
        if (at_end)
            l->place = PLACE_END;
        return at_end ? CTRACE_END : CTRACE_OK;
    }
    if (at_end)
        return end_unterminated(l);
    if (*w->at == ']')
        return end_list(l, error);
    if (l->place == PLACE_LIST_BEGIN)
        return CTRACE_OK;
    if (*w->at != ',')
        return fail_syntax(l, w->at, "',' or ']' behind an event", l->next_index, error);
    ctrace_position comma = {.event = CTRACE_ID_NONE};
    if ((unsigned char)w->at[1] <= ' ' || w->at[1] == ']')
        ctr_window_locate(w, w->at, &comma);
    w->at++;
    status = skip_space(l, error);
    if (status != CTRACE_OK)
        return status;
    if (w->at >= w->end)
        return end_unterminated(l);
    if (*w->at == ']') {
        ctr_decoder_warn(&l->base, CTRACE_LENIENCY_COMMA_TRAILING, comma);
        return end_list(l, error);
    }
    return CTRACE_OK;
}

/* The usual case of go_on(): a comma and an object stand in the window. The end is no comma, as it is a zero byte. */
static inline bool is_before_object(list *l)
{
    ctr_window *w = &l->window;
    if (l->place != PLACE_LIST_EVENT || *w->at != ',')
        return false;
    const char *p = ctr_json_space(w->at + 1);
    if (*p != '{')
        return false;
    w->at = p;
    return true;
}

/* ---- Events ---- */

static ctrace_status fail_truncated(ctrace_position event, ctrace_error *error)
{
    ctr_fail(error, CTRACE_TRUNCATED, "the input ends inside the event that begins here");
    if (error)
        error->position = event;
    return CTRACE_TRUNCATED;
}

SELDOM static ctrace_status fail_too_large(list *l, ctrace_error *error)
{
    ctr_fail(error, CTRACE_TOO_LARGE, "the event is larger than %zu bytes", l->base.options.max_event_bytes);
    return place_bad_event(l, l->window.at, CTRACE_TOO_LARGE, error);
}

/* Goes behind the bad event of the last call, whatever its size. */
SELDOM static ctrace_status skip_bad_event(list *l, ctrace_error *error)
{
    ctr_window *w = &l->window;
    for (;;) {
        const char *expected = "";
        ctr_scan result = ctr_json_skip_run(&l->skip, &w->at, w->end, w->ended, &expected);
        if (result == CTR_SCAN_OK) {
            l->place = l->in_list ? PLACE_LIST_EVENT : PLACE_LINES;
            return CTRACE_OK;
        }
        if (result == CTR_SCAN_NO_MEMORY) {
            ctr_fail(error, CTRACE_NO_MEMORY, "no memory for skipping an event");
            if (error)
                error->position = l->bad;
            return CTRACE_NO_MEMORY;
        }
        if (result == CTR_SCAN_BAD)
            return fail_syntax(l, w->at, expected, l->index, error);
        if (w->ended)
            return fail_truncated(l->bad, error);
        ctrace_status status = refill(l, 1, error);
        if (status != CTRACE_OK)
            return status;
    }
}

/* The decoder failed for another reason than missing bytes. */
SELDOM static ctrace_status give_decoder_failure(list *l, ctrace_error *error)
{
    const ctr_json_decoder *d = &l->decoder;
    if (d->status == CTRACE_NO_MEMORY) {
        ctr_fail(error, CTRACE_NO_MEMORY, "no memory for an event");
        return place_failure(l, l->window.at, l->index, CTRACE_NO_MEMORY, error);
    }
    if (d->status == CTRACE_EVENT && !l->in_list && l->index == 0) {
        ctr_fail(error, CTRACE_NOT_A_TRACE, "neither a list of events nor an event: %s", d->message);
        return place_failure(l, d->failed_at, l->index, CTRACE_NOT_A_TRACE, error);
    }
    ctr_fail(error, d->status, "%s", d->message);
    if (d->status == CTRACE_SYNTAX) {
        ctr_json_guess_event(l->window.at, l->window.end, &l->base.bad);
        return place_failure(l, d->failed_at, l->index, CTRACE_SYNTAX, error);
    }
    return place_bad_event(l, d->failed_at, d->status, error);
}

/* The event at window.at could not be decoded: reads on and tries again while bytes are all that lacks. */
SELDOM static ctrace_status read_longer_event(list *l, ctrace_status status, ctrace_error *error)
{
    ctr_window *w = &l->window;
    ctr_json_decoder *d = &l->decoder;
    for (; status != CTRACE_OK; status = ctr_json_decode(d, w->at, w->end, w->ended)) {
        if (status != CTRACE_TRUNCATED) {
            take_notes(l);
            return give_decoder_failure(l, error);
        }
        size_t have = (size_t)(w->end - w->at);
        if (w->ended) {
            ctrace_position position = {.event = l->index};
            ctr_window_locate(w, w->at, &position);
            return fail_truncated(position, error);
        }
        if (have >= l->base.options.max_event_bytes)
            return fail_too_large(l, error);
        /* A short event is tried again with every byte that comes, so that a live one is not held back; a long one
         * when half as much again is there, so that all the tries together stay linear in its size. */
        status = refill(l, have < 4096 ? 1 : have / 2, error);
        if (status != CTRACE_OK)
            return status;
    }
    return CTRACE_OK;
}

static inline ctrace_status read_event(list *l, ctrace_error *error)
{
    ctr_window *w = &l->window;
    ctr_json_decoder *d = &l->decoder;
    l->index = l->next_index++;
    ctrace_status status = ctr_json_decode(d, w->at, w->end, w->ended);
    if (status != CTRACE_OK) {
        status = read_longer_event(l, status, error);
        if (status != CTRACE_OK)
            return status;
    }
    if ((size_t)(d->after - w->at) > l->base.options.max_event_bytes)
        return fail_too_large(l, error);
    if (d->note_count)
        take_notes(l);
    l->after = d->after;
    l->place = l->in_list ? PLACE_LIST_EVENT : PLACE_LINES;
    return CTRACE_OK;
}

static ctrace_status next(ctr_decoder *base, const ctrace_event **event, ctrace_error *error)
{
    list *l = list_of(base);
    base->warning_count = 0;
    if (l->place == PLACE_END)
        return CTRACE_END;
    ctrace_status status = CTRACE_OK;
    if (l->place == PLACE_BAD_EVENT)
        status = skip_bad_event(l, error);
    else
        l->window.at = l->after;
    l->after = NULL;
    if (status == CTRACE_OK && !is_before_object(l))
        status = go_on(l, error);
    if (status == CTRACE_OK)
        status = read_event(l, error);
    if (status == CTRACE_OK)
        *event = &l->decoder.event;
    return status;
}

/* ---- Asking ---- */

static void position(ctr_decoder *base, ctrace_position *out)
{
    list *l = list_of(base);
    *out = (ctrace_position){.event = l->place == PLACE_END ? CTRACE_ID_NONE : l->index};
    if (l->place == PLACE_BAD_EVENT)
        *out = l->bad;
    else
        ctr_window_locate(&l->window, l->window.at, out);
}

static uint64_t bytes_read(const ctr_decoder *base)
{
    const list *l = const_list_of(base);
    return ctr_window_offset(&l->window, l->after ? l->after : l->window.at);
}

/* ---- Life ---- */

static void close_list(ctr_decoder *base)
{
    list *l = list_of(base);
    if (l->window.data)
        ctr_window_free(&l->window);
    ctr_json_decoder_free(&l->decoder);
    ctr_buffer_free(&l->skip.kinds);
    ctr_free(base->options.allocator, l, sizeof *l);
}

static const ctr_decoder_class json_class = {.form = CTRACE_FORM_JSON,
                                             .next = next,
                                             .position = position,
                                             .bytes_read = bytes_read,
                                             .close = close_list};
static const ctr_decoder_class lines_class = {.form = CTRACE_FORM_NDJSON,
                                              .next = next,
                                              .position = position,
                                              .bytes_read = bytes_read,
                                              .close = close_list};

/* Says why the input is no trace; `window.at` is where that shows. */
static ctrace_status refuse(list *l, const char *message, ctrace_error *error)
{
    ctr_fail(error, CTRACE_NOT_A_TRACE, "%s", message);
    return place_failure(l, l->window.at, CTRACE_ID_NONE, CTRACE_NOT_A_TRACE, error);
}

/* Goes to the first event and tells a list from lines. */
static ctrace_status begin(list *l, ctrace_error *error)
{
    ctr_window *w = &l->window;
    ctrace_status status = CTRACE_OK;
    while (status == CTRACE_OK && !w->ended && w->end - w->at < 3)
        status = refill(l, 3, error);
    if (status != CTRACE_OK)
        return status;
    if (memcmp(w->at, "\xEF\xBB\xBF", 3) == 0) {
        warn_at(l, CTRACE_LENIENCY_BYTE_ORDER_MARK, w->at, CTRACE_ID_NONE);
        w->at += 3;
    }
    status = skip_space(l, error);
    if (status != CTRACE_OK)
        return status;
    if (w->at >= w->end)
        return refuse(l, "the input is empty", error);
    if (*w->at == '[') {
        w->at++;
        l->in_list = true;
        l->place = PLACE_LIST_BEGIN;
    } else if (*w->at == '{' || *w->at == '"') {
        warn_at(l, CTRACE_LENIENCY_NOT_A_LIST, w->at, CTRACE_ID_NONE);
        l->place = PLACE_LINES;
        l->base.class = &lines_class;
    } else {
        return refuse(l, "the input is no JSON list of events", error);
    }
    l->after = w->at;
    return CTRACE_OK;
}

ctrace_status ctr_json_open_decoder(ctr_decoder **out, ctr_source *source, const char *file,
                                    const ctr_decoder_options *options, ctrace_error *error)
{
    *out = NULL;
    list *l = ctr_alloc_zero(options->allocator, sizeof *l);
    if (!l)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading");
    l->base.class = &json_class;
    l->base.options = *options;
    l->base.source = source;
    l->base.file = file;
    l->skip.kinds.allocator = options->allocator;
    l->index = CTRACE_ID_NONE;
    ctr_json_decoder_init(&l->decoder, options->max_depth, options->allocator);
    ctrace_status status = ctr_window_init(&l->window, source, file, options->allocator, error);
    if (status == CTRACE_OK)
        status = begin(l, error);
    if (status == CTRACE_OK)
        *out = &l->base;
    else
        close_list(&l->base);
    return status;
}
