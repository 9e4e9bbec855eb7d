/* state.h - any state of a bare hart, and f of it. */
#ifndef TRAPEZE_TESTS_PROOFS_VSTEP_STATE_H
#define TRAPEZE_TESTS_PROOFS_VSTEP_STATE_H

#include "core/vmm/virtual_csr_riscv.h"
#include "isa/riscv/state.h"

extern struct hart bare;
extern struct trap bare_trap;
extern struct vcpu vcpu;

/* Which of the options the hart has: any, all or none. */
enum state_make { MAKE_ANY, MAKE_ALL, MAKE_NONE };
void state_any(enum state_make);
void state_pmp_legal(void);
/* Another state S', of the same x and pc at the same time, to come to in two steps: the hart's part, and f of it. state_other_any() is called
 * before state_any(). */
void state_other_any(enum state_make);
void state_other_hart(void);
void state_other_virtual(void);
/* The virtual machine's is f of the bare hart's again, so many instructions later; a fence was ordered on both, or on none by the v_i. */
void state_compare(unsigned retired, bool fence);

uint32_t nondet_uint32_t(void);
uint64_t nondet_uint64_t(void);
unsigned nondet_unsigned(void);
bool nondet_bool(void);

#endif
