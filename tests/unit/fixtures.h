/* Traces of other producers, which do not belong to this project. */
#ifndef CTRACE_TESTS_FIXTURES_H
#define CTRACE_TESTS_FIXTURES_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmocka_all.h"

/* FIXTURES_FOLDER comes from the build; the variable CTRACE_FIXTURES goes before it. */
static inline const char *fixtures_folder(void)
{
    const char *folder = getenv("CTRACE_FIXTURES");
    return folder ? folder : FIXTURES_FOLDER;
}

/* The path of one, which must be there when the folder is. */
static inline const char *fixture(char path[1024], const char *name)
{
    snprintf(path, 1024, "%s/%s", fixtures_folder(), name);
    if (access(path, R_OK) != 0)
        fail_msg("missing: %s", path);
    return path;
}

/* To be asked before the tests run: tells the runner that all are skipped when there is no such folder. */
static inline int fixtures_are_missing(void)
{
    if (access(fixtures_folder(), R_OK) == 0)
        return 0;
    printf("1..0 # SKIP traces of other producers are not at %s\n", fixtures_folder());
    return 1;
}

#endif
