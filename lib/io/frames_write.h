/* Writing what is to lie in zstd frames, so that the file is whole at every instant: every write begins over the old
 * seek table and ends with the new one.
 *
 * The last frame stays open: behind its blocks stands an empty one that ends it, which the next write replaces by more
 * blocks. So flushing often costs neither compression nor a longer table. */
#ifndef CTRACE_LIB_IO_FRAMES_WRITE_H
#define CTRACE_LIB_IO_FRAMES_WRITE_H

#include "base/buffer.h"
#include "ctrace/writer.h"
#include "io/frames_pack.h"

typedef struct ctr_frames_out {
    const ctrace_allocator *allocator;
    const ctrace_sink *sink;
    int (*truncate)(void *cookie, uint64_t size); /* may be NULL */
    ctr_packing packing;
    const char *header; /* what stands before the frames: static */
    size_t header_size;
    bool has_header;     /* it is written */
    uint64_t offset;     /* where the next blocks belong */
    ctr_buffer entries;  /* of the seek table: of frames that have ended */
    uint64_t open_packed, open_plain; /* bytes of the open frame so far, without its end */
    ctr_buffer tail;     /* what stands in the file from `offset` on */
    int system_error;    /* of the failure */
} ctr_frames_out;

/* Each returns CTRACE_OK, CTRACE_NO_MEMORY, or CTRACE_IO with system_error set. After a failure there is only
 * ctr_frames_out_free(). */

ctrace_status ctr_frames_out_init(ctr_frames_out *o, const ctrace_sink *sink,
                                  int (*truncate)(void *cookie, uint64_t size), const char *header,
                                  size_t header_size, int level, bool aside, const ctrace_allocator *allocator);
/* Takes the bytes of `plain`, which is left with none; what lay behind them stays where it was until the next call.
 * Without another thread they are in the sink then; with one they may still wait. `ends_frame`: what comes then begins
 * a new frame. `known` as in ctr_packing_give(). */
ctrace_status ctr_frames_out_put(ctr_frames_out *o, ctr_buffer *plain, bool ends_frame, ctr_known *known);
/* Brings all that was put to the sink, which then is whole, unless it is sequential. */
ctrace_status ctr_frames_out_flush(ctr_frames_out *o);
/* The same and ends a sequential sink. */
ctrace_status ctr_frames_out_finish(ctr_frames_out *o);
void ctr_frames_out_free(ctr_frames_out *o);
/* The same in the child of a fork, where the other thread is not there. */
void ctr_frames_out_abandon(ctr_frames_out *o);

#endif
