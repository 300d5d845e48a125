/* A name is a secret's when one of its words, or two that follow each other, are in the tables below, unless the words
 * around say that it only tells about the secret. */
#include "filter/secrets.h"

#include <string.h>

enum { LONGEST_WORD = 40 };

/* A word in small letters; the end of a longer one. */
typedef struct word {
    char text[LONGEST_WORD];
    size_t size;
} word;

typedef struct entry {
    uint8_t size;
    char text[15];
} entry;

#define W(text) {sizeof(text) - 1, text}

/* Secrets by themselves, also with an "s". */
static const entry secret_words[] = {
    W("password"),  W("passwd"),   W("passphrase"),  W("passcode"),   W("pwd"),    W("pswd"),       W("secret"),
    W("credential"), W("cred"),    W("apikey"),      W("accesskey"),  W("authkey"), W("secretkey"), W("privatekey"),
    W("sessionkey"), W("sshkey"),  W("masterkey"),   W("privkey"),    W("signingkey"), W("cookie"), W("sessionid"),
    W("sessid"),    W("phpsessid"), W("jsessionid"), W("auth"),       W("authorization"), W("bearer"), W("jwt"),
    W("totp"),      W("otp"),      W("cvv"),         W("cvc"),        W("ssn"),    W("iban"),       W("creditcard"),
    W("cardnumber"), W("pincode"), W("passwort"),   W("kennwort"), W("motdepasse"), W("contrasena"),
    W("senha"),     W("encryptionkey"), W("pgpass"),
};

/* Secrets, but not with an "s": those are the tokens of a text. */
static const entry token_words[] = {
    W("token"),       W("accesstoken"), W("authtoken"), W("apitoken"),    W("refreshtoken"), W("bearertoken"),
    W("sessiontoken"), W("csrftoken"),  W("xsrftoken"), W("usertoken"),   W("idtoken"),      W("oauthtoken"),
    W("logintoken"),
};

/* Words that end in one of these are secrets too: "clientsecret". No word of the dictionary does. */
static const entry secret_ends[] = {
    W("passphrase"), W("secret"), W("secrets"), W("credential"), W("credentials"), W("apikey"), W("apikeys"),
};

/* What is a secret with the word "key" or "keys" behind it. */
static const entry before_key[] = {
    W("api"),        W("access"), W("secret"), W("private"), W("priv"),    W("session"), W("encryption"), W("encrypt"),
    W("decryption"), W("decrypt"), W("signing"), W("sign"),  W("ssh"),     W("rsa"),     W("dsa"),        W("aes"),
    W("hmac"),       W("master"), W("license"), W("auth"),   W("account"), W("shared"),     W("symmetric"),
    W("app"),        W("webhook"), W("deploy"), W("consumer"), W("gpg"),   W("pgp"),     W("vault"),
};

/* What is a secret with "pass" behind it, as "pass" alone is many things. */
static const entry before_pass[] = {
    W("db"),   W("user"),  W("smtp"),  W("mail"), W("email"), W("ftp"), W("root"), W("admin"), W("mysql"), W("pg"),
    W("http"), W("proxy"), W("login"), W("ssh"),  W("redis"), W("my"),  W("database"),
};

/* Other pairs. */
static const struct {
    entry first, second;
} pairs[] = {
    {W("pass"), W("phrase")}, {W("pass"), W("word")},  {W("pass"), W("code")},    {W("session"), W("id")},
    {W("credit"), W("card")}, {W("card"), W("number")}, {W("pin"), W("code")},    {W("seed"), W("phrase")},
    {W("access"), W("tokens")}, {W("auth"), W("tokens")}, {W("api"), W("tokens")}, {W("refresh"), W("tokens")},
    {W("security"), W("code")}, {W("recovery"), W("code")}, {W("recovery"), W("codes")}, {W("connection"), W("string")},
};

