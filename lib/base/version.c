#include "ctrace/common.h"
#include "ctrace/version.h"

const char *ctrace_version(void)
{
    return CTRACE_VERSION_STRING;
}
