/* Long work without Ruby's lock. */
#include "extension.h"

#include <ruby/thread.h>

int ctrb_work_progress(void *work, uint64_t done, uint64_t total)
{
    (void)done;
    (void)total;
    return ((ctrb_work *)work)->interrupted;
}

static void *run(void *argument)
{
    ctrb_work *work = argument;
    work->status = work->run(work);
    return work;
}

static void interrupt(void *argument)
{
    ((ctrb_work *)argument)->interrupted = true;
}

/* Raises what interrupts the thread only when the work holds nothing; after a signal that raised nothing it begins
 * again. */
void ctrb_work_run(ctrb_work *work)
{
    bool stopped;
    do {
        work->interrupted = false;
        bool ran = rb_thread_call_without_gvl2(run, work, interrupt, work) != NULL;
        stopped = !ran || (work->interrupted && work->status == CTRACE_STATE);
        if (stopped)
            rb_thread_check_ints();
    } while (stopped);
}
