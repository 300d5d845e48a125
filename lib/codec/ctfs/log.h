/* The layout "old" of a container: all events in order in events.log. */
#ifndef CTRACE_LIB_CODEC_CTFS_LOG_H
#define CTRACE_LIB_CODEC_CTFS_LOG_H

#include "codec/ctfs/container.h"
#include "codec/decoder.h"

typedef struct ctr_ctfs_log ctr_ctfs_log;

/* Opens events.log of `c`. `d` is the decoder that it serves: its options hold, and warnings go to it. What framing and
 * encoding the file has is appended to `details`, without a NUL. All that is given outlives the log. On failure *out is
 * NULL. */
ctrace_status ctr_ctfs_open_log(ctr_ctfs_log **out, ctr_decoder *d, ctr_ctfs *c, ctr_buffer *details,
                                ctrace_error *error);

/* As the functions of ctr_decoder_class, but that warnings are cleared before by the decoder. At the end of what there
 * is while the file grows the first gives CTRACE_AGAIN; it is to be asked again when ctr_ctfs_log_refresh() was told of
 * the refreshed container, `complete` when nothing more comes. */
ctrace_status ctr_ctfs_log_next(ctr_ctfs_log *l, const ctrace_event **event, ctrace_error *error);
void ctr_ctfs_log_refresh(ctr_ctfs_log *l, bool complete);
void ctr_ctfs_log_position(const ctr_ctfs_log *l, ctrace_position *out);
uint64_t ctr_ctfs_log_bytes_read(const ctr_ctfs_log *l);
bool ctr_ctfs_log_mark(ctr_ctfs_log *l, ctr_mark *out);
ctrace_status ctr_ctfs_log_go_to(ctr_ctfs_log *l, const ctr_mark *mark, ctrace_error *error);
void ctr_ctfs_log_close(ctr_ctfs_log *l);

#endif
