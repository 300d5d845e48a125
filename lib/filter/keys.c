#include "filter/keys.h"

#include <stdio.h>

#include "base/failure.h"

static const ctr_filter_key keys[] = {
    {"meta", CTR_FILTER_FILE_TABLE, CTR_FILTER_TABLE, CTR_FILTER_META, true, 0},
    {"io", CTR_FILTER_FILE_TABLE, CTR_FILTER_TABLE, CTR_FILTER_IO, false, 1},
    {"scope", CTR_FILTER_FILE_TABLE, CTR_FILTER_TABLE, CTR_FILTER_SCOPE, true, 2},

    {"name", CTR_FILTER_META, CTR_FILTER_TEXT, 0, true, 0},
    {"version", CTR_FILTER_META, CTR_FILTER_INT, 0, true, 1},
    {"description", CTR_FILTER_META, CTR_FILTER_TEXT, 0, false, 2},
    {"labels", CTR_FILTER_META, CTR_FILTER_LIST, CTR_FILTER_LABELS, false, 3},

    {"capture", CTR_FILTER_IO, CTR_FILTER_BOOL, 0, false, 0},
    {"streams", CTR_FILTER_IO, CTR_FILTER_LIST, CTR_FILTER_STREAMS, false, 1},
    {"modes", CTR_FILTER_IO, CTR_FILTER_LIST, CTR_FILTER_MODES, false, 2},

    {"default_exec", CTR_FILTER_SCOPE, CTR_FILTER_TEXT, 0, true, CTR_SCOPE_EXEC},
    {"default_value_action", CTR_FILTER_SCOPE, CTR_FILTER_TEXT, 0, true, CTR_SCOPE_VALUE},
    {"rules", CTR_FILTER_SCOPE, CTR_FILTER_LIST, CTR_FILTER_RULES, false, 2},

    {"selector", CTR_FILTER_RULE, CTR_FILTER_TEXT, 0, true, CTR_RULE_SELECTOR},
    {"exec", CTR_FILTER_RULE, CTR_FILTER_TEXT, 0, false, CTR_RULE_EXEC},
    {"value_default", CTR_FILTER_RULE, CTR_FILTER_TEXT, 0, false, CTR_RULE_VALUE_DEFAULT},
    {"reason", CTR_FILTER_RULE, CTR_FILTER_TEXT, 0, false, CTR_RULE_REASON},
    {"value_patterns", CTR_FILTER_RULE, CTR_FILTER_LIST, CTR_FILTER_PATTERNS, false, 4},

    {"selector", CTR_FILTER_PATTERN, CTR_FILTER_TEXT, 0, true, CTR_PATTERN_SELECTOR},
    {"action", CTR_FILTER_PATTERN, CTR_FILTER_TEXT, 0, true, CTR_PATTERN_ACTION},
    {"reason", CTR_FILTER_PATTERN, CTR_FILTER_TEXT, 0, false, CTR_PATTERN_REASON},

    {"", CTR_FILTER_RULES, CTR_FILTER_TABLE, CTR_FILTER_RULE, false, 0},
    {"", CTR_FILTER_PATTERNS, CTR_FILTER_TABLE, CTR_FILTER_PATTERN, false, 0},
    {"", CTR_FILTER_LABELS, CTR_FILTER_TEXT, 0, false, 0},
    {"", CTR_FILTER_STREAMS, CTR_FILTER_TEXT, 0, false, 0},
    {"", CTR_FILTER_MODES, CTR_FILTER_TEXT, 0, false, 0},
};
enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

static const char *const type_names[] = {"a text", "a whole number", "true or false", "a table", "a list"};

enum { LONGEST = 40 }; /* of what a message shows of a text */

static int shown(ctrace_str text) { return text.size > LONGEST ? LONGEST : (int)text.size; }

/* ---- Failures ---- */

/* Goes on behind what `out` has; what does not fit is left out. */
static void append(char *out, size_t room, const char *before, ctrace_str text, const char *behind)
{
    size_t used = strlen(out);
    snprintf(out + used, room - used, "%s%.*s%s", before, shown(text), text.data ? text.data : "", behind);
}

