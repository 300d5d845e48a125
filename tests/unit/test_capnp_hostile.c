/* trace.bin version 0 from elsewhere: other builders' ways to say the same, and what is wrong, cut or changed. */
#include "capnp_messages.h"
#include "codec/capnp/unpack.h"

#define STRUCT(data_words, pointers, offset) ctr_pointer(CTR_STRUCT_BITS(data_words, pointers), offset)
#define LIST(elements, count, offset)        ctr_pointer(CTR_LIST_BITS(CTR_ELEMENTS_##elements, count), offset)
#define FAR(segment, word)                   ctr_far_pointer(segment, word)
#define FAR_TWICE(segment, word)             (ctr_far_pointer(segment, word) | 4)
#define HEAD(count, data_words, pointers)    (CTR_STRUCT_BITS(data_words, pointers) | (uint64_t)(count) << 2)

/* The root, its one pointer, the head of the list; the events follow. */
#define EVENTS(count) STRUCT(0, 1, 0), LIST(RECORDS, 2 * (count), 0), HEAD(count, 1, 1)
#define STEP 0
#define PATH 1
#define NAME 2
#define TYPE 4
#define VALUE 5
#define RETURN 8
#define LOG 9
#define ASM 10
#define DROP_ALL 13
#define DROP 19
#define DROP_LAST_STEP 20
#define INT 0
#define SEQUENCE 4
#define VARIANT 7
#define BIG_INT 13

static void assert_told_with(const uint64_t *words, size_t count, size_t max_event_bytes, const char *expected)
{
    uint64_t stored[512];
    ctr_buffer message = {0};
    telling t;
    for (size_t i = 0; i < count; i++)
        ctr_word_store(&stored[i], words[i]);
    message_of(&message, stored, count);
    tell_all(&t, message.data, message.size, max_event_bytes, NULL);
    assert_string_equal(t.text.data, expected);
    tell_free(&t);
    ctr_buffer_free(&message);
}

