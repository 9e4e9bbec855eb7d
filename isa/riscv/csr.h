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
/* mstatus, the word of which trap, return and translation take most [priv 3.1.6]:
 *
 *   63  35:34  33:32   22   21   20   19   18   17  16:15  14:13  12:11  10:9   8    7    6    5    3    1
 *   SD   SXL    UXL   TSR   TW  TVM  MXR  SUM MPRV   XS     FS     MPP    VS   SPP MPIE  UBE SPIE  MIE  SIE
 *
 * sstatus is the same word through a mask: it has no state of its own, so that there is nothing to keep in step. SD
 * is not kept either, it is made of FS at each read; XS, VS and UBE are zero. */
bool csr_exists(const struct hart *, unsigned csr);
uint64_t csr_get(const struct hart *, unsigned csr); /* as the most privileged software reads it; 0 when absent */
void csr_set(struct hart *, unsigned csr, uint64_t); /* as it writes; WARL */
void csr_reset(struct hart *);

#endif
