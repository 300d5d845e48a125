#include "convert/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"

static const struct {
    const char *name, *text;
} losses[] = {
#define X(name, text, what) {text, what},
    CTRACE_LOSSES(X)
#undef X
};

const char *ctrace_loss_name(ctrace_loss_kind kind)
{
    return (unsigned)kind < CTRACE_LOSS_COUNT ? losses[kind].name : NULL;
}

const char *ctrace_loss_text(ctrace_loss_kind kind)
{
    return (unsigned)kind < CTRACE_LOSS_COUNT ? losses[kind].text : NULL;
}

/* The loss that one more is counted with; NULL for one of its own. */
static ctr_loss *find(ctrace_conversion *report, ctrace_loss_kind kind, int key)
{
    ctr_loss *last = NULL;
    size_t of_kind = 0;
    for (size_t i = 0; i < report->loss_count; i++) {
        ctr_loss *l = &report->losses[i];
        if (l->loss.kind != kind)
            continue;
        if (key != CTR_LOSS_SINGLE && l->key == key)
            return l;
        last = l;
        of_kind++;
    }
    return of_kind < CTR_MAX_LOSSES_OF_KIND ? NULL : last;
}

void ctr_lose(ctrace_conversion *report, ctrace_loss_kind kind, int key, uint64_t count, const ctrace_position *first,
              const char *format, ...)
{
    ctr_loss *l = find(report, kind, key);
    if (l) {
        l->loss.count = l->loss.count && count ? l->loss.count + count : 0;
        return;
    }
    l = &report->losses[report->loss_count++];
    l->key = key;
    va_list args;
    va_start(args, format);
    int size = vsnprintf(l->text, sizeof l->text, format, args);
    va_end(args);
    size_t told = size < 0 ? 0 : (size_t)size < sizeof l->text ? (size_t)size : sizeof l->text - 1;
    l->loss = (ctrace_loss){kind, count, first ? *first : CTR_POSITION_UNKNOWN, {l->text, told}};
}

void ctr_note(ctrace_conversion *report, const char *format, ...)
{
    if (report->note_count == CTR_MAX_NOTES)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(report->notes[report->note_count++], CTR_LOSS_TEXT, format, args);
    va_end(args);
}

ctrace_form ctrace_conversion_from(const ctrace_conversion *report) { return report->from; }
ctrace_form ctrace_conversion_to(const ctrace_conversion *report) { return report->to; }
uint64_t ctrace_conversion_events(const ctrace_conversion *report) { return report->events; }
uint64_t ctrace_conversion_bytes(const ctrace_conversion *report) { return report->bytes; }
size_t ctrace_conversion_loss_count(const ctrace_conversion *report) { return report->loss_count; }

const ctrace_loss *ctrace_conversion_loss_at(const ctrace_conversion *report, size_t index)
{
    return index < report->loss_count ? &report->losses[index].loss : NULL;
}

size_t ctrace_conversion_note_count(const ctrace_conversion *report) { return report->note_count; }

ctrace_str ctrace_conversion_note_at(const ctrace_conversion *report, size_t index)
{
    if (index >= report->note_count)
        return (ctrace_str){0};
    return (ctrace_str){report->notes[index], strlen(report->notes[index])};
}

void ctrace_conversion_free(ctrace_conversion **report)
{
    if (*report)
        ctr_free((*report)->allocator, *report, sizeof **report);
    *report = NULL;
}
