/* Regular expressions as CodeTracer's own recorders take them, which are those of RE2 and Rust: no look-around and no
 * references back. Of what these have, Unicode's properties, operations on sets and the flags U and x are not here. */
#include "recorder/filter_pattern.h"

#include <string.h>

enum { DEEPEST = 50, MOST_REPEATS = 1000 };

typedef struct flags {
    bool any_case, dot_all, lines;
} flags;

typedef struct parser {
    ctr_pattern_builder b;
    size_t depth;
    flags flags;
} parser;

static bool fail(parser *r, const char *why) { return ctr_pattern_fail(&r->b, why); }
static bool at_end(const parser *r) { return r->b.at >= r->b.text.size; }
static char peek(const parser *r) { return at_end(r) ? 0 : r->b.text.data[r->b.at]; }

static bool accept(parser *r, const char *text)
{
    size_t size = strlen(text);
    if (r->b.text.size - r->b.at < size || memcmp(r->b.text.data + r->b.at, text, size) != 0)
        return false;
    r->b.at += size;
    return true;
}

static bool emit(parser *r, ctr_pattern_op op)
{
    return ctr_pattern_emit(&r->b, (ctr_pattern_instruction){.op = (uint8_t)op});
}

static bool is_ascii_letter(uint32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool emit_char(parser *r, uint32_t c)
{
    if (r->flags.any_case && c >= 0x80)
        return fail(r, "(?i) is for the letters of ASCII alone");
    return ctr_pattern_emit(&r->b, (ctr_pattern_instruction){.op = CTR_PATTERN_CHAR, .flag = r->flags.any_case, .c = c});
}

/* ---- Classes ---- */

static const ctr_pattern_range digits[] = {{'0', '9'}};
static const ctr_pattern_range words[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}, {0x80, 0x10ffff}};
static const ctr_pattern_range spaces[] = {{'\t', '\r'},   {' ', ' '},       {0x85, 0x85},     {0xa0, 0xa0},
                                           {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f},
                                           {0x205f, 0x205f}, {0x3000, 0x3000}};

static bool add_ranges(parser *r, const ctr_pattern_range *ranges, size_t count, bool none_of)
{
    uint32_t next = 0;
    for (size_t i = 0; i < count; i++) {
        if (!none_of && !ctr_pattern_add_range(&r->b, ranges[i].first, ranges[i].last))
            return false;
        if (none_of && ranges[i].first > next && !ctr_pattern_add_range(&r->b, next, ranges[i].first - 1))
            return false;
        next = ranges[i].last + 1;
    }
    return !none_of || next > 0x10ffff || ctr_pattern_add_range(&r->b, next, 0x10ffff);
}

/* \d and its like: true when the letter is one of them. */
static bool add_named(parser *r, char letter)
{
    switch (letter) {
    case 'd':
    case 'D':
        return add_ranges(r, digits, sizeof digits / sizeof digits[0], letter == 'D');
    case 'w':
    case 'W':
        return add_ranges(r, words, sizeof words / sizeof words[0], letter == 'W');
    case 's':
    case 'S':
        return add_ranges(r, spaces, sizeof spaces / sizeof spaces[0], letter == 'S');
    default:
        return false;
    }
}

static bool is_named(char letter) { return letter && strchr("dDwWsS", letter); }

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* \x41, \x{41}, \u0041, \U00000041; behind the letter. */
static bool number(parser *r, size_t digit_count, uint32_t *out)
{
    bool braces = accept(r, "{");
    uint32_t c = 0;
    size_t count = 0;
    for (; (braces || count < digit_count) && hex_digit(peek(r)) >= 0 && count < 8; count++)
        c = c << 4 | (uint32_t)hex_digit(r->b.text.data[r->b.at++]);
    if (count == 0 || (!braces && count < digit_count) || (braces && !accept(r, "}")) || c > 0x10ffff)
        return fail(r, "a \\x or \\u is not followed by the number of a character");
    *out = c;
    return true;
}

