#include "writer/snapshot.h"

#include "writer/writer.h"

static ctr_snapshot_entry *find(const ctr_snapshot *s, ctrace_id variable)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->entries[i].variable == variable)
            return &s->entries[i];
    return NULL;
}

static ctr_snapshot_entry *add(ctrace_writer *w, ctr_snapshot *s, ctrace_id variable)
{
    void *entries = s->entries;
    size_t before = s->room;
    if (!ctr_make_room(w->allocator, &entries, &s->room, s->count, sizeof *s->entries))
        return NULL;
    s->entries = entries;
    if (s->room > before)
        memset(s->entries + before, 0, (s->room - before) * sizeof *s->entries);
    ctr_snapshot_entry *entry = &s->entries[s->count++];
    entry->variable = variable;
    entry->at = s->text.size;
    entry->size = 0;
    return entry;
}

/* Makes the entry's text `size` bytes long; those behind it move. */
static bool resize(ctr_snapshot *s, ctr_snapshot_entry *entry, size_t size)
{
    size_t end = entry->at + entry->size;
    if (size > entry->size && !ctr_buffer_reserve(&s->text, size - entry->size))
        return false;
    if (size != entry->size) {
        memmove(s->text.data + entry->at + size, s->text.data + end, s->text.size - end);
        s->text.size = s->text.size - entry->size + size;
        for (ctr_snapshot_entry *later = entry + 1; later < s->entries + s->count; later++)
            later->at = later->at - entry->size + size;
        entry->size = size;
    }
    return true;
}

static bool set_text(ctrace_writer *w, ctr_snapshot *s, ctr_snapshot_entry *entry, const ctr_buffer *value)
{
    const ctr_json_encoder *json = w->json;
    const ctr_fragment *f = json->fragments.events[CTRACE_EVENT_VALUE];
    char head[4 * CTR_JSON_PIECE], tail[2 + sizeof json->end] = "}}";
    char *p = ctr_json_put_fragment(head, &f[0]);
    p = ctr_json_put_u64(p, entry->variable);
    p = ctr_json_put_fragment(p, &f[1]);
    size_t head_size = (size_t)(p - head), tail_size = 2 + json->end_size;
    memcpy(tail + 2, json->end, json->end_size);
    if (!resize(s, entry, head_size + value->size + tail_size))
        return false;
    p = s->text.data + entry->at;
    memcpy(p, head, head_size);
    memcpy(p + head_size, value->data, value->size);
    memcpy(p + head_size + value->size, tail, tail_size);
    return true;
}

/* In a binary form whose events are encoded apart. */
static bool set_encoded(ctrace_writer *w, ctr_snapshot *s, ctr_snapshot_entry *entry, ctrace_kept *value)
{
    ctr_tree_settle(&value->plain);
    const ctrace_event event = {.kind = CTRACE_EVENT_VALUE,
                                .value = {entry->variable, ctr_tree_at(&value->plain, 0)}};
    w->apart.size = 0;
    if (!w->encoder->class->encode(w->encoder, &w->apart, &event) || !resize(s, entry, w->apart.size))
        return false;
    memcpy(s->text.data + entry->at, w->apart.data, w->apart.size);
    return true;
}

static bool set_plain(ctrace_writer *w, ctr_snapshot_entry *entry, ctrace_kept *value)
{
    if (!entry->kept && !(entry->kept = ctrace_kept_new(w)))
        return false;
    ctr_tree plain = entry->kept->plain;
    entry->kept->plain = value->plain;
    value->plain = plain;
    entry->kept->depth = value->depth;
    entry->kept->whole = true;
    value->whole = false;
    return true;
}

