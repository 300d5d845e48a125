/* trace_metadata.json for a new trace: the old one's text, as it is or with some members replaced. */
#ifndef CTRACE_LIB_CONVERT_METADATA_H
#define CTRACE_LIB_CONVERT_METADATA_H

#include "base/arena.h"
#include "base/buffer.h"
#include "reader/sidecars.h"

#define CTR_METADATA_LIMIT ((size_t)4 << 20)

typedef struct ctr_member {
    ctrace_str name;
    ctrace_str text; /* name and value as they stand there */
    char value;      /* its first byte */
} ctr_member;

typedef struct ctr_metadata {
    ctr_sidecar_state state;
    ctrace_error problem;     /* when the state is not fine */
    ctrace_str text;          /* of the file; with slack behind it */
    ctrace_metadata known;    /* what the library knows of it */
    const ctr_member *members;
    size_t member_count;
    ctr_arena arena;          /* holds all of it */
} ctr_metadata;

/* What the members that are made say. */
typedef struct ctr_made_metadata {
    ctrace_metadata about;
    bool repaired;
    bool cut_off;       /* the recording was not ended */
    const char *cut_unit; /* or NULL */
    uint64_t cut_first, cut_end;
    ctrace_str cut_of;  /* recording id of the whole, if any */
    uint64_t events, steps, calls;
} ctr_made_metadata;

/* Reads the file `name` in the folder. CTRACE_OK or CTRACE_NO_MEMORY; what else is wrong is in the state. The arena's
 * allocator is set before. */
ctrace_status ctr_metadata_read(ctr_metadata *m, int folder, const char *path);
void ctr_metadata_free(ctr_metadata *m);

/* Is there anything that a container's metadata has no place for? */
bool ctr_metadata_has_more(const ctr_metadata *m);

/* Puts the members of `m` (none when it could not be read) into `out`, with "ctrace" and what is new in `made`: those
 * of its texts that `m` has not, and its recording id where `new_id`. Counts the members that were not there before in
 * *added. False when there is no memory. */
bool ctr_metadata_write(ctr_buffer *out, const ctr_metadata *m, const ctr_made_metadata *made, bool new_id,
                        unsigned *added);

#endif
