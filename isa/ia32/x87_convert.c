/* x87_convert.c - between the extended format and those of memory: 32 and 64 bits, integers, packed decimal; and comparison.
 */
#include "isa/ia32/x87_core.h"

/* A sign, exp_bits of exponent, frac_bits of fraction; the integer bit is implied by an exponent other than zero. */
struct format {
    unsigned frac_bits, exp_bits;
};
static const struct format m32 = {23, 8}, m64 = {52, 11};

static inline int bias(const struct format *f) { return (1 << (f->exp_bits - 1)) - 1; }
static inline uint64_t infinity(const struct format *f) { return ((UINT64_C(1) << f->exp_bits) - 1) << f->frac_bits; }

/* Exact: the extended format has room for all of them. A denormal becomes a normal number, and op->denormal
 * remembers it for DE. */
static struct x87_ext widen(struct x87_op *op, const struct format *f, uint64_t bits)
{
    uint64_t fraction = bits << (63 - f->frac_bits) & ~X87_INTEGER_BIT;
    int biased = (int)((bits & infinity(f)) >> f->frac_bits);
    uint16_t sign = (uint16_t)((bits >> (f->frac_bits + f->exp_bits) & 1) << 15);
    if (bits << (64 - f->frac_bits - f->exp_bits) >> (64 - f->frac_bits - f->exp_bits) == 0)
        return (struct x87_ext){0, sign};
    if (biased == 0) {
        unsigned leading = (unsigned)__builtin_clzll(fraction);
        op->denormal = true;
        return (struct x87_ext){fraction << leading, (uint16_t)(sign | (1 - bias(f) + X87_BIAS - (int)leading))};
    }
    bool all_ones = (bits & infinity(f)) == infinity(f);
    return (struct x87_ext){X87_INTEGER_BIT | fraction, (uint16_t)(sign | (all_ones ? 0x7fff : biased - bias(f) + X87_BIAS))};
}

struct x87_ext x87_from_m32(struct x87_op *op, uint32_t bits) { return widen(op, &m32, bits); }
struct x87_ext x87_from_m64(struct x87_op *op, uint64_t bits) { return widen(op, &m64, bits); }

struct x87_ext x87_load(struct x87_op *op, struct x87_ext a)
{
    struct x87_ext nan;
    if (x87_nan(op, a, a, &nan))
        return nan;
    struct x87_num n = x87_unpack(a);
    x87_denormal(op, &n, 0);
    return a;
}

struct x87_ext x87_from_integer(int64_t value)
{
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    if (!magnitude)
        return x87_zero(false);
    unsigned leading = (unsigned)__builtin_clzll(magnitude);
    return (struct x87_ext){magnitude << leading, (uint16_t)((value < 0) << 15 | (X87_BIAS + 63 - (int)leading))};
}

/* Rounds to the format. `min` is the unbiased exponent of its smallest normal number.
 * Underflow, masked, is reported only of a result that is tiny and was rounded; unmasked, of a tiny one that is
 * exact, too [SDM 1 8.5.5]. Tiny is what stays below the smallest normal number when it is rounded as if there were
 * no such bound: a number of all ones just below it may be rounded up to it, and then it is not. */
