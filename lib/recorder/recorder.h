/* The recorder from inside. Data flow: lane.c, values.c, variables.c and happenings.c put records into the chunks of a
 * lane, on the threads of the program; drain.c takes them from there, on the recorder's thread, in the order that
 * merge.c finds, and replay.c drives the writer with them. names.c interns names under a lock; session.c and fork.c
 * open, end and split a recording. */
#ifndef CTRACE_LIB_RECORDER_RECORDER_H
#define CTRACE_LIB_RECORDER_RECORDER_H

#include <limits.h>
#include <semaphore.h>
#include <sys/types.h>

#include "ctrace/recorder.h"
#include "recorder/chunks.h"
#include "recorder/names.h"
#include "recorder/track.h"

#define CTR_RECORDER_DEPTH_MAX 60
/* Open containers with the parts in them. */
#define CTR_OPEN_MAX 128
/* So many words of values are kept for the open frames of a lane; then those of the oldest are let go. */
#define CTR_KEPT_WORDS ((size_t)1 << 20)

/* Why lanes record nothing. */
#define CTR_SILENT_FAILED 1u
#define CTR_SILENT_PAUSED 2u

/* A variable of an open frame as it was put last. */
typedef struct ctr_variable {
    uint32_t id;
    uint32_t generation;
    size_t words;
    ctr_word content[2]; /* the value's words when it has no more than two, else a hash of them */
} ctr_variable;

typedef struct ctr_frame {
    size_t first; /* of its variables */
    size_t words; /* of all their values */
    uint32_t generation, touched; /* how many were put since ctrace_lane_begin_variables(), */
    bool all_given;               /* which was called */
    bool skipped;                 /* it was called while nothing was recorded */
    bool let_go;                  /* its variables were, and none was given since */
} ctr_frame;

/* A container whose end has not come yet. */
typedef struct ctr_open {
    const void *identity;
    size_t left; /* values to come */
    size_t more; /* those that are cut, for the mark */
    bool is_part;
} ctr_open;

/* What a value holds already, by identity: a hash table that is emptied by counting `epoch` up. */
#define CTR_SEEN_SLOTS 4096
typedef struct ctr_seen {
    struct {
        const void *identity;
        uint32_t epoch;
    } slots[CTR_SEEN_SLOTS];
    uint32_t epoch, count;
} ctr_seen;

struct ctrace_lane {
    ctrace_recorder *recorder;
    /* Where the recorder says whose turn it is; with loose order, where it always is this lane's. */
    _Atomic(ctrace_lane *) *turn;
    _Atomic(ctrace_lane *) own_turn;

    /* The chunk that is being filled: whole records up to `begin`, a part of one up to `at`. */
    ctr_chunk *chunk;
    ctr_word *begin, *at, *limit;
    bool failed;  /* there was no memory for a record, which is given up */
    bool skipped; /* the running frame is, as it was called while nothing was recorded */

    /* The value that is being built. */
    bool in_value;
    uint8_t destination; /* ctr_record_kind */
    uint32_t open_count, depth;
    size_t beyond;      /* containers opened beyond what was announced: what they hold is left out */
    size_t total_left;
    /* Open frames; the first is the top level. */
    ctr_frame *frames;
    size_t frame_count, frame_room;
    ctr_variable *variables; /* of all of them */
    size_t variable_count, variable_room;
    size_t hint;             /* where the next one is looked for first */
    ctr_variable *args;      /* staged for the next call */
    size_t arg_count, arg_room;
    size_t kept_words, kept_from; /* frames before `kept_from` were let go */
    ctr_open open[CTR_OPEN_MAX];
    ctr_seen *seen;               /* with mark_shared */
    ctrace_id plain_types[CTRACE_VALUE_KIND_COUNT];
    ctrace_id mark_type, redacted_type;

    /* Counted here, read by others. */
    atomic_uint_least64_t texts_cut, containers_cut, containers_marked, values_redacted, waits;
    atomic_size_t undrained; /* chunks that were not read to their end */

    /* From here on the recorder's thread's alone. It reads nothing else here for each record, nor do these lie in a line
     * of the cache with what the lane's thread writes: that would cost both of them more than all the rest. */
    char apart[128];
    uint64_t thread; /* its number in the trace */
    ctrace_lane *next; /* of the recorder's lanes; set before it is known */
    ctr_chunk *reading;
    size_t read; /* words of it */
    ctr_chunk *last_chunk; /* where a pass ends: its chunk, */
    size_t last_filled;    /* and how much of that */
    bool ended;
    ctr_track track;
};

struct ctrace_recorder {
    ctrace_recorder_options options; /* its texts are not kept */
    const ctrace_allocator *allocator;
    ctrace_writer *writer;
    char folder[PATH_MAX]; /* of the trace, absolute; empty when it goes to a sink */
    ctr_buffer path;       /* the program's file */
    uint32_t flush_ms;

    atomic_uint silent;
    _Atomic(ctrace_lane *) turn;
    atomic_uint_least64_t tickets;
    atomic_size_t full; /* bytes of full chunks that wait to be read */
    ctr_chunks chunks;
    ctr_declared names;

    _Atomic(ctrace_lane *) new_lanes; /* that the thread has not seen yet; the newest first */
    atomic_uint_least64_t lane_count;

