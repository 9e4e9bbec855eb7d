/* execute_a.h - atomics [unpriv 14]. Harts take turns, so a read and a write of one body are one access; aq and rl order nothing
 * that is not in order already. Reservations are by physical address, see access.c. */
#include "isa/riscv/bodies.h"

/* What is written back, from what was there and rs2. Words are compared as words, whatever lies above them. */
static inline int64_t as_signed(uint64_t v, unsigned size) { return size == 4 ? (int32_t)v : (int64_t)v; }
static inline uint64_t as_unsigned(uint64_t v, unsigned size) { return size == 4 ? (uint32_t)v : v; }

#define COMBINE(name, result)                                                                                                         \
    static inline uint64_t name(uint64_t a, uint64_t b, unsigned size)                                                                \
    {                                                                                                                                 \
        (void)a, (void)size;                                                                                                          \
        return result;                                                                                                                \
    }
COMBINE(swap, b)
COMBINE(sum, a + b)
COMBINE(exclusive, a ^ b)
COMBINE(both, a &b)
COMBINE(either, a | b)
COMBINE(lower, as_signed(a, size) < as_signed(b, size) ? a : b)
COMBINE(higher, as_signed(a, size) > as_signed(b, size) ? a : b)
COMBINE(lower_unsigned, as_unsigned(a, size) < as_unsigned(b, size) ? a : b)
COMBINE(higher_unsigned, as_unsigned(a, size) > as_unsigned(b, size) ? a : b)

/* rd gets what was there, a word sign-extended, even for the unsigned ones [unpriv 14.4]. */
#define AMO_BODY(name, bytes, combine, value)                                                                                         \
    BODY(name)                                                                                                                        \
    {                                                                                                                                 \
        AMO_OR_LEAVE(bytes, X(RS1), combine, X(RS2), v);                                                                              \
        WX(RD, value);                                                                                                                \
        RETURN_NEXT;                                                                                                                  \
    }
#define AMO_BODIES(name, combine)                                                                                                     \
    AMO_BODY(name##_w, 4, combine, sext32(v))                                                                                         \
    AMO_BODY(name##_d, 8, combine, v)
AMO_BODIES(amoswap, swap)
AMO_BODIES(amoadd, sum)
AMO_BODIES(amoxor, exclusive)
AMO_BODIES(amoand, both)
AMO_BODIES(amoor, either)
AMO_BODIES(amomin, lower)
AMO_BODIES(amomax, higher)
AMO_BODIES(amominu, lower_unsigned)
AMO_BODIES(amomaxu, higher_unsigned)

/* SC writes 0 to rd when it has stored, 1 when it has not; other codes of failure are reserved. */
#define LR_SC(suffix, bytes, value)                                                                                                   \
    BODY(lr_##suffix)                                                                                                                 \
    {                                                                                                                                 \
        LOAD_RESERVED_OR_LEAVE(bytes, X(RS1), v);                                                                                     \
        WX(RD, value);                                                                                                                \
        RETURN_NEXT;                                                                                                                  \
    }                                                                                                                                 \
    BODY(sc_##suffix)                                                                                                                 \
    {                                                                                                                                 \
        STORE_CONDITIONAL_OR_LEAVE(bytes, X(RS1), X(RS2), done);                                                                      \
        WX(RD, !done);                                                                                                                \
        RETURN_NEXT;                                                                                                                  \
    }
LR_SC(w, 4, sext32(v))
LR_SC(d, 8, v)