static uint64_t narrow_finite(struct x87_op *op, const struct format *f, const struct x87_num *a)
{
    unsigned rounding = x87_rounding(op), drop = 63 - f->frac_bits;
    int min = 1 - bias(f), exp = a->exp < min ? min : a->exp;
    uint64_t unit = UINT64_C(1) << drop, largest = infinity(f) - 1;
    if (a->exp > bias(f))
        goto overflow;
    uint64_t sig = a->sig;
    bool tiny = a->exp < min, all_ones = sig >= -unit;
    if (a->exp == min - 1 && all_ones && x87_rounds_up(rounding, a->sign, true, sig & (unit - 1), unit / 2))
        tiny = false;
    if (a->exp < min)
        sig = (uint64_t)(x87_shift_sticky((uint128_t)sig << 64, (unsigned)(min - a->exp)) >> 64) |
              (min - a->exp >= 64 || sig << (64 - (min - a->exp)) != 0);
    uint64_t rest = sig & (unit - 1), digits = sig >> drop;
    bool up = x87_rounds_up(rounding, a->sign, digits & 1, rest, unit / 2);
    if (tiny && (rest || !(op->control & X87_UE)) && x87_raise(op, X87_UE))
        return 0;
    if (rest)
        x87_raise(op, up ? X87_PE | X87_C1 : X87_PE);
    /* The integer bit, if there is one, adds itself to the exponent; so does a carry out of the rounding. */
    uint64_t bits = ((uint64_t)(exp - min) << f->frac_bits) + digits + up;
    if (bits <= largest)
        return bits;
overflow:
    op->raised &= ~(unsigned)(X87_PE | X87_C1);
    if (x87_raise(op, X87_OE))
        return 0;
    bool to_infinity = x87_rounds_up(rounding, a->sign, true, 3, 2);
    x87_raise(op, to_infinity ? X87_PE | X87_C1 : X87_PE);
    return largest + to_infinity;
}

static uint64_t narrow(struct x87_op *op, const struct format *f, struct x87_ext a_bits)
{
    struct x87_ext nan;
    bool no_number = x87_nan(op, a_bits, a_bits, &nan);
    struct x87_num a = x87_unpack(no_number ? nan : a_bits);
    uint64_t magnitude = a.kind == X87_ZERO     ? 0
                         : a.kind == X87_FINITE ? narrow_finite(op, f, &a)
                         : no_number            ? infinity(f) | (nan.sig & ~X87_INTEGER_BIT) >> (63 - f->frac_bits)
                                                : infinity(f);
    return (uint64_t)a.sign << (f->frac_bits + f->exp_bits) | magnitude;
}

uint32_t x87_to_m32(struct x87_op *op, struct x87_ext a) { return (uint32_t)narrow(op, &m32, a); }
uint64_t x87_to_m64(struct x87_op *op, struct x87_ext a) { return narrow(op, &m64, a); }

/* Rounds the magnitude of a number to an integer of at most `limit`; false, and IE, if it is larger or no number at all. */
static bool to_magnitude(struct x87_op *op, const struct x87_num *a, uint64_t limit, uint64_t *magnitude)
{
    *magnitude = 0;
    if (a->kind == X87_ZERO)
        return true;
    if (a->kind != X87_FINITE || a->exp > 63) {
        x87_raise(op, X87_IE);
        return false;
    }
    uint128_t fixed = a->exp < -1 ? 1 : (uint128_t)a->sig << 64 >> (63 - a->exp);
    uint64_t fraction = (uint64_t)fixed, digits = (uint64_t)(fixed >> 64);
    bool up = x87_rounds_up(x87_rounding(op), a->sign, digits & 1, fraction, UINT64_C(1) << 63);
    if (digits > limit || (up && digits == limit)) {
        x87_raise(op, X87_IE);
        return false;
    }
    if (fraction)
        x87_raise(op, up ? X87_PE | X87_C1 : X87_PE);
    *magnitude = digits + up;
    return true;
}

/* -2^(bits-1) fits, +2^(bits-1) does not; what does not fit gives the integer indefinite, which is the former. */
int64_t x87_to_integer(struct x87_op *op, struct x87_ext a_bits, unsigned bits)
{
    struct x87_num a = x87_unpack(a_bits);
    uint64_t magnitude, limit = UINT64_C(1) << (bits - 1);
    if (!to_magnitude(op, &a, limit - !a.sign, &magnitude))
        return (int64_t)-limit;
    return (int64_t)(a.sign ? -magnitude : magnitude);
}