#define ASSERT_TOLD(expected, ...)                                                                    \
    assert_told_with((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8, 0, expected)

/* ---- Other builders ---- */

/* What is missing has its default. */
static void test_defaults(void **state)
{
    (void)state;
    ASSERT_TOLD("CTRACE_END #0\n", 0);
    ASSERT_TOLD("CTRACE_END #0\n", STRUCT(0, 0, -1));
    ASSERT_TOLD("CTRACE_END #0\n", STRUCT(0, 1, 0), 0);
    ASSERT_TOLD("CTRACE_END #0\n", EVENTS(0));
    ASSERT_TOLD("{\"Step\":{\"path_id\":0,\"line\":0}}\n"
                "{\"Path\":\"\"}\n"
                "{\"VariableName\":\"\"}\n"
                "{\"Type\":{\"kind\":0,\"lang_type\":\"\",\"specific_info\":{\"kind\":\"None\"}}}\n"
                "{\"Value\":{\"variable_id\":0,\"value\":{\"kind\":\"Int\",\"i\":0,\"type_id\":0}}}\n"
                "{\"Event\":{\"kind\":0,\"metadata\":\"\",\"content\":\"\"}}\n"
                "{\"Asm\":[]}\n"
                "{\"DropVariable\":0}\n"
                "\"DropLastStep\"\n"
                "CTRACE_END #9\n",
                EVENTS(9), STEP, 0, PATH, 0, NAME, 0, TYPE, 0, VALUE, 0, LOG, 0, ASM, 0, DROP, 0, DROP_LAST_STEP, 0);
    /* a record without its line; one without data; a value without its third word */
    ASSERT_TOLD("{\"Step\":{\"path_id\":7,\"line\":0}}\n"
                "{\"DropVariable\":0}\n"
                "{\"Return\":{\"return_value\":{\"kind\":\"Int\",\"i\":5,\"type_id\":0}}}\n"
                "CTRACE_END #3\n",
                EVENTS(3), STEP, STRUCT(0, 1, 4), DROP, STRUCT(0, 0, -1), RETURN, STRUCT(0, 1, 2), STRUCT(1, 0, 0), 7,
                STRUCT(2, 0, 0), 5, INT);
}

/* Records that have grown, and lists whose elements have. */
static void test_upgrades(void **state)
{
    (void)state;
    ASSERT_TOLD("{\"Step\":{\"path_id\":7,\"line\":8}}\nCTRACE_END #1\n",
                EVENTS(1), STEP, STRUCT(1, 3, 0), 99, STRUCT(2, 0, 2), STRUCT(1, 1, 3), 0, 7, 99, 8, 99);
    /* the entries of the list of events too */
    ASSERT_TOLD("{\"DropVariable\":7}\n{\"DropVariable\":8}\nCTRACE_END #2\n",
                STRUCT(0, 1, 0), LIST(RECORDS, 6, 0), HEAD(2, 2, 1), DROP, 99, STRUCT(1, 0, 3), DROP, 99,
                STRUCT(1, 0, 1), 7, 8);
    /* ids as numbers of 8, 4, 2 and 1 bytes, and in longer records */
    ASSERT_TOLD("{\"DropVariables\":[1,2]}\n"
                "{\"DropVariables\":[1,2,3]}\n"
                "{\"DropVariables\":[1,2,65535]}\n"
                "{\"DropVariables\":[1,2,255]}\n"
                "{\"DropVariables\":[1,2]}\n"
                "CTRACE_END #5\n",
                EVENTS(5), DROP_ALL, LIST(WORDS, 2, 8), DROP_ALL, ctr_pointer(CTR_LIST_BITS(4, 3), 8), DROP_ALL,
                ctr_pointer(CTR_LIST_BITS(3, 3), 8), DROP_ALL, LIST(BYTES, 3, 7), DROP_ALL, LIST(RECORDS, 4, 6), 1, 2,
                UINT64_C(0x200000001), 3, UINT64_C(0xffff00020001), UINT64_C(0xff0201), HEAD(2, 2, 0), 1, 99, 2, 99);
    /* texts in records; the bytes of a BigInt in records */
    ASSERT_TOLD("{\"Asm\":[\"a\",\"b\"]}\n"
                "{\"Return\":{\"return_value\":{\"kind\":\"BigInt\",\"b\":\"AQI=\","
                "\"negative\":false,\"type_id\":0}}}\n"
                "CTRACE_END #2\n",
                EVENTS(2), ASM, LIST(RECORDS, 2, 2), RETURN, STRUCT(0, 1, 5), HEAD(2, 0, 1), LIST(BYTES, 2, 1),
                LIST(BYTES, 2, 1), 'a', 'b', STRUCT(2, 1, 0), 0, BIG_INT, LIST(RECORDS, 2, 0), HEAD(2, 1, 0), 1, 2);
}

static void test_unknown_kinds(void **state)
{
    (void)state;
    ASSERT_TOLD("kind-unknown\n"
                "{\"Type\":{\"kind\":34,\"lang_type\":\"\",\"specific_info\":{\"kind\":\"None\"}}}\n"
                "kind-unknown\n"
                "{\"Event\":{\"kind\":14,\"metadata\":\"\",\"content\":\"\"}}\n"
                "CTRACE_EVENT #2: an event is of an unknown kind\n"
                "CTRACE_EVENT #3: a value is of an unknown kind\n"
                "CTRACE_END #4\n",
                EVENTS(4), TYPE, STRUCT(1, 0, 6), LOG, STRUCT(1, 0, 5), 24, 0, RETURN, STRUCT(0, 1, 2), 34, 14,
                STRUCT(2, 0, 0), 0, 14);
}

static void test_far(void **state)
{
    (void)state;
    /* three segments: the list; a landing pad with its record; a pad of two words and what it is for */
    const uint64_t words[] = {
        EVENTS(3), DROP, FAR(1, 0), DROP, FAR_TWICE(2, 1), PATH, FAR_TWICE(2, 3), /* 9 */
        STRUCT(1, 0, 0), 7, 8, STRUCT(0, 1, 0), FAR(2, 0),                       /* 5 */
        LIST(BYTES, 2, 4), FAR(1, 2), STRUCT(1, 0, 0), FAR(1, 4), STRUCT(0, 1, 0), 'x', /* 6 */
    };
    uint64_t stored[22];
    ctr_word_store(&stored[0], 2 | UINT64_C(9) << 32);
    ctr_word_store(&stored[1], 5 | UINT64_C(6) << 32);
    for (size_t i = 0; i < 20; i++)
        ctr_word_store(&stored[2 + i], words[i]);
    ctr_buffer message = {0};
    assert_true(ctr_buffer_reserve(&message, 8 + CTR_PACKED_ROOM(22)));
    memcpy(message.data, CAPNP_HEAD, 8);
    message.size = 8 + ctr_pack(stored, 22, (uint8_t *)message.data + 8);
    telling t;
    tell_all(&t, message.data, message.size, 0, NULL);
    assert_string_equal(t.text.data, "{\"DropVariable\":7}\n{\"DropVariable\":8}\n{\"Path\":\"x\"}\nCTRACE_END #3\n");
    tell_free(&t);
    ctr_buffer_free(&message);
}

/* ---- Wrong pointers: of one event only ---- */

#define THEN "{\"DropVariable\":7}\nCTRACE_END #2\n"
#define BEFORE_7(tag, pointer) EVENTS(2), tag, pointer, DROP, STRUCT(1, 0, 0), 7

static void test_bad_pointers(void **state)
{
    (void)state;
    static const char outside[] = "CTRACE_EVENT #0: a pointer leads out of its segment\n" THEN;
    ASSERT_TOLD(outside, BEFORE_7(STEP, STRUCT(0, 2, 2)));
    ASSERT_TOLD(outside, BEFORE_7(STEP, STRUCT(0, 2, -6)));
    ASSERT_TOLD(outside, BEFORE_7(STEP, STRUCT(0, 1, 0x1fffffff)));
    ASSERT_TOLD(outside, BEFORE_7(STEP, STRUCT(0, 1, -0x20000000)));
    ASSERT_TOLD(outside, BEFORE_7(NAME, LIST(BYTES, 9, 2)));
    ASSERT_TOLD(outside, BEFORE_7(NAME, LIST(BYTES, CTR_MOST_ELEMENTS, 0)));
    ASSERT_TOLD(outside, BEFORE_7(ASM, LIST(POINTERS, 2, 2)));
    ASSERT_TOLD(outside, BEFORE_7(ASM, LIST(RECORDS, 1, 2)));
    ASSERT_TOLD("CTRACE_EVENT #0: a far pointer names a segment that is not there\n" THEN, BEFORE_7(STEP, FAR(1, 0)));
    ASSERT_TOLD("CTRACE_EVENT #0: a far pointer leads out of its segment\n" THEN, BEFORE_7(STEP, FAR(0, 8)));
    ASSERT_TOLD("CTRACE_EVENT #0: a far pointer leads out of its segment\n" THEN, BEFORE_7(STEP, FAR_TWICE(0, 7)));
    ASSERT_TOLD("CTRACE_EVENT #0: a landing pad is not one\n" THEN, BEFORE_7(STEP, FAR(0, 4)));
    ASSERT_TOLD("CTRACE_EVENT #0: a landing pad is not one\n" THEN, BEFORE_7(STEP, FAR_TWICE(0, 4)));
    ASSERT_TOLD("CTRACE_EVENT #0: a pointer leads to a list where a record belongs\n" THEN,
                BEFORE_7(STEP, LIST(BYTES, 1, 2)));
    ASSERT_TOLD("CTRACE_EVENT #0: a pointer leads to a record where a list belongs\n" THEN,
                BEFORE_7(NAME, STRUCT(1, 0, 2)));
    ASSERT_TOLD("CTRACE_EVENT #0: a pointer is of a kind that a trace does not have\n" THEN, BEFORE_7(STEP, 3));
    ASSERT_TOLD("CTRACE_EVENT #0: a text is no list of bytes\n" THEN, BEFORE_7(NAME, LIST(WORDS, 1, 2)));
    ASSERT_TOLD("CTRACE_EVENT #0: a text does not end in NUL\n" THEN, BEFORE_7(NAME, LIST(BYTES, 0, 2)));
    ASSERT_TOLD("CTRACE_EVENT #0: a text does not end in NUL\n" THEN, BEFORE_7(NAME, LIST(BYTES, 1, 2)));
    ASSERT_TOLD("CTRACE_EVENT #0: a list is one of bits\n" THEN, BEFORE_7(DROP_ALL, LIST(BITS, 8, 2)));
    ASSERT_TOLD("CTRACE_EVENT #0: an id is negative\n" THEN, EVENTS(2), DROP, STRUCT(1, 0, 2), DROP, STRUCT(1, 0, 1),
                UINT64_MAX, 7);
    ASSERT_TOLD("CTRACE_EVENT #0: a list of records does not tell what they are\n" THEN,
                EVENTS(2), DROP_ALL, LIST(RECORDS, 0, 2), DROP, STRUCT(1, 0, 1), 1, 7);
    ASSERT_TOLD("CTRACE_EVENT #0: a list of records is longer than its room\n" THEN,
                EVENTS(2), DROP_ALL, LIST(RECORDS, 1, 2), DROP, STRUCT(1, 0, 1), HEAD(2, 1, 0), 7);
}

/* What leads to the list of events is wrong. */
static void test_bad_roots(void **state)
{
    (void)state;
    ASSERT_TOLD("CTRACE_SYNTAX #-1: a pointer leads to a list where a record belongs\n", LIST(BYTES, 0, 0));
    ASSERT_TOLD("CTRACE_SYNTAX #-1: a pointer leads out of its segment\n", STRUCT(0, 1, 0));
    ASSERT_TOLD("CTRACE_SYNTAX #-1: a pointer leads to a record where a list belongs\n", STRUCT(0, 1, 0),
                STRUCT(0, 0, -1));
    ASSERT_TOLD("CTRACE_SYNTAX #-1: the list of events does not hold any\n", STRUCT(0, 1, 0), LIST(RECORDS, 0, 0),
                HEAD(1000000000, 0, 0));
    ASSERT_TOLD("CTRACE_SYNTAX #-1: the list of events does not hold any\n", STRUCT(0, 1, 0), LIST(VOID, 1000, 0));
    ASSERT_TOLD("CTRACE_SYNTAX #-1: the list of events does not hold any\n", STRUCT(0, 1, 0), LIST(BYTES, 8, 0), 0);
    assert_told_with(NULL, 0, 0, "CTRACE_SYNTAX #-1: the message has no root\n");
}

/* ---- Too much from little ---- */

static void test_loops(void **state)
{
    (void)state;
    /* a variant that holds itself */
    ASSERT_TOLD("CTRACE_TOO_DEEP #0: a value is nested too deeply\n" THEN,
                EVENTS(2), RETURN, STRUCT(0, 1, 3), DROP, STRUCT(1, 0, 0), 7, STRUCT(3, 3, 0), 0, VARIANT, 0, 0,
                STRUCT(3, 3, -5), 0);
    /* lists of two that both hold the next list, each with twice what that has */
    enum { LISTS = 30, WORDS = 15 + 13 * LISTS };
    uint64_t words[WORDS] = {EVENTS(2), RETURN, STRUCT(0, 1, 3), DROP, STRUCT(1, 0, 0), 7,
                             STRUCT(3, 3, 0), 0, SEQUENCE, 0, LIST(RECORDS, 12, 2)};
    for (size_t i = 0; i < LISTS; i++) {
        uint64_t *list = words + 15 + 13 * i;
        list[0] = HEAD(2, 3, 3);
        list[2] = list[8] = SEQUENCE;
        list[4] = i + 1 < LISTS ? LIST(RECORDS, 12, 8) : 0;
        list[10] = i + 1 < LISTS ? LIST(RECORDS, 12, 2) : 0;
    }
    assert_told_with(words, WORDS, 0, "CTRACE_TOO_LARGE #0: the event has more in it than is allowed\n" THEN);
    /* as many values as one likes in no room at all */
    ASSERT_TOLD("CTRACE_TOO_LARGE #0: the event has more in it than is allowed\n" THEN,
                EVENTS(2), RETURN, STRUCT(0, 1, 3), DROP, STRUCT(1, 0, 0), 7, STRUCT(3, 3, 0), 0, SEQUENCE, 0,
                LIST(RECORDS, 0, 2), 0, 0, HEAD(500000000, 0, 0));
    ASSERT_TOLD("CTRACE_TOO_LARGE #0: the event has more in it than is allowed\n" THEN,
                EVENTS(2), DROP_ALL, LIST(VOID, CTR_MOST_ELEMENTS, 2), DROP, STRUCT(1, 0, 0), 7);
}

/* Many events that share one large list: all of them together cost no more than a few times the message. */
static void test_shared(void **state)
{
    (void)state;
    enum { EVENTS_COUNT = 20000, ITEMS = 20000 };
    const size_t count = 3 + 2 * EVENTS_COUNT + 1 + ITEMS;
    uint64_t *words = calloc(count, 8);
    assert_non_null(words);
    words[0] = STRUCT(0, 1, 0);
    words[1] = LIST(RECORDS, 2 * EVENTS_COUNT, 0);
    words[2] = HEAD(EVENTS_COUNT, 1, 1);
    for (size_t i = 0; i < EVENTS_COUNT; i++) {
        words[3 + 2 * i] = DROP_ALL;
        words[4 + 2 * i] = LIST(RECORDS, ITEMS, 2 * (EVENTS_COUNT - 1 - (int64_t)i));
    }
    words[3 + 2 * EVENTS_COUNT] = HEAD(ITEMS, 1, 0);
    for (size_t i = 0; i < count; i++)
        ctr_word_store(&words[i], words[i]);
    ctr_buffer message = {0};
    message_of(&message, words, count);
    ctr_source source;
    ctr_decoder *d;
    ctr_decoder_options options = {.max_event_bytes = 1 << 19, .max_depth = 500};
    source_of(&source, message.data, message.size);
    assert_int_equal(ctr_capnp_open_decoder(&d, &source, "input", &options, NULL), CTRACE_OK);
    const ctrace_event *event;
    size_t fine = 0, large = 0;
    ctrace_status status;
    while (goes_on(status = d->class->next(d, &event, NULL))) {
        fine += status == CTRACE_OK;
        large += status == CTRACE_TOO_LARGE;
    }
    assert_int_equal(status, CTRACE_END);
    assert_int_equal(fine + large, EVENTS_COUNT);
    assert_in_range(fine, 2, 100);
    /* each by itself is fine */
    ctr_mark mark = {.event = EVENTS_COUNT - 1};
    assert_int_equal(d->class->go_to(d, &mark, NULL), CTRACE_OK);
    assert_int_equal(d->class->next(d, &event, NULL), CTRACE_OK);
    assert_int_equal(event->drop_variables.variable_count, ITEMS);
    d->class->close(d);
    ctr_source_close(&source);
    ctr_buffer_free(&message);
    free(words);
}

static void test_too_large(void **state)
{
    (void)state;
    /* a text of a megabyte where half of one is the most */
    const size_t count = 3 + 4 + 1 + 131072;
    uint64_t *words = calloc(count, 8);
    assert_non_null(words);
    const uint64_t begin[] = {EVENTS(2), NAME, LIST(BYTES, 1 << 20, 3), DROP, STRUCT(1, 0, 0), 7};
    for (size_t i = 0; i < 8; i++)
        ctr_word_store(&words[i], begin[i]);
    ctr_buffer message = {0};
    message_of(&message, words, count);
    telling t;
    tell_all(&t, message.data, message.size, 1 << 19, NULL);
    assert_string_equal(t.text.data, "CTRACE_TOO_LARGE #0: the event has more in it than is allowed\n" THEN);
    tell_free(&t);
    ctr_buffer_free(&message);
    free(words);
}

/* ---- The beginning and the end ---- */

static void assert_bytes_told(const char *data, size_t size, const char *expected)
{
    telling t;
    tell_all(&t, data, size, 0, NULL);
    assert_string_equal(t.text.data, expected);
    tell_free(&t);
}

#define EARLY "CTRACE_TRUNCATED #-1: the packed message ends early\n"

static void test_ends(void **state)
{
    (void)state;
    const uint64_t words[] = {EVENTS(1), DROP, STRUCT(1, 0, 0), 7};
    uint64_t stored[6];
    for (size_t i = 0; i < 6; i++)
        ctr_word_store(&stored[i], words[i]);
    ctr_buffer message = {0};
    message_of(&message, stored, 6);
    size_t size = message.size;
    assert_true(ctr_buffer_append(&message, "more", 4));
    assert_bytes_told(message.data, message.size, "{\"DropVariable\":7}\ntrailing-bytes\nCTRACE_END #1\n");
    message.data[6] = 1;
    assert_bytes_told(message.data, size, "header-reserved\n{\"DropVariable\":7}\nCTRACE_END #1\n");
    message.data[6] = 0;
    /* one word less in the table: the record lies outside, and the packing goes on */
    assert_int_equal(message.data[9], 6);
    message.data[9] = 5;
    assert_bytes_told(message.data, size,
                      "CTRACE_EVENT #0: a pointer leads out of its segment\ntrailing-bytes\nCTRACE_END #1\n");
    /* more words than there are */
    message.data[9] = 100;
    assert_bytes_told(message.data, size, "{\"DropVariable\":7}\n" EARLY);
    ctr_buffer_free(&message);
    /* a run of zeros that goes beyond the end */
    assert_bytes_told(CAPNP_HEAD "\x10\x01\x00\x05", 12,
                      "CTRACE_SYNTAX #-1: the packing does not end where the message ends\n");
    /* tables that claim more than there is */
    assert_bytes_told(CAPNP_HEAD "\x07\xff\xff\xff", 12,
                      "CTRACE_SYNTAX #-1: the message claims more segments than 65536\n");
    assert_bytes_told(CAPNP_HEAD "\x0f\xff\xff\xff\xff", 13,
                      "CTRACE_SYNTAX #-1: the message claims more segments than 65536\n");
    assert_bytes_told(CAPNP_HEAD "\xf2\xff\xff\xff\xff\xff", 14, EARLY);
    assert_bytes_told(CAPNP_HEAD, 8, EARLY);
    assert_bytes_told(CAPNP_HEAD, 6, EARLY);
}

/* ---- Cut and changed ---- */

static void make_message(ctr_buffer *message)
{
    every_capnp_event *all = malloc(sizeof *all);
    assert_non_null(all);
    make_every_capnp_event(all);
    assert_int_equal(encode_all(message, all->events, EVERY_EVENT_COUNT, 150, NULL), CTRACE_OK);
    free(all);
}

/* Whatever is cut off, all events that are there are given, then the cut is told. */
static void test_cuts(void **state)
{
    (void)state;
    ctr_buffer message = {0};
    make_message(&message);
    telling whole;
    assert_int_equal(tell_all(&whole, message.data, message.size, 0, NULL), CTRACE_END);
    size_t last = 0;
    for (size_t size = 6; size < message.size; size++) {
        telling t;
        assert_int_equal(tell_all(&t, message.data, size, 0, NULL), CTRACE_TRUNCATED);
        char *end = strstr(t.text.data, "CTRACE_TRUNCATED");
        assert_non_null(end);
        size_t given = (size_t)(end - t.text.data);
        assert_memory_equal(t.text.data, whole.text.data, given);
        assert_true(given >= last);
        last = given;
        tell_free(&t);
    }
    /* the last cuts leave all but the last event */
    assert_true(last > whole.text.size / 2);
    tell_free(&whole);
    ctr_buffer_free(&message);
}

static void test_changes(void **state)
{
    (void)state;
    static const unsigned char changes[] = {0x01, 0x02, 0x04, 0x10, 0x40, 0x80, 0xff};
    ctr_buffer message = {0};
    make_message(&message);
    for (size_t at = 6; at < message.size; at++)
        for (size_t i = 0; i < sizeof changes; i++) {
            telling t;
            message.data[at] = (char)(message.data[at] ^ changes[i]);
            ctrace_status status = tell_all(&t, message.data, message.size, 1 << 16, NULL);
            assert_true(status == CTRACE_END || status == CTRACE_TRUNCATED || status == CTRACE_SYNTAX);
            message.data[at] = (char)(message.data[at] ^ changes[i]);
            tell_free(&t);
        }
    ctr_buffer_free(&message);
}

/* ---- Packing ---- */

static void assert_packs(const uint64_t *words, size_t count)
{
    uint8_t *packed = malloc(CTR_PACKED_ROOM(count) + CTR_UNPACK_MARGIN);
    uint64_t *out = malloc((count + CTR_UNPACK_MORE) * 8);
    assert_non_null(packed);
    assert_non_null(out);
    size_t size = ctr_pack(words, count, packed);
    assert_true(size <= CTR_PACKED_ROOM(count));
    const uint8_t *in = packed, *end = packed + size;
    size_t cut;
    size_t done = ctr_unpack(&in, end, out, count);
    done += ctr_unpack_last(&in, end, out + done, count - done, &cut);
    assert_int_equal(done, count);
    assert_int_equal(cut, 0);
    assert_ptr_equal(in, end);
    if (count)
        assert_memory_equal(out, words, count * 8);
    in = packed;
    uint64_t skipped = ctr_unpack_skip(&in, end, count);
    for (size_t item, bytes; in < end; skipped += item, in += bytes) {
        bytes = ctr_unpack_item(in, (size_t)(end - in), &item);
        assert_true(bytes > 0);
    }
    assert_int_equal(skipped, count);
    free(packed);
    free(out);
}

static void test_packing(void **state)
{
    (void)state;
    enum { MOST = 4000 };
    uint64_t *words = calloc(MOST, 8);
    assert_non_null(words);
    assert_packs(words, 0);
    for (size_t count = 1; count < 600; count += 51) {
        memset(words, 0, count * 8);
        assert_packs(words, count);
        memset(words, 0xff, count * 8);
        assert_packs(words, count);
        /* one byte of each is zero, which does not end a run */
        for (size_t i = 0; i < count; i++)
            ((uint8_t *)words)[i * 8 + i % 8] = 0;
        assert_packs(words, count);
    }
    /* every tag */
    for (unsigned tag = 0; tag < 256; tag++)
        for (unsigned i = 0; i < 8; i++)
            ((uint8_t *)words)[tag * 8 + i] = tag >> i & 1 ? (uint8_t)(i + 1) : 0;
    assert_packs(words, 256);
    uint32_t random = 1;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < MOST; i++) {
            random = random * 1664525 + 1013904223;
            uint64_t word = (uint64_t)random * 0x9E3779B97F4A7C15u;
            words[i] = random >> 28 < (uint32_t)round % 16 ? 0 : word >> (random >> 20 & 63);
        }
        assert_packs(words, MOST);
    }
    free(words);
}

