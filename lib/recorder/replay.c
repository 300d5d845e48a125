/* Records become events of the writer, on the recorder's thread. */
#include "recorder/recorder.h"

#include "base/number.h"
#include "filter/secrets.h"
#include "writer/quick.h"
#include "writer/writer.h"

/* ---- The account of a lane's frames ---- */

static ctr_track_frame *running(ctr_track *t) { return &t->frames[t->count - 1]; }

static bool open_frame(ctrace_recorder *r, ctr_track *t, ctrace_id function)
{
    if (t->count == t->made) {
        void *frames = t->frames;
        bool ok = ctr_make_room(r->allocator, &frames, &t->room, t->made, sizeof *t->frames);
        t->frames = frames;
        if (!ok)
            return false;
        memset(&t->frames[t->made++], 0, sizeof *t->frames);
    }
    ctr_track_frame *frame = &t->frames[t->count++];
    frame->function = function;
    frame->has_line = frame->written = false;
    ctr_snapshot_clear(&frame->variables);
    return true;
}

bool ctr_track_init(ctrace_recorder *r, ctr_track *t) { return open_frame(r, t, CTRACE_ID_NONE); }

void ctr_track_free(ctrace_recorder *r, ctr_track *t)
{
    for (size_t i = 0; i < t->made; i++)
        ctr_snapshot_free(r->writer, &t->frames[i].variables);
    for (size_t i = 0; i < t->args_made; i++)
        ctrace_kept_free(t->args[i].value);
    ctr_free(r->allocator, t->frames, t->room * sizeof *t->frames);
    ctr_free(r->allocator, t->args, t->arg_room * sizeof *t->args);
    *t = (ctr_track){0};
}

/* What others read but who replays alone writes needs no locked addition. */
static inline void count_one(atomic_uint_least64_t *count)
{
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1, memory_order_relaxed);
}

static void no_memory(ctrace_recorder *r) { ctr_recorder_fail(r, CTRACE_NO_MEMORY, "out of memory"); }

/* ---- Names and threads ---- */

void ctr_replay_names(ctrace_recorder *r)
{
    const ctrace_event *declaration;
    while ((declaration = ctr_declared_next(&r->names, &r->replay.names)) != NULL)
        ctrace_writer_event(r->writer, declaration);
}

/* What is written next is this lane's. */
static void enter(ctrace_recorder *r, ctrace_lane *l)
{
    ctr_track *t = &l->track;
    if (!t->told) {
        t->told = true;
        if (l->thread > 1)
            ctrace_thread_start(r->writer, l->thread);
    }
    if (r->replay.stream != l->thread) {
        ctrace_thread_switch(r->writer, l->thread);
        r->replay.stream = l->thread;
        t->settled = false;
    }
}

/* ---- Values ---- */

/* "<redacted: why>" */
static ctrace_str secret_text(ctrace_recorder *r, const char *why, char out[96])
{
    static const char begin[] = "<redacted: ";
    size_t size = sizeof begin - 1, more = strlen(why);
    memcpy(out, begin, size);
    if (more > 96 - size - 1)
        more = 96 - size - 1;
    memcpy(out + size, why, more);
    out[size + more] = '>';
    atomic_fetch_add_explicit(&r->secrets, 1, memory_order_relaxed);
    return (ctrace_str){out, size + more + 1};
}

static void put_text(ctrace_recorder *r, ctrace_value_kind kind, ctrace_id type, ctrace_str text)
{
    char hidden[96];
    const char *why = NULL;
    if (!r->options.keep_secrets && kind != CTRACE_VALUE_CHAR)
        why = ctr_secret_shape(text);
    /* A text of the same type stands for it, as none can be declared within a value. */
    ctr_put_text(r->writer, kind, type, why ? secret_text(r, why, hidden) : text);
}

static const ctr_word *put_children(ctrace_recorder *r, const ctr_word *p, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ctr_word_kind(*p) != CTRACE_VALUE_INT) {
            p = ctr_replay_value(r, p);
            continue;
        }
        ctrace_put_int(r->writer, ctr_word_number(*p), (int64_t)p[1]);
        p += 2;
    }
    ctrace_put_end(r->writer);
    return p;
}

