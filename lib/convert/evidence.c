#include "convert/evidence.h"

#include <string.h>

void ctr_evidence_part(ctr_evidence *e, uint64_t events)
{
    if (e->part < CTR_MOST_PARTS)
        e->part++;
    e->parts[e->part].events += events;
}

void ctr_evidence_see(ctr_evidence *e, const ctrace_event *event)
{
    ctr_name_kind name = ctr_name_declared(event->kind);
    if (name != CTR_NAME_KINDS)
        e->declared[name]++;
    uint64_t used[CTR_NAME_KINDS] = {0};
    ctr_names_used(event, used);
    uint64_t *missing = e->parts[e->part].missing;
    for (int kind = 0; kind < CTR_NAME_KINDS; kind++)
        if (used[kind] > e->declared[kind] && used[kind] - e->declared[kind] > missing[kind])
            missing[kind] = used[kind] - e->declared[kind];
}

void ctr_evidence_weigh(ctr_evidence *e)
{
    for (int kind = 0; kind < CTR_NAME_KINDS; kind++) {
        uint64_t lost = 0;
        /* Where names were missing from the start, the ids say nothing. */
        bool tells = e->parts[0].missing[kind] == 0;
        for (size_t i = 1; tells && i <= e->part; i++) {
            ctr_part *part = &e->parts[i];
            uint64_t more = part->missing[kind] > lost ? part->missing[kind] - lost : 0;
            /* A single id that is wrong itself does not count. */
            if (more > part->events)
                continue;
            part->lost[kind] = more;
            lost += more;
        }
    }
    e->part = 0;
    memset(e->declared, 0, sizeof e->declared);
}
