/* lockstep_stale.h - is a difference the guest's own doing, because it did not fence?
 */
#ifndef TRAPEZE_CORE_THEORY_LOCKSTEP_STALE_H
#define TRAPEZE_CORE_THEORY_LOCKSTEP_STALE_H

#include "core/theory/lockstep_again.h"

/* Of a difference that one instruction makes, with r->retired and r->exact filled in; `start`: instructions retired in the first state. Fills
 * in r->stale and r->unfenced. -errno with the sentence. */
MUST_CHECK int lockstep_ask_fence(struct again *, uint64_t start, struct lockstep_report *r, struct error *);

#endif