ctrace_status ctr_snapshot_set(ctrace_writer *w, ctr_snapshot *s, ctrace_id variable, ctrace_kept *value)
{
    if (w->fatal)
        return w->failure.status;
    if (variable >= w->variable_count)
        return ctr_writer_refuse(w, CTRACE_ARGUMENT, "a variable is not declared");
    s->text.allocator = w->allocator;
    ctr_snapshot_entry *entry = find(s, variable);
    bool is_new = !entry;
    if (is_new)
        entry = add(w, s, variable);
    bool ok = entry != NULL;
    if (ok && w->json)
        ok = set_text(w, s, entry, &value->bytes);
    else if (ok && w->encoder->class->encode)
        ok = set_encoded(w, s, entry, value);
    else if (ok)
        ok = set_plain(w, entry, value);
    if (!ok && entry && is_new)
        s->count--;
    return ok ? CTRACE_OK : ctr_writer_no_memory(w);
}

void ctr_snapshot_forget(ctr_snapshot *s, ctrace_id variable)
{
    ctr_snapshot_entry *entry = find(s, variable);
    if (!entry)
        return;
    resize(s, entry, 0); /* a smaller one always succeeds */
    ctr_snapshot_entry gone = *entry;
    s->count--;
    memmove(entry, entry + 1, (size_t)(s->entries + s->count - entry) * sizeof *entry);
    s->entries[s->count] = gone; /* what it keeps is used again */
}

/* Counts events, after which `waiting` bytes wait. */
static ctrace_status events_done(ctrace_writer *w, size_t count, size_t waiting)
{
    w->counts.events += count;
    bool is_time = w->events_to_clock <= count;
    w->events_to_clock -= is_time ? w->events_to_clock : (uint32_t)count;
    return waiting >= w->options.flush_bytes || is_time ? ctr_writer_maybe_flush(w) : CTRACE_OK;
}

static ctrace_status write_text(ctrace_writer *w, const ctr_snapshot *s)
{
    char *p = ctr_json_begin_event(w->json, s->text.size);
    if (!p)
        return ctr_writer_no_memory(w);
    memcpy(p, s->text.data, s->text.size);
    w->json->out.size += s->text.size;
    return events_done(w, s->count, w->json->out.size);
}

/* A key that no part of an event has which is encoded in its place. */
static uint32_t key_of(ctrace_id variable) { return (uint32_t)variable * 2654435761u ^ 0x5BD1E995u; }

static ctrace_status write_encoded(ctrace_writer *w, const ctr_snapshot *s)
{
    ctr_encoder *e = w->encoder;
    ctr_encoded some[32];
    size_t at = 0;
    ctrace_status status = CTRACE_OK;
    for (size_t i = 0, count = 0, size = 0; status == CTRACE_OK && i < s->count; i++) {
        some[count++] = (ctr_encoded){s->entries[i].size, key_of(s->entries[i].variable)};
        size += s->entries[i].size;
        if (count < sizeof some / sizeof *some && i + 1 < s->count)
            continue;
        status = e->class->put_encoded(e, s->text.data + at, some, count);
        if (status != CTRACE_OK)
            return ctr_writer_fail_encoder(w, status);
        status = events_done(w, count, e->waiting);
        at += size;
        count = size = 0;
    }
    return status;
}

static ctrace_status write_plain(ctrace_writer *w, const ctr_snapshot *s)
{
    ctrace_status status = CTRACE_OK;
    for (size_t i = 0; status == CTRACE_OK && i < s->count; i++) {
        status = ctrace_begin_local(w, s->entries[i].variable);
        if (status == CTRACE_OK)
            status = ctrace_put_kept(w, s->entries[i].kept);
    }
    return status;
}

ctrace_status ctr_snapshot_write(ctrace_writer *w, const ctr_snapshot *s)
{
    ctrace_status status = ctr_writer_ready(w);
    if (status != CTRACE_OK || s->count == 0)
        return status;
    if (w->json)
        return write_text(w, s);
    return w->encoder->class->put_encoded ? write_encoded(w, s) : write_plain(w, s);
}

void ctr_snapshot_clear(ctr_snapshot *s)
{
    s->count = 0;
    s->text.size = 0;
}

void ctr_snapshot_free(ctrace_writer *w, ctr_snapshot *s)
{
    for (size_t i = 0; i < s->room; i++)
        ctrace_kept_free(s->entries[i].kept);
    ctr_free(w->allocator, s->entries, s->room * sizeof *s->entries);
    ctr_buffer_free(&s->text);
}
