/* What a piece of JSON was to be that cannot be decoded. */
#ifndef CTRACE_LIB_CODEC_JSON_GUESS_H
#define CTRACE_LIB_CODEC_JSON_GUESS_H

#include "codec/decoder.h"
#include "codec/json/scan.h"

/* What an event begins with is not longer. */
#define CTR_JSON_EVENT_BEGIN 256

/* Does an event begin at the brace `p`: {"Name": ? Inside of a text its quotes would have backslashes, so this is one
 * also where nobody knows what stands before it. *after is behind the colon. CTR_SCAN_MORE when the bytes before `end`
 * do not tell. */
ctr_scan ctr_json_event_begins(const char *p, const char *end, ctrace_event_kind *kind, const char **after);

/* What the entry at `p` was to be. */
void ctr_json_guess_event(const char *p, const char *end, ctr_bad_event *out);

#endif
