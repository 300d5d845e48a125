#include "io/frames_pack.h"

#include <signal.h>
#include <stddef.h>

#define ZSTD_STATIC_LINKING_ONLY /* for ZSTD_compressSequences() */
#include <zstd.h>

#include "io/frames.h"

/* A frame's plain bytes at most, so that more memory is of no use. */
#define WINDOW_LOG 21

/* At the usual level, smaller tables than the level's own, which the processor has at hand: events look like those just
 * before them. Packing takes a fifth less time, and recordings become no larger. */
#define USUAL_LEVEL      3
#define LONG_TABLE_LOG  14
#define SHORT_TABLE_LOG 14

/* ---- What is known to repeat ---- */

#if ZSTD_VERSION_NUMBER >= 10504
#define CAN_TAKE_KNOWN
#endif

#ifdef CAN_TAKE_KNOWN

#pragma weak ZSTD_compressSequences /* not every shared library shows it */

_Static_assert(sizeof(ctr_match) == sizeof(ZSTD_Sequence) &&
                   offsetof(ctr_match, offset) == offsetof(ZSTD_Sequence, offset) &&
                   offsetof(ctr_match, literals) == offsetof(ZSTD_Sequence, litLength) &&
                   offsetof(ctr_match, length) == offsetof(ZSTD_Sequence, matchLength),
               "a match is zstd's own");

/* Whether an offset is the last one again is for zstd to see; since 1.5.5 it has to be told so. */
#define SEARCH_FOR_REPEATED_OFFSETS 1016

/* The function is no part of zstd's stable interface: these versions are known to have it as it is used here. */
static bool can_take_known(void)
{
    unsigned version = ZSTD_versionNumber();
    return version >= 10504 && version < 10600 && ZSTD_compressSequences != NULL;
}

static void *new_known_context(int level)
{
    ZSTD_CCtx *context = can_take_known() ? ZSTD_createCCtx() : NULL;
    if (!context)
        return NULL;
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, WINDOW_LOG);
    ZSTD_CCtx_setParameter(context, ZSTD_c_strategy, ZSTD_dfast);
    ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, ZSTD_HASHLOG_MIN); /* nothing is searched */
    ZSTD_CCtx_setParameter(context, ZSTD_c_chainLog, ZSTD_CHAINLOG_MIN);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0); /* as all other frames here */
    ZSTD_CCtx_setParameter(context, ZSTD_c_blockDelimiters, ZSTD_sf_explicitBlockDelimiters);
    ZSTD_CCtx_setParameter(context, ZSTD_c_validateSequences, 1);
    ZSTD_CCtx_setParameter(context, (ZSTD_cParameter)SEARCH_FOR_REPEATED_OFFSETS, ZSTD_ps_enable);
    return context;
}

/* Packs the portion as a frame of its own. False: that is not possible, or another way is better. */
static bool pack_known(void *context, ctr_portion *portion, const char *plain)
{
    const ctr_buffer *matches = &portion->known.matches;
    /* Where much is not known to repeat, there may still be repeats. */
    if (matches->size == 0 || portion->known.literals > portion->plain_size / 4)
        return false;
    size_t size = ZSTD_compressSequences(context, portion->packed.data, portion->packed.capacity,
                                         (const ZSTD_Sequence *)(const void *)matches->data,
                                         matches->size / sizeof(ctr_match), plain, portion->plain_size);
    if (ZSTD_isError(size))
        return false;
    portion->packed.size = size;
    return true;
}

#else

static void *new_known_context(int level)
{
    (void)level;
    return NULL;
}

static bool pack_known(void *context, ctr_portion *portion, const char *plain)
{
    (void)context, (void)portion, (void)plain;
    return false;
}

#endif

/* ---- Packing ---- */

/* There is room for all of it, and the context has its memory; only the first portion can fail. */
static void pack(ctr_packing *p, ctr_portion *portion, const char *plain)
{
    ZSTD_CCtx *context = p->context;
    portion->is_frame = p->known_context && pack_known(p->known_context, portion, plain);
    if (portion->is_frame && p->is_open)
        ZSTD_CCtx_reset(context, ZSTD_reset_session_only);
    p->is_open = !portion->is_frame && !portion->ends_frame;
    if (portion->is_frame)
        return;
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
        pack(p, portion, portion->plain.data);
        pthread_mutex_lock(&p->mutex);
        p->packed++;
        pthread_cond_signal(&p->is_packed);
    }
    pthread_mutex_unlock(&p->mutex);
    return NULL;
}

/* ---- Giving and taking ---- */

static void swap(ctr_buffer *a, ctr_buffer *b)
{
    ctr_buffer other = *a;
    *a = *b;
    *b = other;
}

bool ctr_packing_give(ctr_packing *p, ctr_buffer *plain, bool ends_frame, ctr_known *known)
{
    ctr_portion *portion = &p->portions[p->aside ? p->given % CTR_PACK_SLOTS : 0];
    size_t bound = ZSTD_compressBound(plain->size) + 64;
    portion->packed.size = 0;
    if (ZSTD_isError(bound) || !ctr_buffer_reserve(&portion->packed, bound))
        return false;
    portion->plain_size = plain->size;
    portion->ends_frame = ends_frame;
    portion->known.matches.size = 0;
    if (known) {
        portion->known.literals = known->literals;
        swap(&portion->known.matches, &known->matches);
    }
    p->given++;
    if (!p->aside) {
        pack(p, portion, plain->data);
        plain->size = 0;
        return true;
    }
    swap(&portion->plain, plain);
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
        p->portions[i].plain.allocator = p->portions[i].packed.allocator = p->portions[i].known.matches.allocator =
            allocator;
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

bool ctr_packing_take_known(ctr_packing *p, int level)
{
    p->known_context = new_known_context(level);
    return p->known_context != NULL;
}

static void free_memory(ctr_packing *p)
{
    ZSTD_freeCCtx(p->context);
    ZSTD_freeCCtx(p->known_context);
    p->context = p->known_context = NULL;
    for (size_t i = 0; i < CTR_PACK_SLOTS; i++) {
        ctr_buffer_free(&p->portions[i].plain);
        ctr_buffer_free(&p->portions[i].packed);
        ctr_buffer_free(&p->portions[i].known.matches);
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
