#include "codec/cbor/repeats.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* A repeat that is shorter costs more than its bytes; zstd has none below 3. */
#define SHORTEST 6

/* So many bytes are enough for a block, which ends before the next part. */
#define BLOCK_ENOUGH (CTR_BLOCK_PLAIN - (8u << 10))

/* How good a block is: a repeat costs about as much as so many literals. */
#define REPEAT_PRICE 4

/* After so many blocks the other kind of keys is tried; after two it has remembered enough to be judged. */
#define BLOCKS_TO_TRY 64
#define BLOCKS_TRIED  2

/* Where a block costs less than this part of its bytes there is little to be won. */
#define CHEAP_PART 12

void ctr_repeats_init(ctr_repeats *r, const ctrace_allocator *allocator)
{
    memset(r, 0, sizeof *r);
    r->known.matches.allocator = allocator;
    r->first = r->done = r->count = 1; /* 0 is no part */
    r->blocks = BLOCKS_TO_TRY - 2; /* the first block of all tells little */
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

/* Judges the kind of keys by the block of `size` bytes that ends. */
static void judge_keys(ctr_repeats *r, uint32_t size)
{
    uint64_t matches = r->known.matches.size / sizeof(ctr_match) - r->block_matches;
    uint64_t literals = r->known.literals - r->block_literals;
    r->block_matches += matches;
    r->block_literals += literals;
    if (size < BLOCK_ENOUGH)
        return;
    uint64_t price = matches * REPEAT_PRICE + literals;
    r->price[r->by_place] = (uint32_t)((price << 12) / size);
    if (++r->blocks < (r->is_trying ? BLOCKS_TRIED : BLOCKS_TO_TRY))
        return;
    r->blocks = 0;
    if (!r->is_trying && price < size / CHEAP_PART)
        return;
    if (!r->is_trying || r->price[r->by_place] > r->price[!r->by_place] / 8 * 7)
        r->by_place = !r->by_place;
    r->is_trying = !r->is_trying;
}

/* Ends the packer's block at `end`, which can hold so much. */
static void end_one_block(ctr_repeats *r, uint32_t end)
{
    ctr_match match = {.literals = end - r->covered};
    r->known.literals += match.literals;
    if (!ctr_buffer_append(&r->known.matches, &match, sizeof match))
        r->is_lost = true;
    judge_keys(r, end - r->block);
    r->covered = r->block = end;
}

/* The same, and before it where one cannot. */
static void end_block(ctr_repeats *r, uint32_t end)
{
    while (end - r->block > CTR_BLOCK_PLAIN) /* no repeat reaches beyond the block */
        end_one_block(r, r->block + CTR_BLOCK_PLAIN);
    end_one_block(r, end);
}

/* Room for the repeats of so many parts, of which each gives two at most. */
static bool make_room(ctr_repeats *r, uint32_t parts)
{
    if (!r->is_lost && !ctr_buffer_reserve(&r->known.matches, 2 * (size_t)parts * sizeof(ctr_match)))
        r->is_lost = true;
    return !r->is_lost;
}

/* `size` bytes at `start` repeat those `offset` before them. There is room for it. */
static inline void found(ctr_repeats *r, uint32_t start, uint32_t size, uint32_t offset)
{
    ctr_buffer *matches = &r->known.matches;
    ctr_match *next = (ctr_match *)(void *)(matches->data + matches->size);
    uint32_t covered = r->covered;
    r->covered = start + size;
    if (start == covered && start > r->block && next[-1].offset == offset) {
        next[-1].length += size;
        return;
    }
    *next = (ctr_match){.offset = offset, .literals = start - covered, .length = size};
    r->known.literals += start - covered;
    matches->size += sizeof *next;
}

static inline uint32_t key_of(const ctr_part *p) { return p->kind % CTR_REPEATS_KEYS; }
static inline uint32_t class_of(const ctr_part *p) { return p->kind / CTR_REPEATS_KEYS; }

/* Whether `other` can be laid beside part `i`. */
static inline bool fits(const ctr_repeats *r, uint32_t i, uint32_t other)
{
    return other >= r->first && i - other < CTR_REPEATS_PARTS - CTR_REPEATS_PENDING &&
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

/* Remembers the parts behind `i` that begin before `end` and are made like those beside them. Returns the first that
 * is none of these. */
static inline uint32_t remember_alike(ctr_repeats *r, uint32_t i, uint32_t lag, uint32_t end)
{
    uint32_t next = i + 1;
    for (const ctr_part *p; (p = part(r, next))->start < end && part(r, next - lag)->kind == p->kind; next++)
        remember(r, next);
    return next;
}

void ctr_repeats_look(ctr_repeats *r, const char *data, uint32_t end)
{
    uint32_t i = r->done, count = r->count;
    if (!make_room(r, count - i))
        return;
    r->parts[count % CTR_REPEATS_PARTS].start = end; /* it ends the loops */
    for (const ctr_part *p; (p = part(r, i))->start < end;) {
        uint32_t start = p->start, limit = end;
        if (start - r->block > BLOCK_ENOUGH) {
            end_block(r, start);
            if (!make_room(r, count - i))
                return;
        }
        if (limit - r->block > CTR_BLOCK_PLAIN)
            limit = r->block + CTR_BLOCK_PLAIN;
        uint32_t next = i + 1, size = 0, beside = source_of(r, i, p), lag = r->lag;
        remember(r, i);
        if (beside) {
            uint32_t source = part(r, beside)->start;
            r->lag = i - beside;
            size = common(data, start, source, limit);
            if (size >= SHORTEST) {
                next = remember_alike(r, i, r->lag, start + size);
                if (part(r, next)->start < start + size)
                    size = part(r, next)->start - start; /* there is one that goes on better */
                if (size >= SHORTEST)
                    found(r, start, size, start - source);
            }
            /* What is left of the last part may end alike: a large value with little that changed. */
            uint32_t stop = part(r, next)->start < end ? part(r, next)->start : end;
            if (stop > r->covered + SHORTEST && stop <= limit)
                end_alike(r, data, r->covered > start ? r->covered : start, stop, part(r, next - r->lag)->start);
        }
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
    r->known.literals = r->block_matches = r->block_literals = 0;
    r->is_lost = false;
}
