/* write_everything FOLDER text|number [FORM]: writes every event and every value through the public API, each group into
 * a folder of its own below FOLDER, floats spelled as told, in JSON or the form of that name.
 * write_everything copy IN OUT text|number [FORM]: writes the events of one trace again, exactly as they were read. */
#include <ctrace/ctrace.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S(literal) CTRACE_STR(literal)
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const ctrace_str main_path = {"/src/main.lua", 13};

typedef struct scenario {
    const char *name;
    void (*fill)(ctrace_writer *w);
    uint32_t without; /* conveniences */
} scenario;

static ctrace_str str(const char *text)
{
    return (ctrace_str){text, strlen(text)};
}

static void begin(ctrace_writer *w)
{
    ctrace_writer_start(w, main_path, 1);
    ctrace_step(w, 0, 1);
}

static void local(ctrace_writer *w, const char *name)
{
    ctrace_begin_local(w, ctrace_variable(w, str(name)));
}

static void empty(ctrace_writer *w)
{
    (void)w;
}

static void only_start(ctrace_writer *w)
{
    ctrace_writer_start(w, main_path, 1);
}

/* What a small recorder writes: calls with arguments, locals, results, output, a log, assembly. */
static void program(ctrace_writer *w)
{
    begin(w);
    ctrace_id path = ctrace_path(w, main_path);
    ctrace_id other = ctrace_path(w, S("/src/other.lua"));
    ctrace_id twice = ctrace_function(w, other, 3, S("twice"));
    ctrace_id overload = ctrace_function(w, other, 30, S("twice"));
    for (int64_t i = 0; i < 3; i++) {
        ctrace_step(w, path, 2);
        local(w, "i");
        ctrace_put_int(w, CTRACE_ID_NONE, i);
        ctrace_begin_arg(w, ctrace_variable(w, S("number")));
        ctrace_put_int(w, CTRACE_ID_NONE, i);
        ctrace_begin_arg(w, ctrace_variable(w, S("options")));
        ctrace_put_none(w, CTRACE_ID_NONE);
        ctrace_call(w, i == 1 ? overload : twice);
        ctrace_step(w, other, 4);
        ctrace_begin_return(w);
        ctrace_put_int(w, CTRACE_ID_NONE, 2 * i);
        ctrace_log(w, CTRACE_LOG_WRITE, S("stdout"), S("printed\n"));
    }
    ctrace_asm(w, (ctrace_str[]){S("mov eax, edi"), S("ret")}, 2);
    ctrace_asm(w, NULL, 0);
    ctrace_call(w, twice);
    ctrace_return(w);
    ctrace_call(w, twice); /* closing returns from it */
}

static void kinds(ctrace_writer *w)
{
    begin(w);
#define X(number, name, text) ctrace_type(w, CTRACE_TYPE_##name, S("type " text));
    CTRACE_TYPE_KINDS(X)
#undef X
    ctrace_id integer = ctrace_type(w, CTRACE_TYPE_INT, S("int"));
    ctrace_field fields[] = {{S("x"), integer}, {S(""), integer}};
    ctrace_struct_type(w, S("Point"), fields, COUNT(fields));
    ctrace_struct_type(w, S("Empty"), NULL, 0);
    ctrace_pointer_type(w, S("*int"), integer);
#define X(number, name, text) ctrace_log(w, CTRACE_LOG_##name, S("metadata of " text), S("content of " text));
    CTRACE_LOG_KINDS(X)
#undef X
    ctrace_log(w, CTRACE_LOG_WRITE, S(""), S(""));
}

