/* Going to any place of a trace: from the last mark before it by reading on. Marks are made on the way, as far as
 * reading ever came. */
#include "base/failure.h"
#include "reader/index_file.h"
#include "reader/reader.h"

static ctr_index_origin origin_of(const ctrace_reader *r)
{
    return (ctr_index_origin){&r->source, r->file.data, r->decoder->class->form, &r->options};
}

/* A trace that is still being written has no index that lasts. */
static bool may_keep(const ctrace_reader *r) { return r->is_file && !r->options.follow; }

static void look_for_index(ctrace_reader *r)
{
    if (r->index_looked_for)
        return;
    r->index_looked_for = true;
    ctr_index_origin origin = origin_of(r);
    if (may_keep(r) && r->decoder->class->go_to)
        ctr_index_load(&r->index, &origin);
}

static bool goes_back(const ctrace_reader *r) { return r->source.seeks && r->decoder->class->go_to; }

/* Goes to a mark, or with NULL to the beginning. */
static ctrace_status go_to(ctrace_reader *r, const ctr_index_mark *mark)
{
    if (r->state == CTR_READER_NEW && !mark) {
        r->state = CTR_READER_USUAL;
        r->warns_of_first = false;
        return CTRACE_OK;
    }
    r->state = CTR_READER_USUAL;
    r->warns_of_first = false;
    return r->decoder->class->go_to(r->decoder, mark ? &mark->place : NULL, &r->failure);
}

static bool is_of(ctrace_unit unit, ctrace_event_kind kind)
{
    return kind == (unit == CTRACE_UNIT_STEP ? CTRACE_EVENT_STEP : CTRACE_EVENT_CALL);
}

/* Reads on from a mark to number `n`, which then is pending. What came before the end, or before a failure, is counted
 * in r->index.totals. */
static ctrace_status read_on(ctrace_reader *r, const ctr_index_mark *from, ctrace_unit unit, uint64_t n)
{
    uint64_t before[CTR_UNIT_COUNT] = {0};
    if (from)
        memcpy(before, from->before, sizeof before);
    for (;;) {
        const ctrace_event *event = NULL;
        ctrace_status status = r->decoder->class->next(r->decoder, &event, &r->failure);
        bool bad = ctr_is_bad_event(status);
        if (status != CTRACE_OK && !bad) {
            bool differs = r->index.from_file && memcmp(before, r->index.totals, sizeof before) != 0;
            memcpy(r->index.totals, before, sizeof before);
            r->index.complete = status == CTRACE_END && !differs;
            return status == CTRACE_END && differs ? CTRACE_STATE : status;
        }
        if (bad && from && r->index.from_file && before[CTRACE_UNIT_EVENT] == from->place.event)
            return CTRACE_STATE; /* at a mark there is a good one */
        if (!r->index.complete && !bad)
            ctr_index_consider(&r->index, r->decoder, before);
        if (before[unit] == n && (unit == CTRACE_UNIT_EVENT || (!bad && is_of(unit, event->kind)))) {
            r->pending = event;
            r->pending_status = status;
            r->state = CTR_READER_PENDING;
            return CTRACE_OK;
        }
        before[CTRACE_UNIT_EVENT]++;
        if (!bad) {
            before[CTRACE_UNIT_STEP] += event->kind == CTRACE_EVENT_STEP;
            before[CTRACE_UNIT_CALL] += event->kind == CTRACE_EVENT_CALL;
        }
    }
}

static ctrace_status seek(ctrace_reader *r, ctrace_unit unit, uint64_t n)
{
    look_for_index(r);
    const ctr_index_mark *mark = goes_back(r) ? ctr_index_find(&r->index, unit, n) : NULL;
    ctrace_status status = go_to(r, mark);
    if (status == CTRACE_OK)
        status = read_on(r, mark, unit, n);
    if (status >= CTRACE_OK || !r->index.from_file || status == CTRACE_IO || status == CTRACE_NO_MEMORY)
        return status;
    /* The file beside the trace was wrong. */
    ctr_index_reset(&r->index);
    status = go_to(r, NULL);
    return status == CTRACE_OK ? read_on(r, NULL, unit, n) : status;
}

