/* Secrets that are known by their shape. One pass looks for bytes that are rare in other texts and in the beginning of
 * each shape; what stands around one is then compared with the shapes that have it. Nothing is looked at more than a few
 * times: a shape is sought only where a word begins, and told as soon as it is long enough. */
#include "filter/secrets.h"

#include <string.h>

enum { DIGIT = 1, CAPITAL = 2, SMALL = 4, LINE = 8, DASH = 16, SLASH = 32, RARE = 128 };
#define ALNUM (DIGIT | CAPITAL | SMALL)
#define WORD (ALNUM | LINE | DASH) /* of base64 for URLs */

/* '_' and '-' of prefixes, 'I' of AKIA and AIza, 'J' of eyJ, 'e' of Bearer is too frequent: 'B' and 'b', ':' of URLs and
 * headers, '=' of settings. */
static const uint8_t classes[256] = {
    ['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT, ['4'] = DIGIT, ['5'] = DIGIT, ['6'] = DIGIT,
    ['7'] = DIGIT, ['8'] = DIGIT, ['9'] = DIGIT,
    ['A'] = CAPITAL, ['B'] = CAPITAL | RARE, ['C'] = CAPITAL, ['D'] = CAPITAL, ['E'] = CAPITAL, ['F'] = CAPITAL,
    ['G'] = CAPITAL, ['H'] = CAPITAL, ['I'] = CAPITAL | RARE, ['J'] = CAPITAL | RARE, ['K'] = CAPITAL, ['L'] = CAPITAL,
    ['M'] = CAPITAL, ['N'] = CAPITAL, ['O'] = CAPITAL, ['P'] = CAPITAL, ['Q'] = CAPITAL, ['R'] = CAPITAL,
    ['S'] = CAPITAL, ['T'] = CAPITAL, ['U'] = CAPITAL, ['V'] = CAPITAL, ['W'] = CAPITAL, ['X'] = CAPITAL,
    ['Y'] = CAPITAL, ['Z'] = CAPITAL,
    ['a'] = SMALL, ['b'] = SMALL | RARE, ['c'] = SMALL, ['d'] = SMALL, ['e'] = SMALL, ['f'] = SMALL, ['g'] = SMALL,
    ['h'] = SMALL, ['i'] = SMALL, ['j'] = SMALL, ['k'] = SMALL, ['l'] = SMALL, ['m'] = SMALL, ['n'] = SMALL,
    ['o'] = SMALL, ['p'] = SMALL, ['q'] = SMALL, ['r'] = SMALL, ['s'] = SMALL, ['t'] = SMALL, ['u'] = SMALL,
    ['v'] = SMALL, ['w'] = SMALL, ['x'] = SMALL, ['y'] = SMALL, ['z'] = SMALL,
    ['_'] = LINE | RARE, ['-'] = DASH | RARE, [':'] = RARE, ['='] = RARE, ['+'] = SLASH, ['/'] = SLASH, ['.'] = 0,
};

static uint8_t class_at(ctrace_str text, size_t at)
{
    return at < text.size ? classes[(unsigned char)text.data[at]] : 0;
}

static bool has(ctrace_str text, size_t at, const char *what, size_t size)
{
    return at <= text.size && text.size - at >= size && memcmp(text.data + at, what, size) == 0;
}
#define HAS(text, at, literal) has(text, at, "" literal, sizeof(literal) - 1)

/* How many bytes from `at` on are of these classes, at most `most`. */
static size_t run(ctrace_str text, size_t at, unsigned of, size_t most)
{
    size_t end = at;
    while (end < text.size && end - at < most && classes[(unsigned char)text.data[end]] & of)
        end++;
    return end - at;
}

static bool word_begins(ctrace_str text, size_t at)
{
    return at == 0 || !(class_at(text, at - 1) & ALNUM);
}

/* ---- Words with a prefix ---- */

typedef struct prefix {
    const char *text; /* up to and with its first '_' or '-' */
    uint8_t size;
    const char *more; /* what follows before the secret begins */
    uint8_t least;    /* so many bytes that the secret has at least */
    uint8_t of;       /* what it is made of */
    const char *reason;
} prefix;

#define P(text, more, least, of, reason) {text, sizeof(text) - 1, more, least, of, reason}

static const prefix line_prefixes[] = {
    P("ghp_", "", 36, ALNUM, "GitHub token"),
    P("gho_", "", 36, ALNUM, "GitHub token"),
    P("ghu_", "", 36, ALNUM, "GitHub token"),
    P("ghs_", "", 36, ALNUM, "GitHub token"),
    P("ghr_", "", 36, ALNUM, "GitHub token"),
    P("github_", "pat_", 36, ALNUM | LINE, "GitHub token"),
    P("sk_", "live_", 16, ALNUM, "Stripe key"),
    P("sk_", "test_", 16, ALNUM, "Stripe key"),
    P("rk_", "live_", 16, ALNUM, "Stripe key"),
    P("rk_", "test_", 16, ALNUM, "Stripe key"),
    P("whsec_", "", 24, ALNUM | SLASH, "webhook secret"),
    P("npm_", "", 36, ALNUM, "npm token"),
    P("hf_", "", 34, CAPITAL | SMALL, "Hugging Face token"),
    P("dop_", "v1_", 64, DIGIT | SMALL, "DigitalOcean token"),
    P("shpat_", "", 32, ALNUM, "Shopify token"),
    P("shpss_", "", 32, ALNUM, "Shopify token"),
};

static const prefix dash_prefixes[] = {
    P("glpat-", "", 20, WORD, "GitLab token"),
    P("gldt-", "", 20, WORD, "GitLab token"),
    P("glrt-", "", 20, WORD, "GitLab token"),
    P("glcbt-", "", 20, WORD, "GitLab token"),
    P("glptt-", "", 20, WORD, "GitLab token"),
    P("xoxa-", "", 10, ALNUM | DASH, "Slack token"),
    P("xoxb-", "", 10, ALNUM | DASH, "Slack token"),
    P("xoxe-", "", 10, ALNUM | DASH, "Slack token"),
    P("xoxo-", "", 10, ALNUM | DASH, "Slack token"),
    P("xoxp-", "", 10, ALNUM | DASH, "Slack token"),
    P("xoxr-", "", 10, ALNUM | DASH, "Slack token"),
    P("xoxs-", "", 10, ALNUM | DASH, "Slack token"),
    P("xapp-", "1-", 10, ALNUM | DASH, "Slack token"),
    P("sk-", "ant-", 20, WORD, "API key"),
    P("sk-", "proj-", 20, WORD, "API key"),
    P("sk-", "", 40, ALNUM, "API key"),
    P("pypi-", "AgE", 20, WORD, "PyPI token"),
    P("GOCSPX-", "", 20, WORD, "Google client secret"),
    P("AGE-", "SECRET-KEY-1", 40, CAPITAL | DIGIT, "age key"),
    P("dapi-", "", 32, DIGIT | SMALL, "Databricks token"),
};

/* `at` is that of the '_' or '-'. */
static const char *prefixed(ctrace_str text, size_t at, const prefix *prefixes, size_t count)
{
    enum { LEAST = 10 }; /* of what any of them has behind its first '_' or '-' */
    if (run(text, at + 1, WORD | SLASH, LEAST) < LEAST)
        return NULL;
    for (const prefix *p = prefixes; p < prefixes + count; p++) {
        if (at + 1 < p->size)
            continue;
        size_t from = at + 1 - p->size, more = strlen(p->more);
        if (text.data[from] != p->text[0] || !has(text, from, p->text, p->size) || !has(text, at + 1, p->more, more) ||
            !word_begins(text, from))
            continue;
        if (run(text, at + 1 + more, p->of, p->least) == p->least)
            return p->reason;
    }
    return NULL;
}

/* ---- Others ---- */

/* "-----BEGIN RSA PRIVATE KEY-----"; `at` is that of its first '-'. */
static const char *private_key(ctrace_str text, size_t at)
{
    if (class_at(text, at + 1) != (DASH | RARE) || !HAS(text, at, "-----BEGIN "))
        return NULL;
    for (size_t i = at + 11; i < text.size && i < at + 40 && text.data[i] != '-'; i++) {
        if (HAS(text, i, "PRIVATE KEY"))
            return "private key";
    }
    return NULL;
}

/* AKIA and ASIA with 16 more capitals and digits, AIza with 35 more; `at` is that of the 'I'. */
static const char *cloud_key(ctrace_str text, size_t at)
{
    if (at >= 2 && HAS(text, at - 2, "AKIA") && word_begins(text, at - 2) &&
        run(text, at + 2, CAPITAL | DIGIT, 17) == 16 && !(class_at(text, at + 18) & (SMALL | LINE)))
        return "AWS access key";
    if (at >= 2 && HAS(text, at - 2, "ASIA") && word_begins(text, at - 2) &&
        run(text, at + 2, CAPITAL | DIGIT, 17) == 16 && !(class_at(text, at + 18) & (SMALL | LINE)))
        return "AWS access key";
    if (at >= 1 && HAS(text, at - 1, "AIza") && word_begins(text, at - 1) && run(text, at + 3, WORD, 35) == 35)
        return "Google API key";
    return NULL;
}

/* eyJ….eyJ….…; `at` is that of the 'J'. */
static const char *web_token(ctrace_str text, size_t at)
{
    if (at < 2 || !HAS(text, at - 2, "eyJ") || (at > 2 && class_at(text, at - 3) & WORD))
        return NULL;
    size_t head = run(text, at, WORD, SIZE_MAX);
    size_t body_at = at + head + 1;
    if (head < 8 || !HAS(text, body_at - 1, ".eyJ"))
        return NULL;
    size_t body = run(text, body_at, WORD, SIZE_MAX), end = body_at + body;
    return body >= 4 && HAS(text, end, ".") && run(text, end + 1, WORD, 8) == 8 ? "JSON web token" : NULL;
}

/* scheme://user:password@host; `at` is that of the ':' behind the scheme. Only what can stand before the host is looked
 * at, and it ends before the next "//". */
static const char *url_password(ctrace_str text, size_t at)
{
    if (!HAS(text, at, "://"))
        return NULL;
    size_t colon = 0;
    for (size_t i = at + 3; i < text.size; i++) {
        char c = text.data[i];
        if (c == '@')
            return colon && i > colon + 1 ? "password in a URL" : NULL;
        if (c == ':' && !colon)
            colon = i;
        else if ((unsigned char)c <= ' ' || c == '/' || c == '?' || c == '#' || c == '"' || c == '\'' || c == '<' || c == '>')
            return NULL;
    }
    return NULL;
}

static bool is_same_letter(char c, char small)
{
    return c == small || (c >= 'A' && c <= 'Z' && c + 32 == small);
}

static bool has_any_case(ctrace_str text, size_t at, const char *small, size_t size)
{
    if (at > text.size || text.size - at < size)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!is_same_letter(text.data[at + i], small[i]))
            return false;
    }
    return true;
}
#define HAS_ANY_CASE(text, at, literal) has_any_case(text, at, "" literal, sizeof(literal) - 1)