/* Every kind of value but Char and floats that are not finite, which not every reader takes. */
static void put_nth_value(ctrace_writer *w, size_t n)
{
    ctrace_id type = CTRACE_ID_NONE;
    ctrace_id any = ctrace_type(w, CTRACE_TYPE_ANY, S("anything"));
    switch (n) {
    case 0: ctrace_put_int(w, type, 0); break;
    case 1: ctrace_put_int(w, type, INT64_MAX); break;
    case 2: ctrace_put_int(w, type, INT64_MIN); break;
    case 3: ctrace_put_uint(w, type, UINT64_MAX); break; /* becomes a BigInt */
    case 4: ctrace_put_float(w, type, 2.5); break;
    case 5: ctrace_put_bool(w, type, true); break;
    case 6: ctrace_put_bool(w, type, false); break;
    case 7: ctrace_put_string(w, type, S("")); break;
    case 8: ctrace_put_string(w, type, S("text with \"quotes\", \\ and \n")); break;
    case 9: ctrace_put_raw(w, any, S("<raw>")); break;
    case 10: ctrace_put_error(w, any, S("went wrong")); break;
    case 11: ctrace_put_none(w, type); break;
    case 12: ctrace_put_none(w, any); break;
    case 13: ctrace_put_cell(w, -1); break;
    case 14: ctrace_put_cell(w, INT64_MAX); break;
    case 15: ctrace_put_sequence(w, any, 0, false); ctrace_put_end(w); break;
    case 16:
        ctrace_put_sequence(w, any, 2, true);
        ctrace_put_int(w, type, 1);
        ctrace_put_string(w, type, S("two"));
        ctrace_put_end(w);
        break;
    case 17: ctrace_put_tuple(w, any, 0); ctrace_put_end(w); break;
    case 18:
        ctrace_put_tuple(w, any, 2);
        ctrace_put_bool(w, type, true);
        ctrace_put_none(w, type);
        ctrace_put_end(w);
        break;
    case 19: ctrace_put_struct(w, any, 0); ctrace_put_end(w); break;
    case 20:
        ctrace_put_struct(w, any, 1);
        ctrace_put_struct(w, any, 1);
        ctrace_put_cell(w, 3);
        ctrace_put_end(w);
        ctrace_put_end(w);
        break;
    case 21:
        ctrace_put_variant(w, any, S("Some"));
        ctrace_put_int(w, type, 1);
        ctrace_put_end(w);
        break;
    case 22:
        ctrace_put_reference(w, any, UINT64_MAX, true);
        ctrace_put_none(w, type);
        ctrace_put_end(w);
        break;
    case 23:
        ctrace_put_reference(w, any, 0, false);
        ctrace_put_variant(w, any, S(""));
        ctrace_put_error(w, any, S(""));
        ctrace_put_end(w);
        ctrace_put_end(w);
        break;
    default: break;
    }
}

enum { VALUES = 24 };

static void values(ctrace_writer *w)
{
    begin(w);
    ctrace_id take = ctrace_function(w, 0, 9, S("take"));
    for (size_t i = 0; i < VALUES; i++) {
        local(w, "value");
        put_nth_value(w, i);
    }
    for (size_t i = 0; i < VALUES; i++) {
        ctrace_begin_arg(w, ctrace_variable(w, S("argument")));
        put_nth_value(w, i);
    }
    ctrace_call(w, take);
    for (size_t i = 0; i < VALUES; i++) {
        ctrace_call(w, take);
        ctrace_begin_return(w);
        put_nth_value(w, i);
    }
    /* all of them inside one */
    local(w, "all");
    ctrace_put_sequence(w, ctrace_type(w, CTRACE_TYPE_SEQ, S("list")), VALUES, false);
    for (size_t i = 0; i < VALUES; i++)
        put_nth_value(w, i);
    ctrace_put_end(w);
    /* a value that is kept and put again */
    ctrace_kept *kept = ctrace_kept_new(w);
    ctrace_begin_kept(w, kept);
    put_nth_value(w, 16);
    for (int i = 0; i < 2; i++) {
        local(w, "kept");
        ctrace_put_kept(w, kept);
    }
    local(w, "given up");
    ctrace_put_sequence(w, 0, 2, false);
    ctrace_cancel_value(w);
    ctrace_kept_free(kept);
}

static void floats_finite(ctrace_writer *w)
{
    static const double floats[] = {0.0, -0.0, 1.0, -1.0, 0.1, -0.5, 1.0 / 3.0, 123456789.0, 1e15, 1e16, 1e17, 1e21, 1e22,
        1e100, 1e-4, 1e-5, 1e-7, 1e-100, 2.2250738585072014e-308, 5e-324, 1.7976931348623157e308,
        -1.7976931348623157e308, 2.220446049250313e-16, 9007199254740993.0, 4.35, 0.3, 2.0 / 3.0};
    begin(w);
    for (size_t i = 0; i < COUNT(floats); i++) {
        local(w, "f");
        ctrace_put_float(w, CTRACE_ID_NONE, floats[i]);
    }
}

