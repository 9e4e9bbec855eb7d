/* csr_fast.h - CSR accesses that do not leave the inner loop. */
#ifndef TRAPEZE_ISA_RISCV_CSR_FAST_H
#define TRAPEZE_ISA_RISCV_CSR_FAST_H

#include "isa/riscv/record.h"

/* Gives the record of a CSR access, if it can have one, a body that does not leave the inner loop. */
void rv_csr_quicken(const struct hart *, unsigned row, struct rv_insn *);

#endif
