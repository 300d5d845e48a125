#include "writer/plain.h"

bool ctr_plain_add(ctr_plain *p, const ctrace_value *entry)
{
    if (ctr_plain_count(p) == UINT32_MAX) /* a span counts no further */
        return false;
    if (!ctr_buffer_reserve(&p->values, sizeof *entry) ||
        !ctr_buffer_append(&p->texts, entry->text.data, entry->text.size))
        return false;
    ctrace_value *added = ctr_plain_at(p, ctr_plain_count(p));
    *added = *entry;
    added->span = 1;
    p->values.size += sizeof *entry;
    return true;
}

bool ctr_plain_add_all(ctr_plain *p, const ctr_plain *other)
{
    if (ctr_plain_count(other) > UINT32_MAX - ctr_plain_count(p))
        return false;
    return ctr_buffer_reserve(&p->values, other->values.size) &&
           ctr_buffer_append(&p->texts, other->texts.data, other->texts.size) &&
           ctr_buffer_append(&p->values, other->values.data, other->values.size);
}

void ctr_plain_close(ctr_plain *p, size_t entry)
{
    ctr_plain_at(p, entry)->span = (uint32_t)(ctr_plain_count(p) - entry);
}

void ctr_plain_settle(ctr_plain *p)
{
    const char *text = p->texts.data;
    size_t count = ctr_plain_count(p);
    for (size_t i = 0; i < count; i++) {
        ctrace_value *entry = ctr_plain_at(p, i);
        entry->text.data = entry->text.size ? text : "";
        text += entry->text.size;
    }
}

void ctr_plain_cut(ctr_plain *p, size_t values_size, size_t texts_size)
{
    p->values.size = values_size;
    p->texts.size = texts_size;
}

void ctr_plain_free(ctr_plain *p)
{
    ctr_buffer_free(&p->values);
    ctr_buffer_free(&p->texts);
}
