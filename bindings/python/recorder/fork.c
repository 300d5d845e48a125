/* The child of a fork gets a trace of its own, begun when the first of its events comes: a child that only becomes another
 * program leaves none. The C library tells of forks, so that nothing of the interpreter runs in between, and those that
 * are not Python's are heard of too.
 *
 * The recorder has no thread from before a fork until the parent's next event, as the interpreter warns of forks in a
 * process of several threads. */
#include "session.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static thread_record *forking; /* NULL when the thread is not known */

/* Threads of the process as the kernel counts them; 0 when it does not tell. */
static long count_threads(void)
{
    char text[512];
    int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    text[size > 0 ? size : 0] = 0;
    const char *p = strrchr(text, ')');
    for (int field = 2; p && field < 20; field++) {
        p = strchr(p, ' ');
        p += p != NULL;
    }
    return p ? strtol(p, NULL, 10) : 0;
}

static void before(void)
{
    session *s = &the_session;
    forking = NULL;
    s->fork_is_safe = s->active && !s->forked && PyGILState_Check();
    if (!s->fork_is_safe)
        return;
    fork_settle(s);
    const PyThreadState *thread = PyGILState_GetThisThreadState();
    if (thread)
        forking = thread_find(s, thread);
    long count = count_threads();
    ctrace_recorder_before_fork(s->recorder);
    /* A thread that was waited for may still be counted for a moment. */
    for (int i = 0; i < 100 && count > 1 && count_threads() >= count; i++)
        poll(NULL, 0, 1);
}

static void look_anew(session *s)
{
    s->thread = NULL;
    s->thread_state = NULL;
}

static void in_parent(void)
{
    session *s = &the_session;
    if (!s->fork_is_safe)
        return;
    s->rests = true;
    look_anew(s);
}

static void in_child(void)
{
    session *s = &the_session;
    if (!s->active)
        return;
    s->forked = s->is_child = true;
    s->active = s->fork_is_safe;
    look_anew(s);
}

bool fork_watch(void)
{
    static bool watched;
    if (!watched)
        watched = pthread_atfork(before, in_parent, in_child) == 0;
    return watched;
}

static bool begin_child(session *s)
{
    s->forked = false;
    threads_forget(s, forking);
    s->first_thread = forking;
    s->active = ctrace_recorder_after_fork_in_child(s->recorder, forking ? forking->lane : NULL, (ctrace_str){"", 0},
                                                    NULL) == CTRACE_OK;
    if (s->paused)
        ctrace_recorder_pause(s->recorder);
    else
        ctrace_recorder_resume(s->recorder);
    signals_start(s);
    return s->active;
}

bool fork_settle(session *s)
{
    if (s->rests) {
        s->rests = false;
        ctrace_recorder_after_fork_in_parent(s->recorder);
    }
    return !s->forked || begin_child(s);
}
