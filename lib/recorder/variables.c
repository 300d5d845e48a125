/* The variables of open frames as the program put them last, so that only what changed is told. */
#include "recorder/recorder.h"

static void remember_hash(ctr_variable *v, const ctr_word *value, size_t words)
{
    /* Two hashes that differ in how they mix: equal ones mean equal values. */
    ctr_word a = 0x9E3779B97F4A7C15u ^ words, b = 0xC2B2AE3D27D4EB4Fu;
    for (size_t i = 0; i < words; i++) {
        a = (a ^ value[i]) * 0xFF51AFD7ED558CCDu;
        a ^= a >> 32;
        b = (b + value[i]) * 0xC4CEB9FE1A85EC53u;
        b = b << 31 | b >> 33;
    }
    v->content[0] = a;
    v->content[1] = b;
}

static inline void remember(ctr_variable *v, const ctr_word *value, size_t words)
{
    v->words = words;
    v->content[0] = value[0];
    v->content[1] = words > 1 ? value[1] : 0;
    if (words > 2)
        remember_hash(v, value, words);
}

static ctr_variable *find(ctrace_lane *l, const ctr_frame *frame, uint32_t id)
{
    /* They come in the same order every time. */
    if (l->hint < l->variable_count && l->hint >= frame->first && l->variables[l->hint].id == id)
        return &l->variables[l->hint++];
    for (size_t i = frame->first; i < l->variable_count; i++) {
        if (l->variables[i].id == id) {
            l->hint = i + 1;
            return &l->variables[i];
        }
    }
    return NULL;
}

static bool make_room(ctrace_lane *l)
{
    void *variables = l->variables;
    bool ok = ctr_make_room(l->recorder->allocator, &variables, &l->variable_room, l->variable_count,
                            sizeof *l->variables);
    l->variables = variables;
    return ok;
}

/* Lets go of the variables of the oldest frames until there is room. The running one stays. */
static void let_go(ctrace_lane *l)
{
    while (l->kept_words > CTR_KEPT_WORDS && l->kept_from + 1 < l->frame_count) {
        ctr_frame *frame = &l->frames[l->kept_from];
        if (frame->words) {
            ctr_word *p = ctr_lane_room(l, 1);
            if (!p)
                return;
            *p = ctr_word_of(CTR_RECORD_LET_GO, 0, l->kept_from);
            ctr_lane_commit(l, p + 1);
            frame->let_go = true;
        }
        l->kept_words -= frame->words;
        frame->words = 0;
        l->kept_from++;
    }
}

bool ctr_frame_push(ctrace_lane *l, bool skipped)
{
    void *frames = l->frames;
    bool ok = ctr_make_room(l->recorder->allocator, &frames, &l->frame_room, l->frame_count, sizeof *l->frames);
    l->frames = frames;
    if (!ok)
        return false;
    l->frames[l->frame_count++] = (ctr_frame){.first = l->variable_count, .skipped = skipped};
    l->hint = l->variable_count;
    l->skipped = skipped;
    if (skipped || l->recorder->options.values_once)
        return true;
    ctr_frame *frame = ctr_lane_frame(l);
    for (size_t i = 0; i < l->arg_count; i++) {
        if (!make_room(l))
            return false;
        l->variables[l->variable_count++] = l->args[i];
        frame->words += l->args[i].words;
    }
    l->kept_words += frame->words;
    if (l->kept_words > CTR_KEPT_WORDS)
        let_go(l);
    return true;
}

void ctr_frame_pop(ctrace_lane *l)
{
    ctr_frame *frame = ctr_lane_frame(l);
    l->kept_words -= frame->words;
    l->variable_count = frame->first;
    l->frame_count--;
    if (l->frame_count <= l->kept_from) {
        /* A frame that was let go runs again. */
        l->kept_from = l->frame_count - 1;
        l->variable_count = ctr_lane_frame(l)->first;
    }
    l->hint = ctr_lane_frame(l)->first;
    l->skipped = ctr_lane_frame(l)->skipped;
}

