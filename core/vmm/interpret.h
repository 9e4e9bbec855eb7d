/* interpret.h - one instruction of the guest, access by access.
 */
#ifndef TRAPEZE_CORE_VMM_INTERPRET_H
#define TRAPEZE_CORE_VMM_INTERPRET_H

#include "core/vmm/vcpu.h"

/* The instruction at PC, which `t` names, unless its length is 0: then it is fetched first. */
struct trap interpret_instruction(struct vcpu *, const struct trap *t);
/* The instruction at this address, as it lies there. false: *t has the fault. */
bool interpret_fetch(struct vcpu *, gva_t, insn_t *bits, unsigned *length, struct trap *t);
/* The aligned block of `size` bytes around va: zeroes it, or asks whether a load or a store may reach it. false: *t has the fault, of a
 * store, at va. */
bool interpret_block(struct vcpu *, gva_t va, unsigned size, bool zero, struct trap *t);

#endif
