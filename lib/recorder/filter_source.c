/* A source of a filter, key by key: what may stand where, and what it means. */
#include "recorder/filter.h"

#include "base/failure.h"

#include <stdio.h>

enum table { FILE_TABLE, META, IO, SCOPE, RULES, RULE, PATTERNS, PATTERN, LABELS, STREAMS, MODES };

typedef enum type { TEXT, INT, BOOL, TABLE, LIST } type;

/* A key that may stand in a table. Of a list it is the empty key. */
typedef struct key {
    const char *name;
    enum table in;
    type type;
    enum table opens; /* of TABLE and LIST */
    bool required;
} key;

/* The keys of a table follow each other; their numbers count from its first. */
static const key keys[] = {
    {"meta", FILE_TABLE, TABLE, META, true},
    {"io", FILE_TABLE, TABLE, IO, false},
    {"scope", FILE_TABLE, TABLE, SCOPE, true},

    {"name", META, TEXT, 0, true},
    {"version", META, INT, 0, true},
    {"description", META, TEXT, 0, false},
    {"labels", META, LIST, LABELS, false},

    {"capture", IO, BOOL, 0, false},
    {"streams", IO, LIST, STREAMS, false},
    {"modes", IO, LIST, MODES, false},

    {"default_exec", SCOPE, TEXT, 0, true},
    {"default_value_action", SCOPE, TEXT, 0, true},
    {"rules", SCOPE, LIST, RULES, false},

    {"selector", RULE, TEXT, 0, true},
    {"exec", RULE, TEXT, 0, false},
    {"value_default", RULE, TEXT, 0, false},
    {"reason", RULE, TEXT, 0, false},
    {"value_patterns", RULE, LIST, PATTERNS, false},

    {"selector", PATTERN, TEXT, 0, true},
    {"action", PATTERN, TEXT, 0, true},
    {"reason", PATTERN, TEXT, 0, false},

    {"", RULES, TABLE, RULE, false},
    {"", PATTERNS, TABLE, PATTERN, false},
    {"", LABELS, TEXT, 0, false},
    {"", STREAMS, TEXT, 0, false},
    {"", MODES, TEXT, 0, false},
};
enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

/* Numbers of keys in their tables. */
enum { RULE_SELECTOR, RULE_EXEC, RULE_VALUE_DEFAULT, RULE_REASON };
enum { PATTERN_SELECTOR, PATTERN_ACTION, PATTERN_REASON };
enum { SCOPE_EXEC, SCOPE_VALUE };

static const char *const type_names[] = {"a text", "a whole number", "true or false", "a table", "a list"};

/* ---- Failures ---- */

/* Where the reading is, as people say it: " of rule 3 "pkg:x", value pattern 1". */
static void place(const ctrace_filter *f, char *out, size_t room)
{
    static const char *const names[] = {"", " of [meta]", " of [io]", " of [scope]", " of scope.rules"};
    const ctr_filter_reading *r = &f->reading;
    int table = r->depth ? r->levels[r->depth - 1].table : FILE_TABLE;
    if (table >= LABELS || table == META || table == IO) {
        snprintf(out, room, "%s", table == LABELS ? " of meta.labels" : table == STREAMS ? " of io.streams"
                                  : table == MODES ? " of io.modes" : names[table]);
        return;
    }
    if (table <= RULES) {
        snprintf(out, room, "%s", names[table]);
        return;
    }
    ctrace_str selector = r->texts[RULE_SELECTOR], value = r->pattern_texts[PATTERN_SELECTOR];
    enum { LONGEST = 40 };
    int size = snprintf(out, room, " of rule %zu", r->rule_number);
    size_t used = size > 0 && (size_t)size < room ? (size_t)size : 0;
    if (selector.size && used)
        size = snprintf(out + used, room - used, " \"%.*s\"", selector.size > LONGEST ? LONGEST : (int)selector.size,
                        selector.data);
    used += selector.size && used && size > 0 && (size_t)size < room - used ? (size_t)size : 0;
    if (table == PATTERN) {
        size = snprintf(out + used, room - used, ", value pattern %zu", r->pattern_number);
        used += size > 0 && (size_t)size < room - used ? (size_t)size : 0;
        if (value.size)
            snprintf(out + used, room - used, " \"%.*s\"", value.size > LONGEST ? LONGEST : (int)value.size, value.data);
    }
}

static void fail(ctrace_filter *f, ctrace_status status, const char *what)
{
    if (f->failure.status < 0)
        return;
    char where[160] = "";
    place(f, where, sizeof where);
    /* " of rule 3" behind the message reads as "…: rule 3" before it. */
    const char *shown = where[0] ? where + strlen(" of ") : "";
    ctr_fail(&f->failure, status, "%s%s%s", shown, where[0] ? ": " : "", what);
    if (f->file_count)
        ctr_error_set_file(&f->failure, f->files[f->file_count - 1].about.path.data,
                           f->files[f->file_count - 1].about.path.size);
}

