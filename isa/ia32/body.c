/* body.c - the body that a decoded row has, by its operand size. */
#include "isa/ia32/bodies.h"
#include "isa/ia32/decode.h"
#include "isa/ia32/i386.h"

/* The table is made of insn.def once more, so that a row without a body does not link. ONE stands in all three
 * columns: such a body looks at opsize itself, or does not depend on it. Columns by size: 1 -> 0, 2 -> 1, 4 -> 2,
 * which is a shift by one. */
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

/* --- of what is no instruction: decoded to a body as well, so that the loop that executes has one way only: call the body */

static bool body_undefined(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    return ia_undefined(c);
}
static bool body_too_long(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    return ia_gp(c, REASON_UNDEFINED, 0);
}

void ia_body_choose(ia_insn *i, enum ia_decoded d, enum ia32_model model)
{
    i->body = d == IA_TOO_LONG ? body_too_long : d == IA_UNDEFINED ? body_undefined : ia_body_of(i->row, i->opsize);
    if (!i->body)
        i->body = body_undefined;
    if (d == IA_DECODED && model == IA_MODEL_386 && ia_386_body(i->row))
        i->body = ia_386_body(i->row);
}
