/* A conversion from inside. convert.c, repair.c and cut.c choose the events; job.c opens and ends, loss.c counts what
 * is lost on the way, sidecars.c brings what lies beside the events. */
#ifndef CTRACE_LIB_CONVERT_JOB_H
#define CTRACE_LIB_CONVERT_JOB_H

#include "base/buffer.h"
#include "base/failure.h"
#include "convert/input.h"
#include "convert/metadata.h"
#include "convert/output.h"
#include "convert/report.h"
#include "ctrace/writer.h"

typedef enum ctr_task { CTR_TASK_CONVERT, CTR_TASK_REPAIR, CTR_TASK_CUT } ctr_task;

typedef struct ctr_job {
    ctr_task task;
    const ctrace_allocator *allocator;
    ctrace_convert_options options;
    ctrace_range range; /* of CTR_TASK_CUT */
    ctrace_error *error;
    ctrace_conversion *report;
    ctr_input in;

    ctr_buffer out_name;
    ctr_output out;      /* when there is no sink */
    ctrace_form form;
    int events_file;     /* or -1 */
    uint64_t events_end; /* how far it was written */
    int paths_file;      /* trace_paths.json of a folder, or -1 */
    ctr_buffer paths;    /* what waits for it */
    uint64_t paths_end;
    bool any_path;

    ctrace_writer *writer;
    ctrace_writer_counts counts; /* at the last change, and at the end */
    uint64_t changes;            /* ctr_writer_changes() then */
    int sink_error;              /* the errno of the first write that failed */
    uint32_t until_progress;

    ctr_metadata metadata;   /* of the input */
    ctr_buffer first_path;   /* text of the first path, for metadata that is missing */
    char new_id[36];         /* made when there is none, or for a part */
    bool whole;              /* the input came to its end, which was one */
    uint64_t gaps;           /* unreadable parts so far, */
    uint64_t gap_events;     /* and how many events can have been in the last one */
    bool begin_told;         /* that the file begins with one */
} ctr_job;

/* What each task does between the opening of the input and the end: reads events and puts those that stay. */
typedef ctrace_status ctr_job_run(ctr_job *job);

/* The whole of a conversion. */
ctrace_status ctr_job_do(ctr_task task, ctr_job_run *run, ctrace_range range, ctrace_conversion **report, ctrace_str in,
                         ctrace_str out, const ctrace_convert_options *options, ctrace_error *error);

/* Writes an event. `position` is where in the input it comes from; NULL: it is the event that was read last. */
ctrace_status ctr_job_put(ctr_job *job, const ctrace_event *event, const ctrace_position *position);
/* Now and then asks whether to go on. */
ctrace_status ctr_job_progress(ctr_job *job);
ctrace_status ctr_job_no_memory(ctr_job *job);

/* ---- loss.c ---- */

/* What became of what the reader gave last. */
typedef enum ctr_given {
    CTR_GIVEN_EVENT, /* it goes into the new trace */
    CTR_GIVEN_UP,    /* it does not */
    CTR_GIVEN_END    /* it was the end */
} ctr_given;

/* What the reader took leniently there and what that means for the new trace. A torn end or middle is a failure
 * (CTRACE_TRUNCATED) but in a repair. */
ctrace_status ctr_job_warnings(ctr_job *job, ctr_given given);
/* What the writer had to change in the last event; `position` as above. */
void ctr_job_count_changes(ctr_job *job, const ctrace_position *position);

/* ---- sidecars.c ---- */

/* Reads what stands beside the input. */
ctrace_status ctr_job_read_sidecars(ctr_job *job);
/* Tells the writer what it needs of the metadata; the texts belong to the job. */
void ctr_job_describe(ctr_job *job, ctrace_writer_options *options);
ctrace_status ctr_job_begin_paths(ctr_job *job);
ctrace_status ctr_job_put_path(ctr_job *job, ctrace_str path);
/* Writes the metadata and the paths, and copies the other files; or tells what stays behind. */
ctrace_status ctr_job_write_sidecars(ctr_job *job);

#endif
