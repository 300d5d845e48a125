#include "codec/forms.h"

const ctr_form ctr_forms[CTRACE_FORM_COUNT] = {
    [CTRACE_FORM_JSON] = {.open_decoder = ctr_json_open_decoder,
                          .open_encoder = ctr_json_open_encoder,
                          .whole = true,
                          .at_once = true},
    [CTRACE_FORM_NDJSON] = {.open_decoder = ctr_json_open_decoder, .open_encoder = ctr_ndjson_open_encoder, .whole = true},
#ifndef CTRACE_JSON_ONLY /* as in the single-file build; the others are forms then that are neither read nor written */
    [CTRACE_FORM_BIN] = {.open_decoder = ctr_cbor_open_decoder,
                         .open_encoder = ctr_cbor_open_encoder,
                         .whole = true,
                         .at_once = true},
    [CTRACE_FORM_CT] = {.open_decoder = ctr_ctfs_open_decoder,
                        .open_encoder = ctr_ctfs_open_encoder,
                        .seeks = true,
                        .whole = true},
    [CTRACE_FORM_BIN_V0] = {.open_decoder = ctr_capnp_open_decoder,
                            .open_encoder = ctr_capnp_open_encoder,
                            .seeks = true},
#endif
};

/* All binary forms begin with it; the version follows. */
static const char magic[] = "\xC0\xDE\x72\xAC\xE2";

bool ctr_is_unrecognised_yet(const char *head, size_t size)
{
    return size < CTR_FORM_HEAD && memcmp(head, magic, size) == 0;
}

ctrace_form ctr_recognise(const char *head, size_t size)
{
    if (size < CTR_FORM_HEAD || memcmp(head, magic, 5) != 0)
        return CTRACE_FORM_JSON;
    switch (head[5]) {
    case 0:
        return CTRACE_FORM_BIN_V0;
    case 1:
        return CTRACE_FORM_BIN;
    case 2:
    case 3:
    case 4:
        return CTRACE_FORM_CT;
    default:
        return CTRACE_FORM_COUNT;
    }
}

const char *ctrace_form_name(ctrace_form form)
{
    static const char *const names[] = {
#define X(name, text, file, what) text,
        CTRACE_FORMS(X)
#undef X
    };
    return (unsigned)form < CTRACE_FORM_COUNT ? names[form] : NULL;
}

const char *ctrace_form_file(ctrace_form form)
{
    static const char *const files[] = {
#define X(name, text, file, what) file,
        CTRACE_FORMS(X)
#undef X
    };
    return (unsigned)form < CTRACE_FORM_COUNT ? files[form] : NULL;
}

const char *ctrace_form_text(ctrace_form form)
{
    static const char *const texts[] = {
#define X(name, text, file, what) what,
        CTRACE_FORMS(X)
#undef X
    };
    return (unsigned)form < CTRACE_FORM_COUNT ? texts[form] : NULL;
}

ctrace_form ctrace_form_find(ctrace_str name)
{
    for (unsigned form = 0; form < CTRACE_FORM_COUNT; form++) {
        const char *text = ctrace_form_name((ctrace_form)form);
        if (strlen(text) == name.size && memcmp(text, name.data, name.size) == 0)
            return (ctrace_form)form;
    }
    return CTRACE_FORM_COUNT;
}

ctrace_form ctrace_form_of_name(ctrace_str path)
{
    static const struct {
        const char *suffix;
        ctrace_form form;
    } suffixes[] = {{".json", CTRACE_FORM_JSON},
                    {".ndjson", CTRACE_FORM_NDJSON},
                    {".jsonl", CTRACE_FORM_NDJSON},
                    {".bin", CTRACE_FORM_BIN},
                    {".ct", CTRACE_FORM_CT}};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t size = strlen(suffixes[i].suffix);
        if (path.size > size && memcmp(path.data + path.size - size, suffixes[i].suffix, size) == 0)
            return suffixes[i].form;
    }
    return CTRACE_FORM_COUNT;
}