static void fail_memory(ctrace_filter *f)
{
    if (f->failure.status == CTRACE_OK)
        ctr_fail(&f->failure, CTRACE_NO_MEMORY, "out of memory");
}

/* "\"traec\" is not trace, skip or inherit" */
static void fail_choice(ctrace_filter *f, const char *key_name, ctrace_str value, const char *choices)
{
    enum { LONGEST = 40 };
    char what[160];
    snprintf(what, sizeof what, "%s is %s, not \"%.*s\"", key_name, choices,
             value.size > LONGEST ? LONGEST : (int)value.size, value.data);
    fail(f, CTRACE_SYNTAX, what);
}

/* ---- What a text means ---- */

static bool read_exec(ctrace_filter *f, const char *name, ctrace_str text, ctr_filter_exec *out)
{
    if (!text.data || CTR_IS(text, "inherit"))
        *out = CTR_FILTER_EXEC_INHERIT;
    else if (CTR_IS(text, "trace"))
        *out = CTR_FILTER_TRACE;
    else if (CTR_IS(text, "skip"))
        *out = CTR_FILTER_SKIP;
    else
        fail_choice(f, name, text, "trace, skip or inherit");
    return f->failure.status == CTRACE_OK;
}

static bool read_action(ctrace_filter *f, const char *name, ctrace_str text, bool may_inherit, ctrace_filter_action *out)
{
    if (may_inherit && (!text.data || CTR_IS(text, "inherit")))
        *out = CTR_FILTER_VALUE_INHERIT;
    else if (CTR_IS(text, "allow"))
        *out = CTRACE_FILTER_ALLOW;
    else if (CTR_IS(text, "redact") || CTR_IS(text, "deny")) /* its older name */
        *out = CTRACE_FILTER_REDACT;
    else if (CTR_IS(text, "drop"))
        *out = CTRACE_FILTER_DROP;
    else
        fail_choice(f, name, text, may_inherit ? "allow, redact, drop or inherit" : "allow, redact or drop");
    return f->failure.status == CTRACE_OK;
}

static bool read_selector(ctrace_filter *f, ctrace_str text, bool of_value, ctr_filter_selector *out)
{
    char why[200] = "";
    ctrace_str root = f->files[f->file_count - 1].root;
    ctrace_status status = ctr_filter_make_selector(f, out, text, of_value, root, why, sizeof why);
    if (status == CTRACE_NO_MEMORY)
        fail_memory(f);
    else if (status < 0)
        fail(f, status, why);
    return status >= 0;
}

/* ---- Ends of tables ---- */

static void end_pattern(ctrace_filter *f)
{
    ctr_filter_reading *r = &f->reading;
    ctrace_filter_action action;
    if (!read_action(f, "action", r->pattern_texts[PATTERN_ACTION], false, &action))
        return;
    ctr_filter_value_pattern *pattern = ctr_filter_add_pattern(f);
    if (!pattern) {
        fail_memory(f);
        return;
    }
    pattern->action = action;
    pattern->reason = r->pattern_texts[PATTERN_REASON];
    if (!read_selector(f, r->pattern_texts[PATTERN_SELECTOR], true, &pattern->selector))
        f->pattern_count--;
}

static void end_rule(ctrace_filter *f)
{
    ctr_filter_reading *r = &f->reading;
    ctr_filter_exec exec;
    ctrace_filter_action value;
    if (!read_exec(f, "exec", r->texts[RULE_EXEC], &exec) ||
        !read_action(f, "value_default", r->texts[RULE_VALUE_DEFAULT], true, &value))
        return;
    ctr_filter_rule *rule = ctr_filter_add_rule(f);
    if (!rule) {
        fail_memory(f);
        return;
    }
    rule->exec = exec;
    rule->value_default = value;
    rule->reason = r->texts[RULE_REASON];
    rule->number = r->rule_number;
    rule->first_pattern = r->first_pattern;
    rule->pattern_count = f->pattern_count - r->first_pattern;
    if (!read_selector(f, r->texts[RULE_SELECTOR], false, &rule->selector))
        f->rule_count--;
}

static void end_io(ctrace_filter *f)
{
    if (f->reading.capture && !f->reading.has_streams)
        fail(f, CTRACE_SYNTAX, "capture is true, but there are no streams");
}

/* ---- Keys ---- */

static ctr_filter_level *top(ctrace_filter *f) { return &f->reading.levels[f->reading.depth - 1]; }

static bool is_good(const ctrace_filter *f) { return f->failure.status == CTRACE_OK && f->is_reading && f->reading.depth; }

