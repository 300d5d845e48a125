/* A source of a filter, key by key: what may stand where, and what it means. */
#include "filter/keys.h"

#include "base/failure.h"

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
        ctr_filter_fail_choice(f, name, text, "trace, skip or inherit");
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
        ctr_filter_fail_choice(f, name, text, may_inherit ? "allow, redact, drop or inherit" : "allow, redact or drop");
    return f->failure.status == CTRACE_OK;
}

static bool read_selector(ctrace_filter *f, ctrace_str text, bool of_value, ctr_filter_selector *out)
{
    char why[200] = "";
    ctrace_str root = f->files[f->file_count - 1].root;
    ctrace_status status = ctr_filter_make_selector(f, out, text, of_value, root, why, sizeof why);
    if (status == CTRACE_NO_MEMORY)
        ctr_filter_fail_memory(f);
    else if (status < 0)
        ctr_filter_fail(f, status, why);
    return status >= 0;
}

/* ---- Ends of tables ---- */

static void end_pattern(ctrace_filter *f)
{
    ctr_filter_reading *r = &f->reading;
    ctrace_filter_action action;
    if (!read_action(f, "action", r->pattern_texts[CTR_PATTERN_ACTION], false, &action))
        return;
    ctr_filter_value_pattern *pattern = ctr_filter_add_pattern(f);
    if (!pattern) {
        ctr_filter_fail_memory(f);
        return;
    }
    pattern->action = action;
    pattern->reason = r->pattern_texts[CTR_PATTERN_REASON];
    if (!read_selector(f, r->pattern_texts[CTR_PATTERN_SELECTOR], true, &pattern->selector))
        f->pattern_count--;
}

static void end_rule(ctrace_filter *f)
{
    ctr_filter_reading *r = &f->reading;
    ctr_filter_exec exec;
    ctrace_filter_action value;
    if (!read_exec(f, "exec", r->texts[CTR_RULE_EXEC], &exec) ||
        !read_action(f, "value_default", r->texts[CTR_RULE_VALUE_DEFAULT], true, &value))
        return;
    ctr_filter_rule *rule = ctr_filter_add_rule(f);
    if (!rule) {
        ctr_filter_fail_memory(f);
        return;
    }
    rule->exec = exec;
    rule->value_default = value;
    rule->reason = r->texts[CTR_RULE_REASON];
    rule->number = r->rule_number;
    rule->first_pattern = r->first_pattern;
    rule->pattern_count = f->pattern_count - r->first_pattern;
    if (!read_selector(f, r->texts[CTR_RULE_SELECTOR], false, &rule->selector))
        f->rule_count--;
}

static void end_io(ctrace_filter *f)
{
    if (f->reading.capture && !f->reading.has_streams)
        ctr_filter_fail(f, CTRACE_SYNTAX, "capture is true, but there are no streams");
}

/* ---- What is told ---- */

static void open_level(ctrace_filter *f, ctr_filter_table table)
{
    ctr_filter_reading *r = &f->reading;
    r->levels[r->depth++] = (ctr_filter_level){.table = (int)table};
    if (table == CTR_FILTER_SCOPE || table == CTR_FILTER_RULE)
        memset(r->texts, 0, sizeof r->texts);
    if (table == CTR_FILTER_RULE) {
        r->rule_number++;
        r->pattern_number = 0;
        r->first_pattern = f->pattern_count;
    } else if (table == CTR_FILTER_PATTERN) {
        r->pattern_number++;
        memset(r->pattern_texts, 0, sizeof r->pattern_texts);
    }
}

void ctrace_filter_open_table(ctrace_filter *f, ctrace_str name)
{
    const ctr_filter_key *k = ctr_filter_find_key(f, name, CTR_FILTER_TABLE);
    if (k)
        open_level(f, k->opens);
}

void ctrace_filter_open_list(ctrace_filter *f, ctrace_str name)
{
    const ctr_filter_key *k = ctr_filter_find_key(f, name, CTR_FILTER_LIST);
    if (k)
        open_level(f, k->opens);
}

