/* What looks like a password, a key or a token, by its name or by itself. Both take time linear in their text, and
 * allocate nothing. */
#ifndef CTRACE_LIB_FILTER_SECRETS_H
#define CTRACE_LIB_FILTER_SECRETS_H

#include "ctrace/common.h"

/* Whether what has this name is a secret: "api_key", "dbPassword", "X-Auth-Token", but not "tokenizer", "author" or
 * "monkey", nor what only tells about a secret: "password_length", "has_token". */
bool ctr_secret_name(ctrace_str name);

/* What kind of secret the text holds anywhere, such as "AWS access key", which is static; NULL when none is seen. Of
 * words after which nothing more than letters and digits comes, only those are told that can hardly be anything else:
 * hashes, ids and base64 are no secrets by themselves. */
const char *ctr_secret_shape(ctrace_str text);

#endif
