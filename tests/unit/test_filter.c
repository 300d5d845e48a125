#include "ctrace/filter.h"

#include "limited_memory.h"

#include <stdio.h>

/* ---- A file of the language, told in short: parts between ';' are "{key" a table, "[key" a list, "}" and "]" their
 * ends, "key=text", "key#number", "key?1", "key!" for what is none of these. ---- */

#define HASH CTRACE_STR("00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF")
#define META "{meta;name=test;version#1;};"
#define SCOPE "{scope;default_exec=trace;default_value_action=allow;"

static ctrace_str str(const char *text) { return (ctrace_str){text, strlen(text)}; }

static void tell_part(ctrace_filter *f, const char *part, size_t size)
{
    if (part[0] == '{') {
        ctrace_filter_open_table(f, (ctrace_str){part + 1, size - 1});
    } else if (part[0] == '[') {
        ctrace_filter_open_list(f, (ctrace_str){part + 1, size - 1});
    } else if (part[0] == '}' || part[0] == ']') {
        ctrace_filter_close(f);
    } else {
        size_t at = 0;
        while (at < size && !strchr("=#?!", part[at]))
            at++;
        ctrace_str key = {part, at}, value = {part + at + 1, size - at - 1};
        switch (part[at]) {
        case '=':
            ctrace_filter_put_text(f, key, value);
            break;
        case '#':
            ctrace_filter_put_int(f, key, strtol(value.data, NULL, 10));
            break;
        case '?':
            ctrace_filter_put_bool(f, key, value.data[0] == '1');
            break;
        default:
            ctrace_filter_put_other(f, key);
            break;
        }
    }
}

static ctrace_status tell_at(ctrace_filter *f, const char *path, const char *text, ctrace_error *error)
{
    ctrace_filter_begin_source(f, str(path), HASH);
    while (*text) {
        size_t size = strcspn(text, ";");
        if (size)
            tell_part(f, text, size);
        text += size + (text[size] == ';');
    }
    return ctrace_filter_end_source(f, error);
}

static ctrace_status tell(ctrace_filter *f, const char *text, ctrace_error *error)
{
    return tell_at(f, "/p/.codetracer/trace-filter.toml", text, error);
}

static ctrace_filter *new_filter(const char *text)
{
    ctrace_filter *f;
    ctrace_error error = {.status = CTRACE_OK};
    assert_int_equal(ctrace_filter_new(&f, NULL, NULL), CTRACE_OK);
    if (text && tell(f, text, &error) != CTRACE_OK)
        fail_msg("%s", error.message);
    return f;
}

static ctrace_filter_verdict ask(ctrace_filter *f, const char *package, const char *file, const char *object)
{
    ctrace_filter_verdict verdict;
    assert_int_equal(ctrace_filter_scope(f, str(package), str(file), str(object), &verdict), CTRACE_OK);
    return verdict;
}

static bool traced(ctrace_filter *f, const char *package, const char *file, const char *object)
{
    return ask(f, package, file, object).traced;
}

static ctrace_filter_action value(ctrace_filter *f, ctrace_filter_kind kind, const char *name)
{
    return ctrace_filter_value(ask(f, "app.core", "/p/app/core.py", "app.core.run").policy, kind, str(name), NULL);
}

/* ---- Scopes ---- */

static void without_a_source_all_is_let_through(void **state)
{
    (void)state;
    ctrace_filter_verdict verdict;
    assert_int_equal(ctrace_filter_scope(NULL, str("a"), str("/a"), str("a.b"), &verdict), CTRACE_OK);
    assert_true(verdict.traced);
    assert_null(verdict.policy);
    assert_int_equal(ctrace_filter_value(NULL, CTRACE_FILTER_LOCAL, str("password"), NULL), CTRACE_FILTER_ALLOW);
    ctrace_filter *f = new_filter(NULL);
    assert_true(traced(f, "a", "/a", "a.b"));
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "password"), CTRACE_FILTER_ALLOW);
    ctrace_filter_free(&f);
    assert_null(f);
    ctrace_filter_free(&f);
}