void ctrace_filter_close(ctrace_filter *f)
{
    if (!ctr_filter_reads(f))
        return;
    if (!ctr_filter_has_keys(f))
        return;
    int table = ctr_filter_top(f)->table;
    if (table == CTR_FILTER_RULE)
        end_rule(f);
    else if (table == CTR_FILTER_PATTERN)
        end_pattern(f);
    else if (table == CTR_FILTER_IO)
        end_io(f);
    f->reading.depth--;
}

static void put_meta(ctrace_filter *f, const ctr_filter_key *k, ctrace_str text)
{
    bool blank = true;
    for (size_t i = 0; i < text.size; i++)
        blank = blank && (text.data[i] == ' ' || (text.data[i] >= '\t' && text.data[i] <= '\r'));
    if (strcmp(k->name, "name") != 0)
        return;
    if (blank)
        ctr_filter_fail(f, CTRACE_SYNTAX, "name is empty");
    f->files[f->file_count - 1].about.name = text;
}

static void put_scope(ctrace_filter *f, int number, ctrace_str text)
{
    ctr_filter_exec exec = CTR_FILTER_EXEC_INHERIT;
    ctrace_filter_action value = CTR_FILTER_VALUE_INHERIT;
    size_t source = f->file_count - 1;
    if (number == CTR_SCOPE_EXEC && read_exec(f, "default_exec", text, &exec)) {
        if (exec != CTR_FILTER_EXEC_INHERIT)
            f->default_exec = exec, f->default_exec_source = source;
        else if (f->default_exec == CTR_FILTER_EXEC_INHERIT)
            ctr_filter_fail(f, CTRACE_SYNTAX, "default_exec is inherit, but there is no filter before this one");
    } else if (number == CTR_SCOPE_VALUE && read_action(f, "default_value_action", text, true, &value)) {
        if (value != CTR_FILTER_VALUE_INHERIT)
            f->default_value = value, f->default_value_source = source;
        else if (f->default_value == CTR_FILTER_VALUE_INHERIT)
            ctr_filter_fail(f, CTRACE_SYNTAX, "default_value_action is inherit, but there is no filter before this one");
    }
}

void ctrace_filter_put_text(ctrace_filter *f, ctrace_str name, ctrace_str text)
{
    const ctr_filter_key *k = ctr_filter_find_key(f, name, CTR_FILTER_TEXT);
    if (!k)
        return;
    text = ctr_filter_keep(f, text);
    if (!text.data) {
        ctr_filter_fail_memory(f);
        return;
    }
    switch (k->in) {
    case CTR_FILTER_META:
        put_meta(f, k, text);
        break;
    case CTR_FILTER_SCOPE:
        put_scope(f, k->number, text);
        break;
    case CTR_FILTER_RULE:
        f->reading.texts[k->number] = text;
        break;
    case CTR_FILTER_PATTERN:
        f->reading.pattern_texts[k->number] = text;
        break;
    case CTR_FILTER_STREAMS:
        f->reading.has_streams = true;
        if (!CTR_IS(text, "stdout") && !CTR_IS(text, "stderr") && !CTR_IS(text, "stdin") && !CTR_IS(text, "files"))
            ctr_filter_fail_choice(f, "a stream", text, "stdout, stderr, stdin or files");
        break;
    case CTR_FILTER_MODES:
        ctr_filter_fail(f, CTRACE_SYNTAX, "they must be empty");
        break;
    default:
        break;
    }
}

void ctrace_filter_put_int(ctrace_filter *f, ctrace_str name, int64_t value)
{
    if (!ctr_filter_find_key(f, name, CTR_FILTER_INT))
        return;
    if (value < 1)
        ctr_filter_fail(f, CTRACE_SYNTAX, "version is less than 1");
    else if (value > 1)
        ctr_filter_fail(f, CTRACE_UNSUPPORTED, "the version is newer than 1, the only one that is known");
    else
        f->files[f->file_count - 1].about.version = value;
}

void ctrace_filter_put_bool(ctrace_filter *f, ctrace_str name, bool value)
{
    if (ctr_filter_find_key(f, name, CTR_FILTER_BOOL))
        f->reading.capture = value;
}

void ctrace_filter_put_other(ctrace_filter *f, ctrace_str name)
{
    ctr_filter_find_key(f, name, CTR_FILTER_OTHER);
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
        ctr_filter_fail_memory(f);
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