static void floats_special(ctrace_writer *w)
{
    begin(w);
    local(w, "f");
    ctrace_put_float(w, CTRACE_ID_NONE, NAN);
    local(w, "f");
    ctrace_put_float(w, CTRACE_ID_NONE, INFINITY);
    local(w, "f");
    ctrace_put_float(w, CTRACE_ID_NONE, -INFINITY);
}

static void big_ints(ctrace_writer *w)
{
    uint8_t magnitude[300];
    static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 10, 11, 12, 299, 300};
    begin(w);
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int fill = 0; fill < 3; fill++) {
            memset(magnitude, fill == 0 ? 0 : 255, sizeof magnitude);
            if (fill == 1)
                magnitude[0] = 1;
            for (int negative = 0; negative < 2; negative++) {
                local(w, "n");
                ctrace_put_big_int(w, CTRACE_ID_NONE, magnitude, sizes[i], negative);
            }
        }
}

static void chars(ctrace_writer *w)
{
    static const uint32_t points[] = {'a', 0, '"', '\n', 0x7f, 0xe9, 0x7ff, 0x800, 0x2028, 0xfffd, 0x1f600, 0x10ffff};
    begin(w);
    for (size_t i = 0; i < COUNT(points); i++) {
        local(w, "c");
        ctrace_put_char(w, CTRACE_ID_NONE, points[i]);
    }
}

/* As deep as the writer goes, and deeper, which it cuts. */
static void deep(ctrace_writer *w)
{
    begin(w);
    ctrace_id type = ctrace_type(w, CTRACE_TYPE_SEQ, S("list"));
    ctrace_id take = ctrace_function(w, 0, 9, S("take"));
    for (int depth = 58; depth <= 64; depth++)
        for (int kind = 0; kind < 5; kind++) {
            ctrace_begin_arg(w, ctrace_variable(w, S("deep")));
            for (int pass = 0; pass < 2; pass++) {
                for (int i = 0; i < depth; i++)
                    switch (kind) {
                    case 0: ctrace_put_sequence(w, type, i + 1 < depth, false); break;
                    case 1: ctrace_put_tuple(w, type, i + 1 < depth); break;
                    case 2: ctrace_put_struct(w, type, i + 1 < depth); break;
                    case 3: ctrace_put_variant(w, type, S("Some")); break;
                    default: ctrace_put_reference(w, type, 1, false); break;
                    }
                if (kind >= 3)
                    ctrace_put_int(w, CTRACE_ID_NONE, depth);
                for (int i = 0; i < depth; i++)
                    ctrace_put_end(w);
                if (pass == 0) {
                    ctrace_call(w, take);
                    ctrace_begin_return(w);
                }
            }
        }
}

/* Texts of every sort in every place that takes one, also such as are no text at all. */
static void texts(ctrace_writer *w)
{
    static const ctrace_str all[] = {
#define T(literal) {literal, sizeof(literal) - 1}
        T(""), T("é"), T("中文"), T("\xf0\x9f\x98\x80"), T("\x7f"), T("\xc2\x80"), T("\xe2\x80\xa8"), T("\xef\xbb\xbf"),
        T("a\"b\\c/d"), T("<>&"), T("\x01\x02\b\f\n\r\t\x1f"), T("nul \0 inside"), T("\xff\xfe"), T("cut \xe4\xb8"),
        T("surrogate \xed\xa0\x80"), T("overlong \xc0\xaf"), T("beyond \xf4\x90\x80\x80"),
#undef T
    };
    begin(w);
    ctrace_id string = ctrace_type(w, CTRACE_TYPE_STRING, S("строка"));
    for (size_t i = 0; i < COUNT(all); i++) {
        ctrace_id path = ctrace_path(w, all[i]);
        ctrace_id function = ctrace_function(w, path, (int64_t)i, all[i]);
        ctrace_id type = ctrace_type(w, CTRACE_TYPE_RAW, all[i]);
        ctrace_id variable = ctrace_variable(w, all[i]);
        ctrace_call(w, function);
        ctrace_begin_local(w, variable);
        ctrace_put_string(w, string, all[i]);
        ctrace_log(w, CTRACE_LOG_WRITE, all[i], all[i]);
        ctrace_asm(w, &all[i], 1);
        ctrace_begin_return(w);
        ctrace_put_variant(w, type, all[i]);
        ctrace_put_tuple(w, type, 2);
        ctrace_put_raw(w, type, all[i]);
        ctrace_put_error(w, type, all[i]);
        ctrace_put_end(w);
        ctrace_put_end(w);
    }
}