static void the_last_rule_that_matches_decides(void **state)
{
    (void)state;
    ctrace_filter *f = new_filter(META SCOPE "[rules;{;selector=pkg:app.*;exec=skip;};"
                                             "{;selector=obj:regex:^app\\.core\\.(run|go)$;exec=trace;reason=ours;};"
                                             "{;selector=file:literal:app/core.py;exec=inherit;};];}");
    assert_true(traced(f, "other", "/p/other.py", "other.f"));
    assert_false(ask(f, "other", "/p/other.py", "other.f").by_rule);
    assert_false(traced(f, "app.core", "/p/app/core.py", "app.core.stop"));
    ctrace_filter_verdict verdict = ask(f, "app.core", "/p/app/core.py", "app.core.run");
    assert_true(verdict.traced && verdict.by_rule);
    assert_int_equal(verdict.cause.rule, 2);
    char line[200];
    size_t size = ctrace_filter_describe(&verdict.cause, line, sizeof line);
    assert_string_equal(line, "rule 2 \"obj:regex:^app\\.core\\.(run|go)$\" of /p/.codetracer/trace-filter.toml: ours");
    assert_int_equal(size, strlen(line));
    assert_int_equal(ctrace_filter_describe(&verdict.cause, line, 5), size);
    assert_string_equal(line, "rule");
    assert_int_equal(ctrace_filter_describe(&verdict.cause, NULL, 0), size);
    /* What is not known matches nothing. */
    assert_true(traced(f, "", "", ""));
    ctrace_filter_free(&f);
}

static void files_are_seen_from_the_project(void **state)
{
    (void)state;
    ctrace_filter *f = new_filter(META SCOPE "[rules;{;selector=file:./src//a/../b/*.py;exec=skip;};"
                                             "{;selector=file:/p/lib/**;exec=skip;};"
                                             "{;selector=file:regex:^/usr/lib/;exec=skip;};"
                                             "{;selector=file:literal:top.py;exec=skip;};];}");
    assert_false(traced(f, "", "/p/src/b/x.py", ""));
    assert_true(traced(f, "", "/p/src/b/c/x.py", ""));
    assert_true(traced(f, "", "/p/src/a/x.py", ""));
    assert_false(traced(f, "", "/p/lib/x", ""));
    assert_false(traced(f, "", "/p/lib/a/b/c", ""));
    assert_true(traced(f, "", "/pp/lib/x", ""));
    assert_false(traced(f, "", "/usr/lib/python3/x.py", ""));
    assert_false(traced(f, "", "/p/top.py", ""));
    assert_true(traced(f, "", "/q/top.py", ""));
    ctrace_filter_free(&f);

    /* Without .codetracer the project is the file's own folder; each source sees files from its own. */
    assert_int_equal(ctrace_filter_new(&f, NULL, NULL), CTRACE_OK);
    assert_int_equal(tell_at(f, "/p/filter.toml", META SCOPE "[rules;{;selector=file:sub/x.py;exec=skip;};];}", NULL),
                     CTRACE_OK);
    assert_false(traced(f, "", "/p/sub/x.py", ""));
    assert_int_equal(tell_at(f, "/p/sub/.codetracer/deep/f.toml", META SCOPE "[rules;{;selector=file:y.py;exec=skip;};];}",
                             NULL), CTRACE_OK);
    assert_false(traced(f, "", "/p/sub/y.py", ""));
    assert_false(traced(f, "", "/p/sub/x.py", ""));
    assert_true(traced(f, "", "/p/y.py", ""));
    ctrace_filter_free(&f);

    assert_int_equal(ctrace_filter_new(&f, NULL, NULL), CTRACE_OK);
    assert_int_equal(tell_at(f, "/f.toml", META SCOPE "[rules;{;selector=file:/a/*;exec=skip;};];}", NULL), CTRACE_OK);
    assert_false(traced(f, "", "/a/b", ""));
    assert_true(traced(f, "", "/b/b", ""));
    ctrace_filter_free(&f);
}

static void sources_follow_each_other(void **state)
{
    (void)state;
    ctrace_filter *f = new_filter(META "{scope;default_exec=skip;default_value_action=redact;"
                                       "[rules;{;selector=pkg:app.**;exec=trace;};];}");
    assert_false(traced(f, "x", "/x", "x.f"));
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "a"), CTRACE_FILTER_REDACT);
    assert_int_equal(tell_at(f, "/q/f.toml", META "{scope;default_exec=inherit;default_value_action=allow;"
                                                  "[rules;{;selector=pkg:app.core;exec=skip;};];}", NULL), CTRACE_OK);
    assert_false(traced(f, "x", "/x", "x.f"));
    assert_true(traced(f, "app.more", "/x", "x.f"));
    assert_false(traced(f, "app.core", "/x", "x.f"));
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "a"), CTRACE_FILTER_ALLOW);
    assert_int_equal(tell_at(f, "/r/f.toml", META "{scope;default_exec=trace;default_value_action=inherit;}", NULL),
                     CTRACE_OK);
    assert_true(traced(f, "x", "/x", "x.f"));
    assert_false(traced(f, "app.core", "/x", "x.f"));
    assert_int_equal(ctrace_filter_source_count(f), 3);
    ctrace_filter_source source = ctrace_filter_source_at(f, 1);
    assert_int_equal(source.path.size, strlen("/q/f.toml"));
    assert_memory_equal(source.path.data, "/q/f.toml", source.path.size);
    assert_memory_equal(source.sha256.data, HASH.data, 64);
    assert_int_equal(source.version, 1);
    assert_int_equal(ctrace_filter_source_at(f, 3).path.size, 0);
    ctrace_filter_free(&f);
}

