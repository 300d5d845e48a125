/* The decoder of JSON: goes from event to event through the list that holds them, or through JSON lines. */
#include "codec/json/list.h"

#include "base/failure.h"
#include "codec/json/guess.h"

typedef ctr_json_list list;

/* What does not happen at every event, kept out of the way of what does. */
#define SELDOM __attribute__((noinline))

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
    l->place = CTR_JSON_BAD_EVENT;
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
    l->place = CTR_JSON_END;
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
    l->closed = true;
    l->place = CTR_JSON_END;
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
    if (l->place == CTR_JSON_LINES) {
        if (at_end)
            l->place = CTR_JSON_END;
        return at_end ? CTRACE_END : CTRACE_OK;
    }
    if (at_end)
        return end_unterminated(l);
    if (*w->at == ']')
        return end_list(l, error);
    if (l->place == CTR_JSON_LIST_BEGIN)
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
    if (l->place != CTR_JSON_LIST_EVENT || *w->at != ',')
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
            l->place = l->in_list ? CTR_JSON_LIST_EVENT : CTR_JSON_LINES;
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
    l->place = l->in_list ? CTR_JSON_LIST_EVENT : CTR_JSON_LINES;
    return CTRACE_OK;
}

ctrace_status ctr_json_list_next(ctr_decoder *base, const ctrace_event **event, ctrace_error *error)
{
    list *l = ctr_json_list_of(base);
    base->warning_count = 0;
    if (l->place == CTR_JSON_END)
        return CTRACE_END;
    ctrace_status status = CTRACE_OK;
    if (l->place == CTR_JSON_BAD_EVENT)
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
    list *l = ctr_json_list_of(base);
    *out = (ctrace_position){.event = l->place == CTR_JSON_END || l->waiting ? CTRACE_ID_NONE : l->index};
    if (l->place == CTR_JSON_BAD_EVENT)
        *out = l->bad;
    else
        ctr_window_locate(&l->window, l->window.at, out);
}

static uint64_t bytes_read(const ctr_decoder *base)
{
    const list *l = (const list *)(const void *)base;
    return ctr_window_offset(&l->window, l->after ? l->after : l->window.at);
}

/* ---- Any place ---- */

void ctr_json_list_go_to(ctr_json_list *l, ctr_json_place place, const ctrace_position *position)
{
    ctr_window_go_to(&l->window, position);
    l->place = place;
    l->closed = l->waiting = false;
    l->next_index = position->event;
    l->index = position->event - 1; /* of no event before the first: CTRACE_ID_NONE */
    l->after = place == CTR_JSON_BAD_EVENT ? NULL : l->window.at;
    if (place == CTR_JSON_BAD_EVENT)
        ctr_json_skip_begin(&l->skip);
    l->base.warning_count = 0;
}

/* The words of a mark: where its event begins, the line of that place and where that line begins. */
static bool mark(ctr_decoder *base, ctr_mark *out)
{
    list *l = ctr_json_list_of(base);
    ctrace_position here = {.event = l->index};
    ctr_window_locate(&l->window, l->window.at, &here);
    *out = (ctr_mark){l->index, {here.offset, here.line, here.offset - (here.column - 1)}};
    return true;
}

static bool begins_event(list *l, uint64_t offset)
{
    char around[2];
    size_t got = 0;
    return ctr_source_read_at(l->base.source, offset - 1, around, 2, &got, l->base.file, NULL) == CTRACE_OK &&
           got == 2 && strchr("[, \t\r\n", around[0]) && around[0] && (around[1] == '{' || around[1] == '"');
}

static ctrace_status go_to(ctr_decoder *base, const ctr_mark *mark, ctrace_error *error)
{
    list *l = ctr_json_list_of(base);
    ctrace_position to = l->start;
    if (mark && mark->event) {
        uint64_t offset = mark->words[0], line = mark->words[1], line_begin = mark->words[2];
        if (mark->event == CTRACE_ID_NONE || offset <= l->start.offset || offset > l->base.source->size || line == 0 ||
            line > offset + 1 || line_begin > offset || !begins_event(l, offset))
            return ctr_fail(error, CTRACE_STATE, "no event begins at a mark");
        to = (ctrace_position){mark->event, offset, line, offset - line_begin + 1};
    }
    ctr_json_list_go_to(l, l->in_list ? CTR_JSON_LIST_BEGIN : CTR_JSON_LINES, &to);
    return CTRACE_OK;
}

/* ---- Life ---- */

static void close_list(ctr_decoder *base)
{
    list *l = ctr_json_list_of(base);
    if (l->window.data)
        ctr_window_free(&l->window);
    ctr_json_decoder_free(&l->decoder);
    ctr_buffer_free(&l->skip.kinds);
    ctr_free(base->options.allocator, l, sizeof *l);
}

static const ctr_decoder_class json_class = {.form = CTRACE_FORM_JSON,
                                             .next = ctr_json_list_next,
                                             .position = position,
                                             .bytes_read = bytes_read,
                                             .mark = mark,
                                             .go_to = go_to,
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
        l->place = CTR_JSON_LIST_BEGIN;
    } else if (*w->at == '{' || *w->at == '"') {
        warn_at(l, CTRACE_LENIENCY_NOT_A_LIST, w->at, CTRACE_ID_NONE);
        l->place = CTR_JSON_LINES;
        l->class.form = CTRACE_FORM_NDJSON;
    } else {
        return refuse(l, "the input is no JSON list of events", error);
    }
    l->after = w->at;
    l->start.event = 0;
    ctr_window_locate(w, w->at, &l->start);
    return CTRACE_OK;
}

ctrace_status ctr_json_open_decoder(ctr_decoder **out, ctr_source *source, const char *file,
                                    const ctr_decoder_options *options, ctrace_error *error)
{
    *out = NULL;
    list *l = ctr_alloc_zero(options->allocator, sizeof *l);
    if (!l)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading");
    l->base.class = &l->class;
    l->class = json_class;
    if (options->follow && source->seeks)
        l->class.next = ctr_json_follow_next;
    l->settled = source->size;
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
