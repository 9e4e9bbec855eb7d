/* claim.c - what was measured against what the table claims. */
#include "core/theory/classify.h"

#include <errno.h>
#include <string.h>

#include "core/theory/derive.h"

/* What insn.def says of a row in the measurement's words; a theory may have claims of its own, mode by mode, in the
 * place of these. */
struct claim claim_of_row(const struct insn_desc *r)
{
    static const enum measured_traps traps[] = {
        [TRAPS_NEVER] = MEASURED_NEVER,
        [TRAPS_PRIV] = MEASURED_ALWAYS,
        [TRAPS_COND] = MEASURED_CONDITION,
        [TRAPS_REQUESTED] = MEASURED_REQUESTED,
    };
    return (struct claim){.traps = traps[r->traps], .sensitive = r->sensitive};
}

/* user: what user mode is called. */
static const char *traps_words(enum measured_traps t, const char *user, struct arena *a)
{
    static const char *const words[][2] = {
        [MEASURED_NEVER] = {"never traps in ", ""},
        [MEASURED_ALWAYS] = {"always traps in ", ""},
        [MEASURED_CONDITION] = {"traps in ", " under a condition"},
        [MEASURED_REQUESTED] = {"traps in every mode because it asks to", NULL},
        [MEASURED_UNDEFINED] = {"is undefined in every mode", NULL},
        [MEASURED_WITHHELD] = {"never completes in ", ", for want of a resource that K withholds"},
    };
    return words[t][1] ? arena_text(a, "%s%s%s", words[t][0], user, words[t][1]) : words[t][0];
}

static const char *traps_disagreement(const struct finding *f, const struct claim *c, struct arena *a)
{
    const char *user = c->user ? c->user : "user mode";
    const char *is = traps_words(f->traps, user, a), *claimed = traps_words(c->traps, user, a);
    return is && claimed ? arena_text(a, "measured: %s; claimed: %s", is, claimed) : NULL;
}

static const char *sensitive_words(unsigned set, char *out, size_t size)
{
    static const char *const word[] = {"control", "location", "mode", "state", "hidden-state"};
    out[0] = '\0';
    for (unsigned n = 0; n < sizeof word / sizeof *word; n++)
        if (set >> n & 1 && strlen(out) + strlen(word[n]) + 4 < size) {
            strcat(out, *out ? ", " : "");
            strcat(out, word[n]);
        }
    return *out ? out : "not";
}

/* "At most": what the table claims of all operands together need not show in each of them. */
static bool sensitive_agrees(unsigned measured, const struct claim *claim)
{
    return claim->at_most ? !(measured & ~claim->sensitive) : measured == claim->sensitive;
}

enum { MODES = 4 };

const char *outcome_words(unsigned outcome)
{
    static const char *const word[] = {"completes",        "traps for a resource", "traps for privilege",
                                       "traps on request", "is undefined",         "waits"};
    return word[outcome];
}

/* Outcomes are bits, one for each way in which an instruction may end. A mode of which nothing is claimed agrees
 * with anything. */
static unsigned beyond(const struct finding *f, const struct claim *c, unsigned m)
{
    return c->outcomes[m] ? f->outcomes[m] & ~(unsigned)c->outcomes[m] : 0;
}

/* What is claimed and was not seen, unless it is so rare that samples may miss it. */
static unsigned missing(const struct finding *f, const struct claim *c, unsigned m)
{
    return c->every && !c->at_most ? c->outcomes[m] & ~f->outcomes[m] & ~(unsigned)c->rare : 0;
}

/* The first mode, by the ISA's encoding, in which it ends otherwise than is claimed: beyond the claim, or never as claimed. MODES: none. */
static unsigned differing_mode(const struct finding *f, const struct claim *c)
{
    unsigned m = 0;
    while (m < MODES && !beyond(f, c, m) && !missing(f, c, m))
        m++;
    return m;
}

static const char *mode_disagreement(const struct finding *f, const struct claim *c, unsigned m, struct arena *a)
{
    if (beyond(f, c, m))
        return arena_text(a, "measured: an outcome in mode %u that is not claimed there: %s", m,
                          outcome_words((unsigned)__builtin_ctz(beyond(f, c, m))));
    return arena_text(a, "claimed: in mode %u it %s in some state; measured: never", m,
                      outcome_words((unsigned)__builtin_ctz(missing(f, c, m))));
}

/* The first disagreement is kept, and is a sentence that a person can act on. -ENOMEM: it could not be written. */
int finding_compare(struct finding *f, const struct claim *claim, struct arena *a)
{
    const unsigned measured = f->sensitive | (f->hidden_sensitive ? SENSITIVE_HIDDEN : 0);
    char is[64], claimed[64];
    if (!f->disagreement && f->traps != claim->traps)
        f->disagreement = traps_disagreement(f, claim, a);
    else if (!f->disagreement && !sensitive_agrees(measured, claim))
        f->disagreement = arena_text(a, "measured: %s sensitive; claimed: %s", sensitive_words(measured, is, sizeof is),
                                     sensitive_words(claim->sensitive, claimed, sizeof claimed));
    else if (!f->disagreement && differing_mode(f, claim) < MODES)
        f->disagreement = mode_disagreement(f, claim, differing_mode(f, claim), a);
    else {
        f->agrees = !f->disagreement;
        return 0;
    }
    f->agrees = false;
    return f->disagreement ? 0 : -ENOMEM;
}
