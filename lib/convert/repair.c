/* A whole trace out of a broken one. What is left out must not change the meaning of what stays: ids count the
 * declarations and Returns belong to Calls, so a lost declaration, Call or Return has something done in its place. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "convert/job.h"
#include "convert/resume.h"
#include "convert/threads.h"
#include "reader/bad_event.h"

#define SHOWN                320
#define MOST_PATHS_FILE      ((off_t)4 << 20)
#define MOST_CALLS_LEFT_OUT  64

/* A Call that was left out, until its Return is. */
typedef struct left_out {
    size_t thread;
    uint64_t inside; /* calls that are open inside of it */
} left_out;

typedef struct repair {
    ctr_job *job;
    uint64_t paths, functions, types, variables;

    ctr_threads threads;
    left_out calls[MOST_CALLS_LEFT_OUT];
    size_t call_count;

    ctr_arena arena;
    bool paths_sought;
    const ctrace_str *listed; /* what trace_paths.json says */
    size_t listed_count;
} repair;

/* ---- Calls that were left out ---- */

static left_out *innermost(repair *r)
{
    for (size_t i = r->call_count; i-- > 0;)
        if (r->calls[i].thread == r->threads.current)
            return &r->calls[i];
    return NULL;
}

static void forget(repair *r, left_out *call)
{
    size_t index = (size_t)(call - r->calls);
    memmove(call, call + 1, (r->call_count - index - 1) * sizeof *call);
    r->call_count--;
}

/* Keeps account of a whole event; false when it is to be left out too. */
static bool belongs(repair *r, const ctrace_event *event)
{
    left_out *call;
    switch (event->kind) {
    case CTRACE_EVENT_PATH:
        r->paths++;
        break;
    case CTRACE_EVENT_FUNCTION:
        r->functions++;
        break;
    case CTRACE_EVENT_TYPE:
        r->types++;
        break;
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        r->variables++;
        break;
    case CTRACE_EVENT_CALL:
        call = r->call_count ? innermost(r) : NULL;
        if (call)
            call->inside++;
        break;
    case CTRACE_EVENT_RETURN:
        call = r->call_count ? innermost(r) : NULL;
        if (call && call->inside == 0) {
            forget(r, call);
            return false;
        }
        if (call)
            call->inside--;
        break;
    default:
        break;
    }
    return true;
}

/* ---- In the place of what is lost ---- */

static ctrace_status put(repair *r, const ctrace_event *event, const ctrace_position *position)
{
    if (!ctr_threads_see(&r->threads, event))
        return ctr_job_no_memory(r->job);
    return belongs(r, event) ? ctr_job_put(r->job, event, position) : CTRACE_OK;
}

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

typedef struct substitute {
    ctrace_event event;
    bool any;
    char name[64];
    char told[SHOWN]; /* what is done */
} substitute;

static ctrace_str made_name(substitute *s, const char *what, uint64_t id)
{
    int size = snprintf(s->name, sizeof s->name, "<lost %s %" PRIu64 ">", what, id);
    snprintf(s->told, sizeof s->told, "; %s %" PRIu64 " is now called '%s'", what, id, s->name);
    return (ctrace_str){s->name, (size_t)size};
}

static const ctrace_value lost_value = {.kind = CTRACE_VALUE_RAW, .span = 1, .text = {"<lost>", 6}};

static void leave_call_out(repair *r, substitute *s)
{
    if (r->call_count == MOST_CALLS_LEFT_OUT) {
        snprintf(s->told, sizeof s->told, "; its Return stays, as too many Calls were lost before");
        return;
    }
    r->calls[r->call_count++] = (left_out){r->threads.current, 0};
    snprintf(s->told, sizeof s->told, "; its Return is left out too");
}

static ctrace_status find_substitute(repair *r, const ctr_bad_event *bad, substitute *s)
{
    ctrace_status status = CTRACE_OK;
    s->any = true;
    s->event.kind = bad->kind;
    switch (bad->kind) {
    case CTRACE_EVENT_PATH:
        status = find_listed(r);
        if (r->paths < r->listed_count) {
            s->event.path = r->listed[r->paths];
            snprintf(s->told, sizeof s->told, "; path %" PRIu64 " was taken from trace_paths.json", r->paths);
        } else {
            s->event.path = made_name(s, "path", r->paths);
        }
        return status;
    case CTRACE_EVENT_FUNCTION:
        s->event.function.name = made_name(s, "function", r->functions);
        return status;
    case CTRACE_EVENT_TYPE:
        s->event.type.kind = CTRACE_TYPE_RAW;
        s->event.type.lang_type = made_name(s, "type", r->types);
        return status;
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        s->event.variable_name = made_name(s, "variable", r->variables);
        return status;
    case CTRACE_EVENT_RETURN:
        s->event.returned.return_value = &lost_value;
        snprintf(s->told, sizeof s->told, "; a Return of '<lost>' stands in its place");
        return status;
    case CTRACE_EVENT_CALL:
        if (bad->function_known) {
            s->event.call.function_id = bad->function_id;
            snprintf(s->told, sizeof s->told, "; the Call stays, without its arguments");
        } else {
            s->any = false;
            leave_call_out(r, s);
        }
        return status;
    default:
        s->any = false;
        return status;
    }
}

