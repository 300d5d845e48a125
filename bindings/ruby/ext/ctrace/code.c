#include "code.h"

#include <stdlib.h>
#include <string.h>

/* More pieces of code than this come from a program that makes code without end; all is forgotten then. */
#define MAX_CODES 65536

void ctrb_codes_init(struct ctrb_codes *codes, ctrace_recorder *r, struct ctrb_files *files,
                     struct ctrb_judges *judges)
{
    memset(codes, 0, sizeof *codes);
    codes->r = r;
    codes->files = files;
    codes->judges = judges;
}

static void free_code(struct ctrb_code *code)
{
    if (code) {
        free(code->slots);
        free(code->variables);
        free(code->lines);
        free(code->said);
        free(code);
    }
}

void ctrb_codes_free(struct ctrb_codes *codes)
{
    for (size_t i = 0; i < codes->capacity; i++)
        free_code(codes->table[i]);
    free(codes->table);
    uint64_t epoch = codes->epoch + 1;
    ctrb_codes_init(codes, codes->r, codes->files, codes->judges);
    codes->epoch = epoch;
}

void ctrb_codes_mark(const struct ctrb_codes *codes)
{
    for (size_t i = 0; i < codes->capacity; i++) {
        if (codes->table[i]) {
            rb_gc_mark(codes->table[i]->iseq);
            rb_gc_mark(codes->table[i]->owner);
        }
    }
}

static size_t slot_of(struct ctrb_code *const *table, size_t capacity, VALUE iseq)
{
    size_t i = (size_t)(iseq >> 3) * (size_t)0x9E3779B97F4A7C15u >> 32 & (capacity - 1);
    while (table[i] && table[i]->iseq != iseq)
        i = (i + 1) & (capacity - 1);
    return i;
}

static bool grow(struct ctrb_codes *codes)
{
    size_t capacity = codes->capacity ? codes->capacity * 2 : 256;
    struct ctrb_code **table = calloc(capacity, sizeof *table);
    if (!table)
        return false;
    for (size_t i = 0; i < codes->capacity; i++)
        if (codes->table[i])
            table[slot_of(table, capacity, codes->table[i]->iseq)] = codes->table[i];
    free(codes->table);
    codes->table = table;
    codes->capacity = capacity;
    return true;
}

static bool learn_variables(struct ctrb_codes *codes, struct ctrb_code *code)
{
    int parameters;
    int most = ctrb_frame_layout(code->iseq, NULL, 0, &parameters);
    code->by_binding = most < 0;
    if (code->by_binding)
        most = parameters;
    code->slots = calloc((size_t)most + 1, sizeof *code->slots);
    code->variables = calloc((size_t)most + 1, sizeof *code->variables);
    code->lines = calloc(ctrb_frame_size(code->iseq) + 1, sizeof *code->lines);
    if (!code->slots || !code->variables || !code->lines)
        return false;
    code->count = ctrb_frame_layout(code->iseq, code->slots, most, &code->parameters);
    if (code->by_binding)
        code->count = code->parameters;
    for (int i = 0; i < code->count; i++)
        code->variables[i] = ctrace_recorder_variable(codes->r, ctrb_str(rb_id2str((ID)code->slots[i].name)));
    return true;
}

struct ctrb_judged *ctrb_judge_event(struct ctrb_judges *judges, const struct ctrb_file *file, rb_trace_arg_t *arg)
{
    VALUE method = rb_tracearg_method_id(arg);
    VALUE owner = NIL_P(method) ? Qnil : rb_tracearg_defined_class(arg);
    return ctrb_judge(judges, file, owner, NIL_P(method) ? 0 : rb_sym2id(method));
}

/* Whether the code is recorded, and what is shown of its variables. */
static bool judge(struct ctrb_codes *codes, struct ctrb_code *code, rb_trace_arg_t *arg)
{
    bool wanted = code->file->in_scope;
    if (codes->judges->filter) {
        code->judged = ctrb_judge_event(codes->judges, code->file, arg);
        if (!code->judged)
            return false;
        wanted = code->judged->recorded;
    }
    code->recorded = wanted && ctrb_file_record(codes->files, code->file);
    return true;
}

static bool judge_variables(struct ctrb_code *code)
{
    bool hidden = false;
    code->said = calloc((size_t)code->count + 1, sizeof *code->said);
    if (!code->said)
        return false;
    for (int i = 0; i < code->count; i++) {
        const struct ctrb_slot *slot = &code->slots[i];
        code->said[i] = ctrb_judge_name(code->judged, (ID)slot->name, slot->parameter,
                                        slot->outermost && code->judged->method == 0);
        hidden |= code->said[i].as_variable.action != CTRACE_FILTER_ALLOW;
        if (slot->parameter)
            ctrb_judge_parameter(code->judged, (ID)slot->name);
    }
    if (!hidden) {
        free(code->said);
        code->said = NULL;
    }
    return true;
}

struct ctrb_code *ctrb_codes_learn(struct ctrb_codes *codes, VALUE iseq, struct ctrb_file *file, rb_trace_arg_t *arg)
{
    if (codes->count >= MAX_CODES)
        ctrb_codes_free(codes);
    if (codes->count * 2 >= codes->capacity && !grow(codes))
        return NULL;
    size_t i = slot_of(codes->table, codes->capacity, iseq);
    if (!codes->table[i]) {
        struct ctrb_code *code = calloc(1, sizeof *code);
        if (!code)
            return NULL;
        code->iseq = iseq;
        code->file = file;
        code->owner = Qnil;
        code->function = CTRACE_ID_NONE;
        code->in_ensure = ctrb_frame_is_ensure(iseq);
        bool learned = judge(codes, code, arg);
        if (learned && code->recorded)
            learned = learn_variables(codes, code) && (!code->judged || judge_variables(code));
        if (!learned) {
            free_code(code);
            return NULL;
        }
        codes->table[i] = code;
        codes->count++;
    }
    return codes->last = codes->table[i];
}
