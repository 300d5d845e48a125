#include "base/options.h"

#include <string.h>

#include "base/failure.h"
#include "ctrace/version.h"

ctrace_status ctr_take_options(void *taken, size_t size, const void *given, const char *name, ctrace_error *error)
{
    size_t given_size = size;
    if (given)
        memcpy(&given_size, given, sizeof given_size);
    if (given_size < sizeof given_size)
        return ctr_fail(error, CTRACE_ARGUMENT, "%s.size is not set; begin with its INIT", name);
    for (size_t i = size; i < given_size; i++)
        if (((const char *)given)[i])
            return ctr_fail(error, CTRACE_ARGUMENT,
                            "%s has an option set that this library, version " CTRACE_VERSION_STRING
                            ", does not know; a newer one is needed",
                            name);
    memset(taken, 0, size);
    if (given)
        memcpy(taken, given, given_size < size ? given_size : size);
    memcpy(taken, &size, sizeof size);
    return CTRACE_OK;
}
