/* A whole trace out of a broken one. What is left out must not change the meaning of what stays: ids count the
 * declarations and Returns belong to Calls, so a lost declaration, Call or Return has something done in its place.
 * The trace is read twice: first for what the ids tell of lost names. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "convert/evidence.h"
#include "convert/job.h"
#include "convert/resume.h"
#include "convert/threads.h"
#include "reader/bad_event.h"

#define TOLD                200
#define MOST_EVENTS_OF_FRAME ((uint64_t)1 << 20) /* more than any producer puts into one */
#define MOST_PATHS_FILE     ((off_t)4 << 20)
#define MOST_CALLS_LEFT_OUT 64

/* A Call that was left out, until its Return is. */
typedef struct left_out {
    size_t thread;
    uint64_t inside; /* calls that are open inside of it */
} left_out;

typedef struct repair {
    ctr_job *job;
    bool writes; /* the second reading */
    ctr_evidence *evidence;
    uint64_t gaps_seen;
    bool shaken; /* events were lost, and nobody knows which */

    ctr_threads threads;
    uint64_t *depths; /* open calls by thread */
    size_t depth_capacity, depth_count;
    left_out calls[MOST_CALLS_LEFT_OUT];
    size_t call_count;

    ctr_arena arena;
    bool paths_sought;
    const ctrace_str *listed; /* what trace_paths.json says */
    size_t listed_count;
} repair;

/* ---- Calls ---- */

static left_out *innermost(repair *r)
{
    for (size_t i = r->call_count; i-- > 0;)
        if (r->calls[i].thread == r->threads.current)
            return &r->calls[i];
    return NULL;
}

static bool call_returns(repair *r, const ctrace_position *position)
{
    left_out *call = r->call_count ? innermost(r) : NULL;
    if (call && call->inside == 0) {
        size_t index = (size_t)(call - r->calls);
        memmove(call, call + 1, (r->call_count - index - 1) * sizeof *call);
        r->call_count--;
        return false;
    }
    if (call)
        call->inside--;
    uint64_t *depth = &r->depths[r->threads.current];
    if (*depth) {
        --*depth;
    } else if (r->shaken) {
        ctrace_position here;
        ctr_input_position(&r->job->in, &here);
        ctr_lose(r->job->report, CTRACE_LOSS_EVENT_BAD, -1, 1, position ? position : &here,
                 "a Return without an open call: its Call was in a part that is lost");
        return false;
    }
    return true;
}

/* Keeps account of a whole event; *stays is false when it is to be left out too. */
static bool take_account(repair *r, const ctrace_event *event, const ctrace_position *position, bool *stays)
{
    *stays = true;
    if (!ctr_threads_see(&r->threads, event))
        return false;
    for (; r->depth_count < r->threads.count; r->depth_count++) {
        if (!ctr_make_room(r->job->allocator, (void **)&r->depths, &r->depth_capacity, r->depth_count,
                           sizeof *r->depths))
            return false;
        r->depths[r->depth_count] = 0;
    }
    if (event->kind == CTRACE_EVENT_CALL) {
        left_out *call = r->call_count ? innermost(r) : NULL;
        if (call)
            call->inside++;
        r->depths[r->threads.current]++;
    } else if (event->kind == CTRACE_EVENT_RETURN) {
        *stays = call_returns(r, position);
    }
    return true;
}

static ctrace_status put(repair *r, const ctrace_event *event, const ctrace_position *position)
{
    bool stays;
    if (!take_account(r, event, position, &stays))
        return ctr_job_no_memory(r->job);
    if (!stays)
        return CTRACE_OK;
    ctr_evidence_see(r->evidence, event);
    return r->writes ? ctr_job_put(r->job, event, position) : ctr_job_progress(r->job);
}

/* ---- In the place of what is lost ---- */

typedef struct substitute {
    ctrace_event event;
    bool any;
    char name[64];
    char told[TOLD]; /* what is done */
} substitute;

/* The text of a lost path may stand in trace_paths.json. */
static ctrace_status find_listed(repair *r)
{
    if (r->paths_sought || r->job->in.folder < 0)
        return CTRACE_OK;
    r->paths_sought = true;
    ctr_buffer file = {.allocator = r->job->allocator};
    const char *metadata = r->job->in.metadata.data, *slash = strrchr(metadata, '/');
    ctrace_status status = CTRACE_OK;
    struct stat about;
    ctr_sidecar state;
    if (!ctr_buffer_append(&file, metadata, slash ? (size_t)(slash - metadata) + 1 : 0) ||
        !ctr_buffer_append(&file, "trace_paths.json", sizeof "trace_paths.json"))
        status = CTRACE_NO_MEMORY;
    else if (stat(file.data, &about) == 0 && about.st_size <= MOST_PATHS_FILE)
        status = ctr_read_paths(file.data, &r->arena, &r->listed, &r->listed_count, &state);
    ctr_buffer_free(&file);
    return status == CTRACE_OK ? CTRACE_OK : ctr_job_no_memory(r->job);
}

