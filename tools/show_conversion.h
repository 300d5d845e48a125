/* The report of a conversion, as text or as JSON. */
#ifndef CTRACE_TOOLS_SHOW_CONVERSION_H
#define CTRACE_TOOLS_SHOW_CONVERSION_H

#include "text.h"

#include <ctrace/convert.h>

typedef struct conversion_shown {
    const char *in, *out; /* as they were called */
    bool written;         /* false: --strict refused it */
} conversion_shown;

void show_conversion(text *t, const conversion_shown *shown, const ctrace_conversion *report);
void show_conversion_json(text *t, const conversion_shown *shown, const ctrace_conversion *report);

#endif