/* ---- Values ---- */

#define PATTERN(selector, action) "{;selector=" selector ";action=" action ";reason=because " action ";};"

static void the_first_pattern_that_matches_decides(void **state)
{
    (void)state;
    ctrace_filter *f = new_filter(META SCOPE "[rules;{;selector=pkg:app.*;value_default=drop;[value_patterns;"
                                  PATTERN("local:literal:user", "allow") PATTERN("local:user*", "deny")
                                  PATTERN("arg:regex:^(x|y)$", "allow") PATTERN("ret:app.core.run", "redact")
                                  PATTERN("attr:*", "allow") PATTERN("global:*", "redact")
                                  "];};];}");
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "user"), CTRACE_FILTER_ALLOW);
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "user2"), CTRACE_FILTER_REDACT);
    assert_int_equal(value(f, CTRACE_FILTER_ARG, "user"), CTRACE_FILTER_DROP);
    assert_int_equal(value(f, CTRACE_FILTER_ARG, "x"), CTRACE_FILTER_ALLOW);
    assert_int_equal(value(f, CTRACE_FILTER_ARG, "xy"), CTRACE_FILTER_DROP);
    assert_int_equal(value(f, CTRACE_FILTER_RETURN, "app.core.run"), CTRACE_FILTER_REDACT);
    assert_int_equal(value(f, CTRACE_FILTER_RETURN, "<yield>"), CTRACE_FILTER_DROP);
    assert_int_equal(value(f, CTRACE_FILTER_ATTRIBUTE, "x"), CTRACE_FILTER_ALLOW);
    assert_int_equal(value(f, CTRACE_FILTER_GLOBAL, "x"), CTRACE_FILTER_REDACT);
    ctrace_filter_cause cause;
    const ctrace_filter_policy *p = ask(f, "app.core", "", "").policy;
    ctrace_filter_value(p, CTRACE_FILTER_LOCAL, str("user2"), &cause);
    char line[200];
    ctrace_filter_describe(&cause, line, sizeof line);
    assert_string_equal(line, "rule 1, value pattern 2 \"local:user*\" of /p/.codetracer/trace-filter.toml: because deny");
    assert_memory_equal(ctrace_filter_why(&cause).data, "because deny", 12);
    ctrace_filter_value(p, CTRACE_FILTER_LOCAL, str("other"), &cause);
    ctrace_filter_describe(&cause, line, sizeof line);
    assert_string_equal(line, "rule 1 \"pkg:app.*\" of /p/.codetracer/trace-filter.toml");
    assert_memory_equal(ctrace_filter_why(&cause).data, "pkg:app.*", 9);
    ctrace_filter_value(ask(f, "b", "", "").policy, CTRACE_FILTER_LOCAL, str("other"), &cause);
    ctrace_filter_describe(&cause, line, sizeof line);
    assert_string_equal(line, "the default of /p/.codetracer/trace-filter.toml");
    ctrace_filter_free(&f);
}

#define TWO_RULES                                                                                        \
    META SCOPE "[rules;{;selector=pkg:**;[value_patterns;" PATTERN("local:*key*", "redact")              \
        PATTERN("local:literal:visible", "allow") "];};{;selector=pkg:app.core;value_default=inherit;"   \
        "[value_patterns;" PATTERN("local:*", "allow") PATTERN("local:literal:monkey", "allow")          \
        PATTERN("local:visible", "drop") PATTERN("local:lost_key", "drop") "];};];}"

