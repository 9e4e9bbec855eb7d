/* bodies.h - the bodies of insn.def, declared, and how one text becomes bodies for bytes, words and doublewords. */
#ifndef TRAPEZE_ISA_IA32_BODIES_H
#define TRAPEZE_ISA_IA32_BODIES_H

#include "isa/ia32/cpu.h"

#define INSN(name, ext, encoding, operands, body, traps, sensitive, manual) body
#define ONE(name) ia_body ia_body_##name;
#define SIZED(name) ia_body ia_body_##name##_1, ia_body_##name##_2, ia_body_##name##_4;
#include "isa/ia32/insn.def"
#undef INSN
#undef ONE
#undef SIZED

/* Begins the text of a body that SIZED() names; in it `size` is a constant. */
#define SIZED_BODY(name)                                                                                                              \
    static inline __attribute__((always_inline)) bool name(struct ia_cpu *c, const ia_insn *i, const unsigned size);                  \
    bool ia_body_##name##_1(struct ia_cpu *c, const ia_insn *i) { return name(c, i, 1); }                                             \
    bool ia_body_##name##_2(struct ia_cpu *c, const ia_insn *i) { return name(c, i, 2); }                                             \
    bool ia_body_##name##_4(struct ia_cpu *c, const ia_insn *i) { return name(c, i, 4); }                                             \
    static inline __attribute__((always_inline)) bool name(struct ia_cpu *c, const ia_insn *i, const unsigned size)

#endif
