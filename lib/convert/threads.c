#include "convert/threads.h"

#include "base/uuid.h"

bool ctr_threads_init(ctr_threads *t, const ctrace_allocator *allocator)
{
    *t = (ctr_threads){.allocator = allocator, .map = {.allocator = allocator, .seed = ctr_random_u64()}};
    if (!ctr_make_room(allocator, (void **)&t->list, &t->capacity, 0, sizeof *t->list))
        return false;
    t->list[0] = (ctr_seen_thread){0};
    t->count = 1;
    return true;
}

static bool name_thread(ctr_threads *t, size_t index, uint64_t id)
{
    t->list[index].id = id;
    t->list[index].named = true;
    return ctr_map_add(&t->map, &id, sizeof id, index);
}

/* The thread of that id, which becomes the first one's where `is_first` and it has none. */
static bool find(ctr_threads *t, uint64_t id, bool is_first, size_t *index)
{
    ctrace_id found = ctr_map_find(&t->map, &id, sizeof id);
    *index = (size_t)found;
    if (found != CTRACE_ID_NONE)
        return true;
    if (is_first && !t->list[0].named) {
        *index = 0;
        return name_thread(t, 0, id);
    }
    if (!ctr_make_room(t->allocator, (void **)&t->list, &t->capacity, t->count, sizeof *t->list))
        return false;
    *index = t->count++;
    t->list[*index] = (ctr_seen_thread){0};
    return name_thread(t, *index, id);
}

bool ctr_threads_see_thread(ctr_threads *t, const ctrace_event *event)
{
    size_t index;
    bool on_first = t->current == 0;
    switch (event->kind) {
    case CTRACE_EVENT_THREAD_START:
        /* Before the first step nothing can have started another thread. */
        if (!find(t, event->thread_id, on_first && !t->stepped, &index))
            return false;
        t->list[index].exited = false;
        return true;
    case CTRACE_EVENT_THREAD_SWITCH:
        if (!find(t, event->thread_id, !on_first || !t->stepped, &index))
            return false;
        t->current = index;
        return true;
    default:
        if (!find(t, event->thread_id, true, &index))
            return false;
        t->list[index].exited = true;
        return true;
    }
}

void ctr_threads_free(ctr_threads *t)
{
    ctr_free(t->allocator, t->list, t->capacity * sizeof *t->list);
    ctr_map_free(&t->map);
    t->list = NULL;
    t->capacity = 0;
}
