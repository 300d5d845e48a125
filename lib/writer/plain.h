/* Values as plain data while calls build them. The texts lie one behind the other in the order of the entries, whose
 * pointers are set when nothing more is added. */
#ifndef CTRACE_LIB_WRITER_PLAIN_H
#define CTRACE_LIB_WRITER_PLAIN_H

#include "base/buffer.h"
#include "ctrace/event.h"

typedef struct ctr_plain {
    ctr_buffer values; /* ctrace_value[], any number of whole values */
    ctr_buffer texts;
} ctr_plain;

static inline size_t ctr_plain_count(const ctr_plain *p) { return p->values.size / sizeof(ctrace_value); }

static inline ctrace_value *ctr_plain_at(const ctr_plain *p, size_t entry)
{
    return (ctrace_value *)(void *)p->values.data + entry;
}

/* Adds an entry with its text; its span is 1. False when there is no memory. */
bool ctr_plain_add(ctr_plain *p, const ctrace_value *entry);
/* Adds all that another one holds. */
bool ctr_plain_add_all(ctr_plain *p, const ctr_plain *other);
/* All that `entry` contains was added. */
void ctr_plain_close(ctr_plain *p, size_t entry);
/* Sets the pointers to the texts. */
void ctr_plain_settle(ctr_plain *p);
/* Takes back what was added when it had these sizes. */
void ctr_plain_cut(ctr_plain *p, size_t values_size, size_t texts_size);
void ctr_plain_free(ctr_plain *p);

#endif
