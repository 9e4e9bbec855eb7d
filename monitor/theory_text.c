/* theory_text.c - the words. */
#include "monitor/theory_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "monitor/options.h"
#include "monitor/screen.h"

const char *traps_name(enum measured_traps t)
{
    static const char *const name[] = {"never", "always", "sometimes", "requested", "undefined", "withheld"};
    return name[t];
}

const char *traps_sentence(enum measured_traps t)
{
    switch (t) {
    case MEASURED_NEVER: return "never traps, resources aside";
    case MEASURED_ALWAYS: return "always traps, for privilege";
    case MEASURED_CONDITION: return "traps under a condition";
    case MEASURED_REQUESTED: return "traps in every mode, because the program asks to";
    case MEASURED_UNDEFINED: return "traps in every mode, because there is no such operation";
    case MEASURED_WITHHELD: return "never completes: it asks for a resource that K has taken away";
    }
    return "";
}

const char *user_mode(const struct classification *c) { return c->ring ? "ring 1" : "user mode"; }

const char *confidence_name(enum confidence c)
{
    static const char *const name[] = {"witnessed", "touched", "clean", "exhausted", "unrecorded"};
    return name[c];
}

const char *outcome_name(enum outcome o)
{
    static const char *const name[] = {"completes", "resource trap", "privilege trap", "requested trap", "undefined", "waits"};
    return name[o];
}

/* One word of several that may be true, the strongest claim about virtual machines first:
 *
 *   not sensitive ------------------------> innocuous
 *   sensitive, traps always --------------> privileged
 *   sensitive, its resource is taken away -> withheld
 *   sensitive otherwise ------------------> critical: Theorem 1 fails by it
 */
const char *finding_class(const struct finding *f)
{
    return f->innocuous    ? "innocuous"
           : f->critical   ? "critical"
           : f->privileged ? "privileged"
           : f->withheld   ? "withheld"
                           : "sensitive";
}

static const char *const sensitive_word[] = {"control", "location", "mode", "state"}; /* by bit */
enum { SENSITIVE_WORDS = sizeof sensitive_word / sizeof *sensitive_word };

/* Bit 0 is control, as in the C of the table's C L M S. */
const char *sensitive_names(unsigned set, char *out, size_t size)
{
    size_t at = 0;
    snprintf(out, size, "no");
    for (unsigned n = 0; n < SENSITIVE_WORDS; n++)
        if (set >> n & 1 && at < size)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at ? ", " : "", sensitive_word[n]);
    return out;
}

/* A line of prose is not longer than people like to read. */
static unsigned theory_width(void)
{
    unsigned columns = screen_columns();
    return columns < THEORY_WIDTH || columns == SCREEN_UNFOLDED ? columns : THEORY_WIDTH;
}

/* A word that is longer than the line has one for itself. Column 0 is the only state: a line has begun, or it has not. */
void lines_add(struct lines *l, const char *word)
{
    unsigned length = (unsigned)strlen(word);
    if (l->column && l->column + 1 + length > theory_width())
        lines_end(l);
    if (l->column == 0)
        l->column = (unsigned)fprintf(l->out, "%*s%s", (int)l->indent, "", word);
    else
        l->column += (unsigned)fprintf(l->out, " %s", word);
}

/* Several blanks are one: the texts are put together of pieces. */
void lines_text(struct lines *l, const char *text)
{
    char word[THEORY_WIDTH];
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        size_t length = strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), text);
        lines_add(l, word);
        text += length;
    }
}

void lines_end(struct lines *l)
{
    if (l->column)
        fputc('\n', l->out);
    l->column = 0;
}

enum { NAMES_SHOWN = 24 };

/* Up to 24 names; of 25 all, since "and 1 more" would take the place of the one. */
void findings_print(FILE *f, const struct finding **list, unsigned count, unsigned indent)
{
    struct lines l = {.out = f, .indent = indent};
    for (unsigned n = 0; n < count && (n < NAMES_SHOWN || count <= NAMES_SHOWN + 1); n++)
        lines_add(&l, list[n]->subject);
    if (count > NAMES_SHOWN + 1) {
        char more[48];
        snprintf(more, sizeof more, "and %u more", count - NAMES_SHOWN);
        lines_add(&l, more);
    }
    lines_end(&l);
}

void remains_print(FILE *f, const struct theory *t, const struct classification *c, const struct verdict *v)
{
    bool any = false;
    for (unsigned n = 0; n < v->critical_count && t->remains && !c->without; n++) {
        const char *text = t->remains(v->critical[n]);
        struct lines l = {.out = f, .indent = 23};
        if (!text)
            continue;
        if (!any)
            fputs("           so that in user mode\n", f);
        any = true;
        l.column = (unsigned)fprintf(f, "               %-7s", v->critical[n]->subject);
        lines_text(&l, text);
        lines_end(&l);
    }
}

/* Above the table, since the letters mean nothing to who sees it for the first time. */
void legend_print(FILE *out, const struct classification *c)
{
    char head[96];
    snprintf(head, sizeof head, "%s%s%s%s%s ", c->isa, *c->variant ? ":" : "", c->variant, c->hart ? ", hart " : "",
             c->hart ? c->hart : "");
    under_k_print(out, head, c->k);
    struct lines l = {.out = out};
    lines_text(&l, c->ring ? "in ring1: traps in ring 1, the guest's ring 0, under K." : "in user: traps in user mode under K.");
    lines_text(&l, "By mode, K aside: . completes, T traps, t sometimes, W waits.");
    lines_end(&l);
    lines_text(&l, "sensitive: C control, L location, M mode, S state.");
    lines_text(&l, c->ring ? "by: u in ring 1, s in ring 0." : "by: u in user mode, s in a more privileged one.");
    lines_end(&l);
    fputc('\n', out);
}
