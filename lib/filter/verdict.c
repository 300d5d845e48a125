/* What a filter says of a function and of its values, and why. */
#include "filter/filter.h"

#include <stdio.h>

/* ---- Scopes ---- */

/* A file as the selectors of a source see it: from the project, or its absolute path when it lies elsewhere. */
static ctrace_str seen_from(ctrace_str root, ctrace_str file)
{
    if (file.size <= root.size + 1 || file.data[root.size] != '/' ||
        (root.size && memcmp(file.data, root.data, root.size) != 0))
        return file;
    return (ctrace_str){file.data + root.size + 1, file.size - root.size - 1};
}

static ctrace_status add_matching(ctrace_filter *f, ctrace_str package, ctrace_str file, ctrace_str object)
{
    f->matching.size = 0;
    for (size_t i = 0; i < f->rule_count; i++) {
        const ctr_filter_selector *s = &f->rules[i].selector;
        ctrace_str text = s->target == CTR_FILTER_PACKAGE ? package
                          : s->target == CTR_FILTER_FILE  ? seen_from(f->files[f->rules[i].source].root, file)
                                                          : object;
        if (s->target != CTR_FILTER_ANYTHING && (text.size == 0 || !ctr_filter_selects(f, s, text)))
            continue;
        uint32_t number = (uint32_t)i;
        if (!ctr_buffer_append(&f->matching, &number, sizeof number))
            return CTRACE_NO_MEMORY;
    }
    return CTRACE_OK;
}

static ctrace_filter_policy *make_policy(ctrace_filter *f)
{
    size_t count = f->matching.size / sizeof(uint32_t);
    ctrace_filter_policy *p = ctr_arena_take(&f->arena, sizeof *p);
    uint32_t *rules = ctr_arena_take(&f->arena, f->matching.size + 1);
    if (!p || !rules)
        return NULL;
    if (count)
        memcpy(rules, f->matching.data, f->matching.size);
    *p = (ctrace_filter_policy){.filter = f, .traced = f->default_exec != CTR_FILTER_SKIP, .exec_rule = SIZE_MAX,
                                .value_rule = SIZE_MAX, .rules = rules};
    p->value_default = f->default_value == CTR_FILTER_VALUE_INHERIT ? CTRACE_FILTER_ALLOW : f->default_value;
    p->value_source = f->default_value_source;
    for (size_t i = 0; i < count; i++) {
        const ctr_filter_rule *rule = &f->rules[rules[i]];
        if (rule->exec != CTR_FILTER_EXEC_INHERIT) {
            p->traced = rule->exec == CTR_FILTER_TRACE;
            p->exec_rule = rules[i];
        }
        if (rule->value_default != CTR_FILTER_VALUE_INHERIT) {
            p->value_default = rule->value_default;
            p->value_rule = rules[i];
            p->value_source = rule->source;
        }
    }
    for (size_t i = f->replace && count ? count - 1 : 0; i < count; i++) {
        if (f->rules[rules[i]].pattern_count)
            rules[p->rule_count++] = rules[i];
    }
    return p;
}

static ctrace_filter_cause cause_of_rule(const ctrace_filter *f, size_t rule, size_t default_source)
{
    ctrace_filter_cause cause = {.rule = 0};
    if (rule == SIZE_MAX) {
        if (default_source < f->file_count)
            cause.source = f->files[default_source].about.path;
        return cause;
    }
    const ctr_filter_rule *r = &f->rules[rule];
    return (ctrace_filter_cause){.source = f->files[r->source].about.path, .rule = r->number, .selector = r->selector.text,
                                 .reason = r->reason};
}

ctrace_status ctrace_filter_scope(ctrace_filter *f, ctrace_str package, ctrace_str file, ctrace_str object,
                                  ctrace_filter_verdict *out)
{
    *out = (ctrace_filter_verdict){.traced = f == NULL};
    if (!f)
        return CTRACE_OK;
    if (f->failure.status < 0 || f->is_reading)
        return CTRACE_STATE;
    if (add_matching(f, package, file, object) < 0)
        return CTRACE_NO_MEMORY;
    ctrace_id known = ctr_map_find(&f->known, f->matching.data, f->matching.size);
    if (known == CTRACE_ID_NONE) {
        if (!ctr_make_room(f->allocator, (void **)&f->policies, &f->policy_capacity, f->policy_count,
                           sizeof *f->policies))
            return CTRACE_NO_MEMORY;
        ctrace_filter_policy *made = make_policy(f);
        if (!made || !ctr_map_add(&f->known, f->matching.data, f->matching.size, f->policy_count))
            return CTRACE_NO_MEMORY;
        known = f->policy_count;
        f->policies[f->policy_count++] = made;
    }
    const ctrace_filter_policy *p = f->policies[known];
    *out = (ctrace_filter_verdict){.traced = p->traced, .by_rule = p->exec_rule != SIZE_MAX, .policy = p,
                                   .cause = cause_of_rule(f, p->exec_rule, f->default_exec_source)};
    return CTRACE_OK;
}

/* ---- Values ---- */

