/* theory_pg.h - the theory of the paper's machine over inputs of the caller's: the tests change them, to see that it shows. */
#ifndef TRAPEZE_CORE_THEORY_THEORY_PG_H
#define TRAPEZE_CORE_THEORY_THEORY_PG_H

#include "core/theory/classify.h"
#include "core/theory/exhaust.h"

struct pg_inputs {
    struct insn_desc row[PG_INSN_COUNT]; /* with their claims */
    enum pg_variant variant;
    exhaust_create *create;
    unsigned cells; /* of the bare machine */
};

struct pg_inputs pg_inputs(enum pg_variant); /* the tables as they are, and the machine */
MUST_CHECK int pg_classify(const struct pg_inputs *, const struct classify_options *, struct classification **out, struct error *);

/* K: what a VMM for this machine takes care of, in pins that can be taken out. */
enum pg_pin { PG_PIN_BOUND_CLIPPED, PG_PIN_TRAP_CELLS, PG_PIN_ONE_GUEST, PG_PINS };
extern const struct k_pin pg_pins[PG_PINS + 1];

/* --- proof_pg: the quantifiers, over every state */

enum { PG_CELLS = 5, PG_GUEST_CELLS = 4, PG_HOST_CELLS = 9 }; /* of the bare machine; of the guest, and of the host it runs on */

enum pg_machine { PG_BARE, PG_HOST, PG_MACHINES };
enum { PG_MACHINES_MAX = 4 }; /* of a row, with words of any length */

struct pg_proof {
    struct exhaust machine[PG_MACHINES_MAX];
    unsigned machines;
    const struct pg_inputs *in;
    unsigned without; /* enum pg_pin */
    bool witnesses;
    const struct classification *base;  /* NULL, or what to take over from: of the base machine, under this K */
    const struct classification *whole; /* likewise: of this variant, under the whole of K */
    struct arena *arena;
};
/* Measures a row, or INSN_NONE: all opcodes that are no instruction. like: NULL, or what was found under another K. 0 or -ENOMEM. */
MUST_CHECK int pg_prove(struct pg_proof *, unsigned row, const char *name, const struct finding *like, struct finding *out);
/* The witness that one run, or two of a case, are. 0 or -ENOMEM. */
MUST_CHECK int pg_witness(const struct exhaust *, enum evidence, const struct exhaust_case *, const struct exhaust_run *,
                          const struct exhaust_run *, struct arena *, struct witness *out);

#endif
