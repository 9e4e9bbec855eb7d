/* decode.h - from bytes to a row and its operands. */
#ifndef TRAPEZE_ISA_IA32_DECODE_H
#define TRAPEZE_ISA_IA32_DECODE_H

#include "isa/ia32/cpu.h"

enum ia_decoded {
    IA_DECODED,
    IA_UNDEFINED, /* no row, or not here, or LOCK where it may not stand: #UD. `length` is what was looked at */
    IA_SHORT,     /* the bytes end before it does */
    IA_TOO_LONG,  /* it has more than 15 bytes: #GP */
};
enum { IA_LENGTH_MAX = 15 };

/* Decodes the instruction at `bytes`, of which there are `count`. All of *out is set but the body. row: INSN_NONE unless IA_DECODED. */
enum ia_decoded ia_decode(const struct ia32_config *, unsigned context, const uint8_t *bytes, unsigned count, ia_insn *out);

/* The body for this row and operand size; NULL: the build has none. */
ia_body *ia_body_of(unsigned row, unsigned opsize);
/* Gives what was decoded its body, which may be another on a 386; of what cannot be executed it is one that raises the trap. */
void ia_body_choose(ia_insn *, enum ia_decoded, enum ia32_model);

#endif
