/* Going through the list that holds the events, or through JSON lines. */
#ifndef CTRACE_LIB_CODEC_JSON_LIST_H
#define CTRACE_LIB_CODEC_JSON_LIST_H

#include "codec/decoder.h"
#include "codec/json/decode.h"
#include "codec/json/window.h"

/* Where reading stands between two calls. */
typedef enum ctr_json_place {
    CTR_JSON_LIST_BEGIN, /* behind '[', or before an event in a list */
    CTR_JSON_LIST_EVENT, /* behind an event in a list */
    CTR_JSON_LINES,      /* before or behind an event that is in no list */
    CTR_JSON_BAD_EVENT,  /* in an event that is to be skipped */
    CTR_JSON_END
} ctr_json_place;

typedef struct ctr_json_list {
    ctr_decoder base;
    ctr_decoder_class class;
    ctr_window window; /* its `at` is where the last event begins */
    const char *after; /* behind the last event; NULL when there is none to go on from */
    ctr_json_place place;
    bool in_list, closed; /* closed by ']' */
    uint64_t index;       /* of the last event */
    uint64_t next_index;
    ctr_json_skip skip;    /* through a bad event, */
    ctrace_position bad;   /* which begins here */
    ctrace_position start; /* of the events; its `event` is 0 */
    /* When the trace is still being written: */
    bool waiting;     /* the last answer was CTRACE_AGAIN */
    bool complete;    /* the trace said that it is complete, so nothing changes any more */
    uint64_t settled; /* bytes before this place do not change */
    ctr_json_decoder decoder;
} ctr_json_list;

static inline ctr_json_list *ctr_json_list_of(ctr_decoder *d) { return (ctr_json_list *)(void *)d; }

/* The next event of a list that does not change. */
ctrace_status ctr_json_list_next(ctr_decoder *base, const ctrace_event **event, ctrace_error *error);
/* Goes to a place between events; position.event is the index of the next one. Only of a source that seeks. */
void ctr_json_list_go_to(ctr_json_list *l, ctr_json_place place, const ctrace_position *position);

/* ---- follow.c ---- */

/* The next event of a list that may still grow. */
ctrace_status ctr_json_follow_next(ctr_decoder *base, const ctrace_event **event, ctrace_error *error);

#endif
