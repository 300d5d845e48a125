/* Values as Lua holds them, read from memory alone: no metamethod runs, nothing is allocated or changed in the state.
 * Even Lua's own way to ask for the length of a table is avoided, as it leaves a hint in the table. */
#define LUA_CORE
#include "lprefix.h"

#include "kept.h"

#include "lfunc.h"
#include "lgc.h"
#include "lstring.h"
#include "ltable.h"

#include <stdlib.h>
#include <string.h>

enum {
    COUNTED = 256,      /* larger arrays are taken to have no holes, */
    COUNTED_NODES = 4096, /* and of larger tables with keys a part is counted */
    SHOWN = 100,        /* items: as the library's budget */
    FIELDS = 24,        /* a table with more keys is shown as a list of entries, */
    SHAPES = 2048       /* as are all new ones when there are so many kinds of tables */
};

static ctrace_str string_of(TString *s) { return (ctrace_str){getstr(s), tsslen(s)}; }

void luaR_declare_types(luaR_Recorder *r)
{
    ctrace_recorder *c = r->core;
    r->types = (luaR_Types){
        .nil = ctrace_recorder_type(c, CTRACE_TYPE_NONE, CTRACE_STR("nil")),
        .boolean = ctrace_recorder_type(c, CTRACE_TYPE_BOOL, CTRACE_STR("boolean")),
        .integer = ctrace_recorder_type(c, CTRACE_TYPE_INT, CTRACE_STR("integer")),
        .floating = ctrace_recorder_type(c, CTRACE_TYPE_FLOAT, CTRACE_STR("float")),
        .string = ctrace_recorder_type(c, CTRACE_TYPE_STRING, CTRACE_STR("string")),
        .sequence = ctrace_recorder_type(c, CTRACE_TYPE_SEQ, CTRACE_STR("table")),
        .table = ctrace_recorder_type(c, CTRACE_TYPE_TABLE_KIND, CTRACE_STR("table")),
        .entry = ctrace_recorder_type(c, CTRACE_TYPE_TUPLE, CTRACE_STR("entry")),
        .function = ctrace_recorder_type(c, CTRACE_TYPE_FUNCTION_KIND, CTRACE_STR("function")),
        .userdata = ctrace_recorder_type(c, CTRACE_TYPE_RAW, CTRACE_STR("userdata")),
        .thread = ctrace_recorder_type(c, CTRACE_TYPE_RAW, CTRACE_STR("thread")),
        .values = ctrace_recorder_type(c, CTRACE_TYPE_TUPLE, CTRACE_STR("values")),
        .varargs = ctrace_recorder_type(c, CTRACE_TYPE_VARARGS, CTRACE_STR("...")),
        .error = ctrace_recorder_type(c, CTRACE_TYPE_ERROR, CTRACE_STR("error")),
        .any = ctrace_recorder_type(c, CTRACE_TYPE_ANY, CTRACE_STR("any")),
    };
}

/* ---- What a table holds ---- */

typedef struct Entry {
    const Node *node;
    TValue key;
} Entry;

typedef struct Content {
    size_t array;   /* items 1, 2, … of the array part, up to the first hole if it is small */
    size_t others;  /* all other entries of both parts */
    bool are_names; /* their keys are short strings */
} Content;

static bool is_item(const Table *t, size_t index) { return !isempty(&t->array[index]); }

static size_t node_count(const Table *t) { return isdummy(t) ? 0 : (size_t)sizenode(t); }

static Content content_of(const Table *t)
{
    Content c = {0, 0, true};
    size_t size = luaH_realasize(t);
    if (size <= COUNTED) {
        while (c.array < size && is_item(t, c.array))
            c.array++;
        for (size_t i = c.array; i < size; i++)
            c.others += is_item(t, i);
        c.are_names = c.others == 0;
    } else if (is_item(t, size - 1)) {
        c.array = size;
    } else {
        size_t below = 0, above = size; /* as Lua's own #: an item that is followed by none */
        while (above - below > 1) {
            size_t middle = below + (above - below) / 2;
            *(is_item(t, middle - 1) ? &below : &above) = middle;
        }
        c.array = below;
    }
    size_t nodes = node_count(t), seen = nodes <= COUNTED_NODES ? nodes : COUNTED_NODES / 4, found = 0;
    for (size_t i = 0; i < seen; i++) {
        const Node *node = gnode(t, i);
        if (!isempty(gval(node))) {
            found++;
            c.are_names = c.are_names && keytt(node) == ctb(LUA_VSHRSTR);
        }
    }
    c.others += seen == nodes ? found : found * (nodes / seen);
    return c;
}

