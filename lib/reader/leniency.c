#include "ctrace/reader.h"

const char *ctrace_leniency_name(ctrace_leniency leniency)
{
    switch (leniency) {
#define X(name, text, found)                                                                                           \
    case CTRACE_LENIENCY_##name:                                                                                       \
        return text;
        CTRACE_LENIENCIES(X)
#undef X
    case CTRACE_LENIENCY_COUNT:
        break;
    }
    return "?";
}

const char *ctrace_leniency_text(ctrace_leniency leniency)
{
    switch (leniency) {
#define X(name, text, found)                                                                                           \
    case CTRACE_LENIENCY_##name:                                                                                       \
        return found;
        CTRACE_LENIENCIES(X)
#undef X
    case CTRACE_LENIENCY_COUNT:
        break;
    }
    return "unknown leniency";
}
