/* interpret.h - what bodies compiled over the contract work on; private to interpret.c and bodies_contract.h. */
#ifndef TRAPEZE_ISA_RISCV_INTERPRET_H
#define TRAPEZE_ISA_RISCV_INTERPRET_H

#include "isa/riscv/operands.h"
#include "isa/riscv/state.h"

/* One instruction on its way over the contract. */
struct over {
    struct machine *machine;
    const struct interpret_memory *memory;
    uint64_t pc;
    uint32_t bits;
    unsigned length;
    struct trap trap; /* BODY_STOP: why */
};

typedef enum body_result over_fn(struct over *, const struct rv_operands *);

static inline uint64_t over_x(const struct over *o, unsigned r) { return machine_get(o->machine, RV_X + r); }
void over_set_x(struct over *, unsigned r, uint64_t);
void over_set_f(struct over *, unsigned r, uint64_t);
void over_accrue(struct over *, unsigned flags);
enum body_result over_illegal(struct over *, enum trap_reason);
MUST_CHECK bool over_amo(struct over *, va_t, unsigned size, combine_fn *, uint64_t operand, uint64_t *old);
MUST_CHECK bool over_load_reserved(struct over *, va_t, unsigned size, uint64_t *value);
MUST_CHECK bool over_store_conditional(struct over *, va_t, unsigned size, uint64_t value, bool *done);

struct trap riscv_interpret(struct machine *, insn_t bits, const struct interpret_memory *);

#endif
