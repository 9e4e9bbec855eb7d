/* execute_x87_move.c - floating-point loads, stores, exchanges and constants. A store goes to memory before anything else changes, so that
 * a fault there leaves the unit as it was.
 */
#include "isa/ia32/execute_x87.h"

/* --- Loads */

/* From memory of 32 and 64 bits: loading widens, which raises IE for a signalling NaN and DE for a denormal. */
static bool load(struct ia_cpu *c, const ia_insn *i, unsigned size, x87_from_fn *from)
{
    uint64_t bits;
    X87_BEGIN_OR_LEAVE;
    if (!ia_load(c, i->seg, ia_address(c, i), size, &bits))
        return false;
    struct x87_op op = x87_begin(&c->fpu);
    const struct x87_ext value = x87_load(&op, from(&op, bits));
    x87_load_value(&c->fpu, &op, value);
    RETURN_X87_DONE;
}
BODY(fld_m32) { return load(c, i, 4, x87_read_m32); }
BODY(fld_m64) { return load(c, i, 8, x87_read_m64); }
BODY(fild_m16) { return load(c, i, 2, x87_read_i16); }
BODY(fild_m32) { return load(c, i, 4, x87_read_i32); }
BODY(fild_m64) { return load(c, i, 8, x87_read_i64); }

/* The ten bytes of an operand: two accesses, both of which will go through. */
static bool load_ten(struct ia_cpu *c, const ia_insn *i, uint64_t *low, uint64_t *high)
{
    const uint32_t at = ia_address(c, i);
    return ia_probe(c, i->seg, at, 10, false) && ia_load(c, i->seg, at, 8, low) && ia_load(c, i->seg, at + 8, 2, high);
}
static bool store_ten(struct ia_cpu *c, const ia_insn *i, uint64_t low, uint64_t high)
{
    const uint32_t at = ia_address(c, i);
    return ia_probe(c, i->seg, at, 10, true) && ia_store(c, i->seg, at, 8, low) && ia_store(c, i->seg, at + 8, 2, high);
}

/* No exception but the overflow of the stack: whatever the ten bytes are, they are loaded. */
BODY(fld_m80)
{
    uint64_t low, high;
    X87_BEGIN_OR_LEAVE;
    if (!load_ten(c, i, &low, &high))
        return false;
    struct x87_op op = x87_begin(&c->fpu);
    x87_load_value(&c->fpu, &op, (struct x87_ext){low, (uint16_t)high});
    RETURN_X87_DONE;
}

/* Ten bytes: 18 digits of four bits, two to a byte, the lowest first, and the sign in bit 7 of the last. */
BODY(fbld)
{
    uint64_t low, high;
    X87_BEGIN_OR_LEAVE;
    if (!load_ten(c, i, &low, &high))
        return false;
    uint8_t bytes[10];
    for (unsigned n = 0; n < 10; n++)
        bytes[n] = (uint8_t)(n < 8 ? low >> 8 * n : high >> 8 * (n - 8));
    struct x87_op op = x87_begin(&c->fpu);
    x87_load_value(&c->fpu, &op, x87_from_bcd(bytes));
    RETURN_X87_DONE;
}

BODY(fld_i)
{
    X87_BEGIN_OR_LEAVE;
    struct x87_op op = x87_begin(&c->fpu);
    const struct x87_ext value = x87_is_empty(&c->fpu, i->rm) ? x87_underflow(&op) : x87_st(&c->fpu, i->rm);
    x87_load_value(&c->fpu, &op, value);
    RETURN_X87_DONE;
}

static bool constant(struct ia_cpu *c, const ia_insn *i, enum x87_constant n)
{
    X87_BEGIN_OR_LEAVE;
    struct x87_op op = x87_begin(&c->fpu);
    x87_load_value(&c->fpu, &op, x87_constant(&op, n));
    RETURN_X87_DONE;
}
BODY(fld1) { return constant(c, i, X87_ONE); }
BODY(fldl2t) { return constant(c, i, X87_L2T); }
BODY(fldl2e) { return constant(c, i, X87_L2E); }
BODY(fldpi) { return constant(c, i, X87_PI); }
BODY(fldlg2) { return constant(c, i, X87_LG2); }
BODY(fldln2) { return constant(c, i, X87_LN2); }
BODY(fldz) { return constant(c, i, X87_ZERO_CONSTANT); }

/* --- Stores */

/* What is stored for ST(0), as bits of memory. */
typedef uint64_t to_fn(struct x87_op *, struct x87_ext);
static uint64_t to_m32(struct x87_op *op, struct x87_ext a) { return x87_to_m32(op, a); }
static uint64_t to_m64(struct x87_op *op, struct x87_ext a) { return x87_to_m64(op, a); }
static uint64_t to_i16(struct x87_op *op, struct x87_ext a) { return (uint64_t)x87_to_integer(op, a, 16); }
static uint64_t to_i32(struct x87_op *op, struct x87_ext a) { return (uint64_t)x87_to_integer(op, a, 32); }
static uint64_t to_i64(struct x87_op *op, struct x87_ext a) { return (uint64_t)x87_to_integer(op, a, 64); }