/* The recursion is no deeper than a lane lets containers be in one another. */
const ctr_word *ctr_replay_value(ctrace_recorder *r, const ctr_word *p)
{
    ctrace_writer *w = r->writer;
    ctr_word head = *p++;
    ctrace_value_kind kind = (ctrace_value_kind)ctr_word_kind(head);
    ctrace_id type = ctr_word_number(head);
    bool flag = ctr_word_flag(head);
    ctrace_str text;
    double f;
    switch (kind) {
    case CTRACE_VALUE_INT:
        ctrace_put_int(w, type, (int64_t)*p);
        return p + 1;
    case CTRACE_VALUE_FLOAT:
        memcpy(&f, p, sizeof f);
        ctrace_put_float(w, type, f);
        return p + 1;
    case CTRACE_VALUE_BOOL:
        ctrace_put_bool(w, type, flag);
        return p;
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_RAW:
    case CTRACE_VALUE_ERROR:
    case CTRACE_VALUE_CHAR:
        p = ctr_take_words(p, &text);
        put_text(r, kind, type, text);
        return p;
    case CTRACE_VALUE_BIG_INT:
        p = ctr_take_words(p, &text);
        ctr_put_magnitude(w, type, text, flag);
        return p;
    case CTRACE_VALUE_SEQUENCE:
        ctrace_put_sequence(w, type, (size_t)*p, flag);
        return put_children(r, p + 1, (size_t)*p);
    case CTRACE_VALUE_TUPLE:
        ctrace_put_tuple(w, type, (size_t)*p);
        return put_children(r, p + 1, (size_t)*p);
    case CTRACE_VALUE_STRUCT:
        ctrace_put_struct(w, type, (size_t)*p);
        return put_children(r, p + 1, (size_t)*p);
    case CTRACE_VALUE_VARIANT:
        p = ctr_take_words(p, &text);
        ctrace_put_variant(w, type, text);
        return put_children(r, p, 1);
    case CTRACE_VALUE_REFERENCE:
        ctrace_put_reference(w, type, *p, flag);
        return put_children(r, p + 1, 1);
    default: /* None */
        ctrace_put_none(w, type);
        return p;
    }
}

/* ---- What happens ---- */

static void write_step(ctrace_recorder *r, ctr_track *t)
{
    const ctr_track_frame *frame = running(t);
    ctrace_step(r->writer, frame->path, frame->line);
    ctr_snapshot_write(r->writer, &frame->variables);
    t->settled = true;
    t->has_log = false;
}

/* What was left out is told at the first step after it. */
static void tell_lost(ctrace_recorder *r, ctr_track *t)
{
    char text[64];
    char *end = ctr_format_u64(text, r->replay.lost);
    static const char what[] = " events before this were not kept";
    memcpy(end, what, sizeof what - 1);
    end += sizeof what - 1;
    ctrace_log(r->writer, CTRACE_LOG_TRACE_LOG_EVENT, CTRACE_STR("lost"), (ctrace_str){text, (size_t)(end - text)});
    t->has_log = true;
    atomic_fetch_add_explicit(&r->events_lost, r->replay.lost, memory_order_relaxed);
    r->replay.lost = 0;
}

static void on_step(ctrace_recorder *r, ctrace_lane *l, ctrace_id path, int64_t line)
{
    ctr_track *t = &l->track;
    ctr_track_frame *frame = running(t);
    frame->path = path;
    frame->line = line;
    frame->has_line = true;
    if (r->replay.muted)
        return;
    write_step(r, t);
    count_one(&r->steps);
    if (r->replay.lost)
        tell_lost(r, t);
}

static const ctr_word *on_argument(ctrace_recorder *r, ctrace_lane *l, ctrace_id variable, const ctr_word *value)
{
    ctr_track *t = &l->track;
    if (t->arg_count == t->args_made) {
        void *args = t->args;
        bool ok = ctr_make_room(r->allocator, &args, &t->arg_room, t->args_made, sizeof *t->args);
        t->args = args;
        if (ok)
            ok = (t->args[t->args_made].value = ctrace_kept_new(r->writer)) != NULL;
        if (!ok) {
            no_memory(r);
            ctrace_begin_kept(r->writer, r->replay.value);
            return ctr_replay_value(r, value);
        }
        t->args_made++;
    }
    ctr_track_arg *arg = &t->args[t->arg_count++];
    arg->variable = variable;
    ctrace_begin_kept(r->writer, arg->value);
    return ctr_replay_value(r, value);
}

