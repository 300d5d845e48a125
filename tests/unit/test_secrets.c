#include "filter/secrets.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const secret_names[] = {
    "password", "Password", "PASSWORD", "passwords", "passwd", "pwd", "PWD", "db_pwd", "passphrase", "pass_phrase",
    "user_password", "userPassword", "UserPassword", "userpassword", "dbpassword", "DBPassword", "password2",
    "password_1", "old-password", "my.password", "passWord", "password_hash", "hashed_password", "__password",
    "_password_", "@password", "$password", "secret", "secrets", "client_secret", "clientSecret", "clientsecret",
    "SECRET_KEY", "secretKey", "SECRET_KEY_BASE", "app_secret", "TOKEN", "token", "accessToken", "access_token",
    "accesstoken", "refresh_token", "id_token", "csrf_token", "authToken", "X-Auth-Token", "x-amz-security-token",
    "OAuthToken", "oauth2_token", "github_token", "GITHUB_TOKEN", "token2", "api_key", "apikey", "apiKey", "APIKey",
    "API_KEY", "api-key", "x-api-key", "X-API-Key", "openai_api_key", "OPENAI_API_KEY", "myapikey", "api_keys",
    "googleApiKey", "auth", "basic_auth", "authorization", "Authorization", "HTTP_AUTHORIZATION", "proxy-authorization",
    "credential", "credentials", "creds", "cred", "aws_credentials", "private_key", "privateKey", "PRIVATE_KEY",
    "privatekey", "rsa_private_key", "ssh_key", "sshKey", "session_key", "sessionKey", "session_id", "sessionid",
    "PHPSESSID", "JSESSIONID", "cookie", "cookies", "Set-Cookie", "set_cookie", "encryption_key", "signing_key",
    "hmac_key", "aws_access_key_id", "AWS_SECRET_ACCESS_KEY", "awsSecretAccessKey", "bearer", "jwt", "jwt_secret",
    "otp", "totp_secret", "cvv", "ssn", "iban", "credit_card", "creditCardNumber", "card_number", "pin_code",
    "seed_phrase", "db_pass", "DB_PASS", "smtpPass", "MYSQL_PWD", "passwort", "kennwort", "auth_header",
    "verySecretThing", "mot_secret", "passwordé", "thepasswordhash", "TLSPrivateKeyPEM", "access_tokens", "master_key", "recovery_codes",
    "connection_string", "app.services.get_password", "PasswordConfirmation", "token_value", "secret_value",
};

static const char *const plain_names[] = {
    "", "_", "x", "i", "tokenizer", "tokenize", "tokens", "max_tokens", "num_tokens", "total_tokens", "tokenized",
    "detokenize", "author", "authors", "author_name", "Author", "authority", "authentic", "coauthor", "monkey",
    "monkeys", "monkey_patch", "keyboard", "keys", "key", "keyword", "keywords", "primary_key", "foreign_key",
    "public_key", "publicKey", "sort_key", "cache_key", "key_error", "dict_key", "storage_key", "passenger",
    "passengers", "passport_office", "bypass", "compass", "pass", "passed", "passes", "first_pass", "pass_count",
    "render_pass", "passing", "password_length", "passwordLength", "password_field", "password_required",
    "min_password_length", "is_password", "has_password", "isPasswordValid", "check_password", "validate_token",
    "use_token", "next_token", "prev_token", "current_token", "peek_token", "eof_token", "pad_token", "last_token",
    "token_count", "token_type", "tokenType", "token_index", "token_kind", "token_stream", "token_pos", "token_url",
    "secretary", "secretariat", "secretion", "secrete", "secret_name", "cookiecutter", "cookie_name", "cookie_domain",
    "company", "span", "japan", "expand", "panel", "discard", "card", "cards", "credit", "credits", "session",
    "sessions", "sessionmaker", "session_count", "accredited", "sacred", "credo", "discredit", "oauth", "otto",
    "optimal", "potpie", "session_type", "auth_method", "auth_type", "auth_enabled", "authenticated", "authenticator",
    "is_authenticated", "apikeys_count", "pinned", "pin", "pins", "spin_code_x", "ssnow", "urban", "cvvs_total",
    "access", "access_count", "private", "privateer", "master", "mask_token", "unexpected_token", "lexer_token",
    "shapes", "despwd_", "cwd", "string_token", "bear", "bearers_of_news_count", "jw", "signature", "salt", "nonce",
    "hash", "digest", "checksum", "uuid", "request_id", "user_id", "username", "email", "address", "code", "codes",
    "source_code", "error_code", "zip_code", "secret_path", "private_key_path", "password_policy", "ключ", "étoile",
};

