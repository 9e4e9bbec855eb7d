/* theory_hybrid.h - Theorem 3 under the K of a hybrid monitor, which promises more than the K of all monitors. */
#ifndef TRAPEZE_MONITOR_THEORY_HYBRID_H
#define TRAPEZE_MONITOR_THEORY_HYBRID_H

#include "monitor/theory_text.h"

struct hybrid_proof {
    struct classification *c; /* owned. NULL: it was not asked, or there is no such K */
    struct verdict verdict;
    bool other_ring; /* it was not asked, for that monitor runs nothing in the ring that is user mode here */
};

/* Asks where Theorem 3 fails under K of all monitors (`verdict`) and no pin is out. -errno with the sentence; then there is nothing to free. */
MUST_CHECK int hybrid_prove(const struct theory *, const struct classify_options *, const struct verdict *, struct hybrid_proof *out,
                            struct error *);
void hybrid_proof_free(struct hybrid_proof *); /* also one of zeros */
/* Nothing where it was not asked. */
void hybrid_print(FILE *, const struct theory *, const struct hybrid_proof *);
void hybrid_json(struct json *, const struct hybrid_proof *); /* a member "hybrid" of the object that is open */

/* The sentence that follows "Theorem 3 holds:", or "fails:" and a list. ring1: user mode is real ring 1. */
const char *theorem3_text(bool holds, bool ring1);

/* The critical ones of a verdict, or those of them that are so by what they do in user mode. */
void critical_print(FILE *, const struct verdict *, bool user_only);

#endif