static void patterns_of_rules_add_up(void **state)
{
    (void)state;
    ctrace_filter *f = new_filter(TWO_RULES);
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "key"), CTRACE_FILTER_REDACT); /* in spite of the later local:* */
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "monkey"), CTRACE_FILTER_ALLOW); /* by its very name */
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "visible"), CTRACE_FILTER_ALLOW);
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "lost_key"), CTRACE_FILTER_DROP);
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "x"), CTRACE_FILTER_ALLOW);
    ctrace_filter_free(&f);
    ctrace_filter_options options = {CTRACE_FILTER_OPTIONS_INIT, .replace_patterns = true};
    assert_int_equal(ctrace_filter_new(&f, &options, NULL), CTRACE_OK);
    assert_int_equal(tell(f, TWO_RULES, NULL), CTRACE_OK);
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "key"), CTRACE_FILTER_ALLOW);
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "visible"), CTRACE_FILTER_ALLOW); /* the first in its list */
    ctrace_filter_free(&f);
    /* A rule without patterns takes all away there. */
    assert_int_equal(ctrace_filter_new(&f, &options, NULL), CTRACE_OK);
    assert_int_equal(tell(f, META SCOPE "[rules;{;selector=pkg:**;[value_patterns;" PATTERN("local:*", "redact")
                                        "];};{;selector=pkg:app.*;exec=trace;};];}", NULL), CTRACE_OK);
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "x"), CTRACE_FILTER_ALLOW);
    assert_int_equal(ctrace_filter_value(ask(f, "b", "", "").policy, CTRACE_FILTER_LOCAL, str("x"), NULL),
                     CTRACE_FILTER_REDACT);
    ctrace_filter_free(&f);
}

static void a_default_that_drops_is_for_older_sources_too(void **state)
{
    (void)state;
    ctrace_filter *f = new_filter(META SCOPE "[rules;{;selector=pkg:**;[value_patterns;" PATTERN("local:a*", "allow")
                                  PATTERN("local:p*", "redact") "];};];}");
    assert_int_equal(tell_at(f, "/q/f", META "{scope;default_exec=inherit;default_value_action=drop;[rules;{;selector=pkg:app.*;"
                                             "[value_patterns;" PATTERN("local:?b*", "allow") "];};];}", NULL), CTRACE_OK);
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "a"), CTRACE_FILTER_DROP);
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "ab"), CTRACE_FILTER_ALLOW);
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "p"), CTRACE_FILTER_DROP);
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "pb"), CTRACE_FILTER_DROP);
    ctrace_filter_free(&f);
}

static void secrets_are_hidden_in_every_kind(void **state)
{
    (void)state;
    ctrace_filter *f = new_filter(NULL);
    assert_int_equal(ctrace_filter_add_secrets(f, NULL), CTRACE_OK);
    for (int kind = CTRACE_FILTER_LOCAL; kind <= CTRACE_FILTER_ATTRIBUTE; kind++) {
        ctrace_filter_cause cause;
        const ctrace_filter_policy *p = ask(f, "app", "/p/app.py", "app.f").policy;
        assert_int_equal(ctrace_filter_value(p, (ctrace_filter_kind)kind, str("api_key"), &cause), CTRACE_FILTER_REDACT);
        assert_memory_equal(ctrace_filter_why(&cause).data, "secret name", 11);
        assert_int_equal(ctrace_filter_value(p, (ctrace_filter_kind)kind, str("author"), NULL), CTRACE_FILTER_ALLOW);
    }
    assert_int_equal(value(f, CTRACE_FILTER_RETURN, "app.auth.get_user"), CTRACE_FILTER_ALLOW);
    assert_int_equal(value(f, CTRACE_FILTER_RETURN, "app.user.get_password"), CTRACE_FILTER_REDACT);
    assert_int_equal(value(f, CTRACE_FILTER_RETURN, "Auth::User#name"), CTRACE_FILTER_ALLOW);
    /* A later source may inherit from it, and shows again only what it names. */
    assert_int_equal(tell(f, META "{scope;default_exec=inherit;default_value_action=inherit;[rules;{;selector=pkg:**;"
                                  "[value_patterns;" PATTERN("local:*", "allow") PATTERN("local:literal:token", "allow")
                                  "];};];}", NULL), CTRACE_OK);
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "password"), CTRACE_FILTER_REDACT);
    assert_int_equal(value(f, CTRACE_FILTER_LOCAL, "token"), CTRACE_FILTER_ALLOW);
    assert_int_equal(value(f, CTRACE_FILTER_ARG, "token"), CTRACE_FILTER_REDACT);
    assert_int_equal(ctrace_filter_source_at(f, 0).sha256.size, 0);
    ctrace_filter_free(&f);
    assert_true(ctrace_is_secret_name(str("dbPassword")));
    assert_string_equal(ctrace_secret_in(str("AKIAIOSFODNN7EXAMPLE")), "AWS access key");
}

