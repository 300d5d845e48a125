/* What the metadata tells about a filter: the sources that it is made of. */
#include "filter/filter.h"

#include "codec/json/emit.h"

bool ctr_filter_note(const ctrace_filter *f, ctr_buffer *note)
{
    uint64_t mended = 0;
    bool ok = ctr_json_literal(note, ",\"filters\":[");
    for (size_t i = 0; ok && i < ctrace_filter_source_count(f); i++) {
        ctrace_filter_source source = ctrace_filter_source_at(f, i);
        ok = ctr_json_literal(note, i ? ",{\"path\":" : "{\"path\":") && ctr_json_text(note, source.path, &mended) &&
             ctr_json_literal(note, ",\"sha256\":") && ctr_json_text(note, source.sha256, &mended) &&
             ctr_json_literal(note, ",\"name\":") && ctr_json_text(note, source.name, &mended) &&
             ctr_json_literal(note, "}");
    }
    return ok && ctr_json_literal(note, "]");
}
