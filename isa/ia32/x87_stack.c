/* x87_stack.c - instructions on the register stack: operands that may be missing, exceptions answered as the masks say, condition codes.
 */
#include "isa/ia32/x87.h"

static const unsigned all_codes = X87_C0 | X87_C1 | X87_C2 | X87_C3;

struct x87_ext x87_underflow(struct x87_op *op)
{
    op->raised |= X87_IE | X87_SF;
    return X87_INDEFINITE;
}

struct x87_ext x87_overflow(struct x87_op *op)
{
    op->raised |= X87_IE | X87_SF | X87_C1;
    return X87_INDEFINITE;
}

/* ES is not an exception but the sum of those that are not masked; B is its copy. */
void x87_summarise(struct ia_x87 *f)
{
    const bool pending = f->status & ~f->control & X87_EXCEPTIONS;
    f->status = (uint16_t)((f->status & ~(X87_ES | X87_B)) | (pending ? X87_ES | X87_B : 0));
}

/* Flags of exceptions are sticky: they stay until FNCLEX or an image is loaded. Condition codes are of the last
 * instruction. */
void x87_finish(struct ia_x87 *f, const struct x87_op *op, unsigned codes)
{
    f->status = (uint16_t)((f->status & ~codes) | op->raised);
    if (op->raised & X87_EXCEPTIONS)
        x87_summarise(f);
}

static void pop_times(struct ia_x87 *f, unsigned pops)
{
    while (pops--)
        x87_pop(f);
}

/* x87_stopped(): an unmasked exception that was found before the operation keeps the operands, so that a handler
 * can repair them and have it done again. One that was found after it, by rounding, has stored its result. */
void x87_binary(struct ia_x87 *f, x87_binary_fn *fn, unsigned to, unsigned from, unsigned pops)
{
    struct x87_op op = x87_begin(f);
    const bool missing = x87_is_empty(f, to) || x87_is_empty(f, from);
    const struct x87_ext r = missing ? x87_underflow(&op) : fn(&op, x87_st(f, to), x87_st(f, from));
    if (!x87_stopped(&op)) {
        x87_set(f, to, r);
        pop_times(f, pops);
    }
    x87_finish(f, &op, X87_C1);
}

void x87_binary_with(struct ia_x87 *f, struct x87_op *op, x87_binary_fn *fn, struct x87_ext value)
{
    const struct x87_ext r = x87_is_empty(f, 0) ? x87_underflow(op) : fn(op, x87_st(f, 0), value);
    if (!x87_stopped(op))
        x87_set(f, 0, r);
    x87_finish(f, op, X87_C1);
}

void x87_unary(struct ia_x87 *f, x87_unary_fn *fn)
{
    struct x87_op op = x87_begin(f);
    const struct x87_ext r = x87_is_empty(f, 0) ? x87_underflow(&op) : fn(&op, x87_st(f, 0));
    if (!x87_stopped(&op))
        x87_set(f, 0, r);
    x87_finish(f, &op, X87_C1);
}

/* --- Comparison */

/* What is missing compares as unordered: C3, C2 and C0 together. */
static void compare(struct ia_x87 *f, struct x87_op *op, bool missing, struct x87_ext with, bool quiet, unsigned pops)
{
    if (missing) {
        x87_underflow(op);
        op->raised |= X87_C3 | X87_C2 | X87_C0;
    } else {
        x87_compare(op, x87_st(f, 0), with, quiet);
    }
    if (!x87_stopped(op))
        pop_times(f, pops);
}

void x87_compare_st(struct ia_x87 *f, unsigned with, bool quiet, unsigned pops)
{
    struct x87_op op = x87_begin(f);
    compare(f, &op, x87_is_empty(f, 0) || x87_is_empty(f, with), x87_st(f, with), quiet, pops);
    x87_finish(f, &op, all_codes);
}

void x87_compare_with(struct ia_x87 *f, struct x87_op *op, struct x87_ext value, unsigned pops)
{
    compare(f, op, x87_is_empty(f, 0), value, false, pops);
    x87_finish(f, op, all_codes);
}