/* Fills in at most `room` of the entries that are no items; how many. */
static size_t entries_of(const Table *t, size_t array, Entry *out, size_t room)
{
    size_t count = 0, size = luaH_realasize(t);
    for (size_t i = array; i < size && size <= COUNTED && count < room; i++) {
        if (is_item(t, i)) {
            out[count].node = NULL;
            setivalue(&out[count].key, (lua_Integer)i + 1);
            count++;
        }
    }
    size_t nodes = node_count(t);
    for (size_t i = 0; i < nodes && count < room; i++) {
        const Node *node = gnode(t, i);
        if (isempty(gval(node)))
            continue;
        out[count].node = node;
        out[count].key.value_ = node->u.key_val;
        out[count].key.tt_ = node->u.key_tt;
        count++;
    }
    return count;
}

static const TValue *value_of(const Table *t, const Entry *e)
{
    return e->node ? gval(e->node) : &t->array[ivalue(&e->key) - 1];
}

/* Integers, then floats, then strings, then what has no order. */
static int rank(const TValue *key)
{
    return ttisinteger(key) ? 0 : ttisfloat(key) ? 1 : ttisstring(key) ? 2 : 3;
}

static int compare_texts(TString *a, TString *b)
{
    size_t left = tsslen(a), right = tsslen(b);
    int order = memcmp(getstr(a), getstr(b), left < right ? left : right);
    return order ? order : (left > right) - (left < right);
}

static bool is_before(const Entry *a, const Entry *b)
{
    int left = rank(&a->key), right = rank(&b->key);
    if (left != right)
        return left < right;
    switch (left) {
    case 0:
        return ivalue(&a->key) < ivalue(&b->key);
    case 1:
        return fltvalue(&a->key) < fltvalue(&b->key);
    case 2:
        return compare_texts(tsvalue(&a->key), tsvalue(&b->key)) < 0;
    default:
        return false;
    }
}

static void sort(Entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        Entry e = entries[i];
        size_t at = i;
        for (; at > 0 && is_before(&e, &entries[at - 1]); at--)
            entries[at] = entries[at - 1];
        entries[at] = e;
    }
}

/* ---- Shapes: tables with the same names as keys have one type ---- */

struct luaR_Shape {
    luaR_Shape *next;
    TString *type_name; /* or NULL; only compared, like the keys: it may be freed */
    ctrace_id type;
    size_t hash;
    size_t count;
    struct {
        TString *key;
        unsigned int hash;
        unsigned int place;   /* of the field among the entries, */
        bool is_secret;       /* and whether its name says so */
    } fields[];
};

static size_t mix(size_t hash, const void *pointer)
{
    return (hash ^ (size_t)pointer >> 4) * (size_t)0x9E3779B97F4A7C15u;
}

static bool is_shape(const luaR_Shape *shape, size_t hash, TString *type_name, const Entry *entries, size_t count)
{
    if (shape->hash != hash || shape->type_name != type_name || shape->count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        TString *key = tsvalue(&entries[i].key);
        if (shape->fields[i].key != key || shape->fields[i].hash != key->hash)
            return false;
    }
    return true;
}

static luaR_Shape *new_shape(luaR_Recorder *r, TString *type_name, const Entry *entries, size_t count)
{
    Entry sorted[FIELDS];
    ctrace_field fields[FIELDS];
    luaR_Shape *shape = malloc(sizeof *shape + count * sizeof shape->fields[0]);
    if (!shape)
        return NULL;
    memcpy(sorted, entries, count * sizeof *entries);
    sort(sorted, count);
    for (size_t i = 0; i < count; i++) {
        fields[i] = (ctrace_field){string_of(tsvalue(&sorted[i].key)), r->types.any};
        shape->fields[i].key = tsvalue(&entries[i].key);
        shape->fields[i].hash = shape->fields[i].key->hash;
        for (size_t j = 0; j < count; j++) {
            if (entries[j].node == sorted[i].node)
                shape->fields[i].place = (unsigned int)j;
        }
        shape->fields[i].is_secret = ctrace_is_secret_name(fields[i].name);
    }
    shape->type_name = type_name;
    shape->count = count;
    shape->type = ctrace_recorder_struct_type(r->core, type_name ? string_of(type_name) : CTRACE_STR("table"), fields,
                                              count);
    return shape;
}

