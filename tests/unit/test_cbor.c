/* Events as CBOR and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "codec/cbor/decode.h"
#include "codec/cbor/encode.h"
#include "every_event.h"
#include "limited_memory.h"

/* ---- Helpers ---- */

static size_t from_hex(const char *hex, char *out)
{
    size_t size = 0;
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        unsigned byte;
        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        out[size++] = (char)byte;
        hex++;
    }
    return size;
}

/* The input in a block of its own, whose slack is of bytes that go on as CBOR would. */
typedef struct input {
    char *data;
    const char *end;
} input;

static input input_of(const char *data, size_t size)
{
    input in = {malloc(size + CTR_CBOR_SLACK), NULL};
    assert_non_null(in.data);
    memcpy(in.data, data, size);
    memset(in.data + size, 0xF5, CTR_CBOR_SLACK);
    in.end = in.data + size;
    return in;
}

static void encode(ctr_buffer *out, const ctrace_event *event, ctr_cbor_style style, ctr_cbor_floats floats)
{
    ctr_cbor_encoder e;
    ctr_cbor_encoder_init(&e, style, floats);
    assert_true(ctr_cbor_encode_event(&e, out, event));
    assert_int_equal(e.texts_mended, 0);
}

/* What is decoded, written anew in the usual way. */
static void assert_reads_as(const char *data, size_t size, const char *expected, size_t expected_size,
                            ctrace_leniency leniency)
{
    input in = input_of(data, size);
    ctr_cbor_decoder d;
    ctr_cbor_decoder_init(&d, 500, NULL);
    ctrace_event event;
    ctrace_status status = ctr_cbor_decode_event(&d, in.data, in.end, &event);
    if (status != CTRACE_OK)
        print_message("%s: %s\n", ctrace_status_name(status), d.message);
    assert_int_equal(status, CTRACE_OK);
    assert_ptr_equal(d.after, in.end);
    if (leniency == CTRACE_LENIENCY_COUNT) {
        assert_int_equal(d.note_count, 0);
    } else {
        bool found = false;
        for (size_t i = 0; i < d.note_count; i++)
            found |= d.notes[i].leniency == leniency;
        if (!found)
            print_message("no %s\n", ctrace_leniency_name(leniency));
        assert_true(found);
    }
    ctr_buffer again = {0};
    encode(&again, &event, CTR_CBOR_BIN, CTR_CBOR_FLOAT_TEXT);
    assert_int_equal(again.size, expected_size);
    assert_memory_equal(again.data, expected, expected_size);
    ctr_buffer_free(&again);
    ctr_cbor_decoder_free(&d);
    free(in.data);
}

/* Both in hexadecimal digits. */
static void assert_hex_reads_as(const char *hex, const char *usual, ctrace_leniency leniency)
{
    char data[1024], expected[1024];
    size_t size = from_hex(hex, data), expected_size = from_hex(usual, expected);
    assert_reads_as(data, size, expected, expected_size, leniency);
}

static ctrace_status decode_hex(const char *hex, char message[256])
{
    char data[1024];
    input in = input_of(data, from_hex(hex, data));
    memcpy(in.data, data, (size_t)(in.end - in.data));
    ctr_cbor_decoder d;
    ctr_cbor_decoder_init(&d, 500, NULL);
    ctrace_event event;
    ctrace_status status = ctr_cbor_decode_event(&d, in.data, in.end, &event);
    memcpy(message, d.message, sizeof d.message);
    if (status != CTRACE_OK && status != CTRACE_TRUNCATED) {
        assert_true(d.failed_at >= in.data && d.failed_at <= in.end);
        if (status != CTRACE_SYNTAX)
            assert_ptr_equal(d.after, in.end);
    }
    ctr_cbor_decoder_free(&d);
    free(in.data);
    return status;
}

/* Return with what `value` says in hexadecimal digits. */
#define RETURN "a1 66 52657475726e a1 6c 72657475726e5f76616c7565 "
#define KIND "64 6b696e64 "
#define TYPE_1 "67 747970655f6964 01"
#define NO_LENIENCY CTRACE_LENIENCY_COUNT

/* ---- Tests ---- */

static void test_vectors(void **state)
{
    (void)state;
    static const ctrace_value two_and_a_half = {.kind = CTRACE_VALUE_FLOAT, .span = 1, .f = 2.5, .type_id = 1};
    static const struct {
        const char *hex;
        ctrace_event event;
    } vectors[] = {
        {"a1 64 53746570 a2 67 706174685f6964 00 64 6c696e65 03", {.kind = CTRACE_EVENT_STEP, .step = {0, 3}}},
        {"6c 44726f704c61737453746570", {.kind = CTRACE_EVENT_DROP_LAST_STEP}},
        {"a1 6c 42696e645661726961626c65 a2 6b 7661726961626c655f6964 01 65 706c616365 20",
         {.kind = CTRACE_EVENT_BIND_VARIABLE, .bind_variable = {1, -1}}},
        {RETURN "a3 " KIND "65 466c6f6174 61 66 63 322e35 " TYPE_1,
         {.kind = CTRACE_EVENT_RETURN, .returned = {&two_and_a_half}}},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char expected[256];
        size_t size = from_hex(vectors[i].hex, expected);
        ctr_buffer out = {0};
        encode(&out, &vectors[i].event, CTR_CBOR_BIN, CTR_CBOR_FLOAT_TEXT);
        assert_int_equal(out.size, size);
        assert_memory_equal(out.data, expected, size);
        ctr_buffer_free(&out);
        assert_reads_as(expected, size, expected, size, NO_LENIENCY);
    }
}

