#include "options.h"

#include "complain.h"

#include <ctrace/version.h>

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char *const see_help = "see --help";

int option_refused(int found, char **argv)
{
    const char *given = argv[optind - 1];
    if (found == ':')
        complain("option %s needs a value; %s", given, see_help);
    else if (optopt && strncmp(given, "--", 2) == 0 && strchr(given, '='))
        complain("option %s takes no value; %s", given, see_help);
    else if (optopt)
        complain("unknown option -%c; %s", optopt, see_help);
    else
        complain("unknown option %s; %s", given, see_help);
    return EXIT_NOT_RUN;
}

bool option_number(const char *option, const char *given, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(given, &end, 10);
    if (given[0] < '0' || given[0] > '9' || *end || errno) {
        complain("%s needs a number, not '%s'", option, given);
        return false;
    }
    *out = number;
    return true;
}

bool option_colour(const char *given, when *out)
{
    static const char *const words[] = {[WHEN_AUTO] = "auto", [WHEN_ALWAYS] = "always", [WHEN_NEVER] = "never"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(given, words[i]) == 0) {
            *out = (when)i;
            return true;
        }
    }
    complain("--color is auto, always or never, not '%s'", given);
    return false;
}

bool option_format(const char *given, const char *other, bool *is_other)
{
    *is_other = strcmp(given, other) == 0;
    if (*is_other || strcmp(given, "text") == 0)
        return true;
    complain("--format is text or %s, not '%s'", other, given);
    return false;
}

bool option_form(const char *option, const char *given, ctrace_form *out)
{
    *out = ctrace_form_find((ctrace_str){given, strlen(given)});
    if (*out != CTRACE_FORM_COUNT)
        return true;
    complain("%s is json, ndjson, bin, bin-v0 or ct, not '%s'", option, given);
    return false;
}

int option_help(const char *help)
{
    text t = {0};
    text_put(&t, help);
    screen_write(&t);
    text_free(&t);
    return EXIT_FINE;
}

int option_version(const char *tool)
{
    text t = {0};
    text_format(&t, "%s " CTRACE_VERSION_STRING "\n", tool);
    screen_write(&t);
    text_free(&t);
    return EXIT_FINE;
}

const char *option_one_path(int argc, char **argv)
{
    if (optind == argc)
        complain("which trace? Give a folder, a file, or - for standard input; %s", see_help);
    else if (optind + 1 < argc)
        complain("one trace at a time: '%s' is too many; %s", argv[optind + 1], see_help);
    else
        return argv[optind];
    return NULL;
}
