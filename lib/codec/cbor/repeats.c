#include "codec/cbor/repeats.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* A repeat that is shorter costs more than its bytes; zstd has none below 3. */
#define SHORTEST 6

/* So many bytes are enough for a block, which ends before the next part. */
#define BLOCK_ENOUGH (CTR_BLOCK_PLAIN - (8u << 10))

void ctr_repeats_init(ctr_repeats *r, const ctrace_allocator *allocator)
{
    memset(r, 0, sizeof *r);
    r->known.matches.allocator = allocator;
    r->first = r->done = r->count = 1; /* 0 is no part */
}

void ctr_repeats_free(ctr_repeats *r) { ctr_buffer_free(&r->known.matches); }

static inline const ctr_part *part(const ctr_repeats *r, uint32_t number)
{
    return &r->parts[number % CTR_REPEATS_PARTS];
}

/* The first byte in which two words of eight differ, which they do. */
static inline uint32_t first_difference(uint64_t one, uint64_t other)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (uint32_t)__builtin_ctzll(one ^ other) / 8;
#else
    return (uint32_t)__builtin_clzll(one ^ other) / 8;
#endif
}

/* How many bytes from `a` up to `end` are the same as those from `b`, which lies before it. */
static inline uint32_t common(const char *data, uint32_t a, uint32_t b, uint32_t end)
{
    const char *here = data + a, *there = data + b;
    uint32_t size = end - a, at = 0;
#ifdef __SSE2__
    for (; size - at >= 16; at += 16) {
        __m128i one = _mm_loadu_si128((const __m128i *)(const void *)(here + at));
        __m128i other = _mm_loadu_si128((const __m128i *)(const void *)(there + at));
        unsigned same = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(one, other));
        if (same != 0xFFFF)
            return at + (uint32_t)__builtin_ctz(~same);
    }
#endif
    for (; size - at >= 8; at += 8) {
        uint64_t one, other;
        memcpy(&one, here + at, 8);
        memcpy(&other, there + at, 8);
        if (one != other)
            return at + first_difference(one, other);
    }
    while (at < size && here[at] == there[at])
        at++;
    return at;
}

static void add(ctr_repeats *r, ctr_match match)
{
    if (!ctr_buffer_append(&r->known.matches, &match, sizeof match))
        r->is_lost = true;
}

static void add_literals(ctr_repeats *r, uint32_t end, ctr_match match)
{
    match.literals = end - r->covered;
    r->known.literals += match.literals;
    r->covered = end;
    add(r, match);
}

/* Ends the packer's block at `end`, and before it where one cannot hold so much. */
static void end_block(ctr_repeats *r, uint32_t end)
{
    while (end - r->block > CTR_BLOCK_PLAIN) { /* no repeat reaches beyond the block */
        r->block += CTR_BLOCK_PLAIN;
        add_literals(r, r->block, (ctr_match){0});
    }
    add_literals(r, end, (ctr_match){0});
    r->block = end;
}

/* `size` bytes at `start` repeat those `offset` before them. */
static inline void found(ctr_repeats *r, uint32_t start, uint32_t size, uint32_t offset)
{
    ctr_buffer *matches = &r->known.matches;
    ctr_match *last = NULL;
    if (start == r->covered && start > r->block && !r->is_lost)
        last = (ctr_match *)(void *)(matches->data + matches->size - sizeof *last);
    if (last && last->offset == offset)
        last->length += size;
    else
        add_literals(r, start, (ctr_match){.offset = offset, .length = size});
    r->covered = start + size;
}

static inline uint32_t key_of(const ctr_part *p) { return p->kind % CTR_REPEATS_KEYS; }
static inline uint32_t class_of(const ctr_part *p) { return p->kind / CTR_REPEATS_KEYS; }

/* Whether `other` can be laid beside part `i`. */
static inline bool fits(const ctr_repeats *r, uint32_t i, uint32_t other)
{
    return other >= r->first && i - other <= CTR_REPEATS_PARTS - CTR_REPEATS_PENDING &&
           class_of(part(r, other)) == class_of(part(r, i));
}

