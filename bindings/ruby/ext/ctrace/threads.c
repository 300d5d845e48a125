#include "recorder.h"

#include <stdlib.h>
#include <string.h>

/* What is known of a thread or of a fiber hangs on it as an instance variable whose name no Ruby code can spell, and dies
 * with it. So no address is mistaken for another, and nothing lives longer. */
static ID id_thread, id_strand;

static struct ctrb_thread *threads;

static void mark_strand(const struct ctrb_strand *strand)
{
    for (size_t i = 0; i < strand->count; i++)
        if (strand->calls[i].unwinding)
            rb_gc_mark(strand->calls[i].unwinding);
}

static void strand_mark(void *data)
{
    mark_strand(data);
}

static void strand_free(void *data)
{
    struct ctrb_strand *strand = data;
    free(strand->calls);
    free(strand->seen);
    free(strand);
}

static void thread_mark(void *data)
{
    const struct ctrb_thread *t = data;
    if (t->pending)
        rb_gc_mark(t->pending);
    if (t->outside)
        rb_gc_mark(t->outside);
    if (t->hidden)
        rb_gc_mark(t->hidden);
    if (t->base.fiber)
        rb_gc_mark(t->base.fiber);
    mark_strand(&t->base);
    /* The fibers that run now; the base's is the thread's own. */
    for (size_t i = 1; i < t->strand_count; i++)
        rb_gc_mark(t->strands[i]->fiber);
}

/* A thread that is killed or ends by an exception ends without an event. */
static void thread_free(void *data)
{
    struct ctrb_thread *t = data;
    *t->before = t->next;
    if (t->next)
        t->next->before = t->before;
    if (t->lane)
        ctrb_lane_died(t->lane);
    free(t->base.calls);
    free(t->base.seen);
    free(t->strands);
    free(t);
}

static size_t strand_heap(const struct ctrb_strand *strand)
{
    return strand->capacity * sizeof *strand->calls + strand->seen_capacity * sizeof *strand->seen;
}

static size_t thread_size(const void *data)
{
    const struct ctrb_thread *t = data;
    return sizeof *t + strand_heap(&t->base);
}

static size_t strand_size(const void *data)
{
    const struct ctrb_strand *strand = data;
    return sizeof *strand + strand_heap(strand);
}

static const rb_data_type_t thread_type = {
    .wrap_struct_name = "Ctrace thread",
    .function = {.dmark = thread_mark, .dfree = thread_free, .dsize = thread_size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static const rb_data_type_t strand_type = {
    .wrap_struct_name = "Ctrace strand",
    .function = {.dmark = strand_mark, .dfree = strand_free, .dsize = strand_size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

bool ctrb_strand_enter(struct ctrb_thread *t, struct ctrb_strand *strand)
{
    if (t->strand_count == t->strand_capacity) {
        size_t capacity = t->strand_capacity ? t->strand_capacity * 2 : 4;
        struct ctrb_strand **strands = realloc(t->strands, capacity * sizeof(struct ctrb_strand *));
        if (!strands)
            return false;
        t->strands = strands;
        t->strand_capacity = capacity;
    }
    t->strands[t->strand_count++] = strand;
    return true;
}

static struct ctrb_thread *make_thread(VALUE thread)
{
    if (OBJ_FROZEN(thread))
        return NULL;
    struct ctrb_thread *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    if (!ctrb_strand_enter(t, &t->base)) {
        free(t);
        return NULL;
    }
    t->next = threads;
    t->before = &threads;
    if (threads)
        threads->before = &t->next;
    threads = t;
    VALUE object = TypedData_Wrap_Struct(0, &thread_type, t);
    t->object = object;
    t->base.fiber = rb_fiber_current();
    rb_ivar_set(thread, id_thread, object);
    RB_GC_GUARD(object); /* until it hangs on its thread nothing else keeps it */
    return t;
}

static void empty_strand(struct ctrb_strand *strand, uint64_t recording)
{
    strand->recording = recording;
    strand->count = 0;
    memset(&strand->shown, 0, sizeof strand->shown);
}

struct ctrb_thread *ctrb_thread_of(VALUE thread, uint64_t recording, bool make)
{
    VALUE object = rb_attr_get(thread, id_thread);
    struct ctrb_thread *t = NIL_P(object) ? NULL : RTYPEDDATA_DATA(object);
    if (t && t->base.recording == recording)
        return t;
    if (!make)
        return NULL;
    if (!t)
        t = make_thread(thread);
    if (t) { /* what is there is of an earlier recording */
        empty_strand(&t->base, recording);
        t->strand_count = 1;
        t->lane = NULL;
        t->ended = false;
        t->pending = t->outside = t->hidden = 0;
    }
    return t;
}

struct ctrb_thread *ctrb_threads_first(void)
{
    return threads;
}

struct ctrb_call *ctrb_call_push(struct ctrb_strand *strand)
{
    if (strand->count == strand->capacity) {
        size_t capacity = strand->capacity ? strand->capacity * 2 : 32;
        struct ctrb_call *calls = realloc(strand->calls, capacity * sizeof *calls);
        if (!calls)
            return NULL;
        strand->calls = calls;
        strand->capacity = capacity;
    }
    const struct ctrb_shown *below = strand->count ? &strand->calls[strand->count - 1].shown : &strand->shown;
    struct ctrb_call *call = &strand->calls[strand->count++];
    memset(call, 0, sizeof *call);
    call->shown.first = below->first + below->count;
    return call;
}

struct ctrb_seen *ctrb_strand_seen(struct ctrb_strand *strand, struct ctrb_shown *shown, size_t count)
{
    if (shown->first + count > strand->seen_capacity) {
        size_t capacity = 2 * (shown->first + count) + 64;
        struct ctrb_seen *seen = realloc(strand->seen, capacity * sizeof *seen);
        if (!seen)
            return NULL;
        strand->seen = seen;
        strand->seen_capacity = capacity;
    }
    shown->count = count;
    return strand->seen + shown->first;
}

struct ctrb_strand *ctrb_strand_of(struct ctrb_thread *t, VALUE fiber)
{
    if (fiber == t->base.fiber)
        return &t->base;
    VALUE object = rb_attr_get(fiber, id_strand);
    if (!NIL_P(object)) {
        struct ctrb_strand *known = RTYPEDDATA_DATA(object);
        if (known->recording != t->base.recording)
            empty_strand(known, t->base.recording);
        return known;
    }
    if (OBJ_FROZEN(fiber))
        return NULL;
    struct ctrb_strand *strand = calloc(1, sizeof *strand);
    if (!strand)
        return NULL;
    strand->fiber = fiber;
    strand->recording = t->base.recording;
    VALUE kept = TypedData_Wrap_Struct(0, &strand_type, strand);
    rb_ivar_set(fiber, id_strand, kept);
    RB_GC_GUARD(kept);
    return strand;
}

void ctrb_init_threads(void)
{
    id_thread = rb_intern("__ctrace_thread");
    id_strand = rb_intern("__ctrace_strand");
}
