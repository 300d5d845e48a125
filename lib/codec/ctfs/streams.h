/* The layout "split" of a container: steps, values, calls and events in streams of their own, names in tables. They are
 * joined into one run of events here, in the order of spec/ctfs.md.
 *   What the model has no event for: a raised exception becomes an Event of kind Error; where it is caught is left out
 *   and told as CT_RECORD_LOST, as are columns, as COLUMN_DROPPED. An exception that ends a call is what the call
 *   returns, unless it returns something too.
 *   A record that cannot be read is left out and told as CT_RECORD_LOST; a bad value of a variable is a bad event. A torn
 *   chunk takes its records with it: steps behind it keep their numbers, and so their values, calls and output. */
#ifndef CTRACE_LIB_CODEC_CTFS_STREAMS_H
#define CTRACE_LIB_CODEC_CTFS_STREAMS_H

#include "codec/ctfs/container.h"
#include "codec/ctfs/meta.h"
#include "codec/decoder.h"

typedef struct ctr_ctfs_streams ctr_ctfs_streams;

/* Opens the streams of `c`, which has steps.dat and no events.log. `d` is the decoder that they serve: its options hold,
 * and warnings go to it by ctr_decoder_warn(); those added here belong to the first event. The text that is to stand
 * behind the layout in ctrace_reader_details() is appended to `details`, without a NUL: "positions (path << 32) | line".
 * All that is given outlives the streams. On failure *out is NULL. */
ctrace_status ctr_ctfs_open_streams(ctr_ctfs_streams **out, ctr_decoder *d, ctr_ctfs *c, const ctr_ctfs_meta *meta,
                                    ctr_buffer *details, ctrace_error *error);

/* As the functions of ctr_decoder_class, but that warnings are cleared before by the decoder. */
ctrace_status ctr_ctfs_streams_next(ctr_ctfs_streams *s, const ctrace_event **event, ctrace_error *error);
void ctr_ctfs_streams_position(ctr_ctfs_streams *s, ctrace_position *out);
uint64_t ctr_ctfs_streams_bytes_read(const ctr_ctfs_streams *s);
bool ctr_ctfs_streams_mark(ctr_ctfs_streams *s, ctr_mark *out);
ctrace_status ctr_ctfs_streams_go_to(ctr_ctfs_streams *s, const ctr_mark *mark, ctrace_error *error);
void ctr_ctfs_streams_close(ctr_ctfs_streams *s);

#endif