static void names_of_secrets_are_known(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof secret_names / sizeof secret_names[0]; i++) {
        if (!ctr_secret_name((ctrace_str){secret_names[i], strlen(secret_names[i])})) {
            print_message("not told: %s\n", secret_names[i]);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void other_names_are_not(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof plain_names / sizeof plain_names[0]; i++) {
        if (ctr_secret_name((ctrace_str){plain_names[i], strlen(plain_names[i])})) {
            print_message("told: %s\n", plain_names[i]);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* Words of texts that nobody thinks of as secrets stay so, whatever they are written with. */
static void words_of_a_text_are_no_secrets(void **state)
{
    (void)state;
    static const char *const words[] = {
        "order", "customer", "price", "total", "index", "value", "result", "line", "buffer", "count", "node", "parent",
        "left", "right", "matrix", "width", "height", "name", "path", "file", "data", "item", "list", "map", "user",
        "group", "event", "thread", "queue", "lock", "page", "query", "row", "column", "table", "field", "type",
    };
    enum { COUNT = sizeof words / sizeof words[0] };
    char name[64];
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < COUNT; j++) {
            static const char *const forms[] = {"%s_%s", "%s%s", "%s-%s", "%s.%s", "%s2%s"};
            for (size_t k = 0; k < 5; k++) {
                int size = snprintf(name, sizeof name, forms[k], words[i], words[j]);
                assert_false(ctr_secret_name((ctrace_str){name, (size_t)size}));
            }
        }
    }
}

/* ---- By value ---- */

static const struct {
    const char *text, *reason; /* NULL: any */
} secret_texts[] = {
    {"AKIAIOSFODNN7EXAMPLE", "AWS access key"},
    {"key: ASIAIOSFODNN7EXAMPLE.", "AWS access key"},
    {"{'id':'AKIAIOSFODNN7EXAMPLE'}", "AWS access key"},
    {"ghp_0123456789abcdefghijABCDEFGHIJ012345", "GitHub token"},
    {"token gho_0123456789abcdefghijABCDEFGHIJ012345 end", "GitHub token"},
    {"https://ghs_0123456789abcdefghijABCDEFGHIJ012345@github.com/x", "GitHub token"},
    {"github_pat_11ABCDEFG0aBcDeFgHiJkL_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghi", "GitHub token"},
    {"glpat-abcDEF123456_7890xyz", "GitLab token"},
    {"xoxb-123456789012-abcdefghijkl", "Slack token"},
    {"xapp-1-A012345-0123456789", "Slack token"},
    {"sk_live_0123456789abcdefABCDEF", "Stripe key"},
    {"rk_test_0123456789abcdefABCDEF", "Stripe key"},
    {"AIzaSyA0123456789abcdefghijklmnopqrstuv", "Google API key"},
    {"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P", "JSON web token"},
    {"jwt=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w", NULL},
    {"-----BEGIN RSA PRIVATE KEY-----\nMIIE", "private key"},
    {"-----BEGIN PRIVATE KEY-----\nMIIE", "private key"},
    {"-----BEGIN OPENSSH PRIVATE KEY-----", "private key"},
    {"-----BEGIN PGP PRIVATE KEY BLOCK-----", "private key"},
    {"a key:\n-----BEGIN EC PRIVATE KEY-----\nabc", "private key"},
    {"postgres://app:hunter2@db.example:5432/prod", "password in a URL"},
    {"see https://user:pa%24%24@example.com/x?y", "password in a URL"},
    {"redis://:s3cr3t@localhost:6379/0", "password in a URL"},
    {"amqp://u:p:q@h", "password in a URL"},
    {"Bearer abcdef0123456789abcdef", "bearer token"},
    {"Authorization: Bearer abc.def.ghi-0123456789", "authorization header"},
    {"authorization: basic dXNlcjpwYXNz", "authorization header"},
    {"{\"Authorization\": \"Token 0123456789abcdef\"}", NULL},
    {"Basic dXNlcjpwYXNzd29yZA==", "basic authorization"},
    {"Server=db;Password=hunter22;Database=x", "password in a text"},
    {"host=localhost user=app password=hunter2 dbname=x", "password in a text"},
    {"https://api.example/v1?id=3&api_key=0123abcd", "password in a text"},
    {"AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "password in a text"},
    {"AccountName=x;AccountKey=abcd0123==;", "password in a text"},
    {"npm_0123456789abcdefghijABCDEFGHIJ012345", "npm token"},
    {"sk-ant-api03-0123456789abcdef0123", "API key"},
    {"sk-0123456789abcdefghijABCDEFGHIJ0123456789abcdef", "API key"},
    {"pypi-AgEIcHlwaS5vcmcCJGFiY2RlZmdo", "PyPI token"},
    {"AGE-SECRET-KEY-1QQPQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ", "age key"},
};

static const char *const plain_texts[] = {
    "", "a", "hello, world", "The quick brown fox jumps over the lazy dog.", "I am here; IBM and JSON, Java: B = b",
    "AKIA", "AKIAIOSFODNN7", "MAKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLEXX", "akiaiosfodnn7example",
    "ghp_short", "highp_0123456789abcdefghijABCDEFGHIJ012345", "a_variable_name_that_is_rather_long_and_has_lines",
    "sk_live_", "sk_live_soon", "task_live_0123456789abcdef", "glpat-short", "xoxo", "xoxb-", "AIzaShort",
    "eyJ", "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9.abc.def", "keyJhbGciOiJI.eyJhbGciOiJI.abcdefghi",
    "-----BEGIN PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----\nMIIE", "--------------------", "- one - two -- three",
    "https://example.com/a:b@c", "https://example.com:8080/path", "http://[::1]:80/", "mailto:someone@example.com",
    "https://user@example.com/", "https://example.com/?q=a:b@c", "ssh://git@github.com/x/y", "://", "a://:@b",
    "Bearer", "Bearer token", "the bearer of this letter is a friend", "bearer authentication is required here",
    "Basic training", "Basic authentication failed", "basic understanding", "basic", "Basic abcdefgh",
    "Authorization: required", "Authorization header missing", "Authorization: see chapter 7",
    "def connect(host, password=None, token=token):", "password=", "password=***", "password=<redacted>", "password=%s",
    "password={password}", "password=${DB_PASSWORD}", "token=null", "if password==other:", "pwd=$(pwd)",
    "page=12345&sort=name", "author=Shakespeare", "tokenizer=whitespace", "max_tokens=4096", "keyboard=qwerty",
    "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "550e8400-e29b-41d4-a716-446655440000",
    "7757702 Say what a recorder is to offer", "2026-11-21T20:19:13Z", "/usr/lib/python3.11/site-packages/x.py",
    "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==",
    "SELECT * FROM users WHERE token = ? AND id = 3", "x = y if z else w", "a=b", "key=value", "b", "B", "_", "-", ":",
    "sk-learn-is-not-a-key-but-a-library-with-a-long-name", "sk-button-primary-large-with-a-long-class-name-more",
    "INFO I/O error: ID 17, Index J", "¡Ünïcödé tëxt — with dashes: “and quotes”!",
};

static void secrets_are_known_by_their_shape(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof secret_texts / sizeof secret_texts[0]; i++) {
        const char *text = secret_texts[i].text, *expected = secret_texts[i].reason;
        /* Alone, and within other texts. */
        static const char *const around[][2] = {{"", ""}, {"see: ", " there"}, {"\n(", ")\n"}, {"\"", "\""}};
        for (size_t k = 0; k < 4; k++) {
            size_t size = strlen(around[k][0]) + strlen(text) + strlen(around[k][1]);
            char *whole = malloc(size + 1); /* of that very size, so that nothing behind it is looked at */
            assert_non_null(whole);
            snprintf(whole, size + 1, "%s%s%s", around[k][0], text, around[k][1]);
            char *exact = malloc(size);
            assert_non_null(exact);
            memcpy(exact, whole, size);
            const char *told = ctr_secret_shape((ctrace_str){exact, size});
            if (!told || (expected && strcmp(told, expected) != 0)) {
                print_message("%s: %s\n", whole, told ? told : "not told");
                wrong++;
            }
            free(whole);
            free(exact);
        }
    }
    assert_int_equal(wrong, 0);
}

static void ordinary_texts_are_not(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof plain_texts / sizeof plain_texts[0]; i++) {
        const char *told = ctr_secret_shape((ctrace_str){plain_texts[i], strlen(plain_texts[i])});
        if (told) {
            print_message("%s: %s\n", plain_texts[i], told);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* Every beginning of a secret is looked at without going behind its end. */
static void a_text_may_end_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof secret_texts / sizeof secret_texts[0]; i++) {
        size_t size = strlen(secret_texts[i].text);
        for (size_t part = 0; part <= size; part++) {
            char *exact = malloc(part ? part : 1);
            assert_non_null(exact);
            memcpy(exact, secret_texts[i].text, part);
            const char *told = ctr_secret_shape((ctrace_str){exact, part});
            assert_true(part < size || told);
            ctr_secret_name((ctrace_str){exact, part});
            free(exact);
        }
    }
}

/* Random bytes of those that matter: nothing is read outside, and what is told does not depend on what lies around. */
static void anything_can_be_looked_at(void **state)
{
    (void)state;
    static const char alphabet[] = "_-IJ:=Bb/@.eyJAKIAghp_xoxb-sk_live_passwordtoken0123 \n\"\xc3\xa9\x00";
    uint64_t seed = 12345;
    for (size_t round = 0; round < 20000; round++) {
        size_t size = round % 120;
        char *text = malloc(size ? size : 1);
        assert_non_null(text);
        for (size_t i = 0; i < size; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            text[i] = alphabet[(seed >> 33) % (sizeof alphabet - 1)];
        }
        const char *told = ctr_secret_shape((ctrace_str){text, size});
        assert_ptr_equal(told, ctr_secret_shape((ctrace_str){text, size}));
        ctr_secret_name((ctrace_str){text, size});
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_secrets_are_known),
        cmocka_unit_test(other_names_are_not),
        cmocka_unit_test(words_of_a_text_are_no_secrets),
        cmocka_unit_test(secrets_are_known_by_their_shape),
        cmocka_unit_test(ordinary_texts_are_not),
        cmocka_unit_test(a_text_may_end_anywhere),
        cmocka_unit_test(anything_can_be_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