    /* The thread. */
    pthread_t thread;
    bool has_thread;
    bool rests; /* it is stopped while the process forks */
    sem_t wake;
    atomic_bool sleeping;
    atomic_bool closing, dump;
    bool forking; /* its locks are held by the thread that forks */
    atomic_uint_least64_t requested, done; /* flushes */
    pthread_mutex_t done_lock;
    pthread_cond_t done_change;
    ctrace_error failure; /* the writer's; behind done_lock */

    /* Its own. Whoever forks holds `draining` meanwhile, so that all of this is whole in the child. */
    pthread_mutex_t draining;
    ctrace_lane *lanes;
    ctrace_lane *current;  /* whose turn the stream is at */
    uint64_t ticket;       /* the last that was reached, */
    uint64_t last_ticket;  /* and the last of this pass */
    int64_t flushed_at;    /* ms */
    bool unflushed;
    ctr_replay replay;
    atomic_uint_least64_t steps, calls, events_lost, values_dropped, scopes_skipped, secrets;
    atomic_uint_least64_t gone[5]; /* what lanes that ended had counted */
};

/* A first failure that is a mistake of the caller: the recording goes on. */
void ctr_recorder_refuse(ctrace_recorder *r, const char *message);
/* The first failure that is none: nothing more is recorded. */
void ctr_recorder_fail(ctrace_recorder *r, ctrace_status status, const char *message);
/* Wakes the thread when it sleeps. */
void ctr_recorder_wake(ctrace_recorder *r);

/* Whether there is enough to do for the thread before its time. To wake it costs the program more than a chunk holds. A
 * flight recorder has room for more than a few chunks, or something to leave out. */
#define CTR_FLIGHT_ROOM (4 * CTR_CHUNK_WORDS * sizeof(ctr_word))

static inline bool ctr_recorder_is_due(ctrace_recorder *r)
{
    if (r->options.overflow == CTRACE_OVERFLOW_DROP_OLDEST)
        return atomic_load_explicit(&r->chunks.used, memory_order_relaxed) + CTR_FLIGHT_ROOM >= r->chunks.limit;
    return atomic_load(&r->full) >= r->chunks.limit / 8;
}

/* ---- lane.c ---- */

ctrace_lane *ctr_lane_new(ctrace_recorder *r);
void ctr_lane_free(ctrace_lane *l);
/* Makes room for `words` behind `at`, in a new chunk; waits for one. NULL: no memory. */
ctr_word *ctr_lane_grow(ctrace_lane *l, size_t words);
void ctr_lane_take_turn(ctrace_lane *l);
/* A value was begun and something else comes: gives it up. */
void ctr_lane_interrupt(ctrace_lane *l);

static inline ctr_word *ctr_lane_room(ctrace_lane *l, size_t words)
{
    if ((size_t)(l->limit - l->at) < words)
        return ctr_lane_grow(l, words);
    return l->at;
}

static inline bool ctr_lane_is_silent(const ctrace_lane *l)
{
    return atomic_load_explicit(&l->recorder->silent, memory_order_relaxed) != 0;
}

/* A record begins. */
static inline void ctr_lane_begin(ctrace_lane *l)
{
    if (l->in_value)
        ctr_lane_interrupt(l);
    if (atomic_load_explicit(l->turn, memory_order_relaxed) != l)
        ctr_lane_take_turn(l);
}

/* The record ends before `end`; from here on it can be read. */
static inline void ctr_lane_commit(ctrace_lane *l, ctr_word *end)
{
    l->begin = l->at = end;
    atomic_store_explicit(&l->chunk->filled, (size_t)(end - l->chunk->words), memory_order_release);
}

/* ---- variables.c ---- */

static inline ctr_frame *ctr_lane_frame(ctrace_lane *l) { return &l->frames[l->frame_count - 1]; }

/* The record of a variable is complete: it is committed when it is new or changed. */
void ctr_variable_complete(ctrace_lane *l);
bool ctr_argument_put(ctrace_lane *l, uint32_t id, const ctr_word *value, const ctr_word *end);
/* A frame is opened, with the staged arguments as its variables. False: no memory. */
bool ctr_frame_push(ctrace_lane *l, bool skipped);
void ctr_frame_pop(ctrace_lane *l);
/* Forgets the variables that were not put since ctrace_lane_begin_variables(). */
void ctr_variables_settle(ctrace_lane *l);

/* ---- drain.c ---- */

bool ctr_drain_start(ctrace_recorder *r);
/* Takes all that there is, brings it into the file and ends the thread. */
void ctr_drain_stop(ctrace_recorder *r);
/* Takes all that there is, brings it into the file when it is time or `flush`. */
void ctr_drain(ctrace_recorder *r, bool flush);
/* Takes all of the only lane, in the child of a fork. */
void ctr_drain_alone(ctrace_recorder *r, ctrace_lane *l);
int64_t ctr_now_ms(void);

/* ---- session.c ---- */

/* What all writers of a recorder are told. */
void ctr_recorder_begin_writer(ctrace_recorder *r);
/* What the lanes have of the writer, before it ends. */
void ctr_recorder_free_tracks(ctrace_recorder *r);
/* Frees the recorder and its lanes, but not the writer, which is gone. */
void ctr_recorder_free(ctrace_recorder *r);

#endif
