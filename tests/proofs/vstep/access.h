/* access.h - what an access to a CSR makes of its value [unpriv 7.1]. */
#ifndef TRAPEZE_TESTS_PROOFS_VSTEP_ACCESS_H
#define TRAPEZE_TESTS_PROOFS_VSTEP_ACCESS_H

#include "isa/riscv/csr.h"

static inline uint64_t access_combine(const struct csr_access *a, uint64_t old)
{
    return a->op == CSR_OP_WRITE ? a->operand : a->op == CSR_OP_SET ? old | a->operand : old & ~a->operand;
}

#endif