static void places(ctrace_writer *w)
{
    begin(w);
    ctrace_id list = ctrace_variable(w, S("list"));
    ctrace_id alias = ctrace_variable(w, S("alias"));
    ctrace_id type = ctrace_type(w, CTRACE_TYPE_SEQ, S("list"));
    ctrace_variable_cell(w, list, 1);
    ctrace_begin_compound(w, 1);
    ctrace_put_sequence(w, type, 2, false);
    ctrace_put_cell(w, 2);
    ctrace_put_cell(w, 3);
    ctrace_put_end(w);
    ctrace_begin_cell(w, 2);
    ctrace_put_int(w, CTRACE_ID_NONE, 20);
    ctrace_begin_cell(w, -3);
    ctrace_put_int(w, CTRACE_ID_NONE, 30);
    ctrace_assign_compound_item(w, 1, 1, 2);
    ctrace_assign_compound_item(w, INT64_MIN, INT64_MAX, INT64_MAX);
    ctrace_begin_assign_cell(w, 2);
    ctrace_put_int(w, CTRACE_ID_NONE, 21);
    ctrace_bind_variable(w, alias, 2);
    ctrace_drop_variable(w, alias);
    ctrace_drop_variables(w, (ctrace_id[]){list, alias}, 2);
    ctrace_drop_variables(w, NULL, 0);
    ctrace_event legacy = {.kind = CTRACE_EVENT_VARIABLE, .variable_name = S("legacy")};
    ctrace_writer_event(w, &legacy);
}

static void threads(ctrace_writer *w)
{
    static const uint64_t ids[] = {0, 1, UINT64_MAX};
    begin(w);
    for (size_t i = 0; i < COUNT(ids); i++) {
        ctrace_thread_start(w, ids[i]);
        ctrace_thread_switch(w, ids[i]);
        ctrace_step(w, 0, 2);
        ctrace_thread_exit(w, ids[i]);
    }
}

/* The first is taken back before it reaches the file, the second has reached it. */
static void drop_last_step(ctrace_writer *w)
{
    begin(w);
    ctrace_step(w, 0, 2);
    local(w, "gone");
    ctrace_put_int(w, CTRACE_ID_NONE, 1);
    ctrace_drop_last_step(w);
    ctrace_step(w, 0, 3);
    ctrace_writer_flush(w, NULL);
    ctrace_drop_last_step(w);
    ctrace_step(w, 0, INT64_MAX);
    ctrace_step(w, 0, INT64_MIN);
}

static void assignments(ctrace_writer *w)
{
    begin(w);
    ctrace_id a = ctrace_variable(w, S("a"));
    ctrace_id b = ctrace_variable(w, S("b"));
    ctrace_rvalue all[] = {
        {.kind = CTRACE_RVALUE_SIMPLE, .variable_id = b},
        {.kind = CTRACE_RVALUE_COMPOUND, .variable_ids = (ctrace_id[]){a, b}, .variable_count = 2},
        {.kind = CTRACE_RVALUE_COMPOUND},
        {.kind = CTRACE_RVALUE_LITERAL},
        {.kind = CTRACE_RVALUE_FIELD_ACCESS, .variable_id = b, .field = S("field")},
        {.kind = CTRACE_RVALUE_INDEX_ACCESS, .variable_id = b, .index = -1},
        {.kind = CTRACE_RVALUE_FUNCTION_RETURN, .call_key = 0},
    };
    for (size_t i = 0; i < COUNT(all); i++)
        ctrace_assign(w, a, i % 2 ? CTRACE_PASS_REFERENCE : CTRACE_PASS_VALUE, &all[i]);
}