/* "Bearer …"; `at` is that of the 'B'. Words of a language have no digits. */
static const char *bearer(ctrace_str text, size_t at)
{
    if (!HAS_ANY_CASE(text, at, "bearer ") || !word_begins(text, at))
        return NULL;
    bool digit = false;
    for (size_t i = at + 7; i < text.size; i++) {
        uint8_t class = class_at(text, i);
        char c = text.data[i];
        if (!(class & (WORD | SLASH)) && c != '.' && c != '~')
            return NULL;
        digit = digit || class & DIGIT;
        if (digit && i - (at + 7) >= 15)
            return "bearer token";
        if (i - (at + 7) >= 64)
            return NULL;
    }
    return NULL;
}

/* "Authorization: Basic …" and the like; `at` is that of the ':'. */
static const char *header(ctrace_str text, size_t at)
{
    static const char *const schemes[] = {"basic ", "bearer ", "token ", "digest ", "negotiate ", "ntlm ", "apikey ",
                                          "api-key ", "hmac ", "aws4-hmac-sha256 "};
    size_t name_end = at > 0 && (text.data[at - 1] == '"' || text.data[at - 1] == '\'') ? at - 1 : at;
    if (name_end < 13 || !has_any_case(text, name_end - 13, "authorization", 13))
        return NULL;
    size_t i = at + 1;
    while (i < text.size && (text.data[i] == ' ' || text.data[i] == '"' || text.data[i] == '\''))
        i++;
    for (const char *const *scheme = schemes; scheme < schemes + sizeof schemes / sizeof schemes[0]; scheme++) {
        size_t size = strlen(*scheme);
        if (has_any_case(text, i, *scheme, size))
            return run(text, i + size, WORD | SLASH, 3) == 3 ? "authorization header" : NULL;
    }
    return NULL;
}

