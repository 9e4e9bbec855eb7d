/* slot.h - bodies of records that are no instruction, or none yet. */
#ifndef TRAPEZE_ISA_RISCV_SLOT_H
#define TRAPEZE_ISA_RISCV_SLOT_H

#include "isa/riscv/record.h"

body_fn rv_body_undecoded, rv_body_crossing, rv_body_illegal, rv_body_trigger;
/* Decodes the record; its length in bytes, or 0 where no ordinary instruction stands. */
unsigned rv_decode_slot(struct hart *, struct code_page *, unsigned slot);

#endif
