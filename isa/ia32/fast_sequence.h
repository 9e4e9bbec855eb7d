/* fast_sequence.h - several instructions in one body. */
#ifndef TRAPEZE_ISA_IA32_FAST_SEQUENCE_H
#define TRAPEZE_ISA_IA32_FAST_SEQUENCE_H

#include "isa/ia32/fast_choose.h"

/* Gives records of a run, which have bodies of their own already, those of sequences that begin there. */
void ia_fast_sequences(struct ia_fast *, const struct ia_fast_chosen *, unsigned count);

#endif
