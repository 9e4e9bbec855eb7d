/* i386.h - what the manual leaves undefined, as silicon of the 386 leaves it.
 *
 * Two public sources: the ROM test386.asm, whose checks its author verified on a 386, and issue 4 of SingleStepTests/80386, which tells
 * what tests made on a 386EX have in common. The rules:
 *
 *   adder    AAA AAS DAA DAS AAD add or subtract in one step, and the flags are that step's, but for CF and AF where the manual has them.
 *            AAM leaves CF, AF and OF clear.
 *   shifter  A shift sets AF. OF is, of any count, what the last of so many single steps gives; RCL and RCR by all of their 9 or 17 bits
 *            give it, too. Of bytes by 16 or 24 CF and OF are those of 8; CF of other counts above the width is as on the
 *            686: 0, and of SAR the sign.
 *   BT       The operand is rotated to the right by the number of the bit: OF is whether its sign and the bit below are different then. The
 *            other flags stay.
 *   SIB      A scale without an index is the base's (decode.c).
 *
 * That SAR sets AF is by analogy: the sources speak of SHL and SHR. Of SHLD, SHRD, products, quotients and scans they tell no rule, and those
 * leave what they leave on the 686.
 */
#ifndef TRAPEZE_ISA_IA32_I386_H
#define TRAPEZE_ISA_IA32_I386_H

#include "isa/ia32/operand.h"

static inline bool ia_is_386(const struct ia_cpu *c) { return c->config.model == IA_MODEL_386; }

/* The body that a row has on a 386: of shifts, rotates and bit tests; NULL: its own. */
ia_body *ia_386_body(unsigned row);

/* All flags, of AL and what is added to it, of which the low byte counts. */
static inline void ia_386_adjusted(struct ia_flags *f, uint32_t al, uint32_t by) { ia_flags_add(f, 1, al, by & 0xff, false); }

#endif