static int base64_digit(char c)
{
    uint8_t class = classes[(unsigned char)c];
    return class & CAPITAL ? c - 'A' : class & SMALL ? c - 'a' + 26 : class & DIGIT ? c - '0' + 52
           : c == '+' || c == '-'                                                   ? 62
           : c == '/' || c == '_'                                                   ? 63
                                                                                    : -1;
}

/* "Basic " and base64 of "user:password": what such a header has as its value. `at` is that of the 'B'. */
static const char *basic(ctrace_str text, size_t at)
{
    if (!HAS_ANY_CASE(text, at, "basic ") || !word_begins(text, at))
        return NULL;
    unsigned bits = 0, bit_count = 0;
    bool colon = false;
    size_t i = at + 6;
    for (; i < text.size && i < at + 6 + 256; i++) {
        int digit = base64_digit(text.data[i]);
        if (digit < 0)
            break;
        bits = (bits << 6 | (unsigned)digit) & 0xffff;
        bit_count += 6;
        if (bit_count < 8)
            continue;
        bit_count -= 8;
        unsigned byte = bits >> bit_count & 0xff;
        if (byte < ' ' || byte >= 127)
            return NULL;
        colon = colon || byte == ':';
    }
    return colon && i >= at + 6 + 6 ? "basic authorization" : NULL;
}

