#include "judge.h"

#include <stdlib.h>
#include <string.h>

/* More functions than this come from a program that makes methods without end; all is forgotten then. */
#define MAX_JUDGED 65536

void ctrb_judges_init(struct ctrb_judges *judges, ctrace_recorder *r, ctrace_filter *filter)
{
    memset(judges, 0, sizeof *judges);
    judges->r = r;
    judges->filter = filter;
    for (size_t i = 0; filter && i < ctrace_filter_source_count(filter); i++)
        judges->has_rules |= ctrace_filter_source_at(filter, i).sha256.size != 0;
}

static void forget(struct ctrb_judges *judges)
{
    for (size_t i = 0; i < judges->capacity; i++) {
        if (judges->table[i]) {
            free(judges->table[i]->parameters);
            free(judges->table[i]->names);
            free(judges->table[i]);
        }
    }
    free(judges->table);
    judges->table = NULL;
    judges->count = judges->capacity = 0;
}

void ctrb_judges_free(struct ctrb_judges *judges)
{
    forget(judges);
    memset(judges, 0, sizeof *judges);
}

void ctrb_judges_mark(const struct ctrb_judges *judges)
{
    for (size_t i = 0; i < judges->capacity; i++)
        if (judges->table[i])
            rb_gc_mark(judges->table[i]->owner);
}

static struct ctrb_judged **slot_of(struct ctrb_judged **table, size_t capacity, const struct ctrb_file *file,
                                    VALUE owner, ID method)
{
    size_t hash = (size_t)(uintptr_t)file >> 4 ^ (size_t)owner >> 3 ^ (size_t)method << 20;
    size_t i = hash * (size_t)0x9E3779B97F4A7C15u >> 32 & (capacity - 1);
    while (table[i] && (table[i]->file != file || table[i]->owner != owner || table[i]->method != method))
        i = (i + 1) & (capacity - 1);
    return &table[i];
}

static bool grow(struct ctrb_judges *judges)
{
    if (judges->count >= MAX_JUDGED)
        forget(judges);
    size_t capacity = judges->capacity ? judges->capacity * 2 : 64;
    struct ctrb_judged **table = calloc(capacity, sizeof(struct ctrb_judged *));
    if (!table)
        return false;
    for (size_t i = 0; i < judges->capacity; i++) {
        struct ctrb_judged *judged = judges->table[i];
        if (judged)
            *slot_of(table, capacity, judged->file, judged->owner, judged->method) = judged;
    }
    free(judges->table);
    judges->table = table;
    judges->capacity = capacity;
    return true;
}

static struct ctrb_judgement judge(const ctrace_filter_policy *policy, ctrace_filter_kind kind, ctrace_str name)
{
    ctrace_filter_cause cause;
    struct ctrb_judgement said = {.action = ctrace_filter_value(policy, kind, name, &cause)};
    said.reason = ctrace_filter_why(&cause);
    return said;
}

static struct ctrb_judgement stricter(struct ctrb_judgement a, struct ctrb_judgement b)
{
    return b.action > a.action ? b : a;
}

static void judge_function(struct ctrb_judges *judges, struct ctrb_judged *judged)
{
    char package[CTRB_NAME_SIZE], name[CTRB_FUNCTION_NAME_SIZE];
    ctrace_str object = ctrb_function_name(judged->owner, judged->method, name);
    ctrace_filter_verdict verdict;
    if (ctrace_filter_scope(judges->filter, ctrb_package_name(judged->owner, judged->method, package),
                            ctrb_file_real(judged->file), object, &verdict) < 0)
        return;
    judged->policy = verdict.policy;
    judged->recorded = verdict.traced && (verdict.by_rule || judged->file->in_scope);
    if (!verdict.traced && judged->file->in_scope)
        ctrace_recorder_count_skipped(judges->r);
    judged->returned = judge(verdict.policy, CTRACE_FILTER_RETURN, object);
    judged->itself = judge(verdict.policy, CTRACE_FILTER_ARG, CTRACE_STR("self"));
    judged->unwound = judge(verdict.policy, CTRACE_FILTER_RETURN, CTRACE_STR("<unwind>"));
}

struct ctrb_judged *ctrb_judge(struct ctrb_judges *judges, const struct ctrb_file *file, VALUE owner, ID method)
{
    if (judges->count * 2 >= judges->capacity && !grow(judges))
        return NULL;
    struct ctrb_judged **slot = slot_of(judges->table, judges->capacity, file, owner, method);
    if (!*slot) {
        struct ctrb_judged *judged = calloc(1, sizeof *judged);
        if (!judged)
            return NULL;
        judged->file = file;
        judged->owner = owner;
        judged->method = method;
        judge_function(judges, judged);
        *slot = judged;
        judges->count++;
    }
    return *slot;
}

/* ---- Names ---- */

struct ctrb_judged_name ctrb_judge_name(struct ctrb_judged *judged, ID name, bool is_parameter, bool is_outer)
{
    ctrace_str text = ctrb_id_name(name);
    struct ctrb_judged_name said = {.name = name};
    said.as_variable = judge(judged->policy, is_outer ? CTRACE_FILTER_GLOBAL : CTRACE_FILTER_LOCAL, text);
    if (is_parameter) {
        said.as_argument = judge(judged->policy, CTRACE_FILTER_ARG, text);
        said.as_variable = stricter(said.as_variable, said.as_argument);
    }
    return said;
}

static bool is_parameter(const struct ctrb_judged *judged, ID name)
{
    for (size_t i = 0; i < judged->parameter_count; i++)
        if (judged->parameters[i] == name)
            return true;
    return false;
}

void ctrb_judge_parameter(struct ctrb_judged *judged, ID name)
{
    if (is_parameter(judged, name))
        return;
    ID *parameters = realloc(judged->parameters, (judged->parameter_count + 1) * sizeof *parameters);
    if (!parameters)
        return;
    judged->parameters = parameters;
    parameters[judged->parameter_count++] = name;
    judged->name_count = 0; /* it may be among those that were judged */
}

/* NULL without memory. */
const struct ctrb_judged_name *ctrb_judge_known(struct ctrb_judged *judged, ID name)
{
    for (size_t i = 0; i < judged->name_count; i++)
        if (judged->names[i].name == name)
            return &judged->names[i];
    struct ctrb_judged_name *names = realloc(judged->names, (judged->name_count + 1) * sizeof *names);
    if (!names)
        return NULL;
    judged->names = names;
    struct ctrb_judged_name *said = &names[judged->name_count++];
    *said = ctrb_judge_name(judged, name, is_parameter(judged, name), false);
    if (judged->method == 0) /* of the file, or of a block in it */
        said->as_variable = stricter(said->as_variable, ctrb_judge_name(judged, name, false, true).as_variable);
    return said;
}

struct ctrb_judgement ctrb_judge_attribute(const ctrace_filter_policy *policy, ctrace_str name)
{
    return judge(policy, CTRACE_FILTER_ATTRIBUTE, name);
}
