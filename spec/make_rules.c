/* Writes spec/rules.md out of the library's table of rules; `make_rules --check FILE` tells whether FILE is that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrace/validate.h"

static const char *const severities[] = {"error", "warning", "info"};
static const char *const effects[] = {"none", "degrade", "abort", "refuse"};

static void write_head(FILE *out)
{
    fputs("<!-- Made by spec/make_rules.c out of lib/validate/rules.def; change that. -->\n"
          "# Rules\n\n"
          "What `ctrace-validate` judges. Each rule has an id that never changes its meaning, a severity, and what\n"
          "its breach does to each program that reads traces.\n\n"
          "| severity | meaning |\n|---|---|\n"
          "| error | known readers fail on it |\n"
          "| warning | something is shown wrongly or lost |\n"
          "| info | worth knowing; some of these matter to older readers alone |\n\n"
          "| effect | meaning |\n|---|---|\n"
          "| none | the program does not mind |\n"
          "| degrade | it opens the trace and shows something wrongly |\n"
          "| abort | it crashes, when opening or later |\n"
          "| refuse | it does not open the trace |\n\n"
          "| program | what it is |\n|---|---|\n",
          out);
    for (size_t i = 0; i < CTRACE_CONSUMER_COUNT; i++)
        fprintf(out, "| %s | %s |\n", ctrace_consumer_name((ctrace_consumer)i),
                ctrace_consumer_text((ctrace_consumer)i));
    fputs("\nWith `--profile PROGRAM` the severity is what the breach means to that program: an error where it\n"
          "refuses or aborts, a warning where it degrades, else info. The crates are judged by whether the events load; what\n"
          "an app does was seen with files that break one rule, or is what its code says.\n\n"
          "For each rule that JSON can break, `tests/golden/invalid/` has a trace that does; for those of the binary\n"
          "forms `tests/spec/test_form_rules.py` makes one.\n",
          out);
}

static void write_rule(FILE *out, const ctrace_rule *rule)
{
    fprintf(out, "\n## %s\n\n**%s.** %s\n\n%s\n", rule->id, severities[rule->severity], rule->summary,
            rule->explanation);
    const char *separator = "\nEffects:";
    for (size_t i = 0; i < CTRACE_CONSUMER_COUNT; i++)
        if (rule->effects[i] != CTRACE_EFFECT_NONE) {
            fprintf(out, "%s %s %s", separator, ctrace_consumer_name((ctrace_consumer)i), effects[rule->effects[i]]);
            separator = ",";
        }
    fputs(*separator == ',' ? ".\n" : "\nEffects: none.\n", out);
}

static void write_all(FILE *out)
{
    write_head(out);
    for (size_t i = 0; i < ctrace_rule_count(); i++)
        write_rule(out, ctrace_rule_at(i));
}

static int check(const char *name)
{
    FILE *fresh = tmpfile(), *present = fopen(name, "rb");
    if (!fresh || !present) {
        fprintf(stderr, "cannot read %s\n", name);
        return 2;
    }
    write_all(fresh);
    rewind(fresh);
    int line = 1, a, b;
    do {
        a = getc(fresh);
        b = getc(present);
        line += a == '\n';
    } while (a == b && a != EOF);
    fclose(fresh);
    fclose(present);
    if (a != b) {
        fprintf(stderr, "%s differs from the table of rules at line %d; make it anew with make_rules\n", name, line);
        return 1;
    }
    return 0;
}

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "--check") == 0)
        return check(arguments[2]);
    write_all(stdout);
    return 0;
}
