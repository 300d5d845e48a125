/* The recorder's thread: takes the records of all lanes in their order and brings them to the writer. */
#include "recorder/recorder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "writer/writer.h"

int64_t ctr_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- The order ---- */

/* A pass takes what is there when it begins, so that it ends however busy the program is. Tickets that are drawn later
 * wait: what stands before them in other lanes may have come later too. */
static void begin_pass(ctrace_recorder *r)
{
    r->last_ticket = atomic_load(&r->tickets);
    for (ctrace_lane *l = r->lanes; l; l = l->next) {
        ctr_chunk *chunk = l->reading, *next;
        while ((next = atomic_load_explicit(&chunk->next, memory_order_acquire)) != NULL)
            chunk = next;
        l->last_chunk = chunk;
        l->last_filled = atomic_load_explicit(&chunk->filled, memory_order_acquire);
    }
}

/* The next record of a lane in this pass; *end is where the records end. NULL when there is none. */
static const ctr_word *head_of(ctrace_recorder *r, ctrace_lane *l, const ctr_word **end)
{
    for (;;) {
        ctr_chunk *chunk = l->reading;
        bool is_last = chunk == l->last_chunk;
        size_t filled = is_last ? l->last_filled : atomic_load_explicit(&chunk->filled, memory_order_acquire);
        *end = chunk->words + filled;
        if (l->read < filled)
            return chunk->words + l->read;
        if (is_last)
            return NULL;
        l->reading = atomic_load_explicit(&chunk->next, memory_order_acquire);
        l->read = 0;
        atomic_fetch_sub(&r->full, ctr_chunk_size(chunk));
        bool was_full = !ctr_chunks_may_resume(&r->chunks);
        ctr_chunk_give_back(&r->chunks, chunk);
        bool is_read = atomic_fetch_sub(&l->undrained, 1) <= 2;
        if (is_read || (was_full && ctr_chunks_may_resume(&r->chunks)))
            ctr_chunks_wake(&r->chunks);
    }
}

static bool is_turn(const ctr_word *record) { return ctr_word_kind(*record) == CTR_RECORD_TURN; }

/* A flight recorder leaves out its oldest records while they are more than it may keep. */
static bool is_enough(ctrace_recorder *r)
{
    return r->replay.muted && !ctr_recorder_is_due(r);
}

/* Takes the records of a lane up to the next turn. */
static void take_run(ctrace_recorder *r, ctrace_lane *l)
{
    const ctr_word *end, *p;
    while (!l->ended && (p = head_of(r, l, &end)) != NULL && !is_turn(p)) {
        ctr_replay_names(r);
        while (p < end && !is_turn(p) && !l->ended)
            p = ctr_replay_record(r, l, p);
        l->read = (size_t)(p - l->reading->words);
        r->unflushed |= !r->replay.muted;
        if (is_enough(r))
            return;
    }
}

static void take_new_lanes(ctrace_recorder *r)
{
    ctrace_lane *l = atomic_exchange(&r->new_lanes, NULL);
    while (l) {
        ctrace_lane *next = l->next;
        l->next = r->lanes;
        r->lanes = l;
        l = next;
    }
}

static void drop_ended(ctrace_recorder *r)
{
    for (ctrace_lane **p = &r->lanes; *p;) {
        ctrace_lane *l = *p;
        if (!l->ended) {
            p = &l->next;
            continue;
        }
        *p = l->next;
        if (r->current == l)
            r->current = NULL;
        const atomic_uint_least64_t *counts[] = {&l->texts_cut, &l->containers_cut, &l->containers_marked,
                                                 &l->values_redacted, &l->waits};
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
            atomic_fetch_add(&r->gone[i], atomic_load(counts[i]));
        ctr_lane_free(l);
    }
}

/* The lane that goes on: one with records that no turn stands before, else the one with the least ticket. NULL when there
 * is none. */
static ctrace_lane *next_lane(ctrace_recorder *r, uint64_t *ticket)
{
    ctrace_lane *next = NULL;
    *ticket = r->last_ticket + 1;
    for (ctrace_lane *l = r->lanes; l; l = l->next) {
        const ctr_word *end, *p = l->ended ? NULL : head_of(r, l, &end);
        if (p && !is_turn(p)) {
            *ticket = 0;
            return l;
        }
        if (p && p[1] < *ticket) {
            *ticket = p[1];
            next = l;
        }
    }
    return next;
}

/* Takes all that there is. False: a lane has drawn its ticket and not yet put it into its chunk; with `hurry` those
 * behind it go before. */
