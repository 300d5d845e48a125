/* How many names were declared in parts that cannot be read. Ids count the declarations and are used soon after, so an
 * id that is too high for those that were read tells that some are missing. A first reading collects that, part by
 * part; the second one declares as many in the place of each part. */
#ifndef CTRACE_LIB_CONVERT_EVIDENCE_H
#define CTRACE_LIB_CONVERT_EVIDENCE_H

#include "convert/names.h"

/* Unreadable parts that are told apart; those behind count as one. */
#define CTR_MOST_PARTS 512

typedef struct ctr_part {
    uint64_t events;                  /* how many events can have been in it */
    uint64_t missing[CTR_NAME_KINDS]; /* so many names more are used behind it than are declared */
    uint64_t lost[CTR_NAME_KINDS];    /* and so many were declared in it */
} ctr_part;

typedef struct ctr_evidence {
    ctr_part parts[CTR_MOST_PARTS + 1]; /* the first one is before all unreadable parts */
    size_t part;                        /* where reading is */
    uint64_t declared[CTR_NAME_KINDS];  /* so far */
} ctr_evidence;

/* Behind an unreadable part. */
void ctr_evidence_part(ctr_evidence *e, uint64_t events);
/* The event is whole. */
void ctr_evidence_see(ctr_evidence *e, const ctrace_event *event);
/* At the end of the first reading. */
void ctr_evidence_weigh(ctr_evidence *e);

#endif
