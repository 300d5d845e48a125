/* One pass over a trace: reads its events and gives each to the rules. */
#include "ctrace/validate.h"

#include <string.h>
#include <sys/stat.h>

#include "base/failure.h"
#include "base/options.h"
#include "base/uuid.h"
#include "reader/find.h"
#include "validate/check.h"

#define EVENTS_BETWEEN_PROGRESS 4096
#define DEFAULT_MAX_ERRORS 100

/* ---- Events ---- */

static void check_event(ctr_check *c)
{
    switch (c->event->kind) {
    case CTRACE_EVENT_STEP:
        ctr_check_step(c);
        break;
    case CTRACE_EVENT_PATH:
        ctr_check_path(c);
        break;
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        ctr_check_variable(c);
        break;
    case CTRACE_EVENT_TYPE:
        ctr_check_type(c);
        break;
    case CTRACE_EVENT_VALUE:
        ctr_check_local(c);
        break;
    case CTRACE_EVENT_FUNCTION:
        ctr_check_function(c);
        break;
    case CTRACE_EVENT_CALL:
        ctr_check_call(c);
        break;
    case CTRACE_EVENT_RETURN:
        ctr_check_return(c);
        break;
    case CTRACE_EVENT_LOG:
        ctr_check_log(c);
        break;
    case CTRACE_EVENT_BIND_VARIABLE:
    case CTRACE_EVENT_ASSIGNMENT:
    case CTRACE_EVENT_DROP_VARIABLES:
        ctr_check_assignment(c);
        break;
    case CTRACE_EVENT_ASM:
    case CTRACE_EVENT_COMPOUND_VALUE:
    case CTRACE_EVENT_CELL_VALUE:
    case CTRACE_EVENT_ASSIGN_COMPOUND_ITEM:
    case CTRACE_EVENT_ASSIGN_CELL:
    case CTRACE_EVENT_VARIABLE_CELL:
    case CTRACE_EVENT_DROP_VARIABLE:
        ctr_check_place(c);
        break;
    case CTRACE_EVENT_THREAD_START:
    case CTRACE_EVENT_THREAD_EXIT:
    case CTRACE_EVENT_THREAD_SWITCH:
        ctr_check_thread(c);
        break;
    case CTRACE_EVENT_DROP_LAST_STEP:
        ctr_check_drop_last_step(c);
        break;
    case CTRACE_EVENT_KIND_COUNT:
        break;
    }
}

/* The verdict that a failure of the reader is; false when it is none, but a failure of this run. */
static bool verdict_of(ctrace_status status, ctr_rule_number *rule)
{
    switch (status) {
    case CTRACE_NOT_A_TRACE:
        *rule = CTR_RULE_NOT_A_TRACE;
        return true;
    case CTRACE_SYNTAX:
        *rule = CTR_RULE_SYNTAX;
        return true;
    case CTRACE_TRUNCATED:
        *rule = CTR_RULE_TRUNCATED;
        return true;
    case CTRACE_EVENT:
        *rule = CTR_RULE_BAD_EVENT;
        return true;
    case CTRACE_TOO_DEEP:
        *rule = CTR_RULE_TOO_DEEP;
        return true;
    case CTRACE_TOO_LARGE:
        *rule = CTR_RULE_TOO_LARGE;
        return true;
    case CTRACE_UNSUPPORTED:
        *rule = CTR_RULE_UNSUPPORTED;
        return true;
    default:
        return false;
    }
}

static bool leaves_one_out(ctrace_status status)
{
    return status == CTRACE_EVENT || status == CTRACE_TOO_DEEP || status == CTRACE_TOO_LARGE;
}

static void take_warnings(ctr_check *c, ctrace_reader *reader)
{
    const ctrace_warning *warnings;
    size_t count = ctrace_reader_warnings(reader, &warnings);
    c->rvalue_is_old = false;
    ctr_check_warnings(c, warnings, count);
}

/* Gives every event to the rules. The status is that of this run; what is wrong with the trace is told. */
static ctrace_status check_events(ctr_check *c, ctrace_reader *reader, const ctrace_validate_options *options,
                                  ctrace_error *error)
{
    uint64_t last_bad = UINT64_MAX;
    for (;;) {
        ctrace_error failure;
        ctr_rule_number rule;
        const ctrace_event *event;
        ctrace_status status = ctrace_reader_next(reader, &event, &failure);
        c->event = event;
        if (status == CTRACE_OK || status == CTRACE_END) {
            ctrace_reader_position(reader, &c->here);
            take_warnings(c, reader);
            if (status == CTRACE_END)
                return c->status;
            check_event(c);
            c->report->events++;
        } else if (verdict_of(status, &rule)) {
            c->here = failure.position;
            take_warnings(c, reader);
            c->cut |= !leaves_one_out(status);
            ctr_tell(c, rule, NULL, "%s", failure.message);
            c->shaken = true;
            /* A reader that stays at one place goes on no more. */
            if (!leaves_one_out(status) || failure.position.offset == last_bad)
                return c->status;
            last_bad = failure.position.offset;
        } else {
            if (error)
                *error = failure;
            return status;
        }
        if (c->status != CTRACE_OK)
            return c->status;
        if (options->progress && c->report->events % EVENTS_BETWEEN_PROGRESS == 0 &&
            options->progress(options->progress_cookie, ctrace_reader_bytes_read(reader),
                              ctrace_reader_file_size(reader)) != 0)
            return ctr_fail(error, CTRACE_STATE, "the caller stopped the validation");
    }
}