/* ---- What is wrong with a file ---- */

#define RULES(text) META SCOPE "[rules;" text "];}"

static const struct {
    const char *text, *message;
    ctrace_status status;
} wrong[] = {
    {"", "meta is missing", CTRACE_SYNTAX},
    {META, "scope is missing", CTRACE_SYNTAX},
    {"{meta;name=x;};" SCOPE "}", "[meta]: version is missing", CTRACE_SYNTAX},
    {"{meta;name= ;version#1;};", "[meta]: name is empty", CTRACE_SYNTAX},
    {"{meta;name#1;", "[meta]: name is not a text", CTRACE_SYNTAX},
    {"{meta;name=x;version=1;", "[meta]: version is not a whole number", CTRACE_SYNTAX},
    {"{meta;name=x;version#0;", "[meta]: version is less than 1", CTRACE_SYNTAX},
    {"{meta;name=x;version#2;", "[meta]: the version is newer than 1, the only one that is known", CTRACE_UNSUPPORTED},
    {"{meta;name=x;nmae=y;", "[meta]: there is no key \"nmae\", but name, version, description, labels", CTRACE_SYNTAX},
    {"{meta;name=x;name=x;", "[meta]: name is there twice", CTRACE_SYNTAX},
    {"{meta;[labels;=a;#1;", "meta.labels: one of them is not a text", CTRACE_SYNTAX},
    {"{meta;labels=a;", "[meta]: labels is not a list", CTRACE_SYNTAX},
    {"meta=1", "meta is not a table", CTRACE_SYNTAX},
    {"{other;", "there is no key \"other\", but meta, io, scope", CTRACE_SYNTAX},
    {"{io;capture?1;}", "[io]: capture is true, but there are no streams", CTRACE_SYNTAX},
    {"{io;[streams;=stdlog;", "io.streams: a stream is stdout, stderr, stdin or files, not \"stdlog\"", CTRACE_SYNTAX},
    {"{io;[modes;=x;", "io.modes: they must be empty", CTRACE_SYNTAX},
    {META "{scope;default_exec=trace;}", "[scope]: default_value_action is missing", CTRACE_SYNTAX},
    {META "{scope;default_exec=on;", "[scope]: default_exec is trace, skip or inherit, not \"on\"", CTRACE_SYNTAX},
    {META "{scope;default_value_action=hide;",
     "[scope]: default_value_action is allow, redact, drop or inherit, not \"hide\"", CTRACE_SYNTAX},
    {META "{scope;default_exec=inherit;", "[scope]: default_exec is inherit, but there is no filter before this one",
     CTRACE_SYNTAX},
    {META "{scope;default_value_action=inherit;",
     "[scope]: default_value_action is inherit, but there is no filter before this one", CTRACE_SYNTAX},
    {META SCOPE "rules!", "[scope]: rules is not a list", CTRACE_SYNTAX},
    {RULES("{;exec=skip;};"), "rule 1: selector is missing", CTRACE_SYNTAX},
    {RULES("=x;"), "scope.rules: one of them is not a table", CTRACE_SYNTAX},
    {RULES("{;selector=pkg:a;};{;selector=pkg:b;exec=on;};"),
     "rule 2 \"pkg:b\": exec is trace, skip or inherit, not \"on\"", CTRACE_SYNTAX},
    {RULES("{;selector=pkg:a;action=drop;"),
     "rule 1 \"pkg:a\": there is no key \"action\", but selector, exec, value_default, reason, value_patterns", CTRACE_SYNTAX},
    {RULES("{;selector=local:a;};"),
     "rule 1 \"local:a\": a selector of scopes is for pkg, file or obj, not \"local\"", CTRACE_SYNTAX},
    {RULES("{;selector=pkg;};"), "rule 1 \"pkg\": the selector \"pkg\" has no ':'", CTRACE_SYNTAX},
    {RULES("{;selector=;};"), "rule 1: the selector \"\" has no ':'", CTRACE_SYNTAX},
    {RULES("{;selector=pkg:;};"), "rule 1 \"pkg:\": the selector \"pkg:\" has nothing to match", CTRACE_SYNTAX},
    {RULES("{;selector=pkg:glob:;};"), "rule 1 \"pkg:glob:\": the selector \"pkg:glob:\" has nothing to match",
     CTRACE_SYNTAX},
    {RULES("{;selector=pkg::x;};"), "rule 1 \"pkg::x\": a selector matches by glob, regex or literal, not \"\"",
     CTRACE_SYNTAX},
    {RULES("{;selector=obj:re:x;};"), "rule 1 \"obj:re:x\": a selector matches by glob, regex or literal, not \"re\"",
     CTRACE_SYNTAX},
    {RULES("{;selector=pkg:regex:(;};"),
     "rule 1 \"pkg:regex:(\": the regular expression is not acceptable: there is no ')' for its '('", CTRACE_SYNTAX},
    {RULES("{;selector=pkg:regex:a(?=b);};"),
     "rule 1 \"pkg:regex:a(?=b)\": the regular expression is not acceptable: look-around, and flags other than i, s and m, "
     "are not known", CTRACE_SYNTAX},
    {RULES("{;selector=pkg:[a;};"), "rule 1 \"pkg:[a\": the glob is not acceptable: there is no ']' for its '['",
     CTRACE_SYNTAX},
    {RULES("{;selector=file:/q/x;};"), "rule 1 \"file:/q/x\": \"/q/x\" does not lie in the project", CTRACE_SYNTAX},
    {RULES("{;selector=file:a/../../x;};"), "rule 1 \"file:a/../../x\": \"a/../../x\" leaves the project", CTRACE_SYNTAX},
    {RULES("{;selector=file:./a/..;};"), "rule 1 \"file:./a/..\": \"./a/..\" is the project itself", CTRACE_SYNTAX},
    {RULES("{;selector=pkg:a;[value_patterns;" PATTERN("local:a", "allow") PATTERN("pkg:a", "drop")),
     "rule 1 \"pkg:a\", value pattern 2 \"pkg:a\": a selector of values is for local, global, arg, ret or attr, not \"pkg\"",
     CTRACE_SYNTAX},
    {RULES("{;[value_patterns;" PATTERN("local:a", "inherit")),
     "rule 1, value pattern 1 \"local:a\": action is allow, redact or drop, not \"inherit\"", CTRACE_SYNTAX},
    {RULES("{;[value_patterns;{;selector=local:x;};"), "rule 1, value pattern 1 \"local:x\": action is missing",
     CTRACE_SYNTAX},
    {RULES("{;[value_patterns;{;actoin=drop;"),
     "rule 1, value pattern 1: there is no key \"actoin\", but selector, action, reason", CTRACE_SYNTAX},
};

