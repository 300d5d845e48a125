/* An event as one line of text with its names resolved. */
#ifndef CTRACE_TOOLS_SHOW_EVENT_H
#define CTRACE_TOOLS_SHOW_EVENT_H

#include "names.h"
#include "text.h"

/* `n` holds what was declared before this event. */
void show_event(text *t, const names *n, const ctrace_event *event);

/* The kind as it begins the line: "step", "bind-variable". */
void show_event_kind(text *t, ctrace_event_kind kind);

#endif
