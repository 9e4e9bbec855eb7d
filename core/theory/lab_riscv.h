/* lab_riscv.h - the laboratory of RISC-V. Its config is a struct riscv_config. */
#ifndef TRAPEZE_CORE_THEORY_LAB_RISCV_H
#define TRAPEZE_CORE_THEORY_LAB_RISCV_H

#include "core/theory/lab.h"

/* What the VMM keeps (lab_isa.disown); and where the VMM's trap vector leads. */
enum { OWNED_SATP, OWNED_PMP, OWNED };
#define LAB_RISCV_ENTRY UINT64_C(0x80010800)

extern const struct lab_isa lab_riscv;
int lab_riscv_create(struct machine **, struct phys *, const void *config, unsigned index); /* the hart as it is sold */

#endif
