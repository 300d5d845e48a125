#include "codec/json/keys.h"

/* A key that nothing matches: no JSON outside a text has such bytes. */
static void make_no_key(ctr_json_key *key)
{
    memset(key, 0xFF, sizeof *key);
    key->size = 0;
}

/* Names are compared in three words, starts in four. */
#define MOST_NAME  24
#define MOST_START 32

/* Puts texts together, up to a NULL. What is longer than `most` is never found by its key, only the slow way. */
static void make_key(ctr_json_key *key, size_t most, const char *const *parts)
{
    char text[sizeof key->word] = "", mask[sizeof key->mask] = "";
    size_t size = 0;
    for (; *parts; parts++) {
        size_t more = strlen(*parts);
        if (size + more > most) {
            make_no_key(key);
            return;
        }
        memcpy(text + size, *parts, more);
        size += more;
    }
    memset(mask, 0xFF, size);
    memcpy(key->word, text, sizeof text);
    memcpy(key->mask, mask, sizeof mask);
    key->size = size;
}

#define MAKE_KEY(key, most, ...) make_key((key), (most), (const char *const[]){__VA_ARGS__, NULL})

static bool is_integer(const ctr_field *field)
{
    return field->type == CTR_FIELD_ID || field->type == CTR_FIELD_U64 || field->type == CTR_FIELD_I64;
}

void ctr_json_make_record(ctr_json_record *r, const ctr_record *model, ctr_name name, const char *before,
                          const char *behind)
{
    r->model = model;
    r->name = name;
    r->is_two_integers = model->field_count == 2 && is_integer(&model->fields[0]) && is_integer(&model->fields[1]);
    make_no_key(&r->start);
    for (size_t i = 0; i < model->field_count; i++) {
        MAKE_KEY(&r->keys[i], MOST_NAME, "\"", model->fields[i].name, "\":");
        MAKE_KEY(&r->commas[i], MOST_NAME, ",\"", model->fields[i].name, "\":");
    }
    if (before && model->shape == CTR_SHAPE_RECORD && model->field_count)
        MAKE_KEY(&r->start, MOST_START, before, name.text, behind, model->fields[0].name, "\":");
}

void ctr_json_make_names(ctr_json_names *list, const ctr_name *names, size_t count)
{
    list->names = names;
    list->count = count;
    memset(list->recent, 0, sizeof list->recent);
    for (size_t i = count; i-- > 0;) {
        MAKE_KEY(&list->keys[i], MOST_NAME, "\"", names[i].text, "\"");
        list->recent[ctr_json_likeness((const char *)list->keys[i].word)] = (uint8_t)i;
    }
}
