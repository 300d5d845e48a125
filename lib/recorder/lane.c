/* A lane's life, and its chunks. */
#include "recorder/recorder.h"

#include "base/failure.h"

void ctr_recorder_refuse(ctrace_recorder *r, const char *message)
{
    pthread_mutex_lock(&r->done_lock);
    if (r->failure.status == CTRACE_OK)
        ctr_fail(&r->failure, CTRACE_STATE, "%s", message);
    pthread_mutex_unlock(&r->done_lock);
}

void ctr_recorder_fail(ctrace_recorder *r, ctrace_status status, const char *message)
{
    pthread_mutex_lock(&r->done_lock);
    /* It is why nothing more is recorded, so it stands before a mistake. */
    if (!(atomic_fetch_or(&r->silent, CTR_SILENT_FAILED) & CTR_SILENT_FAILED))
        ctr_fail(&r->failure, status, "%s", message);
    pthread_mutex_unlock(&r->done_lock);
    ctr_chunks_wake(&r->chunks);
}

void ctr_recorder_wake(ctrace_recorder *r)
{
    if (atomic_exchange(&r->sleeping, false))
        sem_post(&r->wake);
}

static void use_chunk(ctrace_lane *l, ctr_chunk *chunk)
{
    l->chunk = chunk;
    l->begin = l->at = chunk->words;
    l->limit = chunk->words + chunk->room;
}

ctrace_lane *ctr_lane_new(ctrace_recorder *r)
{
    const ctrace_allocator *allocator = r->allocator;
    ctrace_lane *l = ctr_alloc_zero(allocator, sizeof *l);
    if (!l)
        return NULL;
    l->recorder = r;
    l->turn = r->options.order == CTRACE_ORDER_LOOSE ? &l->own_turn : &r->turn;
    atomic_init(&l->own_turn, l);
    for (size_t i = 0; i < CTRACE_VALUE_KIND_COUNT; i++)
        l->plain_types[i] = CTRACE_ID_NONE;
    l->mark_type = l->redacted_type = CTRACE_ID_NONE;
    atomic_init(&l->undrained, 1);
    ctr_chunk *chunk = ctr_chunk_take(&r->chunks, CTR_FIRST_CHUNK_WORDS);
    bool ok = chunk && ctr_frame_push(l, false) && ctr_track_init(r, &l->track);
    if (ok && r->options.mark_shared)
        ok = (l->seen = ctr_alloc_zero(allocator, sizeof *l->seen)) != NULL;
    l->reading = chunk;
    if (!ok) {
        ctr_lane_free(l);
        return NULL;
    }
    use_chunk(l, chunk);
    return l;
}

void ctr_lane_free(ctrace_lane *l)
{
    ctrace_recorder *r = l->recorder;
    const ctrace_allocator *allocator = r->allocator;
    while (l->reading) {
        ctr_chunk *next = atomic_load(&l->reading->next);
        if (next)
            atomic_fetch_sub(&r->full, ctr_chunk_size(l->reading));
        ctr_chunk_give_back(&r->chunks, l->reading);
        l->reading = next;
    }
    ctr_track_free(r, &l->track);
    ctr_free(allocator, l->frames, l->frame_room * sizeof *l->frames);
    ctr_free(allocator, l->variables, l->variable_room * sizeof *l->variables);
    ctr_free(allocator, l->args, l->arg_room * sizeof *l->args);
    ctr_free(allocator, l->seen, sizeof *l->seen);
    ctr_free(allocator, l, sizeof *l);
}

/* Waits until a chunk may be taken. A lane whose chunks are all read but the one that it just filled never waits, so
 * that any number of lanes goes on. */
static void wait_for_chunk(ctrace_lane *l)
{
    ctrace_recorder *r = l->recorder;
    if (!ctr_chunks_full(&r->chunks) || atomic_load(&l->undrained) <= 1)
        return;
    atomic_fetch_add_explicit(&l->waits, 1, memory_order_relaxed);
    for (;;) {
        ctr_recorder_wake(r);
        pthread_mutex_lock(&r->chunks.lock);
        bool go_on = ctr_chunks_may_resume(&r->chunks) || atomic_load(&l->undrained) <= 1 ||
                     atomic_load(&r->silent) & CTR_SILENT_FAILED;
        if (!go_on)
            pthread_cond_wait(&r->chunks.given_back, &r->chunks.lock);
        pthread_mutex_unlock(&r->chunks.lock);
        if (go_on)
            return;
    }
}

ctr_word *ctr_lane_grow(ctrace_lane *l, size_t words)
{
    ctrace_recorder *r = l->recorder;
    size_t part = (size_t)(l->at - l->begin);
    if (l->failed)
        return NULL;
    wait_for_chunk(l);
    ctr_chunk *chunk = ctr_chunk_take(&r->chunks, part + words + CTR_FIRST_CHUNK_WORDS);
    if (!chunk) {
        l->failed = true;
        ctr_recorder_fail(r, CTRACE_NO_MEMORY, "out of memory");
        return NULL;
    }
    memcpy(chunk->words, l->begin, part * sizeof(ctr_word));
    ctr_chunk *full = l->chunk;
    use_chunk(l, chunk);
    l->at += part;
    atomic_fetch_add(&l->undrained, 1);
    atomic_store(&full->next, chunk);
    atomic_fetch_add(&r->full, ctr_chunk_size(full));
    if (ctr_recorder_is_due(r))
        ctr_recorder_wake(r);
    return l->at;
}

void ctr_lane_take_turn(ctrace_lane *l)
{
    ctrace_recorder *r = l->recorder;
    ctr_word *p = ctr_lane_room(l, 2);
    if (!p)
        return;
    uint64_t ticket = atomic_fetch_add(&r->tickets, 1) + 1;
    atomic_store(&r->turn, l);
    p[0] = ctr_word_of(CTR_RECORD_TURN, 0, 0);
    p[1] = ticket;
    ctr_lane_commit(l, p + 2);
}

ctrace_lane *ctrace_recorder_lane(ctrace_recorder *r)
{
    if (!r || atomic_load(&r->silent) & CTR_SILENT_FAILED)
        return NULL;
    ctrace_lane *l = ctr_lane_new(r);
    if (!l) {
        ctr_recorder_fail(r, CTRACE_NO_MEMORY, "out of memory");
        return NULL;
    }
    l->thread = atomic_fetch_add(&r->lane_count, 1) + 1;
    ctr_lane_begin(l);
    ctr_word *p = ctr_lane_room(l, 1);
    if (p) {
        *p = ctr_word_of(CTR_RECORD_START, 0, 0);
        ctr_lane_commit(l, p + 1);
    }
    l->next = atomic_load(&r->new_lanes);
    while (!atomic_compare_exchange_weak(&r->new_lanes, &l->next, l))
        ;
    return l;
}

uint64_t ctrace_lane_thread(const ctrace_lane *l) { return l ? l->thread : 0; }

void ctrace_lane_end(ctrace_lane *l)
{
    if (!l)
        return;
    ctrace_lane_cancel_value(l);
    ctr_lane_begin(l);
    ctr_word *p = ctr_lane_room(l, 1);
    if (!p)
        return; /* it is freed with the recorder */
    /* No other thread may see this address as that of the one whose turn it is, when a new lane gets it. */
    ctrace_lane *self = l;
    atomic_compare_exchange_strong(&l->recorder->turn, &self, NULL);
    *p = ctr_word_of(CTR_RECORD_END, 0, 0);
    ctr_lane_commit(l, p + 1); /* from here on it is the recorder's thread's */
}
