#include "show_conversion.h"

#include <inttypes.h>
#include <string.h>

/* ---- Text ---- */

static void put_size(text *t, uint64_t size)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double number = (double)size;
    size_t unit = 0;
    for (; number >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
        number /= 1024;
    if (unit)
        text_format(t, "%.1f %s", number, units[unit]);
    else
        text_format(t, "%" PRIu64 " %s", size, units[0]);
}

/* Where in the input, as far as it is known. */
static void put_place(text *t, const ctrace_position *at)
{
    bool has_line = at->line != 0;
    if (has_line)
        text_format(t, "%" PRIu64 ":%" PRIu64 ": ", at->line, at->column);
    if (at->event != CTRACE_ID_NONE)
        text_format(t, "event %" PRIu64 ": ", at->event);
    else if (!has_line && at->offset)
        text_format(t, "byte %" PRIu64 ": ", at->offset);
}

/* The message is left out where it says what the kind says. */
static void put_loss(text *t, const ctrace_loss *loss, uint64_t count_of_kind)
{
    ctrace_str kind = str_of(ctrace_loss_text(loss->kind));
    bool says_more = loss->message.size != kind.size || memcmp(loss->message.data, kind.data, kind.size) != 0;
    text_put(t, says_more ? "    " : "    the first: ");
    put_place(t, &loss->first);
    if (says_more)
        text_safe(t, loss->message, 0, SIZE_MAX);
    else
        t->size -= 2; /* ": " */
    if (loss->count > 1 && loss->count != count_of_kind)
        text_format(t, " (and %" PRIu64 " more)", loss->count - 1);
    text_put(t, "\n");
}

static void put_losses_of(text *t, const ctrace_conversion *report, ctrace_loss_kind kind)
{
    uint64_t count = 0;
    bool any = false, known = true;
    for (size_t i = 0; i < ctrace_conversion_loss_count(report); i++) {
        const ctrace_loss *loss = ctrace_conversion_loss_at(report, i);
        if (loss->kind != kind)
            continue;
        any = true;
        known = known && loss->count;
        count += loss->count;
    }
    if (!any)
        return;
    text_format(t, "  %-16s ", ctrace_loss_name(kind));
    if (known)
        text_format(t, "%7" PRIu64, count);
    else
        text_format(t, "%7s", "?");
    text_format(t, "  %s\n", ctrace_loss_text(kind));
    for (size_t i = 0; i < ctrace_conversion_loss_count(report); i++) {
        const ctrace_loss *loss = ctrace_conversion_loss_at(report, i);
        if (loss->kind == kind)
            put_loss(t, loss, count);
    }
}

void show_conversion(text *t, const conversion_shown *shown, const ctrace_conversion *report)
{
    text_safe(t, str_of(shown->out), 0, SIZE_MAX);
    if (shown->written) {
        text_format(t, ": %" PRIu64 " event%s as %s, ", ctrace_conversion_events(report),
                    ctrace_conversion_events(report) == 1 ? "" : "s",
                    ctrace_form_text(ctrace_conversion_to(report)));
        put_size(t, ctrace_conversion_bytes(report));
        text_put(t, "\n");
    } else {
        text_put(t, ": not written, as something would be lost\n");
    }
    bool lost = ctrace_conversion_loss_count(report) != 0;
    text_put(t, lost ? "lost:\n" : "nothing was lost\n");
    for (unsigned kind = 0; lost && kind < CTRACE_LOSS_COUNT; kind++)
        put_losses_of(t, report, (ctrace_loss_kind)kind);
    for (size_t i = 0; i < ctrace_conversion_note_count(report); i++) {
        text_safe(t, ctrace_conversion_note_at(report, i), 0, SIZE_MAX);
        text_put(t, "\n");
    }
}

/* ---- JSON ---- */

static void member_text(text *t, const char *name, const char *value)
{
    text_format(t, "  \"%s\": ", name);
    text_json(t, str_of(value));
    text_put(t, ",\n");
}

static void number_or_null(text *t, const char *name, uint64_t number, bool known)
{
    text_format(t, ", \"%s\": ", name);
    if (known)
        text_format(t, "%" PRIu64, number);
    else
        text_put(t, "null");
}

static void loss_json(text *t, const ctrace_loss *loss)
{
    bool has_place = loss->first.line || loss->first.offset || loss->first.event != CTRACE_ID_NONE;
    text_format(t, "    {\"kind\": \"%s\"", ctrace_loss_name(loss->kind));
    number_or_null(t, "count", loss->count, loss->count != 0);
    number_or_null(t, "event", loss->first.event, loss->first.event != CTRACE_ID_NONE);
    number_or_null(t, "offset", loss->first.offset, has_place);
    number_or_null(t, "line", loss->first.line, loss->first.line != 0);
    number_or_null(t, "column", loss->first.column, loss->first.line != 0);
    text_put(t, ", \"message\": ");
    text_json(t, loss->message);
    text_put(t, "}");
}

void show_conversion_json(text *t, const conversion_shown *shown, const ctrace_conversion *report)
{
    text_put(t, "{\n");
    member_text(t, "in", shown->in);
    member_text(t, "out", shown->out);
    member_text(t, "from", ctrace_form_name(ctrace_conversion_from(report)));
    member_text(t, "to", ctrace_form_name(ctrace_conversion_to(report)));
    text_format(t, "  \"written\": %s,\n  \"events\": %" PRIu64 ",\n  \"bytes\": %" PRIu64 ",\n  \"losses\": [",
                shown->written ? "true" : "false", ctrace_conversion_events(report),
                ctrace_conversion_bytes(report));
    size_t losses = ctrace_conversion_loss_count(report);
    for (size_t i = 0; i < losses; i++) {
        text_put(t, i ? ",\n" : "\n");
        loss_json(t, ctrace_conversion_loss_at(report, i));
    }
    text_put(t, losses ? "\n  ],\n  \"notes\": [" : "],\n  \"notes\": [");
    size_t notes = ctrace_conversion_note_count(report);
    for (size_t i = 0; i < notes; i++) {
        text_put(t, i ? ",\n    " : "\n    ");
        text_json(t, ctrace_conversion_note_at(report, i));
    }
    text_put(t, notes ? "\n  ]\n}\n" : "]\n}\n");
}