static const char *const name_words[] = {[CTR_NAME_PATH] = "path",
                                         [CTR_NAME_FUNCTION] = "function",
                                         [CTR_NAME_TYPE] = "type",
                                         [CTR_NAME_VARIABLE] = "variable"};

/* A declaration of what is next to be declared. */
static ctrace_status declare_lost(repair *r, ctr_name_kind kind, substitute *s)
{
    uint64_t id = r->evidence->declared[kind];
    int size = snprintf(s->name, sizeof s->name, "<lost %s %" PRIu64 ">", name_words[kind], id);
    ctrace_str name = {s->name, (size_t)size};
    ctrace_status status = CTRACE_OK;
    s->any = true;
    snprintf(s->told, sizeof s->told, "; %s %" PRIu64 " is now called '%s'", name_words[kind], id, s->name);
    switch (kind) {
    case CTR_NAME_PATH:
        status = find_listed(r);
        s->event = (ctrace_event){.kind = CTRACE_EVENT_PATH, .path = name};
        if (id < r->listed_count) {
            s->event.path = r->listed[id];
            snprintf(s->told, sizeof s->told, "; path %" PRIu64 " was taken from trace_paths.json", id);
        }
        break;
    case CTR_NAME_FUNCTION:
        s->event = (ctrace_event){.kind = CTRACE_EVENT_FUNCTION, .function = {.name = name}};
        break;
    case CTR_NAME_TYPE:
        s->event = (ctrace_event){.kind = CTRACE_EVENT_TYPE, .type = {.kind = CTRACE_TYPE_RAW, .lang_type = name}};
        break;
    default:
        s->event = (ctrace_event){.kind = CTRACE_EVENT_VARIABLE_NAME, .variable_name = name};
        break;
    }
    return status;
}

static const ctrace_value lost_value = {.kind = CTRACE_VALUE_RAW, .span = 1, .text = {"<lost>", 6}};

static void leave_call_out(repair *r, substitute *s)
{
    if (r->call_count == MOST_CALLS_LEFT_OUT) {
        r->shaken = true;
        snprintf(s->told, sizeof s->told, "; its Return stays, as too many Calls were lost before");
        return;
    }
    r->calls[r->call_count++] = (left_out){r->threads.current, 0};
    snprintf(s->told, sizeof s->told, "; its Return is left out too");
}

static ctrace_status find_substitute(repair *r, const ctr_bad_event *bad, substitute *s)
{
    *s = (substitute){.any = false};
    if (!bad->kind_known)
        return CTRACE_OK;
    ctr_name_kind name = ctr_name_declared(bad->kind);
    if (name != CTR_NAME_KINDS)
        return declare_lost(r, name, s);
    s->event.kind = bad->kind;
    if (bad->kind == CTRACE_EVENT_RETURN) {
        s->any = true;
        s->event.returned.return_value = &lost_value;
        snprintf(s->told, sizeof s->told, "; a Return of '<lost>' stands in its place");
    } else if (bad->kind == CTRACE_EVENT_CALL && bad->function_known) {
        s->any = true;
        s->event.call.function_id = bad->function_id;
        snprintf(s->told, sizeof s->told, "; the Call stays, without its arguments");
    } else if (bad->kind == CTRACE_EVENT_CALL) {
        leave_call_out(r, s);
    }
    return CTRACE_OK;
}

/* ---- Behind a part that nobody knows what was in ---- */

static void tell_lost_names(const repair *r, char told[TOLD])
{
    const ctr_part *part = &r->evidence->parts[r->evidence->part];
    bool any = false;
    size_t size = 0;
    for (int kind = 0; kind < CTR_NAME_KINDS; kind++) {
        if (!part->lost[kind] || size >= TOLD)
            continue;
        const char *before = any ? ", " : "; the ids behind it tell of ";
        size += (size_t)snprintf(told + size, TOLD - size, "%s%" PRIu64 " %s%s", before, part->lost[kind],
                                 name_words[kind], part->lost[kind] == 1 ? "" : "s");
        any = true;
    }
    if (any && size < TOLD)
        snprintf(told + size, TOLD - size, " that it declared: now called '<lost ...>'");
    else if (!any)
        snprintf(told, TOLD, "; no name was declared there, as the ids behind it show");
}

