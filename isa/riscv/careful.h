/* careful.h - instructions done by their careful bodies, which do everything and know no records (bodies_step.h). */
#ifndef TRAPEZE_ISA_RISCV_CAREFUL_H
#define TRAPEZE_ISA_RISCV_CAREFUL_H

#include "isa/riscv/record.h"
#include "isa/riscv/trap.h"

/* Executes the record at `i` by its careful body: the outer loop's way. STEP_NEXT and STEP_STOP are for rv_stepped(). */
body_fn rv_carefully;
/* The same, when h->pc is set and the row is known. */
enum body_result hart_step(struct hart *, const struct rv_insn *i, uint64_t left, unsigned row);

/* After a careful body: where to go on follows from the pc, unless that is to be fetched anew; and a trap becomes the instruction's. */
static inline enum body_result rv_stepped(struct hart *h, enum body_result result)
{
    if (LIKELY(result == STEP_NEXT)) {
        if (LIKELY(h->here))
            h->next = hart_record_at(h, h->pc);
        return BODY_NEXT;
    }
    if (h->trap->kind != TRAP_WAIT)
        hart_trap_at(h, h->step_row, h->step_length, hart_bits_of(h, hart_record_at(h, h->pc), h->step_length));
    return BODY_STOP;
}

#endif
