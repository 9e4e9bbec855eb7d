/* body.c - the body that a decoded row has, by its operand size. */
#include "isa/ia32/bodies.h"
#include "isa/ia32/decode.h"

static ia_body *const bodies[IA_INSN_COUNT][3] = {
#define INSN(name, ext, encoding, operands, body, traps, sensitive, manual) [IA_INSN_##name] = body,
#define ONE(name)                                                                                                                     \
    {                                                                                                                                 \
        ia_body_##name, ia_body_##name, ia_body_##name                                                                                \
    }
#define SIZED(name)                                                                                                                   \
    {                                                                                                                                 \
        ia_body_##name##_1, ia_body_##name##_2, ia_body_##name##_4                                                                    \
    }
#include "isa/ia32/insn.def"
#undef INSN
#undef ONE
#undef SIZED
};

ia_body *ia_body_of(unsigned row, unsigned opsize) { return bodies[row][opsize >> 1]; }