/* What stands for another value, or for none. */
static bool is_placeholder(const char *value, size_t size)
{
    static const char *const words[] = {"none", "null", "true", "false", "undefined", "redacted"};
    if (strchr("*<%{$[(?&", value[0]))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (size == strlen(words[i]) && has_any_case((ctrace_str){value, size}, 0, words[i], size))
            return true;
    }
    return false;
}

/* "password=…" of a setting, a query or a connection string; `at` is that of the '='. */
static const char *setting(ctrace_str text, size_t at)
{
    enum { LONGEST_NAME = 40, SHORTEST_VALUE = 4, LONGEST_VALUE = 64 };
    size_t from = at;
    while (from > 0 && at - from < LONGEST_NAME && class_at(text, from - 1) & WORD)
        from--;
    if (at - from < 3)
        return NULL;
    size_t value = at + 1, end = value;
    while (end < text.size && end - value < LONGEST_VALUE && (unsigned char)text.data[end] > ' ' &&
           !strchr("&;,\"')]}>=", text.data[end]))
        end++;
    if (end - value < SHORTEST_VALUE || is_placeholder(text.data + value, end - value))
        return NULL;
    if (end - value <= at - from && memcmp(text.data + at - (end - value), text.data + value, end - value) == 0)
        return NULL; /* token=token */
    if (memchr(text.data + value, '(', end - value) || memchr(text.data + value, '[', end - value)) /* of a program */
        return NULL;
    return ctr_secret_name((ctrace_str){text.data + from, at - from}) ? "password in a text" : NULL;
}

static const char *secret_around(ctrace_str text, size_t at)
{
    const char *found;
    switch (text.data[at]) {
    case '_':
        return prefixed(text, at, line_prefixes, sizeof line_prefixes / sizeof line_prefixes[0]);
    case '-':
        found = prefixed(text, at, dash_prefixes, sizeof dash_prefixes / sizeof dash_prefixes[0]);
        return found ? found : private_key(text, at);
    case 'I':
        return cloud_key(text, at);
    case 'J':
        return web_token(text, at);
    case ':':
        found = url_password(text, at);
        return found ? found : header(text, at);
    case '=':
        return setting(text, at);
    default:
        found = bearer(text, at);
        return found ? found : basic(text, at);
    }
}

const char *ctr_secret_shape(ctrace_str text)
{
    enum { SHORTEST = 8 };
    if (text.size < SHORTEST)
        return NULL;
    for (size_t at = 0; at < text.size; at++) {
        if (!(classes[(unsigned char)text.data[at]] & RARE))
            continue;
        const char *found = secret_around(text, at);
        if (found)
            return found;
    }
    return NULL;
}
