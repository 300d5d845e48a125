#include "threads.h"

#include "complain.h"

#include <stdlib.h>
#include <string.h>

/* The first place in by_id whose id is not below `id`. */
static size_t place_of(const threads *t, uint64_t id)
{
    size_t low = 0;
    size_t high = t->with_id;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->list[t->by_id[middle]].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_known(const threads *t, uint64_t id, size_t place)
{
    return place < t->with_id && t->list[t->by_id[place]].id == id;
}

static void give_id(threads *t, size_t index, uint64_t id, size_t place)
{
    t->by_id = need(realloc(t->by_id, (t->with_id + 1) * sizeof *t->by_id));
    memmove(t->by_id + place + 1, t->by_id + place, (t->with_id - place) * sizeof *t->by_id);
    t->by_id[place] = index;
    t->with_id++;
    t->list[index].id = id;
    t->list[index].has_id = true;
}

static size_t add(threads *t)
{
    t->list = need(realloc(t->list, (t->count + 1) * sizeof *t->list));
    t->list[t->count] = (thread){0};
    return t->count++;
}

void threads_begin(threads *t)
{
    *t = (threads){0};
    add(t);
}

static void start(threads *t, uint64_t id)
{
    size_t place = place_of(t, id);
    if (!is_known(t, id, place))
        give_id(t, add(t), id, place);
}

static void switch_to(threads *t, uint64_t id)
{
    size_t place = place_of(t, id);
    /* Nothing tells the start of the first thread: an id that was never started is its own. */
    if (!is_known(t, id, place))
        give_id(t, t->list[0].has_id ? add(t) : 0, id, place);
    t->current = t->by_id[place];
}

thread *threads_see(threads *t, const ctrace_event *event)
{
    if (event->kind == CTRACE_EVENT_THREAD_START)
        start(t, event->thread_id);
    else if (event->kind == CTRACE_EVENT_THREAD_SWITCH)
        switch_to(t, event->thread_id);

    thread *now = &t->list[t->current];
    if (event->kind == CTRACE_EVENT_CALL) {
        if (++now->depth > now->deepest)
            now->deepest = now->depth;
    } else if (event->kind == CTRACE_EVENT_RETURN) {
        if (now->depth)
            now->depth--;
        else
            now->stray++;
    }
    return now;
}

void threads_free(threads *t)
{
    free(t->list);
    free(t->by_id);
    *t = (threads){0};
}
