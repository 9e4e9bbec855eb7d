/* csr_step.c - the careful bodies of CSR accesses. */
#include "tests/proofs/equal/csr_known.h"

#define RV_BODIES_STEP
#include "isa/riscv/execute_system.h"
