/* Texts between Ruby and libctrace. */
#include "extension.h"

VALUE ctrb_text(ctrace_str text)
{
    return rb_utf8_str_new(text.data, (long)text.size);
}

/* A String or Symbol as a String in UTF-8; what cannot be converted stays, the writer mends it. */
VALUE ctrb_utf8(VALUE text)
{
    if (RB_SYMBOL_P(text))
        text = rb_sym2str(text);
    StringValue(text);
    int index = rb_enc_get_index(text);
    if (index == rb_utf8_encindex() || index == rb_usascii_encindex() || index == rb_ascii8bit_encindex())
        return text;
    return rb_str_conv_enc(text, rb_enc_from_index(index), rb_utf8_encoding());
}

VALUE ctrb_utf8_list(VALUE list)
{
    list = rb_ary_dup(rb_convert_type(list, T_ARRAY, "Array", "to_ary"));
    for (long i = 0; i < RARRAY_LEN(list); i++)
        rb_ary_store(list, i, ctrb_utf8(RARRAY_AREF(list, i)));
    return list;
}
