/* execute_m.h - multiplication and division [unpriv 13]. Division never traps: by zero it gives all ones, or the dividend as
 * remainder; the one signed overflow gives the dividend, and remainder zero [unpriv table 11]. */
#include "isa/riscv/bodies.h"

__extension__ typedef __int128 wide_int;
__extension__ typedef unsigned __int128 wide_uint;

/* The upper 64 bits of 128: both signed, the first one signed, neither. */
static inline uint64_t mulh(uint64_t a, uint64_t b) { return (uint64_t)((wide_int)(int64_t)a * (int64_t)b >> 64); }
static inline uint64_t mulhsu(uint64_t a, uint64_t b) { return (uint64_t)((wide_int)(int64_t)a * (wide_int)b >> 64); }
static inline uint64_t mulhu(uint64_t a, uint64_t b) { return (uint64_t)((wide_uint)a * b >> 64); }

/* Dividing by -1 is negation, which also covers the overflow. */
static inline uint64_t divide(uint64_t a, uint64_t b)
{
    if (b == 0)
        return UINT64_MAX;
    return b == UINT64_MAX ? 0 - a : (uint64_t)((int64_t)a / (int64_t)b);
}
static inline uint64_t remainder_of(uint64_t a, uint64_t b)
{
    if (b == 0)
        return a;
    return b == UINT64_MAX ? 0 : (uint64_t)((int64_t)a % (int64_t)b);
}
static inline uint64_t divide_unsigned(uint64_t a, uint64_t b) { return b ? a / b : UINT64_MAX; }
static inline uint64_t remainder_unsigned(uint64_t a, uint64_t b) { return b ? a % b : a; }

/* INT64_MIN / -1 would trap in the host, as would a division by zero: both are told apart above. */
#define OPERATION(name, result)                                                                                                       \
    BODY(name)                                                                                                                        \
    {                                                                                                                                 \
        const uint64_t a = X(RS1), b = X(RS2);                                                                                        \
        WX(RD, result);                                                                                                               \
        RETURN_NEXT;                                                                                                                  \
    }

OPERATION(mul, a *b)
OPERATION(mulh, mulh(a, b))
OPERATION(mulhsu, mulhsu(a, b))
OPERATION(mulhu, mulhu(a, b))
OPERATION(div, divide(a, b))
OPERATION(divu, divide_unsigned(a, b))
OPERATION(rem, remainder_of(a, b))
OPERATION(remu, remainder_unsigned(a, b))
/* The W rows: the same on sign- or zero-extended words. -2^31 / -1 is 2^31 here, whose low word is the dividend again. */
OPERATION(mulw, sext32(a *b))
OPERATION(divw, sext32(divide(sext32(a), sext32(b))))
OPERATION(divuw, sext32(divide_unsigned((uint32_t)a, (uint32_t)b)))
OPERATION(remw, sext32(remainder_of(sext32(a), sext32(b))))
OPERATION(remuw, sext32(remainder_unsigned((uint32_t)a, (uint32_t)b)))
