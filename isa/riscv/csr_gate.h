/* csr_gate.h - conditions on a CSR's access beyond the mode in its address. REASON_NONE opens. */
#ifndef TRAPEZE_ISA_RISCV_CSR_GATE_H
#define TRAPEZE_ISA_RISCV_CSR_GATE_H

#include "isa/riscv/state.h"

typedef enum trap_reason csr_gate_fn(struct hart *, unsigned csr);
csr_gate_fn csr_gate_open, csr_gate_float, csr_gate_counter, csr_gate_stimecmp, csr_gate_supervisor;

#endif