static void fail_unknown(ctrace_filter *f, ctrace_str name)
{
    enum { LONGEST = 40 };
    char what[200];
    int size = snprintf(what, sizeof what, "there is no key \"%.*s\", but", name.size > LONGEST ? LONGEST : (int)name.size,
                        name.data ? name.data : "");
    size_t used = size > 0 ? (size_t)size : 0;
    const char *between = " ";
    for (int i = 0; i < KEY_COUNT; i++) {
        if ((int)keys[i].in != top(f)->table || used + strlen(keys[i].name) + 3 > sizeof what)
            continue;
        size = snprintf(what + used, sizeof what - used, "%s%s", between, keys[i].name);
        used += size > 0 ? (size_t)size : 0;
        between = ", ";
    }
    fail(f, CTRACE_SYNTAX, what);
}

/* The key of this name and type in the table that is open; NULL, with a failure, when there is none. */
static const key *find_key(ctrace_filter *f, ctrace_str name, int wanted, int *number)
{
    if (!is_good(f))
        return NULL;
    *number = 0;
    const key *found = NULL;
    for (int i = 0; i < KEY_COUNT && !found; i++) {
        if ((int)keys[i].in != top(f)->table)
            continue;
        if (ctr_str_is(name, keys[i].name, strlen(keys[i].name)))
            found = &keys[i];
        else
            ++*number;
    }
    bool in_list = found && !name.size;
    if (!found) {
        fail_unknown(f, name);
    } else if ((int)found->type != wanted) {
        char what[100];
        snprintf(what, sizeof what, "%s is not %s", in_list ? "one of them" : found->name, type_names[found->type]);
        fail(f, CTRACE_SYNTAX, what);
    } else if (!in_list && top(f)->seen >> *number & 1) {
        char what[100];
        snprintf(what, sizeof what, "%s is there twice", found->name);
        fail(f, CTRACE_SYNTAX, what);
    } else {
        top(f)->seen |= 1u << *number;
        return found;
    }
    return NULL;
}

static void open_level(ctrace_filter *f, enum table table)
{
    ctr_filter_reading *r = &f->reading;
    r->levels[r->depth++] = (ctr_filter_level){.table = (int)table};
    if (table == SCOPE || table == RULE)
        memset(r->texts, 0, sizeof r->texts);
    if (table == RULE) {
        r->rule_number++;
        r->pattern_number = 0;
        r->first_pattern = f->pattern_count;
    } else if (table == PATTERN) {
        r->pattern_number++;
        memset(r->pattern_texts, 0, sizeof r->pattern_texts);
    }
}

void ctrace_filter_open_table(ctrace_filter *f, ctrace_str name)
{
    int number;
    const key *k = find_key(f, name, TABLE, &number);
    if (k)
        open_level(f, k->opens);
}

void ctrace_filter_open_list(ctrace_filter *f, ctrace_str name)
{
    int number;
    const key *k = find_key(f, name, LIST, &number);
    if (k)
        open_level(f, k->opens);
}

void ctrace_filter_close(ctrace_filter *f)
{
    if (!is_good(f))
        return;
    int table = top(f)->table, number = 0;
    for (int i = 0; i < KEY_COUNT; i++) {
        if ((int)keys[i].in != table)
            continue;
        if (keys[i].required && !(top(f)->seen >> number & 1)) {
            char what[100];
            snprintf(what, sizeof what, "%s is missing", keys[i].name);
            fail(f, CTRACE_SYNTAX, what);
            return;
        }
        number++;
    }
    if (table == RULE)
        end_rule(f);
    else if (table == PATTERN)
        end_pattern(f);
    else if (table == IO)
        end_io(f);
    f->reading.depth--;
}

static void put_meta(ctrace_filter *f, const key *k, ctrace_str text)
{
    bool blank = true;
    for (size_t i = 0; i < text.size; i++)
        blank = blank && (text.data[i] == ' ' || (text.data[i] >= '\t' && text.data[i] <= '\r'));
    if (strcmp(k->name, "name") != 0)
        return;
    if (blank)
        fail(f, CTRACE_SYNTAX, "name is empty");
    f->files[f->file_count - 1].about.name = text;
}

static void put_scope(ctrace_filter *f, int number, ctrace_str text)
{
    ctr_filter_exec exec = CTR_FILTER_EXEC_INHERIT;
    ctrace_filter_action value = CTR_FILTER_VALUE_INHERIT;
    size_t source = f->file_count - 1;
    if (number == SCOPE_EXEC && read_exec(f, "default_exec", text, &exec)) {
        if (exec != CTR_FILTER_EXEC_INHERIT)
            f->default_exec = exec, f->default_exec_source = source;
        else if (f->default_exec == CTR_FILTER_EXEC_INHERIT)
            fail(f, CTRACE_SYNTAX, "default_exec is inherit, but there is no filter before this one");
    } else if (number == SCOPE_VALUE && read_action(f, "default_value_action", text, true, &value)) {
        if (value != CTR_FILTER_VALUE_INHERIT)
            f->default_value = value, f->default_value_source = source;
        else if (f->default_value == CTR_FILTER_VALUE_INHERIT)
            fail(f, CTRACE_SYNTAX, "default_value_action is inherit, but there is no filter before this one");
    }
}