/* Where the reading is, as people say it: `rule 3 "pkg:x", value pattern 1`. */
static void place(const ctrace_filter *f, char *out, size_t room)
{
    static const char *const names[] = {
        [CTR_FILTER_META] = "[meta]",           [CTR_FILTER_IO] = "[io]",
        [CTR_FILTER_SCOPE] = "[scope]",         [CTR_FILTER_RULES] = "scope.rules",
        [CTR_FILTER_LABELS] = "meta.labels",    [CTR_FILTER_STREAMS] = "io.streams",
        [CTR_FILTER_MODES] = "io.modes",
    };
    const ctr_filter_reading *r = &f->reading;
    int table = r->depth ? r->levels[r->depth - 1].table : CTR_FILTER_FILE_TABLE;
    if (table != CTR_FILTER_RULE && table != CTR_FILTER_PATTERNS && table != CTR_FILTER_PATTERN) {
        snprintf(out, room, "%s", names[table] ? names[table] : "");
        return;
    }
    ctrace_str selector = r->texts[CTR_RULE_SELECTOR], value = r->pattern_texts[CTR_PATTERN_SELECTOR];
    snprintf(out, room, "rule %zu", r->rule_number);
    if (selector.size)
        append(out, room, " \"", selector, "\"");
    if (table != CTR_FILTER_PATTERN)
        return;
    size_t used = strlen(out);
    snprintf(out + used, room - used, ", value pattern %zu", r->pattern_number);
    if (value.size)
        append(out, room, " \"", value, "\"");
}

void ctr_filter_fail(ctrace_filter *f, ctrace_status status, const char *what)
{
    if (f->failure.status < 0)
        return;
    char where[160] = "";
    place(f, where, sizeof where);
    ctr_fail(&f->failure, status, "%s%s%s", where, where[0] ? ": " : "", what);
    if (f->file_count) {
        ctrace_str path = f->files[f->file_count - 1].about.path;
        ctr_error_set_file(&f->failure, path.data, path.size);
    }
}

void ctr_filter_fail_memory(ctrace_filter *f)
{
    if (f->failure.status == CTRACE_OK)
        ctr_fail(&f->failure, CTRACE_NO_MEMORY, "out of memory");
}

void ctr_filter_fail_choice(ctrace_filter *f, const char *key, ctrace_str value, const char *choices)
{
    char what[160];
    snprintf(what, sizeof what, "%s is %s, not \"%.*s\"", key, choices, shown(value), value.data);
    ctr_filter_fail(f, CTRACE_SYNTAX, what);
}

/* ---- Keys ---- */

static void fail_unknown(ctrace_filter *f, ctrace_str name)
{
    char what[200] = "";
    append(what, sizeof what, "there is no key \"", name, "\", but");
    const char *between = " ";
    for (int i = 0; i < KEY_COUNT; i++) {
        if ((int)keys[i].in != ctr_filter_top(f)->table)
            continue;
        append(what, sizeof what, between, (ctrace_str){keys[i].name, strlen(keys[i].name)}, "");
        between = ", ";
    }
    ctr_filter_fail(f, CTRACE_SYNTAX, what);
}

static void fail_key(ctrace_filter *f, const char *name, const char *what, const char *type)
{
    char text[100];
    snprintf(text, sizeof text, "%s%s%s", name, what, type);
    ctr_filter_fail(f, CTRACE_SYNTAX, text);
}

const ctr_filter_key *ctr_filter_find_key(ctrace_filter *f, ctrace_str name, ctr_filter_type type)
{
    if (!ctr_filter_reads(f))
        return NULL;
    const ctr_filter_key *k = NULL;
    for (int i = 0; i < KEY_COUNT && !k; i++) {
        if ((int)keys[i].in == ctr_filter_top(f)->table && ctr_str_is(name, keys[i].name, strlen(keys[i].name)))
            k = &keys[i];
    }
    bool in_list = k && !name.size;
    if (!k) {
        fail_unknown(f, name);
    } else if (k->type != type) {
        fail_key(f, in_list ? "one of them" : k->name, " is not ", type_names[k->type]);
    } else if (!in_list && ctr_filter_top(f)->seen >> k->number & 1) {
        fail_key(f, k->name, " is there twice", "");
    } else {
        ctr_filter_top(f)->seen |= 1u << k->number;
        return k;
    }
    return NULL;
}

bool ctr_filter_has_keys(ctrace_filter *f)
{
    for (int i = 0; i < KEY_COUNT; i++) {
        if ((int)keys[i].in == ctr_filter_top(f)->table && keys[i].required &&
            !(ctr_filter_top(f)->seen >> keys[i].number & 1)) {
            fail_key(f, keys[i].name, " is missing", "");
            return false;
        }
    }
    return true;
}
