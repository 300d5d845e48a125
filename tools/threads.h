/* Which thread of the traced program each event belongs to, and how deep its calls are. */
#ifndef CTRACE_TOOLS_THREADS_H
#define CTRACE_TOOLS_THREADS_H

#include <ctrace/event.h>

typedef struct thread {
    uint64_t id;
    bool has_id;
    uint64_t depth;   /* calls that are open */
    uint64_t deepest; /* the most that were */
    uint64_t stray;   /* Returns without an open call */
} thread;

/* Thread 0 is the one that runs when the trace begins. Its id may become known later, or never. */
typedef struct threads {
    thread *list;
    size_t count;
    size_t *by_id; /* indexes of the threads with an id, sorted by it */
    size_t with_id;
    size_t current;
} threads;

void threads_begin(threads *t);
/* Takes in the event and gives the thread in which it happens. A Call counts as inside itself, a Return as outside of
 * what it leaves. A thread switch belongs to the new thread. */
thread *threads_see(threads *t, const ctrace_event *event);
void threads_free(threads *t);

#endif
