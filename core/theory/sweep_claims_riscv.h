/* sweep_claims_riscv.h - what the tables claim of an encoding in user mode under K, as the set of its outcomes. */
#ifndef TRAPEZE_CORE_THEORY_SWEEP_CLAIMS_RISCV_H
#define TRAPEZE_CORE_THEORY_SWEEP_CLAIMS_RISCV_H

#include "core/sweep.h"
#include "core/theory/theory_riscv.h"

enum { SWEEP_CSRS = 4096 };

struct sweep_claims {
    uint8_t row[SWEEP_ROWS]; /* a bit per enum outcome; 0: it hangs on the CSR */
    bool floating[SWEEP_ROWS];
    uint8_t csr_read[SWEEP_CSRS], csr_write[SWEEP_CSRS]; /* an access that only reads, and one that writes */
};

/* m: a machine with the configuration of the sweep, to ask which CSRs it has. */
void sweep_claims_make(struct sweep_claims *, const struct riscv_inputs *, const struct machine *m);
/* The set of outcomes that are claimed of `bits`, of which `row` is the row (RV_INSN_COUNT: none). fs_off: mstatus.FS is Off. */
unsigned sweep_claimed(const struct sweep_claims *, unsigned row, uint32_t bits, bool fs_off);

#endif
