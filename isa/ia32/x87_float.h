/* x87_float.h - arithmetic of the 80-bit extended format in integers, as the 387 and its successors do it [SDM 1 8.2, 8.5].
 *
 *   79   78..64     63        62..0
 *   s    exponent   integer   fraction        the integer bit is explicit; the bias of the exponent is 16383
 *
 * A value whose integer bit contradicts its exponent (pseudo-NaN, pseudo-infinity, unnormal) is an invalid operand; a
 * pseudo-denormal (exponent 0, integer bit 1) is a number. Pure functions: operands and a control word go in, the result comes
 * out, with the exceptions raised at the places that they have in the status word. Results do not depend on the host.
 *
 *   x87_core.c     unpacking, the one place that rounds, NaNs     x87_arith.c    add subtract multiply divide square root
 *   x87_partial.c  remainder, scale, extract, round to integer    x87_convert.c  m32 m64 integers BCD, comparison
 *   x87_log.c      logarithm, power (within 1 ulp)                x87_trig.c     sine, cosine, tangent; x87_atan.c the angle
 *   x87_constant.c what FLDPI and its like push
 */
#ifndef TRAPEZE_ISA_IA32_X87_FLOAT_H
#define TRAPEZE_ISA_IA32_X87_FLOAT_H

#include <stdbool.h>
#include <stdint.h>

/* One extended number: sign and biased exponent in `se`, as the 10 bytes of memory have them. */
struct x87_ext {
    uint64_t sig;
    uint16_t se;
};

/* Bits of the status word [SDM 1 8.1.3]. The first six are masked by the same bits of the control word.
 * The two words that programs see:
 *
 *            15  14  13   12  11  10   9   8   7   6   5   4   3   2   1   0
 *   status    B  C3  ....TOP....  C2  C1  C0  ES  SF  PE  UE  OE  ZE  DE  IE
 *   control   0   0   0    X  .RC..   .PC..   0   1  PM  UM  OM  ZM  DM  IM
 *
 *   RC  0 nearest, a tie to even   1 down   2 up   3 chop        X   kept, and without effect since the 387
 *   PC  0 a significand of 24 bits   2 of 53   3 of 64           after FINIT: 0x37f, all masked, nearest, 64 bits
 */
enum x87_status {
    X87_IE = 0x01, /* invalid operation, or, with SF, a stack fault */
    X87_DE = 0x02, /* denormal operand */
    X87_ZE = 0x04, /* division by zero */
    X87_OE = 0x08, /* overflow */
    X87_UE = 0x10, /* underflow */
    X87_PE = 0x20, /* inexact */
    X87_SF = 0x40, /* stack fault */
    X87_ES = 0x80, /* an unmasked exception is pending */
    X87_C0 = 0x100,
    X87_C1 = 0x200, /* the magnitude was rounded up; the sign in FXAM; overflow of the stack */
    X87_C2 = 0x400,
    X87_TOP = 0x3800,
    X87_C3 = 0x4000,
    X87_B = 0x8000, /* a copy of ES since the 387 */
    X87_EXCEPTIONS = 0x3f,
    X87_BEFORE = X87_IE | X87_DE | X87_ZE, /* found before the operation: unmasked, it has no result */
};

/* Rounding control, bits 11:10 of the control word. */
enum x87_rounding { X87_NEAREST, X87_DOWN, X87_UP, X87_CHOP };

/* An operation under way. */
struct x87_op {
    unsigned control; /* the control word */
    unsigned raised;  /* X87_* of this operation: exceptions and condition codes */
    bool denormal;    /* the operand that came from memory was a denormal of its own format */
};

/* Whether an operation that ended has no result: an unmasked exception was found before it. */
static inline bool x87_stopped(const struct x87_op *op) { return op->raised & ~op->control & X87_BEFORE; }

#define X87_INDEFINITE ((struct x87_ext){UINT64_C(0xc000000000000000), 0xffff})

