/* The files beside the events of the new trace. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/json/emit.h"
#include "convert/job.h"
#include "convert/tree.h"
#include "io/file.h"

#define PATHS_AT_ONCE 65536

static bool metadata_is_there(const ctr_job *job)
{
    return job->metadata.state == CTR_SIDECAR_FINE || job->metadata.state == CTR_SIDECAR_INCOMPLETE;
}

static ctrace_status fail_write(ctr_job *job, int failure)
{
    return ctr_fail_system(job->error, failure, "write", job->out_name.data);
}

ctrace_status ctr_job_read_sidecars(ctr_job *job)
{
    if (ctr_metadata_read(&job->metadata, job->in.folder, job->in.metadata.data) != CTRACE_OK)
        return ctr_job_no_memory(job);
    if (job->metadata.state == CTR_SIDECAR_MALFORMED || job->metadata.state == CTR_SIDECAR_UNREADABLE)
        ctr_lose(job->report, CTRACE_LOSS_METADATA, CTR_LOSS_SINGLE, 1, &job->metadata.problem.position,
                 "trace_metadata.json cannot be used: %s", job->metadata.problem.message);
    return CTRACE_OK;
}

/* ---- What the trace tells about itself ---- */

static bool is_uuid(ctrace_str text)
{
    if (text.size != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        char c = text.data[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
    }
    return true;
}

/* What is known of the trace, with what had to be made up. */
static ctrace_metadata about(const ctr_job *job)
{
    const ctrace_metadata *of_reader = ctr_input_metadata(&job->in);
    ctrace_metadata known = {0};
    if (metadata_is_there(job))
        known = job->metadata.known;
    else if (of_reader)
        known = *of_reader;
    if (!known.program.size)
        known.program = (ctrace_str){job->first_path.data, job->first_path.size};
    if (job->task == CTR_TASK_CUT || !known.recording_id.size)
        known.recording_id = (ctrace_str){job->new_id, sizeof job->new_id};
    return known;
}

void ctr_job_describe(ctr_job *job, ctrace_writer_options *options)
{
    ctrace_metadata known = about(job);
    options->program = known.program;
    options->args = known.args;
    options->arg_count = known.arg_count;
    options->workdir = known.workdir;
    options->recorder = known.recorder;
    options->recorder_version = known.recorder_version;
    if (is_uuid(known.recording_id))
        options->recording_id = known.recording_id;
}

static ctr_made_metadata made_metadata(const ctr_job *job)
{
    static const char *const units[] = {
        [CTRACE_UNIT_EVENT] = "event", [CTRACE_UNIT_STEP] = "step", [CTRACE_UNIT_CALL] = "call"};
    const ctrace_metadata *of_reader = ctr_input_metadata(&job->in);
    ctr_made_metadata made = {
        .about = about(job),
        .cut_off = !job->whole,
        .repaired = job->task == CTR_TASK_REPAIR,
        .events = job->counts.events,
        .steps = job->counts.steps,
        .calls = job->counts.calls,
    };
    if (job->task == CTR_TASK_CUT) {
        made.cut_unit = units[job->range.unit];
        made.cut_first = job->range.first;
        made.cut_end = job->range.end;
        made.cut_of = metadata_is_there(job) ? job->metadata.known.recording_id
                      : of_reader            ? of_reader->recording_id
                                             : (ctrace_str){0};
    }
    return made;
}

static void tell_made(ctr_job *job, unsigned added)
{
    if (metadata_is_there(job)) {
        if (added && job->task == CTR_TASK_REPAIR)
            ctr_note(job->report, "trace_metadata.json lacked %u of recording_id, workdir, program and args: made up",
                     added);
        return;
    }
    if (ctr_input_metadata(&job->in))
        return; /* a container's own */
    ctr_note(job->report, "there was no trace_metadata.json to take along: made, with the first path as the program");
}

static ctrace_status put_file(ctr_job *job, const char *name, const char *data, size_t size)
{
    int file = -1;
    int failure = ctr_create_file(job->out.folder, name, &file);
    if (!failure)
        failure = ctr_write_at(file, 0, data, size);
    if (file >= 0 && close(file) != 0 && !failure)
        failure = errno;
    return failure ? fail_write(job, failure) : CTRACE_OK;
}

static ctrace_status write_metadata(ctr_job *job)
{
    if (job->task == CTR_TASK_CONVERT && metadata_is_there(job))
        return put_file(job, "trace_metadata.json", job->metadata.text.data, job->metadata.text.size);
    ctr_buffer text = {.allocator = job->allocator};
    ctr_made_metadata made = made_metadata(job);
    unsigned added = 0;
    ctrace_status status;
    if (ctr_metadata_write(&text, &job->metadata, &made, job->task == CTR_TASK_CUT, &added))
        status = put_file(job, "trace_metadata.json", text.data, text.size);
    else
        status = ctr_job_no_memory(job);
    ctr_buffer_free(&text);
    tell_made(job, added - (job->task == CTR_TASK_CUT && added));
    return status;
}

/* ---- trace_paths.json ---- */

ctrace_status ctr_job_begin_paths(ctr_job *job)
{
    int failure = ctr_create_file(job->out.folder, "trace_paths.json", &job->paths_file);
    return failure ? fail_write(job, failure) : CTRACE_OK;
}

static ctrace_status flush_paths(ctr_job *job)
{
    int failure = ctr_write_at(job->paths_file, job->paths_end, job->paths.data, job->paths.size);
    job->paths_end += job->paths.size;
    job->paths.size = 0;
    return failure ? fail_write(job, failure) : CTRACE_OK;
}

ctrace_status ctr_job_put_path(ctr_job *job, ctrace_str path)
{
    uint64_t mended = 0; /* counted with the event */
    bool first = !job->paths_end && !job->paths.size;
    if (!ctr_buffer_append(&job->paths, first ? "[\n" : ",\n", 2) || !ctr_json_text(&job->paths, path, &mended))
        return ctr_job_no_memory(job);
    return job->paths.size >= PATHS_AT_ONCE ? flush_paths(job) : CTRACE_OK;
}

static ctrace_status end_paths(ctr_job *job)
{
    bool none = !job->paths_end && !job->paths.size;
    if (!ctr_buffer_append(&job->paths, none ? "[\n]\n" : "\n]\n", none ? 4 : 3))
        return ctr_job_no_memory(job);
    ctrace_status status = flush_paths(job);
    if (close(job->paths_file) != 0 && status == CTRACE_OK)
        status = fail_write(job, errno);
    job->paths_file = -1;
    return status;
}

/* ---- Copies ---- */

static void tell_not_copied(ctr_job *job, const char *path, int failure)
{
    ctrace_error why;
    const char *said = why.message;
    if (failure == EINVAL)
        said = "it is no plain file";
    else if (failure == EFBIG)
        said = "it is larger than 64 MiB";
    else if (failure == ELOOP)
        said = "it lies too deep";
    else if (failure == ENOTDIR)
        said = "it is no plain folder";
    else
        ctr_fail_system(&why, failure, "copy", path);
    if (said == why.message)
        ctr_lose(job->report, CTRACE_LOSS_FILE_UNREADABLE, CTR_LOSS_SINGLE, 1, NULL, "%s", said);
    else
        ctr_lose(job->report, CTRACE_LOSS_FILE_UNREADABLE, CTR_LOSS_SINGLE, 1, NULL, "%.150s: %s", path, said);
}

static int not_copied(void *cookie, const char *path, int failure)
{
    tell_not_copied(cookie, path, failure);
    ctr_job *job = cookie;
    job->until_progress = 1;
    return ctr_job_progress(job) == CTRACE_OK ? 0 : ECANCELED;
}

/* A lone file lies among anything; what is beside it belongs to it when the metadata does. */
static bool has_folder(const ctr_job *job)
{
    return job->in.folder >= 0 && (job->in.is_folder || job->metadata.state != CTR_SIDECAR_MISSING);
}

/* Those that are copied as they are. */
static const char *const plain_sidecars[] = {"symbols.json", "trace_db_metadata.json"};
#define PLAIN_SIDECARS (sizeof plain_sidecars / sizeof *plain_sidecars)

static bool is_there(const ctr_job *job, const char *name)
{
    struct stat status;
    return fstatat(job->in.folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

static ctrace_status copy_files(ctr_job *job)
{
    int failure = 0;
    for (size_t i = 0; i < PLAIN_SIDECARS && !failure; i++) {
        int why = ctr_tree_copy_file(job->in.folder, plain_sidecars[i], job->out.folder);
        if (why == ENOSPC || why == EDQUOT)
            failure = why;
        else if (why && why != ENOENT)
            tell_not_copied(job, plain_sidecars[i], why);
    }
    ctr_tree_losses losses = {job, not_copied};
    if (!failure && !job->options.no_files && is_there(job, "files"))
        failure = ctr_tree_copy(job->in.folder, "files", job->out.folder, &losses);
    if (failure == ECANCELED)
        return CTRACE_STATE; /* told */
    return failure ? fail_write(job, failure) : CTRACE_OK;
}

/* ---- A lone file ---- */

static bool stays_beside(const ctr_job *job)
{
    struct stat in, out;
    return job->in.folder >= 0 && job->out.parent >= 0 && fstat(job->in.folder, &in) == 0 &&
           fstat(job->out.parent, &out) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

static void tell_left(ctr_job *job, const char *name)
{
    ctr_lose(job->report, CTRACE_LOSS_METADATA, CTR_LOSS_SINGLE, 1, NULL,
             "a lone file has no place for %s; a folder has", name);
}

static void tell_left_behind(ctr_job *job)
{
    bool holds_metadata = job->form == CTRACE_FORM_CT;
    if (metadata_is_there(job) && !holds_metadata)
        tell_left(job, "trace_metadata.json");
    else if (metadata_is_there(job) && ctr_metadata_has_more(&job->metadata))
        tell_left(job, "all of trace_metadata.json");
    else if (!metadata_is_there(job) && !holds_metadata && ctr_input_metadata(&job->in))
        tell_left(job, "the container's metadata");
    if (!has_folder(job))
        return;
    for (size_t i = 0; i < PLAIN_SIDECARS; i++)
        if (is_there(job, plain_sidecars[i]))
            tell_left(job, plain_sidecars[i]);
    if (!job->options.no_files && is_there(job, "files"))
        tell_left(job, "files/");
}

ctrace_status ctr_job_write_sidecars(ctr_job *job)
{
    if (job->options.sink)
        return CTRACE_OK; /* who gives one wants the events alone */
    if (!job->out.is_folder) {
        if (!stays_beside(job))
            tell_left_behind(job);
        return CTRACE_OK;
    }
    ctrace_status status = end_paths(job);
    if (status == CTRACE_OK)
        status = write_metadata(job);
    if (status == CTRACE_OK && has_folder(job))
        status = copy_files(job);
    return status;
}
