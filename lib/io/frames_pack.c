#include "io/frames_pack.h"

#include <signal.h>

#include <zstd.h>

#include "io/frames.h"

/* A frame's plain bytes at most, so that more memory is of no use. */
#define WINDOW_LOG 21

/* At the usual level, smaller tables than the level's own, which the processor has at hand: events look like those just
 * before them. Packing takes a fifth less time, and recordings become no larger. */
#define USUAL_LEVEL      3
#define LONG_TABLE_LOG  14
#define SHORT_TABLE_LOG 14

/* ---- Packing ---- */

/* There is room for all of it, and the context has its memory; only the first portion can fail. */
static void pack(void *context, ctr_portion *portion, const char *plain)
{
    ZSTD_inBuffer in = {plain, portion->plain_size, 0};
    ZSTD_outBuffer out = {portion->packed.data, portion->packed.capacity, 0};
    ZSTD_EndDirective how = portion->ends_frame ? ZSTD_e_end : ZSTD_e_flush;
    size_t more;
    do
        more = ZSTD_compressStream2(context, &out, &in, how);
    while (!ZSTD_isError(more) && more && out.pos < out.size);
    portion->packed.size = out.pos;
    portion->failed = more != 0;
}

static void *pack_aside(void *cookie)
{
    ctr_packing *p = cookie;
    pthread_mutex_lock(&p->mutex);
    for (;;) {
        while (!p->quit && p->packed == p->shared_given)
            pthread_cond_wait(&p->is_given, &p->mutex);
        if (p->quit)
            break;
        ctr_portion *portion = &p->portions[p->packed % CTR_PACK_SLOTS];
        pthread_mutex_unlock(&p->mutex);
        pack(p->context, portion, portion->plain.data);
        pthread_mutex_lock(&p->mutex);
        p->packed++;
        pthread_cond_signal(&p->is_packed);
    }
    pthread_mutex_unlock(&p->mutex);
    return NULL;
}

/* ---- Giving and taking ---- */

bool ctr_packing_give(ctr_packing *p, ctr_buffer *plain, bool ends_frame)
{
    ctr_portion *portion = &p->portions[p->aside ? p->given % CTR_PACK_SLOTS : 0];
    size_t bound = ZSTD_compressBound(plain->size) + 64;
    portion->packed.size = 0;
    if (ZSTD_isError(bound) || !ctr_buffer_reserve(&portion->packed, bound))
        return false;
    portion->plain_size = plain->size;
    portion->ends_frame = ends_frame;
    p->given++;
    if (!p->aside) {
        pack(p->context, portion, plain->data);
        plain->size = 0;
        return true;
    }
    ctr_buffer empty = portion->plain;
    portion->plain = *plain;
    *plain = empty;
    plain->size = 0;
    pthread_mutex_lock(&p->mutex);
    p->shared_given = p->given;
    pthread_cond_signal(&p->is_given);
    pthread_mutex_unlock(&p->mutex);
    return true;
}

ctr_portion *ctr_packing_take(ctr_packing *p, bool wait)
{
    if (p->taken == p->given)
        return NULL;
    if (p->aside) {
        pthread_mutex_lock(&p->mutex);
        while (wait && p->packed == p->taken)
            pthread_cond_wait(&p->is_packed, &p->mutex);
        bool is_packed = p->packed > p->taken;
        pthread_mutex_unlock(&p->mutex);
        if (!is_packed)
            return NULL;
    }
    uint64_t number = p->taken++;
    return &p->portions[p->aside ? number % CTR_PACK_SLOTS : 0];
}

/* ---- Life ---- */

/* A program's signals are not for its recorder's thread. */
static bool start_thread(ctr_packing *p)
{
    if (pthread_mutex_init(&p->mutex, NULL) != 0)
        return false;
    bool has_given = pthread_cond_init(&p->is_given, NULL) == 0;
    bool has_packed = has_given && pthread_cond_init(&p->is_packed, NULL) == 0;
    bool started = false;
    if (has_packed) {
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        started = pthread_create(&p->thread, NULL, pack_aside, p) == 0;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    if (started)
        return true;
    if (has_packed)
        pthread_cond_destroy(&p->is_packed);
    if (has_given)
        pthread_cond_destroy(&p->is_given);
    pthread_mutex_destroy(&p->mutex);
    return false;
}

bool ctr_packing_init(ctr_packing *p, int level, bool aside, const ctrace_allocator *allocator)
{
    memset(p, 0, sizeof *p);
    p->allocator = allocator;
    for (size_t i = 0; i < CTR_PACK_SLOTS; i++)
        p->portions[i].plain.allocator = p->portions[i].packed.allocator = allocator;
    p->context = ZSTD_createCCtx();
    if (!p->context)
        return false;
    ZSTD_CCtx_setParameter(p->context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(p->context, ZSTD_c_windowLog, WINDOW_LOG);
    if (level == USUAL_LEVEL) {
        ZSTD_CCtx_setParameter(p->context, ZSTD_c_strategy, ZSTD_dfast);
        ZSTD_CCtx_setParameter(p->context, ZSTD_c_hashLog, LONG_TABLE_LOG);
        ZSTD_CCtx_setParameter(p->context, ZSTD_c_chainLog, SHORT_TABLE_LOG);
    }
    p->aside = aside && start_thread(p);
    return true;
}

static void free_memory(ctr_packing *p)
{
    ZSTD_freeCCtx(p->context);
    p->context = NULL;
    for (size_t i = 0; i < CTR_PACK_SLOTS; i++) {
        ctr_buffer_free(&p->portions[i].plain);
        ctr_buffer_free(&p->portions[i].packed);
    }
}

void ctr_packing_free(ctr_packing *p)
{
    if (p->aside) {
        pthread_mutex_lock(&p->mutex);
        p->quit = true;
        pthread_cond_signal(&p->is_given);
        pthread_mutex_unlock(&p->mutex);
        pthread_join(p->thread, NULL);
        pthread_cond_destroy(&p->is_packed);
        pthread_cond_destroy(&p->is_given);
        pthread_mutex_destroy(&p->mutex);
        p->aside = false;
    }
    free_memory(p);
}

void ctr_packing_abandon(ctr_packing *p) { free_memory(p); }
