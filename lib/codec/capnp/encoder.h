/* What tests need of the encoder beside its class. */
#ifndef CTRACE_LIB_CODEC_CAPNP_ENCODER_H
#define CTRACE_LIB_CODEC_CAPNP_ENCODER_H

#include "codec/encoder.h"

/* Sets after how many words of contents a new segment begins; by default as many as near and far pointers reach. */
void ctr_capnp_encoder_set_segment(ctr_encoder *e, uint64_t words);

#endif
