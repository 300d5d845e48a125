/* From one form into another: every event goes over, and what is not whole is refused. */
#include "convert/job.h"

static ctrace_status run(ctr_job *job)
{
    const ctrace_event *event;
    ctrace_status status;
    while ((status = ctr_input_next(&job->in, &event, job->error)) == CTRACE_OK) {
        status = ctr_job_warnings(job, CTR_GIVEN_EVENT);
        if (status == CTRACE_OK)
            status = ctr_job_put(job, event, NULL);
        if (status != CTRACE_OK)
            return status;
    }
    return status == CTRACE_END ? ctr_job_warnings(job, CTR_GIVEN_END) : status;
}

ctrace_status ctrace_convert(ctrace_conversion **report, ctrace_str in, ctrace_str out,
                             const ctrace_convert_options *options, ctrace_error *error)
{
    return ctr_job_do(CTR_TASK_CONVERT, run, (ctrace_range){0}, report, in, out, options, error);
}
