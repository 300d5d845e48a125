/* The index that is kept beside a trace, in "<events>.index". It is used only when it was made of the very same file:
 * one of that size and time, whose first and last bytes are the same. */
#ifndef CTRACE_LIB_READER_INDEX_FILE_H
#define CTRACE_LIB_READER_INDEX_FILE_H

#include "reader/index.h"

/* What an index is made of. */
typedef struct ctr_index_origin {
    const ctr_source *events; /* a file */
    const char *path;         /* of it; ends in NUL */
    ctrace_form form;
    const ctr_decoder_options *options; /* what is an event depends on the limits */
} ctr_index_origin;

/* Fills an empty index. False when there is no file that fits; the index is empty then. */
bool ctr_index_load(ctr_index *index, const ctr_index_origin *origin);
/* Writes a complete index: whoever looks sees the old file or the new. */
ctrace_status ctr_index_save(const ctr_index *index, const ctr_index_origin *origin, ctrace_error *error);

#endif
