/* csr.h - the CSR file. */
#ifndef TRAPEZE_ISA_RISCV_CSR_H
#define TRAPEZE_ISA_RISCV_CSR_H

#include "isa/riscv/state.h"

/* A Zicsr access by the running program: checks existence, privilege and writability, then reads, and writes when `write`. Returns
 * REASON_NONE, or why it traps (always as an illegal instruction); then nothing changed. */
struct csr_access {
    unsigned csr;
    bool write;
    uint64_t operand;
    enum { CSR_OP_WRITE, CSR_OP_SET, CSR_OP_CLEAR } op;
};
MUST_CHECK enum trap_reason csr_access(struct hart *, const struct csr_access *, uint64_t *old);
bool csr_exists(const struct hart *, unsigned csr);
uint64_t csr_get(const struct hart *, unsigned csr); /* as the most privileged software reads it; 0 when absent */
void csr_set(struct hart *, unsigned csr, uint64_t); /* as it writes; WARL */
void csr_reset(struct hart *);

#endif
