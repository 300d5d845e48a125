#include "filter/pattern.h"

#include <string.h>

#include "base/utf8.h"

#define NO_JUMP SIZE_MAX

/* ---- Making ---- */

bool ctr_pattern_fail(ctr_pattern_builder *b, const char *why)
{
    if (b->status == CTRACE_OK) {
        b->status = CTRACE_SYNTAX;
        b->why = why;
    }
    return false;
}

bool ctr_pattern_insert(ctr_pattern_builder *b, size_t at, ctr_pattern_instruction instruction)
{
    ctr_pattern *p = b->p;
    if (p->count >= CTR_PATTERN_LONGEST)
        return ctr_pattern_fail(b, "it is too large");
    if (!ctr_make_room(p->allocator, (void **)&p->code, &p->capacity, p->count, sizeof *p->code)) {
        b->status = CTRACE_NO_MEMORY;
        return false;
    }
    memmove(p->code + at + 1, p->code + at, (p->count - at) * sizeof *p->code);
    p->code[at] = instruction;
    p->count++;
    return true;
}

bool ctr_pattern_emit(ctr_pattern_builder *b, ctr_pattern_instruction instruction)
{
    return ctr_pattern_insert(b, b->p->count, instruction);
}

bool ctr_pattern_add_range(ctr_pattern_builder *b, uint32_t first, uint32_t last)
{
    ctr_pattern *p = b->p;
    if (p->range_count >= 8 * CTR_PATTERN_LONGEST)
        return ctr_pattern_fail(b, "it is too large");
    if (!ctr_make_room(p->allocator, (void **)&p->ranges, &p->range_capacity, p->range_count, sizeof *p->ranges)) {
        b->status = CTRACE_NO_MEMORY;
        return false;
    }
    p->ranges[p->range_count++] = (ctr_pattern_range){first, last};
    return true;
}

void ctr_pattern_begin_ways(ctr_pattern_builder *b, ctr_pattern_ways *ways)
{
    *ways = (ctr_pattern_ways){b->p->count, NO_JUMP};
}

/* A jump whose target is not known yet tells how far back the one before it is. */
bool ctr_pattern_next_way(ctr_pattern_builder *b, ctr_pattern_ways *ways)
{
    ctr_pattern *p = b->p;
    size_t behind = p->count + 2 - ways->way;
    if (!ctr_pattern_insert(b, ways->way, (ctr_pattern_instruction){.op = CTR_PATTERN_SPLIT, .x = 1, .y = (int16_t)behind}))
        return false;
    size_t back = ways->last_jump == NO_JUMP ? 0 : p->count - ways->last_jump;
    ways->last_jump = p->count;
    if (!ctr_pattern_emit(b, (ctr_pattern_instruction){.op = CTR_PATTERN_JUMP, .x = (int16_t)back}))
        return false;
    ways->way = p->count;
    return true;
}

void ctr_pattern_end_ways(ctr_pattern_builder *b, ctr_pattern_ways *ways)
{
    ctr_pattern *p = b->p;
    for (size_t jump = ways->last_jump; jump != NO_JUMP;) {
        size_t back = (size_t)p->code[jump].x;
        p->code[jump].x = (int16_t)(p->count - jump);
        jump = back ? jump - back : NO_JUMP;
    }
}

void ctr_pattern_free(ctr_pattern *p)
{
    ctr_free(p->allocator, p->code, p->capacity * sizeof *p->code);
    ctr_free(p->allocator, p->ranges, p->range_capacity * sizeof *p->ranges);
    p->code = NULL;
    p->ranges = NULL;
    p->count = p->capacity = p->range_count = p->range_capacity = 0;
}

/* ---- Running ---- */

uint32_t ctr_pattern_next(ctrace_str text, size_t *at)
{
    unsigned char lead = (unsigned char)text.data[*at];
    size_t size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead < 0x80 || lead < 0xc0 || size > text.size - *at || ctr_utf8_valid_prefix(text.data + *at, size) < size) {
        ++*at;
        return lead < 0x80 ? lead : 0xfffd;
    }
    uint32_t c = lead & (0x7fu >> size);
    for (size_t i = 1; i < size; i++)
        c = c << 6 | ((unsigned char)text.data[*at + i] & 0x3f);
    *at += size;
    return c;
}