/* The type of a table with these keys; NULL when it is to be shown as entries. */
static const luaR_Shape *shape_of(luaR_Recorder *r, TString *type_name, const Entry *entries, size_t count)
{
    size_t hash = mix(count, type_name);
    for (size_t i = 0; i < count; i++)
        hash = mix(hash, tsvalue(&entries[i].key));
    if (!r->shapes && !(r->shapes = calloc(SHAPES, sizeof(luaR_Shape *))))
        return NULL;
    luaR_Shape **place = &r->shapes[(hash >> 20) % SHAPES];
    for (luaR_Shape *shape = *place; shape; shape = shape->next) {
        if (is_shape(shape, hash, type_name, entries, count))
            return shape;
    }
    if (r->shape_count == SHAPES)
        return NULL;
    luaR_Shape *shape = new_shape(r, type_name, entries, count);
    if (!shape)
        return NULL;
    shape->hash = hash;
    shape->next = *place;
    r->shape_count++;
    return *place = shape;
}

void luaR_free_shapes(luaR_Recorder *r)
{
    for (size_t i = 0; r->shapes && i < SHAPES; i++) {
        for (luaR_Shape *shape = r->shapes[i], *next; shape; shape = next) {
            next = shape->next;
            free(shape);
        }
    }
    free(r->shapes);
    r->shapes = NULL;
}

/* ---- Putting values ---- */

/* The name that a metatable has for what it is the metatable of, as that of io's files. */
static TString *type_name_of(luaR_Recorder *r, Table *metatable)
{
    const TValue *name = metatable ? luaH_getshortstr(metatable, r->name_key) : NULL;
    return name && ttisstring(name) ? tsvalue(name) : NULL;
}

/* What must not be shown; that there is nothing is no secret. */
void luaR_put_secret(luaR_Recorder *r, const TValue *value)
{
    if (ttisnil(value))
        luaR_put(r, value);
    else
        ctrace_lane_put_redacted(r->lane, CTRACE_STR("its name is that of a secret"));
}

static void put_named(luaR_Recorder *r, const TValue *value, bool is_secret)
{
    if (is_secret)
        luaR_put_secret(r, value);
    else
        luaR_put(r, value);
}

static void put_items(luaR_Recorder *r, const Table *t, size_t count)
{
    size_t shown;
    if (!ctrace_lane_open(r->lane, CTRACE_VALUE_SEQUENCE, r->types.sequence, count, t, &shown))
        return;
    for (size_t i = 0; i < shown; i++)
        luaR_put(r, &t->array[i]);
    ctrace_lane_close(r->lane);
}

static void put_fields(luaR_Recorder *r, const Table *t, const luaR_Shape *shape, const Entry *entries)
{
    size_t shown;
    if (!ctrace_lane_open(r->lane, CTRACE_VALUE_STRUCT, shape->type, shape->count, t, &shown))
        return;
    for (size_t i = 0; i < shown; i++)
        put_named(r, gval(entries[shape->fields[i].place].node), shape->fields[i].is_secret);
    ctrace_lane_close(r->lane);
}

static void put_entry(luaR_Recorder *r, const TValue *key, const TValue *value)
{
    if (!ctrace_lane_open_part(r->lane, CTRACE_VALUE_SEQUENCE, r->types.entry, 2))
        return;
    luaR_put(r, key);
    put_named(r, value, ttisstring(key) && ctrace_is_secret_name(string_of(tsvalue(key))));
    ctrace_lane_close(r->lane);
}