/* Secrets are told by the function's own name, not by that of its module. */
static ctrace_str own_name(ctrace_str object)
{
    size_t at = object.size;
    while (at > 0 && object.data[at - 1] != '.' && object.data[at - 1] != '#' && object.data[at - 1] != ':')
        at--;
    return (ctrace_str){object.data + at, object.size - at};
}

static bool matches(const ctrace_filter *f, const ctr_filter_selector *s, ctrace_filter_kind kind, ctrace_str name)
{
    if ((int)s->target != (int)kind)
        return false;
    return ctr_filter_selects(f, s, s->match == CTR_FILTER_SECRET && kind == CTRACE_FILTER_RETURN ? own_name(name) : name);
}

static const ctr_filter_value_pattern *first_match(const ctrace_filter *f, const ctr_filter_rule *r,
                                                   ctrace_filter_kind kind, ctrace_str name)
{
    for (size_t i = r->first_pattern; i < r->first_pattern + r->pattern_count; i++) {
        if (matches(f, &f->patterns[i].selector, kind, name))
            return &f->patterns[i];
    }
    return NULL;
}

/* What a rule hides, a later one shows only by the very name, as with a glob that shows everything nobody means
 * passwords; or it leaves it out. */
static const ctr_filter_value_pattern *overruled(const ctrace_filter_policy *p, size_t after, ctrace_filter_kind kind,
                                                 ctrace_str name, const ctr_filter_value_pattern *found,
                                                 const ctr_filter_rule **rule)
{
    const ctrace_filter *f = p->filter;
    for (size_t i = after; i < p->rule_count; i++) {
        const ctr_filter_rule *r = &f->rules[p->rules[i]];
        for (size_t k = r->first_pattern; k < r->first_pattern + r->pattern_count; k++) {
            const ctr_filter_value_pattern *later = &f->patterns[k];
            bool named = later->action == CTRACE_FILTER_ALLOW && later->selector.match == CTR_FILTER_LITERAL;
            if ((named || later->action == CTRACE_FILTER_DROP) && matches(f, &later->selector, kind, name)) {
                found = later;
                *rule = r;
                break;
            }
        }
    }
    return found;
}

ctrace_filter_action ctrace_filter_value(const ctrace_filter_policy *p, ctrace_filter_kind kind, ctrace_str name,
                                         ctrace_filter_cause *cause)
{
    if (cause)
        *cause = (ctrace_filter_cause){.rule = 0};
    if (!p)
        return CTRACE_FILTER_ALLOW;
    const ctrace_filter *f = p->filter;
    for (size_t i = 0; i < p->rule_count; i++) {
        const ctr_filter_rule *r = &f->rules[p->rules[i]];
        const ctr_filter_value_pattern *found = first_match(f, r, kind, name);
        /* Of a default that drops, only the patterns of its own source and of later ones are exceptions; what the
         * others hide stays hidden. */
        bool older = p->value_default == CTRACE_FILTER_DROP && r->source < p->value_source;
        if (!found || (older && (f->replace || found->action == CTRACE_FILTER_ALLOW)))
            continue;
        if (found->action != CTRACE_FILTER_ALLOW)
            found = overruled(p, i + 1, kind, name, found, &r);
        if (cause)
            *cause = (ctrace_filter_cause){.source = f->files[r->source].about.path, .rule = r->number,
                                           .pattern = (size_t)(found - f->patterns) - r->first_pattern + 1,
                                           .selector = found->selector.text, .reason = found->reason};
        return older && found->action == CTRACE_FILTER_REDACT ? CTRACE_FILTER_DROP : found->action;
    }
    if (cause)
        *cause = cause_of_rule(f, p->value_rule, f->default_value_source);
    return p->value_default;
}

/* ---- For people ---- */

ctrace_str ctrace_filter_why(const ctrace_filter_cause *cause)
{
    return cause->reason.size ? cause->reason : cause->selector;
}

typedef struct line {
    char *out;
    size_t room, size;
} line;

static void put(line *l, ctrace_str text)
{
    for (size_t i = 0; i < text.size; i++, l->size++) {
        if (l->size + 1 < l->room)
            l->out[l->size] = text.data[i];
    }
}

static void put_number(line *l, size_t number)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%zu", number);
    put(l, (ctrace_str){digits, size > 0 ? (size_t)size : 0});
}

size_t ctrace_filter_describe(const ctrace_filter_cause *cause, char *out, size_t room)
{
    line l = {.out = out, .room = room};
    if (cause->source.size == 0) {
        put(&l, CTRACE_STR("no filter"));
    } else if (cause->rule == 0) {
        put(&l, CTRACE_STR("the default of "));
    } else {
        put(&l, CTRACE_STR("rule "));
        put_number(&l, cause->rule);
        if (cause->pattern) {
            put(&l, CTRACE_STR(", value pattern "));
            put_number(&l, cause->pattern);
        }
        put(&l, CTRACE_STR(" \""));
        put(&l, cause->selector);
        put(&l, CTRACE_STR("\" of "));
    }
    put(&l, cause->source);
    if (cause->reason.size) {
        put(&l, CTRACE_STR(": "));
        put(&l, cause->reason);
    }
    if (room)
        out[l.size < room ? l.size : room - 1] = 0;
    return l.size;
}
