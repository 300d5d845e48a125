#include "filter/pattern.h"

#include "limited_memory.h"

static ctrace_str str(const char *text) { return (ctrace_str){text, strlen(text)}; }

typedef struct sample {
    const char *pattern, *text;
    bool matches;
} sample;

static void check(const sample *s, ctrace_status (*make)(ctr_pattern *, ctrace_str, const char **))
{
    ctr_pattern p = {0};
    const char *why = NULL;
    if (make(&p, str(s->pattern), &why) != CTRACE_OK)
        fail_msg("%s: %s", s->pattern, why);
    if (ctr_pattern_matches(&p, str(s->text)) != s->matches)
        fail_msg("%s on %s", s->pattern, s->text);
    ctr_pattern_free(&p);
}

static const sample globs[] = {
    {"my_app.core.*", "my_app.core.services", true}, {"my_app.core.*", "my_app.core", false}, {"*", "a/b", false},
    {"*", "a.b", true}, {"*", "", true}, {"**", "", true}, {"**", "a/b", true}, {"a/**", "a/b/c", true},
    {"a/**", "a", false}, {"**/x", "x", true}, {"**/x", "a/b/x", true}, {"**/x", "ax", false}, {"a/**/b", "a/b", true},
    {"a/**/b", "a/x/y/b", true}, {"a/**/b", "axb", false}, {"a**b", "axxb", true}, {"a**b", "a/b", false},
    {"**.py", "a.py", true}, {"**.py", "b/a.py", false}, {"?", "\xc3\xa9", true}, {"?", "/", false}, {"?", "ab", false},
    {"[ab]c", "bc", true}, {"[!ab]c", "bc", false}, {"[^ab]c", "dc", true}, {"[!ab]c", "/c", false}, {"[]]", "]", true},
    {"[a-]", "-", true}, {"[a-c]", "b", true}, {"{a,b}.py", "b.py", true}, {"{a,b}.py", "c.py", false},
    {"{a,{b,cd}e}x", "cdex", true}, {"{a,{b,cd}e}x", "ax", true}, {"{a,{b,cd}e}x", "bx", false}, {"{a,}b", "b", true},
    {"\\*", "*", true}, {"\\*", "a", false}, {"**/secrets/**", "a/secrets/b", true}, {"{**/x,y}", "a/x", true},
    {"src/**/*.py", "src/a.py", true}, {"src/**/*.py", "src/a/b.py", true}, {"*.{py,rb}", "x.rb", true},
    {"a,b", "a,b", true}, {"**/**/x", "x", true}, {"*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
};

static const sample expressions[] = {
    {"", "", true}, {"", "abc", true}, {"b", "abc", true}, {"^b", "abc", false}, {"c$", "abc", true}, {"^abc$", "abcd", false},
    {"\\Aab\\z", "ab", true}, {"a.c", "a\nc", false}, {"(?s)a.c", "a\nc", true}, {"a.c", "a\xc3\xa9" "c", true},
    {"(?m)^b$", "a\nb\nc", true}, {"^b$", "a\nb\nc", false}, {"(?i)AbC", "xaBcx", true}, {"(?i:a)B", "AB", true},
    {"(?i:a)B", "Ab", false}, {"a(?i)b|c", "C", true}, {"(a(?i)b)c", "aBC", false}, {"(?i)[a-f]+$", "DEAD", true},
    {"[[:alpha:]_]+$", "ab_", true}, {"^[^\\W\\d]+$", "ab_", true}, {"^[^\\W\\d]+$", "ab1", false}, {"\\d{2,3}", "a1b23", true},
    {"^\\d{2,3}$", "1234", false}, {"^(ab){2}$", "abab", true}, {"^(ab){2}$", "ab", false}, {"^a{0}b$", "b", true},
    {"^a{0,2}b$", "aab", true}, {"^a{0,2}b$", "aaab", false}, {"^a{2,}b$", "aaaab", true}, {"^a{2,}b$", "ab", false},
    {"^(a|bc|)d$", "bcd", true}, {"^(a|bc|)d$", "d", true}, {"^(a|bc|)d$", "bd", false}, {"(a*)*b", "aaab", true},
    {"(a*)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", true}, {"^(a*)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false},
    {"\\bcat\\b", "a cat.", true}, {"\\bcat\\b", "concat", false}, {"\\Bcat", "concat", true}, {"(?P<x>a)(?<y>b)", "ab", true},
    {"a+?b??", "a", true}, {"\\x41\\x{42}\\u0043", "ABC", true}, {"\\.\\*\\/\\-", ".*/-", true}, {"[\\\\/]", "\\", true},
    {"[]a]", "]", true}, {"[^]a]", "b", true}, {"[a-]", "-", true}, {"[\\]]", "]", true}, {"]}", "]}", true}, {"\\s", "\xc2\xa0", true},
    {"^(asyncio|selectors)(\\.|$)", "asyncio.events", true}, {"^(asyncio|selectors)(\\.|$)", "asyncio2", false},
    {".*[\\\\/](lib|Lib)[\\\\/]python\\d+\\.\\d+[\\/].*", "/usr/lib/python3.11/x.py", true}, {"a|b|c|d", "d", true},
    {"^.$", "\xff", true}, {"^\\w+$", "\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87", true},
};

static void globs_match_whole_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof globs / sizeof globs[0]; i++)
        check(&globs[i], ctr_pattern_from_glob);
}

