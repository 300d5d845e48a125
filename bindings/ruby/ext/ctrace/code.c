#include "code.h"

#include <stdlib.h>
#include <string.h>

/* More pieces of code than this come from a program that makes code without end; all is forgotten then. */
#define MAX_CODES 65536

void ctrb_codes_init(struct ctrb_codes *codes, ctrace_recorder *r)
{
    memset(codes, 0, sizeof *codes);
    codes->r = r;
}

static void free_code(struct ctrb_code *code)
{
    if (code) {
        free(code->slots);
        free(code->variables);
        free(code->lines);
        free(code);
    }
}

void ctrb_codes_free(struct ctrb_codes *codes)
{
    for (size_t i = 0; i < codes->capacity; i++)
        free_code(codes->table[i]);
    free(codes->table);
    uint64_t epoch = codes->epoch + 1;
    ctrb_codes_init(codes, codes->r);
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

struct ctrb_code *ctrb_codes_learn(struct ctrb_codes *codes, VALUE iseq, struct ctrb_file *file)
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
        if (!learn_variables(codes, code)) {
            free_code(code);
            return NULL;
        }
        codes->table[i] = code;
        codes->count++;
    }
    return codes->last = codes->table[i];
}
