/* Regular expressions as CodeTracer's own recorders take them, which are those of RE2 and Rust: no look-around and no
 * references back. Of what these have, Unicode's properties, operations on sets and the flags U and x are not here. */
#include "filter/regex.h"

enum { DEEPEST = 50, MOST_REPEATS = 1000 };

static bool emit(ctr_regex *r, ctr_pattern_op op)
{
    return ctr_pattern_emit(&r->b, (ctr_pattern_instruction){.op = (uint8_t)op});
}

static bool emit_char(ctr_regex *r, uint32_t c)
{
    if (r->flags.any_case && c >= 0x80)
        return ctr_regex_fail(r, "(?i) is for the letters of ASCII alone");
    return ctr_pattern_emit(&r->b, (ctr_pattern_instruction){.op = CTR_PATTERN_CHAR, .flag = r->flags.any_case, .c = c});
}

/* ---- Groups, repeats ---- */

static bool ways(ctr_regex *r);

/* Repeats what the program has from `from` on. The first is there, copies are put behind it, as jumps are relative. */
static bool repeat(ctr_regex *r, size_t from, size_t least, size_t most)
{
    ctr_pattern *p = r->b.p;
    size_t size = p->count - from;
    if (most == 0) {
        p->count = from;
        return true;
    }
    size_t copies = most == SIZE_MAX ? (least ? least : 1) : most;
    for (size_t i = 0; i < copies; i++) {
        size_t begin = i ? p->count : from;
        /* A first one that may be left out has a split before it by now. */
        for (size_t k = 0; i > 0 && k < size; k++) {
            if (!ctr_pattern_emit(&r->b, p->code[from + k + (least == 0)]))
                return false;
        }
        bool endless = most == SIZE_MAX && i + 1 == copies;
        if (endless && least > 0)
            return ctr_pattern_emit(&r->b, (ctr_pattern_instruction){.op = CTR_PATTERN_SPLIT, .x = (int16_t)-(int)size,
                                                                     .y = 1});
        if (i < least)
            continue;
        int behind = (int)size + (endless ? 2 : 1);
        if (!ctr_pattern_insert(&r->b, begin, (ctr_pattern_instruction){.op = CTR_PATTERN_SPLIT, .x = 1,
                                                                        .y = (int16_t)behind}))
            return false;
        if (endless)
            return ctr_pattern_emit(&r->b, (ctr_pattern_instruction){.op = CTR_PATTERN_JUMP, .x = (int16_t)(1 - behind)});
    }
    return true;
}

static bool count(ctr_regex *r, size_t *out)
{
    size_t value = 0, digits_seen = 0;
    for (; ctr_regex_peek(r) >= '0' && ctr_regex_peek(r) <= '9'; digits_seen++) {
        value = value * 10 + (size_t)(r->b.text.data[r->b.at++] - '0');
        if (value > MOST_REPEATS)
            return ctr_regex_fail(r, "it repeats something more than 1000 times");
    }
    *out = value;
    return digits_seen > 0;
}

/* What is behind something that may be repeated. */
static bool repeats(ctr_regex *r, size_t from)
{
    for (;;) {
        size_t least = 0, most = 0;
        if (ctr_regex_accept(r, "*"))
            least = 0, most = SIZE_MAX;
        else if (ctr_regex_accept(r, "+"))
            least = 1, most = SIZE_MAX;
        else if (ctr_regex_accept(r, "?"))
            least = 0, most = 1;
        else if (ctr_regex_accept(r, "{")) {
            most = SIZE_MAX;
            if (!count(r, &least))
                return ctr_regex_fail(r, "its {} has no number");
            if (!ctr_regex_accept(r, ","))
                most = least;
            else if (ctr_regex_peek(r) != '}' && !count(r, &most))
                return ctr_regex_fail(r, "its {} has no number");
            if (!ctr_regex_accept(r, "}") || most < least)
                return ctr_regex_fail(r, "its {} is not a count");
        } else
            return true;
        ctr_regex_accept(r, "?"); /* as few as it can: that it matches is all that is asked */
        if (!repeat(r, from, least, most))
            return false;
    }
}