/* C0 is bit 0, CF; C2 bit 2, PF; C3 bit 6, ZF: the order in which SAHF would put them. */
unsigned x87_compare_flags(struct ia_x87 *f, unsigned with, bool quiet, unsigned pops)
{
    struct x87_op op = x87_begin(f);
    compare(f, &op, x87_is_empty(f, 0) || x87_is_empty(f, with), x87_st(f, with), quiet, pops);
    const unsigned order = op.raised;
    op.raised &= ~(unsigned)(X87_C0 | X87_C2 | X87_C3);
    x87_finish(f, &op, X87_C1);
    return (order & X87_C0 ? 0x01u : 0) | (order & X87_C2 ? 0x04u : 0) | (order & X87_C3 ? 0x40u : 0);
}

void x87_fxam(struct ia_x87 *f)
{
    struct x87_op op = x87_begin(f);
    op.raised = x87_examine(x87_st(f, 0));
    if (x87_is_empty(f, 0))
        op.raised = (op.raised & X87_C1) | X87_C3 | X87_C0;
    x87_finish(f, &op, all_codes);
}

/* --- Moves */

/* A push when ST(7) is in use is an overflow, and replaces whatever the value had to say, but an underflow of its
 * own. */
void x87_load_value(struct ia_x87 *f, struct x87_op *op, struct x87_ext value)
{
    if (!(op->raised & X87_SF) && !x87_is_empty(f, 7)) {
        op->raised = 0;
        value = x87_overflow(op);
    }
    if (!(op->raised & ~op->control & X87_IE))
        x87_push(f, value);
    x87_finish(f, op, X87_C1);
}

void x87_copy_to(struct ia_x87 *f, unsigned to, unsigned pops)
{
    struct x87_op op = x87_begin(f);
    const struct x87_ext value = x87_is_empty(f, 0) ? x87_underflow(&op) : x87_st(f, 0);
    if (!x87_stopped(&op)) {
        x87_set(f, to, value);
        pop_times(f, pops);
    }
    x87_finish(f, &op, X87_C1);
}

void x87_copy_unchecked(struct ia_x87 *f, unsigned to)
{
    if (!x87_is_empty(f, 0))
        x87_set(f, to, x87_st(f, 0));
    x87_pop(f);
    f->status &= (uint16_t)~X87_C1;
}

/* What is missing counts, if IE is masked, as the indefinite: an exchange with an empty register fills it with what
 * was on the other side. */
void x87_exchange(struct ia_x87 *f, unsigned with)
{
    struct x87_op op = x87_begin(f);
    const struct x87_ext a = x87_is_empty(f, 0) ? x87_underflow(&op) : x87_st(f, 0);
    const struct x87_ext b = x87_is_empty(f, with) ? x87_underflow(&op) : x87_st(f, with);
    if (!x87_stopped(&op)) {
        x87_set(f, 0, b);
        x87_set(f, with, a);
    }
    x87_finish(f, &op, X87_C1);
}

void x87_copy_if(struct ia_x87 *f, unsigned from, bool condition)
{
    struct x87_op op = x87_begin(f);
    const bool missing = x87_is_empty(f, 0) || x87_is_empty(f, from);
    const struct x87_ext value = missing ? x87_underflow(&op) : x87_st(f, from);
    if (!x87_stopped(&op) && (condition || missing))
        x87_set(f, 0, value);
    x87_finish(f, &op, missing ? X87_C1 : 0);
}

/* Bits are changed, nothing is computed: a NaN, even a signalling one, gets its sign without an exception. */
void x87_sign(struct ia_x87 *f, uint16_t clear, uint16_t invert)
{
    struct x87_op op = x87_begin(f);
    struct x87_ext value = x87_st(f, 0);
    value.se = (uint16_t)((value.se & ~clear) ^ invert);
    if (x87_is_empty(f, 0))
        value = x87_underflow(&op);
    if (!x87_stopped(&op))
        x87_set(f, 0, value);
    x87_finish(f, &op, X87_C1);
}

/* --- Parts of numbers, and transcendentals */

void x87_fscale(struct ia_x87 *f) { x87_binary(f, x87_scale, 0, 1, 0); }