static void what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ctrace_filter *f;
        ctrace_error error;
        assert_int_equal(ctrace_filter_new(&f, NULL, NULL), CTRACE_OK);
        ctrace_status status = tell(f, wrong[i].text, &error);
        if (strcmp(error.message, wrong[i].message) != 0)
            fail_msg("%s\n  instead of\n%s", error.message, wrong[i].message);
        assert_int_equal(status, wrong[i].status);
        assert_string_equal(error.file, "/p/.codetracer/trace-filter.toml");
        /* It is good for nothing then. */
        ctrace_filter_verdict verdict;
        assert_int_equal(ctrace_filter_scope(f, str("a"), str("/a"), str("a"), &verdict), CTRACE_STATE);
        assert_false(verdict.traced);
        assert_int_equal(tell(f, META SCOPE "}", NULL), wrong[i].status);
        assert_true(ctrace_filter_add_secrets(f, NULL) < 0);
        ctrace_filter_free(&f);
    }
}

static void what_is_right_is_taken(void **state)
{
    (void)state;
    static const char *const texts[] = {
        META SCOPE "}",
        META SCOPE "[rules;];}",
        "{scope;[rules;{;[value_patterns;{;reason=r;action=drop;selector=attr:glob:b:c;};];reason=x;selector=obj:a;};];"
        "default_value_action=drop;default_exec=skip;};{meta;[labels;=a;=a;];description=d;version#1;name=n;}",
        META "{io;capture?1;[streams;=stdout;=stderr;=stdin;=files;];[modes;];};" SCOPE "}",
        META "{io;capture?0;};{scope;default_exec=skip;default_value_action=deny;}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ctrace_filter *f = new_filter(texts[i]);
        ctrace_filter_free(&f);
    }
    /* Only the first two colons part a selector. */
    ctrace_filter *f = new_filter(RULES("{;selector=obj:literal:A::B:c;exec=skip;};"));
    assert_false(traced(f, "", "", "A::B:c"));
    ctrace_filter_free(&f);
}

