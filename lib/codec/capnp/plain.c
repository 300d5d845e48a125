#include "codec/capnp/plain.h"

#include "base/memory.h"
#include "codec/capnp/wire.h"

#define BUFFER_WORDS (CTR_PLAIN_WINDOW + CTR_UNPACK_MORE)
#define MOST_MARKS   ((size_t)8192)
/* Marks are at least so far apart; in a long file further, so that they stay few. */
#define MARK_WORDS CTR_PLAIN_WINDOW
#define MARK_BYTES CTR_PLAIN_INPUT

struct ctr_plain_buffer {
    ctr_plain_buffer *next; /* that is held */
    uint64_t words[BUFFER_WORDS];
};

#define INPUT_SIZE (CTR_PLAIN_INPUT + CTR_UNPACK_MARGIN)

bool ctr_plain_init(ctr_plain *plain, ctr_source *source, const char *file, uint64_t offset,
                    const ctrace_allocator *allocator)
{
    *plain = (ctr_plain){.source = source, .file = file, .allocator = allocator, .end = UINT64_MAX,
                         .mark_words = MARK_WORDS, .mark_bytes = MARK_BYTES, .furthest = offset, .round = 1};
    if (!ctr_make_room(allocator, (void **)&plain->marks, &plain->mark_capacity, 0, sizeof *plain->marks))
        return false;
    plain->marks[plain->mark_count++] = (ctr_packed_place){.offset = offset};
    for (size_t i = 0; i < 2; i++) {
        plain->inputs[i].data = ctr_alloc_zero(allocator, INPUT_SIZE);
        if (!plain->inputs[i].data)
            return false;
    }
    return true;
}

void ctr_plain_release(ctr_plain *plain)
{
    while (plain->held) {
        ctr_plain_buffer *next = plain->held->next;
        ctr_free(plain->allocator, plain->held, sizeof *plain->held);
        plain->held = next;
    }
    plain->held_count = 0;
}

void ctr_plain_free(ctr_plain *plain)
{
    ctr_plain_release(plain);
    for (size_t i = 0; i < CTR_PLAIN_WINDOWS; i++)
        ctr_free(plain->allocator, plain->windows[i].buffer, sizeof *plain->windows[i].buffer);
    for (size_t i = 0; i < 2; i++)
        ctr_free(plain->allocator, plain->inputs[i].data, INPUT_SIZE);
    ctr_free(plain->allocator, plain->marks, plain->mark_capacity * sizeof *plain->marks);
}

/* ---- Packed bytes ---- */

/* Makes an item's bytes from `offset` on lie in the input, or all that there are. */
static ctrace_status feed(ctr_plain *plain, ctr_plain_input *input, uint64_t offset, ctrace_error *error)
{
    if (offset < input->offset || offset > input->offset + input->size) {
        input->size = 0;
        input->last = false;
        input->offset = offset;
    }
    size_t behind = (size_t)(offset - input->offset);
    if (input->size - behind >= CTR_ITEM_BYTES || input->last)
        return CTRACE_OK;
    memmove(input->data, input->data + behind, input->size - behind);
    input->offset = offset;
    input->size -= behind;
    size_t got, wanted = CTR_PLAIN_INPUT - input->size;
    ctrace_status status = ctr_source_read_at(plain->source, offset + input->size, (char *)input->data + input->size,
                                              wanted, &got, plain->file, error);
    input->size += got;
    input->last = got < wanted;
    return status;
}

/* ---- Places ---- */

static void remember(ctr_plain *plain, ctr_packed_place place)
{
    if (place.offset > plain->furthest)
        plain->furthest = place.offset;
    const ctr_packed_place *last = &plain->marks[plain->mark_count - 1];
    if (place.word < last->word || (place.word - last->word < plain->mark_words &&
                                    (place.word == last->word || place.offset - last->offset < plain->mark_bytes)))
        return;
    if (plain->mark_count == MOST_MARKS) {
        for (size_t i = 0; i < MOST_MARKS / 2; i++)
            plain->marks[i] = plain->marks[i * 2];
        plain->mark_count /= 2;
        plain->mark_words *= 2;
        plain->mark_bytes *= 2;
    }
    /* Without memory a mark is left out: that only makes going back slower. */
    if (ctr_make_room(plain->allocator, (void **)&plain->marks, &plain->mark_capacity, plain->mark_count,
                      sizeof *plain->marks))
        plain->marks[plain->mark_count++] = place;
}

