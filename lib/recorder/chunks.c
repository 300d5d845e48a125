#include "recorder/chunks.h"

bool ctr_chunks_init(ctr_chunks *c, size_t limit, size_t resume, const ctrace_allocator *allocator)
{
    c->spare = c->last_spare = NULL;
    c->made = 0;
    c->rotation = limit / 2 / (CTR_CHUNK_WORDS * sizeof(ctr_word));
    atomic_init(&c->used, 0);
    c->limit = limit;
    c->resume = resume;
    c->allocator = allocator;
    if (pthread_mutex_init(&c->lock, NULL) != 0)
        return false;
    if (pthread_cond_init(&c->given_back, NULL) == 0)
        return true;
    pthread_mutex_destroy(&c->lock);
    return false;
}

void ctr_chunks_free(ctr_chunks *c)
{
    while (c->spare) {
        ctr_chunk *next = atomic_load(&c->spare->next);
        ctr_free(c->allocator, c->spare, ctr_chunk_size(c->spare));
        c->spare = next;
    }
    pthread_cond_destroy(&c->given_back);
    pthread_mutex_destroy(&c->lock);
}

ctr_chunk *ctr_chunk_take(ctr_chunks *c, size_t words)
{
    ctr_chunk *chunk = NULL;
    if (words <= CTR_CHUNK_WORDS && words != CTR_FIRST_CHUNK_WORDS) {
        words = CTR_CHUNK_WORDS;
        pthread_mutex_lock(&c->lock);
        if (c->spare && c->made >= c->rotation) {
            chunk = c->spare;
            c->spare = atomic_load_explicit(&chunk->next, memory_order_relaxed);
            if (!c->spare)
                c->last_spare = NULL;
        } else {
            c->made++;
        }
        pthread_mutex_unlock(&c->lock);
    }
    if (!chunk) {
        if (words > SIZE_MAX / sizeof(ctr_word) - sizeof *chunk)
            return NULL;
        chunk = ctr_alloc(c->allocator, sizeof *chunk + words * sizeof(ctr_word));
        if (!chunk)
            return NULL;
        chunk->room = words;
    }
    atomic_init(&chunk->next, NULL);
    atomic_init(&chunk->filled, 0);
    atomic_fetch_add(&c->used, ctr_chunk_size(chunk));
    return chunk;
}

void ctr_chunk_give_back(ctr_chunks *c, ctr_chunk *chunk)
{
    atomic_fetch_sub(&c->used, ctr_chunk_size(chunk));
    bool is_odd = chunk->room != CTR_CHUNK_WORDS;
    pthread_mutex_lock(&c->lock);
    if (!is_odd) {
        atomic_store_explicit(&chunk->next, NULL, memory_order_relaxed);
        if (c->last_spare)
            atomic_store_explicit(&c->last_spare->next, chunk, memory_order_relaxed);
        else
            c->spare = chunk;
        c->last_spare = chunk;
    }
    pthread_mutex_unlock(&c->lock);
    if (is_odd)
        ctr_free(c->allocator, chunk, ctr_chunk_size(chunk));
}

void ctr_chunks_wake(ctr_chunks *c)
{
    pthread_mutex_lock(&c->lock);
    pthread_cond_broadcast(&c->given_back);
    pthread_mutex_unlock(&c->lock);
}
