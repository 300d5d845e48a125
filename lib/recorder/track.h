/* What the recorder's thread knows of a lane: its open frames with their variables as they are written. */
#ifndef CTRACE_LIB_RECORDER_TRACK_H
#define CTRACE_LIB_RECORDER_TRACK_H

#include "recorder/names.h"
#include "recorder/records.h"
#include "writer/snapshot.h"

typedef struct ctr_track_frame {
    ctrace_id function;
    ctrace_id path; /* of its last step, */
    int64_t line;   /* when it had one */
    bool has_line;
    bool written;   /* the trace has its call */
    ctr_snapshot variables;
} ctr_track_frame;

typedef struct ctr_track_arg {
    ctrace_id variable;
    ctrace_kept *value;
} ctr_track_arg;

typedef struct ctr_track {
    ctr_track_frame *frames; /* the first is the top level; behind the open ones wait those to be used again */
    size_t count, made, room;
    ctr_track_arg *args;     /* of the next call; behind them the same */
    size_t arg_count, args_made, arg_room;
    bool told;     /* the trace says that the thread started */
    bool settled;  /* the last step of the stream is that of the running frame */
    bool has_log;  /* and has a log event */
    uint64_t left; /* calls of the trace that were left while nothing was written */
} ctr_track;

/* The state of the stream. */
typedef struct ctr_replay {
    ctr_declared_place names; /* declarations that the writer has */
    ctrace_kept *value;    /* the one that is being built */
    uint64_t stream;       /* the thread that the stream is at */
    bool muted;            /* nothing is written, but what is open is kept in mind */
    uint64_t lost;         /* events left out since something was written */
    ctrace_id none_type;
} ctr_replay;

/* The first frame, the top level. False: no memory. */
bool ctr_track_init(ctrace_recorder *r, ctr_track *t);
void ctr_track_free(ctrace_recorder *r, ctr_track *t);

/* Brings to the writer what was declared since. */
void ctr_replay_names(ctrace_recorder *r);
/* Does what a record tells; it is no turn. Returns where the next one is. */
const ctr_word *ctr_replay_record(ctrace_recorder *r, ctrace_lane *l, const ctr_word *record);
/* After something was left out, or in the child of a fork: brings the trace to the frames that are open. */
void ctr_replay_catch_up(ctrace_recorder *r, ctrace_lane *l);
/* Puts a value where the writer waits for one. Returns where it ends. */
const ctr_word *ctr_replay_value(ctrace_recorder *r, const ctr_word *p);

#endif