/* ---- One run ---- */

static ctrace_status take_options(const ctrace_validate_options *options, ctrace_validate_options *out,
                                  ctrace_error *error)
{
    ctrace_status status = ctr_take_options(out, sizeof *out, options, "ctrace_validate_options", error);
    if (status != CTRACE_OK)
        return status;
    if (out->has_profile && (size_t)out->profile >= CTRACE_CONSUMER_COUNT)
        return ctr_fail(error, CTRACE_ARGUMENT, "the profile %d is no consumer", (int)out->profile);
    if (!out->max_errors)
        out->max_errors = DEFAULT_MAX_ERRORS;
    return CTRACE_OK;
}

static bool init_check(ctr_check *c, const ctrace_validate_options *options, ctrace_str file)
{
    *c = (ctr_check){.allocator = options->allocator, .no_sources = options->no_sources};
    ctr_map *const maps[] = {&c->path_map,   &c->function_map, &c->type_map, &c->variable_map,
                             &c->thread_map, &c->compounds,    &c->cells};
    uint64_t seed = ctr_random_u64();
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        maps[i]->allocator = options->allocator;
        maps[i]->seed = seed;
    }
    for (size_t use = 0; use < CTR_USE_COUNT; use++) {
        c->pending[use].map.allocator = options->allocator;
        c->pending[use].map.seed = seed;
    }
    c->key.allocator = options->allocator;
    c->here = CTR_POSITION_UNKNOWN;
    c->report = ctr_report_new(options, file);
    return c->report && ctr_calls_init(c);
}

static void free_check(ctr_check *c)
{
    ctr_names_free(c);
    ctr_calls_free(c);
    ctr_steps_free(c);
    ctr_free(c->allocator, c->workdir, c->workdir_size);
    ctr_free(c->allocator, c->folder, c->folder_size);
    ctrace_report_free(&c->report);
}

/* A copy that ends in NUL. */
static bool keep_text(ctr_check *c, char **out, size_t *allocated, const char *text, size_t size)
{
    if (size && memchr(text, 0, size))
        return true;
    *out = ctr_alloc(c->allocator, size + 1);
    if (!*out)
        return false;
    if (size)
        memcpy(*out, text, size);
    (*out)[size] = 0;
    *allocated = size + 1;
    return true;
}

/* Judges what `reader` gives; `is_folder` tells that it reads a trace folder. */
static ctrace_status run(ctr_check *c, ctrace_reader *reader, bool is_folder, const ctrace_validate_options *options,
                         ctrace_error *error)
{
    c->form = c->report->form = ctrace_reader_form(reader);
    if (options->has_profile && !ctrace_consumer_reads(options->profile, c->form))
        ctr_tell_at(c, CTR_RULE_FORM_UNREAD, &CTR_POSITION_UNKNOWN, NULL, "%s does not read %s",
                    ctrace_consumer_name(options->profile), ctrace_form_text(c->form));
    const ctrace_metadata *metadata = ctrace_reader_metadata(reader);
    if (metadata && metadata->workdir.size &&
        !keep_text(c, &c->workdir, &c->workdir_size, metadata->workdir.data, metadata->workdir.size))
        return CTRACE_NO_MEMORY;
    ctrace_status status = check_events(c, reader, options, error);
    if (status != CTRACE_OK)
        return status;
    ctr_check_calls_end(c);
    ctr_check_steps_end(c);
    ctr_check_names_end(c);
    if (c->folder)
        ctr_check_sidecars(c, is_folder);
    return c->status;
}

/* Ends a run: the report goes to the caller, or away. */
static ctrace_status finish(ctr_check *c, ctrace_status status, ctrace_report **out, ctrace_error *error)
{
    if (status == CTRACE_NO_MEMORY)
        ctr_fail(error, CTRACE_NO_MEMORY, "no memory for validating a trace");
    if (status == CTRACE_OK) {
        ctr_report_sort(c->report);
        *out = c->report;
        c->report = NULL;
    }
    free_check(c);
    return status;
}

