/* Going over CBOR items without looking into them. */
#ifndef CTRACE_LIB_CODEC_CBOR_SKIP_H
#define CTRACE_LIB_CODEC_CBOR_SKIP_H

#include "base/buffer.h"

typedef enum ctr_cbor_skipped {
    CTR_CBOR_SKIPPED,  /* the item ends at *p */
    CTR_CBOR_SKIP_MORE, /* all bytes are used up; go on with those behind */
    CTR_CBOR_SKIP_BAD, /* no CBOR at *p */
    CTR_CBOR_SKIP_NO_MEMORY
} ctr_cbor_skipped;

/* Where in an item skipping stands. Needs no memory but for what lies in lists and maps of open size. */
typedef struct ctr_cbor_skip {
    uint64_t items; /* that are still to come inside the innermost thing of open size, or in all */
    uint64_t bytes; /* of a text or byte string that are still to come */
    ctr_buffer open; /* one for each thing of open size that is not closed */
} ctr_cbor_skip;

/* Before an item. */
void ctr_cbor_skip_begin(ctr_cbor_skip *s);
/* Goes on through the item at *p. `end` may cut it anywhere; what is cut off must come again: *p then stands where
 * going on has to begin. *expected is what should stand at *p when it is no CBOR. */
ctr_cbor_skipped ctr_cbor_skip_run(ctr_cbor_skip *s, const char **p, const char *end, const char **expected);
void ctr_cbor_skip_free(ctr_cbor_skip *s);

#endif
