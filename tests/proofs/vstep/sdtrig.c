/* sdtrig.c - triggers of the hart: their registers. What a trigger comes to (rule_of) is worked out anew whenever one of its two is written,
 * and is of neither the registers nor anything else that V-STEP compares: here that is left out.
 */
/* Where it is called the argument is a name, where it is defined a type (pmp.c). */
#define rule_changed(hart, n) rule_changed_##hart, n)
#define rule_changed_struct rule_changed_as_it_is(struct
#define rule_changed_h work_out(h

static inline void work_out(const void *whose, unsigned n) { (void)whose, (void)n; }

#include "isa/riscv/sdtrig.c"

#include "tests/proofs/vstep/state.h"

/* And that: nothing of it changes by working it out. */
void prove_vstep_sdtrig_kept(void)
{
    const unsigned n = nondet_unsigned() % RV_TRIGGERS;
    state_any(MAKE_ALL);
    rule_changed_as_it_is(&bare, n);
    state_compare(0, false);
}