static uint32_t small_letter(uint32_t c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

static bool is_word(uint32_t c)
{
    return c == '_' || (c >= '0' && c <= '9') || (small_letter(c) >= 'a' && small_letter(c) <= 'z') ||
           (c >= 0x80 && c != UINT32_MAX);
}

/* Where a program is: each instruction at most once. */
typedef struct places {
    uint16_t list[CTR_PATTERN_LONGEST];
    size_t count;
} places;

typedef struct run {
    const ctr_pattern *p;
    uint8_t seen[CTR_PATTERN_LONGEST]; /* instructions that are in the places being filled, or only lead to them */
    uint16_t passed[CTR_PATTERN_LONGEST]; /* those, to forget them */
    size_t passed_count;
    uint32_t before, next; /* the characters around; UINT32_MAX where the text ends */
} run;

static bool holds(const run *r, uint8_t op)
{
    switch (op) {
    case CTR_PATTERN_BEGIN:
        return r->before == UINT32_MAX;
    case CTR_PATTERN_END:
        return r->next == UINT32_MAX;
    case CTR_PATTERN_LINE_BEGIN:
        return r->before == UINT32_MAX || r->before == '\n';
    case CTR_PATTERN_LINE_END:
        return r->next == UINT32_MAX || r->next == '\n';
    default:
        return (is_word(r->before) != is_word(r->next)) == (op == CTR_PATTERN_EDGE);
    }
}

/* Adds where the program can be from `from` on without reading; true when that is its end. */
static bool add(run *r, places *to, size_t from)
{
    size_t first = r->passed_count;
    if (r->seen[from])
        return false;
    r->seen[from] = 1;
    r->passed[r->passed_count++] = (uint16_t)from;
    /* What was passed is the list of what is still to be looked at, too. */
    for (size_t i = first; i < r->passed_count; i++) {
        size_t at = r->passed[i], targets[2], target_count = 0;
        const ctr_pattern_instruction *in = &r->p->code[at];
        switch (in->op) {
        case CTR_PATTERN_MATCH:
            return true;
        case CTR_PATTERN_SPLIT:
            targets[target_count++] = at + (size_t)(ptrdiff_t)in->x;
            targets[target_count++] = at + (size_t)(ptrdiff_t)in->y;
            break;
        case CTR_PATTERN_JUMP:
            targets[target_count++] = at + (size_t)(ptrdiff_t)in->x;
            break;
        case CTR_PATTERN_CHAR:
        case CTR_PATTERN_ANY:
        case CTR_PATTERN_NOT_SLASH:
        case CTR_PATTERN_NOT_NEWLINE:
        case CTR_PATTERN_CLASS:
            to->list[to->count++] = (uint16_t)at;
            break;
        default:
            if (holds(r, in->op))
                targets[target_count++] = at + 1;
            break;
        }
        for (size_t k = 0; k < target_count; k++) {
            if (!r->seen[targets[k]]) {
                r->seen[targets[k]] = 1;
                r->passed[r->passed_count++] = (uint16_t)targets[k];
            }
        }
    }
    return false;
}

static void forget(run *r)
{
    while (r->passed_count)
        r->seen[r->passed[--r->passed_count]] = 0;
}

static bool takes(const ctr_pattern *p, const ctr_pattern_instruction *in, uint32_t c)
{
    switch (in->op) {
    case CTR_PATTERN_CHAR:
        return in->c == c || (in->flag && small_letter(in->c) == small_letter(c));
    case CTR_PATTERN_ANY:
        return true;
    case CTR_PATTERN_NOT_SLASH:
        return c != '/';
    case CTR_PATTERN_NOT_NEWLINE:
        return c != '\n';
    default:
        for (size_t i = in->c; i < in->c + (size_t)in->x; i++) {
            if (c >= p->ranges[i].first && c <= p->ranges[i].last)
                return !in->flag;
        }
        return in->flag;
    }
}

bool ctr_pattern_matches(const ctr_pattern *p, ctrace_str text)
{
    places lists[2], *now = &lists[0], *then = &lists[1];
    run r = {.p = p, .before = UINT32_MAX};
    bool only_begin = p->code[0].op == CTR_PATTERN_BEGIN;
    now->count = 0;
    for (size_t at = 0;;) {
        size_t behind = at;
        r.next = at < text.size ? ctr_pattern_next(text, &behind) : UINT32_MAX;
        /* It may begin at every character. What is in `now` already was added where the text was not looked at yet. */
        then->count = 0;
        for (size_t i = 0; i < now->count; i++) {
            if (add(&r, then, now->list[i]))
                return true;
        }
        if ((at == 0 || !only_begin) && add(&r, then, 0))
            return true;
        forget(&r);
        if (at >= text.size || (then->count == 0 && only_begin))
            return false;
        /* What goes on is behind each instruction that takes the character. */
        now->count = 0;
        for (size_t i = 0; i < then->count; i++) {
            if (takes(p, &p->code[then->list[i]], r.next))
                now->list[now->count++] = (uint16_t)(then->list[i] + 1);
        }
        r.before = r.next;
        at = behind;
    }
}
