/* The bytes of events.log. They come in units: chunks, each a header and a zstd frame, that hold whole events; or all of
 * them are one unit, without chunks. */
#ifndef CTRACE_LIB_CODEC_CTFS_LOG_UNITS_H
#define CTRACE_LIB_CODEC_CTFS_LOG_UNITS_H

#include "codec/ctfs/container.h"

#define CTR_LOG_CHUNK_HEAD 16 /* u32 compressed size, u32 events, u64 index of the first event */
#define CTR_LOG_PREFIX     8  /* C0 DE 72 AC E2 01 00 00, which may stand before the first chunk */

typedef enum ctr_log_framing {
    CTR_LOG_CHUNKS,
    CTR_LOG_FRAMES, /* zstd frames one behind another, which know nothing of events */
    CTR_LOG_BARE    /* no compression */
} ctr_log_framing;

typedef struct ctr_log_units {
    ctr_ctfs *container;
    const ctr_ctfs_file *file; /* to be set anew when the container was refreshed */
    ctr_log_framing framing;
    bool has_prefix;
    bool growing; /* the file is still written: what is not whole yet is not torn */
    bool torn;    /* a unit ended early or bytes between units were none, since this was last cleared by the caller */

    /* The unit that is read, or was. */
    uint64_t unit_at;   /* where it begins in the file */
    uint64_t unit_end;  /* where its bytes end, as its header says */
    bool unit_cut;      /* which is behind the file's end */
    bool unit_torn;
    bool unit_over;     /* all that it has was given */
    bool size_unknown;  /* its frame does not tell the size of what it holds */
    uint64_t next_at;   /* where the next unit should begin */

    uint64_t at; /* where the next bytes of the file are read */
    char *input; /* bytes that were read, of which those from input_at on are not yet unpacked */
    size_t input_at, input_size;
    void *zstd;      /* ZSTD_DCtx */
    bool is_frame;   /* the unit is compressed */
    bool frame_open; /* a frame is to come, or has begun and not ended */
} ctr_log_units;

/* Tells the framing from the file's first bytes. On failure nothing needs freeing. */
ctrace_status ctr_log_units_open(ctr_log_units *s, ctr_ctfs *container, const ctr_ctfs_file *file, ctrace_error *error);
void ctr_log_units_close(ctr_log_units *s);

/* Goes to the next unit, CTRACE_END when there is none. Chunks behind what is broken are looked for. */
ctrace_status ctr_log_units_next(ctr_log_units *s, ctrace_error *error);
/* Unpacks up to `size` bytes of the unit; *got is 0 at its end alone. Without chunks, and while the file grows, there may
 * be more of it after a refresh. */
ctrace_status ctr_log_units_fill(ctr_log_units *s, char *buffer, size_t size, size_t *got, ctrace_error *error);
/* Goes to where a unit begins, or in bare bytes to any place: ctr_log_units_next() opens it. CTRACE_ARGUMENT when
 * nothing can begin there. */
ctrace_status ctr_log_units_go_to(ctr_log_units *s, uint64_t place, ctrace_error *error);
/* Where the first unit begins. */
uint64_t ctr_log_units_first(const ctr_log_units *s);

#endif
