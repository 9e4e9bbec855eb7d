/* witness_print.c - a witness as text: the instruction, both states where they matter, what became of each, and how to see it
 * again. */
#include "core/theory/theory.h"

#include <inttypes.h>
#include <string.h>

enum { NAME_COLUMN = 22, VALUE_COLUMN = 20 };

static const char *outcome_word(enum outcome o)
{
    switch (o) {
    case OUTCOME_OK: return "completes";
    case OUTCOME_RESOURCE: return "traps: resource";
    case OUTCOME_PRIVILEGE: return "traps: privilege";
    case OUTCOME_REQUESTED: return "traps: requested";
    case OUTCOME_UNDEFINED: return "traps: undefined";
    case OUTCOME_WAIT: return "waits";
    }
    return "";
}

static bool is_pair(enum evidence kind) { return kind != EVIDENCE_CTRL; }

static const char *title(const struct classification *c, enum evidence kind)
{
    switch (kind) {
    case EVIDENCE_PRIV: return c->ring ? "Traps in ring 1" : "Traps in user mode";
    case EVIDENCE_CTRL: return "Control-sensitive";
    case EVIDENCE_MODE: return "Mode-sensitive";
    case EVIDENCE_LOC: return "Location-sensitive";
    case EVIDENCE_STATE: return "State-sensitive";
    case EVIDENCE_SILENT: return "Silent";
    case EVIDENCE_COUNT: break;
    }
    return "";
}

/* What is printed, of a pair; with one state there is one column, and a mark at what has changed:
 *
 *     Silent
 *       it completes in both modes, but changes control state in one only: a user-mode NOP
 *       instruction           0000000000000009    rtu 1
 *       under K               bound-clipped, trap-cells, one-guest
 *                             S1                  S2
 *       mode                  u                   s                     <
 *       p                     0                   0
 *       outcome               completes           completes
 *       mode                  u                   u                     <
 *       replay                trapeze classify pg:JRST1 rtu
 *
 * Above `outcome` stand the states before, below it what is not the same afterwards. */
static void instruction_print(FILE *f, const struct theory *theory, const struct witness *w)
{
    char text[96] = "", hex[INSN_HEX];
    if (theory && theory->set)
        theory->set->print(w->config ? w->config : theory->set_config, theory->set_context ? theory->set_context(w->mode1) : 0,
                           w->bits, 0, text, sizeof text);
    fprintf(f, "  %-*s", NAME_COLUMN, "instruction");
    fprintf(f, "%s    %s\n", insn_hex(w->bits, w->length, hex), text);
}

static void row_print(FILE *f, bool pair, const char *name, const char *one, const char *two, bool differs)
{
    fprintf(f, "  %-*s%-*s", NAME_COLUMN, name, pair ? VALUE_COLUMN : 0, one);
    if (pair)
        fprintf(f, "%-*s", differs ? VALUE_COLUMN : 0, two);
    fprintf(f, "%s\n", differs ? "  <" : "");
}

/* Small numbers as people write them: 9 and 0xa. */
static void value_print(FILE *f, bool pair, const char *name, uint64_t one, uint64_t two, bool differs)
{
    char a[32], b[32];
    snprintf(a, sizeof a, "%s%" PRIx64, one > 9 ? "0x" : "", one);
    snprintf(b, sizeof b, "%s%" PRIx64, two > 9 ? "0x" : "", two);
    row_print(f, pair, name, a, b, differs);
}

static void mode_print(FILE *f, const struct theory *theory, const struct witness *w, bool pair)
{
    if (theory && theory->mode_name)
        row_print(f, pair, "mode", theory->mode_name(w->mode1), theory->mode_name(w->mode2), pair && w->mode1 != w->mode2);
    else
        value_print(f, pair, "mode", w->mode1, w->mode2, pair && w->mode1 != w->mode2);
}

/* The fields beside the mode, which has its own line before. */
static bool is_told(const struct witness_field *f) { return strcmp(f->name, "mode") != 0; }

static void before_print(FILE *f, const struct witness *w, bool pair)
{
    for (unsigned n = 0; n < w->count; n++)
        if (is_told(&w->fields[n]))
            value_print(f, pair, w->fields[n].name, w->fields[n].s1, w->fields[n].s2, w->fields[n].differs_before);
}

static void after_print(FILE *f, const struct theory *theory, const struct witness *w, bool pair)
{
    for (unsigned n = 0; n < w->count; n++) {
        const struct witness_field *x = &w->fields[n];
        if (!x->differs_after)
            continue;
        if (!is_told(x) && theory && theory->mode_name)
            row_print(f, pair, x->name, theory->mode_name((unsigned)x->after1), theory->mode_name((unsigned)x->after2), true);
        else
            value_print(f, pair, x->name, x->after1, x->after2, true);
    }
}

/* In lines of LINE columns: what is longer a terminal would fold once more. */
static void k_print(FILE *f, const char *k)
{
    enum { LINE = 78 };
    int column = fprintf(f, "  %-*s", NAME_COLUMN, "under K");
    for (size_t n; *k; k += n, k += strspn(k, " ")) {
        n = strcspn(k, " ");
        if (column + (int)n > LINE)
            column = fprintf(f, "\n  %-*s", NAME_COLUMN, "") - 1;
        column += fprintf(f, "%.*s%s", (int)n, k, k[n] ? " " : "");
    }
    fputc('\n', f);
}

/* The command that finds this again. An exhaustive classification needs no seed, for it leaves nothing to chance. */
static void replay_print(FILE *f, const struct classification *c, const struct finding *finding, const struct witness *w)
{
    fprintf(f, "  %-*strapeze classify %s%s%s %s", NAME_COLUMN, "replay", c->isa, *c->variant ? ":" : "", c->variant,
            c->asked ? c->asked : finding->subject);
    if (!c->exhaustive)
        fprintf(f, " --seed %" PRIu64, w->seed);
    if (c->states)
        fprintf(f, " --states %u", c->states);
    if (c->without)
        fprintf(f, " --without %s", c->without);
    if (c->hart)
        fprintf(f, " --hart %s", c->hart);
    if (c->ring)
        fprintf(f, " --ring %u", c->ring);
    fputc('\n', f);
}

void witness_print(FILE *f, const struct classification *c, const struct finding *finding, enum evidence kind)
{
    const struct witness *w = &finding->witness[kind];
    const struct theory *theory = theory_find(c->isa);
    const bool pair = is_pair(kind);
    if (!w->present)
        return;
    fprintf(f, "%s\n  %s\n", title(c, kind), w->clause);
    instruction_print(f, theory, w);
    if (w->about)
        fprintf(f, "  %-*s%s\n", NAME_COLUMN, "machine", w->about);
    k_print(f, c->k);
    row_print(f, pair, "", pair ? "S1" : "S", "S2", false);
    mode_print(f, theory, w, pair);
    before_print(f, w, pair);
    row_print(f, pair, "outcome", outcome_word(w->outcome1), outcome_word(w->outcome2), pair && w->outcome1 != w->outcome2);
    after_print(f, theory, w, pair);
    replay_print(f, c, finding, w);
}