/* A character behind '\' that is not the name of something else. */
static bool escaped(parser *r, uint32_t *out)
{
    static const char letters[] = "ntrfva", meanings[] = "\n\t\r\f\v\a";
    if (at_end(r))
        return fail(r, "there is nothing behind its last '\\'");
    char letter = peek(r);
    if (letter == 'x' || letter == 'u' || letter == 'U') {
        r->b.at++;
        return number(r, letter == 'x' ? 2 : letter == 'u' ? 4 : 8, out);
    }
    const char *known = letter ? strchr(letters, letter) : NULL;
    if (known) {
        r->b.at++;
        *out = (unsigned char)meanings[known - letters];
        return true;
    }
    if (letter >= '0' && letter <= '9')
        return fail(r, "references back, such as \\1, are not known");
    if (letter == 'p' || letter == 'P')
        return fail(r, "properties of Unicode, such as \\pL, are not known");
    if (is_ascii_letter((unsigned char)letter))
        return fail(r, "a letter behind '\\' has no meaning");
    *out = ctr_pattern_next(r->b.text, &r->b.at);
    return true;
}

/* [:alpha:], behind "[:". */
static bool add_posix(parser *r)
{
    static const struct {
        const char *name, *ranges; /* firsts and lasts */
    } classes[] = {{"alnum", "09AZaz"},  {"alpha", "AZaz"}, {"digit", "09"}, {"lower", "az"},    {"upper", "AZ"},
                   {"punct", "!/:@[`{~"}, {"space", "\t\r  "}, {"word", "09AZ__az"}, {"xdigit", "09AFaf"}, {"blank", "\t\t  "}};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        size_t at = r->b.at;
        if (accept(r, classes[i].name) && accept(r, ":]")) {
            for (const char *c = classes[i].ranges; *c; c += 2) {
                if (!ctr_pattern_add_range(&r->b, (unsigned char)c[0], (unsigned char)c[1]))
                    return false;
            }
            return true;
        }
        r->b.at = at;
    }
    return fail(r, "a [: :] has no name that is known");
}

/* What stands in a class for one character; *is_set when it was a set, which is added then. */
static bool class_item(parser *r, uint32_t *c, bool *is_set)
{
    *is_set = true;
    if (accept(r, "[:"))
        return add_posix(r);
    if (peek(r) == '[' || ((peek(r) == '&' || peek(r) == '-' || peek(r) == '~') && r->b.at + 1 < r->b.text.size &&
                           r->b.text.data[r->b.at + 1] == peek(r)))
        return fail(r, "operations on sets are not known");
    if (accept(r, "\\")) {
        if (is_named(peek(r)))
            return add_named(r, r->b.text.data[r->b.at++]);
        *is_set = false;
        return escaped(r, c);
    }
    *is_set = false;
    *c = ctr_pattern_next(r->b.text, &r->b.at);
    return true;
}

static bool class_range(parser *r)
{
    uint32_t low, high;
    bool is_set;
    if (!class_item(r, &low, &is_set) || is_set)
        return r->b.status == CTRACE_OK;
    high = low;
    if (peek(r) == '-' && r->b.at + 1 < r->b.text.size && r->b.text.data[r->b.at + 1] != ']') {
        r->b.at++;
        if (!class_item(r, &high, &is_set))
            return false;
        if (is_set || high < low)
            return fail(r, "a range in its [] ends before it begins");
    }
    if (!ctr_pattern_add_range(&r->b, low, high))
        return false;
    for (uint32_t c = 'a'; r->flags.any_case && c <= 'z'; c++) {
        bool small = c >= low && c <= high, capital = c - 32 >= low && c - 32 <= high;
        if (small != capital && !ctr_pattern_add_range(&r->b, small ? c - 32 : c, small ? c - 32 : c))
            return false;
    }
    return true;
}

static bool emit_class(parser *r, size_t first, bool none_of)
{
    return ctr_pattern_emit(&r->b, (ctr_pattern_instruction){.op = CTR_PATTERN_CLASS, .flag = none_of, .c = (uint32_t)first,
                                                             .x = (int16_t)(r->b.p->range_count - first)});
}

static bool class(parser *r)
{
    size_t first = r->b.p->range_count;
    bool none_of = accept(r, "^");
    for (size_t from = r->b.at; peek(r) != ']' || r->b.at == from;) {
        if (at_end(r))
            return fail(r, "there is no ']' for its '['");
        if (!class_range(r))
            return false;
    }
    r->b.at++;
    return emit_class(r, first, none_of);
}

/* ---- Groups, repeats ---- */

static bool ways(parser *r);