static void on_call(ctrace_recorder *r, ctrace_lane *l, ctrace_id function)
{
    ctr_track *t = &l->track;
    if (!open_frame(r, t, function)) {
        no_memory(r);
        return;
    }
    ctr_track_frame *frame = running(t);
    for (size_t i = 0; i < t->arg_count; i++) {
        if (!r->replay.muted && ctrace_begin_arg(r->writer, t->args[i].variable) == CTRACE_OK)
            ctrace_put_kept(r->writer, t->args[i].value);
        if (!r->options.values_once)
            ctr_snapshot_set(r->writer, &frame->variables, t->args[i].variable, t->args[i].value);
    }
    t->arg_count = 0;
    t->settled = false;
    if (r->replay.muted)
        return;
    frame->written = ctrace_call(r->writer, function) == CTRACE_OK;
    count_one(&r->calls);
}

static void leave(ctr_track *t)
{
    if (t->count > 1)
        t->count--;
    t->settled = false;
}

static const ctr_word *on_return(ctrace_recorder *r, ctrace_lane *l, const ctr_word *value)
{
    ctr_track *t = &l->track;
    bool written = t->count > 1 && running(t)->written;
    leave(t);
    if (written && !r->replay.muted && ctrace_begin_return(r->writer) == CTRACE_OK)
        return ctr_replay_value(r, value);
    t->left += written;
    ctrace_begin_kept(r->writer, r->replay.value);
    return ctr_replay_value(r, value);
}

static const ctr_word *on_variable(ctrace_recorder *r, ctrace_lane *l, ctrace_id variable, const ctr_word *value)
{
    ctrace_begin_kept(r->writer, r->replay.value);
    const ctr_word *end = ctr_replay_value(r, value);
    ctr_snapshot_set(r->writer, &running(&l->track)->variables, variable, r->replay.value);
    return end;
}

/* The plain values go in one piece. NULL: it is none. */
static const ctr_word *write_plain_local(ctrace_recorder *r, ctrace_id variable, const ctr_word *value)
{
    ctrace_writer *w = r->writer;
    ctr_word head = *value++;
    ctrace_value_kind kind = (ctrace_value_kind)ctr_word_kind(head);
    ctrace_id type = ctr_word_number(head);
    ctrace_str text;
    double f;
    switch (kind) {
    case CTRACE_VALUE_INT:
        ctr_quick_local_int(w, variable, type, (int64_t)*value);
        return value + 1;
    case CTRACE_VALUE_FLOAT:
        memcpy(&f, value, sizeof f);
        ctr_quick_local_float(w, variable, type, f);
        return value + 1;
    case CTRACE_VALUE_BOOL:
        ctr_quick_local_bool(w, variable, type, ctr_word_flag(head));
        return value;
    case CTRACE_VALUE_NONE:
        ctr_quick_local_none(w, variable, type);
        return value;
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_RAW:
        value = ctr_take_words(value, &text);
        if (!r->options.keep_secrets && ctr_secret_shape(text))
            return NULL;
        ctr_quick_local_text(w, variable, kind, type, text);
        return value;
    default:
        return NULL;
    }
}

static const ctr_word *on_local(ctrace_recorder *r, ctrace_id variable, const ctr_word *value)
{
    const ctr_word *end = r->replay.muted ? NULL : write_plain_local(r, variable, value);
    if (end)
        return end;
    if (r->replay.muted || ctrace_begin_local(r->writer, variable) != CTRACE_OK)
        ctrace_begin_kept(r->writer, r->replay.value);
    return ctr_replay_value(r, value);
}

static const ctr_word *on_log(ctrace_recorder *r, ctrace_lane *l, ctrace_log_kind kind, const ctr_word *p)
{
    ctr_track *t = &l->track;
    ctrace_str metadata, content;
    p = ctr_take_words(p, &metadata);
    p = ctr_take_words(p, &content);
    if (r->replay.muted)
        return p;
    /* What the program prints is its own; what an exception says is a value. */
    char hidden[96];
    const char *why = kind == CTRACE_LOG_ERROR && !r->options.keep_secrets ? ctr_secret_shape(content) : NULL;
    if (why)
        content = secret_text(r, why, hidden);
    if (running(t)->has_line && (!t->settled || (kind == CTRACE_LOG_ERROR && t->has_log)))
        write_step(r, t);
    ctrace_log(r->writer, kind, metadata, content);
    t->has_log = true;
    return p;
}