static void put_entries(luaR_Recorder *r, const Table *t, Content c, const Entry *entries, size_t count)
{
    size_t shown;
    if (!ctrace_lane_open(r->lane, CTRACE_VALUE_SEQUENCE, r->types.table, c.array + c.others, t, &shown))
        return;
    size_t items = shown < c.array ? shown : c.array;
    for (size_t i = 0; i < items; i++) {
        TValue key;
        setivalue(&key, (lua_Integer)i + 1);
        put_entry(r, &key, &t->array[i]);
    }
    for (size_t i = 0; i < shown - items && i < count; i++)
        put_entry(r, &entries[i].key, value_of(t, &entries[i]));
    ctrace_lane_close(r->lane);
}

/* As a sequence when it has items only; as a struct when its keys are names; else as a list of keys with values. */
static void put_table(luaR_Recorder *r, Table *t)
{
    Content c = content_of(t);
    if (c.others == 0) {
        put_items(r, t, c.array);
        return;
    }
    Entry entries[SHOWN];
    size_t count = entries_of(t, c.array, entries, SHOWN);
    if (c.array == 0 && c.are_names && count == c.others && count <= FIELDS) {
        const luaR_Shape *shape = shape_of(r, type_name_of(r, t->metatable), entries, count);
        if (shape) {
            put_fields(r, t, shape, entries);
            return;
        }
    }
    sort(entries, count);
    put_entries(r, t, c, entries, count);
}

static void put_raw(luaR_Recorder *r, ctrace_id type, const char *text)
{
    ctrace_lane_put_raw(r->lane, type, (ctrace_str){text, strlen(text)}, 0);
}

static void put_function(luaR_Recorder *r, Proto *p)
{
    luaR_Function *f = luaR_function(r, p);
    if (f && !f->text) {
        char text[200], file[LUA_IDSIZE];
        luaO_chunkid(file, p->source ? getstr(p->source) : "=?", p->source ? tsslen(p->source) : 2);
        snprintf(text, sizeof text, "function %.80s at %s:%d", f->name, file, p->linedefined);
        f->text = strdup(text);
    }
    put_raw(r, r->types.function, f && f->text ? f->text : "function");
}

static void put_userdata(luaR_Recorder *r, const Udata *u)
{
    TString *name = type_name_of(r, u->metatable);
    ctrace_lane_put_raw(r->lane, r->types.userdata, name ? string_of(name) : CTRACE_STR("userdata"), 0);
}

void luaR_put(luaR_Recorder *r, const TValue *value)
{
    switch (ttypetag(value)) {
    case LUA_VFALSE:
    case LUA_VTRUE:
        ctrace_lane_put_bool(r->lane, r->types.boolean, ttistrue(value));
        break;
    case LUA_VNUMINT:
        ctrace_lane_put_int(r->lane, r->types.integer, ivalue(value));
        break;
    case LUA_VNUMFLT:
        ctrace_lane_put_float(r->lane, r->types.floating, fltvalue(value));
        break;
    case LUA_VSHRSTR:
    case LUA_VLNGSTR:
        ctrace_lane_put_string(r->lane, r->types.string, string_of(tsvalue(value)), 0);
        break;
    case LUA_VTABLE:
        put_table(r, hvalue(value));
        break;
    case LUA_VLCL:
        put_function(r, clLvalue(value)->p);
        break;
    case LUA_VLCF:
    case LUA_VCCL:
        put_raw(r, r->types.function, "function in C");
        break;
    case LUA_VUSERDATA:
        put_userdata(r, uvalue(value));
        break;
    case LUA_VLIGHTUSERDATA:
        put_raw(r, r->types.userdata, "light userdata");
        break;
    case LUA_VTHREAD:
        put_raw(r, r->types.thread, "coroutine");
        break;
    default: /* nil, and empty places of tables */
        ctrace_lane_put_none(r->lane, r->types.nil);
        break;
    }
}

void luaR_put_list(luaR_Recorder *r, ctrace_id type, StkId first, int count)
{
    size_t shown;
    if (!ctrace_lane_open(r->lane, CTRACE_VALUE_SEQUENCE, type, (size_t)count, NULL, &shown))
        return;
    for (size_t i = 0; i < shown; i++)
        luaR_put(r, s2v(first + i));
    ctrace_lane_close(r->lane);
}