static void calls_out_of_order_are_told(void **state)
{
    (void)state;
    ctrace_filter *f;
    assert_int_equal(ctrace_filter_new(&f, NULL, NULL), CTRACE_OK);
    ctrace_filter_close(f);
    ctrace_filter_put_text(f, str("a"), str("b"));
    assert_int_equal(ctrace_filter_end_source(f, NULL), CTRACE_STATE);
    ctrace_filter_free(&f);
    assert_int_equal(ctrace_filter_new(&f, NULL, NULL), CTRACE_OK);
    ctrace_filter_begin_source(f, str("relative"), HASH);
    assert_int_equal(ctrace_filter_end_source(f, NULL), CTRACE_ARGUMENT);
    ctrace_filter_free(&f);
    assert_int_equal(ctrace_filter_new(&f, NULL, NULL), CTRACE_OK);
    ctrace_filter_begin_source(f, str("/a"), str("0123"));
    assert_int_equal(ctrace_filter_end_source(f, NULL), CTRACE_ARGUMENT);
    ctrace_filter_free(&f);
    assert_int_equal(ctrace_filter_new(&f, NULL, NULL), CTRACE_OK);
    assert_int_equal(tell(f, META SCOPE, NULL), CTRACE_STATE); /* not closed */
    ctrace_filter_free(&f);
}

/* ---- Expressions of the host ---- */

static void *host_compile(void *cookie, ctrace_str expression, char *why, size_t room)
{
    int *held = cookie;
    if (expression.size > 3 && memcmp(expression.data, "(?!", 3) == 0) {
        ++*held;
        return held;
    }
    snprintf(why, room, "the host does not like it");
    return NULL;
}

static bool host_search(void *cookie, void *compiled, ctrace_str text)
{
    assert_ptr_equal(cookie, compiled);
    return text.size == 3;
}

static void host_release(void *cookie, void *compiled)
{
    assert_ptr_equal(cookie, compiled);
    --*(int *)cookie;
}

static void the_host_helps_with_expressions(void **state)
{
    (void)state;
    int held = 0;
    ctrace_filter_matcher matcher = {&held, host_compile, host_search, host_release};
    ctrace_filter_options options = {CTRACE_FILTER_OPTIONS_INIT, .matcher = &matcher};
    ctrace_filter *f;
    ctrace_error error;
    assert_int_equal(ctrace_filter_new(&f, &options, NULL), CTRACE_OK);
    assert_int_equal(tell(f, RULES("{;selector=pkg:regex:(?!x)y;exec=skip;};{;selector=obj:regex:^z;exec=skip;};"), NULL),
                     CTRACE_OK);
    assert_int_equal(held, 1);
    assert_false(traced(f, "abc", "", ""));
    assert_true(traced(f, "abcd", "", ""));
    assert_false(traced(f, "", "", "zoo"));
    ctrace_filter_free(&f);
    assert_int_equal(held, 0);
    assert_int_equal(ctrace_filter_new(&f, &options, NULL), CTRACE_OK);
    assert_int_equal(tell(f, RULES("{;selector=pkg:regex:(?<=y);};"), &error), CTRACE_SYNTAX);
    assert_string_equal(error.message, "rule 1 \"pkg:regex:(?<=y)\": the regular expression is not acceptable: the host does "
                                       "not like it");
    ctrace_filter_free(&f);
    assert_int_equal(held, 0);
}

/* ---- Memory ---- */

static void memory_may_end_anywhere(void **state)
{
    (void)state;
    bool done = false;
    for (size_t budget = 0; !done; budget++) {
        assert_true(budget < 1000);
        limited_memory memory = {.until_failure = budget};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctrace_filter_options options = {CTRACE_FILTER_OPTIONS_INIT, .allocator = &allocator};
        ctrace_filter *f;
        ctrace_error error = {.status = CTRACE_OK};
        ctrace_status status = ctrace_filter_new(&f, &options, &error);
        if (status == CTRACE_OK)
            status = ctrace_filter_add_secrets(f, &error);
        if (status == CTRACE_OK)
            status = tell(f, TWO_RULES, &error);
        if (status == CTRACE_OK)
            status = tell_at(f, "/q/f", RULES("{;selector=file:regex:^[a-z]+(x|y){2,3}$;exec=skip;};"
                                              "{;selector=file:{a,b}/**;exec=skip;};"), &error);
        ctrace_filter_verdict verdict;
        if (status == CTRACE_OK)
            status = ctrace_filter_scope(f, str("app.core"), str("/q/a/b"), str("app.core.f"), &verdict);
        if (status == CTRACE_OK) {
            done = true;
            assert_false(verdict.traced);
            assert_int_equal(ctrace_filter_value(verdict.policy, CTRACE_FILTER_LOCAL, str("password"), NULL),
                             CTRACE_FILTER_REDACT);
            /* What is known is known without memory. */
            memory.until_failure = 0;
            assert_int_equal(ctrace_filter_scope(f, str("app.core"), str("/q/b/c"), str("app.core.g"), &verdict), CTRACE_OK);
        } else {
            assert_int_equal(status, CTRACE_NO_MEMORY);
        }
        ctrace_filter_free(&f);
        assert_int_equal(memory.held, 0);
    }
}

