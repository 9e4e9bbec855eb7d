/* guest.h - what the parts of the guest share. */
#ifndef TRAPEZE_TESTS_BENCH_IA32_GUEST_H
#define TRAPEZE_TESTS_BENCH_IA32_GUEST_H

#include "tests/bench/ia32/system.h"

extern uint32_t *directory; /* of the first address space */

/* guest.c */
void fail(const char *why);
uint32_t *pte_of(uint32_t *root, uint32_t va);
void map_page(uint32_t *root, uint32_t va, uint32_t pa, int user);
uint32_t *address_space(void);

/* start.S */
void gate_set(unsigned vector, void (*handler)(void), unsigned dpl);
void on_call(void), on_user_done(void), on_undefined(void), on_fault(void), on_demand(void), on_surprise(void);

#endif
