/* Globs and regular expressions of filters, as small programs that are run on a text: in time linear in it, without
 * memory, and without looking at the locale, which the C library's regular expressions do. The same file so means the same
 * in every recorder. */
#ifndef CTRACE_LIB_FILTER_PATTERN_H
#define CTRACE_LIB_FILTER_PATTERN_H

#include "base/memory.h"
#include "ctrace/error.h"

typedef enum ctr_pattern_op {
    CTR_PATTERN_MATCH,
    CTR_PATTERN_CHAR,        /* `c`; with `flag` in either case */
    CTR_PATTERN_ANY,
    CTR_PATTERN_NOT_SLASH,
    CTR_PATTERN_NOT_NEWLINE,
    CTR_PATTERN_CLASS,       /* one of `x` ranges from number `c` on; with `flag` none of them */
    CTR_PATTERN_SPLIT,       /* goes on both at `x` and at `y`, counted from here */
    CTR_PATTERN_JUMP,        /* goes on at `x` */
    CTR_PATTERN_BEGIN,
    CTR_PATTERN_END,
    CTR_PATTERN_LINE_BEGIN,
    CTR_PATTERN_LINE_END,
    CTR_PATTERN_EDGE,        /* of a word */
    CTR_PATTERN_NO_EDGE
} ctr_pattern_op;

typedef struct ctr_pattern_instruction {
    uint8_t op;
    bool flag;
    int16_t x, y;
    uint32_t c;
} ctr_pattern_instruction;

typedef struct ctr_pattern_range {
    uint32_t first, last;
} ctr_pattern_range;

enum { CTR_PATTERN_LONGEST = 1000 };

typedef struct ctr_pattern {
    ctr_pattern_instruction *code;
    size_t count, capacity;
    ctr_pattern_range *ranges;
    size_t range_count, range_capacity;
    const ctrace_allocator *allocator;
} ctr_pattern;

/* Both fill an empty pattern that has its allocator. CTRACE_SYNTAX: `why` is a short static text that says what is not
 * acceptable. On failure too the pattern is to be freed. */
ctrace_status ctr_pattern_from_glob(ctr_pattern *p, ctrace_str glob, const char **why);
ctrace_status ctr_pattern_from_regex(ctr_pattern *p, ctrace_str regex, const char **why);
void ctr_pattern_free(ctr_pattern *p);

/* A glob matches a whole text, a regular expression anywhere in it. */
bool ctr_pattern_matches(const ctr_pattern *p, ctrace_str text);

/* The character at *at, which goes behind it; U+FFFD for a byte that is not UTF-8's. */
uint32_t ctr_pattern_next(ctrace_str text, size_t *at);

/* ---- For those that make programs; each returns false, and sets `status` and `why`, when there is no room. ---- */

typedef struct ctr_pattern_builder {
    ctr_pattern *p;
    ctrace_str text;
    size_t at; /* in the text */
    ctrace_status status;
    const char *why;
} ctr_pattern_builder;

/* Several ways to go on: where the newest begins, and the jump at the end of the one before it. */
typedef struct ctr_pattern_ways {
    size_t way;
    size_t last_jump;
} ctr_pattern_ways;

bool ctr_pattern_fail(ctr_pattern_builder *b, const char *why);
bool ctr_pattern_insert(ctr_pattern_builder *b, size_t at, ctr_pattern_instruction instruction);
bool ctr_pattern_emit(ctr_pattern_builder *b, ctr_pattern_instruction instruction);
bool ctr_pattern_add_range(ctr_pattern_builder *b, uint32_t first, uint32_t last);
void ctr_pattern_begin_ways(ctr_pattern_builder *b, ctr_pattern_ways *ways);
bool ctr_pattern_next_way(ctr_pattern_builder *b, ctr_pattern_ways *ways);
void ctr_pattern_end_ways(ctr_pattern_builder *b, ctr_pattern_ways *ways);

#endif
