/* What happens, put by the program's threads as records: steps, calls, returns, log events and all others. */
#include "recorder/recorder.h"

#include "base/utf8.h"

static inline bool is_recorded(ctrace_lane *l)
{
    return l && !ctr_lane_is_silent(l) && !l->skipped;
}

void ctrace_lane_step(ctrace_lane *l, ctrace_id path, int64_t line)
{
    if (!is_recorded(l))
        return;
    ctr_lane_begin(l);
    const ctr_frame *frame = ctr_lane_frame(l);
    if (frame->all_given)
        ctr_variables_settle(l);
    l->hint = frame->first; /* they come again, in the same order */
    ctr_word *p = ctr_lane_room(l, 2);
    if (!p)
        return;
    p[0] = ctr_word_of(CTR_RECORD_STEP, 0, path);
    p[1] = (ctr_word)line;
    ctr_lane_commit(l, p + 2);
}

void ctrace_lane_call(ctrace_lane *l, ctrace_id function)
{
    if (!l)
        return;
    bool skipped = ctr_lane_is_silent(l);
    if (!skipped) {
        ctr_lane_begin(l);
        ctr_word *p = ctr_lane_room(l, 1);
        if (p) {
            *p = ctr_word_of(CTR_RECORD_CALL, 0, function);
            ctr_lane_commit(l, p + 1);
        }
    }
    if (!ctr_frame_push(l, skipped))
        ctr_recorder_fail(l->recorder, CTRACE_NO_MEMORY, "out of memory");
    l->arg_count = 0;
}

/* A frame that the trace has is left in the trace also while nothing else is recorded. */
void ctrace_lane_return(ctrace_lane *l)
{
    if (!l)
        return;
    if (l->frame_count == 1) {
        if (!ctr_lane_is_silent(l))
            ctr_recorder_refuse(l->recorder, "a return without an open call");
        return;
    }
    if (!l->skipped && !(atomic_load(&l->recorder->silent) & CTR_SILENT_FAILED)) {
        ctr_lane_begin(l);
        ctr_word *p = ctr_lane_room(l, 2);
        if (p) {
            if (l->plain_types[CTRACE_VALUE_NONE] == CTRACE_ID_NONE)
                l->plain_types[CTRACE_VALUE_NONE] =
                    ctrace_recorder_type(l->recorder, CTRACE_TYPE_NONE, ctr_plain_types[CTRACE_VALUE_NONE].name);
            p[0] = ctr_word_of(CTR_RECORD_RETURN, 0, 0);
            p[1] = ctr_word_of(CTRACE_VALUE_NONE, 0, l->plain_types[CTRACE_VALUE_NONE]);
            ctr_lane_commit(l, p + 2);
        }
    }
    ctr_frame_pop(l);
}

size_t ctrace_lane_depth(const ctrace_lane *l) { return l ? l->frame_count - 1 : 0; }

/* So much of a text goes into one event; a longer one becomes several. */
#define LOG_PIECE ((size_t)256 << 10)
#define LOG_METADATA_MAX ((size_t)4 << 10)

void ctrace_lane_log(ctrace_lane *l, ctrace_log_kind kind, ctrace_str metadata, ctrace_str content)
{
    if (!is_recorded(l))
        return;
    if ((unsigned)kind >= CTRACE_LOG_KIND_COUNT) {
        ctr_recorder_refuse(l->recorder, "a log event's kind is not one of the format's");
        return;
    }
    metadata.size = ctr_utf8_cut(metadata, LOG_METADATA_MAX);
    do {
        ctrace_str piece = {content.data, ctr_utf8_cut(content, LOG_PIECE)};
        ctr_lane_begin(l);
        ctr_word *p = ctr_lane_room(l, 3 + ctr_words(metadata.size) + ctr_words(piece.size));
        if (!p)
            return;
        *p++ = ctr_word_of(CTR_RECORD_LOG, 0, kind);
        p = ctr_put_words(p, metadata);
        ctr_lane_commit(l, ctr_put_words(p, piece));
        content.data += piece.size;
        content.size -= piece.size;
    } while (content.size);
}

/* ---- Events as they are ---- */

static bool can_be_given(ctrace_event_kind kind)
{
    switch (kind) {
    case CTRACE_EVENT_ASM:
    case CTRACE_EVENT_BIND_VARIABLE:
    case CTRACE_EVENT_ASSIGNMENT:
    case CTRACE_EVENT_DROP_VARIABLE:
    case CTRACE_EVENT_DROP_VARIABLES:
    case CTRACE_EVENT_ASSIGN_COMPOUND_ITEM:
    case CTRACE_EVENT_VARIABLE_CELL:
        return true;
    default:
        return false;
    }
}

/* The words that the event takes; with `p`, puts them there. What it points to stands behind it, in this order: the list
 * of lines, each line; the list of variables; the field's name. */
static size_t copy_event(const ctrace_event *event, ctr_word *p)
{
    size_t words = ctr_words(sizeof *event);
    if (p) {
        memset(p, 0, words * sizeof(ctr_word));
        memcpy(p, event, sizeof *event);
    }
    const ctrace_id *ids = NULL;
    size_t id_count = 0;
    if (event->kind == CTRACE_EVENT_ASM) {
        for (size_t i = 0; i < event->assembly.line_count; i++) {
            if (p)
                ctr_put_words(p + words, event->assembly.lines[i]);
            words += 1 + ctr_words(event->assembly.lines[i].size);
        }
    } else if (event->kind == CTRACE_EVENT_DROP_VARIABLES) {
        ids = event->drop_variables.variable_ids;
        id_count = event->drop_variables.variable_count;
    } else if (event->kind == CTRACE_EVENT_ASSIGNMENT) {
        const ctrace_rvalue *from = &event->assignment.from;
        if (from->kind == CTRACE_RVALUE_COMPOUND) {
            ids = from->variable_ids;
            id_count = from->variable_count;
        } else if (from->kind == CTRACE_RVALUE_FIELD_ACCESS) {
            if (p)
                ctr_put_words(p + words, from->field);
            words += 1 + ctr_words(from->field.size);
        }
    }
    if (p && id_count)
        memcpy(p + words, ids, id_count * sizeof *ids);
    return words + id_count;
}

void ctrace_lane_event(ctrace_lane *l, const ctrace_event *event)
{
    if (!is_recorded(l))
        return;
    if (!can_be_given(event->kind)) {
        ctr_recorder_refuse(l->recorder, "an event of that kind cannot be given to a lane as it is");
        return;
    }
    ctr_lane_begin(l);
    size_t words = copy_event(event, NULL);
    ctr_word *p = ctr_lane_room(l, 1 + words);
    if (!p)
        return;
    *p = ctr_word_of(CTR_RECORD_EVENT, 0, words);
    copy_event(event, p + 1);
    ctr_lane_commit(l, p + 1 + words);
}
