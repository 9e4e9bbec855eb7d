/* softfloat.h - IEEE 754-2019 binary32 and binary64 arithmetic in integers, as RISC-V wants it [unpriv 20.2, 20.3, 21.3].
 *
 * Pure functions: raw bits and a rounding mode in, raw bits and the exceptions raised out. NaN results are the canonical
 * quiet NaN; tininess is detected after rounding.
 *
 *   softfloat.c  unpacking, and the one place that rounds       sf_arith.c    add sub mul div sqrt fma
 *   sf_compare.c eq lt le min max classify                      sf_convert.c  to and from integers, between the formats
 */
#ifndef TRAPEZE_ISA_RISCV_SOFTFLOAT_H
#define TRAPEZE_ISA_RISCV_SOFTFLOAT_H

#include <stdbool.h>
#include <stdint.h>

/* Rounding modes, as frm and the rm field number them [unpriv 20.2]. 5 and 6 are reserved; 7 in rm means "frm". */
enum sf_rounding { SF_RNE = 0, SF_RTZ = 1, SF_RDN = 2, SF_RUP = 3, SF_RMM = 4, SF_DYN = 7 };

/* Accrued exceptions, as fflags numbers them [unpriv 20.2]. */
enum sf_flag { SF_NX = 1, SF_UF = 2, SF_OF = 4, SF_DZ = 8, SF_NV = 16 };

struct sf_result {
    uint64_t bits;  /* of a binary32: its 32 bits, zero-extended */
    unsigned flags; /* SF_* raised by this operation */
};

#define SF32_NAN UINT32_C(0x7fc00000)
#define SF64_NAN UINT64_C(0x7ff8000000000000)
#define SF32_SIGN UINT32_C(0x80000000)
#define SF64_SIGN UINT64_C(0x8000000000000000)

struct sf_result sf32_add(uint32_t a, uint32_t b, unsigned rm);
struct sf_result sf64_add(uint64_t a, uint64_t b, unsigned rm);
struct sf_result sf32_sub(uint32_t a, uint32_t b, unsigned rm);
struct sf_result sf64_sub(uint64_t a, uint64_t b, unsigned rm);
struct sf_result sf32_mul(uint32_t a, uint32_t b, unsigned rm);
struct sf_result sf64_mul(uint64_t a, uint64_t b, unsigned rm);
struct sf_result sf32_div(uint32_t a, uint32_t b, unsigned rm);
struct sf_result sf64_div(uint64_t a, uint64_t b, unsigned rm);
struct sf_result sf32_sqrt(uint32_t a, unsigned rm);
struct sf_result sf64_sqrt(uint64_t a, unsigned rm);
/* a * b + c, rounded once. The other three signs of the ISA are those of a and c turned. */
struct sf_result sf32_fma(uint32_t a, uint32_t b, uint32_t c, unsigned rm);
struct sf_result sf64_fma(uint64_t a, uint64_t b, uint64_t c, unsigned rm);

/* minimumNumber and maximumNumber: a NaN loses against a number; -0 is less than +0. */
struct sf_result sf32_min(uint32_t a, uint32_t b);
struct sf_result sf64_min(uint64_t a, uint64_t b);
struct sf_result sf32_max(uint32_t a, uint32_t b);
struct sf_result sf64_max(uint64_t a, uint64_t b);
/* 0 or 1. eq is quiet, lt and le are signalling: NV on any NaN. */
struct sf_result sf32_eq(uint32_t a, uint32_t b);
struct sf_result sf64_eq(uint64_t a, uint64_t b);
struct sf_result sf32_lt(uint32_t a, uint32_t b);
struct sf_result sf64_lt(uint64_t a, uint64_t b);
struct sf_result sf32_le(uint32_t a, uint32_t b);
struct sf_result sf64_le(uint64_t a, uint64_t b);
/* One bit set of ten: -inf, -normal, -subnormal, -0, +0, +subnormal, +normal, +inf, signalling NaN, quiet NaN. */
unsigned sf32_classify(uint32_t a);
unsigned sf64_classify(uint64_t a);

/* To an integer. What does not fit, NaN included, raises NV and gives the nearest end of the range (NaN: the upper one).
 * 32-bit results come sign-extended to 64 bits, unsigned ones too, as they go into a register [unpriv 20.7]. */
struct sf_result sf32_to_i32(uint32_t a, unsigned rm);
struct sf_result sf64_to_i32(uint64_t a, unsigned rm);
struct sf_result sf32_to_u32(uint32_t a, unsigned rm);
struct sf_result sf64_to_u32(uint64_t a, unsigned rm);
struct sf_result sf32_to_i64(uint32_t a, unsigned rm);
struct sf_result sf64_to_i64(uint64_t a, unsigned rm);
struct sf_result sf32_to_u64(uint32_t a, unsigned rm);
struct sf_result sf64_to_u64(uint64_t a, unsigned rm);
/* From the low 32 bits or all 64 of an integer register. */
struct sf_result sf32_from_i32(uint64_t a, unsigned rm);
struct sf_result sf64_from_i32(uint64_t a, unsigned rm);
struct sf_result sf32_from_u32(uint64_t a, unsigned rm);
struct sf_result sf64_from_u32(uint64_t a, unsigned rm);
struct sf_result sf32_from_i64(uint64_t a, unsigned rm);
struct sf_result sf64_from_i64(uint64_t a, unsigned rm);
struct sf_result sf32_from_u64(uint64_t a, unsigned rm);
struct sf_result sf64_from_u64(uint64_t a, unsigned rm);
/* Between the formats: sf32_widen() gives a binary64, sf64_narrow() a binary32. */
struct sf_result sf32_widen(uint32_t a, unsigned rm);
struct sf_result sf64_narrow(uint64_t a, unsigned rm);

/* Sign injection: the magnitude of a with another sign bit; not arithmetic, so NaNs pass as they are. */
static inline uint32_t sf32_sgnj(uint32_t a, uint32_t sign) { return (a & ~SF32_SIGN) | (sign & SF32_SIGN); }
static inline uint64_t sf64_sgnj(uint64_t a, uint64_t sign) { return (a & ~SF64_SIGN) | (sign & SF64_SIGN); }

/* NaN boxing [unpriv 21.2]: a binary32 in a 64-bit register has 32 ones above it; whatever has not is read as the NaN. */
static inline uint64_t sf_box(uint32_t a) { return UINT64_C(0xffffffff00000000) | a; }
static inline uint32_t sf_unbox(uint64_t f) { return f >> 32 == 0xffffffff ? (uint32_t)f : SF32_NAN; }

#endif