/* ---- Anything ---- */

static uint64_t random_state;

static size_t random_below(size_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (size_t)(random_state >> 33) % n;
}

/* Random expressions and globs on random names: nothing is read outside, and rules of a literal name agree with a
 * comparison. */
static void random_names_meet_random_rules(void **state)
{
    (void)state;
    static const char alphabet[] = "ab.*?[]{}(),|\\^$+-:/!wdAé_1{2}**";
    random_state = 7;
    size_t taken = 0;
    for (size_t round = 0; round < 4000; round++) {
        char text[64], name[24], literal[24];
        size_t size = random_below(20) + 1, name_size = random_below(sizeof name), literal_size = random_below(3) + 1;
        static const char *const heads[] = {"pkg:", "pkg:regex:", "file:", "obj:glob:", "file:regex:"};
        int head = snprintf(text, sizeof text, "%s", heads[round % 5]);
        for (size_t i = 0; i < size; i++)
            text[(size_t)head + i] = alphabet[random_below(sizeof alphabet - 1)];
        for (size_t i = 0; i < name_size; i++)
            name[i] = alphabet[random_below(sizeof alphabet - 1)];
        for (size_t i = 0; i < literal_size; i++)
            literal[i] = "ab"[random_below(2)];
        ctrace_filter *f;
        assert_int_equal(ctrace_filter_new(&f, NULL, NULL), CTRACE_OK);
        ctrace_filter_begin_source(f, str("/p/f"), HASH);
        const char *begin = META SCOPE "[rules;";
        while (*begin) {
            size_t part = strcspn(begin, ";");
            tell_part(f, begin, part);
            begin += part + 1;
        }
        ctrace_filter_open_table(f, str(""));
        ctrace_filter_put_text(f, str("selector"), (ctrace_str){text, (size_t)head + size});
        ctrace_filter_put_text(f, str("exec"), str("skip"));
        ctrace_filter_open_list(f, str("value_patterns"));
        ctrace_filter_open_table(f, str(""));
        char selector[64];
        int selector_size = snprintf(selector, sizeof selector, "local:literal:%.*s", (int)literal_size, literal);
        ctrace_filter_put_text(f, str("selector"), (ctrace_str){selector, (size_t)selector_size});
        ctrace_filter_put_text(f, str("action"), str("drop"));
        for (int i = 0; i < 5; i++)
            ctrace_filter_close(f);
        ctrace_error error;
        if (ctrace_filter_end_source(f, &error) == CTRACE_OK) {
            taken++;
            ctrace_str asked = {name, name_size};
            ctrace_filter_verdict verdict;
            assert_int_equal(ctrace_filter_scope(f, asked, asked, asked, &verdict), CTRACE_OK);
            bool dropped = !verdict.traced && name_size == literal_size && memcmp(name, literal, name_size) == 0;
            assert_int_equal(ctrace_filter_value(verdict.policy, CTRACE_FILTER_LOCAL, asked, NULL),
                             dropped ? CTRACE_FILTER_DROP : CTRACE_FILTER_ALLOW);
        } else {
            assert_int_equal(error.status, CTRACE_SYNTAX);
            assert_true(strstr(error.message, "rule 1") == error.message);
        }
        ctrace_filter_free(&f);
    }
    assert_true(taken > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_source_all_is_let_through),
        cmocka_unit_test(the_last_rule_that_matches_decides),
        cmocka_unit_test(files_are_seen_from_the_project),
        cmocka_unit_test(sources_follow_each_other),
        cmocka_unit_test(the_first_pattern_that_matches_decides),
        cmocka_unit_test(patterns_of_rules_add_up),
        cmocka_unit_test(a_default_that_drops_is_for_older_sources_too),
        cmocka_unit_test(secrets_are_hidden_in_every_kind),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(what_is_right_is_taken),
        cmocka_unit_test(calls_out_of_order_are_told),
        cmocka_unit_test(the_host_helps_with_expressions),
        cmocka_unit_test(memory_may_end_anywhere),
        cmocka_unit_test(random_names_meet_random_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
