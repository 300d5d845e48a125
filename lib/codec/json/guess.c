#include "codec/json/guess.h"

#include "base/number.h"
#include "model/model.h"

#define MOST_SPACE 64 /* between two tokens */
#define MOST_NAME  32

static ctr_scan skip_space(const char **p, const char *end)
{
    for (int i = 0; *p < end && i <= MOST_SPACE; i++, ++*p)
        if (**p != ' ' && **p != '\n' && **p != '\r' && **p != '\t')
            return CTR_SCAN_OK;
    return *p < end ? CTR_SCAN_BAD : CTR_SCAN_MORE;
}

/* A name in quotes and a colon; *p is behind it then. */
static ctr_scan read_name(const char **p, const char *end, ctrace_str *name)
{
    ctr_scan found = skip_space(p, end);
    if (found != CTR_SCAN_OK)
        return found;
    if (**p != '"')
        return CTR_SCAN_BAD;
    const char *begin = ++*p;
    while (*p < end && **p != '"' && *p - begin < MOST_NAME)
        ++*p;
    if (*p == end)
        return CTR_SCAN_MORE;
    *name = (ctrace_str){begin, (size_t)(*p - begin)};
    if (*(*p)++ != '"')
        return CTR_SCAN_BAD;
    found = skip_space(p, end);
    if (found == CTR_SCAN_OK && *(*p)++ != ':')
        return CTR_SCAN_BAD;
    return found;
}

ctr_scan ctr_json_event_begins(const char *p, const char *end, ctrace_event_kind *kind, const char **after)
{
    ctrace_str name;
    p++;
    ctr_scan found = read_name(&p, end, &name);
    *after = p;
    if (found != CTR_SCAN_OK)
        return found;
    int index = ctr_name_find(ctr_event_names, CTRACE_EVENT_KIND_COUNT, name.data, name.size);
    *kind = (ctrace_event_kind)index;
    return index < 0 ? CTR_SCAN_BAD : CTR_SCAN_OK;
}

void ctr_json_guess_event(const char *p, const char *end, ctr_bad_event *out)
{
    *out = (ctr_bad_event){.kind_known = false};
    if (p >= end || *p != '{' || ctr_json_event_begins(p, end, &out->kind, &p) != CTR_SCAN_OK)
        return;
    out->kind_known = true;
    ctrace_str name;
    if (out->kind != CTRACE_EVENT_CALL || skip_space(&p, end) != CTR_SCAN_OK || *p++ != '{' ||
        read_name(&p, end, &name) != CTR_SCAN_OK || name.size != 11 || memcmp(name.data, "function_id", 11) != 0 ||
        skip_space(&p, end) != CTR_SCAN_OK)
        return;
    const char *digits = p;
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    out->function_known = p < end && ctr_parse_u64(digits, (size_t)(p - digits), &out->function_id);
}
