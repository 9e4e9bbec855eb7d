/* floats.h - floating-point arithmetic in proofs: functions of which nothing is known but what sf_fast.h promises of the host's: where it
 * offers a result, it is what softfloat gives when it rounds to nearest, and raises nothing but NX. (That it keeps the promise is for
 * isa_softfloat to test.) Takes the place of sf_fast.h.
 */
#ifndef TRAPEZE_ISA_RISCV_SF_FAST_H
#define TRAPEZE_ISA_RISCV_SF_FAST_H

#include "isa/riscv/softfloat.h"

enum model_operation {
    MODEL_add,
    MODEL_sub,
    MODEL_mul,
    MODEL_div,
    MODEL_sqrt,
    MODEL_fma,
    MODEL_min,
    MODEL_max,
    MODEL_eq,
    MODEL_lt,
    MODEL_le
};

/* format: 32 or 64 */
uint64_t __CPROVER_uninterpreted_float_bits(unsigned format, unsigned op, uint64_t a, uint64_t b, uint64_t c, unsigned rm);
unsigned __CPROVER_uninterpreted_float_flags(unsigned format, unsigned op, uint64_t a, uint64_t b, uint64_t c, unsigned rm);
bool __CPROVER_uninterpreted_float_offered(unsigned format, unsigned op, uint64_t a, uint64_t b, uint64_t c, bool exact);

static inline struct sf_result model_float(unsigned format, unsigned op, uint64_t a, uint64_t b, uint64_t c, unsigned rm)
{
    return (struct sf_result){.bits = __CPROVER_uninterpreted_float_bits(format, op, a, b, c, rm),
                              .flags = __CPROVER_uninterpreted_float_flags(format, op, a, b, c, rm) & 31};
}

static inline bool model_float_offered(unsigned format, unsigned op, uint64_t a, uint64_t b, uint64_t c, bool exact, uint64_t *r)
{
    const struct sf_result soft = model_float(format, op, a, b, c, SF_RNE);
    *r = soft.bits;
    if (!__CPROVER_uninterpreted_float_offered(format, op, a, b, c, exact))
        return false;
    __CPROVER_assume((soft.flags & ~(op >= MODEL_eq ? 0u : SF_NX)) == 0);
    return true;
}

#define OFFER(bits, prefix, name, op, exact, parameters, a, b, c)                                                                     \
    static inline bool sf##bits##_##prefix##_##name parameters                                                                        \
    {                                                                                                                                 \
        uint64_t v;                                                                                                                   \
        const bool offered = model_float_offered(bits, op, a, b, c, exact, &v);                                                       \
        *r = (uint##bits##_t)v;                                                                                                       \
        return offered;                                                                                                               \
    }
#define OFFERS(bits, word)                                                                                                            \
    OFFER(bits, fast, add, MODEL_add, false, (word a, word b, word * r), a, b, 0)                                                     \
    OFFER(bits, fast, sub, MODEL_sub, false, (word a, word b, word * r), a, b, 0)                                                     \
    OFFER(bits, fast, mul, MODEL_mul, false, (word a, word b, word * r), a, b, 0)                                                     \
    OFFER(bits, fast, div, MODEL_div, false, (word a, word b, word * r), a, b, 0)                                                     \
    OFFER(bits, fast, sqrt, MODEL_sqrt, false, (word a, word * r), a, 0, 0)                                                           \
    OFFER(bits, fast, fma, MODEL_fma, false, (word a, word b, word c, word * r), a, b, c)                                             \
    OFFER(bits, exact, mul, MODEL_mul, true, (word a, word b, word * r), a, b, 0)                                                     \
    OFFER(bits, exact, div, MODEL_div, true, (word a, word b, word * r), a, b, 0)
OFFERS(32, uint32_t)
OFFERS(64, uint64_t)
#undef OFFER

#define COMPARES(bits, word, name)                                                                                                    \
    static inline bool sf##bits##_fast_##name(word a, word b, uint64_t *r)                                                            \
    {                                                                                                                                 \
        return model_float_offered(bits, MODEL_##name, a, b, 0, false, r);                                                            \
    }
COMPARES(32, uint32_t, eq)
COMPARES(32, uint32_t, lt)
COMPARES(32, uint32_t, le)
COMPARES(64, uint64_t, eq)
COMPARES(64, uint64_t, lt)
COMPARES(64, uint64_t, le)

#endif
