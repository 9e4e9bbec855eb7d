/* operands.c - see isa/ia32_operands.h. */
#include "isa/ia32_operands.h"

#include "isa/ia32/decode.h"

#include <string.h>

/* A copy without the body and what else is of this room alone, so that ia_insn can change without anybody noticing. */
bool ia32_decode(const struct ia32_config *config, unsigned context, insn_t bits, struct ia32_decoded *out)
{
    uint8_t bytes[sizeof bits];
    ia_insn i;
    memcpy(bytes, &bits, sizeof bits);
    if (ia_decode(config, context, bytes, sizeof bytes, &i) != IA_DECODED)
        return false;
    *out = (struct ia32_decoded){.row = i.row,
                                 .length = i.length,
                                 .opsize = i.opsize,
                                 .adsize = i.adsize,
                                 .seg = i.seg,
                                 .reg = i.reg,
                                 .rm = i.rm,
                                 .rm_is_memory = i.rm_is_memory,
                                 .base = i.base == IA_NO_REGISTER ? IA32_NO_REGISTER : i.base,
                                 .index = i.index == IA_NO_REGISTER ? IA32_NO_REGISTER : i.index,
                                 .scale = i.scale,
                                 .repeats = i.rep != IA_REP_NONE,
                                 .opcode = i.opcode,
                                 .disp = (uint32_t)i.disp,
                                 .imm = i.imm,
                                 .selector = i.imm2};
    return true;
}
