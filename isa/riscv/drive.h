/* drive.h - the part of struct isa that a machine's driver asks (isa/machine.h), as RISC-V answers it. */
#ifndef TRAPEZE_ISA_RISCV_DRIVE_H
#define TRAPEZE_ISA_RISCV_DRIVE_H

#include "isa/machine.h"

bool riscv_wakes(const struct machine *);
bool riscv_listens(const struct machine *, uint64_t lines);
void riscv_waiting(const struct machine *, char *out, size_t size);
uint64_t riscv_written(struct machine *, reg_t);
bool riscv_fact(const void *config, unsigned n, const char **name, char *value, size_t size);

#endif
