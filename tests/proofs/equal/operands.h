/* operands.h - what the decoder makes of operands, by format. Proofs begin with any operands that are so. */
#ifndef TRAPEZE_TESTS_PROOFS_OPERANDS_H
#define TRAPEZE_TESTS_PROOFS_OPERANDS_H

#include "isa/riscv/operands.h"
#include "isa/riscv/state.h"
#include "isa/riscv/table.h"

enum operand_format {
#define FORM(name, pattern, decoded, needs) OPERANDS_##name,
#include "isa/riscv/format.def"
#undef FORM
};

/* Rows that compressed ones are short for have their own formats: `format` is one of them. */
static inline bool operands_are(unsigned format, bool word_shift, const struct rv_operands *o)
{
    if (o->rs1 > 31 || o->rs2 > 31)
        return false;
    switch (format) {
    case OPERANDS_FLOAD:
    case OPERANDS_R4:
    case OPERANDS_FFFM:
    case OPERANDS_FFM:
    case OPERANDS_FFF:
    case OPERANDS_FXM:
    case OPERANDS_FX:
    case OPERANDS_FFE:
    case OPERANDS_FXE:
        if (o->rd > 31)
            return false;
        break;
    default:
        if (o->rd < 1 || o->rd > RV_SINK)
            return false;
    }
    switch (format) {
    case OPERANDS_SHIFT: return o->imm >= 0 && o->imm < (word_shift ? 32 : 64);
    case OPERANDS_B:
    case OPERANDS_J: return !(o->imm & 1);
    case OPERANDS_CSR:
    case OPERANDS_CSRI: return o->imm >= 0 && o->imm < 4096;
    default: return true;
    }
}

/* FP_PLAIN formats are given fast bodies only where they round by frm or to nearest (rv_decode_record). */
static inline bool operands_round_plainly(unsigned format, const struct rv_operands *o)
{
    const bool arithmetic = format == OPERANDS_R4 || format == OPERANDS_FFFM || format == OPERANDS_FFM;
    return !arithmetic || (o->aux & 7) == 0 || (o->aux & 7) == 7;
}

extern const uint8_t operand_format[RV_INSN_COUNT];
extern const uint16_t operand_does[RV_INSN_COUNT];
static inline bool operands_are_floats(unsigned row)
{
    return operand_format[row] >= OPERANDS_FLOAD && operand_format[row] <= OPERANDS_FXE;
}
static inline bool operands_shift_words(unsigned row) { return row == RV_INSN_slliw || row == RV_INSN_srliw || row == RV_INSN_sraiw; }

/* Where decode_slot() has noted that a jump or branch stays within its page (aux), it does. */
static inline bool operands_near(unsigned row, unsigned slot, const struct rv_operands *o)
{
    const int64_t target = (int64_t)slot * 2 + o->imm;
    if (!(operand_does[row] & (DOES_BRANCH | DOES_JUMP)))
        return true;
    return o->aux == 0 || (o->aux == 1 && target >= 0 && target < PAGE_SIZE);
}

#endif