/* Behind "(?". True with *closed when it was only about flags. */
static bool group_head(ctr_regex *r, bool *closed)
{
    *closed = false;
    if (ctr_regex_accept(r, "P<") || (ctr_regex_peek(r) == '<' && r->b.at + 1 < r->b.text.size && r->b.text.data[r->b.at + 1] != '=' &&
                            r->b.text.data[r->b.at + 1] != '!' && ctr_regex_accept(r, "<"))) {
        while (!ctr_regex_at_end(r) && ctr_regex_peek(r) != '>')
            r->b.at++;
        return ctr_regex_accept(r, ">") || ctr_regex_fail(r, "the name of a group has no end");
    }
    for (bool value = true;;) {
        if (ctr_regex_accept(r, ":"))
            return true;
        if (ctr_regex_accept(r, ")")) {
            *closed = true;
            return true;
        }
        if (ctr_regex_accept(r, "-"))
            value = false;
        else if (ctr_regex_accept(r, "i"))
            r->flags.any_case = value;
        else if (ctr_regex_accept(r, "s"))
            r->flags.dot_all = value;
        else if (ctr_regex_accept(r, "m"))
            r->flags.lines = value;
        else
            return ctr_regex_fail(r, "look-around, and flags other than i, s and m, are not known");
    }
}

/* Behind its '('. */
static bool group(ctr_regex *r, bool *closed)
{
    ctr_regex_flags before = r->flags;
    *closed = false;
    if (ctr_regex_accept(r, "?") && !group_head(r, closed))
        return false;
    if (*closed)
        return true; /* the flags hold to the end of the group around */
    if (++r->depth > DEEPEST)
        return ctr_regex_fail(r, "it is nested too deeply");
    if (!ways(r))
        return false;
    r->depth--;
    r->flags = before;
    return ctr_regex_accept(r, ")") || ctr_regex_fail(r, "there is no ')' for its '('");
}

static bool behind_backslash(ctr_regex *r)
{
    char letter = ctr_regex_peek(r);
    uint32_t c;
    if (ctr_regex_named_class(r))
        return true;
    r->b.at++;
    switch (letter) {
    case 'A':
        return emit(r, CTR_PATTERN_BEGIN);
    case 'z':
        return emit(r, CTR_PATTERN_END);
    case 'b':
        return emit(r, CTR_PATTERN_EDGE);
    case 'B':
        return emit(r, CTR_PATTERN_NO_EDGE);
    default:
        r->b.at--;
        return ctr_regex_escaped(r, &c) && emit_char(r, c);
    }
}

static bool thing(ctr_regex *r)
{
    bool closed;
    switch (ctr_regex_peek(r)) {
    case '(':
        r->b.at++;
        return group(r, &closed);
    case '[':
        r->b.at++;
        return ctr_regex_class(r);
    case '.':
        r->b.at++;
        return emit(r, r->flags.dot_all ? CTR_PATTERN_ANY : CTR_PATTERN_NOT_NEWLINE);
    case '^':
        r->b.at++;
        return emit(r, r->flags.lines ? CTR_PATTERN_LINE_BEGIN : CTR_PATTERN_BEGIN);
    case '$':
        r->b.at++;
        return emit(r, r->flags.lines ? CTR_PATTERN_LINE_END : CTR_PATTERN_END);
    case '\\':
        r->b.at++;
        return behind_backslash(r);
    case '*':
    case '+':
    case '?':
    case '{':
        return ctr_regex_fail(r, "there is nothing to repeat");
    default:
        return emit_char(r, ctr_pattern_next(r->b.text, &r->b.at));
    }
}

static bool ways(ctr_regex *r)
{
    ctr_pattern_ways of_this;
    ctr_pattern_begin_ways(&r->b, &of_this);
    while (!ctr_regex_at_end(r) && ctr_regex_peek(r) != ')') {
        if (ctr_regex_accept(r, "|")) {
            if (!ctr_pattern_next_way(&r->b, &of_this))
                return false;
            continue;
        }
        size_t from = r->b.p->count;
        if (!thing(r) || !repeats(r, from))
            return false;
    }
    ctr_pattern_end_ways(&r->b, &of_this);
    return true;
}

ctrace_status ctr_pattern_from_regex(ctr_pattern *p, ctrace_str regex, const char **why)
{
    ctr_regex r = {.b = {.p = p, .text = regex}};
    if (ways(&r)) {
        if (!ctr_regex_at_end(&r))
            ctr_regex_fail(&r, "there is no '(' for its ')'");
        else
            emit(&r, CTR_PATTERN_MATCH);
    }
    *why = r.b.why;
    return r.b.status;
}
