/* Where the joining of streams stands. Used by streams.c and stages.c alone. */
#ifndef CTRACE_LIB_CODEC_CTFS_STAGES_H
#define CTRACE_LIB_CODEC_CTFS_STAGES_H

#include "codec/ctfs/calls.h"
#include "codec/ctfs/log_records.h"
#include "codec/ctfs/names.h"
#include "codec/ctfs/steps.h"
#include "codec/ctfs/streams.h"
#include "codec/ctfs/values.h"

/* What the next event may come from. */
typedef enum stage {
    STAGE_PATHS,
    STAGE_FUNCTIONS, /* up to the first that has no place: those are declared where they are called */
    STAGE_TYPES,
    STAGE_VARIABLES,
    STAGE_TOP, /* the call of the top level */
    STAGE_STEP,
    STAGE_RECORD,
    STAGE_CALLS,
    STAGE_VALUES_BEGIN,
    STAGE_VALUES,
    STAGE_LOG,
    STAGE_RETURNS,
    STAGE_LAST_CALLS, /* what is left behind the last step */
    STAGE_LAST_LOG,
    STAGE_LAST_FUNCTIONS,
    STAGE_END
} stage;

struct ctr_ctfs_streams {
    ctr_ctfs_shared shared;
    ctr_ctfs_names names;
    ctr_ctfs_positions positions;
    ctr_ctfs_steps steps;
    ctr_ctfs_values values;
    ctr_ctfs_calls calls;
    ctr_log_records log;

    stage stage;
    uint64_t declared;  /* of the table that the stage is about */
    uint64_t functions; /* that are declared */
    bool has_step;      /* one was read that was not given */
    bool nim_is_noted;
    ctr_ctfs_place place; /* of the last step */
    uint64_t next_index;
    ctrace_event event;
    ctr_mark mark; /* the newest place from which reading can go on */
    bool has_mark;
};

/* Makes the event of the stage, or goes on to another stage and returns CTRACE_END. Not at STAGE_END. */
ctrace_status ctr_ctfs_run_stage(ctr_ctfs_streams *s, ctrace_error *error);

#endif
