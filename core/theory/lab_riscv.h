/* lab_riscv.h - the laboratory of RISC-V. Its config is a struct riscv_config. */
#ifndef TRAPEZE_CORE_THEORY_LAB_RISCV_H
#define TRAPEZE_CORE_THEORY_LAB_RISCV_H

#include "core/theory/lab.h"

extern const struct lab_isa lab_riscv;
int lab_riscv_create(struct machine **, struct phys *, const void *config, unsigned index); /* the hart as it is sold */

#endif