static void test_fields_of_an_event(void **state)
{
    (void)state;
    char data[256];
    input in = input_of(data, from_hex("a1 64 53746570 a2 67 706174685f6964 19 0100 64 6c696e65 39 00ff", data));
    ctr_cbor_decoder d;
    ctr_cbor_decoder_init(&d, 1, NULL);
    ctrace_event event;
    assert_int_equal(ctr_cbor_decode_event(&d, in.data, in.end, &event), CTRACE_OK);
    assert_int_equal(event.kind, CTRACE_EVENT_STEP);
    assert_int_equal(event.step.path_id, 256);
    assert_int_equal(event.step.line, -256);
    ctr_cbor_decoder_free(&d);
    free(in.data);
}

static void test_every_event_there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < EVERY_EVENT_COUNT; i++) {
        ctr_buffer out = {0};
        encode(&out, &every_event[i], CTR_CBOR_BIN, CTR_CBOR_FLOAT_TEXT);
        assert_reads_as(out.data, out.size, out.data, out.size, NO_LENIENCY);
        ctr_buffer ct = {0};
        encode(&ct, &every_event[i], CTR_CBOR_CT, CTR_CBOR_FLOAT_NUMBER);
        bool has_value = ctr_events[every_event[i].kind].shape == CTR_SHAPE_RECORD && ct.size > 400;
        assert_reads_as(ct.data, ct.size, out.data, out.size, has_value ? CTRACE_LENIENCY_BIG_INT_BYTES : NO_LENIENCY);
        ctr_buffer_free(&ct);
        ctr_buffer_free(&out);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    static const int64_t ints[] = {EVERY_INT};
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        ctrace_value value = {.kind = CTRACE_VALUE_INT, .span = 1, .i = ints[i]};
        ctr_buffer out = {0};
        ctr_cbor_encoder e;
        ctr_cbor_encoder_init(&e, CTR_CBOR_BIN, CTR_CBOR_FLOAT_TEXT);
        assert_true(ctr_cbor_encode_value(&e, &out, &value));
        input in = input_of(out.data, out.size);
        ctr_cbor_decoder d;
        ctr_cbor_decoder_init(&d, 1, NULL);
        const ctrace_value *read;
        assert_int_equal(ctr_cbor_decode_value(&d, in.data, in.end, &read), CTRACE_OK);
        assert_int_equal(read->kind, CTRACE_VALUE_INT);
        assert_true(read->i == ints[i]);
        ctr_cbor_decoder_free(&d);
        ctr_buffer_free(&out);
        free(in.data);
    }
    static const double floats[] = {EVERY_FLOAT};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        for (int form = CTR_CBOR_FLOAT_TEXT; form <= CTR_CBOR_FLOAT_NUMBER; form++) {
            ctrace_value value = {.kind = CTRACE_VALUE_FLOAT, .span = 1, .f = floats[i]};
            ctr_buffer out = {0};
            ctr_cbor_encoder e;
            ctr_cbor_encoder_init(&e, CTR_CBOR_BIN, (ctr_cbor_floats)form);
            assert_true(ctr_cbor_encode_value(&e, &out, &value));
            assert_true(out.size < 255);
            input in = input_of(out.data, out.size);
            ctr_cbor_decoder d;
            ctr_cbor_decoder_init(&d, 1, NULL);
            const ctrace_value *read;
            assert_int_equal(ctr_cbor_decode_value(&d, in.data, in.end, &read), CTRACE_OK);
            assert_int_equal(d.note_count, form == CTR_CBOR_FLOAT_NUMBER);
            if (floats[i] == floats[i])
                assert_memory_equal(&read->f, &floats[i], sizeof floats[i]);
            else
                assert_true(read->f != read->f);
            ctr_cbor_decoder_free(&d);
            ctr_buffer_free(&out);
            free(in.data);
        }
}

static void test_floats_as_raw(void **state)
{
    (void)state;
    ctr_cbor_encoder e;
    ctr_cbor_encoder_init(&e, CTR_CBOR_CT, CTR_CBOR_FLOAT_RAW);
    ctrace_value value = {.kind = CTRACE_VALUE_FLOAT, .span = 1, .f = 2.5, .type_id = 1};
    ctr_buffer out = {0};
    assert_true(ctr_cbor_encode_value(&e, &out, &value));
    char expected[64];
    size_t size = from_hex("a3 " KIND "63 526177 61 72 63 322e35 " TYPE_1, expected);
    assert_int_equal(out.size, size);
    assert_memory_equal(out.data, expected, size);
    assert_int_equal(e.floats_as_raw, 1);
    ctr_buffer_free(&out);
}

static void test_style_of_containers(void **state)
{
    (void)state;
    ctr_cbor_encoder e;
    ctr_cbor_encoder_init(&e, CTR_CBOR_CT, CTR_CBOR_FLOAT_TEXT);
    static const ctrace_value values[] = {
        {.kind = CTRACE_VALUE_BOOL, .span = 1, .b = true, .type_id = 1},
        {.kind = CTRACE_VALUE_BIG_INT, .span = 1, .text = {"\1\0\xFF", 3}, .is_negative = true, .type_id = 1}};
    static const char *const expected[] = {
        "a4 " KIND "64 426f6f6c 61 62 f5 64 74657874 64 74727565 " TYPE_1,
        "a4 " KIND "66 426967496e74 61 62 44 4151442f 68 6e65676174697665 f5 " TYPE_1};
    for (size_t i = 0; i < 2; i++) {
        ctr_buffer out = {0};
        assert_true(ctr_cbor_encode_value(&e, &out, &values[i]));
        char bytes[128];
        size_t size = from_hex(expected[i], bytes);
        assert_int_equal(out.size, size);
        assert_memory_equal(out.data, bytes, size);
        input in = input_of(out.data, out.size);
        ctr_cbor_decoder d;
        ctr_cbor_decoder_init(&d, 1, NULL);
        const ctrace_value *read;
        assert_int_equal(ctr_cbor_decode_value(&d, in.data, in.end, &read), CTRACE_OK);
        assert_int_equal(read->kind, values[i].kind);
        assert_int_equal(read->b, values[i].b);
        assert_int_equal(read->text.size, values[i].text.size);
        if (i == 1)
            assert_memory_equal(read->text.data, "\1\0\xFF", 3);
        assert_int_equal(d.note_count, i);
        ctr_cbor_decoder_free(&d);
        ctr_buffer_free(&out);
        free(in.data);
    }
}

