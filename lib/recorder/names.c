#include "recorder/recorder.h"

bool ctr_declared_init(ctr_declared *n, bool by_name, const ctrace_allocator *allocator)
{
    if (pthread_mutex_init(&n->lock, NULL) != 0)
        return false;
    ctr_interning_init(&n->interning, by_name, allocator);
    n->memory.allocator = allocator;
    atomic_init(&n->count, 0);
    return true;
}

void ctr_declared_free(ctr_declared *n)
{
    ctr_interning_free(&n->interning);
    ctr_arena_free(&n->memory);
    pthread_mutex_destroy(&n->lock);
}

static uint64_t *count_of(ctr_declared *n, ctrace_event_kind kind)
{
    switch (kind) {
    case CTRACE_EVENT_PATH:
        return &n->paths;
    case CTRACE_EVENT_FUNCTION:
        return &n->functions;
    case CTRACE_EVENT_TYPE:
        return &n->types;
    default:
        return &n->variables;
    }
}

static bool copy_text(ctr_declared *n, ctrace_str *text)
{
    char *copy = text->size ? ctr_arena_take(&n->memory, text->size) : NULL;
    if (text->size && !copy)
        return false;
    if (copy)
        memcpy(copy, text->data, text->size);
    text->data = copy ? copy : "";
    return true;
}

static bool copy_fields(ctr_declared *n, ctrace_type_info *info)
{
    if (info->kind != CTRACE_TYPE_INFO_STRUCT || !info->field_count) {
        info->fields = NULL;
        info->field_count = 0;
        return true;
    }
    ctrace_field *fields = ctr_arena_take(&n->memory, info->field_count * sizeof *fields);
    bool ok = fields != NULL;
    for (size_t i = 0; ok && i < info->field_count; i++) {
        fields[i] = info->fields[i];
        ok = copy_text(n, &fields[i].name);
    }
    info->fields = fields;
    return ok;
}

static bool copy_texts(ctr_declared *n, ctrace_event *declaration)
{
    switch (declaration->kind) {
    case CTRACE_EVENT_PATH:
        return copy_text(n, &declaration->path);
    case CTRACE_EVENT_FUNCTION:
        return copy_text(n, &declaration->function.name);
    case CTRACE_EVENT_TYPE:
        return copy_text(n, &declaration->type.lang_type) && copy_fields(n, &declaration->type.specific_info);
    default:
        return copy_text(n, &declaration->variable_name);
    }
}

/* Keeps the declaration, which is readable from then on. */
static bool publish(ctr_declared *n, const ctrace_event *declaration)
{
    size_t count = atomic_load_explicit(&n->count, memory_order_relaxed), at = count % CTR_DECLARED_PER_BLOCK;
    if (at == 0) {
        ctr_declared_block *block = ctr_arena_take(&n->memory, sizeof *block);
        if (!block)
            return false;
        block->next = NULL;
        if (n->last)
            n->last->next = block;
        else
            n->first = block;
        n->last = block;
    }
    ctrace_event *copy = &n->last->declarations[at];
    *copy = *declaration;
    if (!copy_texts(n, copy))
        return false;
    atomic_store_explicit(&n->count, count + 1, memory_order_release);
    return true;
}

static ctrace_id intern(ctr_declared *n, const ctrace_event *declaration, bool tell)
{
    ctrace_id id;
    if (!ctr_interning_find(&n->interning, declaration, &id))
        return CTRACE_ID_NONE;
    if (id != CTRACE_ID_NONE)
        return id;
    uint64_t *count = count_of(n, declaration->kind);
    /* Published first: without memory for the other, what nobody uses is declared. */
    if (*count >= UINT32_MAX || (tell && !publish(n, declaration)))
        return CTRACE_ID_NONE;
    id = (*count)++;
    return ctr_interning_add(&n->interning, declaration, id) ? id : CTRACE_ID_NONE;
}

ctrace_id ctr_declared_intern(ctr_declared *n, const ctrace_event *declaration)
{
    pthread_mutex_lock(&n->lock);
    ctrace_id id = intern(n, declaration, true);
    pthread_mutex_unlock(&n->lock);
    return id;
}

bool ctr_declared_begin_with(ctr_declared *n, const ctrace_event *declaration)
{
    return intern(n, declaration, false) != CTRACE_ID_NONE;
}

const ctrace_event *ctr_declared_next(const ctr_declared *n, ctr_declared_place *place)
{
    if (place->at >= atomic_load_explicit(&n->count, memory_order_acquire))
        return NULL;
    size_t at = place->at % CTR_DECLARED_PER_BLOCK;
    if (at == 0)
        place->block = place->block ? place->block->next : n->first;
    place->at++;
    return &place->block->declarations[at];
}

/* ---- The API ---- */

static ctrace_id declare(ctrace_recorder *r, const ctrace_event *declaration)
{
    if (!r || atomic_load_explicit(&r->silent, memory_order_relaxed) & CTR_SILENT_FAILED)
        return CTRACE_ID_NONE;
    ctrace_id id = ctr_declared_intern(&r->names, declaration);
    if (id == CTRACE_ID_NONE)
        ctr_recorder_fail(r, CTRACE_NO_MEMORY, "out of memory");
    return id;
}

ctrace_id ctrace_recorder_path(ctrace_recorder *r, ctrace_str path)
{
    return declare(r, &(ctrace_event){.kind = CTRACE_EVENT_PATH, .path = path});
}

ctrace_id ctrace_recorder_variable(ctrace_recorder *r, ctrace_str name)
{
    return declare(r, &(ctrace_event){.kind = CTRACE_EVENT_VARIABLE_NAME, .variable_name = name});
}

ctrace_id ctrace_recorder_function(ctrace_recorder *r, ctrace_id path, int64_t line, ctrace_str name)
{
    return declare(r, &(ctrace_event){.kind = CTRACE_EVENT_FUNCTION, .function = {path, line, name}});
}

ctrace_id ctrace_recorder_type(ctrace_recorder *r, ctrace_type_kind kind, ctrace_str name)
{
    return declare(r, &(ctrace_event){.kind = CTRACE_EVENT_TYPE,
                                      .type = {kind, name, {.kind = CTRACE_TYPE_INFO_NONE}}});
}

ctrace_id ctrace_recorder_struct_type(ctrace_recorder *r, ctrace_str name, const ctrace_field *fields, size_t count)
{
    ctrace_type_info info = {.kind = CTRACE_TYPE_INFO_STRUCT, .fields = fields, .field_count = count};
    return declare(r, &(ctrace_event){.kind = CTRACE_EVENT_TYPE, .type = {CTRACE_TYPE_STRUCT, name, info}});
}

ctrace_id ctrace_recorder_pointer_type(ctrace_recorder *r, ctrace_str name, ctrace_id target)
{
    ctrace_type_info info = {.kind = CTRACE_TYPE_INFO_POINTER, .dereference_type_id = target};
    return declare(r, &(ctrace_event){.kind = CTRACE_EVENT_TYPE, .type = {CTRACE_TYPE_POINTER, name, info}});
}
