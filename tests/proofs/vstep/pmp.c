/* pmp.c - PMP of the hart and of the virtual machine: their registers. What addresses these mean is worked out anew whenever one is
 * written, and is of neither the registers nor anything else that V-STEP compares: here that is left out.
 */
/* Where it is called the argument is a name, where it is declared and defined a type: so the two can be told apart. */
#define pmp_changed(argument) pmp_changed_##argument)
#define pmp_changed_struct pmp_changed_as_it_is(struct
#define pmp_changed_h work_out(h
#define virtual_pmp_changed(argument) virtual_pmp_changed_##argument)
#define virtual_pmp_changed_struct virtual_pmp_changed_as_it_is(struct
#define virtual_pmp_changed_vcpu work_out(vcpu

static inline void work_out(const void *whose) { (void)whose; }

#include "isa/riscv/pmp.c"

#define everything_open everything_open_virtually
#include "core/vmm/virtual_pmp_riscv.c"

#include "tests/proofs/vstep/state.h"

/* And that: nothing of it changes by working the addresses out, */
void prove_vstep_pmp_kept(void)
{
    state_any(MAKE_ALL);
    state_pmp_legal();
    pmp_changed_as_it_is(&bare);
    virtual_pmp_changed_as_it_is(&vcpu);
    state_compare(0, false);
}

/* and of each entry both get the same. */
void prove_vstep_pmp_range(void)
{
    const unsigned n = nondet_unsigned() % RV_PMP_ENTRIES;
    state_any(MAKE_ALL);
    state_pmp_legal();
    const struct pmp_entry_cache a = pmp_range(&bare, n);
    const struct virtual_pmp_rule b = pmp_rule(virtual_of(&vcpu), n);
    __CPROVER_assert((a.base <= a.last) == (b.first <= b.last), "both have addresses, or none");
    __CPROVER_assert(a.base > a.last || (a.base == b.first && a.last == b.last), "the same addresses");
    __CPROVER_assert(a.cfg == b.cfg, "the same rights");
}