/* ST op ST. Rounded to the precision control's 24, 53 or 64 bits. */
struct x87_ext x87_add(struct x87_op *, struct x87_ext a, struct x87_ext b);
struct x87_ext x87_sub(struct x87_op *, struct x87_ext a, struct x87_ext b);
struct x87_ext x87_subr(struct x87_op *, struct x87_ext a, struct x87_ext b);
struct x87_ext x87_mul(struct x87_op *, struct x87_ext a, struct x87_ext b);
struct x87_ext x87_div(struct x87_op *, struct x87_ext a, struct x87_ext b);
struct x87_ext x87_divr(struct x87_op *, struct x87_ext a, struct x87_ext b);
struct x87_ext x87_sqrt(struct x87_op *, struct x87_ext a);

/* FRNDINT, by the rounding control. */
struct x87_ext x87_round_integer(struct x87_op *, struct x87_ext a);
/* FSCALE: a times 2 to the chopped b. */
struct x87_ext x87_scale(struct x87_op *, struct x87_ext a, struct x87_ext b);
/* FXTRACT: the exponent of a, unbiased, as a number; *significand: a with exponent 0. */
struct x87_ext x87_extract(struct x87_op *, struct x87_ext a, struct x87_ext *significand);
/* FPREM and FPREM1: exact. C2: the reduction is partial; else C0 C3 C1 are the three low bits of the quotient. */
struct x87_ext x87_prem(struct x87_op *, struct x87_ext a, struct x87_ext b);
struct x87_ext x87_prem1(struct x87_op *, struct x87_ext a, struct x87_ext b);

/* FCOM and FUCOM (quiet: a quiet NaN is no exception): C3 C2 C0 into op->raised. */
void x87_compare(struct x87_op *, struct x87_ext a, struct x87_ext b, bool quiet);
/* FXAM: C3 C2 C0 and the sign in C1, of a register that is not empty. */
unsigned x87_examine(struct x87_ext a);

/* An operand of 32 or 64 bits, exactly; NaNs keep their kind; op->denormal is set. */
struct x87_ext x87_from_m32(struct x87_op *, uint32_t bits);
struct x87_ext x87_from_m64(struct x87_op *, uint64_t bits);
/* What FLD does with such an operand: raises IE for a signalling NaN, which becomes quiet, and DE, which, unmasked too, does not keep
 * the number from being loaded. */
struct x87_ext x87_load(struct x87_op *, struct x87_ext a);
struct x87_ext x87_from_integer(int64_t value);
/* FST m32, m64: the bits. Unmasked OE and UE leave nothing to be stored, see x87_kept(). */
uint32_t x87_to_m32(struct x87_op *, struct x87_ext a);
uint64_t x87_to_m64(struct x87_op *, struct x87_ext a);
/* Whether a conversion for memory leaves the destination alone. */
static inline bool x87_kept(const struct x87_op *op) { return op->raised & ~op->control & (X87_BEFORE | X87_OE | X87_UE); }
/* FIST: to a signed integer of 16, 32 or 64 bits. What does not fit raises IE and gives the integer indefinite. */
int64_t x87_to_integer(struct x87_op *, struct x87_ext a, unsigned bits);

/* Packed decimal: 18 digits, low ones first, and the sign in bit 7 of byte 9. */
struct x87_ext x87_from_bcd(const uint8_t bytes[10]);
void x87_to_bcd(struct x87_op *, struct x87_ext a, uint8_t bytes[10]);

/* What FLD1 and its like push, by the rounding control. */
enum x87_constant { X87_ONE, X87_L2T, X87_L2E, X87_PI, X87_LG2, X87_LN2, X87_ZERO_CONSTANT };
struct x87_ext x87_constant(const struct x87_op *, enum x87_constant);

/* Transcendentals: the error is less than 1 ulp of the true function, everywhere in the documented range. */
struct x87_ext x87_f2xm1(struct x87_op *, struct x87_ext x);
struct x87_ext x87_fyl2x(struct x87_op *, struct x87_ext x, struct x87_ext y);
struct x87_ext x87_fyl2xp1(struct x87_op *, struct x87_ext x, struct x87_ext y);
struct x87_ext x87_fpatan(struct x87_op *, struct x87_ext x, struct x87_ext y);
/* C2: |x| is 2^63 or more, and nothing was done. sin, cos or tan may be null where they are not wanted. */
void x87_trigonometry(struct x87_op *, struct x87_ext x, struct x87_ext *sin, struct x87_ext *cos, struct x87_ext *tan);

#endif