/* Two results: the first takes the place of ST(0), the second goes on top of it. */
static void push_second(struct ia_x87 *f, struct x87_op *op, struct x87_ext first, struct x87_ext second)
{
    if (!x87_stopped(op)) {
        x87_set(f, 0, first);
        x87_push(f, second);
    }
}

/* What stands in the way of two results: nothing to begin with, or no room. */
static bool no_place(const struct ia_x87 *f, struct x87_op *op)
{
    if (x87_is_empty(f, 0))
        x87_underflow(op);
    else if (!x87_is_empty(f, 7))
        x87_overflow(op);
    return op->raised;
}

void x87_fxtract(struct ia_x87 *f)
{
    struct x87_op op = x87_begin(f);
    struct x87_ext exponent = X87_INDEFINITE, significand = X87_INDEFINITE;
    if (!no_place(f, &op))
        exponent = x87_extract(&op, x87_st(f, 0), &significand);
    push_second(f, &op, exponent, significand);
    x87_finish(f, &op, X87_C1);
}

void x87_remainder(struct ia_x87 *f, x87_binary_fn *fn)
{
    struct x87_op op = x87_begin(f);
    const bool missing = x87_is_empty(f, 0) || x87_is_empty(f, 1);
    const struct x87_ext r = missing ? x87_underflow(&op) : fn(&op, x87_st(f, 0), x87_st(f, 1));
    if (!x87_stopped(&op))
        x87_set(f, 0, r);
    /* Without a quotient, C0 and C3 stay: the result is a NaN, or there is none. */
    x87_finish(f, &op, x87_stopped(&op) || (r.se & 0x7fff) == 0x7fff ? X87_C1 | X87_C2 : all_codes);
}

void x87_binary_pop(struct ia_x87 *f, x87_binary_fn *fn)
{
    struct x87_op op = x87_begin(f);
    const bool missing = x87_is_empty(f, 0) || x87_is_empty(f, 1);
    const struct x87_ext r = missing ? x87_underflow(&op) : fn(&op, x87_st(f, 0), x87_st(f, 1));
    if (!x87_stopped(&op)) {
        x87_set(f, 1, r);
        x87_pop(f);
    }
    x87_finish(f, &op, X87_C1);
}

/* C2: the argument is 2^63 or more, and ST(0) stays, to be reduced by the program. */
static void sine_or_cosine(struct ia_x87 *f, bool sine)
{
    struct x87_op op = x87_begin(f);
    struct x87_ext r = X87_INDEFINITE;
    if (x87_is_empty(f, 0))
        x87_underflow(&op);
    else
        x87_trigonometry(&op, x87_st(f, 0), sine ? &r : 0, sine ? 0 : &r, 0);
    if (!x87_stopped(&op) && !(op.raised & X87_C2))
        x87_set(f, 0, r);
    x87_finish(f, &op, X87_C1 | X87_C2);
}

void x87_fsin(struct ia_x87 *f) { sine_or_cosine(f, true); }
void x87_fcos(struct ia_x87 *f) { sine_or_cosine(f, false); }

/* The 1 that is pushed is there for programs of the 8087, which gave the tangent as a quotient of two numbers [SDM
 * 2A FPTAN]. */
void x87_fptan(struct ia_x87 *f)
{
    struct x87_op op = x87_begin(f);
    struct x87_ext tangent = X87_INDEFINITE, one = {UINT64_C(1) << 63, 16383};
    if (no_place(f, &op))
        one = X87_INDEFINITE;
    else
        x87_trigonometry(&op, x87_st(f, 0), 0, 0, &tangent);
    if ((tangent.se & 0x7fff) == 0x7fff) /* of no number, the second result is that too */
        one = tangent;
    if (!(op.raised & X87_C2))
        push_second(f, &op, tangent, one);
    x87_finish(f, &op, X87_C1 | X87_C2);
}

void x87_fsincos(struct ia_x87 *f)
{
    struct x87_op op = x87_begin(f);
    struct x87_ext sine = X87_INDEFINITE, cosine = X87_INDEFINITE;
    if (!no_place(f, &op))
        x87_trigonometry(&op, x87_st(f, 0), &sine, &cosine, 0);
    if (!(op.raised & X87_C2))
        push_second(f, &op, sine, cosine);
    x87_finish(f, &op, X87_C1 | X87_C2);
}
