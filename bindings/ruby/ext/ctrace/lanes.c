#include "lanes.h"

#include <stdlib.h>
#include <string.h>

/* A lane belongs to its thread and a strand to its fiber: each hangs on it as an instance variable whose name no Ruby
 * code can spell, and dies with it. So no address is mistaken for another, and nothing lives longer. */
static ID id_lane, id_strand;

/* All lanes; and the serials of those that the garbage collector took, to be told at the next occasion. */
#define MAX_DEAD 256
static struct ctrb_lane *lanes;
static struct {
    size_t count;
    uint64_t serials[MAX_DEAD];
} dead;

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
    free(strand);
}

static void lane_mark(void *data)
{
    struct ctrb_lane *lane = data;
    if (lane->pending)
        rb_gc_mark(lane->pending);
    if (lane->outside)
        rb_gc_mark(lane->outside);
    if (lane->base.fiber)
        rb_gc_mark(lane->base.fiber);
    mark_strand(&lane->base);
    /* The fibers that run now; the base's is the thread's own. */
    for (size_t i = 1; i < lane->strand_count; i++)
        rb_gc_mark(lane->strands[i]->fiber);
}

static void lane_free(void *data)
{
    struct ctrb_lane *lane = data;
    *lane->before = lane->next;
    if (lane->next)
        lane->next->before = lane->before;
    if (lane->serial > 1 && !lane->ended && dead.count < MAX_DEAD)
        dead.serials[dead.count++] = lane->serial;
    free(lane->base.calls);
    free(lane->strands);
    free(lane);
}

static size_t lane_size(const void *data)
{
    const struct ctrb_lane *lane = data;
    return sizeof *lane + lane->base.capacity * sizeof *lane->base.calls;
}

static size_t strand_size(const void *data)
{
    const struct ctrb_strand *strand = data;
    return sizeof *strand + strand->capacity * sizeof *strand->calls;
}

static const rb_data_type_t lane_type = {
    .wrap_struct_name = "Ctrace lane",
    .function = {.dmark = lane_mark, .dfree = lane_free, .dsize = lane_size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static const rb_data_type_t strand_type = {
    .wrap_struct_name = "Ctrace strand",
    .function = {.dmark = strand_mark, .dfree = strand_free, .dsize = strand_size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static bool enter(struct ctrb_lane *lane, struct ctrb_strand *strand)
{
    if (lane->strand_count == lane->strand_capacity) {
        size_t capacity = lane->strand_capacity ? lane->strand_capacity * 2 : 4;
        struct ctrb_strand **strands = realloc(lane->strands, capacity * sizeof(struct ctrb_strand *));
        if (!strands)
            return false;
        lane->strands = strands;
        lane->strand_capacity = capacity;
    }
    lane->strands[lane->strand_count++] = strand;
    return true;
}

bool ctrb_strand_enter(struct ctrb_lane *lane, struct ctrb_strand *strand)
{
    return enter(lane, strand);
}

static struct ctrb_lane *make_lane(VALUE thread)
{
    if (OBJ_FROZEN(thread))
        return NULL;
    struct ctrb_lane *lane = calloc(1, sizeof *lane);
    if (!lane)
        return NULL;
    if (!enter(lane, &lane->base)) {
        free(lane);
        return NULL;
    }
    lane->next = lanes;
    lane->before = &lanes;
    if (lanes)
        lanes->before = &lane->next;
    lanes = lane;
    VALUE object = TypedData_Wrap_Struct(0, &lane_type, lane);
    lane->object = object;
    lane->base.fiber = rb_fiber_current();
    rb_ivar_set(thread, id_lane, object);
    RB_GC_GUARD(object); /* until it hangs on its thread nothing else keeps it */
    return lane;
}

struct ctrb_lane *ctrb_lane_of(VALUE thread, uint64_t recording, bool create)
{
    VALUE object = rb_attr_get(thread, id_lane);
    struct ctrb_lane *lane = NIL_P(object) ? NULL : RTYPEDDATA_DATA(object);
    if (lane && lane->base.recording == recording)
        return lane;
    if (!create)
        return NULL;
    if (!lane)
        lane = make_lane(thread);
    if (lane) { /* what is there is of an earlier recording */
        lane->base.recording = recording;
        lane->base.count = 0;
        lane->strand_count = 1;
        lane->serial = 0;
        lane->ended = false;
        lane->pending = lane->outside = 0;
    }
    return lane;
}

struct ctrb_lane *ctrb_lanes_first(void)
{
    return lanes;
}

bool ctrb_lane_has_calls(const struct ctrb_lane *lane)
{
    for (size_t i = 0; i < lane->strand_count; i++)
        if (lane->strands[i]->count)
            return true;
    return false;
}

uint64_t ctrb_lane_take_dead(void)
{
    return dead.count ? dead.serials[--dead.count] : 0;
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
    struct ctrb_call *call = &strand->calls[strand->count++];
    memset(call, 0, sizeof *call);
    return call;
}

struct ctrb_strand *ctrb_strand_of(struct ctrb_lane *lane, VALUE fiber)
{
    if (fiber == lane->base.fiber)
        return &lane->base;
    VALUE object = rb_attr_get(fiber, id_strand);
    if (!NIL_P(object)) {
        struct ctrb_strand *known = RTYPEDDATA_DATA(object);
        if (known->recording != lane->base.recording)
            known->count = 0;
        known->recording = lane->base.recording;
        return known;
    }
    if (OBJ_FROZEN(fiber))
        return NULL;
    struct ctrb_strand *strand = calloc(1, sizeof *strand);
    if (!strand)
        return NULL;
    strand->fiber = fiber;
    strand->recording = lane->base.recording;
    VALUE kept = TypedData_Wrap_Struct(0, &strand_type, strand);
    rb_ivar_set(fiber, id_strand, kept);
    RB_GC_GUARD(kept);
    return strand;
}

void ctrb_init_lanes(void)
{
    id_lane = rb_intern("__ctrace_lane");
    id_strand = rb_intern("__ctrace_strand");
}
