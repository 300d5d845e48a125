#include "reader/index.h"

#define EVENTS_APART 4096
#define BYTES_APART  ((uint64_t)1 << 20)

void ctr_index_reset(ctr_index *index)
{
    index->count = 0;
    index->complete = index->from_file = false;
    index->due_event = index->events_apart = EVENTS_APART;
    index->due_bytes = index->bytes_apart = BYTES_APART;
}

void ctr_index_init(ctr_index *index, const ctrace_allocator *allocator)
{
    *index = (ctr_index){.allocator = allocator};
    ctr_index_reset(index);
}

void ctr_index_free(ctr_index *index)
{
    ctr_free(index->allocator, index->marks, index->capacity * sizeof *index->marks);
    index->marks = NULL;
    index->count = index->capacity = 0;
}

bool ctr_index_reserve(ctr_index *index, size_t count)
{
    if (count <= index->capacity)
        return true;
    size_t capacity = index->capacity ? index->capacity : 64;
    while (capacity < count)
        capacity *= 2;
    ctr_index_mark *marks = ctr_resize(index->allocator, index->marks, index->capacity * sizeof *marks,
                                       capacity * sizeof *marks);
    if (!marks)
        return false;
    index->marks = marks;
    index->capacity = capacity;
    return true;
}

/* So memory stays bounded, and marks stay evenly apart. */
static void drop_every_second(ctr_index *index)
{
    size_t kept = 0;
    for (size_t i = 1; i < index->count; i += 2)
        index->marks[kept++] = index->marks[i];
    index->count = kept;
    index->events_apart *= 2;
    index->bytes_apart *= 2;
}

void ctr_index_consider(ctr_index *index, ctr_decoder *decoder, const uint64_t before[CTR_UNIT_COUNT])
{
    uint64_t event = before[CTRACE_UNIT_EVENT];
    bool by_bytes = event % 64 == 0 && decoder->class->bytes_read(decoder) >= index->due_bytes;
    if ((event < index->due_event && !by_bytes) || !event || !decoder->class->mark)
        return;
    if (index->count && event <= index->marks[index->count - 1].place.event)
        return; /* that part was read before */
    ctr_mark place;
    if (!decoder->class->mark(decoder, &place) || place.event != event)
        return; /* a later event will have one */
    if (index->count == CTR_INDEX_MOST)
        drop_every_second(index);
    index->due_event = event + index->events_apart;
    index->due_bytes = decoder->class->bytes_read(decoder) + index->bytes_apart;
    if (!ctr_index_reserve(index, index->count + 1))
        return;
    ctr_index_mark *mark = &index->marks[index->count++];
    mark->place = place;
    memcpy(mark->before, before, sizeof mark->before);
}

const ctr_index_mark *ctr_index_find(const ctr_index *index, ctrace_unit unit, uint64_t n)
{
    size_t from = 0, to = index->count; /* those before `from` do not lie behind it, those from `to` on do */
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (index->marks[middle].before[unit] <= n)
            from = middle + 1;
        else
            to = middle;
    }
    return from ? &index->marks[from - 1] : NULL;
}
