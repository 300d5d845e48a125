#include "target.h"

void ctrb_target_init_writer(struct ctrb_target *t, ctrace_writer *w)
{
    *t = (struct ctrb_target){.w = w, .mark_type = CTRACE_ID_NONE};
}

ctrace_id ctrb_target_type(struct ctrb_target *t, ctrace_type_kind kind, ctrace_str name)
{
    return t->w ? ctrace_type(t->w, kind, name) : ctrace_recorder_type(t->r, kind, name);
}

ctrace_id ctrb_target_struct_type(struct ctrb_target *t, ctrace_str name, const ctrace_field *fields, size_t count)
{
    return t->w ? ctrace_struct_type(t->w, name, fields, count)
                : ctrace_recorder_struct_type(t->r, name, fields, count);
}

void ctrb_target_string(struct ctrb_target *t, ctrace_id type, ctrace_str text)
{
    char cut[CTRB_MAX_TEXT + CTRB_CUT_MARK];
    if (!t->w)
        ctrace_lane_put_string(t->lane, type, text, 0);
    else if (text.size <= CTRB_MAX_TEXT)
        ctrace_put_string(t->w, type, text);
    else
        ctrace_put_string(t->w, type, (ctrace_str){cut, ctrb_cut(text, CTRB_MAX_TEXT, cut)});
}

void ctrb_target_raw(struct ctrb_target *t, ctrace_id type, ctrace_str text)
{
    char cut[CTRB_MAX_TEXT + CTRB_CUT_MARK];
    if (!t->w)
        ctrace_lane_put_raw(t->lane, type, text, 0);
    else if (text.size <= CTRB_MAX_TEXT)
        ctrace_put_raw(t->w, type, text);
    else
        ctrace_put_raw(t->w, type, (ctrace_str){cut, ctrb_cut(text, CTRB_MAX_TEXT, cut)});
}

void ctrb_target_mark(struct ctrb_target *t, ctrace_str text)
{
    if (!t->w) {
        ctrace_lane_put_mark(t->lane, text);
        return;
    }
    if (t->mark_type == CTRACE_ID_NONE)
        t->mark_type = ctrace_type(t->w, CTRACE_TYPE_RAW, CTRACE_STR("mark"));
    ctrace_put_raw(t->w, t->mark_type, text);
}

static bool is_open(const struct ctrb_target *t, const void *identity)
{
    for (size_t i = 0; i < t->open_count; i++)
        if (t->open[i].identity == identity)
            return true;
    return false;
}

static bool stand_in(struct ctrb_target *t, ctrace_str mark)
{
    ctrb_target_mark(t, mark);
    return false;
}

bool ctrb_target_open(struct ctrb_target *t, ctrace_value_kind kind, ctrace_id type, size_t count, const void *identity,
                      size_t *shown)
{
    if (!t->w)
        return ctrace_lane_open(t->lane, kind, type, count, identity, shown);
    bool is_struct = kind == CTRACE_VALUE_STRUCT;
    if (t->open_count == 0)
        t->left = CTRB_MAX_TOTAL;
    if (is_open(t, identity))
        return stand_in(t, CTRACE_STR("<cycle>"));
    if (t->depth == CTRB_MAX_DEPTH || (is_struct && count > t->left))
        return stand_in(t, CTRACE_STR("…"));
    size_t most = t->left < CTRB_MAX_ITEMS ? t->left : CTRB_MAX_ITEMS;
    *shown = is_struct || count <= most ? count : most;
    t->left -= *shown;
    t->depth++;
    t->open[t->open_count].identity = identity;
    t->open[t->open_count++].more = count - *shown;
    if (is_struct)
        ctrace_put_struct(t->w, type, count);
    else
        ctrace_put_sequence(t->w, type, *shown + (*shown < count), false);
    return true;
}

bool ctrb_target_open_part(struct ctrb_target *t, ctrace_id type, size_t count)
{
    if (!t->w)
        return ctrace_lane_open_part(t->lane, CTRACE_VALUE_SEQUENCE, type, count);
    t->open[t->open_count].identity = NULL;
    t->open[t->open_count++].more = 0;
    ctrace_put_sequence(t->w, type, count, false);
    return true;
}

void ctrb_target_close(struct ctrb_target *t)
{
    if (!t->w) {
        ctrace_lane_close(t->lane);
        return;
    }
    t->open_count--;
    t->depth -= t->open[t->open_count].identity != NULL;
    size_t more = t->open[t->open_count].more;
    if (more) {
        char text[48];
        int size = snprintf(text, sizeof text, "… %zu more", more);
        ctrb_target_mark(t, (ctrace_str){text, (size_t)size});
    }
    ctrace_put_end(t->w);
}
