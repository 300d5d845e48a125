/* The layout "old" of a container: all events in order in events.log. */
#ifndef CTRACE_LIB_CODEC_CTFS_EVENTS_LOG_H
#define CTRACE_LIB_CODEC_CTFS_EVENTS_LOG_H

#include "codec/ctfs/container.h"
#include "codec/decoder.h"

typedef struct ctr_events_log ctr_events_log;

/* Opens events.log of `c`. `d` is the decoder that it serves: its options hold, and warnings go to it. What framing and
 * encoding the file has is appended to `details`, without a NUL. All that is given outlives the log. On failure *out is
 * NULL. */
ctrace_status ctr_open_events_log(ctr_events_log **out, ctr_decoder *d, ctr_ctfs *c, ctr_buffer *details,
                                ctrace_error *error);

/* As the functions of ctr_decoder_class, but that warnings are cleared before by the decoder. At the end of what there
 * is while the file grows the first gives CTRACE_AGAIN; it is to be asked again when ctr_events_log_refresh() was told of
 * the refreshed container, `complete` when nothing more comes. */
ctrace_status ctr_events_log_next(ctr_events_log *l, const ctrace_event **event, ctrace_error *error);
void ctr_events_log_refresh(ctr_events_log *l, bool complete);
void ctr_events_log_position(const ctr_events_log *l, ctrace_position *out);
uint64_t ctr_events_log_bytes_read(const ctr_events_log *l);
bool ctr_events_log_mark(ctr_events_log *l, ctr_mark *out);
ctrace_status ctr_events_log_go_to(ctr_events_log *l, const ctr_mark *mark, ctrace_error *error);
void ctr_events_log_close(ctr_events_log *l);

#endif