/* Puts right what a copied event points to. */
static const ctr_word *on_event(ctrace_recorder *r, const ctr_word *p, size_t words)
{
    ctrace_event event;
    const ctr_word *end = p + words;
    memcpy(&event, p, sizeof event);
    p += ctr_words(sizeof event);
    ctr_buffer lines = {.allocator = r->allocator};
    bool ok = true;
    if (event.kind == CTRACE_EVENT_ASM) {
        for (size_t i = 0; ok && i < event.assembly.line_count; i++) {
            ctrace_str line;
            p = ctr_take_words(p, &line);
            ok = ctr_buffer_append(&lines, &line, sizeof line);
        }
        event.assembly.lines = (const ctrace_str *)(const void *)lines.data;
    } else if (event.kind == CTRACE_EVENT_DROP_VARIABLES) {
        event.drop_variables.variable_ids = p;
    } else if (event.kind == CTRACE_EVENT_ASSIGNMENT) {
        event.assignment.from.variable_ids = p;
        if (event.assignment.from.kind == CTRACE_RVALUE_FIELD_ACCESS)
            ctr_take_words(p, &event.assignment.from.field);
    }
    if (!ok)
        no_memory(r);
    else if (!r->replay.muted)
        ctrace_writer_event(r->writer, &event);
    ctr_buffer_free(&lines);
    return end;
}

/* The thread's frames are left, and it is over; a trace that knows of it is told in any case. */
static void on_end(ctrace_recorder *r, ctrace_lane *l)
{
    ctr_track *t = &l->track;
    l->ended = true;
    if (!t->told)
        return;
    enter(r, l);
    for (; t->left; t->left--)
        ctrace_return(r->writer);
    for (; t->count > 1; leave(t))
        if (running(t)->written)
            ctrace_return(r->writer);
    ctrace_thread_exit(r->writer, l->thread);
    r->replay.stream = 0;
}

/* Events of the trace that are left out with a record. */
static uint64_t events_in(const ctrace_lane *l, ctr_record_kind kind)
{
    switch (kind) {
    case CTR_RECORD_STEP:
        return 1 + l->track.frames[l->track.count - 1].variables.count;
    case CTR_RECORD_CALL:
    case CTR_RECORD_RETURN:
    case CTR_RECORD_LOCAL:
    case CTR_RECORD_LOG:
    case CTR_RECORD_EVENT:
        return 1;
    default:
        return 0;
    }
}

const ctr_word *ctr_replay_record(ctrace_recorder *r, ctrace_lane *l, const ctr_word *p)
{
    ctr_word head = *p++;
    uint64_t number = ctr_word_number(head);
    ctr_record_kind kind = (ctr_record_kind)ctr_word_kind(head);
    if (r->replay.muted)
        r->replay.lost += events_in(l, kind);
    else
        enter(r, l);
    switch (kind) {
    case CTR_RECORD_STEP:
        on_step(r, l, number, (int64_t)*p);
        return p + 1;
    case CTR_RECORD_CALL:
        on_call(r, l, number);
        return p;
    case CTR_RECORD_ARG:
        return on_argument(r, l, number, p);
    case CTR_RECORD_RETURN:
        return on_return(r, l, p);
    case CTR_RECORD_VARIABLE:
        return on_variable(r, l, number, p);
    case CTR_RECORD_LOCAL:
        return on_local(r, number, p);
    case CTR_RECORD_FORGET:
        ctr_snapshot_forget(&running(&l->track)->variables, number);
        return p;
    case CTR_RECORD_LET_GO:
        if (number < l->track.count)
            ctr_snapshot_clear(&l->track.frames[number].variables);
        return p;
    case CTR_RECORD_LOG:
        return on_log(r, l, (ctrace_log_kind)number, p);
    case CTR_RECORD_EVENT:
        return on_event(r, p, number);
    case CTR_RECORD_END:
        on_end(r, l);
        return p;
    default: /* START: it is told by the first thing that the thread does */
        return p;
    }
}

void ctr_replay_catch_up(ctrace_recorder *r, ctrace_lane *l)
{
    ctr_track *t = &l->track;
    bool behind = t->left > 0;
    for (size_t i = 1; !behind && i < t->count; i++)
        behind = !t->frames[i].written;
    if (!behind)
        return;
    enter(r, l);
    for (; t->left; t->left--)
        ctrace_return(r->writer);
    for (size_t i = 1; i < t->count; i++)
        if (!t->frames[i].written)
            t->frames[i].written = ctrace_call(r->writer, t->frames[i].function) == CTRACE_OK;
    t->settled = false;
}
