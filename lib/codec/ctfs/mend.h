/* Texts that are no UTF-8. */
#ifndef CTRACE_LIB_CODEC_CTFS_MEND_H
#define CTRACE_LIB_CODEC_CTFS_MEND_H

#include "base/arena.h"

/* Makes *text UTF-8: what is none becomes U+FFFD, in a copy in the arena, and *mended is set. False when there is no
 * memory. */
bool ctr_mend_text(ctr_arena *arena, ctrace_str *text, bool *mended);

#endif
