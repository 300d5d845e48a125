/* The forms that there are. A further one is a folder with a decoder and an encoder, a line in ctrace/form.h and a line
 * in forms.c. */
#ifndef CTRACE_LIB_CODEC_FORMS_H
#define CTRACE_LIB_CODEC_FORMS_H

#include "codec/decoder.h"
#include "codec/encoder.h"

/* As many first bytes tell a form. */
#define CTR_FORM_HEAD 6

typedef struct ctr_form {
    ctr_decoder_open *open_decoder;
    ctr_encoder_open *open_encoder;
    bool seeks;   /* decoding needs a source that can go to any place */
    bool whole;   /* what was flushed is a whole trace */
    bool at_once; /* and was given to the sink in one write, or in several after each of which it is whole */
} ctr_form;

extern const ctr_form ctr_forms[CTRACE_FORM_COUNT];

/* The form of what begins with these bytes: what has no other mark is JSON. CTRACE_FORM_COUNT for a binary trace of an
 * unknown version. */
ctrace_form ctr_recognise(const char *head, size_t size);
/* Whether these are all bytes so far and too few to tell. */
bool ctr_is_unrecognised_yet(const char *head, size_t size);

#endif
