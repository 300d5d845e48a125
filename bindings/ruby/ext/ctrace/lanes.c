/* The lanes of threads: made at the first thing to record, ended with the thread. */
#include "recorder.h"

struct ctrb_thread *ctrb_thread_now(void)
{
    VALUE thread = rb_thread_current();
    if (thread == ctrb_session.last_thread)
        return ctrb_session.last;
    struct ctrb_thread *t = ctrb_thread_of(thread, ctrb_session.number, true);
    if (!t)
        return NULL;
    ctrb_session.last_thread = thread;
    ctrb_session.last = t;
    return t;
}

/* The garbage collector may run while a value is put, so lanes of threads that it takes are ended later. What does not
 * fit in here ends with the recording. */
#define MAX_DEAD 256
static struct {
    size_t count;
    ctrace_lane *lanes[MAX_DEAD];
} dead;

void ctrb_lane_died(ctrace_lane *lane)
{
    if (lane != ctrb_session.first && dead.count < MAX_DEAD)
        dead.lanes[dead.count++] = lane;
}

static void end_dead_lanes(void)
{
    while (dead.count)
        ctrace_lane_end(dead.lanes[--dead.count]);
}

struct ctrb_thread *ctrb_thread_with_lane(void)
{
    if (!ctrb_session.r)
        return NULL;
    struct ctrb_thread *t = ctrb_thread_now();
    if (t && !t->lane && !t->ended) {
        end_dead_lanes();
        t->lane = ctrace_recorder_lane(ctrb_session.r);
    }
    return t;
}

void ctrb_end_lane(ctrace_lane *lane)
{
    if (lane && lane != ctrb_session.first)
        ctrace_lane_end(lane);
}

void ctrb_forget_lanes(void)
{
    for (struct ctrb_thread *t = ctrb_threads_first(); t; t = t->next) {
        t->lane = NULL;
        t->ended = true;
    }
    dead.count = 0;
    ctrb_session.last_thread = 0;
}

void ctrb_end_threads(void)
{
    end_dead_lanes();
    for (struct ctrb_thread *t = ctrb_threads_first(); t; t = t->next)
        ctrb_end_lane(t->lane);
    ctrb_forget_lanes();
}