/* Digits above 9 are undefined in the manual; here they count as what they are.
 * Packed decimal, as FBLD and FBSTP have it [SDM 1 4.7]:
 *
 *   byte   9                 8         7    ...   1         0
 *          bit 7: the sign   d17 d16   d15 d14    d3 d2     d1 d0        -1234 is 34 12 00 00 00 00 00 00 00 80
 */
struct x87_ext x87_from_bcd(const uint8_t bytes[10])
{
    uint64_t magnitude = 0;
    for (int i = 8; i >= 0; i--)
        magnitude = magnitude * 100 + (uint64_t)(bytes[i] >> 4) * 10 + (bytes[i] & 15);
    struct x87_ext a = x87_from_integer((int64_t)magnitude); /* less than 1.67e18, whatever the digits are */
    a.se |= (uint16_t)((bytes[9] & 0x80) << 8);
    return a;
}

void x87_to_bcd(struct x87_op *op, struct x87_ext a_bits, uint8_t bytes[10])
{
    static const uint8_t indefinite[10] = {0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff};
    struct x87_num a = x87_unpack(a_bits);
    uint64_t magnitude;
    bool fits = to_magnitude(op, &a, UINT64_C(999999999999999999), &magnitude);
    for (int i = 0; i < 9; i++, magnitude /= 100)
        bytes[i] = fits ? (uint8_t)(magnitude / 10 % 10 << 4 | magnitude % 10) : indefinite[i];
    bytes[9] = (uint8_t)(fits ? a.sign << 7 : indefinite[9]);
}

/* -1, 0 or 1. */
static int order(const struct x87_num *a, const struct x87_num *b)
{
    int sign_a = a->kind == X87_ZERO ? 0 : a->sign ? -1 : 1, sign_b = b->kind == X87_ZERO ? 0 : b->sign ? -1 : 1;
    if (sign_a != sign_b || sign_a == 0)
        return sign_a < sign_b ? -1 : sign_a > sign_b;
    if (a->kind != b->kind) /* one is infinite */
        return a->kind == X87_INFINITE ? sign_a : -sign_a;
    if (a->kind == X87_INFINITE)
        return 0;
    int larger = a->exp != b->exp ? (a->exp > b->exp ? 1 : -1) : a->sig != b->sig ? (a->sig > b->sig ? 1 : -1) : 0;
    return larger * sign_a;
}

/* C3 C2 C0:  a > b 000   a < b 001   a = b 100   unordered 111. A quiet comparison (FUCOM) does
 * not mind quiet NaNs; what is signalling or unsupported is IE for it, too. */
void x87_compare(struct x87_op *op, struct x87_ext a_bits, struct x87_ext b_bits, bool quiet)
{
    struct x87_num a = x87_unpack(a_bits), b = x87_unpack(b_bits);
    if (x87_no_number(&a) || x87_no_number(&b)) {
        bool quiets = a.kind <= X87_QUIET && b.kind <= X87_QUIET;
        x87_raise(op, X87_C3 | X87_C2 | X87_C0 | (quiet && quiets ? 0 : X87_IE));
        return;
    }
    x87_denormal(op, &a, &b);
    int o = order(&a, &b);
    op->raised |= o < 0 ? X87_C0 : o == 0 ? X87_C3 : 0;
}

/* C3 C2 C0 of FXAM [SDM 2A], with the sign in C1; that a register is empty only the stack knows (x87_fxam):
 *
 *   000 unsupported   001 NaN   010 normal   011 infinity   100 zero   101 empty   110 denormal
 */
unsigned x87_examine(struct x87_ext a_bits)
{
    struct x87_num a = x87_unpack(a_bits);
    unsigned sign = a.sign ? X87_C1 : 0;
    switch (a.kind) {
    case X87_ZERO: return sign | X87_C3;
    case X87_FINITE: return sign | X87_C2 | (a.denormal ? X87_C3 : 0);
    case X87_INFINITE: return sign | X87_C2 | X87_C0;
    case X87_UNSUPPORTED: return sign;
    default: return sign | X87_C0;
    }
}
