/* straight.h - how far bodies go straight on before somebody looks at the budget. */
#ifndef TRAPEZE_ISA_RISCV_STRAIGHT_H
#define TRAPEZE_ISA_RISCV_STRAIGHT_H

#include "isa/riscv/record.h"

/* Of the instructions that follow one another in these slots the first `fresh` have just been decoded: says of each how far it is from
 * there to a look at the budget, and makes some of them look. */
void rv_straight(struct code_page *, const uint16_t *slot, unsigned fresh);
/* May the next instruction be the one behind this one, without a way through the outer loop? */
bool rv_goes_on(unsigned row);
/* The body of a record that looks: goes on with the one that is kept aside, unless the budget may end before the next look. */
body_fn rv_body_look;
static inline body_fn **rv_body_of(struct code_page *p, unsigned slot)
{
    return p->record[slot].body == rv_body_look ? &p->aside[slot] : &p->record[slot].body;
}

#endif
