#include "writer/tree.h"

bool ctr_tree_add(ctr_tree *p, const ctrace_value *entry)
{
    if (ctr_tree_count(p) == UINT32_MAX) /* a span counts no further */
        return false;
    if (!ctr_buffer_reserve(&p->values, sizeof *entry) ||
        !ctr_buffer_append(&p->texts, entry->text.data, entry->text.size))
        return false;
    ctrace_value *added = ctr_tree_at(p, ctr_tree_count(p));
    *added = *entry;
    added->span = 1;
    p->values.size += sizeof *entry;
    return true;
}

bool ctr_tree_add_all(ctr_tree *p, const ctr_tree *other)
{
    if (ctr_tree_count(other) > UINT32_MAX - ctr_tree_count(p))
        return false;
    return ctr_buffer_reserve(&p->values, other->values.size) &&
           ctr_buffer_append(&p->texts, other->texts.data, other->texts.size) &&
           ctr_buffer_append(&p->values, other->values.data, other->values.size);
}

void ctr_tree_close(ctr_tree *p, size_t entry)
{
    ctr_tree_at(p, entry)->span = (uint32_t)(ctr_tree_count(p) - entry);
}

void ctr_tree_settle(ctr_tree *p)
{
    const char *text = p->texts.data;
    size_t count = ctr_tree_count(p);
    for (size_t i = 0; i < count; i++) {
        ctrace_value *entry = ctr_tree_at(p, i);
        entry->text.data = "";
        if (entry->text.size) {
            entry->text.data = text;
            text += entry->text.size;
        }
    }
}

void ctr_tree_cut(ctr_tree *p, size_t values_size, size_t texts_size)
{
    p->values.size = values_size;
    p->texts.size = texts_size;
}

void ctr_tree_free(ctr_tree *p)
{
    ctr_buffer_free(&p->values);
    ctr_buffer_free(&p->texts);
}
