/* What the two halves of the parser of regular expressions share. */
#ifndef CTRACE_LIB_FILTER_REGEX_H
#define CTRACE_LIB_FILTER_REGEX_H

#include <string.h>

#include "filter/pattern.h"

typedef struct ctr_regex_flags {
    bool any_case, dot_all, lines;
} ctr_regex_flags;

typedef struct ctr_regex {
    ctr_pattern_builder b;
    size_t depth;
    ctr_regex_flags flags;
} ctr_regex;

static inline bool ctr_regex_fail(ctr_regex *r, const char *why) { return ctr_pattern_fail(&r->b, why); }
static inline bool ctr_regex_at_end(const ctr_regex *r) { return r->b.at >= r->b.text.size; }
static inline char ctr_regex_peek(const ctr_regex *r) { return ctr_regex_at_end(r) ? 0 : r->b.text.data[r->b.at]; }

static inline bool ctr_regex_accept(ctr_regex *r, const char *text)
{
    size_t size = strlen(text);
    if (r->b.text.size - r->b.at < size || memcmp(r->b.text.data + r->b.at, text, size) != 0)
        return false;
    r->b.at += size;
    return true;
}

/* ---- filter_regex_class.c ---- */

/* A class, behind its '['. */
bool ctr_regex_class(ctr_regex *r);
/* \d and its like, behind the '\'; false when the letter is none of them, which then is still to be read. */
bool ctr_regex_named_class(ctr_regex *r);
/* A character behind '\' that is not the name of something else. */
bool ctr_regex_escaped(ctr_regex *r, uint32_t *out);

#endif
