/* Names by their ids: which event declares one, and which ids an event uses. */
#ifndef CTRACE_LIB_CONVERT_NAMES_H
#define CTRACE_LIB_CONVERT_NAMES_H

#include "ctrace/event.h"

typedef enum ctr_name_kind {
    CTR_NAME_PATH,
    CTR_NAME_FUNCTION,
    CTR_NAME_TYPE,
    CTR_NAME_VARIABLE,
    CTR_NAME_KINDS
} ctr_name_kind;

/* What the event declares; CTR_NAME_KINDS for none. */
ctr_name_kind ctr_name_declared(ctrace_event_kind kind);
/* Raises needed[kind] to the number of names that must be declared so that the event's ids are. Ids in events that no
 * reader resolves do not count. */
void ctr_names_used(const ctrace_event *event, uint64_t needed[CTR_NAME_KINDS]);

#endif