/* The last known place at or before `word`. */
static ctr_packed_place nearest(const ctr_plain *plain, uint64_t word)
{
    size_t low = 0, high = plain->mark_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (plain->marks[middle].word <= word)
            low = middle;
        else
            high = middle;
    }
    ctr_packed_place best = plain->marks[low];
    for (size_t i = 0; i < CTR_PLAIN_WINDOWS; i++)
        if (plain->windows[i].after.word <= word && plain->windows[i].after.word > best.word)
            best = plain->windows[i].after;
    return best;
}

/* Goes on to the item with `word`, or as far as there are whole items. */
static ctrace_status skip(ctr_plain *plain, ctr_plain_input *input, ctr_packed_place *place, uint64_t word,
                          ctrace_error *error)
{
    while (place->word < word) {
        ctrace_status status = feed(plain, input, place->offset, error);
        if (status != CTRACE_OK)
            return status;
        const uint8_t *begin = input->data + (place->offset - input->offset), *in = begin;
        const uint8_t *in_end = input->data + input->size;
        uint64_t most = word - place->word < MARK_WORDS ? word - place->word : MARK_WORDS;
        uint64_t count = ctr_unpack_skip(&in, in_end, most);
        if (in == begin && input->last) {
            size_t words, bytes = ctr_unpack_item(in, (size_t)(in_end - in), &words);
            if (bytes && words <= most) {
                in += bytes;
                count = words;
            }
        }
        if (in == begin)
            return CTRACE_OK;
        place->offset += (uint64_t)(in - begin);
        place->word += count;
        remember(plain, *place);
    }
    return CTRACE_OK;
}

/* ---- Windows ---- */

/* Unpacks into the window from its end on until it is full. */
static ctrace_status fill(ctr_plain *plain, ctr_plain_input *input, ctr_plain_window *window, ctrace_error *error)
{
    uint64_t *words = window->buffer->words;
    uint64_t left = plain->end - window->first;
    size_t least = left < CTR_PLAIN_WINDOW ? (size_t)left : CTR_PLAIN_WINDOW;
    while (window->count < least) {
        ctrace_status status = feed(plain, input, window->after.offset, error);
        if (status != CTRACE_OK)
            return status;
        const uint8_t *begin = input->data + (window->after.offset - input->offset), *in = begin;
        const uint8_t *in_end = input->data + input->size;
        size_t room = least - (size_t)window->count;
        size_t count = ctr_unpack(&in, in_end, words + window->count, room);
        size_t cut = 0;
        if (count == 0 && input->last)
            count = ctr_unpack_last(&in, in_end, words + window->count, room, &cut);
        window->count += count + cut;
        window->after.offset += (uint64_t)(in - begin);
        window->after.word += count;
        if (cut || count == 0)
            break;
    }
    remember(plain, window->after);
    return CTRACE_OK;
}

/* The window to be replaced, with a buffer of its own. */
static ctr_plain_window *vacate(ctr_plain *plain, int lane)
{
    ctr_plain_window *window = &plain->windows[0];
    if (lane == CTR_PLAIN_CONTENTS) {
        window = &plain->windows[1];
        for (size_t i = 2; i < CTR_PLAIN_WINDOWS; i++)
            if (plain->windows[i].used < window->used)
                window = &plain->windows[i];
    }
    if (window->buffer && window->pinned == plain->round) {
        ctr_plain_buffer *buffer = ctr_alloc(plain->allocator, sizeof *buffer);
        if (!buffer)
            return NULL;
        window->buffer->next = plain->held;
        plain->held = window->buffer;
        plain->held_count++;
        window->buffer = buffer;
    } else if (!window->buffer) {
        window->buffer = ctr_alloc(plain->allocator, sizeof *window->buffer);
        if (!window->buffer)
            return NULL;
    }
    return window;
}