/* Appends what builders write for an event, with numbers of `random`. */
static size_t put_usual(uint64_t *out, uint32_t random)
{
    static const uint64_t numbers[] = {0, 1, 7, 255, 256, 0x12345, UINT64_C(0x3ff0123456789abc), UINT64_MAX};
    const uint64_t a = numbers[random >> 8 & 7], b = numbers[random >> 12 & 7], c = numbers[random >> 16 & 7];
    const uint64_t step[] = {CTR_CAPNP_PAD_OF_TWO, CTR_CAPNP_NEXT_NUMBER, CTR_CAPNP_NEXT_NUMBER, a, b};
    const uint64_t value[] = {CTR_CAPNP_PAD_OF_TWO, CTR_CAPNP_NEXT_NUMBER, CTR_CAPNP_NEXT_VALUE, a, b, c & 3, 0,
                              CTR_CAPNP_NEXT_TYPE, 0, 0, random >> 20 & 1};
    const uint64_t element[] = {a, 0, 0, CTR_STRUCT_BITS(1, 0) | 42 << 2, 0, 0};
    const uint64_t entries[] = {a & 15, ctr_far_pointer(3, random & 0xffff), b & 1, ctr_far_pointer(5, random),
                                c & 255, ctr_far_pointer(0, random & 0xff),
                                a & 15, ctr_pointer(CTR_CAPNP_PAD_OF_TWO, random & 0x1fffffff),
                                b & 15, ctr_pointer(CTR_CAPNP_PAD_OF_TWO, random & 0x1fffff)};
    const size_t near = random >> 5 & 1; /* without a landing pad */
    switch (random >> 28 & 3) {
    case 0:
        memcpy(out, step + near, sizeof step - near * 8);
        return sizeof step / 8 - near;
    case 1:
        memcpy(out, value + near, sizeof value - near * 8);
        return sizeof value / 8 - near;
    case 2:
        memcpy(out, element, sizeof element);
        return sizeof element / 8;
    default:
        memcpy(out, entries, sizeof entries);
        return sizeof entries / 8;
    }
}

