#include "codec/ctfs/log_records.h"

#include "codec/ctfs/meta.h"

#define WINDOW_LOG 22

ctrace_status ctr_log_records_open(ctr_log_records *l, ctr_ctfs_shared *shared, bool newer, bool notes,
                                   ctrace_error *error)
{
    l->has_entry = false;
    return ctr_ctfs_records_open(&l->records, shared, "events", newer, WINDOW_LOG, notes, error);
}

void ctr_log_records_close(ctr_log_records *l) { ctr_ctfs_records_close(&l->records); }

static bool take_text(const char **at, const char *end, ctrace_str *out)
{
    uint64_t size;
    if (!ctr_ctfs_varint(at, end, &size) || size > (uint64_t)(end - *at))
        return false;
    *out = (ctrace_str){*at, (size_t)size};
    *at += size;
    return true;
}

/* Takes a record apart; false when it is none. */
static bool read_entry(ctr_log_records *l, const char *data, size_t size)
{
    /* Standard output, standard error, a file and an error, as the newer framing has them. */
    static const ctrace_log_kind kinds[] = {CTRACE_LOG_WRITE, CTRACE_LOG_TRACE_LOG_EVENT, CTRACE_LOG_READ_FILE,
                                            CTRACE_LOG_ERROR};
    const char *at = data, *end = data + size;
    if (at == end)
        return false;
    unsigned kind = (unsigned char)*at++;
    l->entry = (ctrace_log_event){.kind = (ctrace_log_kind)kind, .metadata = {"", 0}};
    if (l->records.older && kind < sizeof kinds / sizeof *kinds)
        l->entry.kind = kinds[kind];
    return ctr_ctfs_varint(&at, end, &l->step) && (l->records.older || take_text(&at, end, &l->entry.metadata)) &&
           take_text(&at, end, &l->entry.content) && at == end;
}

ctrace_status ctr_log_records_look(ctr_log_records *l, ctrace_error *error)
{
    ctr_ctfs_records *r = &l->records;
    while (!l->has_entry) {
        ctrace_status status = ctr_ctfs_records_next(r, error);
        if (status != CTRACE_OK)
            return status == CTRACE_END ? CTRACE_OK : status;
        const char *data = "";
        uint64_t size = r->left;
        status = CTRACE_END;
        if (size <= r->shared->max_event_bytes)
            status = ctr_ctfs_records_hold(r, size, &data, error);
        if (status == CTRACE_OK && read_entry(l, data, (size_t)size))
            l->has_entry = true;
        else if (status == CTRACE_OK || status == CTRACE_END)
            ctr_ctfs_note(r->shared, CTRACE_LENIENCY_CT_RECORD_LOST);
        else
            return status;
    }
    return CTRACE_OK;
}

ctrace_status ctr_log_records_take(ctr_log_records *l, ctrace_event *out, ctrace_error *error)
{
    ctr_ctfs_shared *shared = l->records.shared;
    ctrace_str metadata = l->entry.metadata, content = l->entry.content;
    out->kind = CTRACE_EVENT_LOG;
    out->log = l->entry;
    if ((unsigned)l->entry.kind >= CTRACE_LOG_KIND_COUNT)
        ctr_ctfs_note(shared, CTRACE_LENIENCY_KIND_UNKNOWN);
    ctrace_status status = ctr_ctfs_text(shared, metadata.data, metadata.size, &out->log.metadata, error);
    if (status == CTRACE_OK)
        status = ctr_ctfs_text(shared, content.data, content.size, &out->log.content, error);
    l->has_entry = false;
    return status;
}

uint64_t ctr_log_records_next_number(const ctr_log_records *l)
{
    return l->has_entry ? l->records.number : l->records.next;
}

ctrace_status ctr_log_records_go_to(ctr_log_records *l, uint64_t number, ctrace_error *error)
{
    l->has_entry = false;
    return ctr_ctfs_records_go_to(&l->records, number, error);
}
