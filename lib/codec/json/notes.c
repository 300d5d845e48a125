/* What the decoder has to say about its input. */
#include "codec/json/decoding.h"

#include <stdio.h>

void ctr_json_add_note(decoder *d, ctrace_leniency leniency, const char *at)
{
    if (d->note_count < CTR_JSON_MAX_NOTES)
        d->notes[d->note_count++] = (ctr_json_note){leniency, at};
}

const char *ctr_json_want_more(decoder *d)
{
    d->status = CTRACE_TRUNCATED;
    return NULL;
}

const char *ctr_json_no_memory(decoder *d)
{
    d->status = CTRACE_NO_MEMORY;
    return NULL;
}

/* What stands at `p`, in words. */
static void describe(const char *p, const char *end, char out[64])
{
    const char *word = *p == '{'   ? "an object"
                       : *p == '[' ? "a list"
                       : *p == 't' ? "true"
                       : *p == 'f' ? "false"
                       : *p == 'n' ? "null"
                                   : NULL;
    if (word) {
        snprintf(out, 64, "%s", word);
        return;
    }
    bool text = *p == '"';
    char *to = out;
    to += snprintf(to, 64, text ? "the text " : "the number ");
    size_t size = 0;
    while (p + size < end && size < 32 &&
           (text ? size == 0 || p[size - 1] != '"' || size == 1 : (p[size] && strchr("+-.eE0123456789", p[size]))))
        size++;
    for (size_t i = 0; i < size; i++)
        *to++ = p[i] >= ' ' && p[i] <= '~' ? p[i] : '?';
    if (size == 32) {
        memcpy(to, "...", 3);
        to += 3;
    }
    *to = 0;
}

const char *ctr_json_bad_syntax(decoder *d, const char *p, const char *expected)
{
    if (p >= d->end)
        return ctr_json_want_more(d);
    d->status = CTRACE_SYNTAX;
    d->failed_at = p;
    if (*p >= ' ' && *p <= '~')
        snprintf(d->message, sizeof d->message, "expected %s, found '%c'", expected, *p);
    else
        snprintf(d->message, sizeof d->message, "expected %s, found the byte 0x%02X", expected, (unsigned char)*p);
    return NULL;
}

static bool begins_value(char c) { return c && strchr("{[\"-0123456789tfn", c) != NULL; }

/* JSON, but not what belongs there. `field` may be NULL or "". */
const char *ctr_json_bad_event(decoder *d, const char *p, const char *where, const char *field, const char *expected)
{
    if (p >= d->end)
        return ctr_json_want_more(d);
    if (!begins_value(*p))
        return ctr_json_bad_syntax(d, p, "a value");
    /* The message shows some of what was found, the same however the input comes in pieces. */
    if (!d->last && d->end - p < 48)
        return ctr_json_want_more(d);
    char found[64];
    describe(p, d->end, found);
    d->status = CTRACE_EVENT;
    d->failed_at = p;
    snprintf(d->message, sizeof d->message, "%s%s%s: expected %s, found %s", where, field && *field ? "." : "",
             field ? field : "", expected, found);
    return NULL;
}

const char *ctr_json_bad_field(decoder *d, const char *p, const record *r, size_t index, const char *expected)
{
    return ctr_json_bad_event(d, p, r->name.text, r->model->fields[index].name, expected);
}