static const char *const unknown_ids = "; should it have declared a name, the ids behind it are one too low";

static ctrace_status replace_bad_event(repair *r, const ctrace_error *why)
{
    ctr_job *job = r->job;
    const ctr_bad_event *bad = ctr_reader_bad_event(job->in.reader);
    ctrace_position position;
    ctr_input_position(&job->in, &position);
    substitute s = {.any = false};
    ctrace_status status = bad->kind_known ? find_substitute(r, bad, &s) : CTRACE_OK;
    ctr_lose(job->report, CTRACE_LOSS_EVENT_BAD, CTR_LOSS_SINGLE, 1, &position, "%.180s%s", why->message,
             bad->kind_known ? s.told : unknown_ids);
    if (status == CTRACE_OK && s.any)
        status = put(r, &s.event, &position);
    return status;
}

/* The event that the unreadable part begins with is often all that is lost, and shows what it was to be. */
static ctrace_status go_on_behind_gap(repair *r, const ctrace_error *why, bool *resumed)
{
    ctr_job *job = r->job;
    ctr_bad_event bad = *ctr_reader_bad_event(job->in.reader);
    ctrace_position position;
    ctr_input_position(&job->in, &position);
    substitute s = {.any = false};
    ctrace_status status = bad.kind_known ? find_substitute(r, &bad, &s) : CTRACE_OK;
    if (status == CTRACE_OK)
        status = ctr_job_resume(job, why, bad.kind_known ? s.told : unknown_ids, resumed);
    if (status == CTRACE_OK && *resumed && s.any)
        status = put(r, &s.event, &position);
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
    if (status != CTRACE_TRUNCATED && status != CTRACE_SYNTAX && status != CTRACE_IO && status != CTRACE_NOT_A_TRACE)
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
    ctrace_status warned = ctr_job_warnings(job, status == CTRACE_END ? CTR_GIVEN_END : CTR_GIVEN_EVENT);
    if (warned != CTRACE_OK)
        return warned;
    if (status == CTRACE_OK) {
        ctrace_position position;
        ctr_input_position(&job->in, &position);
        return put(r, event, &position);
    }
    if (is_bad_event(status))
        return replace_bad_event(r, why);
    if (status == CTRACE_SYNTAX) {
        bool resumed = false;
        ctrace_status found = go_on_behind_gap(r, why, &resumed);
        if (found != CTRACE_OK || resumed)
            return found;
    }
    return status == CTRACE_END ? status : end_there(r, status, why);
}

static ctrace_status run(ctr_job *job)
{
    repair r = {.job = job, .arena.allocator = job->allocator};
    if (!ctr_threads_init(&r.threads, job->allocator))
        return ctr_job_no_memory(job);
    ctrace_error why, first = {.status = CTRACE_OK};
    ctrace_status status;
    do {
        why = (ctrace_error){.status = CTRACE_OK};
        status = take_next(&r, &why);
        if (why.status != CTRACE_OK && first.status == CTRACE_OK)
            first = why;
    } while (status == CTRACE_OK);
    bool done = status == CTRACE_END;
    if (done && job->report->loss_count && !job->writer) {
        /* Nothing was there to be kept. */
        status = first.status != CTRACE_OK ? first.status : CTRACE_NOT_A_TRACE;
        if (first.status == CTRACE_OK)
            ctr_fail(&first, CTRACE_NOT_A_TRACE, "nothing of it can be read");
        done = false;
    }
    if (!done && job->error && why.status == status)
        *job->error = first.status == status ? first : why;
    ctr_threads_free(&r.threads);
    ctr_arena_free(&r.arena);
    return done ? CTRACE_OK : status;
}

ctrace_status ctrace_repair(ctrace_conversion **report, ctrace_str in, ctrace_str out,
                            const ctrace_convert_options *options, ctrace_error *error)
{
    return ctr_job_do(CTR_TASK_REPAIR, run, (ctrace_range){0}, report, in, out, options, error);
}
