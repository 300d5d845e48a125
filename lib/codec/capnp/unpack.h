/* The packing of Cap'n Proto: each word is a byte that tells which of its eight bytes are not zero, then these. After a
 * word of zeros stands how many more follow; after one without zeros, how many words follow as they are. */
#ifndef CTRACE_LIB_CODEC_CAPNP_UNPACK_H
#define CTRACE_LIB_CODEC_CAPNP_UNPACK_H

#include <stddef.h>
#include <stdint.h>

/* An item is what one tag stands for: at most so many bytes. */
#define CTR_ITEM_BYTES ((size_t)10 + 255 * 8)
/* So many words can come beyond those that are asked for. */
#define CTR_UNPACK_MORE ((size_t)1024)
/* So many bytes behind the input can be read, whatever they hold. */
#define CTR_UNPACK_MARGIN 16

/* Unpacks whole items from *in while fewer than `least` words are there and `in_end` is CTR_ITEM_BYTES away; *in moves
 * behind them. `out` has room for `least` + CTR_UNPACK_MORE words. Returns how many words there are. */
size_t ctr_unpack(const uint8_t **in, const uint8_t *in_end, uint64_t *out, size_t least);
/* The same at the end of the input: takes whole items up to the last byte. Behind them come *cut whole words of an item
 * that is cut, which are not counted and which *in does not move over. */
size_t ctr_unpack_last(const uint8_t **in, const uint8_t *in_end, uint64_t *out, size_t least, size_t *cut);
/* As ctr_unpack(), but only counts, and stops before the item that would bring more than `most` words. */
uint64_t ctr_unpack_skip(const uint8_t **in, const uint8_t *in_end, uint64_t most);
/* The size of the item at `in`, of which `size` bytes are there; 0 when it is cut. *words is what it stands for. */
size_t ctr_unpack_item(const uint8_t *in, size_t size, size_t *words);

#endif
