#include "codec/json/window.h"

#include "base/failure.h"
#include "base/memory.h"
#include "codec/json/scan.h"

#define FIRST_CAPACITY ((size_t)256 * 1024)

static void end_in_zeros(ctr_window *window, size_t size)
{
    window->end = window->data + size;
    memset(window->data + size, 0, CTR_JSON_SLACK);
}

ctrace_status ctr_window_init(ctr_window *window, ctr_source *source, const char *file,
                              const ctrace_allocator *allocator, ctrace_error *error)
{
    *window = (ctr_window){.source = source, .file = file, .allocator = allocator, .line = 1};
    window->data = ctr_alloc(allocator, FIRST_CAPACITY + CTR_JSON_SLACK);
    if (!window->data)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading");
    window->capacity = FIRST_CAPACITY;
    window->at = window->data;
    end_in_zeros(window, 0);
    return CTRACE_OK;
}

uint64_t ctr_window_offset(const ctr_window *window, const char *p)
{
    return window->base + (uint64_t)(p - window->data);
}

/* Counts the lines between two places and tells where the last of them begins. */
static uint64_t count_lines(const char *p, const char *end, const char **line_begin)
{
    uint64_t lines = 0;
    if (!memchr(p, '\n', (size_t)(end - p))) /* often all is one line */
        return 0;
    for (const char *c = p; c < end;) {
        /* In a byte for a short run: so the compiler compares many bytes at once. */
        size_t run = end - c < 128 ? (size_t)(end - c) : 128;
        uint8_t some = 0;
        for (size_t i = 0; i < run; i++)
            some = (uint8_t)(some + (c[i] == '\n'));
        lines += some;
        c += run;
    }
    if (lines) {
        const char *c = end;
        while (c[-1] != '\n')
            c--;
        *line_begin = c;
    }
    return lines;
}

static void count_up_to(ctr_window *window, const char *p)
{
    const char *from = window->data + (window->counted - window->base), *line_begin = NULL;
    window->line += count_lines(from, p, &line_begin);
    if (line_begin)
        window->line_begin = ctr_window_offset(window, line_begin);
    window->counted = ctr_window_offset(window, p);
}

void ctr_window_locate(ctr_window *window, const char *p, ctrace_position *out)
{
    count_up_to(window, window->at);
    out->offset = ctr_window_offset(window, p);
    out->line = window->line;
    out->column = out->offset - window->line_begin + 1;
    const char *line_begin = NULL;
    out->line += count_lines(window->at, p, &line_begin);
    if (line_begin)
        out->column = (uint64_t)(p - line_begin) + 1;
}

ctrace_status ctr_window_refill(ctr_window *window, size_t wanted, ctrace_error *error)
{
    size_t kept = (size_t)(window->end - window->at);
    if (window->at > window->data) {
        count_up_to(window, window->at);
        window->base = ctr_window_offset(window, window->at);
        memmove(window->data, window->at, kept);
        window->at = window->data;
        end_in_zeros(window, kept);
    }
    if (kept == window->capacity) {
        size_t capacity = window->capacity * 2;
        char *data =
            ctr_resize(window->allocator, window->data, window->capacity + CTR_JSON_SLACK, capacity + CTR_JSON_SLACK);
        if (!data)
            return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for an event of more than %zu bytes", kept);
        window->data = data;
        window->capacity = capacity;
        window->at = window->data;
        end_in_zeros(window, kept);
    }
    size_t before = kept;
    do {
        size_t got;
        ctrace_status status =
            ctr_source_read(window->source, window->data + kept, window->capacity - kept, &got, window->file, error);
        /* What was read before the failure is still good. */
        end_in_zeros(window, kept + got);
        if (status != CTRACE_OK)
            return status;
        window->ended = got == 0;
        kept += got;
    } while (!window->ended && kept < window->capacity && kept - before < wanted);
    return CTRACE_OK;
}

void ctr_window_go_to(ctr_window *window, const ctrace_position *position)
{
    ctr_source_seek(window->source, position->offset);
    window->base = window->counted = position->offset;
    window->line = position->line;
    window->line_begin = position->offset - (position->column - 1);
    window->at = window->data;
    window->ended = false;
    end_in_zeros(window, 0);
}

void ctr_window_free(ctr_window *window)
{
    ctr_free(window->allocator, window->data, window->capacity + CTR_JSON_SLACK);
    window->data = NULL;
}
