/* claim.c - what was measured against what the table claims. */
#include "core/theory/classify.h"

#include <errno.h>
#include <string.h>

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

static const char *traps_word(enum measured_traps t)
{
    switch (t) {
    case MEASURED_NEVER: return "never traps in user mode";
    case MEASURED_ALWAYS: return "always traps in user mode";
    case MEASURED_CONDITION: return "traps in user mode under a condition";
    case MEASURED_REQUESTED: return "traps in every mode because it asks to";
    case MEASURED_UNDEFINED: return "is undefined in every mode";
    }
    return "";
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

static bool sensitive_agrees(unsigned measured, const struct claim *claim)
{
    return claim->at_most ? !(measured & ~claim->sensitive) : measured == claim->sensitive;
}

enum { MODES = 4 };

/* The first mode, by the ISA's encoding, with an outcome beyond those that are claimed of it. */
static unsigned unclaimed_mode(const struct finding *f, const struct claim *claim)
{
    unsigned m = 0;
    while (m < MODES && (!claim->outcomes[m] || !(f->outcomes[m] & ~(unsigned)claim->outcomes[m])))
        m++;
    return m;
}

static const char *unclaimed_outcome(const struct finding *f, const struct claim *claim)
{
    static const char *const word[] = {"completes", "traps for a resource", "traps for privilege", "traps on request", "undefined",
                                       "waits"};
    const unsigned m = unclaimed_mode(f, claim);
    return word[__builtin_ctz(f->outcomes[m] & ~(unsigned)claim->outcomes[m])];
}

int finding_compare(struct finding *f, const struct claim *claim, struct arena *a)
{
    const unsigned measured = f->sensitive | (f->hidden_sensitive ? SENSITIVE_HIDDEN : 0);
    char is[64], claimed[64];
    if (!f->disagreement && f->traps != claim->traps)
        f->disagreement = arena_text(a, "measured: %s; claimed: %s", traps_word(f->traps), traps_word(claim->traps));
    else if (!f->disagreement && !sensitive_agrees(measured, claim))
        f->disagreement = arena_text(a, "measured: %s sensitive; claimed: %s", sensitive_words(measured, is, sizeof is),
                                     sensitive_words(claim->sensitive, claimed, sizeof claimed));
    else if (!f->disagreement && unclaimed_mode(f, claim) < MODES)
        f->disagreement = arena_text(a, "measured: an outcome in mode %u that is not claimed there: %s", unclaimed_mode(f, claim),
                                     unclaimed_outcome(f, claim));
    else {
        f->agrees = !f->disagreement;
        return 0;
    }
    f->agrees = false;
    return f->disagreement ? 0 : -ENOMEM;
}
