/* Telling events in CBOR by how they begin, where nothing else tells it. */
#ifndef CTRACE_LIB_CODEC_CBOR_BIN_FIND_H
#define CTRACE_LIB_CODEC_CBOR_BIN_FIND_H

#include "codec/decoder.h"

/* An event's name does not end behind so many bytes. */
#define CTR_CBOR_EVENT_BEGIN 24

/* Whether an event begins at `p` as upstream writes it, by its name; bytes behind `end` are not looked at. */
bool ctr_cbor_event_begins(const char *p, const char *end, ctrace_event_kind *kind);

/* What the entry at `p`, which is no event, was to be. */
void ctr_cbor_guess_event(const char *p, const char *end, ctr_bad_event *out);

#endif