/* Without conveniences: nothing is added to what is told. */
static void bare(ctrace_writer *w)
{
    ctrace_id path = ctrace_path(w, main_path);
    ctrace_id main_function = ctrace_function(w, path, 1, S("<module>"));
    ctrace_id none = ctrace_type(w, CTRACE_TYPE_NONE, S("None"));
    ctrace_call(w, main_function);
    ctrace_step(w, path, 1);
    ctrace_step(w, path, 2);
    ctrace_begin_return(w);
    ctrace_put_none(w, none);
}

static const scenario scenarios[] = {
    {"empty", empty, 0},
    {"only_start", only_start, 0},
    {"program", program, 0},
    {"kinds", kinds, 0},
    {"values", values, 0},
    {"floats_finite", floats_finite, 0},
    {"floats_special", floats_special, 0},
    {"big_ints", big_ints, 0},
    {"chars", chars, 0},
    {"deep", deep, 0},
    {"texts", texts, 0},
    {"places", places, 0},
    {"threads", threads, 0},
    {"drop_last_step", drop_last_step, 0},
    {"assignments", assignments, 0},
    {"bare", bare, CTRACE_CONVENIENCE_ALL},
};

static int complain(const char *what, const ctrace_error *error)
{
    fprintf(stderr, "write_everything: %s: %s (%s)\n", what, error->message, ctrace_status_name(error->status));
    return 1;
}

static int write_scenario(const char *folder, const scenario *s, ctrace_float_form floats, ctrace_form form)
{
    char path[4096];
    ctrace_error error = {0};
    ctrace_writer *w;
    ctrace_str args[] = {S("--flag"), S("ärg")};
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .form = form, .program = S("main.lua"), .args = args,
        .arg_count = COUNT(args), .workdir = S("/src"), .recorder = S("write_everything"), .floats = floats,
        .without = s->without | CTRACE_CONVENIENCE_COPY_FILES};
    if (snprintf(path, sizeof path, "%s/%s", folder, s->name) >= (int)sizeof path)
        return 1;
    if (ctrace_writer_open(&w, str(path), &options, &error) != CTRACE_OK)
        return complain(path, &error);
    s->fill(w);
    if (ctrace_writer_close(&w, &error) != CTRACE_OK)
        return complain(path, &error);
    printf("%s\n", s->name);
    return 0;
}

static int copy(const char *in, const char *out, ctrace_float_form floats, ctrace_form form)
{
    ctrace_error error = {0};
    ctrace_reader *reader;
    ctrace_writer *w;
    const ctrace_event *event;
    ctrace_status status;
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .floats = floats, .form = form, .max_depth = 500,
        .without = CTRACE_CONVENIENCE_ALL};
    if (ctrace_reader_open(&reader, str(in), NULL, &error) != CTRACE_OK)
        return complain(in, &error);
    if (ctrace_writer_open(&w, str(out), &options, &error) != CTRACE_OK) {
        ctrace_reader_close(&reader);
        return complain(out, &error);
    }
    while ((status = ctrace_reader_next(reader, &event, &error)) == CTRACE_OK)
        ctrace_writer_event(w, event);
    ctrace_reader_close(&reader);
    if (status != CTRACE_END) {
        ctrace_writer_close(&w, NULL);
        return complain(in, &error);
    }
    return ctrace_writer_close(&w, &error) == CTRACE_OK ? 0 : complain(out, &error);
}

int main(int count, char **arguments)
{
    ctrace_form form = CTRACE_FORM_JSON;
    if (count > 3 && ctrace_form_find(str(arguments[count - 1])) != CTRACE_FORM_COUNT)
        form = ctrace_form_find(str(arguments[--count]));
    const char *spelling = arguments[count - 1];
    bool number = strcmp(spelling, "number") == 0;
    ctrace_float_form floats = number ? CTRACE_FLOAT_NUMBER : CTRACE_FLOAT_TEXT;
    if (number || strcmp(spelling, "text") == 0) {
        if (count == 5 && strcmp(arguments[1], "copy") == 0)
            return copy(arguments[2], arguments[3], floats, form);
        if (count == 3) {
            for (size_t i = 0; i < COUNT(scenarios); i++)
                if (write_scenario(arguments[1], &scenarios[i], floats, form) != 0)
                    return 1;
            return 0;
        }
    }
    fprintf(stderr, "usage: write_everything FOLDER text|number [FORM]\n"
                    "       write_everything copy IN OUT text|number [FORM]\n");
    return 2;
}
