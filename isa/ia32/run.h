/* run.h - the contract's run(). */
#ifndef TRAPEZE_ISA_IA32_RUN_H
#define TRAPEZE_ISA_IA32_RUN_H

#include "isa/ia32/cpu.h"

/* Says in c->trap which instruction it was. */
void ia_trap_name(struct ia_cpu *, const ia_insn *, const uint8_t *bytes);
void ia_run(struct machine *, uint64_t budget, uint64_t *retired, struct trap *out);

#endif
