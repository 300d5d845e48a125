#include <math.h>
#include <string.h>

#include "generate/generator.h"

uint64_t ctr_made_below(ctr_generator *g, uint64_t limit)
{
    /* splitmix64: every seed gives a sequence of its own. */
    uint64_t z = g->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (z ^ (z >> 31)) % limit;
}

bool ctr_made_chance(ctr_generator *g, unsigned percent) { return ctr_made_below(g, 100) < percent; }

static uint64_t any_bits(ctr_generator *g)
{
    return ctr_made_below(g, UINT64_MAX) >> ctr_made_below(g, 64);
}

static ctrace_str literal(const char *text) { return (ctrace_str){text, strlen(text)}; }

/* One character of each length in UTF-8, and those that codecs treat in a special way. */
static const char *const pieces[] = {"a",  "B",  "7",    " ",    "_",    "\"",   "\\",   "/",    "\n",   "\t",
                                     "\r", "\b", "\x01", "\x1f", "\x7f", "é",    "ß",    "Ω",    "\xC2\x80",
                                     "世", "—",  "\xE2\x80\xA8", "\xEF\xBF\xBD", "\xEF\xBF\xBF", "😀", "\xF4\x8F\xBF\xBF",
                                     "<", ">",  "&",    "{",    "}",    "[",    ",",    ":",    "null", "true"};
#define PIECE_COUNT (sizeof pieces / sizeof *pieces)

static ctrace_str made_pieces(ctr_generator *g, size_t count)
{
    size_t room = count * 4 + 1, size = 0;
    char *text = ctr_arena_take(&g->texts, room);
    if (!text) {
        g->status = CTRACE_NO_MEMORY;
        return literal("");
    }
    for (size_t i = 0; i < count; i++) {
        if (ctr_made_chance(g, 2)) {
            text[size++] = 0;
            continue;
        }
        const char *piece = pieces[ctr_made_below(g, PIECE_COUNT)];
        memcpy(text + size, piece, strlen(piece));
        size += strlen(piece);
    }
    return (ctrace_str){text, size};
}

ctrace_str ctr_made_text(ctr_generator *g)
{
    static const char *const usual[] = {"",          "a",     "apple pie", "the quick brown fox", "größer als nötig",
                                        "0123456789", "[1, 2]", "None",      "C:\\tmp\\x.txt",      "line\nbreak"};
    if (ctr_made_chance(g, 60))
        return literal(usual[ctr_made_below(g, sizeof usual / sizeof *usual)]);
    return made_pieces(g, ctr_made_chance(g, 3) ? ctr_made_below(g, 3000) : ctr_made_below(g, 24));
}

void ctr_made_values_begin(ctr_generator *g)
{
    g->value_count = 0;
    ctr_arena_reset(&g->texts);
}

/* The id of a type of that kind, or of the type None. */
static ctrace_id type_of(ctr_generator *g, ctrace_type_kind kind)
{
    size_t known = g->type_count < CTR_MADE_TYPES ? (size_t)g->type_count : CTR_MADE_TYPES;
    size_t from = (size_t)ctr_made_below(g, known);
    for (size_t i = 0; i < known; i++)
        if (g->types[(from + i) % known].kind == kind)
            return (from + i) % known;
    return 0;
}

static const ctrace_type_kind fitting[CTRACE_VALUE_KIND_COUNT] = {
    [CTRACE_VALUE_INT] = CTRACE_TYPE_INT,         [CTRACE_VALUE_FLOAT] = CTRACE_TYPE_FLOAT,
    [CTRACE_VALUE_BOOL] = CTRACE_TYPE_BOOL,       [CTRACE_VALUE_STRING] = CTRACE_TYPE_STRING,
    [CTRACE_VALUE_SEQUENCE] = CTRACE_TYPE_SEQ,    [CTRACE_VALUE_TUPLE] = CTRACE_TYPE_TUPLE,
    [CTRACE_VALUE_STRUCT] = CTRACE_TYPE_STRUCT,   [CTRACE_VALUE_VARIANT] = CTRACE_TYPE_VARIANT,
    [CTRACE_VALUE_REFERENCE] = CTRACE_TYPE_POINTER, [CTRACE_VALUE_RAW] = CTRACE_TYPE_RAW,
    [CTRACE_VALUE_ERROR] = CTRACE_TYPE_ERROR,     [CTRACE_VALUE_NONE] = CTRACE_TYPE_NONE,
    [CTRACE_VALUE_BIG_INT] = CTRACE_TYPE_INT,     [CTRACE_VALUE_CHAR] = CTRACE_TYPE_CHAR,
};

