/* Values into a writer, with the limits and marks that a recorder gives them. */
#include "put.h"

#include <stdio.h>

#define MORE "\xE2\x80\xA6" /* … */

void writer_note(capture *c, ctrace_status status)
{
    if (c->value.failure == CTRACE_OK)
        c->value.failure = status;
}

void writer_put_text(capture *c, ctrace_value_kind kind, ctrace_id type, ctrace_str text, size_t missing)
{
    char *marked = NULL;
    if (missing) {
        marked = PyMem_RawMalloc(text.size + 40);
        if (!marked) {
            writer_note(c, CTRACE_NO_MEMORY);
            return;
        }
        memcpy(marked, text.data, text.size);
        text.size += (size_t)sprintf(marked + text.size, MORE "(+%zu)", missing);
        text.data = marked;
    }
    writer_note(c, kind == CTRACE_VALUE_STRING ? ctrace_put_string(c->writer, type, text)
                                               : ctrace_put_raw(c->writer, type, text));
    PyMem_RawFree(marked);
}

void writer_put_mark(capture *c, ctrace_str text)
{
    if (c->mark_type == CTRACE_ID_NONE)
        c->mark_type = ctrace_type(c->writer, CTRACE_TYPE_RAW, put_literal("mark"));
    writer_put_text(c, CTRACE_VALUE_RAW, c->mark_type, text, 0);
}

static bool is_open(const writer_value *v, const void *identity)
{
    for (int i = 0; i < v->count; i++)
        if (v->open[i].identity == identity)
            return true;
    return false;
}

static void open_one(capture *c, const void *identity, size_t more)
{
    c->value.open[c->value.count].identity = identity;
    c->value.open[c->value.count++].more = more;
}

bool writer_open(capture *c, ctrace_value_kind kind, ctrace_id type, size_t count, const void *identity, size_t *shown)
{
    writer_value *v = &c->value;
    if (v->depth == 0)
        v->left = VALUE_TOTAL;
    bool is_cycle = is_open(v, identity), is_struct = kind == CTRACE_VALUE_STRUCT;
    if (is_cycle || v->depth == VALUE_DEPTH || (is_struct && count > v->left)) {
        writer_put_mark(c, is_cycle ? put_literal("<cycle>") : put_literal(MORE));
        return false;
    }
    size_t most = is_struct || v->left < VALUE_ITEMS ? v->left : VALUE_ITEMS;
    *shown = count < most ? count : most;
    v->left -= *shown;
    size_t children = *shown + (*shown < count);
    writer_note(c, is_struct ? ctrace_put_struct(c->writer, type, children)
                             : ctrace_put_sequence(c->writer, type, children, false));
    open_one(c, identity, count - *shown);
    v->depth++;
    return true;
}

void writer_open_pair(capture *c, ctrace_id type)
{
    writer_note(c, ctrace_put_sequence(c->writer, type, 2, false));
    open_one(c, NULL, 0);
}

void writer_close(capture *c)
{
    writer_value *v = &c->value;
    v->count--;
    if (v->open[v->count].identity)
        v->depth--;
    if (v->open[v->count].more) {
        char text[48];
        int size = snprintf(text, sizeof text, MORE " %zu more", v->open[v->count].more);
        writer_put_mark(c, (ctrace_str){text, (size_t)size});
    }
    writer_note(c, ctrace_put_end(c->writer));
}