/* The part that is laid beside part `i`: the next one when it is made alike, else the last that is; 0: none. */
static inline uint32_t source_of(const ctr_repeats *r, uint32_t i, const ctr_part *p)
{
    uint32_t beside = r->lag && i - r->lag >= r->first ? i - r->lag : 0;
    if (beside && part(r, beside)->kind == p->kind)
        return beside;
    uint32_t last = r->last[key_of(p)];
    if (fits(r, i, last))
        return last;
    if (beside && class_of(part(r, beside)) == class_of(p))
        return beside;
    last = r->last_of_class[class_of(p)];
    return fits(r, i, last) ? last : 0;
}

/* Lays the bytes from `least` to `end` beside those before `source`, from the last one on. */
static void end_alike(ctr_repeats *r, const char *data, uint32_t least, uint32_t end, uint32_t source)
{
    uint32_t size = 0, most = end - least;
    while (size < most && size < source && data[end - 1 - size] == data[source - 1 - size])
        size++;
    if (size >= SHORTEST)
        found(r, end - size, size, end - source);
}

/* Part `i` is one to be laid beside others. */
static inline void remember(ctr_repeats *r, uint32_t i)
{
    const ctr_part *p = part(r, i);
    r->last[key_of(p)] = r->last_of_class[class_of(p)] = i;
}

void ctr_repeats_look(ctr_repeats *r, const char *data, uint32_t end)
{
    uint32_t i = r->done;
    const ctr_part *p;
    while (i != r->count && (p = part(r, i))->start < end) {
        uint32_t start = p->start, limit = end;
        if (start - r->block > BLOCK_ENOUGH)
            end_block(r, start);
        if (limit - r->block > CTR_BLOCK_PLAIN)
            limit = r->block + CTR_BLOCK_PLAIN;
        uint32_t next = i + 1, size = 0, offset = 0, beside = source_of(r, i, p), lag = r->lag;
        if (beside) {
            uint32_t source = part(r, beside)->start;
            offset = start - source;
            size = common(data, start, source, limit);
            r->lag = i - beside;
        }
        remember(r, i);
        if (size >= SHORTEST) {
            for (; next != r->count && part(r, next)->start < start + size; next++) {
                const ctr_part *behind = part(r, next);
                if (part(r, next - r->lag)->kind != behind->kind) {
                    size = behind->start - start; /* there is one that goes on better */
                    break;
                }
                remember(r, next);
            }
            if (size >= SHORTEST)
                found(r, start, size, offset);
        }
        /* What is left of the last part may end alike: a large value with little that changed. */
        uint32_t stop = next != r->count && part(r, next)->start < end ? part(r, next)->start : end;
        if (beside && stop > r->covered + SHORTEST && stop <= limit)
            end_alike(r, data, r->covered > start ? r->covered : start, stop, part(r, next - r->lag)->start);
        /* A text that stood elsewhere is no reason to go on from there, but when what is behind it is alike too. */
        if (class_of(p) == CTR_REPEATS_TEXT && lag && next - i < 3)
            r->lag = lag;
        i = next;
    }
    r->done = i;
}

bool ctr_repeats_end(ctr_repeats *r, const char *data, size_t end)
{
    if (r->is_lost || end > CTR_REPEATS_MOST)
        return false;
    ctr_repeats_look(r, data, (uint32_t)end);
    end_block(r, (uint32_t)end);
    return !r->is_lost;
}

void ctr_repeats_begin(ctr_repeats *r, size_t size)
{
    if (r->is_lost)
        r->done = r->count;
    uint32_t pending = r->count - r->done;
    if (r->done > UINT32_MAX / 2) { /* numbers begin anew, at the same places */
        r->done = CTR_REPEATS_PARTS + r->done % CTR_REPEATS_PARTS;
        r->count = r->done + pending;
        memset(r->last, 0, sizeof r->last);
        memset(r->last_of_class, 0, sizeof r->last_of_class);
    }
    for (uint32_t i = r->done; i != r->count; i++)
        r->parts[i % CTR_REPEATS_PARTS].start -= (uint32_t)size;
    r->first = r->done;
    r->lag = r->covered = r->block = 0;
    r->known.matches.size = 0;
    r->known.literals = 0;
    r->is_lost = false;
}
