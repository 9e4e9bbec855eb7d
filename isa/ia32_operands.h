/* ia32_operands.h - an IA-32 instruction taken apart, for whoever does by hand what one means: the VMM's routines. The CPU itself has a form
 * of its own.
 */
#ifndef TRAPEZE_ISA_IA32_OPERANDS_H
#define TRAPEZE_ISA_IA32_OPERANDS_H

#include "isa/ia32.h"

enum { IA32_NO_REGISTER = 8 }; /* as a base or an index: there is none */

struct ia32_decoded {
    uint16_t row;   /* enum ia32_row */
    uint8_t length; /* bytes */
    uint8_t opsize; /* of the operands: 1, 2 or 4 */
    uint8_t adsize; /* of addresses, and of the count of repetitions: 2 or 4 */
    uint8_t seg;    /* of the memory operand: IA_ES .. IA_GS, an override applied */
    uint8_t reg;    /* ModRM's reg field */
    uint8_t rm;     /* ModRM's rm field, where that is a register */
    bool rm_is_memory;
    uint8_t base, index, scale; /* of the memory operand's address: registers or IA32_NO_REGISTER; log2 of the factor */
    bool repeats;               /* F2 or F3 stands before it, and it is a string instruction */
    uint8_t opcode;             /* its last byte */
    uint32_t disp;              /* of the memory operand's address */
    uint32_t imm;               /* immediate; offset of a far pointer */
    uint16_t selector;          /* of a far pointer */
};

/* false: there is no such instruction in this context (isa->context()). */
bool ia32_decode(const struct ia32_config *, unsigned context, insn_t bits, struct ia32_decoded *out);

#endif