/* Those orders, and nearly those. */
static void test_packing_of_events(void **state)
{
    (void)state;
    enum { MOST = 4000 };
    uint64_t *words = calloc(MOST + 32, 8);
    assert_non_null(words);
    uint32_t random = 1;
    for (int round = 0; round < 300; round++) {
        size_t count = 0;
        while (count < MOST) {
            random = random * 1664525 + 1013904223;
            size_t more = put_usual(words + count, random);
            for (uint32_t times = random >> 24 & 3; times && (random & 0x80) && count + 2 * more < MOST; times--) {
                memcpy(words + count + more, words + count, more * 8);
                count += more;
            }
            random = random * 1664525 + 1013904223;
            if (random >> 28 == 0)
                words[count + (random >> 8) % more] ^= UINT64_C(1) << (random >> 20 & 63);
            count += more;
        }
        assert_packs(words, count);
    }
    free(words);
}

/* What is unpacked together ends in time, wherever it begins. */
static void test_room(void **state)
{
    (void)state;
    static const uint8_t orders[][32] = {
        {29, 0x40, 2, 0x11, 4, 1, 0x11, 4, 1, 0x51, 4, 3, 3, 1, 1, 1, 1, 7, 1, 2, 3, 0, 255, 0x11, 8, 1, 0, 255, 1, 1},
        {31,   0x40, 2, 0x11, 4, 1,   0x51, 4, 3, 3, 1,    1, 7, 1, 2,   3, 0,
         1,    0x11, 8, 1,    0, 1,   0, 255,     0x11, 8, 1, 0, 255, 1, 1},
        {11, 7, 1, 2, 3, 0, 1, 0x11, 42, 1, 0, 1},
        {8, 1, 9, 0x1f, 1, 2, 3, 4, 5},
        {7, 0, 0, 0x17, 1, 2, 3, 5},
        {8, 1, 9, 0x4f, 1, 2, 3, 4, 2},
        {26, 0x11, 4, 1, 0x51, 4, 3, 3, 1, 1, 7, 1, 2, 3, 0, 1, 0x11, 8, 1, 0, 1, 1, 1, 0, 255, 1, 1},
    };
    enum { TIMES = 1200, MOST_BYTES = 31 * TIMES };
    uint8_t *packed = malloc(MOST_BYTES + CTR_UNPACK_MARGIN);
    assert_non_null(packed);
    for (size_t order = 0; order < sizeof orders / sizeof *orders; order++) {
        const size_t size = orders[order][0];
        for (size_t i = 0; i < TIMES; i++)
            memcpy(packed + i * size, orders[order] + 1, size);
        for (size_t least = 1; least < 1200; least += 7) {
            const uint8_t *in = packed;
            uint64_t *out = malloc((least + CTR_UNPACK_MORE) * 8);
            assert_non_null(out);
            size_t count = ctr_unpack(&in, packed + size * TIMES, out, least);
            assert_in_range(count, least, least + CTR_UNPACK_MORE);
            uint64_t whole = 0, words = 0;
            for (const uint8_t *p = packed; p < in; whole += words) {
                size_t some;
                p += ctr_unpack_item(p, 600, &some);
                words = some;
            }
            assert_int_equal(whole, count);
            free(out);
        }
    }
    free(packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),     cmocka_unit_test(test_upgrades), cmocka_unit_test(test_unknown_kinds),
        cmocka_unit_test(test_far),          cmocka_unit_test(test_bad_pointers), cmocka_unit_test(test_bad_roots),
        cmocka_unit_test(test_loops),        cmocka_unit_test(test_shared),   cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_ends),         cmocka_unit_test(test_cuts),     cmocka_unit_test(test_changes),
        cmocka_unit_test(test_packing),      cmocka_unit_test(test_packing_of_events),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
