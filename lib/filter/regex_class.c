/* Classes of characters in regular expressions, and what stands behind a '\'. */
#include "filter/regex.h"

static bool is_ascii_letter(uint32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static const ctr_pattern_range digits[] = {{'0', '9'}};
static const ctr_pattern_range words[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}, {0x80, 0x10ffff}};
static const ctr_pattern_range spaces[] = {{'\t', '\r'},   {' ', ' '},       {0x85, 0x85},     {0xa0, 0xa0},
                                           {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f},
                                           {0x205f, 0x205f}, {0x3000, 0x3000}};

static bool add_ranges(ctr_regex *r, const ctr_pattern_range *ranges, size_t count, bool none_of)
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
static bool add_named(ctr_regex *r, char letter)
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
static bool number(ctr_regex *r, size_t digit_count, uint32_t *out)
{
    bool braces = ctr_regex_accept(r, "{");
    uint32_t c = 0;
    size_t count = 0;
    for (; (braces || count < digit_count) && hex_digit(ctr_regex_peek(r)) >= 0 && count < 8; count++)
        c = c << 4 | (uint32_t)hex_digit(r->b.text.data[r->b.at++]);
    if (count == 0 || (!braces && count < digit_count) || (braces && !ctr_regex_accept(r, "}")) || c > 0x10ffff)
        return ctr_regex_fail(r, "a \\x or \\u is not followed by the number of a character");
    *out = c;
    return true;
}

bool ctr_regex_escaped(ctr_regex *r, uint32_t *out)
{
    static const char letters[] = "ntrfva", meanings[] = "\n\t\r\f\v\a";
    if (ctr_regex_at_end(r))
        return ctr_regex_fail(r, "there is nothing behind its last '\\'");
    char letter = ctr_regex_peek(r);
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
        return ctr_regex_fail(r, "references back, such as \\1, are not known");
    if (letter == 'p' || letter == 'P')
        return ctr_regex_fail(r, "properties of Unicode, such as \\pL, are not known");
    if (is_ascii_letter((unsigned char)letter))
        return ctr_regex_fail(r, "a letter behind '\\' has no meaning");
    *out = ctr_pattern_next(r->b.text, &r->b.at);
    return true;
}

/* [:alpha:], behind "[:". */
static bool add_posix(ctr_regex *r)
{
    static const struct {
        const char *name, *ranges; /* firsts and lasts */
    } classes[] = {{"alnum", "09AZaz"},  {"alpha", "AZaz"}, {"digit", "09"}, {"lower", "az"},    {"upper", "AZ"},
                   {"punct", "!/:@[`{~"}, {"space", "\t\r  "}, {"word", "09AZ__az"}, {"xdigit", "09AFaf"}, {"blank", "\t\t  "}};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        size_t at = r->b.at;
        if (ctr_regex_accept(r, classes[i].name) && ctr_regex_accept(r, ":]")) {
            for (const char *c = classes[i].ranges; *c; c += 2) {
                if (!ctr_pattern_add_range(&r->b, (unsigned char)c[0], (unsigned char)c[1]))
                    return false;
            }
            return true;
        }
        r->b.at = at;
    }
    return ctr_regex_fail(r, "a [: :] has no name that is known");
}

/* What stands in a class for one character; *is_set when it was a set, which is added then. */
static bool class_item(ctr_regex *r, uint32_t *c, bool *is_set)
{
    *is_set = true;
    if (ctr_regex_accept(r, "[:"))
        return add_posix(r);
    if (ctr_regex_peek(r) == '[' || ((ctr_regex_peek(r) == '&' || ctr_regex_peek(r) == '-' || ctr_regex_peek(r) == '~') && r->b.at + 1 < r->b.text.size &&
                           r->b.text.data[r->b.at + 1] == ctr_regex_peek(r)))
        return ctr_regex_fail(r, "operations on sets are not known");
    if (ctr_regex_accept(r, "\\")) {
        if (is_named(ctr_regex_peek(r)))
            return add_named(r, r->b.text.data[r->b.at++]);
        *is_set = false;
        return ctr_regex_escaped(r, c);
    }
    *is_set = false;
    *c = ctr_pattern_next(r->b.text, &r->b.at);
    return true;
}

static bool class_range(ctr_regex *r)
{
    uint32_t low, high;
    bool is_set;
    if (!class_item(r, &low, &is_set) || is_set)
        return r->b.status == CTRACE_OK;
    high = low;
    if (ctr_regex_peek(r) == '-' && r->b.at + 1 < r->b.text.size && r->b.text.data[r->b.at + 1] != ']') {
        r->b.at++;
        if (!class_item(r, &high, &is_set))
            return false;
        if (is_set || high < low)
            return ctr_regex_fail(r, "a range in its [] ends before it begins");
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

static bool emit_class(ctr_regex *r, size_t first, bool none_of)
{
    return ctr_pattern_emit(&r->b, (ctr_pattern_instruction){.op = CTR_PATTERN_CLASS, .flag = none_of, .c = (uint32_t)first,
                                                             .x = (int16_t)(r->b.p->range_count - first)});
}

bool ctr_regex_class(ctr_regex *r)
{
    size_t first = r->b.p->range_count;
    bool none_of = ctr_regex_accept(r, "^");
    for (size_t from = r->b.at; ctr_regex_peek(r) != ']' || r->b.at == from;) {
        if (ctr_regex_at_end(r))
            return ctr_regex_fail(r, "there is no ']' for its '['");
        if (!class_range(r))
            return false;
    }
    r->b.at++;
    return emit_class(r, first, none_of);
}

bool ctr_regex_named_class(ctr_regex *r)
{
    size_t first = r->b.p->range_count;
    if (!is_named(ctr_regex_peek(r)))
        return false;
    return add_named(r, r->b.text.data[r->b.at++]) && emit_class(r, first, false);
}
