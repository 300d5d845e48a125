#include "convert/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "codec/json/guess.h"

#define BLOCK 16384

/* ---- Looking for it ---- */

static void count_lines(ctrace_position *at, const char *from, const char *to)
{
    for (const char *p = from; p < to; p++) {
        at->column++;
        if (*p == '\n') {
            at->line++;
            at->column = 1;
        }
    }
    at->offset += (uint64_t)(to - from);
}

static ctrace_status fail_read(ctr_job *job, int failure)
{
    return ctr_fail_system(job->error, failure, "read", job->in.name.data);
}

/* Goes from *at to the next event. */
static ctrace_status find_event(ctr_job *job, ctrace_position *at, bool *found)
{
    char block[BLOCK];
    size_t have = 0;
    *found = false;
    for (bool ended = false; !ended;) {
        ssize_t got = pread(job->in.fd, block + have, sizeof block - have, (off_t)(at->offset + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_read(job, errno);
        ended = got == 0;
        have += (size_t)got;
        const char *end = block + have, *p = block;
        const char *brace;
        while ((brace = memchr(p, '{', (size_t)(end - p))) != NULL) {
            ctrace_event_kind kind;
            const char *after;
            ctr_scan begins = ctr_json_event_begins(brace, end, &kind, &after);
            if (begins == CTR_SCAN_OK) {
                count_lines(at, block, brace);
                *found = true;
                return CTRACE_OK;
            }
            if (begins == CTR_SCAN_MORE && !ended && end - brace < CTR_JSON_EVENT_BEGIN)
                break;
            p = brace + 1;
        }
        const char *keep = brace ? brace : end;
        count_lines(at, block, keep);
        have = (size_t)(end - keep);
        memmove(block, keep, have);
    }
    return CTRACE_OK;
}

/* The byte that is no white space before a place; 0 when there is none. */
static char byte_before(ctr_job *job, uint64_t offset)
{
    char block[512];
    while (offset) {
        size_t size = offset < sizeof block ? (size_t)offset : sizeof block;
        ssize_t got = pread(job->in.fd, block, size, (off_t)(offset - size));
        if (got != (ssize_t)size)
            return 0;
        for (size_t i = size; i-- > 0;)
            if (block[i] != ' ' && block[i] != '\n' && block[i] != '\r' && block[i] != '\t')
                return block[i];
        offset -= size;
    }
    return 0;
}

/* ---- Going on ---- */

/* An event in JSON has more bytes, its comma included. */
#define LEAST_EVENT 12

static ctrace_status open_rest(ctr_job *job, const ctrace_position *at, bool in_list)
{
    ctr_input *in = &job->in;
    if (in->first)
        ctrace_reader_close(&in->reader);
    else
        in->first = in->reader;
    in->reader = NULL;
    in->resumed = true;
    in->base = *at;
    in->base_has_bracket = in_list; /* lines have nothing in front of them */
    in->rest = (ctr_rest){.fd = in->fd, .at = at->offset, .in_list = in_list};
    ctrace_source source = ctr_rest_source(&in->rest);
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .allocator = job->allocator};
    ctrace_str name = {in->name.data, in->name.size - 1};
    return ctrace_reader_open_source(&in->reader, &source, name, &options, job->error);
}

static ctrace_status open_file(ctr_job *job)
{
    if (job->in.fd < 0)
        job->in.fd = open(job->in.events.data, O_RDONLY | O_CLOEXEC);
    return job->in.fd < 0 ? fail_read(job, errno) : CTRACE_OK;
}

ctrace_status ctr_job_resume(ctr_job *job, const ctrace_error *why, ctr_gap *gap, bool *resumed)
{
    *resumed = false;
    ctrace_form form = job->report->from;
    if (form != CTRACE_FORM_JSON && form != CTRACE_FORM_NDJSON)
        return CTRACE_OK;
    ctrace_status status = open_file(job);
    if (status != CTRACE_OK)
        return status;
    ctrace_position at = why->position;
    ctr_input_position(&job->in, &gap->begin);
    /* No event ends with ']', so behind one the list has ended, and what follows belongs to nothing. */
    bool between = gap->begin.offset == at.offset;
    if (between && byte_before(job, at.offset) == ']')
        return CTRACE_OK;
    status = find_event(job, &at, resumed);
    if (status != CTRACE_OK || !*resumed)
        return status;
    at.event = why->position.event == CTRACE_ID_NONE ? 0 : why->position.event + !between;
    gap->bytes = at.offset - gap->begin.offset;
    gap->line = at.line;
    gap->events = gap->bytes / LEAST_EVENT + 1;
    return open_rest(job, &at, form == CTRACE_FORM_JSON);
}

ctrace_status ctr_job_resume_at_begin(ctr_job *job)
{
    ctrace_error why = {.status = CTRACE_NOT_A_TRACE};
    if (job->error)
        why = *job->error;
    ctrace_position at = {.line = 1, .column = 1}, second;
    bool found = false, another = false;
    ctrace_status status = open_file(job);
    if (status == CTRACE_OK)
        status = find_event(job, &at, &found);
    if (status != CTRACE_OK)
        return status;
    if (!found) {
        if (job->error)
            *job->error = why;
        return CTRACE_NOT_A_TRACE;
    }
    second = at;
    second.offset++;
    status = find_event(job, &second, &another);
    if (status != CTRACE_OK)
        return status;
    bool in_list = !another || byte_before(job, second.offset) == ',';
    job->gaps++;
    job->gap_events = at.offset / LEAST_EVENT + 1;
    if (!job->begin_told)
        ctr_lose(job->report, CTRACE_LOSS_GAP, CTR_LOSS_SINGLE, 0, &(ctrace_position){CTRACE_ID_NONE, 0, 1, 1},
             "%" PRIu64 " bytes, up to line %" PRIu64 ", cannot be read: %.200s", at.offset, at.line, why.message);
    job->begin_told = true;
    return open_rest(job, &at, in_list);
}
