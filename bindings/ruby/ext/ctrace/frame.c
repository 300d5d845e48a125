#include "ctrb_config.h"

#ifdef CTRB_INTERNAL_HEADER
#include CTRB_INTERNAL_HEADER
#endif

#include "frame.h"

#ifdef CTRB_INTERNAL_HEADER

bool ctrb_frame_available(void)
{
    const char *built_with = CTRB_INTERNAL_VERSION;
    VALUE running = rb_const_get(rb_cObject, rb_intern("RUBY_VERSION"));
    return strcmp(built_with, RSTRING_PTR(running)) == 0 && sizeof(ctrb_word) == sizeof(VALUE);
}

static ctrb_word path_of(const rb_iseq_t *iseq)
{
    VALUE path = iseq->body->location.pathobj;
    return RB_TYPE_P(path, T_STRING) ? path : RARRAY_AREF(path, PATHOBJ_PATH);
}

bool ctrb_frame_of(const void *trace_arg, struct ctrb_frame *out)
{
    const struct rb_trace_arg_struct *arg = trace_arg;
    const rb_control_frame_t *cfp = arg->cfp;
    if (!cfp->iseq || !cfp->pc) {
        cfp = rb_vm_get_ruby_level_next_cfp(arg->ec, cfp);
        if (!cfp)
            return false;
    }
    out->frame = cfp;
    out->iseq = (ctrb_word)cfp->iseq;
    out->path = path_of(cfp->iseq);
    out->env = cfp->ep;
    out->at = (size_t)(cfp->pc - cfp->iseq->body->iseq_encoded);
    return true;
}

static bool is_variable(ID name)
{
    VALUE text = name ? rb_id2str(name) : Qfalse;
    if (!text || RSTRING_LEN(text) == 0)
        return false;
    unsigned char first = (unsigned char)RSTRING_PTR(text)[0];
    return first == '_' || first >= 0x80 || (first >= 'a' && first <= 'z');
}

static bool is_seen(const struct ctrb_slot *slots, int count, ID name)
{
    for (int i = 0; i < count; i++)
        if (slots[i].name == name)
            return true;
    return false;
}

int ctrb_frame_layout(ctrb_word code, struct ctrb_slot *out, int capacity, int *parameters)
{
    int count = 0;
    *parameters = 0;
    uint16_t level = 0;
    for (const rb_iseq_t *iseq = (const rb_iseq_t *)code; iseq; iseq = iseq->body->parent_iseq, level++) {
        const struct rb_iseq_constant_body *body = iseq->body;
        if (body->type == ISEQ_TYPE_EVAL)
            return -1;
        for (unsigned i = 0; i < body->local_table_size; i++) {
            ID name = body->local_table[i];
            if (is_variable(name) && !is_seen(out, count < capacity ? count : capacity, name)) {
                if (count < capacity) {
                    out[count].name = name;
                    out[count].level = level;
                    out[count].slot = -(int32_t)(VM_ENV_DATA_SIZE + body->local_table_size - 1) + (int32_t)i;
                    out[count].parameter = i < body->param.size;
                    out[count].outermost = body->local_iseq == iseq;
                    out[count].lazy_block = body->local_iseq == iseq && body->param.flags.has_block
                                            && (unsigned)body->param.block_start == i;
                }
                count++;
            }
            if (level == 0 && i + 1 == body->param.size)
                *parameters = count;
        }
        if (body->local_iseq == iseq)
            break;
    }
    return count;
}

size_t ctrb_frame_size(ctrb_word iseq)
{
    return ((const rb_iseq_t *)iseq)->body->iseq_size;
}

bool ctrb_frame_is_ensure(ctrb_word iseq)
{
    return ((const rb_iseq_t *)iseq)->body->type == ISEQ_TYPE_ENSURE;
}

bool ctrb_frame_read(const ctrb_word *env, const struct ctrb_slot *slot, ctrb_word *value)
{
    const VALUE *ep = env;
    for (uint16_t i = 0; i < slot->level; i++)
        ep = VM_ENV_PREV_EP(ep);
    if (slot->lazy_block && !(ep[VM_ENV_DATA_INDEX_FLAGS] & VM_FRAME_FLAG_MODIFIED_BLOCK_PARAM)) {
        VALUE handler = VM_ENV_BLOCK_HANDLER(ep);
        if (VM_BH_ISEQ_BLOCK_P(handler) || VM_BH_IFUNC_P(handler) || RB_SYMBOL_P(handler)) {
            *value = RB_SYMBOL_P(handler);
            return false;
        }
        *value = handler == VM_BLOCK_HANDLER_NONE ? Qnil : handler;
        return true;
    }
    *value = ep[slot->slot];
    return true;
}

