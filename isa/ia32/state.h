/* state.h - the registers of the contract, and what they are after power-on. */
#ifndef TRAPEZE_ISA_IA32_STATE_H
#define TRAPEZE_ISA_IA32_STATE_H

#include "isa/ia32/cpu.h"

uint64_t ia_get(const struct machine *, reg_t);
void ia_get_block(const struct machine *, reg_t first, unsigned count, uint64_t *out);
void ia_set(struct machine *, reg_t, uint64_t);
bool ia_has(const struct machine *, reg_t);
void ia_reset(struct machine *);

#endif
