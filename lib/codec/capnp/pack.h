/* The packing of Cap'n Proto, the other way of unpack.h. */
#ifndef CTRACE_LIB_CODEC_CAPNP_PACK_H
#define CTRACE_LIB_CODEC_CAPNP_PACK_H

#include <stddef.h>
#include <stdint.h>

/* Room that `count` words need at most. */
#define CTR_PACKED_ROOM(count) ((count) * 10 + 16)

/* Packs words; returns how many bytes there are. No run goes beyond the last word, as strict readers want it at the
 * ends of segments. */
size_t ctr_pack(const uint64_t *words, size_t count, uint8_t *out);

#endif
