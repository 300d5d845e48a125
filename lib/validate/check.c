#include "validate/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/utf8.h"

/* These are about one event alone, whatever became of others. */
static bool stands_alone(ctr_rule_number rule)
{
    for (size_t i = 0; i < CTRACE_LENIENCY_COUNT; i++)
        if (ctr_leniency_rules[i] == rule)
            return true;
    switch (rule) {
    case CTR_RULE_SYNTAX:
    case CTR_RULE_TRUNCATED:
    case CTR_RULE_NOT_A_TRACE:
    case CTR_RULE_TOO_DEEP:
    case CTR_RULE_TOO_LARGE:
    case CTR_RULE_UNSUPPORTED:
    case CTR_RULE_BAD_EVENT:
    case CTR_RULE_FLOAT_NUMBER_HUGE:
    case CTR_RULE_FLOAT_TEXT:
    case CTR_RULE_ARGS_MISSING:
    case CTR_RULE_RVALUE_DATA:
    case CTR_RULE_RVALUE_LIST:
    case CTR_RULE_CHAR_VALUE:
    case CTR_RULE_THREAD_EVENT:
    case CTR_RULE_METADATA_MISSING:
    case CTR_RULE_RECORDING_ID:
        return true;
    default:
        return false;
    }
}

static void tell(ctr_check *c, ctr_rule_number rule, const ctrace_position *at, const char *file, const char *note,
                 const char *format, va_list args)
{
    if (c->status != CTRACE_OK || (c->shaken && !stands_alone(rule)))
        return;
    char message[CTR_MESSAGE_SIZE] = "";
    if (ctr_report_wants(c->report, rule))
        vsnprintf(message, sizeof message, format, args);
    if (!ctr_report_add(c->report, rule, at, file, message, note))
        ctr_check_no_memory(c);
}

void ctr_tell_at(ctr_check *c, ctr_rule_number rule, const ctrace_position *at, const char *note, const char *format,
                 ...)
{
    va_list args;
    va_start(args, format);
    tell(c, rule, at ? at : &CTR_POSITION_UNKNOWN, NULL, note, format, args);
    va_end(args);
}

void ctr_tell_file(ctr_check *c, ctr_rule_number rule, const char *file, const ctrace_position *at, const char *note,
                   const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(c, rule, at ? at : &CTR_POSITION_UNKNOWN, file, note, format, args);
    va_end(args);
}

bool ctr_told(const ctr_check *c, ctr_rule_number rule)
{
    return c->report->found[rule] != 0;
}

void ctr_check_no_memory(ctr_check *c)
{
    c->status = CTRACE_NO_MEMORY;
}

const char *ctr_shown(char out[CTR_SHOWN_SIZE], ctrace_str text)
{
    const size_t most = CTR_SHOWN_SIZE - 4;
    size_t size = ctr_utf8_cut(text, most);
    bool cut = size < text.size;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        out[i] = byte < ' ' || byte == 0x7F ? '?' : (char)byte;
    }
    memcpy(out + size, "\xE2\x80\xA6", cut ? 3 : 0);
    out[size + (cut ? 3 : 0)] = 0;
    return out;
}

bool ctr_check_room(ctr_check *c, void **array, size_t *capacity, size_t count, size_t item_size)
{
    if (ctr_make_room(c->allocator, array, capacity, count, item_size))
        return true;
    ctr_check_no_memory(c);
    return false;
}
