/* The account of threads: each has its own open calls. */
#include "writer/writer.h"

static ctr_thread *find_thread(ctrace_writer *w, uint64_t id)
{
    ctr_thread *threads = (ctr_thread *)(void *)w->threads.data;
    for (size_t i = 0; i < w->threads.size / sizeof *threads; i++)
        if (threads[i].named && threads[i].id == id)
            return &threads[i];
    return NULL;
}

/* Forgets a thread that ended with nothing open, so that the list is as long as there are threads at a time. */
static void forget_thread(ctrace_writer *w, size_t at)
{
    ctr_thread *threads = (ctr_thread *)(void *)w->threads.data;
    size_t last = w->threads.size / sizeof *threads - 1;
    if (at == 0 || at == w->thread || !threads[at].exited || threads[at].open_calls)
        return;
    threads[at] = threads[last];
    if (w->thread == last)
        w->thread = at;
    w->threads.size -= sizeof *threads;
}

/* Each thread has its own open calls. The one that runs at the beginning gets its name when it is switched back to:
 * it is the only one that was never started. */
bool ctr_thread_changed(ctrace_writer *w, const ctrace_event *event)
{
    ctr_thread *threads = (ctr_thread *)(void *)w->threads.data;
    ctr_thread *thread = find_thread(w, event->thread_id);
    if (event->kind == CTRACE_EVENT_THREAD_EXIT) {
        if (thread) {
            thread->exited = true;
            forget_thread(w, (size_t)(thread - threads));
        }
        return true;
    }
    bool is_switch = event->kind == CTRACE_EVENT_THREAD_SWITCH;
    if (!thread && is_switch && !threads[0].named && w->thread != 0) {
        threads[0].named = true;
        threads[0].id = event->thread_id;
        thread = &threads[0];
    }
    if (!thread) {
        ctr_thread added = {.id = event->thread_id, .named = true};
        if (!ctr_buffer_append(&w->threads, &added, sizeof added))
            return false;
        threads = (ctr_thread *)(void *)w->threads.data;
        thread = threads + w->threads.size / sizeof *threads - 1;
    }
    thread->exited = false;
    if (is_switch) {
        size_t left = w->thread;
        w->thread = (size_t)(thread - threads);
        forget_thread(w, left);
    }
    return true;
}

ctrace_status ctr_close_frames(ctrace_writer *w)
{
    uint64_t expected = w->started && !(w->options.without & CTRACE_CONVENIENCE_TOP_LEVEL); /* the top level itself */
    ctrace_status status = CTRACE_OK;
    for (size_t left = w->threads.size / sizeof(ctr_thread); status == CTRACE_OK && left; left--) {
        while (status == CTRACE_OK && ctr_current_thread(w)->open_calls) {
            w->counts.frames_closed++;
            status = ctrace_return(w);
        }
        const ctr_thread *threads = (const ctr_thread *)(const void *)w->threads.data;
        for (size_t i = 0; status == CTRACE_OK && i < w->threads.size / sizeof *threads; i++) {
            if (threads[i].open_calls) {
                status = ctrace_thread_switch(w, threads[i].id);
                break;
            }
        }
    }
    w->counts.frames_closed -= w->counts.frames_closed ? expected : 0;
    return status;
}
