/* derive.h - what follows from a finding's measured parts; shared by all theories. */
#ifndef TRAPEZE_CORE_THEORY_DERIVE_H
#define TRAPEZE_CORE_THEORY_DERIVE_H

#include "core/theory/theory.h"

/* Sets privileged, innocuous, withheld and critical from traps and sensitive. */
void finding_derive(struct finding *);
/* What one execution did, as a verb: "completes". */
const char *outcome_words(unsigned outcome);
/* Critical for Theorem 3 too. */
bool finding_user_critical(const struct finding *);

#endif
