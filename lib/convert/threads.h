/* Which thread an event is of. The first one needs no start, and has no id until it is named or come back to. */
#ifndef CTRACE_LIB_CONVERT_THREADS_H
#define CTRACE_LIB_CONVERT_THREADS_H

#include "base/map.h"
#include "ctrace/event.h"

typedef struct ctr_seen_thread {
    uint64_t id;
    bool named; /* its id is known */
    bool exited;
} ctr_seen_thread;

typedef struct ctr_threads {
    ctr_map map; /* id to index */
    ctr_seen_thread *list;
    size_t count, capacity;
    size_t current;
    bool stepped;
    const ctrace_allocator *allocator;
} ctr_threads;

/* Both return false when there is no memory. After the first, free it in any case. */
bool ctr_threads_init(ctr_threads *t, const ctrace_allocator *allocator);
bool ctr_threads_see_thread(ctr_threads *t, const ctrace_event *event);
void ctr_threads_free(ctr_threads *t);

/* Takes note of an event; `current` is the thread that it is of, and after a switch the one that follows. */
static inline bool ctr_threads_see(ctr_threads *t, const ctrace_event *event)
{
    if (event->kind == CTRACE_EVENT_STEP)
        t->stepped = true;
    if (event->kind < CTRACE_EVENT_THREAD_START || event->kind > CTRACE_EVENT_THREAD_SWITCH)
        return true;
    return ctr_threads_see_thread(t, event);
}

#endif