/* Declares what was declared there, as far as the ids tell. `told` says what is done. */
static ctrace_status begin_part(repair *r, uint64_t events, const ctrace_position *position, char told[TOLD])
{
    r->shaken = true;
    ctr_evidence_part(r->evidence, events);
    told[0] = 0;
    ctrace_status status = CTRACE_OK;
    if (!r->writes)
        return status;
    tell_lost_names(r, told);
    for (int kind = 0; kind < CTR_NAME_KINDS; kind++) {
        uint64_t lost = r->evidence->parts[r->evidence->part].lost[kind];
        r->evidence->parts[r->evidence->part].lost[kind] = 0;
        for (; status == CTRACE_OK && lost; lost--) {
            substitute s = {.any = false};
            status = declare_lost(r, (ctr_name_kind)kind, &s);
            if (status == CTRACE_OK)
                status = put(r, &s.event, position);
        }
    }
    return status;
}

static ctrace_status replace_bad_event(repair *r, const ctrace_error *why)
{
    ctr_job *job = r->job;
    ctr_bad_event bad = ctr_reader_take_bad_event(job->in.reader);
    ctrace_position position;
    ctr_input_position(&job->in, &position);
    substitute s;
    ctrace_status status = find_substitute(r, &bad, &s);
    if (status == CTRACE_OK && s.any)
        status = put(r, &s.event, &position);
    if (status == CTRACE_OK && !bad.kind_known)
        status = begin_part(r, 1, &position, s.told);
    ctr_lose(job->report, CTRACE_LOSS_EVENT_BAD, CTR_LOSS_SINGLE, 1, &position, "%.150s%s", why->message, s.told);
    return status;
}

/* Finds the next event behind an unreadable part. `gap` gets how many bytes it has, as far as that is known, and how
 * many events can have been in it. */
static ctrace_status find_behind_gap(ctr_job *job, const ctrace_error *why, ctr_gap *gap, bool *found)
{
    ctrace_form form = job->report->from;
    if (form == CTRACE_FORM_JSON || form == CTRACE_FORM_NDJSON)
        return ctr_job_resume(job, why, gap, found);
    gap->begin = why->position;
    gap->events = MOST_EVENTS_OF_FRAME;
    ctrace_status status = ctr_reader_resume(job->in.reader, job->error);
    *found = status == CTRACE_OK;
    return status == CTRACE_END ? CTRACE_OK : status;
}

/* The event that an unreadable part begins with shows what it was to be, and is often all that is lost. */
static ctrace_status go_on_behind_gap(repair *r, const ctrace_error *why, bool *resumed)
{
    ctr_job *job = r->job;
    ctr_bad_event bad = ctr_reader_take_bad_event(job->in.reader);
    ctr_gap gap = {0};
    ctrace_status status = find_behind_gap(job, why, &gap, resumed);
    if (status != CTRACE_OK || !*resumed)
        return status;
    substitute s;
    char told[TOLD] = "", size[96] = "a part";
    status = find_substitute(r, &bad, &s);
    if (status == CTRACE_OK && s.any)
        status = put(r, &s.event, &gap.begin);
    if (status == CTRACE_OK)
        status = begin_part(r, gap.events, &gap.begin, told);
    if (gap.bytes)
        snprintf(size, sizeof size, "%" PRIu64 " bytes, up to line %" PRIu64 ",", gap.bytes, gap.line);
    ctr_lose(job->report, CTRACE_LOSS_GAP, CTR_LOSS_SINGLE, 0, &gap.begin, "%s cannot be read: %.150s%s%s", size,
             why->message, s.told, told);
    return status;
}

/* A gap that the reader told of itself, or the one that the file begins with. */
static ctrace_status pass_gap(repair *r)
{
    char told[TOLD];
    r->gaps_seen = r->job->gaps;
    ctrace_position position;
    ctr_input_position(&r->job->in, &position);
    ctrace_status status = begin_part(r, r->job->gap_events, &position, told);
    if (status == CTRACE_OK && r->writes)
        ctr_note(r->job->report, "event %" PRIu64 ": behind an unreadable part%s", position.event, told);
    return status;
}

/* ---- All of it ---- */

static bool is_bad_event(ctrace_status status)
{
    return status == CTRACE_EVENT || status == CTRACE_TOO_DEEP || status == CTRACE_TOO_LARGE;
}