/* The reader could not be opened: a verdict or a failure. */
static ctrace_status judge_opening(ctr_check *c, ctrace_status status, const ctrace_error *failure,
                                   ctrace_error *error)
{
    ctr_rule_number rule;
    if (verdict_of(status, &rule)) {
        ctr_tell_at(c, rule, &failure->position, NULL, "%s", failure->message);
        return c->status;
    }
    if (error)
        *error = *failure;
    return status;
}

/* Whether a lone file has the name that it has in a trace folder. */
static bool is_named_as_in_folder(ctrace_str name)
{
    for (unsigned form = 0; form < CTRACE_FORM_COUNT; form++) {
        const char *known = ctrace_form_file((ctrace_form)form);
        if (name.size == strlen(known) && memcmp(name.data, known, name.size) == 0)
            return true;
    }
    return false;
}

/* The folder of the trace. A lone trace.json belongs to the folder that holds it. */
static bool find_folder(ctr_check *c, ctrace_str path, bool is_folder)
{
    if (is_folder)
        return keep_text(c, &c->folder, &c->folder_size, path.data, path.size);
    size_t at = path.size;
    while (at && path.data[at - 1] != '/')
        at--;
    if (!is_named_as_in_folder((ctrace_str){path.data + at, path.size - at}))
        return true;
    if (at == 0)
        return keep_text(c, &c->folder, &c->folder_size, ".", 1);
    return keep_text(c, &c->folder, &c->folder_size, path.data, at - (at > 1));
}

static ctrace_status judge_path(ctrace_report **out, ctrace_str path, ctrace_str file, bool is_folder,
                                const ctrace_validate_options *options, ctrace_error *error)
{
    ctr_check c;
    ctrace_reader *reader = NULL;
    ctrace_error failure;
    ctrace_status status = CTRACE_NO_MEMORY;
    if (init_check(&c, options, file) && find_folder(&c, path, is_folder)) {
        ctrace_reader_options reading = {CTRACE_READER_OPTIONS_INIT, .allocator = options->allocator};
        status = ctrace_reader_open(&reader, path, &reading, &failure);
        status = status == CTRACE_OK ? run(&c, reader, is_folder, options, error)
                                     : judge_opening(&c, status, &failure, error);
        ctrace_reader_close(&reader);
    }
    return finish(&c, status, out, error);
}

ctrace_status ctrace_validate(ctrace_report **out, ctrace_str path, const ctrace_validate_options *options,
                              ctrace_error *error)
{
    *out = NULL;
    ctrace_validate_options taken;
    ctrace_status status = take_options(options, &taken, error);
    if (status != CTRACE_OK)
        return status;
    if (!path.size || memchr(path.data, 0, path.size))
        return ctr_fail(error, CTRACE_ARGUMENT, "the path is empty or holds a NUL");
    while (path.size > 1 && path.data[path.size - 1] == '/')
        path.size--;
    ctr_buffer text = {.allocator = taken.allocator}, file = text, metadata = text;
    status = CTRACE_NO_MEMORY;
    if (ctr_buffer_append(&text, path.data, path.size) && ctr_buffer_append(&text, "", 1)) {
        struct stat about;
        bool is_folder = stat(text.data, &about) == 0 && S_ISDIR(about.st_mode);
        status = ctr_find_trace(text.data, &file, &metadata, NULL);
        /* Opening it tells what is wrong. */
        ctrace_str found = status == CTRACE_OK ? (ctrace_str){file.data, file.size - 1} : path;
        if (status != CTRACE_NO_MEMORY)
            status = judge_path(out, path, found, is_folder, &taken, error);
    }
    if (status == CTRACE_NO_MEMORY)
        ctr_fail(error, status, "no memory for validating a trace");
    ctr_buffer_free(&text);
    ctr_buffer_free(&file);
    ctr_buffer_free(&metadata);
    return status;
}

ctrace_status ctrace_validate_source(ctrace_report **out, const ctrace_source *source, ctrace_str name,
                                     const ctrace_validate_options *options, ctrace_error *error)
{
    *out = NULL;
    ctrace_validate_options taken;
    ctrace_status status = take_options(options, &taken, error);
    if (status != CTRACE_OK)
        return status;
    ctr_check c;
    ctrace_reader *reader = NULL;
    ctrace_error failure;
    status = CTRACE_NO_MEMORY;
    if (init_check(&c, &taken, name)) {
        ctrace_reader_options reading = {CTRACE_READER_OPTIONS_INIT, .allocator = taken.allocator};
        status = ctrace_reader_open_source(&reader, source, name, &reading, &failure);
        status = status == CTRACE_OK ? run(&c, reader, false, &taken, error)
                                     : judge_opening(&c, status, &failure, error);
        ctrace_reader_close(&reader);
    }
    return finish(&c, status, out, error);
}