/* A variable that the frame did not have. Without memory it is told every time. */
static __attribute__((noinline, cold)) void add(ctrace_lane *l, ctr_frame *frame, const ctr_variable *now)
{
    frame->let_go = false;
    if (make_room(l)) {
        l->variables[l->variable_count++] = *now;
        l->hint = l->variable_count;
        frame->touched++;
        frame->words += now->words;
        l->kept_words += now->words;
    }
    ctr_lane_commit(l, l->at);
}

static __attribute__((noinline)) void change(ctrace_lane *l)
{
    ctr_frame *frame = ctr_lane_frame(l);
    const ctr_word *value = l->begin + 1;
    ctr_variable now = {.id = (uint32_t)ctr_word_number(*l->begin), .generation = frame->generation};
    remember(&now, value, (size_t)(l->at - value));
    ctr_variable *v = find(l, frame, now.id);
    if (!v) {
        add(l, frame, &now);
        return;
    }
    frame->touched += v->generation != now.generation;
    v->generation = now.generation;
    if (v->content[0] == now.content[0] && v->content[1] == now.content[1] && v->words == now.words) {
        l->at = l->begin; /* it is what it was */
        return;
    }
    frame->words += now.words - v->words;
    l->kept_words += now.words - v->words;
    *v = now;
    ctr_lane_commit(l, l->at);
}

void ctr_variable_complete(ctrace_lane *l)
{
    const ctr_word *value = l->begin + 1;
    size_t words = (size_t)(l->at - value);
    /* Mostly it is the one behind the last, a plain value, and what it was. */
    ctr_variable *v = l->hint < l->variable_count ? l->variables + l->hint : NULL;
    if (!v || v->id != ctr_word_number(*l->begin) || v->words != words || words > 2 ||
        v->content[0] != value[0] || (words == 2 && v->content[1] != value[1])) {
        change(l);
        return;
    }
    ctr_frame *frame = ctr_lane_frame(l);
    frame->touched += v->generation != frame->generation;
    v->generation = frame->generation;
    l->hint++;
    l->at = l->begin;
}

bool ctr_argument_put(ctrace_lane *l, uint32_t id, const ctr_word *value, const ctr_word *end)
{
    void *args = l->args;
    bool ok = ctr_make_room(l->recorder->allocator, &args, &l->arg_room, l->arg_count, sizeof *l->args);
    l->args = args;
    if (!ok)
        return false;
    ctr_variable *arg = &l->args[l->arg_count++];
    *arg = (ctr_variable){.id = id};
    remember(arg, value, (size_t)(end - value));
    return true;
}

static void forget(ctrace_lane *l, size_t at)
{
    ctr_frame *frame = ctr_lane_frame(l);
    ctr_word *p = ctr_lane_room(l, 1);
    if (p) {
        *p = ctr_word_of(CTR_RECORD_FORGET, 0, l->variables[at].id);
        ctr_lane_commit(l, p + 1);
    }
    const ctr_variable *v = &l->variables[at];
    frame->words -= v->words;
    l->kept_words -= v->words;
    frame->touched -= frame->touched && v->generation == frame->generation;
    l->variable_count--;
    memmove(&l->variables[at], &l->variables[at + 1], (l->variable_count - at) * sizeof *l->variables);
}

void ctr_variables_settle(ctrace_lane *l)
{
    ctr_frame *frame = ctr_lane_frame(l);
    frame->all_given = false;
    if (frame->touched == l->variable_count - frame->first)
        return;
    for (size_t i = l->variable_count; i-- > frame->first;)
        if (l->variables[i].generation != frame->generation)
            forget(l, i);
}

void ctrace_lane_begin_variables(ctrace_lane *l)
{
    if (!l || ctr_lane_is_silent(l))
        return;
    ctr_frame *frame = ctr_lane_frame(l);
    frame->generation++;
    frame->touched = 0;
    frame->all_given = true;
    l->hint = frame->first;
}

void ctrace_lane_forget(ctrace_lane *l, ctrace_id variable)
{
    if (!l || ctr_lane_is_silent(l))
        return;
    ctr_lane_begin(l);
    const ctr_frame *frame = ctr_lane_frame(l);
    for (size_t i = frame->first; i < l->variable_count; i++) {
        if (l->variables[i].id == variable) {
            forget(l, i);
            return;
        }
    }
}

bool ctrace_lane_wants_variables(const ctrace_lane *l)
{
    return l && l->frames[l->frame_count - 1].let_go;
}