bool ctrb_frame_unwinds(const void *trace_arg)
{
    const struct rb_trace_arg_struct *arg = trace_arg;
    const rb_control_frame_t *cfp = arg->cfp;
    if (!cfp->iseq || !cfp->pc)
        return false;
    /* The instruction that runs is the one before pc. In a frame that runs to its end it carries the return event. */
    size_t next = (size_t)(cfp->pc - cfp->iseq->body->iseq_encoded);
    return next == 0 || !(rb_iseq_event_flags(cfp->iseq, next - 1) & (RUBY_EVENT_RETURN | RUBY_EVENT_B_RETURN));
}

bool ctrb_frame_is_leaf(ctrb_word object)
{
    switch (RB_BUILTIN_TYPE((VALUE)object)) {
    case T_STRING:
        return !FL_TEST_RAW((VALUE)object, RSTRING_NOEMBED);
    case T_FLOAT:
        return true;
    case T_ARRAY:
        if (!FL_TEST_RAW((VALUE)object, RARRAY_EMBED_FLAG))
            return false;
        for (long i = 0; i < RARRAY_LEN((VALUE)object); i++)
            if (!RB_SPECIAL_CONST_P(RARRAY_AREF((VALUE)object, i)))
                return false;
        return true;
    default:
        return false;
    }
}

ctrb_word ctrb_frame_compiled(const void *trace_arg)
{
    VALUE data = ((const struct rb_trace_arg_struct *)trace_arg)->data;
    return RB_TYPE_P(data, T_ARRAY) ? RARRAY_AREF(data, 1) : data;
}

ctrb_word ctrb_frame_wrapped(ctrb_word iseq)
{
    return rb_iseqw_new((const rb_iseq_t *)iseq);
}

ctrb_word ctrb_frame_path(ctrb_word iseq)
{
    return path_of((const rb_iseq_t *)iseq);
}

bool ctrb_frame_is_method(const void *trace_arg)
{
    return VM_FRAME_BMETHOD_P(((const struct rb_trace_arg_struct *)trace_arg)->cfp);
}

bool ctrb_frame_in_first_ractor(const void *trace_arg)
{
    static const void *first;
    const void *now = rb_ec_ractor_ptr(((const struct rb_trace_arg_struct *)trace_arg)->ec);
    if (!first)
        first = now;
    return first == now;
}

ctrb_c_method ctrb_c_method_of(ctrb_word klass, ctrb_word name)
{
    const rb_callable_method_entry_t *entry = rb_callable_method_entry((VALUE)klass, (ID)name);
    if (!entry || entry->def->type != VM_METHOD_TYPE_CFUNC || entry->def->body.cfunc.argc != -1)
        return NULL;
    return (ctrb_c_method)entry->def->body.cfunc.func;
}

#else

bool ctrb_frame_available(void)
{
    return false;
}

bool ctrb_frame_of(const void *trace_arg, struct ctrb_frame *out)
{
    (void)trace_arg;
    (void)out;
    return false;
}

int ctrb_frame_layout(ctrb_word iseq, struct ctrb_slot *out, int capacity, int *parameters)
{
    (void)iseq;
    (void)out;
    (void)capacity;
    *parameters = 0;
    return -1;
}

size_t ctrb_frame_size(ctrb_word iseq)
{
    (void)iseq;
    return 0;
}

bool ctrb_frame_is_ensure(ctrb_word iseq)
{
    (void)iseq;
    return false;
}

bool ctrb_frame_read(const ctrb_word *env, const struct ctrb_slot *slot, ctrb_word *value)
{
    (void)env;
    (void)slot;
    (void)value;
    return false;
}

bool ctrb_frame_unwinds(const void *trace_arg)
{
    (void)trace_arg;
    return false;
}

bool ctrb_frame_is_leaf(ctrb_word object)
{
    (void)object;
    return false;
}

ctrb_word ctrb_frame_compiled(const void *trace_arg)
{
    (void)trace_arg;
    return 0;
}

ctrb_word ctrb_frame_wrapped(ctrb_word iseq)
{
    return iseq;
}

ctrb_word ctrb_frame_path(ctrb_word iseq)
{
    return iseq;
}

bool ctrb_frame_is_method(const void *trace_arg)
{
    (void)trace_arg;
    return false;
}

bool ctrb_frame_in_first_ractor(const void *trace_arg)
{
    (void)trace_arg;
    return true;
}

ctrb_c_method ctrb_c_method_of(ctrb_word klass, ctrb_word name)
{
    (void)klass;
    (void)name;
    return NULL;
}

#endif
