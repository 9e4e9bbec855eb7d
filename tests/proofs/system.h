/* system.h - K, as the VMM and the classifier have it; and what bodies of the system group call that no claim of these proofs comes to: an
 * instruction that traps for privilege returns from no trap, and fences nothing.
 */
#ifndef TRAPEZE_TESTS_PROOFS_SYSTEM_H
#define TRAPEZE_TESTS_PROOFS_SYSTEM_H

#include "isa/riscv/csr.h"
#include "isa/riscv/translate.h"
#include "isa/riscv/trap.h"
#include "tests/proofs/pair.h"

static void k_assume(const struct hart *h)
{
#define K_CSR(csr, value, pin) __CPROVER_assume(h->csr == (value));
#include "core/vmm/k_riscv.def"
#undef K_CSR
    __CPROVER_assume(!h->config.wfi_in_user && !h->config.custom_csr);
}

static void unexpected(void) { __CPROVER_assert(false, "nothing of this is done"); }

void hart_mret(struct hart *h) { (void)h, unexpected(); }
void hart_sret(struct hart *h) { (void)h, unexpected(); }
void hart_fence(struct hart *h, const struct fence *f) { (void)h, (void)f, unexpected(); }
#ifndef CSR_FILE
enum trap_reason csr_access(struct hart *h, const struct csr_access *a, uint64_t *old)
{
    (void)h, (void)a, (void)old, unexpected();
    return REASON_NONE;
}
#endif

#endif
