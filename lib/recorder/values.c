/* Values, put by the program's threads as records. Here are their budgets: what is too large is cut, with a mark. */
#include "recorder/recorder.h"

#include "base/number.h"
#include "base/utf8.h"

#define MORE "\xE2\x80\xA6" /* … */
#define MARK_ROOM 40

static inline void count_up(atomic_uint_least64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* ---- Where it goes ---- */

/* The hot functions end in a call of their slow one, so that they save no registers. */
#define SLOW __attribute__((noinline, cold))

static bool put_destination(ctrace_lane *l, ctr_record_kind destination, uint64_t variable)
{
    l->at[0] = ctr_word_of(destination, 0, variable);
    l->at++;
    l->in_value = true;
    l->destination = (uint8_t)destination;
    return true;
}

static SLOW bool begin_slowly(ctrace_lane *l, ctr_record_kind destination, ctrace_id variable)
{
    ctr_lane_begin(l);
    return ctr_lane_room(l, 1) && put_destination(l, destination, variable);
}

static inline bool begin_value(ctrace_lane *l, ctr_record_kind destination, ctrace_id variable)
{
    if (!l || ctr_lane_is_silent(l) || (l->skipped && destination != CTR_RECORD_ARG))
        return false;
    if (l->in_value || l->at == l->limit || atomic_load_explicit(l->turn, memory_order_relaxed) != l)
        return begin_slowly(l, destination, variable);
    return put_destination(l, destination, variable);
}

void ctrace_lane_begin_variable(ctrace_lane *l, ctrace_id variable)
{
    begin_value(l, CTR_RECORD_VARIABLE, variable);
}

void ctrace_lane_begin_local(ctrace_lane *l, ctrace_id variable) { begin_value(l, CTR_RECORD_LOCAL, variable); }

void ctrace_lane_begin_arg(ctrace_lane *l, ctrace_id variable) { begin_value(l, CTR_RECORD_ARG, variable); }

void ctrace_lane_begin_return(ctrace_lane *l)
{
    if (!l)
        return;
    bool recorded = !ctr_lane_is_silent(l) && !l->skipped;
    if (l->frame_count == 1) {
        if (recorded)
            ctr_recorder_refuse(l->recorder, "a return without an open call");
        return;
    }
    if (recorded && begin_value(l, CTR_RECORD_RETURN, 0))
        return;
    ctrace_lane_return(l); /* the frame is left, though not with what it returns */
}

void ctrace_lane_cancel_value(ctrace_lane *l)
{
    if (!l || !l->in_value)
        return;
    bool leaves = l->destination == CTR_RECORD_RETURN;
    l->in_value = false;
    l->open_count = l->depth = 0;
    l->beyond = 0;
    l->at = l->begin;
    if (leaves)
        ctrace_lane_return(l);
}

void ctr_lane_interrupt(ctrace_lane *l)
{
    ctr_recorder_refuse(l->recorder, "a value was begun and is not complete");
    ctrace_lane_cancel_value(l);
}

/* Without memory the record is given up. */
static void give_up(ctrace_lane *l)
{
    l->at = l->begin;
    if (l->destination == CTR_RECORD_RETURN)
        ctr_frame_pop(l);
}

static SLOW void complete_slowly(ctrace_lane *l)
{
    const ctr_word *value = l->begin + 1;
    uint32_t variable = (uint32_t)ctr_word_number(*l->begin);
    if (l->failed) {
        give_up(l);
        return;
    }
    if (l->destination == CTR_RECORD_ARG && !ctr_argument_put(l, variable, value, l->at)) {
        ctr_recorder_fail(l->recorder, CTRACE_NO_MEMORY, "out of memory");
        give_up(l);
        return;
    }
    if (l->destination == CTR_RECORD_RETURN)
        ctr_frame_pop(l);
    ctr_lane_commit(l, l->at);
}

static inline void complete(ctrace_lane *l)
{
    l->in_value = false;
    if (l->destination == CTR_RECORD_LOCAL && !l->failed)
        ctr_lane_commit(l, l->at);
    else if (l->destination == CTR_RECORD_VARIABLE && !l->failed)
        ctr_variable_complete(l);
    else
        complete_slowly(l);
}

/* ---- Plain values ---- */

/* A value is put: takes its place in the container around it, and makes room. NULL: it is left out. */
static inline ctr_word *place(ctrace_lane *l, size_t words)
{
    if (!l || !l->in_value || l->beyond)
        return NULL;
    if (l->open_count) {
        ctr_open *open = &l->open[l->open_count - 1];
        if (open->left == 0)
            return NULL;
        open->left--;
    }
    return ctr_lane_room(l, words);
}

static inline void placed(ctrace_lane *l, ctr_word *end)
{
    l->at = end;
    if (l->open_count == 0)
        complete(l);
}

static ctrace_id find_plain_type(ctrace_lane *l, ctrace_value_kind kind)
{
    const ctr_plain_type_name *plain = &ctr_plain_types[kind];
    return l->plain_types[kind] = ctrace_recorder_type(l->recorder, plain->kind, plain->name);
}

static inline ctrace_id typed(ctrace_lane *l, ctrace_value_kind kind, ctrace_id type)
{
    if (type != CTRACE_ID_NONE || !l)
        return type;
    return l->plain_types[kind] != CTRACE_ID_NONE ? l->plain_types[kind] : find_plain_type(l, kind);
}

static SLOW void put_two_slowly(ctrace_lane *l, ctrace_value_kind kind, ctrace_id type, ctr_word content)
{
    ctr_word *p = place(l, 2);
    if (!p)
        return;
    p[0] = ctr_word_of(kind, 0, typed(l, kind, type));
    p[1] = content;
    placed(l, p + 2);
}

/* A value of two words. */
static inline void put_two(ctrace_lane *l, ctrace_value_kind kind, ctrace_id type, ctr_word content)
{
    if (!l || !l->in_value)
        return;
    ctr_word *p = l->at;
    if (l->open_count || l->limit - p < 2 || type == CTRACE_ID_NONE) {
        put_two_slowly(l, kind, type, content);
        return;
    }
    p[0] = ctr_word_of(kind, 0, type);
    p[1] = content;
    l->at = p + 2;
    complete(l);
}

void ctrace_lane_put_int(ctrace_lane *l, ctrace_id type, int64_t i)
{
    put_two(l, CTRACE_VALUE_INT, type, (ctr_word)i);
}

void ctrace_lane_put_float(ctrace_lane *l, ctrace_id type, double f)
{
    ctr_word bits;
    memcpy(&bits, &f, sizeof bits);
    put_two(l, CTRACE_VALUE_FLOAT, type, bits);
}

static inline void put_one(ctrace_lane *l, ctrace_value_kind kind, ctrace_id type, bool flag)
{
    ctr_word *p = place(l, 1);
    if (!p)
        return;
    *p = ctr_word_of(kind, flag, typed(l, kind, type));
    placed(l, p + 1);
}

void ctrace_lane_put_bool(ctrace_lane *l, ctrace_id type, bool b) { put_one(l, CTRACE_VALUE_BOOL, type, b); }

void ctrace_lane_put_none(ctrace_lane *l, ctrace_id type) { put_one(l, CTRACE_VALUE_NONE, type, false); }

static void put_text_whole(ctrace_lane *l, ctrace_value_kind kind, bool flag, ctrace_id type, ctrace_str text)
{
    ctr_word *p = place(l, 2 + ctr_words(text.size));
    if (!p)
        return;
    *p++ = ctr_word_of(kind, flag, typed(l, kind, type));
    placed(l, ctr_put_words(p, text));
}

/* ---- Texts ---- */

static void put_text(ctrace_lane *l, ctrace_value_kind kind, ctrace_id type, ctrace_str text, size_t missing)
{
    if (!l)
        return;
    size_t most = l->recorder->options.max_text;
    if (text.size <= most && !missing) {
        put_text_whole(l, kind, false, type, text);
        return;
    }
    size_t size = ctr_utf8_cut(text, most);
    missing += text.size - size;
    ctr_word *p = place(l, 2 + ctr_words(size + MARK_ROOM));
    if (!p)
        return;
    count_up(&l->texts_cut);
    *p++ = ctr_word_of(kind, 0, typed(l, kind, type));
    char *begin = (char *)(p + 1), *end = begin;
    p[1 + ctr_words(size + MARK_ROOM) - 1] = 0;
    memcpy(end, text.data, size);
    end += size;
    memcpy(end, MORE "(+", sizeof MORE + 1);
    end = ctr_format_u64(end + sizeof MORE + 1, missing);
    *end++ = ')';
    size = (size_t)(end - begin);
    size_t words = ctr_words(size);
    memset(end, 0, words * sizeof(ctr_word) - size);
    *p = size;
    placed(l, p + 1 + words);
}

void ctrace_lane_put_string(ctrace_lane *l, ctrace_id type, ctrace_str text, size_t missing)
{
    put_text(l, CTRACE_VALUE_STRING, type, text, missing);
}

void ctrace_lane_put_raw(ctrace_lane *l, ctrace_id type, ctrace_str text, size_t missing)
{
    put_text(l, CTRACE_VALUE_RAW, type, text, missing);
}

void ctrace_lane_put_error(ctrace_lane *l, ctrace_id type, ctrace_str message)
{
    put_text(l, CTRACE_VALUE_ERROR, type, message, 0);
}

void ctrace_lane_put_char(ctrace_lane *l, ctrace_id type, uint32_t code_point)
{
    char text[4];
    put_text_whole(l, CTRACE_VALUE_CHAR, false, type, (ctrace_str){text, ctr_utf8_encode(text, code_point)});
}

void ctrace_lane_put_mark(ctrace_lane *l, ctrace_str text)
{
    if (!l)
        return;
    if (l->mark_type == CTRACE_ID_NONE)
        l->mark_type = ctrace_recorder_type(l->recorder, CTRACE_TYPE_RAW, CTRACE_STR("mark"));
    put_text_whole(l, CTRACE_VALUE_RAW, false, l->mark_type, text);
}

#define REASON_MAX 200

void ctrace_lane_put_redacted(ctrace_lane *l, ctrace_str reason)
{
    char text[REASON_MAX + 16] = "<redacted";
    if (!l)
        return;
    size_t size = strlen(text);
    if (reason.size) {
        size_t shown = ctr_utf8_cut(reason, REASON_MAX);
        memcpy(text + size, ": ", 2);
        memcpy(text + size + 2, reason.data, shown);
        size += 2 + shown;
    }
    text[size++] = '>';
    if (l->redacted_type == CTRACE_ID_NONE)
        l->redacted_type = ctrace_recorder_type(l->recorder, CTRACE_TYPE_ERROR, CTRACE_STR("Redacted"));
    if (l->in_value)
        count_up(&l->values_redacted);
    put_text_whole(l, CTRACE_VALUE_ERROR, false, l->redacted_type, (ctrace_str){text, size});
}

/* ---- Numbers ---- */

void ctrace_lane_put_uint(ctrace_lane *l, ctrace_id type, uint64_t u)
{
    if (u <= INT64_MAX) {
        ctrace_lane_put_int(l, type, (int64_t)u);
        return;
    }
    uint8_t magnitude[8];
    for (int i = 0; i < 8; i++)
        magnitude[i] = (uint8_t)(u >> (56 - 8 * i));
    ctrace_lane_put_big_int(l, type, magnitude, sizeof magnitude, false);
}

void ctrace_lane_put_big_int(ctrace_lane *l, ctrace_id type, const uint8_t *magnitude, size_t size, bool negative)
{
    int64_t small;
    for (; size && *magnitude == 0; magnitude++)
        size--;
    if (ctr_small_int(magnitude, size, negative, &small)) {
        ctrace_lane_put_int(l, type, small);
        return;
    }
    if (l && size > l->recorder->options.max_text) {
        char text[64] = "<int of ";
        char *end = ctr_format_u64(text + strlen(text), (uint64_t)size * 8);
        memcpy(end, " bits>", 6);
        count_up(&l->texts_cut);
        put_text_whole(l, CTRACE_VALUE_RAW, false, typed(l, CTRACE_VALUE_BIG_INT, type),
                       (ctrace_str){text, (size_t)(end + 6 - text)});
        return;
    }
    put_text_whole(l, CTRACE_VALUE_BIG_INT, negative, type, (ctrace_str){(const char *)magnitude, size});
}

/* ---- Containers ---- */

static bool is_open(const ctrace_lane *l, const void *identity)
{
    for (uint32_t i = 0; i < l->open_count; i++)
        if (l->open[i].identity == identity)
            return true;
    return false;
}

/* Whether the value has it already; if not, it has it now. */
static bool was_seen(ctr_seen *seen, const void *identity)
{
    size_t i = ((uintptr_t)identity >> 4) * 0x9E3779B1u & (CTR_SEEN_SLOTS - 1);
    while (seen->slots[i].epoch == seen->epoch) {
        if (seen->slots[i].identity == identity)
            return true;
        i = (i + 1) & (CTR_SEEN_SLOTS - 1);
    }
    if (seen->count < CTR_SEEN_SLOTS / 2) {
        seen->slots[i].identity = identity;
        seen->slots[i].epoch = seen->epoch;
        seen->count++;
    }
    return false;
}

/* A mark in place of a container. */
static bool stand_in(ctrace_lane *l, const char *text)
{
    count_up(&l->containers_marked);
    ctrace_lane_put_mark(l, (ctrace_str){text, strlen(text)});
    return false;
}

/* A value begins with a container. */
static void begin_budget(ctrace_lane *l)
{
    l->total_left = l->recorder->options.max_total;
    if (l->seen) {
        l->seen->epoch++;
        l->seen->count = 0;
    }
}

/* Whether a container may be opened; if not, a mark stands for it. */
static bool may_open(ctrace_lane *l, const void *identity, bool is_part)
{
    if (!l || !l->in_value)
        return false;
    if (l->open_count == 0)
        begin_budget(l);
    if (l->beyond || (l->open_count && l->open[l->open_count - 1].left == 0)) {
        l->beyond++; /* until its close */
        return true;
    }
    if (identity && is_open(l, identity))
        return stand_in(l, "<cycle>");
    if ((!is_part && l->depth == l->recorder->options.max_depth) || l->open_count == CTR_OPEN_MAX)
        return stand_in(l, MORE);
    if (identity && l->seen && was_seen(l->seen, identity))
        return stand_in(l, "<shared>");
    return true;
}

static void open_container(ctrace_lane *l, const void *identity, size_t left, size_t more, bool is_part)
{
    l->open[l->open_count++] = (ctr_open){identity, left, more, is_part};
    l->depth += !is_part;
}

static ctr_word *put_head(ctrace_lane *l, ctrace_value_kind kind, bool flag, ctrace_id type, ctr_word second)
{
    ctr_word *p = place(l, 2);
    if (p) {
        p[0] = ctr_word_of(kind, flag, typed(l, kind, type));
        p[1] = second;
        l->at = p + 2;
    }
    return p;
}

bool ctrace_lane_open(ctrace_lane *l, ctrace_value_kind kind, ctrace_id type, size_t count, const void *identity,
                      size_t *shown)
{
    *shown = 0;
    if (!may_open(l, identity, false))
        return false;
    if (l->beyond)
        return true;
    const ctrace_recorder_options *o = &l->recorder->options;
    size_t most = o->max_items < l->total_left ? o->max_items : l->total_left;
    bool is_struct = kind == CTRACE_VALUE_STRUCT;
    if (is_struct && count > l->total_left)
        return stand_in(l, MORE);
    *shown = is_struct || count <= most ? count : most;
    l->total_left -= *shown;
    bool is_cut = *shown < count;
    if (is_cut)
        count_up(&l->containers_cut);
    if (!put_head(l, kind, false, type, *shown + is_cut))
        return false;
    open_container(l, identity, *shown, count - *shown, false);
    return true;
}

bool ctrace_lane_open_part(ctrace_lane *l, ctrace_value_kind kind, ctrace_id type, size_t count)
{
    if (!may_open(l, NULL, true))
        return false;
    if (l->beyond)
        return true;
    if (!put_head(l, kind, false, type, count))
        return false;
    open_container(l, NULL, count, 0, true);
    return true;
}

bool ctrace_lane_open_variant(ctrace_lane *l, ctrace_id type, ctrace_str discriminator, const void *identity)
{
    if (!may_open(l, identity, false))
        return false;
    if (l->beyond)
        return true;
    ctr_word *p = place(l, 2 + ctr_words(discriminator.size));
    if (!p)
        return false;
    *p++ = ctr_word_of(CTRACE_VALUE_VARIANT, 0, typed(l, CTRACE_VALUE_VARIANT, type));
    l->at = ctr_put_words(p, discriminator);
    open_container(l, identity, 1, 0, false);
    return true;
}

bool ctrace_lane_open_reference(ctrace_lane *l, ctrace_id type, uint64_t address, bool is_mutable,
                                const void *identity)
{
    if (!may_open(l, identity, false))
        return false;
    if (l->beyond)
        return true;
    if (!put_head(l, CTRACE_VALUE_REFERENCE, is_mutable, type, address))
        return false;
    open_container(l, identity, 1, 0, false);
    return true;
}

void ctrace_lane_close(ctrace_lane *l)
{
    if (!l || !l->in_value)
        return;
    if (l->beyond) {
        l->beyond--;
        return;
    }
    if (l->open_count == 0) {
        ctr_recorder_refuse(l->recorder, "a container is closed that was not opened");
        return;
    }
    ctr_open *open = &l->open[l->open_count - 1];
    while (open->left)
        ctrace_lane_put_mark(l, CTRACE_STR("<missing>"));
    if (open->more) {
        char text[48] = MORE " ";
        char *end = ctr_format_u64(text + sizeof MORE, open->more);
        memcpy(end, " more", 5);
        open->left = 1;
        ctrace_lane_put_mark(l, (ctrace_str){text, (size_t)(end + 5 - text)});
    }
    l->depth -= !open->is_part;
    if (--l->open_count == 0)
        complete(l);
}