/* Before a secret: a question about it, or something else of the same name. */
static const entry harmless_before[] = {
    W("is"),    W("has"),    W("have"),   W("needs"), W("need"),     W("use"),    W("uses"),  W("show"),  W("hide"),
    W("no"),    W("num"),    W("count"),  W("check"), W("verify"),   W("validate"), W("requires"), W("require"),
    W("allow"), W("with"),   W("without"), W("can"),  W("should"),   W("was"),    W("missing"),
    W("max"),   W("min"),    W("total"),  W("forgot"),   W("public"),
};
/* The same before "token" alone: the words of a text. */
static const entry harmless_before_token[] = {
    W("next"), W("prev"), W("previous"), W("current"), W("cur"), W("peek"), W("last"), W("first"), W("eof"), W("eos"),
    W("bos"), W("pad"),   W("unk"),      W("mask"),    W("sep"), W("end"),  W("start"), W("lookahead"), W("expected"),
    W("unexpected"), W("comma"), W("word"), W("lex"),  W("lexer"), W("parse"), W("syntax"), W("string"),
};
/* Behind a secret, at the end of the name: what only tells about it. */
static const entry harmless_behind[] = {
    W("count"),    W("length"),  W("len"),    W("size"),    W("type"),      W("types"),   W("kind"),     W("policy"),
    W("policies"), W("required"), W("valid"), W("expiry"),  W("expires"),   W("expired"), W("expiration"), W("ttl"),
    W("age"),      W("field"),   W("fields"), W("label"),   W("prompt"),    W("error"),   W("errors"),   W("strength"),
    W("strategy"), W("validator"), W("validators"), W("hasher"), W("hashers"), W("version"), W("url"),   W("uri"),
    W("path"),     W("dir"),     W("filename"), W("enabled"), W("disabled"), W("method"),  W("methods"),  W("mode"),
    W("scheme"),   W("index"),   W("idx"),    W("pos"),     W("position"),  W("offset"),  W("limit"),    W("budget"),
    W("stream"),   W("class"),   W("pattern"), W("regex"),  W("re"),        W("spec"),    W("line"),     W("column"),
    W("backend"),  W("backends"), W("provider"), W("name"), W("names"),     W("iter"),    W("iterator"), W("regexp"),
    W("present"),  W("missing"), W("changed"), W("domain"), W("secure"),    W("httponly"), W("samesite"),
};

static bool is_entry(const entry *e, const char *text, size_t size)
{
    return e->size == size && memcmp(e->text, text, size) == 0;
}

static bool is_in(const entry *entries, size_t count, const char *text, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        if (is_entry(&entries[i], text, size))
            return true;
    }
    return false;
}

#define IS_IN(table, w) is_in(table, sizeof table / sizeof table[0], (w)->text, (w)->size)

static bool is_letter(char c, bool *small)
{
    *small = c >= 'a' && c <= 'z';
    return *small || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* The word at or behind *at, which goes behind it; false at the end. Words end where a letter does, before a capital
 * behind a small letter, and before the last of several capitals that a small letter follows. */
static bool next_word(ctrace_str name, size_t *at, word *out)
{
    bool small, was_small = false, next_small;
    while (*at < name.size && !is_letter(name.data[*at], &small))
        ++*at;
    size_t from = *at;
    for (; *at < name.size && is_letter(name.data[*at], &small); ++*at) {
        bool capital = name.data[*at] >= 'A' && name.data[*at] <= 'Z';
        if (*at > from && capital &&
            (was_small || (*at + 1 < name.size && is_letter(name.data[*at + 1], &next_small) && next_small)))
            break;
        was_small = small;
    }
    size_t size = *at - from, left_out = size > LONGEST_WORD ? size - LONGEST_WORD : 0;
    out->size = size - left_out;
    for (size_t i = 0; i < out->size; i++) {
        char c = name.data[from + left_out + i];
        out->text[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return size > 0;
}

/* "password" and "passwd" are in no other word of the dictionary. */
static bool is_secret_word(const word *w)
{
    if (w->size < 3)
        return false;
    if (IS_IN(secret_words, w))
        return true;
    if (w->text[w->size - 1] == 's' &&
        is_in(secret_words, sizeof secret_words / sizeof secret_words[0], w->text, w->size - 1))
        return true;
    for (size_t at = 0; at + 6 <= w->size; at++) {
        if (w->text[at] == 'p' && ((at + 8 <= w->size && memcmp(w->text + at, "password", 8) == 0) ||
                                   memcmp(w->text + at, "passwd", 6) == 0))
            return true;
    }
    for (size_t i = 0; i < sizeof secret_ends / sizeof secret_ends[0]; i++) {
        const entry *end = &secret_ends[i];
        if (w->size > end->size && memcmp(w->text + w->size - end->size, end->text, end->size) == 0)
            return true;
    }
    return false;
}

static bool is_word(const word *w, const char *text)
{
    return w->size == strlen(text) && memcmp(w->text, text, w->size) == 0;
}

static bool is_secret_pair(const word *first, const word *second)
{
    if (is_word(second, "key") || is_word(second, "keys"))
        return IS_IN(before_key, first);
    if (is_word(second, "pass"))
        return IS_IN(before_pass, first);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (is_entry(&pairs[i].first, first->text, first->size) &&
            is_entry(&pairs[i].second, second->text, second->size))
            return true;
    }
    return false;
}

bool ctr_secret_name(ctrace_str name)
{
    word w, before = {.size = 0};
    bool found = false, asked = false;
    for (size_t at = 0; next_word(name, &at, &w); before = w) {
        bool token = IS_IN(token_words, &w);
        bool secret = token || is_secret_word(&w) || is_secret_pair(&before, &w);
        if (token && w.size == 5 && IS_IN(harmless_before_token, &before))
            secret = false;
        if (IS_IN(harmless_before, &w))
            asked = true;
        found = found || secret;
    }
    return found && !asked && !IS_IN(harmless_behind, &before);
}
