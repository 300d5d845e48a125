/* Opening, writing and ending of a conversion, whatever it is. */
#include "convert/job.h"
#include "convert/resume.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/options.h"
#include "base/uuid.h"
#include "io/file.h"
#include "writer/changes.h"

#define DEEPEST_VALUE       500
#define EVENTS_PER_PROGRESS 4096

ctrace_status ctr_job_no_memory(ctr_job *job)
{
    return ctr_fail(job->error, CTRACE_NO_MEMORY, "no memory for converting a trace");
}

/* ---- Writing ---- */

static int write_events(void *cookie, uint64_t offset, const char *data, size_t size)
{
    ctr_job *job = cookie;
    int failure = ctr_write_at(job->events_file, offset, data, size);
    if (failure && !job->sink_error)
        job->sink_error = failure;
    if (offset + size > job->events_end)
        job->events_end = offset + size;
    return failure;
}

/* What a failure of the writer means for the output. */
static ctrace_status fail_writing(ctr_job *job, ctrace_status status)
{
    if (job->sink_error)
        return ctr_fail_system(job->error, job->sink_error, "write", job->out_name.data);
    return status;
}

static ctrace_status open_writer(ctr_job *job)
{
    ctrace_sink sink = {.cookie = job, .write = write_events};
    /* Nobody reads the file before it has its name. */
    sink.sequential = job->form == CTRACE_FORM_JSON || job->form == CTRACE_FORM_NDJSON || job->form == CTRACE_FORM_BIN;
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT,
                                     .without = CTRACE_CONVENIENCE_ALL,
                                     .max_depth = DEEPEST_VALUE,
                                     .flush_ms = UINT32_MAX,
                                     .form = job->form,
                                     .level = job->options.level,
                                     .compress_aside = job->options.compress_aside,
                                     .allocator = job->allocator};
    ctr_job_describe(job, &options);
    return ctrace_writer_open_sink(&job->writer, job->options.sink ? job->options.sink : &sink, &options, job->error);
}

static ctrace_status keep_first_path(ctr_job *job, ctrace_str path)
{
    if (job->any_path)
        return CTRACE_OK;
    job->any_path = true;
    return ctr_buffer_append(&job->first_path, path.data, path.size) ? CTRACE_OK : ctr_job_no_memory(job);
}

static ctrace_status tell_progress(ctr_job *job)
{
    job->until_progress = EVENTS_PER_PROGRESS;
    if (!job->options.progress)
        return CTRACE_OK;
    const ctrace_reader *first = job->in.first ? job->in.first : job->in.reader;
    uint64_t total = job->in.resumed && !job->in.first ? 0 : ctrace_reader_file_size(first);
    if (job->options.progress(job->options.progress_cookie, ctr_input_bytes_read(&job->in), total) != 0)
        return ctr_fail(job->error, CTRACE_STATE, "stopped");
    return CTRACE_OK;
}

ctrace_status ctr_job_put(ctr_job *job, const ctrace_event *event, const ctrace_position *position)
{
    ctrace_status status = CTRACE_OK;
    if (event->kind == CTRACE_EVENT_PATH) {
        status = keep_first_path(job, event->path);
        if (status == CTRACE_OK && job->paths_file >= 0)
            status = ctr_job_put_path(job, event->path);
    }
    /* A container wants the program's name, which may only be known by the first path. */
    if (status == CTRACE_OK && !job->writer)
        status = open_writer(job);
    if (status != CTRACE_OK)
        return status;
    status = ctrace_writer_event(job->writer, event);
    if (status != CTRACE_OK) {
        ctrace_writer_status(job->writer, job->error);
        return fail_writing(job, status);
    }
    if (ctr_writer_changes(job->writer) != job->changes)
        ctr_job_count_changes(job, position);
    return --job->until_progress ? CTRACE_OK : tell_progress(job);
}

ctrace_status ctr_job_progress(ctr_job *job)
{
    return --job->until_progress ? CTRACE_OK : tell_progress(job);
}

static ctrace_status close_writer(ctr_job *job)
{
    ctrace_status status = job->writer ? CTRACE_OK : open_writer(job);
    if (status != CTRACE_OK)
        return status;
    ctr_job_count_changes(job, NULL);
    job->report->events = job->counts.events;
    job->report->bytes = job->counts.bytes;
    status = ctrace_writer_close(&job->writer, job->error);
    if (status != CTRACE_OK)
        return fail_writing(job, status);
    if (job->events_file < 0)
        return CTRACE_OK;
    job->report->bytes = job->events_end;
    int failure = fsync(job->events_file) != 0 && errno != EINVAL ? errno : 0;
    return failure ? ctr_fail_system(job->error, failure, "write", job->out_name.data) : CTRACE_OK;
}

/* ---- Opening ---- */

static ctrace_status refuse(ctr_job *job, const char *why)
{
    ctr_fail(job->error, CTRACE_ARGUMENT, "%s", why);
    ctr_error_set_file(job->error, job->out_name.data, job->out_name.size - 1);
    return CTRACE_ARGUMENT;
}

static ctrace_status choose_form(ctr_job *job)
{
    const ctrace_convert_options *o = &job->options;
    if (o->has_form && (unsigned)o->form >= CTRACE_FORM_COUNT)
        return refuse(job, "the form is not one");
    job->report->from = ctrace_reader_form(job->in.reader);
    job->form = o->has_form ? o->form : CTRACE_FORM_COUNT;
    if (job->form == CTRACE_FORM_COUNT && !job->out.is_folder)
        job->form = ctrace_form_of_name((ctrace_str){job->out_name.data, job->out_name.size - 1});
    if (job->form == CTRACE_FORM_COUNT)
        job->form = job->report->from;
    job->report->to = job->form;
    return CTRACE_OK;
}

