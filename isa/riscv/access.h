/* access.h - any virtual access, aligned or not, RAM or I/O. false: kind, reason, cause, tval of h->trap are set, and the
 * engine completes it (hart_trap_at). A store is checked whole before it writes. */
#ifndef TRAPEZE_ISA_RISCV_ACCESS_H
#define TRAPEZE_ISA_RISCV_ACCESS_H

#include "isa/riscv/operands.h"
#include "isa/riscv/state.h"

MUST_CHECK bool hart_load(struct hart *, va_t, unsigned size, uint64_t *value);
MUST_CHECK bool hart_store(struct hart *, va_t, unsigned size, uint64_t value);
MUST_CHECK bool hart_amo(struct hart *, va_t, unsigned size, combine_fn *, uint64_t operand, uint64_t *old);
MUST_CHECK bool hart_load_reserved(struct hart *, va_t, unsigned size, uint64_t *value);
MUST_CHECK bool hart_store_conditional(struct hart *, va_t, unsigned size, uint64_t value, bool *done);
/* Where an aligned word of RAM lies, reached as LR (TRIGGER_LOAD) and SC (TRIGGER_STORE) do. */
MUST_CHECK bool hart_atomic_reach(struct hart *, va_t, unsigned size, unsigned kinds, pa_t *pa);
enum { CACHE_BLOCK = 64 };                             /* bytes that a cache-block operation works on */
MUST_CHECK bool hart_block_reach(struct hart *, va_t); /* may the block around va be read or written at all? */
MUST_CHECK bool hart_block_zero(struct hart *, va_t);

#endif