static int64_t made_int(ctr_generator *g)
{
    static const int64_t edges[] = {0, -1, INT64_MAX, INT64_MIN, 23, 24, 255, 256, 65535, 65536, -24, -25,
                                    INT64_C(4294967295), INT64_C(4294967296), -129, INT64_C(9007199254740993)};
    if (ctr_made_chance(g, 20))
        return edges[ctr_made_below(g, sizeof edges / sizeof *edges)];
    int64_t i = (int64_t)(any_bits(g) >> 1);
    return ctr_made_chance(g, 50) ? -i : i;
}

static double made_float(ctr_generator *g)
{
    static const double edges[] = {0.0, -0.0, 1.0, 0.1, 1e21, 1e22, 1e255, 1e300, 1.7976931348623157e308, 5e-324,
                                   2.2250738585072014e-308, 1e-254, 123456789.125, -1e-7, 9007199254740993.0};
    unsigned choice = (unsigned)ctr_made_below(g, 100);
    if (choice < 4)
        return choice == 0 ? (double)NAN : choice == 1 ? (double)INFINITY : choice == 2 ? -(double)INFINITY : -0.0;
    if (choice < 30)
        return edges[ctr_made_below(g, sizeof edges / sizeof *edges)];
    if (choice < 70)
        return (double)(int64_t)ctr_made_below(g, 2000000) / 1000.0 - 1000.0;
    double f;
    uint64_t bits = ctr_made_below(g, UINT64_MAX);
    memcpy(&f, &bits, sizeof f);
    return isnan(f) ? 0.5 : f;
}

/* A magnitude outside of 64 bits with sign, without leading zeros. */
static ctrace_str made_magnitude(ctr_generator *g)
{
    size_t size = 9 + (size_t)ctr_made_below(g, 40);
    char *bytes = ctr_arena_take(&g->texts, size);
    if (!bytes) {
        g->status = CTRACE_NO_MEMORY;
        return (ctrace_str){"\x01\0\0\0\0\0\0\0\0", 9};
    }
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)ctr_made_below(g, 256);
    bytes[0] |= 1;
    return (ctrace_str){bytes, size};
}

static size_t add(ctr_generator *g)
{
    if (!ctr_make_room(g->options.allocator, (void **)(void *)&g->values, &g->value_capacity, g->value_count,
                       sizeof *g->values)) {
        g->status = CTRACE_NO_MEMORY;
        return SIZE_MAX;
    }
    g->values[g->value_count] = (ctrace_value){.span = 1};
    return g->value_count++;
}

static void fill_plain(ctr_generator *g, ctrace_value *v)
{
    switch (v->kind) {
    case CTRACE_VALUE_INT:
        v->i = made_int(g);
        break;
    case CTRACE_VALUE_FLOAT:
        v->f = made_float(g);
        break;
    case CTRACE_VALUE_BOOL:
        v->b = ctr_made_chance(g, 50);
        break;
    case CTRACE_VALUE_CHAR:
        v->text = literal(pieces[ctr_made_below(g, PIECE_COUNT - 2)]);
        break;
    case CTRACE_VALUE_CELL:
        v->place = g->cells[ctr_made_below(g, g->cell_count)];
        break;
    case CTRACE_VALUE_BIG_INT:
        v->text = made_magnitude(g);
        v->is_negative = ctr_made_chance(g, 50);
        break;
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_RAW:
    case CTRACE_VALUE_ERROR:
        v->text = ctr_made_text(g);
        break;
    default:
        break;
    }
}