void ctrace_filter_put_text(ctrace_filter *f, ctrace_str name, ctrace_str text)
{
    int number;
    const key *k = find_key(f, name, TEXT, &number);
    if (!k)
        return;
    text = ctr_filter_keep(f, text);
    if (!text.data) {
        fail_memory(f);
        return;
    }
    switch (k->in) {
    case META:
        put_meta(f, k, text);
        break;
    case SCOPE:
        put_scope(f, number, text);
        break;
    case RULE:
        f->reading.texts[number] = text;
        break;
    case PATTERN:
        f->reading.pattern_texts[number] = text;
        break;
    case STREAMS:
        f->reading.has_streams = true;
        if (!CTR_IS(text, "stdout") && !CTR_IS(text, "stderr") && !CTR_IS(text, "stdin") && !CTR_IS(text, "files"))
            fail_choice(f, "a stream", text, "stdout, stderr, stdin or files");
        break;
    case MODES:
        fail(f, CTRACE_SYNTAX, "they must be empty");
        break;
    default:
        break;
    }
}

void ctrace_filter_put_int(ctrace_filter *f, ctrace_str name, int64_t value)
{
    int number;
    if (!find_key(f, name, INT, &number))
        return;
    if (value < 1)
        fail(f, CTRACE_SYNTAX, "version is less than 1");
    else if (value > 1)
        fail(f, CTRACE_UNSUPPORTED, "the version is newer than 1, the only one that is known");
    else
        f->files[f->file_count - 1].about.version = value;
}

void ctrace_filter_put_bool(ctrace_filter *f, ctrace_str name, bool value)
{
    int number;
    if (find_key(f, name, BOOL, &number))
        f->reading.capture = value;
}

void ctrace_filter_put_other(ctrace_filter *f, ctrace_str name)
{
    int number;
    find_key(f, name, -1, &number);
}

/* ---- Sources ---- */

/* The folder above the nearest ".codetracer" that the file lies in, else its own. */
static ctrace_str project_root(ctrace_str path)
{
    size_t own = path.size;
    while (own > 0 && path.data[own - 1] != '/')
        own--;
    own -= own > 0;
    for (size_t end = own; end > 0;) {
        size_t begin = end;
        while (begin > 0 && path.data[begin - 1] != '/')
            begin--;
        if (ctr_str_is((ctrace_str){path.data + begin, end - begin}, ".codetracer", 11))
            return (ctrace_str){path.data, begin - (begin > 0)};
        end = begin - (begin > 0);
    }
    return (ctrace_str){path.data, own};
}

static bool is_sha256(ctrace_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
    }
    return text.size == 64;
}

void ctrace_filter_begin_source(ctrace_filter *f, ctrace_str path, ctrace_str sha256)
{
    if (f->failure.status < 0)
        return;
    if (f->is_reading || path.size == 0 || path.data[0] != '/' || !is_sha256(sha256)) {
        ctr_fail(&f->failure, f->is_reading ? CTRACE_STATE : CTRACE_ARGUMENT, "%s",
                 f->is_reading ? "the source before was not ended"
                               : "a source needs an absolute path and 64 hexadecimal digits of SHA-256");
        return;
    }
    ctrace_str kept_path = ctr_filter_keep(f, path), kept_hash = ctr_filter_keep(f, sha256);
    ctr_filter_file *file = kept_path.data && kept_hash.data ? ctr_filter_add_file(f) : NULL;
    if (!file) {
        fail_memory(f);
        return;
    }
    file->about.path = kept_path;
    file->about.sha256 = kept_hash;
    file->root = project_root(kept_path);
    ctr_filter_forget(f);
    f->is_reading = true;
    f->reading = (ctr_filter_reading){.depth = 1};
}

ctrace_status ctrace_filter_end_source(ctrace_filter *f, ctrace_error *error)
{
    if (f->failure.status == CTRACE_OK) {
        if (!f->is_reading || f->reading.depth != 1)
            ctr_fail(&f->failure, CTRACE_STATE, "a source was ended that is not open, or not whole");
        else
            ctrace_filter_close(f); /* tells what is missing */
    }
    f->is_reading = false;
    if (error)
        *error = f->failure;
    return f->failure.status;
}