/* Repeats what the program has from `from` on. The first is there, copies are put behind it, as jumps are relative. */
static bool repeat(parser *r, size_t from, size_t least, size_t most)
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

static bool count(parser *r, size_t *out)
{
    size_t value = 0, digits_seen = 0;
    for (; peek(r) >= '0' && peek(r) <= '9'; digits_seen++) {
        value = value * 10 + (size_t)(r->b.text.data[r->b.at++] - '0');
        if (value > MOST_REPEATS)
            return fail(r, "it repeats something more than 1000 times");
    }
    *out = value;
    return digits_seen > 0;
}

/* What is behind something that may be repeated. */
static bool repeats(parser *r, size_t from)
{
    for (;;) {
        size_t least = 0, most = 0;
        if (accept(r, "*"))
            least = 0, most = SIZE_MAX;
        else if (accept(r, "+"))
            least = 1, most = SIZE_MAX;
        else if (accept(r, "?"))
            least = 0, most = 1;
        else if (accept(r, "{")) {
            most = SIZE_MAX;
            if (!count(r, &least))
                return fail(r, "its {} has no number");
            if (!accept(r, ","))
                most = least;
            else if (peek(r) != '}' && !count(r, &most))
                return fail(r, "its {} has no number");
            if (!accept(r, "}") || most < least)
                return fail(r, "its {} is not a count");
        } else
            return true;
        accept(r, "?"); /* as few as it can: that it matches is all that is asked */
        if (!repeat(r, from, least, most))
            return false;
    }
}

/* Behind "(?". True with *closed when it was only about flags. */
static bool group_head(parser *r, bool *closed)
{
    *closed = false;
    if (accept(r, "P<") || (peek(r) == '<' && r->b.at + 1 < r->b.text.size && r->b.text.data[r->b.at + 1] != '=' &&
                            r->b.text.data[r->b.at + 1] != '!' && accept(r, "<"))) {
        while (!at_end(r) && peek(r) != '>')
            r->b.at++;
        return accept(r, ">") || fail(r, "the name of a group has no end");
    }
    for (bool value = true;;) {
        if (accept(r, ":"))
            return true;
        if (accept(r, ")")) {
            *closed = true;
            return true;
        }
        if (accept(r, "-"))
            value = false;
        else if (accept(r, "i"))
            r->flags.any_case = value;
        else if (accept(r, "s"))
            r->flags.dot_all = value;
        else if (accept(r, "m"))
            r->flags.lines = value;
        else
            return fail(r, "look-around, and flags other than i, s and m, are not known");
    }
}

/* Behind its '('. */
static bool group(parser *r, bool *closed)
{
    flags before = r->flags;
    *closed = false;
    if (accept(r, "?") && !group_head(r, closed))
        return false;
    if (*closed)
        return true; /* the flags hold to the end of the group around */
    if (++r->depth > DEEPEST)
        return fail(r, "it is nested too deeply");
    if (!ways(r))
        return false;
    r->depth--;
    r->flags = before;
    return accept(r, ")") || fail(r, "there is no ')' for its '('");
}

static bool behind_backslash(parser *r)
{
    char letter = peek(r);
    size_t first = r->b.p->range_count;
    uint32_t c;
    if (is_named(letter)) {
        r->b.at++;
        return add_named(r, letter) && emit_class(r, first, false);
    }
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
        return escaped(r, &c) && emit_char(r, c);
    }
}

static bool thing(parser *r)
{
    bool closed;
    switch (peek(r)) {
    case '(':
        r->b.at++;
        return group(r, &closed);
    case '[':
        r->b.at++;
        return class(r);
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
        return fail(r, "there is nothing to repeat");
    default:
        return emit_char(r, ctr_pattern_next(r->b.text, &r->b.at));
    }
}

static bool ways(parser *r)
{
    ctr_pattern_ways of_this;
    ctr_pattern_begin_ways(&r->b, &of_this);
    while (!at_end(r) && peek(r) != ')') {
        if (accept(r, "|")) {
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
    parser r = {.b = {.p = p, .text = regex}};
    if (ways(&r)) {
        if (!at_end(&r))
            fail(&r, "there is no '(' for its ')'");
        else
            emit(&r, CTR_PATTERN_MATCH);
    }
    *why = r.b.why;
    return r.b.status;
}