static ctrace_status check_places(ctr_job *job)
{
    if (!job->out.exists)
        return CTRACE_OK;
    if (ctr_input_is(&job->in, job->out.device, job->out.inode))
        return refuse(job, "the output is the input, which stays as it is");
    if (job->out.is_folder && ctr_input_is_inside(&job->in, job->out.device, job->out.inode))
        return refuse(job, "the output is the folder of the input, or holds it; it stays as it is");
    return CTRACE_OK;
}

static ctrace_status open_output(ctr_job *job, ctrace_str out)
{
    if (!ctr_buffer_append(&job->out_name, out.data, out.size) || !ctr_buffer_append(&job->out_name, "", 1))
        return ctr_job_no_memory(job);
    if (job->options.sink) {
        if (!job->options.sink->write)
            return ctr_fail(job->error, CTRACE_ARGUMENT, "the sink cannot be written to");
        return choose_form(job);
    }
    if (memchr(out.data, 0, out.size))
        return ctr_fail(job->error, CTRACE_ARGUMENT, "the output's path holds a NUL");
    ctrace_status status = ctr_output_look(&job->out, job->out_name.data, job->options.lone_file, job->error);
    if (status == CTRACE_OK)
        status = choose_form(job);
    if (status == CTRACE_OK)
        status = check_places(job);
    return status;
}

/* Only when nothing of the input speaks against it, so that a refusal touches nothing. */
static ctrace_status begin_output(ctr_job *job)
{
    if (job->options.sink)
        return CTRACE_OK;
    ctrace_status status = ctr_output_begin(&job->out, ctrace_form_file(job->form), &job->events_file, job->error);
    if (status == CTRACE_OK && job->out.is_folder)
        status = ctr_job_begin_paths(job);
    return status;
}

static void end_job(ctr_job *job)
{
    ctrace_writer_abandon(&job->writer);
    if (job->events_file >= 0)
        close(job->events_file);
    if (job->paths_file >= 0)
        close(job->paths_file);
    ctr_output_end(&job->out);
    ctr_input_close(&job->in);
    ctr_metadata_free(&job->metadata);
    ctr_buffer_free(&job->out_name);
    ctr_buffer_free(&job->paths);
    ctr_buffer_free(&job->first_path);
}

static ctrace_status do_job(ctr_job *job, ctr_job_run *run, ctrace_str in, ctrace_str out)
{
    bool again = job->task != CTR_TASK_CONVERT;
    ctrace_status status = ctr_input_open(&job->in, in, job->options.source, again, job->error);
    if (status == CTRACE_NOT_A_TRACE && job->task == CTR_TASK_REPAIR)
        status = ctr_job_resume_at_begin(job);
    if (status == CTRACE_OK)
        status = open_output(job, out);
    if (status == CTRACE_OK)
        status = ctr_job_read_sidecars(job);
    if (status == CTRACE_OK)
        status = begin_output(job);
    if (status == CTRACE_OK)
        status = run(job);
    if (status == CTRACE_OK)
        status = close_writer(job);
    if (status == CTRACE_OK)
        status = ctr_job_write_sidecars(job);
    if (status != CTRACE_OK)
        return status;
    if (job->options.strict && job->report->loss_count)
        return ctr_fail(job->error, CTRACE_LOSS, "%s",
                        ctrace_loss_text(ctrace_conversion_loss_at(job->report, 0)->kind));
    return job->options.sink ? CTRACE_OK : ctr_output_commit(&job->out, job->error);
}

ctrace_status ctr_job_do(ctr_task task, ctr_job_run *run, ctrace_range range, ctrace_conversion **report, ctrace_str in,
                         ctrace_str out, const ctrace_convert_options *options, ctrace_error *error)
{
    if (report)
        *report = NULL;
    ctr_job *job = NULL;
    ctrace_convert_options taken;
    ctrace_status status = ctr_take_options(&taken, sizeof taken, options, "ctrace_convert_options", error);
    if (status != CTRACE_OK)
        return status;
    job = ctr_alloc_zero(taken.allocator, sizeof *job);
    ctrace_conversion *told = ctr_alloc_zero(taken.allocator, sizeof *told);
    if (!job || !told) {
        ctr_free(taken.allocator, job, sizeof *job);
        ctr_free(taken.allocator, told, sizeof *told);
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for converting a trace");
    }
    told->allocator = job->allocator = job->in.allocator = taken.allocator;
    job->task = task;
    job->options = taken;
    job->range = range;
    job->error = error;
    job->report = told;
    job->in.fd = job->in.folder = job->events_file = job->paths_file = -1;
    job->out.parent = job->out.folder = -1;
    job->out_name.allocator = job->paths.allocator = job->first_path.allocator = taken.allocator;
    job->metadata.arena.allocator = taken.allocator;
    job->until_progress = EVENTS_PER_PROGRESS;
    job->whole = true;
    ctr_uuid7(job->new_id);
    status = do_job(job, run, in, out);
    end_job(job);
    ctr_free(taken.allocator, job, sizeof *job);
    if (report && (status == CTRACE_OK || status == CTRACE_LOSS))
        *report = told;
    else
        ctrace_conversion_free(&told);
    return status;
}
