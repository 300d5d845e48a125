/* The records of the streams of values, calls and events: each behind its length in chunks, or in the older framing
 * those of a table. */
#ifndef CTRACE_LIB_CODEC_CTFS_RECORDS_H
#define CTRACE_LIB_CODEC_CTFS_RECORDS_H

#include "codec/ctfs/chunks.h"
#include "codec/ctfs/shared.h"

typedef struct ctr_ctfs_records {
    ctr_ctfs_shared *shared;
    bool there;             /* there is such a stream */
    bool older;             /* it is a table */
    ctr_ctfs_chunks chunks; /* of a table its offsets and its bytes */
    bool chunk_is_open;
    uint64_t chunk;    /* that is open, or comes next */
    uint64_t in_chunk; /* records of it that were begun */
    uint64_t next;     /* number of the record that comes next */
    bool has_record;
    uint64_t number; /* of the record, when there is one */
    uint64_t left;   /* bytes of it that were not taken */
} ctr_ctfs_records;

/* Opens "NAME.dat" with "NAME.idx" or "NAME.off". When there is none, or none that can be read, the stream has no
 * records; the latter is noted. Notes say what is odd about it only with `notes`. CTRACE_OK, CTRACE_NO_MEMORY,
 * CTRACE_IO. */
ctrace_status ctr_ctfs_records_open(ctr_ctfs_records *r, ctr_ctfs_shared *shared, const char *name, bool newer,
                                    unsigned window_log, bool notes, ctrace_error *error);
void ctr_ctfs_records_close(ctr_ctfs_records *r);

/* Goes to the next record, or to one by its number. Records of torn chunks are left out: what comes behind them is
 * given then, so `number` may be larger. CTRACE_END: there is none. */
ctrace_status ctr_ctfs_records_next(ctr_ctfs_records *r, ctrace_error *error);
ctrace_status ctr_ctfs_records_find(ctr_ctfs_records *r, uint64_t number, ctrace_error *error);

/* Makes record `number` the next. CTRACE_ARGUMENT: the one before it is not there. */
ctrace_status ctr_ctfs_records_go_to(ctr_ctfs_records *r, uint64_t number, ctrace_error *error);

/* Brings the next bytes of the record into the window, at *data; they stay there until the next call. CTRACE_END: the
 * record has fewer, or its chunk is torn. */
ctrace_status ctr_ctfs_records_hold(ctr_ctfs_records *r, uint64_t size, const char **data, ctrace_error *error);
/* Goes behind bytes that are held. */
void ctr_ctfs_records_take(ctr_ctfs_records *r, uint64_t size);
ctrace_status ctr_ctfs_records_skip(ctr_ctfs_records *r, uint64_t size, ctrace_error *error);
/* Takes a varint or a byte. CTRACE_END: there is none. */
ctrace_status ctr_ctfs_records_varint(ctr_ctfs_records *r, uint64_t *out, ctrace_error *error);
ctrace_status ctr_ctfs_records_byte(ctr_ctfs_records *r, unsigned *out, ctrace_error *error);

#endif
