/* Values as plain data while calls build them. The texts lie one behind the other in the order of the entries, whose
 * pointers are set when nothing more is added. */
#ifndef CTRACE_LIB_WRITER_TREE_H
#define CTRACE_LIB_WRITER_TREE_H

#include "base/buffer.h"
#include "ctrace/event.h"

typedef struct ctr_tree {
    ctr_buffer values; /* ctrace_value[], any number of whole values */
    ctr_buffer texts;
} ctr_tree;

static inline size_t ctr_tree_count(const ctr_tree *p) { return p->values.size / sizeof(ctrace_value); }

static inline ctrace_value *ctr_tree_at(const ctr_tree *p, size_t entry)
{
    ctrace_value *values = (ctrace_value *)(void *)p->values.data;
    return entry ? values + entry : values; /* there may be none */
}

/* Adds an entry with its text; its span is 1. False when there is no memory. */
bool ctr_tree_add(ctr_tree *p, const ctrace_value *entry);
/* Adds one without a text and returns it, to be given its payload; NULL when there is no memory. */
static inline ctrace_value *ctr_tree_add_plain(ctr_tree *p, ctrace_value_kind kind, ctrace_id type)
{
    if (p->values.size == UINT32_MAX * sizeof(ctrace_value) || !ctr_buffer_reserve(&p->values, sizeof(ctrace_value)))
        return NULL;
    ctrace_value *added = (ctrace_value *)(void *)(p->values.data + p->values.size);
    *added = (ctrace_value){.kind = kind, .span = 1, .type_id = type};
    p->values.size += sizeof *added;
    return added;
}
/* Adds all that another one holds. */
bool ctr_tree_add_all(ctr_tree *p, const ctr_tree *other);
/* All that `entry` contains was added. */
void ctr_tree_close(ctr_tree *p, size_t entry);
/* Sets the pointers to the texts. */
void ctr_tree_settle(ctr_tree *p);
/* Takes back what was added when it had these sizes. */
void ctr_tree_cut(ctr_tree *p, size_t values_size, size_t texts_size);
void ctr_tree_free(ctr_tree *p);

#endif