/* Nothing can be read any more. */
static ctrace_status end_there(repair *r, ctrace_status status, const ctrace_error *why)
{
    bool stopped = why->system == ECANCELED; /* by who gave the source */
    if (stopped || (status != CTRACE_TRUNCATED && status != CTRACE_SYNTAX && status != CTRACE_IO &&
                    status != CTRACE_NOT_A_TRACE))
        return status;
    r->job->whole = false;
    ctr_lose(r->job->report, CTRACE_LOSS_TAIL, CTR_LOSS_SINGLE, status == CTRACE_TRUNCATED, &why->position, "%.250s",
             why->message);
    return CTRACE_END;
}

static ctrace_status take_next(repair *r, ctrace_error *why)
{
    ctr_job *job = r->job;
    const ctrace_event *event;
    ctrace_status status = ctr_input_next(&job->in, &event, why);
    ctrace_status other = ctr_job_warnings(job, status == CTRACE_OK    ? CTR_GIVEN_EVENT
                                                : status == CTRACE_END ? CTR_GIVEN_END
                                                                       : CTR_GIVEN_UP);
    if (other == CTRACE_OK && job->gaps != r->gaps_seen && status != CTRACE_END)
        other = pass_gap(r);
    if (other != CTRACE_OK)
        return other;
    if (status == CTRACE_OK)
        return put(r, event, NULL);
    if (is_bad_event(status))
        return replace_bad_event(r, why);
    if (status == CTRACE_SYNTAX) {
        bool resumed = false;
        other = go_on_behind_gap(r, why, &resumed);
        if (other != CTRACE_OK || resumed)
            return other;
    }
    return status == CTRACE_END ? status : end_there(r, status, why);
}

/* Reads once through. *first is the first failure that was met. */
static ctrace_status read_through(ctr_job *job, ctr_evidence *evidence, bool writes, ctrace_error *first)
{
    repair r = {.job = job, .writes = writes, .evidence = evidence, .arena.allocator = job->allocator};
    *first = (ctrace_error){.status = CTRACE_OK};
    ctrace_status status = CTRACE_OK;
    if (!ctr_threads_init(&r.threads, job->allocator))
        status = ctr_job_no_memory(job);
    while (status == CTRACE_OK) {
        ctrace_error why = {.status = CTRACE_OK};
        status = take_next(&r, &why);
        if (why.status != CTRACE_OK && first->status == CTRACE_OK)
            *first = why;
        if (status == why.status && status != CTRACE_OK && job->error)
            *job->error = why;
    }
    ctr_free(job->allocator, r.depths, r.depth_capacity * sizeof *r.depths);
    ctr_threads_free(&r.threads);
    ctr_arena_free(&r.arena);
    return status == CTRACE_END ? CTRACE_OK : status;
}

static ctrace_status begin_again(ctr_job *job)
{
    job->whole = true;
    job->gaps = 0;
    ctrace_status status = ctr_input_rewind(&job->in, job->error);
    return status == CTRACE_NOT_A_TRACE ? ctr_job_resume_at_begin(job) : status;
}

/* The first reading, whose report is not kept. */
static ctrace_status collect(ctr_job *job, ctr_evidence *evidence)
{
    ctrace_conversion *kept = job->report, *scratch = ctr_alloc_zero(job->allocator, sizeof *scratch);
    if (!scratch)
        return ctr_job_no_memory(job);
    scratch->from = kept->from;
    job->report = scratch;
    ctrace_error first;
    ctrace_status status = read_through(job, evidence, false, &first);
    ctr_evidence_weigh(evidence);
    job->report = kept;
    ctr_free(job->allocator, scratch, sizeof *scratch);
    return status;
}

static ctrace_status run(ctr_job *job)
{
    ctr_evidence *evidence = ctr_alloc_zero(job->allocator, sizeof *evidence);
    if (!evidence)
        return ctr_job_no_memory(job);
    ctrace_error first = {.status = CTRACE_OK};
    ctrace_status status = collect(job, evidence);
    if (status == CTRACE_OK)
        status = begin_again(job);
    if (status == CTRACE_OK)
        status = read_through(job, evidence, true, &first);
    ctr_free(job->allocator, evidence, sizeof *evidence);
    if (status == CTRACE_OK && !job->writer && job->report->loss_count) {
        if (first.status == CTRACE_OK)
            ctr_fail(&first, CTRACE_NOT_A_TRACE, "nothing of it can be read");
        if (job->error)
            *job->error = first;
        status = first.status;
    }
    return status;
}

ctrace_status ctrace_repair(ctrace_conversion **report, ctrace_str in, ctrace_str out,
                            const ctrace_convert_options *options, ctrace_error *error)
{
    return ctr_job_do(CTR_TASK_REPAIR, run, (ctrace_range){0}, report, in, out, options, error);
}