size_t ctr_made_value_of(ctr_generator *g, ctrace_value_kind kind, uint32_t depth)
{
    size_t at = add(g);
    if (at == SIZE_MAX)
        return at;
    ctrace_value *v = &g->values[at];
    v->kind = kind;
    v->type_id = kind == CTRACE_VALUE_CELL ? 0 : type_of(g, fitting[kind]);
    uint32_t children = 0;
    switch (kind) {
    case CTRACE_VALUE_SEQUENCE:
        v->is_slice = ctr_made_chance(g, 20);
        children = (uint32_t)ctr_made_below(g, 5);
        break;
    case CTRACE_VALUE_TUPLE:
        children = (uint32_t)ctr_made_below(g, 4);
        break;
    case CTRACE_VALUE_STRUCT:
        children = (uint32_t)g->types[v->type_id].field_count;
        break;
    case CTRACE_VALUE_VARIANT:
        v->text = ctr_made_text(g);
        children = 1;
        break;
    case CTRACE_VALUE_REFERENCE:
        v->address = any_bits(g);
        v->is_mutable = ctr_made_chance(g, 50);
        children = 1;
        break;
    default:
        fill_plain(g, v);
        return at;
    }
    v->count = children;
    for (uint32_t i = 0; i < children; i++) {
        /* The depth of the recursion is bounded by max_depth. */
        size_t child = depth + 1 < g->options.max_depth ? ctr_made_value(g, depth + 1)
                                                        : ctr_made_value_of(g, CTRACE_VALUE_INT, depth + 1);
        if (child == SIZE_MAX)
            return child;
        g->values[at].span += g->values[child].span;
    }
    return at;
}

size_t ctr_made_value(ctr_generator *g, uint32_t depth)
{
    /* Deep values are thin: else a few of them would be all of the trace. */
    bool leaf = depth + 1 >= g->options.max_depth || ctr_made_chance(g, depth < 2 ? 50 : 65);
    ctrace_value_kind kind;
    do
        kind = (ctrace_value_kind)ctr_made_below(g, CTRACE_VALUE_KIND_COUNT);
    while ((kind == CTRACE_VALUE_CELL && !g->cell_count) ||
           leaf == (kind >= CTRACE_VALUE_SEQUENCE && kind <= CTRACE_VALUE_REFERENCE));
    return ctr_made_value_of(g, kind, depth);
}

size_t ctr_made_plain_value(ctr_generator *g)
{
    static const ctrace_value_kind usual[8] = {CTRACE_VALUE_INT,    CTRACE_VALUE_INT,   CTRACE_VALUE_INT,
                                               CTRACE_VALUE_INT,    CTRACE_VALUE_STRING, CTRACE_VALUE_FLOAT,
                                               CTRACE_VALUE_BOOL,   CTRACE_VALUE_SEQUENCE};
    static const char *const texts[] = {"a", "apple pie", "the quick brown fox", "0123456789abcdef",
                                        "/usr/share/doc/readme.txt", "jumps over the lazy dog, twice"};
    ctrace_value_kind kind = usual[ctr_made_below(g, 8)];
    size_t at = add(g);
    if (at == SIZE_MAX)
        return at;
    ctrace_value *v = &g->values[at];
    v->kind = kind;
    v->type_id = type_of(g, fitting[kind]);
    v->text = literal(texts[ctr_made_below(g, 6)]);
    if (kind == CTRACE_VALUE_INT)
        v->i = (int64_t)ctr_made_below(g, 1000000) - 1000;
    else if (kind == CTRACE_VALUE_FLOAT)
        v->f = (double)ctr_made_below(g, 1000000) / 1000.0;
    else if (kind == CTRACE_VALUE_BOOL)
        v->b = ctr_made_chance(g, 50);
    if (kind != CTRACE_VALUE_SEQUENCE)
        return at;
    v->count = 4 + (uint32_t)ctr_made_below(g, 3);
    v->span = v->count + 1;
    ctrace_id type = type_of(g, CTRACE_TYPE_INT);
    for (uint32_t i = 0, count = v->count; i < count; i++) {
        size_t item = add(g);
        if (item == SIZE_MAX)
            return item;
        g->values[item] = (ctrace_value){.kind = CTRACE_VALUE_INT, .span = 1, .type_id = type,
                                         .i = (int64_t)ctr_made_below(g, 1000000) - 1000};
    }
    return at;
}
