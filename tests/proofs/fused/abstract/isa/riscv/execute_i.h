/* execute_i.h - in the place of the bodies of I, M and D: every row as a part of which no more is known than what part.c proves. */
#ifndef TRAPEZE_TESTS_PROOFS_FUSED_ABSTRACT_H
#define TRAPEZE_TESTS_PROOFS_FUSED_ABSTRACT_H

#include "isa/riscv/bodies.h"

struct part part_model(const struct hart *h, const struct rv_insn *i, unsigned row, unsigned length, unsigned from, uint64_t near,
                       uint64_t far);

#define INSN(name, ext, encoding, format, does, traps, sensitive, manual)                                                             \
    static inline struct part part_##name(const struct hart *h, const struct rv_insn *i, unsigned length, unsigned from,              \
                                          uint64_t near, uint64_t far, uint64_t written)                                              \
    {                                                                                                                                 \
        (void)written;                                                                                                                \
        return part_model(h, i, RV_INSN_##name, length, from, near, far);                                                             \
    }
#include "isa/riscv/insn.def"
#undef INSN

#endif
