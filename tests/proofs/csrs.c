/* csrs.c - claims of CSRs, each by all six forms of access, over the careful bodies and the CSR file as they are: for all operands,
 * registers, states and modes. A claim is of a CSR in the place of a row (rows.c):
 *
 *   closed      in user mode, under K, every access takes a privilege trap, and nothing has changed; but a write of what may only be read,
 *               and any access to a CSR that this hart has not, is undefined in every mode
 *   innocuous   as of a row
 *
 * -D BODIES='"isa/riscv/execute_system.h"', -D REGISTER=sscratch says which CSR, -D PROPERTY=closed which claim.
 */
#define CSR_FILE
#include "isa/riscv/operands.h"
#include "tests/proofs/pair.h"

/* All that is asked of a hart's extensions is whether they have the CSR's own (csr_find): so a hart that has all, and one that has none,
 * stand for all harts. The model checker wants to see that they are one number. */
enum { EVERY_EXTENSION = -1, NO_EXTENSION = 0 };

static void pair_make_complete(void)
{
    pair_make();
    first.extensions = second.extensions = (uint32_t)EVERY_EXTENSION;
}
#define pair_make pair_make_complete
#include "tests/proofs/rows.c"
#undef pair_make

#include "isa/riscv/csr_gate.c"
#include "isa/riscv/pmp.c"
#include "isa/riscv/sdtrig.c"
#include "isa/riscv/touched.c"

#define FS_DIRTY FS_IS_DIRTY /* a constant that bodies.h has, too */
#include "isa/riscv/csr.c"
#undef FS_DIRTY

/* No access that a claim lets happen comes to these. */
void hart_context_choose(struct hart *h) { (void)h, unexpected(); }
void hart_context_changed(struct hart *h) { (void)h, unexpected(); }
void tlb_flush_all(struct tlb *t) { (void)t, unexpected(); }

/* aux says which form. */
static enum body_result csr_step(struct hart *h, const struct rv_operands *i, unsigned csr)
{
    struct rv_operands o = *i;
    o.imm = (int32_t)csr;
    switch (o.aux % 6) {
    case 0: return rv_step_csrrw(h, &o);
    case 1: return rv_step_csrrs(h, &o);
    case 2: return rv_step_csrrc(h, &o);
    case 3: return rv_step_csrrwi(h, &o);
    case 4: return rv_step_csrrsi(h, &o);
    default: return rv_step_csrrci(h, &o);
    }
}
#define CSR(name, address, ext, part, reads, writes, about)                                                                           \
    enum body_result rv_step_##name(struct hart *h, const struct rv_operands *i) { return csr_step(h, i, address); }
#include "isa/riscv/csr.def"
#undef CSR

/* Which CSR is in question. */
unsigned csr_under_proof(void);

static void prove_absent(const struct rv_operands *operands)
{
    first.extensions = NO_EXTENSION;
    prove_trap(operands, REASON_UNDEFINED);
}

static void prove_refused(const struct rv_operands *operands)
{
    const bool writes = operands->aux % 3 == 0 || operands->rs1 != 0;
    first.extensions = (uint32_t)EVERY_EXTENSION;
    if (writes && bits_get(csr_under_proof(), 10, 2) == 3) {
        prove_trap(operands, REASON_UNDEFINED);
        return;
    }
    k_assume(&first);
    first.mode = RV_U;
    prove_trap(operands, REASON_PRIVILEGE);
}

void prove_closed(void)
{
    const struct rv_operands operands = operands_any();
    hart_any(&first, &first_trap);
    if (nondet_bool())
        prove_absent(&operands);
    else
        prove_refused(&operands);
}

#ifdef REGISTER
#define NUMBER_OF(csr) CSR_##csr
#define NUMBER(csr) NUMBER_OF(csr)
unsigned csr_under_proof(void) { return NUMBER(REGISTER); }
enum body_result rv_step_under_proof(struct hart *h, const struct rv_operands *i) { return STEP(REGISTER)(h, i); }
void prove(void) { PROVE(PROPERTY)(); }
#endif
