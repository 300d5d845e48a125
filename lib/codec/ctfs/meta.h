/* What a container tells about its trace: meta.dat, version 3, or where that lacks meta.json. Neither is needed to read
 * the events, so nothing in them is a failure. */
#ifndef CTRACE_LIB_CODEC_CTFS_META_H
#define CTRACE_LIB_CODEC_CTFS_META_H

#include "base/arena.h"
#include "codec/ctfs/container.h"

/* Flags of meta.dat. Each number is a bit. */
typedef enum ctr_ctfs_flag {
    CTR_CTFS_MCR = 0,               /* a native recording of a whole process */
    CTR_CTFS_REPLAY_LAUNCH = 1,
    CTR_CTFS_LAYOUT_SNAPSHOT = 2,
    CTR_CTFS_FILTER_PROVENANCE = 3,
    CTR_CTFS_COLUMN_AWARE = 4,      /* steps have columns; paths.dat has the lengths of lines */
    CTR_CTFS_SOURCE_VIEWS = 5,
    CTR_CTFS_COLUMN_BREAKPOINTS = 6,
    CTR_CTFS_COLUMN_MOTIONS = 7,
    CTR_CTFS_CALLS = 8,             /* the newer framing of calls, */
    CTR_CTFS_STEPS = 9,             /* of steps, */
    CTR_CTFS_VALUES = 10,           /* of values, */
    CTR_CTFS_EVENTS = 11,           /* of events */
    CTR_CTFS_BINARY_TABLES = 12,    /* functions and types have a place and a kind */
    CTR_CTFS_SPANS = 13,
    CTR_CTFS_FLAG_COUNT = 14        /* those that are known */
} ctr_ctfs_flag;

typedef enum ctr_ctfs_meta_kind {
    CTR_CTFS_META_NONE, /* there is neither file, or neither tells anything */
    CTR_CTFS_META_DAT,
    CTR_CTFS_META_JSON
} ctr_ctfs_meta_kind;

typedef struct ctr_ctfs_meta {
    ctr_ctfs_meta_kind kind;
    bool complete; /* meta.dat or meta.json is there and not empty: the writer has ended the trace */
    uint16_t flags;
    ctrace_metadata metadata; /* what could be read; all texts live in the arena */
    ctrace_str paths;         /* of meta.dat: `path_count` texts, each behind its length; ctr_ctfs_next_path() */
    uint64_t path_count;
    /* What was taken leniently: CT_META_MISSING, CT_META_BAD, CT_META_FLAGS, CT_META_TRAILING, CT_META_ID,
     * TEXT_INVALID; each at most once. */
    ctrace_warning warnings[8];
    size_t warning_count;
} ctr_ctfs_meta;

static inline bool ctr_ctfs_meta_has(const ctr_ctfs_meta *meta, ctr_ctfs_flag flag)
{
    return (meta->flags >> flag & 1) != 0;
}

/* Reads it. CTRACE_OK, CTRACE_NO_MEMORY, or CTRACE_IO. */
ctrace_status ctr_ctfs_read_meta(ctr_ctfs *c, ctr_arena *arena, ctr_ctfs_meta *out, ctrace_error *error);

/* Takes the first path off *paths, which begins as meta->paths; false at the end. */
bool ctr_ctfs_next_path(ctrace_str *paths, ctrace_str *out);

/* A number of 7 bits a byte, the lowest first, from *at on, which goes behind it. False, with *at unmoved, when it does
 * not end before `end` or does not fit in 64 bits. */
static inline bool ctr_ctfs_varint(const char **at, const char *end, uint64_t *out)
{
    uint64_t value = 0;
    unsigned shift = 0;
    for (const char *p = *at; p < end && shift < 64; shift += 7) {
        uint64_t byte = (unsigned char)*p++;
        if (shift == 63 && byte > 1)
            return false;
        value |= (byte & 0x7F) << shift;
        if (byte < 0x80) {
            *at = p;
            *out = value;
            return true;
        }
    }
    return false;
}

#endif
