/* Reading what lies in zstd frames, one after another: of any size, with or without a seek table behind them, with
 * skippable frames between them, from a file that is whole, cut or still growing. */
#ifndef CTRACE_LIB_IO_FRAMES_H
#define CTRACE_LIB_IO_FRAMES_H

#include "base/memory.h"
#include "io/source.h"

/* The seek table is a skippable frame: its magic, u32 size, for each frame u32 compressed and u32 plain bytes (and a
 * checksum if the descriptor's top bit is set), u32 number of frames, u8 descriptor, and a magic of its own. All are
 * little-endian. */
#define CTR_FRAME_MAGIC      UINT32_C(0xFD2FB528)
#define CTR_SKIPPABLE_MAGIC  UINT32_C(0x184D2A50) /* to …5F */
#define CTR_SEEK_TABLE_FRAME UINT32_C(0x184D2A5E)
#define CTR_SEEK_TABLE_MAGIC UINT32_C(0x8F92EAB1)
#define CTR_SEEK_TABLE_FOOT  9 /* bytes behind the entries */

/* The plain bytes of one frame that this library and upstream write at most. */
#define CTR_FRAME_PLAIN ((size_t)2 << 20)

/* Where a frame begins: in the file, and in what is unpacked. */
typedef struct ctr_frame_place {
    uint64_t file;
    uint64_t plain;
} ctr_frame_place;

/* What was found about the seek table. */
typedef enum ctr_seek_table { CTR_TABLE_MISSING, CTR_TABLE_FITS, CTR_TABLE_WRONG } ctr_seek_table;

typedef struct ctr_frames {
    ctr_source *source;
    const char *name; /* for errors; ends in NUL */
    const ctrace_allocator *allocator;
    ctr_frame_place first;  /* the first frame of all */
    ctr_frame_place frame;  /* the frame that is read, or begins next; at the end, what stands behind the last */
    uint64_t plain;         /* where what ctr_frames_read() gives next lies in what is unpacked */
    uint64_t frame_count;   /* read to their ends, from the first one or from where reading went to */

    /* At the end. */
    ctr_seek_table table;
    bool is_cut;           /* the last frame is not whole */
    bool has_trailing;     /* something else follows the frames */

    /* From inside. */
    void *context;         /* of zstd */
    char *input;           /* packed bytes: */
    size_t at, end;        /* those from `at` to `end` are not used yet */
    uint64_t input_offset; /* of input[0] in the file */
    bool input_ended;
    bool in_frame;
    bool tells_size;       /* the frame says how much it holds */
    bool by_block;         /* the frame is damaged: what is before the damage is to be had block by block, */
    size_t block;          /* of so many packed bytes */
    bool has_ended;
    bool may_check;        /* every frame from the first on was seen: the table can be checked */
    uint64_t sizes_hash;   /* of the frames' sizes, to be compared with that of the table */
    uint64_t skip;         /* bytes of a skippable frame that are still to come */
    uint64_t discard;      /* plain bytes that nobody wants */
    uint64_t tried_size;   /* of the file when it was tried again */
    ctr_frame_place newest; /* the last zstd frame, which a writer may make longer, */
    uint64_t newest_count;  /* and what was counted before it */
    uint64_t newest_hash;
} ctr_frames;

/* The first frame begins at byte `first` of the source, whose bytes before that were read. On failure there is nothing
 * to be freed. */
ctrace_status ctr_frames_init(ctr_frames *f, ctr_source *source, uint64_t first, const char *name,
                              const ctrace_allocator *allocator, ctrace_error *error);
void ctr_frames_free(ctr_frames *f);

/* Gives 1 to `size` plain bytes; *got is 0 at the end alone. Room for CTR_FRAME_PLAIN makes it fastest. CTRACE_SYNTAX:
 * a frame is damaged, or what is there is no frame; the message tells where. CTRACE_UNSUPPORTED: it needs more memory
 * than is given to it. */
ctrace_status ctr_frames_read(ctr_frames *f, char *buffer, size_t size, size_t *got, ctrace_error *error);

/* Goes to plain byte `plain`, which lies behind the beginning of the frame at `place`; reading goes on there. What lies
 * between is unpacked and thrown away. Only of a source that seeks. */
void ctr_frames_go_to(ctr_frames *f, ctr_frame_place place, uint64_t plain);

/* After a failure: looks for the next thing that begins as a frame does, behind the beginning of the damaged one, and
 * goes there. *found is false when there is none. */
ctrace_status ctr_frames_resume(ctr_frames *f, bool *found, ctrace_error *error);

/* After the end or a failure: when the file has grown since, goes back to the last place that was good, so that reading
 * goes on behind what was given; else returns false. Only of a source that seeks. */
bool ctr_frames_try_again(ctr_frames *f);

/* Bytes of the file that are behind. */
static inline uint64_t ctr_frames_consumed(const ctr_frames *f) { return f->input_offset + f->at; }

#endif
