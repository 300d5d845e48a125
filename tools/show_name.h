/* What ids stand for, as text. An id that is not declared is shown as "function#7". */
#ifndef CTRACE_TOOLS_SHOW_NAME_H
#define CTRACE_TOOLS_SHOW_NAME_H

#include "names.h"
#include "text.h"

void show_function(text *t, const names *n, ctrace_id id);
void show_variable(text *t, const names *n, ctrace_id id);
void show_type(text *t, const names *n, ctrace_id id);
/* Such as "area.py:3". */
void show_place(text *t, const names *n, ctrace_id path_id, int64_t line);

#endif
