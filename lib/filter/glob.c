/* Globs: '*' and '?' stop at '/', '**' as a whole part of a path is any number of parts, [a-z], [!a-z], {a,b}, '\' before
 * what is meant as itself. */
#include "filter/pattern.h"

enum { DEEPEST = 10 };

static bool emit(ctr_pattern_builder *b, ctr_pattern_op op)
{
    return ctr_pattern_emit(b, (ctr_pattern_instruction){.op = (uint8_t)op});
}

static bool emit_char(ctr_pattern_builder *b, uint32_t c)
{
    return ctr_pattern_emit(b, (ctr_pattern_instruction){.op = CTR_PATTERN_CHAR, .c = c});
}

/* Any number of what `op` takes. */
static bool emit_any_number(ctr_pattern_builder *b, ctr_pattern_op op)
{
    return ctr_pattern_emit(b, (ctr_pattern_instruction){.op = CTR_PATTERN_SPLIT, .x = 1, .y = 3}) && emit(b, op) &&
           ctr_pattern_emit(b, (ctr_pattern_instruction){.op = CTR_PATTERN_JUMP, .x = -2});
}

static char peek(const ctr_pattern_builder *b, size_t ahead)
{
    return b->at + ahead < b->text.size ? b->text.data[b->at + ahead] : 0;
}

static bool star(ctr_pattern_builder *b, bool in_braces)
{
    size_t from = b->at++;
    if (peek(b, 0) != '*')
        return emit_any_number(b, CTR_PATTERN_NOT_SLASH);
    b->at++;
    char before = from ? b->text.data[from - 1] : '/', behind = peek(b, 0);
    bool begins = before == '/' || (in_braces && (before == '{' || before == ','));
    bool ends = b->at == b->text.size || (in_braces && (behind == ',' || behind == '}'));
    if (begins && ends)
        return emit_any_number(b, CTR_PATTERN_ANY);
    if (begins && behind == '/') { /* nothing, or anything up to a '/' */
        b->at++;
        return ctr_pattern_emit(b, (ctr_pattern_instruction){.op = CTR_PATTERN_SPLIT, .x = 1, .y = 5}) &&
               emit_any_number(b, CTR_PATTERN_ANY) && emit_char(b, '/');
    }
    return emit_any_number(b, CTR_PATTERN_NOT_SLASH);
}

static bool class(ctr_pattern_builder *b)
{
    b->at++;
    bool none_of = peek(b, 0) == '!' || peek(b, 0) == '^';
    b->at += none_of;
    size_t first = b->p->range_count;
    if (none_of && !ctr_pattern_add_range(b, '/', '/'))
        return false;
    for (size_t from = b->at;;) {
        if (b->at >= b->text.size)
            return ctr_pattern_fail(b, "there is no ']' for its '['");
        if (b->text.data[b->at] == ']' && b->at > from)
            break;
        uint32_t low = ctr_pattern_next(b->text, &b->at), high = low;
        if (peek(b, 0) == '-' && b->at + 1 < b->text.size && peek(b, 1) != ']') {
            b->at++;
            high = ctr_pattern_next(b->text, &b->at);
        }
        if (high < low)
            return ctr_pattern_fail(b, "a range in its [] ends before it begins");
        if (!ctr_pattern_add_range(b, low, high))
            return false;
    }
    b->at++;
    return ctr_pattern_emit(b, (ctr_pattern_instruction){.op = CTR_PATTERN_CLASS, .flag = none_of, .c = (uint32_t)first,
                                                         .x = (int16_t)(b->p->range_count - first)});
}

static bool glob_part(ctr_pattern_builder *b, ctr_pattern_ways *ways, size_t *depth)
{
    switch (b->text.data[b->at]) {
    case '*':
        return star(b, *depth > 0);
    case '?':
        b->at++;
        return emit(b, CTR_PATTERN_NOT_SLASH);
    case '[':
        return class(b);
    case '{':
        b->at++;
        if (*depth == DEEPEST)
            return ctr_pattern_fail(b, "its {} are nested too deeply");
        ctr_pattern_begin_ways(b, &ways[(*depth)++]);
        return true;
    case ',':
        if (!*depth)
            break;
        b->at++;
        return ctr_pattern_next_way(b, &ways[*depth - 1]);
    case '}':
        b->at++;
        if (!*depth)
            return ctr_pattern_fail(b, "there is no '{' for its '}'");
        ctr_pattern_end_ways(b, &ways[--*depth]);
        return true;
    case '\\':
        if (++b->at == b->text.size)
            return ctr_pattern_fail(b, "there is nothing behind its last '\\'");
        break;
    default:
        break;
    }
    return emit_char(b, ctr_pattern_next(b->text, &b->at));
}

ctrace_status ctr_pattern_from_glob(ctr_pattern *p, ctrace_str glob, const char **why)
{
    ctr_pattern_builder b = {.p = p, .text = glob};
    ctr_pattern_ways ways[DEEPEST];
    size_t depth = 0;
    if (emit(&b, CTR_PATTERN_BEGIN)) {
        while (b.at < glob.size && glob_part(&b, ways, &depth))
            continue;
    }
    if (b.status == CTRACE_OK && depth)
        ctr_pattern_fail(&b, "there is no '}' for its '{'");
    if (b.status == CTRACE_OK && emit(&b, CTR_PATTERN_END))
        emit(&b, CTR_PATTERN_MATCH);
    *why = b.why;
    return b.status;
}