static ctrace_status load(ctr_plain *plain, int lane, uint64_t first, ctr_plain_window **out, ctrace_error *error)
{
    ctr_plain_input *input = &plain->inputs[lane];
    /* What is asked for may begin at the end of what is unpacked. */
    ctr_plain_window before = {0};
    size_t begin = lane == CTR_PLAIN_CONTENTS ? 1 : 0, end = lane == CTR_PLAIN_CONTENTS ? CTR_PLAIN_WINDOWS : 1;
    for (size_t i = begin; i < end; i++) {
        const ctr_plain_window *w = &plain->windows[i];
        if (w->count && first >= w->first && first < w->first + w->count && w->first + w->count == w->after.word)
            before = *w;
    }
    ctr_packed_place place = {0, 0};
    if (!before.count) {
        place = nearest(plain, first);
        if (first - place.word > CTR_PLAIN_MOST) {
            ctrace_status status = skip(plain, input, &place, first, error);
            if (status != CTRACE_OK)
                return status;
            if (first - place.word > CTR_PLAIN_MOST)
                return CTRACE_TRUNCATED;
        }
    }
    ctr_plain_window *window = vacate(plain, lane);
    if (!window)
        return CTRACE_NO_MEMORY;
    if (before.count) {
        size_t at = (size_t)(first - before.first), count = (size_t)(before.count - at);
        memmove(window->buffer->words, before.words + at, count * sizeof(uint64_t));
        window->first = first;
        window->count = count;
        window->after = before.after;
    } else {
        window->first = place.word;
        window->count = 0;
        window->after = place;
    }
    window->words = window->buffer->words;
    window->pinned = 0;
    *out = window;
    ctrace_status status = fill(plain, input, window, error);
    if (status != CTRACE_OK)
        window->count = 0;
    return status;
}

static bool holds(const ctr_plain_window *window, uint64_t first, uint64_t count)
{
    return first >= window->first && first - window->first < window->count &&
           count <= window->count - (first - window->first);
}

ctrace_status ctr_plain_get(ctr_plain *plain, int lane, uint64_t first, uint64_t count, ctr_plain_window **out,
                            ctrace_error *error)
{
    if (first >= plain->end || count > plain->end - first)
        return CTRACE_TRUNCATED;
    size_t begin = lane == CTR_PLAIN_CONTENTS ? 1 : 0, end = lane == CTR_PLAIN_CONTENTS ? CTR_PLAIN_WINDOWS : 1;
    for (size_t i = begin; i < end; i++)
        if (holds(&plain->windows[i], first, count)) {
            *out = &plain->windows[i];
            (*out)->used = ++plain->clock;
            return CTRACE_OK;
        }
    ctrace_status status = load(plain, lane, first, out, error);
    if (status != CTRACE_OK)
        return status;
    (*out)->used = ++plain->clock;
    return holds(*out, first, count) ? CTRACE_OK : CTRACE_TRUNCATED;
}

ctrace_status ctr_plain_copy(ctr_plain *plain, uint64_t first, uint64_t count, uint64_t *out, ctrace_error *error)
{
    while (count) {
        uint64_t some = count < CTR_PLAIN_MOST ? count : CTR_PLAIN_MOST;
        ctr_plain_window *window;
        ctrace_status status = ctr_plain_get(plain, CTR_PLAIN_CONTENTS, first, some, &window, error);
        if (status != CTRACE_OK)
            return status;
        memcpy(out, window->words + (first - window->first), (size_t)some * sizeof *out);
        out += some;
        first += some;
        count -= some;
    }
    return CTRACE_OK;
}

ctrace_status ctr_plain_end(ctr_plain *plain, uint64_t *offset, ctrace_error *error)
{
    ctr_packed_place place = nearest(plain, plain->end);
    ctr_plain_input *input = &plain->inputs[CTR_PLAIN_CONTENTS];
    ctrace_status status = skip(plain, input, &place, plain->end, error);
    *offset = place.offset;
    if (status != CTRACE_OK || place.word == plain->end)
        return status;
    size_t words;
    const uint8_t *in = input->data + (place.offset - input->offset);
    size_t left = (size_t)(input->data + input->size - in);
    /* An item that goes beyond the message's end, or one that is not all there. */
    return ctr_unpack_item(in, left, &words) ? CTRACE_SYNTAX : CTRACE_TRUNCATED;
}