static bool merge(ctrace_recorder *r, bool hurry)
{
    take_new_lanes(r);
    begin_pass(r);
    for (;;) {
        if (r->current)
            take_run(r, r->current);
        drop_ended(r);
        uint64_t ticket;
        ctrace_lane *l = is_enough(r) ? NULL : next_lane(r, &ticket);
        if (!l)
            return true;
        if (ticket > r->ticket + 1 && !hurry)
            return false;
        if (ticket) {
            if (ticket > r->ticket)
                r->ticket = ticket;
            l->read += 2;
        }
        r->current = l;
    }
}

void ctr_drain_alone(ctrace_recorder *r, ctrace_lane *l)
{
    const ctr_word *end, *p;
    begin_pass(r);
    while ((p = head_of(r, l, &end)) != NULL) {
        while (p < end)
            p = is_turn(p) ? p + 2 : ctr_replay_record(r, l, p);
        l->read = (size_t)(end - l->reading->words);
    }
}

/* ---- The file ---- */

static void look_at_writer(ctrace_recorder *r)
{
    ctrace_error error = {0};
    ctrace_status status = ctrace_writer_status(r->writer, &error);
    if (status == CTRACE_OK)
        return;
    pthread_mutex_lock(&r->done_lock);
    bool fatal = r->writer->fatal, known = atomic_load(&r->silent) & CTR_SILENT_FAILED;
    if (r->failure.status == CTRACE_OK || (fatal && !known))
        r->failure = error;
    if (fatal)
        atomic_fetch_or(&r->silent, CTR_SILENT_FAILED);
    pthread_mutex_unlock(&r->done_lock);
    if (fatal)
        ctr_chunks_wake(&r->chunks);
}

/* How long a lane may take between its ticket and its record. */
#define STRAGGLER_MS 10

void ctr_drain(ctrace_recorder *r, bool flush)
{
    bool is_flight = r->options.overflow == CTRACE_OVERFLOW_DROP_OLDEST;
    bool dump = is_flight && flush && atomic_exchange(&r->dump, false);
    r->replay.muted = is_flight && !dump;
    if (dump)
        for (ctrace_lane *l = r->lanes; l; l = l->next)
            ctr_replay_catch_up(r, l);
    if (!is_enough(r)) {
        bool whole = merge(r, false);
        for (int64_t until = ctr_now_ms() + STRAGGLER_MS; flush && !whole && ctr_now_ms() < until;) {
            poll(NULL, 0, 1);
            whole = merge(r, false);
        }
        if (flush && !whole)
            merge(r, true);
    }
    int64_t now = ctr_now_ms();
    if (flush || (r->unflushed && now - r->flushed_at >= (int64_t)r->flush_ms)) {
        ctr_replay_names(r);
        ctrace_writer_flush(r->writer, NULL);
        r->flushed_at = now;
        r->unflushed = false;
    }
    look_at_writer(r);
}

/* ---- The thread ---- */

static bool has_work(ctrace_recorder *r)
{
    return atomic_load(&r->requested) != atomic_load(&r->done) || atomic_load(&r->closing) || ctr_recorder_is_due(r);
}

static void sleep_until_work(ctrace_recorder *r)
{
    struct timespec until;
    int64_t wait = r->unflushed ? r->flushed_at + r->flush_ms - ctr_now_ms() : r->flush_ms;
    if (wait < 1)
        wait = 1;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(wait / 1000);
    until.tv_nsec += (long)(wait % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    atomic_store(&r->sleeping, true);
    if (has_work(r)) {
        atomic_store(&r->sleeping, false);
        return;
    }
    while (sem_timedwait(&r->wake, &until) != 0 && errno == EINTR)
        ;
    atomic_store(&r->sleeping, false);
}

static void *run(void *cookie)
{
    ctrace_recorder *r = cookie;
    for (bool closing = false; !closing;) {
        sleep_until_work(r);
        closing = atomic_load(&r->closing);
        uint64_t requested = atomic_load(&r->requested);
        bool flush = requested != atomic_load(&r->done);
        pthread_mutex_lock(&r->draining);
        ctr_drain(r, flush || closing);
        pthread_mutex_unlock(&r->draining);
        if (flush) {
            atomic_store(&r->done, requested);
            pthread_mutex_lock(&r->done_lock);
            pthread_cond_broadcast(&r->done_change);
            pthread_mutex_unlock(&r->done_lock);
        }
    }
    return NULL;
}

bool ctr_drain_start(ctrace_recorder *r)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r->has_thread = pthread_create(&r->thread, NULL, run, r) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r->has_thread;
}

void ctr_drain_stop(ctrace_recorder *r)
{
    if (!r->has_thread)
        return;
    atomic_store(&r->closing, true);
    ctr_recorder_wake(r);
    pthread_join(r->thread, NULL);
    atomic_store(&r->closing, false);
    r->has_thread = false;
}
