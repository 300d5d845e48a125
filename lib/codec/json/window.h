/* The part of the input that is in memory: the event that is being read and what was read ahead. It slides over the
 * input, ends in zero bytes for the scanner, and knows the line of every byte in it. */
#ifndef CTRACE_LIB_CODEC_JSON_WINDOW_H
#define CTRACE_LIB_CODEC_JSON_WINDOW_H

#include "io/source.h"

typedef struct ctr_window {
    ctr_source *source;
    const char *file; /* for errors; ends in NUL */
    const ctrace_allocator *allocator;
    char *data;
    size_t capacity; /* without the zero bytes behind */
    const char *at;  /* what lies before is given up at the next refill */
    const char *end;
    uint64_t base; /* offset of data[0] in the input */
    bool ended;    /* there are no bytes behind `end` */
    /* Lines are counted up to one place only, when they are asked for or given up. */
    uint64_t counted;    /* that place, at or before `at` */
    uint64_t line;       /* its line, from 1 */
    uint64_t line_begin; /* offset of the first byte of that line */
} ctr_window;

ctrace_status ctr_window_init(ctr_window *window, ctr_source *source, const char *file,
                              const ctrace_allocator *allocator, ctrace_error *error);
/* Puts `wanted` more bytes behind `end`, at least one and at most as many as there is room for, or sets `ended`. Grows
 * the window when it is full from `at` on. Moves the bytes from there; pointers into the window are lost. */
ctrace_status ctr_window_refill(ctr_window *window, size_t wanted, ctrace_error *error);
uint64_t ctr_window_offset(const ctr_window *window, const char *p);
/* Offset, line and column of `p`, at or behind `at`; the event is left as it is. */
void ctr_window_locate(ctr_window *window, const char *p, ctrace_position *out);
/* Goes to another place, whose line and column are known. Only of a source that seeks. */
void ctr_window_go_to(ctr_window *window, const ctrace_position *position);
void ctr_window_free(ctr_window *window);

#endif