static struct x87_ext top_value(const struct ia_x87 *f, struct x87_op *op)
{
    return x87_is_empty(f, 0) ? x87_underflow(op) : x87_st(f, 0);
}

/* Ends a store that went through, or that an unmasked exception withheld. */
static bool stored(struct ia_cpu *c, const ia_insn *i, const struct x87_op *op, bool pops)
{
    if (pops && !x87_kept(op))
        x87_pop(&c->fpu);
    x87_finish(&c->fpu, op, X87_C1);
    RETURN_X87_DONE;
}

/* The value is converted first, since an unmasked exception there means that nothing is stored and nothing popped.
 * A fault of the store leaves the status word as it was, for x87_finish() comes after it. */
static bool store(struct ia_cpu *c, const ia_insn *i, unsigned size, to_fn *to, bool pops)
{
    X87_BEGIN_OR_LEAVE;
    struct x87_op op = x87_begin(&c->fpu);
    const uint64_t bits = to(&op, top_value(&c->fpu, &op));
    if (!x87_kept(&op) && !ia_store(c, i->seg, ia_address(c, i), size, size == 8 ? bits : bits & ((UINT64_C(1) << 8 * size) - 1)))
        return false;
    return stored(c, i, &op, pops);
}
BODY(fst_m32) { return store(c, i, 4, to_m32, false); }
BODY(fst_m64) { return store(c, i, 8, to_m64, false); }
BODY(fstp_m32) { return store(c, i, 4, to_m32, true); }
BODY(fstp_m64) { return store(c, i, 8, to_m64, true); }
BODY(fist_m16) { return store(c, i, 2, to_i16, false); }
BODY(fist_m32) { return store(c, i, 4, to_i32, false); }
BODY(fistp_m16) { return store(c, i, 2, to_i16, true); }
BODY(fistp_m32) { return store(c, i, 4, to_i32, true); }
BODY(fistp_m64) { return store(c, i, 8, to_i64, true); }

BODY(fstp_m80)
{
    X87_BEGIN_OR_LEAVE;
    struct x87_op op = x87_begin(&c->fpu);
    const struct x87_ext value = top_value(&c->fpu, &op);
    if (!x87_kept(&op) && !store_ten(c, i, value.sig, value.se))
        return false;
    return stored(c, i, &op, true);
}

BODY(fbstp)
{
    X87_BEGIN_OR_LEAVE;
    struct x87_op op = x87_begin(&c->fpu);
    uint8_t bytes[10];
    x87_to_bcd(&op, top_value(&c->fpu, &op), bytes);
    uint64_t low = 0;
    for (unsigned n = 0; n < 8; n++)
        low |= (uint64_t)bytes[n] << 8 * n;
    if (!x87_kept(&op) && !store_ten(c, i, low, (uint64_t)bytes[9] << 8 | bytes[8]))
        return false;
    return stored(c, i, &op, true);
}

/* --- Between registers */

STACK_BODY(fst_i, x87_copy_to(&c->fpu, i->rm, 0))
STACK_BODY(fstp_i, x87_copy_to(&c->fpu, i->rm, 1))
STACK_BODY(fstp1, x87_copy_unchecked(&c->fpu, i->rm))
STACK_BODY(fxch, x87_exchange(&c->fpu, i->rm))
/* The conditions are those of Jcc by number: below, equal, below or equal, unordered (PF), and their opposites. */
STACK_BODY(fcmovb, x87_copy_if(&c->fpu, i->rm, ia_condition(&c->flags, 2)))
STACK_BODY(fcmovnb, x87_copy_if(&c->fpu, i->rm, ia_condition(&c->flags, 3)))
STACK_BODY(fcmove, x87_copy_if(&c->fpu, i->rm, ia_condition(&c->flags, 4)))
STACK_BODY(fcmovne, x87_copy_if(&c->fpu, i->rm, ia_condition(&c->flags, 5)))
STACK_BODY(fcmovbe, x87_copy_if(&c->fpu, i->rm, ia_condition(&c->flags, 6)))
STACK_BODY(fcmovnbe, x87_copy_if(&c->fpu, i->rm, ia_condition(&c->flags, 7)))
STACK_BODY(fcmovu, x87_copy_if(&c->fpu, i->rm, ia_condition(&c->flags, 10)))
STACK_BODY(fcmovnu, x87_copy_if(&c->fpu, i->rm, ia_condition(&c->flags, 11)))