static void expressions_match_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expressions / sizeof expressions[0]; i++)
        check(&expressions[i], ctr_pattern_from_regex);
}

static void what_is_not_known_is_refused(void **state)
{
    (void)state;
    static const char *const bad_expressions[] = {
        "(", "a)", "[a", "*a", "+", "a|*", "a{", "a{x}", "a{2,1}", "a{1001}", "(a{100}){100}", "((((a{9}){9}){9}){9}){9}",
        "\\1", "\\pL", "\\q", "\\", "(?=a)", "(?!a)", "(?<=a)", "(?x)a", "(?P<x", "(?", "[[a]", "[a&&b]", "[b-a]", "[a-\\d]",
        "[[:what:]]", "\\x4", "\\x{110000}", "(?i)\xc3\xa9", "[",
    };
    static const char *const bad_globs[] = {"[a", "[", "[b-a]", "{a", "a}", "\\", "{{{{{{{{{{{a}}}}}}}}}}}"};
    for (size_t i = 0; i < sizeof bad_expressions / sizeof bad_expressions[0]; i++) {
        ctr_pattern p = {0};
        const char *why = NULL;
        if (ctr_pattern_from_regex(&p, str(bad_expressions[i]), &why) != CTRACE_SYNTAX)
            fail_msg("%s was taken", bad_expressions[i]);
        assert_non_null(why);
        ctr_pattern_free(&p);
    }
    for (size_t i = 0; i < sizeof bad_globs / sizeof bad_globs[0]; i++) {
        ctr_pattern p = {0};
        const char *why = NULL;
        if (ctr_pattern_from_glob(&p, str(bad_globs[i]), &why) != CTRACE_SYNTAX)
            fail_msg("%s was taken", bad_globs[i]);
        assert_non_null(why);
        ctr_pattern_free(&p);
    }
    /* Deeper than it goes. */
    char deep[200];
    memset(deep, '(', 100);
    memset(deep + 100, ')', 100);
    ctr_pattern p = {0};
    const char *why = NULL;
    assert_int_equal(ctr_pattern_from_regex(&p, (ctrace_str){deep, 200}, &why), CTRACE_SYNTAX);
    ctr_pattern_free(&p);
}

static void memory_may_end_anywhere(void **state)
{
    (void)state;
    bool done = false;
    for (size_t budget = 0; !done; budget++) {
        assert_true(budget < 100);
        limited_memory memory = {.until_failure = budget};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctr_pattern p = {.allocator = &allocator}, q = {.allocator = &allocator};
        const char *why = NULL;
        ctrace_status status = ctr_pattern_from_regex(&p, str("(a|[b-d\\w]+){2,20}(x|y)?[[:alpha:]]{3}"), &why);
        if (status == CTRACE_OK)
            status = ctr_pattern_from_glob(&q, str("{a,b}[a-z]**/*.{py,rb,c,h}"), &why);
        done = status == CTRACE_OK;
        assert_true(done || status == CTRACE_NO_MEMORY);
        ctr_pattern_free(&p);
        ctr_pattern_free(&q);
        assert_int_equal(memory.held, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_match_whole_texts),
        cmocka_unit_test(expressions_match_anywhere),
        cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(memory_may_end_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
