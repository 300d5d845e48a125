#include "validate/report.h"

#include <string.h>

ctrace_report *ctr_report_new(const ctrace_validate_options *options, ctrace_str file)
{
    ctrace_report *report = ctr_alloc_zero(options->allocator, sizeof *report);
    if (!report)
        return NULL;
    report->allocator = options->allocator;
    report->form = CTRACE_FORM_COUNT;
    report->max_errors = options->max_errors;
    report->has_profile = options->has_profile;
    report->profile = options->profile;
    if (file.size) {
        report->file = ctr_alloc(options->allocator, file.size);
        if (!report->file) {
            ctrace_report_free(&report);
            return NULL;
        }
        memcpy(report->file, file.data, file.size);
        report->file_size = file.size;
    }
    return report;
}

void ctrace_report_free(ctrace_report **pointer)
{
    ctrace_report *report = *pointer;
    if (!report)
        return;
    for (size_t i = 0; i < report->kept_count; i++)
        ctr_free(report->allocator, report->kept[i].text, report->kept[i].text_size);
    ctr_free(report->allocator, report->kept, report->kept_capacity * sizeof *report->kept);
    ctr_free(report->allocator, report->file, report->file_size);
    ctr_free(report->allocator, report, sizeof *report);
    *pointer = NULL;
}

/* A rule that makes the verdict impossible stays an error for everybody. */
static bool predicts_nothing(const ctrace_rule *rule)
{
    for (size_t i = 0; i < CTRACE_CONSUMER_COUNT; i++)
        if (rule->effects[i] != CTRACE_EFFECT_NONE)
            return false;
    return true;
}

static ctrace_severity severity_of(const ctrace_report *report, const ctrace_rule *rule)
{
    if (!report->has_profile || (rule->severity == CTRACE_SEVERITY_ERROR && predicts_nothing(rule)))
        return rule->severity;
    switch (rule->effects[report->profile]) {
    case CTRACE_EFFECT_REFUSE:
    case CTRACE_EFFECT_ABORT:
        return CTRACE_SEVERITY_ERROR;
    case CTRACE_EFFECT_DEGRADE:
        return CTRACE_SEVERITY_WARNING;
    case CTRACE_EFFECT_NONE:
        break;
    }
    return CTRACE_SEVERITY_INFO;
}

bool ctr_report_wants(const ctrace_report *report, ctr_rule_number rule)
{
    /* What ends the reading is found once, and last; it says more than any that came before. */
    return rule == CTR_RULE_SYNTAX || rule == CTR_RULE_TRUNCATED || rule == CTR_RULE_UNTERMINATED ||
           report->kept_of[severity_of(report, &ctr_rules[rule])] < report->max_errors;
}

static ctrace_str put(char **out, const char *text, size_t size)
{
    ctrace_str made = {*out, size};
    if (size)
        memcpy(*out, text, size);
    *out += size;
    return made;
}

bool ctr_report_add(ctrace_report *report, ctr_rule_number number, const ctrace_position *at, const char *file,
                    const char *message, const char *note)
{
    const ctrace_rule *rule = &ctr_rules[number];
    ctrace_severity severity = severity_of(report, rule);
    if (ctr_report_wants(report, number)) {
        if (!ctr_make_room(report->allocator, (void **)&report->kept, &report->kept_capacity, report->kept_count,
                           sizeof *report->kept))
            return false;
        size_t message_size = message ? strlen(message) : 0, note_size = note ? strlen(note) : 0;
        size_t file_size = file ? strlen(file) : 0, size = message_size + note_size + file_size;
        char *text = size ? ctr_alloc(report->allocator, size) : NULL;
        if (size && !text)
            return false;
        char *out = text;
        ctr_kept_problem *kept = &report->kept[report->kept_count];
        *kept = (ctr_kept_problem){.order = report->kept_count, .text = text, .text_size = size};
        kept->problem.rule = rule;
        kept->problem.severity = severity;
        kept->problem.position = *at;
        kept->problem.message = put(&out, message, message_size);
        kept->problem.note = put(&out, note, note_size);
        kept->problem.file = file ? put(&out, file, file_size) : (ctrace_str){report->file, report->file_size};
        report->kept_count++;
        report->kept_of[severity]++;
    }
    report->found_of[severity]++;
    report->found[number]++;
    return true;
}

static bool is_placed(const ctrace_position *at) { return at->line || at->offset || at->event != CTRACE_ID_NONE; }

/* By place: what is about the whole trace comes behind, and other files last. */
static bool comes_after(const ctrace_report *report, const ctr_kept_problem *a, const ctr_kept_problem *b)
{
    const ctrace_position *p = &a->problem.position, *q = &b->problem.position;
    bool a_elsewhere = a->problem.file.data != report->file, b_elsewhere = b->problem.file.data != report->file;
    if (a_elsewhere || b_elsewhere)
        return a_elsewhere == b_elsewhere ? a->order > b->order : a_elsewhere;
    if (is_placed(p) != is_placed(q))
        return is_placed(q);
    if (p->offset != q->offset)
        return p->offset > q->offset;
    return a->order > b->order;
}

static void sift_down(ctrace_report *report, size_t at, size_t count)
{
    ctr_kept_problem *heap = report->kept;
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && comes_after(report, &heap[child + 1], &heap[child]))
            child++;
        if (!comes_after(report, &heap[child], &heap[at]))
            return;
        ctr_kept_problem moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
    }
}

/* A heap sort: it needs no memory, and the order of finding makes it stable. */
void ctr_report_sort(ctrace_report *report)
{
    ctr_kept_problem *heap = report->kept;
    for (size_t i = report->kept_count / 2; i-- > 0;)
        sift_down(report, i, report->kept_count);
    for (size_t count = report->kept_count; count > 1;) {
        ctr_kept_problem largest = heap[0];
        heap[0] = heap[--count];
        heap[count] = largest;
        sift_down(report, 0, count);
    }
}

bool ctrace_report_is_valid(const ctrace_report *report)
{
    return report->found_of[CTRACE_SEVERITY_ERROR] == 0;
}

uint64_t ctrace_report_found(const ctrace_report *report, ctrace_severity severity)
{
    return (size_t)severity < 3 ? report->found_of[severity] : 0;
}

uint64_t ctrace_report_events(const ctrace_report *report)
{
    return report->events;
}

size_t ctrace_report_count(const ctrace_report *report)
{
    return report->kept_count;
}

const ctrace_problem *ctrace_report_at(const ctrace_report *report, size_t index)
{
    return index < report->kept_count ? &report->kept[index].problem : NULL;
}

ctrace_form ctrace_report_form(const ctrace_report *report)
{
    return report->form;
}

ctrace_effect ctrace_report_effect(const ctrace_report *report, ctrace_consumer consumer)
{
    ctrace_effect worst = CTRACE_EFFECT_NONE;
    if ((size_t)consumer >= CTRACE_CONSUMER_COUNT)
        return worst;
    if (report->form != CTRACE_FORM_COUNT && !ctrace_consumer_reads(consumer, report->form))
        return CTRACE_EFFECT_REFUSE;
    for (size_t i = 0; i < CTR_RULE_COUNT; i++)
        if (report->found[i] && ctr_rules[i].effects[consumer] > worst)
            worst = ctr_rules[i].effects[consumer];
    return worst;
}