static void test_mended_texts(void **state)
{
    (void)state;
    ctr_cbor_encoder e;
    ctr_cbor_encoder_init(&e, CTR_CBOR_BIN, CTR_CBOR_FLOAT_TEXT);
    ctr_buffer out = {0};
    assert_true(ctr_cbor_encode_text(&e, &out, CTRACE_STR("a\xFF" "b\xE2\x82")));
    assert_int_equal(out.size, 9);
    assert_memory_equal(out.data, "\x68" "a\xEF\xBF\xBD" "b\xEF\xBF\xBD", 9);
    assert_int_equal(e.texts_mended, 1);
    ctr_buffer_free(&out);
}

/* Another spelling, the usual one, and what is said about it. */
static void test_dialects(void **state)
{
    (void)state;
#define STEP_0_3 "a1 64 53746570 a2 67 706174685f6964 00 64 6c696e65 03"
#define STEP_MAP "a2 67 706174685f6964 00 64 6c696e65 03"
#define INT_5 "a3 " KIND "63 496e74 61 69 05 " TYPE_1
#define FLOAT_2_5 "a3 " KIND "65 466c6f6174 61 66 63 322e35 " TYPE_1
#define FLOAT_WITH(f) RETURN "a3 " KIND "65 466c6f6174 61 66 " f " " TYPE_1
#define INT_WITH(i) RETURN "a3 " KIND "63 496e74 61 69 " i " " TYPE_1
#define BIG_WITH(b) RETURN "a4 " KIND "66 426967496e74 61 62 " b " 68 6e65676174697665 f4 " TYPE_1
#define NEGATIVE_BIG_WITH(b) RETURN "a4 " KIND "66 426967496e74 61 62 " b " 68 6e65676174697665 f5 " TYPE_1
#define STRING_WITH(text) RETURN "a3 " KIND "66 537472696e67 64 74657874 " text " " TYPE_1
#define SEQUENCE_WITH(list) RETURN "a4 " KIND "68 53657175656e6365 68 656c656d656e7473 " list " 68 69735f736c696365 f4 " TYPE_1
#define NONE_0 "a2 " KIND "64 4e6f6e65 67 747970655f6964 00"
#define TYPE_WITH(kind, info) "a1 64 54797065 a3 64 6b696e64 " kind " 69 6c616e675f74797065 61 54 6d 73706563696669635f696e666f " info
#define INFO_NONE "a1 64 6b696e64 64 4e6f6e65"
#define ASSIGN(from) "a1 6a 41737369676e6d656e74 a3 62 746f 00 67 706173735f6279 65 56616c7565 64 66726f6d " from
#define COMPOUND "68 436f6d706f756e64"
#define SIMPLE_3 "a2 " KIND "66 53696d706c65 64 64617461 03"
    static const struct {
        const char *hex, *usual;
        ctrace_leniency leniency;
    } cases[] = {
        /* sizes of maps and order of fields */
        {"b801 64 53746570 " STEP_MAP, STEP_0_3, CTRACE_LENIENCY_MAP_LONG},
        {"bf 64 53746570 " STEP_MAP " ff", STEP_0_3, CTRACE_LENIENCY_MAP_LONG},
        {"a1 64 53746570 bf 67 706174685f6964 00 64 6c696e65 03 ff", STEP_0_3, NO_LENIENCY},
        {"a1 64 53746570 b80267 706174685f6964 00 64 6c696e65 03", STEP_0_3, NO_LENIENCY},
        {"a1 64 53746570 a2 64 6c696e65 03 67 706174685f6964 00", STEP_0_3, NO_LENIENCY},
        {"a1 64 53746570 a3 67 706174685f6964 00 66 636f6c756d6e 04 64 6c696e65 03", STEP_0_3,
         CTRACE_LENIENCY_FIELD_UNKNOWN},
        {"a1 64 53746570 a3 67 706174685f6964 00 64 6c696e65 04 64 6c696e65 03", STEP_0_3, CTRACE_LENIENCY_FIELD_TWICE},
        {"a1 64 53746570 82 00 03", STEP_0_3, CTRACE_LENIENCY_RECORD_AS_LIST},
        {"a1 64 53746570 9f 00 03 ff", STEP_0_3, CTRACE_LENIENCY_RECORD_AS_LIST},
        {"a1 64 53746570 a3 07 80 67 706174685f6964 00 64 6c696e65 03", STEP_0_3, CTRACE_LENIENCY_FIELD_UNKNOWN},
        {"d9d9f7 " STEP_0_3, STEP_0_3, CTRACE_LENIENCY_TAG_UNKNOWN},
        {"a1 44 53746570 " STEP_MAP, STEP_0_3, CTRACE_LENIENCY_TEXT_AS_BYTES},
        {"a1 6c 44726f704c61737453746570 f6", "6c 44726f704c61737453746570", CTRACE_LENIENCY_UNIT_AS_OBJECT},
        {"a1 64 53746570 a2 67 706174685f6964 62 3131 64 6c696e65 03",
         "a1 64 53746570 a2 67 706174685f6964 0b 64 6c696e65 03", CTRACE_LENIENCY_INT_TEXT},
        {"a1 64 53746570 a2 67 706174685f6964 1800 64 6c696e65 1b0000000000000003", STEP_0_3, NO_LENIENCY},
        /* floats */
        {FLOAT_WITH("fb 4004000000000000"), RETURN FLOAT_2_5, CTRACE_LENIENCY_FLOAT_NUMBER},
        {FLOAT_WITH("fa 40200000"), RETURN FLOAT_2_5, CTRACE_LENIENCY_FLOAT_NUMBER},
        {FLOAT_WITH("f9 4100"), RETURN FLOAT_2_5, CTRACE_LENIENCY_FLOAT_NUMBER},
        {FLOAT_WITH("f9 0001"), FLOAT_WITH("74 352e393630343634343737353339303633652d38"),
         CTRACE_LENIENCY_FLOAT_NUMBER},
        {FLOAT_WITH("f9 fc00"), FLOAT_WITH("64 2d696e66"), CTRACE_LENIENCY_FLOAT_NUMBER},
        {FLOAT_WITH("f9 7e00"), FLOAT_WITH("63 4e614e"), CTRACE_LENIENCY_FLOAT_NUMBER},
        {FLOAT_WITH("02"), FLOAT_WITH("61 32"), CTRACE_LENIENCY_FLOAT_NUMBER},
        {FLOAT_WITH("39 0001"), FLOAT_WITH("62 2d32"), CTRACE_LENIENCY_FLOAT_NUMBER},
        {FLOAT_WITH("f6"), FLOAT_WITH("63 4e614e"), CTRACE_LENIENCY_FLOAT_NULL},
        {FLOAT_WITH("7f 62 322e 61 35 ff"), RETURN FLOAT_2_5, CTRACE_LENIENCY_TEXT_CHUNKED},
        {FLOAT_WITH("43 322e35"), RETURN FLOAT_2_5, CTRACE_LENIENCY_TEXT_AS_BYTES},
        {FLOAT_WITH("64 31653232"), FLOAT_WITH("64 31653232"), NO_LENIENCY},
        /* integers */
        {INT_WITH("61 35"), RETURN INT_5, CTRACE_LENIENCY_INT_TEXT},
        {INT_WITH("1b 8000000000000000"), BIG_WITH("6c 67414141414141414141413d"),
         CTRACE_LENIENCY_INT_BIG},
        {INT_WITH("3b 8000000000000000"), NEGATIVE_BIG_WITH("6c 67414141414141414141453d"),
         CTRACE_LENIENCY_INT_BIG},
        {INT_WITH("c2 49 010000000000000000"), BIG_WITH("6c 415141414141414141414141"), CTRACE_LENIENCY_INT_BIG},
        {INT_WITH("c3 49 00ffffffffffffffff"), NEGATIVE_BIG_WITH("6c 415141414141414141414141"),
         CTRACE_LENIENCY_INT_BIG},
        {INT_WITH("74 3138343436373434303733373039353531363136"), BIG_WITH("6c 415141414141414141414141"),
         CTRACE_LENIENCY_INT_BIG},
        /* big integers: raw, or their base64 */
        {BIG_WITH("49 010000000000000000"), BIG_WITH("6c 415141414141414141414141"), CTRACE_LENIENCY_BIG_INT_BYTES},
        {BIG_WITH("4c 415141414141414141414141"), BIG_WITH("6c 415141414141414141414141"),
         CTRACE_LENIENCY_BIG_INT_BYTES},
        {BIG_WITH("40"), BIG_WITH("60"), CTRACE_LENIENCY_BIG_INT_BYTES},
        {BIG_WITH("5f 41 01 42 00ff ff"), BIG_WITH("64 4151442f"), CTRACE_LENIENCY_TEXT_CHUNKED},
        {BIG_WITH("f6"), BIG_WITH("60"), CTRACE_LENIENCY_TEXT_NULL},
        {BIG_WITH("62 4151"), BIG_WITH("64 41513d3d"), CTRACE_LENIENCY_BASE64_UNPADDED},
        /* texts */
        {STRING_WITH("42 6869"), STRING_WITH("62 6869"), CTRACE_LENIENCY_TEXT_AS_BYTES},
        {STRING_WITH("42 68ff"), STRING_WITH("64 68efbfbd"), CTRACE_LENIENCY_TEXT_INVALID},
        {STRING_WITH("63 61c328"), STRING_WITH("65 61efbfbd28"), CTRACE_LENIENCY_TEXT_INVALID},
        {STRING_WITH("7f 61 68 60 61 69 ff"), STRING_WITH("62 6869"), CTRACE_LENIENCY_TEXT_CHUNKED},
        {STRING_WITH("7f 61 c3 61 a9 ff"), STRING_WITH("62 c3a9"), CTRACE_LENIENCY_TEXT_CHUNKED},
        {STRING_WITH("78 02 6869"), STRING_WITH("62 6869"), NO_LENIENCY},
        {STRING_WITH("7b 0000000000000002 6869"), STRING_WITH("62 6869"), NO_LENIENCY},
        {STRING_WITH("f6"), STRING_WITH("60"), CTRACE_LENIENCY_TEXT_NULL},
        /* lists */
        {SEQUENCE_WITH("9f " INT_5 " ff"), SEQUENCE_WITH("81 " INT_5), NO_LENIENCY},
        {SEQUENCE_WITH("f6"), SEQUENCE_WITH("80"), CTRACE_LENIENCY_LIST_NULL},
        {SEQUENCE_WITH("81 f6"), SEQUENCE_WITH("81 " NONE_0), CTRACE_LENIENCY_VALUE_NULL},
        {SEQUENCE_WITH("81 f7"), SEQUENCE_WITH("81 " NONE_0), CTRACE_LENIENCY_VALUE_NULL},
        {RETURN "83 63 496e74 05 01", RETURN INT_5, CTRACE_LENIENCY_RECORD_AS_LIST},
        {RETURN "a3 61 69 05 " KIND "63 496e74 " TYPE_1, RETURN INT_5, NO_LENIENCY},
        {RETURN "bf " KIND "63 496e74 61 69 05 " TYPE_1 " ff", RETURN INT_5, NO_LENIENCY},
        {RETURN "a2 " KIND "64 4e6f6e65 67 747970655f6964 00", RETURN NONE_0, NO_LENIENCY},
        {RETURN "a1 " KIND "64 4e6f6e65", RETURN NONE_0, CTRACE_LENIENCY_FIELD_MISSING},
        /* what one producer alone has */
        {RETURN "a4 " KIND "64 426f6f6c 61 62 f5 64 74657874 64 74727565 " TYPE_1,
         RETURN "a3 " KIND "64 426f6f6c 61 62 f5 " TYPE_1, NO_LENIENCY},
        {RETURN "a4 " KIND "66 537472756374 6c 6669656c645f76616c756573 81 " INT_5 " 6b 6669656c645f6e616d6573 81 61 78 " TYPE_1,
         RETURN "a3 " KIND "66 537472756374 6c 6669656c645f76616c756573 81 " INT_5 " " TYPE_1, NO_LENIENCY},
        {RETURN "a3 " KIND "63 536574 67 6d656d62657273 81 " INT_5 " " TYPE_1, SEQUENCE_WITH("81 " INT_5),
         CTRACE_LENIENCY_VALUE_KIND_OTHER},
        {RETURN "a4 " KIND "64 456e756d 64 6e616d65 61 42 67 6f7264696e616c 05 " TYPE_1,
         RETURN "a4 " KIND "67 56617269616e74 6d 6469736372696d696e61746f72 61 42 68 636f6e74656e7473 " INT_5 " " TYPE_1,
         CTRACE_LENIENCY_VALUE_KIND_OTHER},
        {RETURN "d90100 07", RETURN "a3 " KIND "63 526177 61 72 67 3c72656620373e 67 747970655f6964 00",
         CTRACE_LENIENCY_VALUE_SHARED},
        {RETURN "d81c " INT_5, RETURN INT_5, CTRACE_LENIENCY_TAG_UNKNOWN},
        /* types */
        {TYPE_WITH("63 496e74", INFO_NONE), TYPE_WITH("07", INFO_NONE), CTRACE_LENIENCY_KIND_AS_NAME},
        {TYPE_WITH("1822", INFO_NONE), TYPE_WITH("1822", INFO_NONE), CTRACE_LENIENCY_KIND_UNKNOWN},
        {TYPE_WITH("07", "f6"), TYPE_WITH("07", INFO_NONE), CTRACE_LENIENCY_TYPE_INFO_NULL},
        {TYPE_WITH("07", "81 64 4e6f6e65"), TYPE_WITH("07", INFO_NONE), CTRACE_LENIENCY_RECORD_AS_LIST},
        {TYPE_WITH("07", "bf 64 6b696e64 64 4e6f6e65 ff"), TYPE_WITH("07", INFO_NONE), NO_LENIENCY},
        /* assignments */
        {ASSIGN(SIMPLE_3), ASSIGN(SIMPLE_3), NO_LENIENCY},
        {ASSIGN("a2 " KIND "66 53696d706c65 61 30 03"), ASSIGN(SIMPLE_3), CTRACE_LENIENCY_RVALUE_OLD},
        {ASSIGN("82 66 53696d706c65 03"), ASSIGN(SIMPLE_3), CTRACE_LENIENCY_RECORD_AS_LIST},
        {ASSIGN("83 " COMPOUND " 01 02"), ASSIGN("a2 " KIND COMPOUND " 64 64617461 82 01 02"),
         CTRACE_LENIENCY_RVALUE_OLD},
        {ASSIGN("9f " COMPOUND " 01 02 ff"), ASSIGN("a2 " KIND COMPOUND " 64 64617461 82 01 02"),
         CTRACE_LENIENCY_RVALUE_OLD},
        {ASSIGN("82 " COMPOUND " 82 01 02"), ASSIGN("a2 " KIND COMPOUND " 64 64617461 82 01 02"),
         CTRACE_LENIENCY_RECORD_AS_LIST},
        {ASSIGN("81 " COMPOUND), ASSIGN("a2 " KIND COMPOUND " 64 64617461 80"), CTRACE_LENIENCY_RVALUE_OLD},
        {ASSIGN("a2 64 64617461 03 " KIND "66 53696d706c65"), ASSIGN(SIMPLE_3), NO_LENIENCY},
        {ASSIGN("a2 " KIND "67 4c69746572616c 64 64617461 f6"), ASSIGN("a1 " KIND "67 4c69746572616c"), NO_LENIENCY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_hex_reads_as(cases[i].hex, cases[i].usual, cases[i].leniency);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        ctrace_status status;
        const char *message;
    } cases[] = {
        {"00", CTRACE_EVENT, "event: expected a map, found the number 0"},
        {"80", CTRACE_EVENT, "event: expected a map, found a list"},
        {"a0", CTRACE_EVENT, "event: expected an event in the map, found a map"},
        {"64 53746570", CTRACE_EVENT, "event: expected a map, found the text \"Step\""},
        {"a1 64 53746f70 00", CTRACE_EVENT, "event: expected the name of an event, found the text \"Stop\""},
        {"a1 64 53746570 00", CTRACE_EVENT, "Step: expected a map, found the number 0"},
        {"a1 64 53746570 a1 67 706174685f6964 00", CTRACE_EVENT,
         "Step: expected the field \"line\", found the end without it"},
        {"a1 64 53746570 a2 67 706174685f6964 20 64 6c696e65 03", CTRACE_EVENT,
         "Step.path_id: expected an unsigned integer of 64 bits, found the number -1"},
        {"a1 64 53746570 a2 67 706174685f6964 00 64 6c696e65 1b ffffffffffffffff", CTRACE_EVENT,
         "Step.line: expected an integer of 64 bits, found the number 18446744073709551615"},
        {"a1 64 53746570 a2 67 706174685f6964 00 64 6c696e65 f5", CTRACE_EVENT,
         "Step.line: expected an integer of 64 bits, found true"},
        {"a1 64 53746570 83 00 03 04", CTRACE_EVENT, "Step: expected the end of the list, found the number 4"},
        {"a2 64 53746570 82 00 03 64 53746570 82 00 03", CTRACE_EVENT,
         "Step: expected the end of the event, found another name beside it"},
        {RETURN "a1 " KIND "65 4f74686572", CTRACE_EVENT,
         "value.kind: expected the name of a kind, found the text \"Other\""},
        {RETURN "a1 61 69 05", CTRACE_EVENT, "value: expected the field \"kind\", found a map without it"},
        {RETURN "05", CTRACE_EVENT, "value: expected a map, found the number 5"},
        {FLOAT_WITH("61 78"), CTRACE_EVENT, "Float.f: expected a float, found the text \"x\""},
        {FLOAT_WITH("80"), CTRACE_EVENT, "Float.f: expected a float, found a list"},
        {BIG_WITH("61 2a"), CTRACE_EVENT, "BigInt.b: expected bytes in base64, found the text \"*\""},
        {INT_WITH("61 78"), CTRACE_EVENT, "Int.i: expected an integer, found the text \"x\""},
        {ASSIGN("a1 " KIND "66 53696d706c65"), CTRACE_EVENT,
         "from: expected what Simple holds, found the end without it"},
        {"ff", CTRACE_SYNTAX, "expected an item, found the byte 0xFF"},
        {"a1 64 53746570 1c", CTRACE_SYNTAX, "expected an item, found the byte 0x1C"},
        {STRING_WITH("7f 41 68 ff"), CTRACE_SYNTAX, "expected a piece of the string, found the byte 0x41"},
        {STRING_WITH("7f 7f ff ff"), CTRACE_SYNTAX, "expected a piece of the string, found the byte 0x7F"},
        {"9b ffffffffffffffff", CTRACE_SYNTAX, "expected fewer items, found the byte 0x9B"},
        {"a1 64 53746570 bf 64 6c696e65 ff", CTRACE_SYNTAX, NULL},
        {"7b ffffffffffffffff", CTRACE_TRUNCATED, NULL},
        {STRING_WITH("7b 7fffffffffffffff 61"), CTRACE_TRUNCATED, NULL},
        {SEQUENCE_WITH("9a ffffffff"), CTRACE_TRUNCATED, NULL},
        {"", CTRACE_TRUNCATED, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char message[256];
        ctrace_status status = decode_hex(cases[i].hex, message);
        if (status != cases[i].status)
            print_message("%s: %s %s\n", cases[i].hex, ctrace_status_name(status), message);
        assert_int_equal(status, cases[i].status);
        if (cases[i].message)
            assert_string_equal(message, cases[i].message);
    }
}

/* A list in a list in a list … */
static void test_depth(void **state)
{
    (void)state;
    for (size_t depth = 1; depth <= 501; depth += 100) {
        ctrace_value *values = calloc(depth, sizeof *values);
        assert_non_null(values);
        for (size_t i = 0; i < depth; i++)
            values[i] = (ctrace_value){.kind = i % 2 ? CTRACE_VALUE_VARIANT : CTRACE_VALUE_SEQUENCE,
                                       .span = (uint32_t)(depth - i),
                                       .count = i + 1 < depth,
                                       .text = CTRACE_STR("v")};
        values[depth - 1].kind = CTRACE_VALUE_SEQUENCE;
        ctr_buffer out = {0};
        ctrace_event event = {.kind = CTRACE_EVENT_RETURN, .returned = {values}};
        encode(&out, &event, CTR_CBOR_BIN, CTR_CBOR_FLOAT_TEXT);
        input in = input_of(out.data, out.size);
        ctr_cbor_decoder d;
        ctr_cbor_decoder_init(&d, 500, NULL);
        ctrace_event read;
        ctrace_status status = ctr_cbor_decode_event(&d, in.data, in.end, &read);
        assert_int_equal(status, depth <= 500 ? CTRACE_OK : CTRACE_TOO_DEEP);
        assert_ptr_equal(d.after, in.end);
        if (depth <= 500)
            assert_int_equal(read.returned.return_value->span, depth);
        ctr_cbor_decoder_free(&d);
        ctr_buffer_free(&out);
        free(in.data);
        free(values);
    }
}

/* Fields that nobody knows may nest without any bound, of known size and of open size. */
static void test_deep_unknown_fields(void **state)
{
    (void)state;
    enum { DEPTH = 60000 };
    for (int is_open = 0; is_open < 2; is_open++) {
        char head[64];
        size_t size = from_hex("a1 64 53746570 a3 67 706174685f6964 00 64 6c696e65 03 61 78", head);
        char *data = malloc(size + 2 * DEPTH + 1);
        assert_non_null(data);
        memcpy(data, head, size);
        memset(data + size, is_open ? 0x9F : 0x81, DEPTH);
        memset(data + size + DEPTH, 0xFF, DEPTH);
        data[size + DEPTH] = is_open ? (char)0xFF : 0;
        size += is_open ? 2 * DEPTH : DEPTH + 1;
        char usual[64];
        size_t usual_size = from_hex(STEP_0_3, usual);
        assert_reads_as(data, size, usual, usual_size, CTRACE_LENIENCY_FIELD_UNKNOWN);
        free(data);
    }
}

/* Every cut is told as one; every changed byte gives another event or a failure, and nothing is read beyond. */
static void test_cut_and_changed_bytes(void **state)
{
    (void)state;
    ctr_cbor_decoder d;
    ctr_cbor_decoder_init(&d, 10, NULL);
    for (size_t i = 0; i < EVERY_EVENT_COUNT; i++)
        for (int style = CTR_CBOR_BIN; style <= CTR_CBOR_CT; style++) {
            ctr_buffer out = {0};
            encode(&out, &every_event[i], (ctr_cbor_style)style, CTR_CBOR_FLOAT_NUMBER);
            ctrace_event event;
            for (size_t size = 0; size < out.size; size++) {
                input in = input_of(out.data, size);
                assert_int_equal(ctr_cbor_decode_event(&d, in.data, in.end, &event), CTRACE_TRUNCATED);
                free(in.data);
            }
            for (size_t at = 0; at < out.size; at++)
                for (unsigned change = 1; change < 256; change += change < 8 ? 1 : 13) {
                    input in = input_of(out.data, out.size);
                    in.data[at] = (char)((unsigned char)in.data[at] ^ change);
                    ctrace_status status = ctr_cbor_decode_event(&d, in.data, in.end, &event);
                    assert_true(status <= 0);
                    if (status == CTRACE_OK)
                        assert_true(d.after > in.data && d.after <= in.end);
                    free(in.data);
                }
            ctr_buffer_free(&out);
        }
    ctr_cbor_decoder_free(&d);
}

/* Random bytes put into events. */
static void test_random_bytes(void **state)
{
    (void)state;
    uint64_t random = 1;
    ctr_cbor_decoder d;
    ctr_cbor_decoder_init(&d, 10, NULL);
    ctr_buffer out = {0};
    encode(&out, &every_event[EVERY_EVENT_COUNT - 1], CTR_CBOR_BIN, CTR_CBOR_FLOAT_TEXT);
    for (int round = 0; round < 20000; round++) {
        input in = input_of(out.data, out.size);
        for (int change = 0; change < 3; change++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            in.data[(random >> 33) % out.size] = (char)(random >> 24);
        }
        ctrace_event event;
        ctrace_status status = ctr_cbor_decode_event(&d, in.data, in.end, &event);
        if (status == CTRACE_OK) {
            ctr_buffer again = {0};
            ctr_cbor_encoder e;
            ctr_cbor_encoder_init(&e, CTR_CBOR_BIN, CTR_CBOR_FLOAT_TEXT);
            assert_true(ctr_cbor_encode_event(&e, &again, &event));
            ctr_buffer_free(&again);
        }
        free(in.data);
    }
    ctr_buffer_free(&out);
    ctr_cbor_decoder_free(&d);
}

/* Parts stay until they are forgotten. */
static void test_parts(void **state)
{
    (void)state;
    ctr_cbor_encoder e;
    ctr_cbor_encoder_init(&e, CTR_CBOR_CT, CTR_CBOR_FLOAT_TEXT);
    ctr_buffer args = {0}, value = {0}, type = {0}, info = {0}, assignment = {0}, rvalue = {0};
    const ctrace_event *typed = &every_event[4], *assigned = &every_event[17];
    assert_true(ctr_cbor_encode_args(&e, &args, every_argument, 3));
    assert_true(ctr_cbor_encode_value(&e, &value, every_value));
    assert_true(ctr_cbor_encode_type(&e, &type, &typed->type));
    assert_true(ctr_cbor_encode_type_info(&e, &info, &typed->type.specific_info));
    assert_true(ctr_cbor_encode_assignment(&e, &assignment, &assigned->assignment));
    assert_true(ctr_cbor_encode_rvalue(&e, &rvalue, &assigned->assignment.from));
    input in[] = {input_of(args.data, args.size),         input_of(value.data, value.size),
                  input_of(type.data, type.size),         input_of(info.data, info.size),
                  input_of(assignment.data, assignment.size), input_of(rvalue.data, rvalue.size)};
    ctr_cbor_decoder d;
    ctr_cbor_decoder_init(&d, 10, NULL);
    for (int round = 0; round < 2; round++) {
        const ctrace_argument *read_args;
        size_t count;
        const ctrace_value *values[20];
        ctrace_type_event read_type;
        ctrace_type_info read_info;
        ctrace_assignment_event read_assignment;
        ctrace_rvalue read_rvalue;
        assert_int_equal(ctr_cbor_decode_args(&d, in[0].data, in[0].end, &read_args, &count), CTRACE_OK);
        for (size_t i = 0; i < 20; i++)
            assert_int_equal(ctr_cbor_decode_value(&d, in[1].data, in[1].end, &values[i]), CTRACE_OK);
        assert_int_equal(ctr_cbor_decode_type(&d, in[2].data, in[2].end, &read_type), CTRACE_OK);
        assert_int_equal(ctr_cbor_decode_type_info(&d, in[3].data, in[3].end, &read_info), CTRACE_OK);
        assert_int_equal(ctr_cbor_decode_assignment(&d, in[4].data, in[4].end, &read_assignment), CTRACE_OK);
        assert_int_equal(ctr_cbor_decode_rvalue(&d, in[5].data, in[5].end, &read_rvalue), CTRACE_OK);
        /* Written again they are the same. */
        ctr_buffer again = {0};
        assert_true(ctr_cbor_encode_args(&e, &again, read_args, count));
        assert_int_equal(again.size, args.size);
        assert_memory_equal(again.data, args.data, args.size);
        for (size_t i = 0; i < 20; i++) {
            again.size = 0;
            assert_true(ctr_cbor_encode_value(&e, &again, values[i]));
            assert_int_equal(again.size, value.size);
            assert_memory_equal(again.data, value.data, value.size);
        }
        again.size = 0;
        assert_true(ctr_cbor_encode_type(&e, &again, &read_type));
        assert_int_equal(again.size, type.size);
        assert_memory_equal(again.data, type.data, type.size);
        again.size = 0;
        assert_true(ctr_cbor_encode_type_info(&e, &again, &read_info));
        assert_int_equal(again.size, info.size);
        assert_memory_equal(again.data, info.data, info.size);
        again.size = 0;
        assert_true(ctr_cbor_encode_assignment(&e, &again, &read_assignment));
        assert_int_equal(again.size, assignment.size);
        assert_memory_equal(again.data, assignment.data, assignment.size);
        again.size = 0;
        assert_true(ctr_cbor_encode_rvalue(&e, &again, &read_rvalue));
        assert_int_equal(again.size, rvalue.size);
        assert_memory_equal(again.data, rvalue.data, rvalue.size);
        ctr_buffer_free(&again);
        ctr_cbor_decoder_reset(&d);
    }
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        for (const char *end = in[i].data; end < in[i].end; end++) {
            const ctrace_argument *read_args;
            size_t count;
            const ctrace_value *read;
            ctrace_type_event read_type;
            ctrace_assignment_event read_assignment;
            ctrace_rvalue read_rvalue;
            ctrace_type_info read_info;
            ctrace_status status = i == 0   ? ctr_cbor_decode_args(&d, in[i].data, end, &read_args, &count)
                                   : i == 1 ? ctr_cbor_decode_value(&d, in[i].data, end, &read)
                                   : i == 2 ? ctr_cbor_decode_type(&d, in[i].data, end, &read_type)
                                   : i == 3 ? ctr_cbor_decode_type_info(&d, in[i].data, end, &read_info)
                                   : i == 4 ? ctr_cbor_decode_assignment(&d, in[i].data, end, &read_assignment)
                                            : ctr_cbor_decode_rvalue(&d, in[i].data, end, &read_rvalue);
            assert_int_equal(status, CTRACE_TRUNCATED);
        }
    ctr_cbor_decoder_free(&d);
    ctr_buffer *buffers[] = {&args, &value, &type, &info, &assignment, &rvalue};
    for (size_t i = 0; i < 6; i++) {
        ctr_buffer_free(buffers[i]);
        free(in[i].data);
    }
}

static void test_without_memory(void **state)
{
    (void)state;
    bool done = false;
    for (size_t until = 0; !done; until++) {
        limited_memory memory = {until, 0};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctr_cbor_encoder e;
        ctr_cbor_encoder_init(&e, CTR_CBOR_CT, CTR_CBOR_FLOAT_TEXT);
        ctr_buffer out = {.allocator = &allocator};
        ctr_cbor_decoder d;
        ctr_cbor_decoder_init(&d, 10, &allocator);
        done = true;
        for (size_t i = 0; done && i < EVERY_EVENT_COUNT; i++) {
            out.size = 0;
            done = ctr_cbor_encode_event(&e, &out, &every_event[i]);
            if (!done)
                break;
            input in = input_of(out.data, out.size);
            ctrace_event event;
            ctrace_status status = ctr_cbor_decode_event(&d, in.data, in.end, &event);
            assert_true(status == CTRACE_OK || status == CTRACE_NO_MEMORY);
            done = status == CTRACE_OK;
            free(in.data);
        }
        if (done) {
            out.size = 0;
            done = ctr_cbor_encode_args(&e, &out, every_argument, 3);
            input in = input_of(out.data, done ? out.size : 0);
            const ctrace_argument *args;
            size_t count;
            if (done) {
                ctrace_status status = ctr_cbor_decode_args(&d, in.data, in.end, &args, &count);
                assert_true(status == CTRACE_OK || status == CTRACE_NO_MEMORY);
                done = status == CTRACE_OK;
            }
            free(in.data);
        }
        ctr_cbor_decoder_free(&d);
        ctr_buffer_free(&out);
        assert_int_equal(memory.held, 0);
        assert_true(until < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_fields_of_an_event),
        cmocka_unit_test(test_every_event_there_and_back),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_floats_as_raw),
        cmocka_unit_test(test_style_of_containers),
        cmocka_unit_test(test_mended_texts),
        cmocka_unit_test(test_dialects),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_deep_unknown_fields),
        cmocka_unit_test(test_cut_and_changed_bytes),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
