/* A filter's life, its builtin source, and what its sources tell about themselves. */
#include "filter/filter.h"
#include "filter/secrets.h"

#include "base/failure.h"
#include "base/options.h"

ctrace_status ctrace_filter_new(ctrace_filter **out, const ctrace_filter_options *options, ctrace_error *error)
{
    ctrace_filter_options taken;
    *out = NULL;
    ctrace_status status = ctr_take_options(&taken, sizeof taken, options, "ctrace_filter_options", error);
    if (status < 0)
        return status;
    ctrace_filter *f = ctr_alloc_zero(taken.allocator, sizeof *f);
    if (!f)
        return ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
    if (taken.allocator) {
        f->allocator_copy = *taken.allocator;
        f->allocator = &f->allocator_copy;
    }
    if (taken.matcher) {
        f->matcher = *taken.matcher;
        f->has_matcher = true;
    }
    f->replace = taken.replace_patterns;
    f->arena.allocator = f->allocator;
    f->known.allocator = f->allocator;
    f->matching.allocator = f->allocator;
    f->default_exec = CTR_FILTER_EXEC_INHERIT;
    f->default_value = CTR_FILTER_VALUE_INHERIT;
    *out = f;
    return CTRACE_OK;
}

void ctrace_filter_free(ctrace_filter **filter)
{
    ctrace_filter *f = *filter;
    *filter = NULL;
    if (!f)
        return;
    for (size_t i = 0; i < f->rule_count; i++)
        ctr_filter_free_selector(f, &f->rules[i].selector);
    for (size_t i = 0; i < f->pattern_count; i++)
        ctr_filter_free_selector(f, &f->patterns[i].selector);
    ctr_free(f->allocator, f->files, f->file_capacity * sizeof *f->files);
    ctr_free(f->allocator, f->rules, f->rule_capacity * sizeof *f->rules);
    ctr_free(f->allocator, f->patterns, f->pattern_capacity * sizeof *f->patterns);
    ctr_free(f->allocator, f->policies, f->policy_capacity * sizeof *f->policies);
    ctr_map_free(&f->known);
    ctr_buffer_free(&f->matching);
    ctr_arena_free(&f->arena);
    ctrace_allocator allocator = f->allocator_copy;
    ctr_free(allocator.resize ? &allocator : NULL, f, sizeof *f);
}

void ctr_filter_forget(ctrace_filter *f) { ctr_map_free(&f->known); }

ctrace_str ctr_filter_keep(ctrace_filter *f, ctrace_str text)
{
    char *copy = ctr_arena_take(&f->arena, text.size + 1);
    if (!copy)
        return (ctrace_str){NULL, 0};
    if (text.size)
        memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    return (ctrace_str){copy, text.size};
}

ctr_filter_file *ctr_filter_add_file(ctrace_filter *f)
{
    if (!ctr_make_room(f->allocator, (void **)&f->files, &f->file_capacity, f->file_count, sizeof *f->files))
        return NULL;
    f->files[f->file_count] = (ctr_filter_file){.root = {NULL, 0}};
    return &f->files[f->file_count++];
}

ctr_filter_rule *ctr_filter_add_rule(ctrace_filter *f)
{
    if (!ctr_make_room(f->allocator, (void **)&f->rules, &f->rule_capacity, f->rule_count, sizeof *f->rules))
        return NULL;
    f->rules[f->rule_count] = (ctr_filter_rule){.source = f->file_count - 1};
    return &f->rules[f->rule_count++];
}

ctr_filter_value_pattern *ctr_filter_add_pattern(ctrace_filter *f)
{
    if (!ctr_make_room(f->allocator, (void **)&f->patterns, &f->pattern_capacity, f->pattern_count,
                       sizeof *f->patterns))
        return NULL;
    f->patterns[f->pattern_count] = (ctr_filter_value_pattern){.action = CTRACE_FILTER_ALLOW};
    return &f->patterns[f->pattern_count++];
}

ctrace_status ctrace_filter_add_secrets(ctrace_filter *f, ctrace_error *error)
{
    static const char *const selectors[] = {"local:secret", "global:secret", "arg:secret", "ret:secret", "attr:secret"};
    if (f->is_reading || f->failure.status < 0)
        return ctr_fail(error, CTRACE_STATE, "the filter is being given another source");
    ctr_filter_forget(f);
    ctr_filter_file *file = ctr_filter_add_file(f);
    ctr_filter_rule *rule = file ? ctr_filter_add_rule(f) : NULL;
    bool fine = rule != NULL;
    if (fine) {
        file->about = (ctrace_filter_source){.path = CTRACE_STR("<builtin>"), .name = CTRACE_STR("secrets"), .version = 1};
        rule->selector = (ctr_filter_selector){.text = CTRACE_STR("everything"), .target = CTR_FILTER_ANYTHING};
        rule->exec = CTR_FILTER_EXEC_INHERIT;
        rule->value_default = CTR_FILTER_VALUE_INHERIT;
        rule->number = 1;
        rule->first_pattern = f->pattern_count;
        for (int i = 0; fine && i < 5; i++) {
            ctr_filter_value_pattern *pattern = ctr_filter_add_pattern(f);
            fine = pattern != NULL;
            if (fine) {
                pattern->selector = (ctr_filter_selector){.text = {selectors[i], strlen(selectors[i])},
                                                          .target = (ctr_filter_target)i, .match = CTR_FILTER_SECRET};
                pattern->action = CTRACE_FILTER_REDACT;
                pattern->reason = CTRACE_STR("secret name");
                rule->pattern_count++;
            }
        }
    }
    if (!fine) {
        ctr_fail(&f->failure, CTRACE_NO_MEMORY, "out of memory");
        return ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
    }
    /* It says something only where nothing else does. */
    if (f->default_exec == CTR_FILTER_EXEC_INHERIT)
        f->default_exec = CTR_FILTER_TRACE, f->default_exec_source = f->file_count - 1;
    if (f->default_value == CTR_FILTER_VALUE_INHERIT)
        f->default_value = CTRACE_FILTER_ALLOW, f->default_value_source = f->file_count - 1;
    return CTRACE_OK;
}

size_t ctrace_filter_source_count(const ctrace_filter *f) { return f ? f->file_count : 0; }

ctrace_filter_source ctrace_filter_source_at(const ctrace_filter *f, size_t index)
{
    return f && index < f->file_count ? f->files[index].about : (ctrace_filter_source){.version = 0};
}

bool ctrace_is_secret_name(ctrace_str name) { return ctr_secret_name(name); }

const char *ctrace_secret_in(ctrace_str text) { return ctr_secret_shape(text); }