ctrace_status ctrace_reader_seek(ctrace_reader *r, ctrace_unit unit, uint64_t n, ctrace_error *error)
{
    if ((unsigned)unit >= CTR_UNIT_COUNT)
        return ctr_fail(error, CTRACE_ARGUMENT, "there is no unit %u", (unsigned)unit);
    if (r->state != CTR_READER_NEW && !goes_back(r))
        return ctr_fail(error, CTRACE_UNSUPPORTED, "%s cannot be read from another place",
                        r->source.seeks ? "this form" : "a source that is no file");
    return ctr_reader_take_status(r, seek(r, unit, n), error);
}

/* ---- Counting ---- */

/* Where reading stood, to go back there. */
typedef struct standing {
    ctr_reader_state state;
    ctrace_error failure;
    uint64_t next; /* event; CTRACE_ID_NONE at the end */
} standing;

static standing remember(ctrace_reader *r)
{
    standing s = {.state = r->state, .failure = r->failure};
    ctrace_position position = {.event = CTRACE_ID_NONE};
    if (r->state != CTR_READER_NEW)
        r->decoder->class->position(r->decoder, &position);
    s.next = position.event;
    if (position.event != CTRACE_ID_NONE && r->state != CTR_READER_PENDING)
        s.next++;
    return s;
}

static ctrace_status go_back(ctrace_reader *r, const standing *s)
{
    if (s->state == CTR_READER_FAILED) {
        r->state = CTR_READER_FAILED;
        r->failure = s->failure;
        return CTRACE_OK;
    }
    if (s->state == CTR_READER_NEW) {
        ctrace_status status = go_to(r, NULL);
        r->state = CTR_READER_NEW;
        r->warns_of_first = true;
        return status;
    }
    ctrace_status status = seek(r, CTRACE_UNIT_EVENT, s->next);
    return status > CTRACE_OK ? CTRACE_OK : status;
}

/* Reads to the end, so that r->index.totals count all, and goes back. */
static ctrace_status count_all(ctrace_reader *r, ctrace_error *error)
{
    look_for_index(r);
    if (r->index.complete)
        return CTRACE_OK;
    if (!goes_back(r))
        return ctr_fail(error, CTRACE_UNSUPPORTED, "%s cannot be counted and then read",
                        r->source.seeks ? "this form" : "a source that is no file");
    standing s = remember(r);
    ctrace_status status = seek(r, CTRACE_UNIT_EVENT, UINT64_MAX);
    if (status < CTRACE_OK)
        ctr_reader_take_status(r, status, error);
    if (status == CTRACE_IO || status == CTRACE_NO_MEMORY)
        return status;
    ctrace_error failure = r->failure;
    uint64_t totals[CTR_UNIT_COUNT];
    memcpy(totals, r->index.totals, sizeof totals);
    ctrace_status back = go_back(r, &s);
    if (back != CTRACE_OK)
        return ctr_reader_take_status(r, back, error);
    memcpy(r->index.totals, totals, sizeof totals);
    if (status < CTRACE_OK && error)
        *error = failure;
    return status == CTRACE_END ? CTRACE_OK : status;
}

ctrace_status ctrace_reader_count(ctrace_reader *r, ctrace_unit unit, uint64_t *out, ctrace_error *error)
{
    *out = 0;
    if ((unsigned)unit >= CTR_UNIT_COUNT)
        return ctr_fail(error, CTRACE_ARGUMENT, "there is no unit %u", (unsigned)unit);
    ctrace_status status = count_all(r, error);
    if (status != CTRACE_UNSUPPORTED && status != CTRACE_IO && status != CTRACE_NO_MEMORY)
        *out = r->index.totals[unit];
    return status;
}

ctrace_status ctrace_reader_keep_index(ctrace_reader *r, ctrace_error *error)
{
    if (!may_keep(r) || !goes_back(r))
        return ctr_fail(error, CTRACE_UNSUPPORTED, "%s has no index",
                        r->options.follow ? "a trace that is followed" : "a source that is no file");
    ctrace_status status = count_all(r, error);
    ctr_index_origin origin = origin_of(r);
    return status == CTRACE_OK ? ctr_index_save(&r->index, &origin, error) : status;
}
