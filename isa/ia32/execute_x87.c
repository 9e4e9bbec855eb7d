/* execute_x87.c - floating-point arithmetic and comparison, with operands on the stack and in memory, and what every instruction of the
 * unit begins and ends with.
 */
#include "isa/ia32/execute_x87.h"

#include "isa/wait.h"

/* Two ways in which an error comes to a kernel. With CR0.NE: #MF. Without, as a PC of 1987 has it: FERR# goes to
 * the board's interrupt controller as IRQ 13, and the instruction waits for the interrupt. Its handler writes port
 * F0h, which asserts IGNNE#, so that it can use the unit while the error is still there [SDM 1 8.7.2]. */
bool x87_passes(struct ia_cpu *c)
{
    if (c->cr0 & CR0_NE)
        return ia_raise(c, IA_MF, REASON_RESOURCE, false, 0, 0);
    if (c->lines & 1u << IA_LINE_IGNNE || !ia_ferr(c, true))
        return true;
    c->trap = (struct trap){.kind = TRAP_WAIT, .row = INSN_NONE, .cause = WAIT_HELD};
    return false;
}

void x87_answered(struct ia_cpu *c, bool was_error)
{
    if (was_error && !(c->fpu.status & X87_ES) && !(c->cr0 & CR0_NE))
        (void)ia_ferr(c, false);
}

/* FOP: the low three bits of the escape byte D8 to DF, then ModRM; the upper five are the same in all. */
void x87_note(struct ia_cpu *c, const ia_insn *i)
{
    c->fpu.fip = c->eip;
    c->fpu.fcs = c->seg[IA_CS].selector & c->x87_selectors;
    c->fpu.fop = (uint16_t)((i->opcode & 7) << 8 | i->modrm);
    if (i->rm_is_memory) {
        c->fpu.fdp = ia_address(c, i);
        c->fpu.fds = c->seg[i->seg].selector & c->x87_selectors;
    }
}

struct x87_ext x87_read_m32(struct x87_op *op, uint64_t bits) { return x87_from_m32(op, (uint32_t)bits); }
struct x87_ext x87_read_m64(struct x87_op *op, uint64_t bits) { return x87_from_m64(op, bits); }
struct x87_ext x87_read_i16(struct x87_op *op, uint64_t bits) { return (void)op, x87_from_integer((int16_t)bits); }
struct x87_ext x87_read_i32(struct x87_op *op, uint64_t bits) { return (void)op, x87_from_integer((int32_t)bits); }
struct x87_ext x87_read_i64(struct x87_op *op, uint64_t bits) { return (void)op, x87_from_integer((int64_t)bits); }

/* Memory is read before the operation begins: a page fault leaves no exception in the status word. */
static bool arithmetic(struct ia_cpu *c, const ia_insn *i, x87_binary_fn *fn, unsigned size, x87_from_fn *from)
{
    uint64_t bits;
    X87_BEGIN_OR_LEAVE;
    if (!ia_load(c, i->seg, ia_address(c, i), size, &bits))
        return false;
    struct x87_op op = x87_begin(&c->fpu);
    const struct x87_ext value = from(&op, bits);
    x87_binary_with(&c->fpu, &op, fn, value);
    RETURN_X87_DONE;
}

/* The forms of an operation: with memory, with ST(i), into ST(i), and into ST(i) with a pop. */
#define ARITHMETIC(name, fn)                                                                                                          \
    BODY(f##name##_m32) { return arithmetic(c, i, fn, 4, x87_read_m32); }                                                             \
    BODY(f##name##_m64) { return arithmetic(c, i, fn, 8, x87_read_m64); }                                                             \
    BODY(fi##name##_m16) { return arithmetic(c, i, fn, 2, x87_read_i16); }                                                            \
    BODY(fi##name##_m32) { return arithmetic(c, i, fn, 4, x87_read_i32); }                                                            \
    STACK_BODY(f##name##_st_i, x87_binary(&c->fpu, fn, 0, i->rm, 0))                                                                  \
    STACK_BODY(f##name##_i_st, x87_binary(&c->fpu, fn, i->rm, 0, 0))                                                                  \
    STACK_BODY(f##name##p, x87_binary(&c->fpu, fn, i->rm, 0, 1))
ARITHMETIC(add, x87_add)
ARITHMETIC(mul, x87_mul)
ARITHMETIC(sub, x87_sub)
ARITHMETIC(subr, x87_subr)
ARITHMETIC(div, x87_div)
ARITHMETIC(divr, x87_divr)

/* --- Comparison */

static bool comparison(struct ia_cpu *c, const ia_insn *i, unsigned pops, unsigned size, x87_from_fn *from)
{
    uint64_t bits;
    X87_BEGIN_OR_LEAVE;
    if (!ia_load(c, i->seg, ia_address(c, i), size, &bits))
        return false;
    struct x87_op op = x87_begin(&c->fpu);
    const struct x87_ext value = from(&op, bits);
    x87_compare_with(&c->fpu, &op, value, pops);
    RETURN_X87_DONE;
}

#define COMPARISON(suffix, pops)                                                                                                      \
    BODY(fcom##suffix##_m32) { return comparison(c, i, pops, 4, x87_read_m32); }                                                      \
    BODY(fcom##suffix##_m64) { return comparison(c, i, pops, 8, x87_read_m64); }                                                      \
    BODY(ficom##suffix##_m16) { return comparison(c, i, pops, 2, x87_read_i16); }                                                     \
    BODY(ficom##suffix##_m32) { return comparison(c, i, pops, 4, x87_read_i32); }                                                     \
    STACK_BODY(fcom##suffix##_st_i, x87_compare_st(&c->fpu, i->rm, false, pops))                                                      \
    STACK_BODY(fucom##suffix, x87_compare_st(&c->fpu, i->rm, true, pops))
COMPARISON(, 0)
COMPARISON(p, 1)
STACK_BODY(fcompp, x87_compare_st(&c->fpu, 1, false, 2))
STACK_BODY(fucompp, x87_compare_st(&c->fpu, 1, true, 2))

/* FCOMI and its like speak in EFLAGS, so that a jump can follow without FNSTSW and SAHF. */
static bool compare_flags(struct ia_cpu *c, const ia_insn *i, bool quiet, unsigned pops)
{
    X87_BEGIN_OR_LEAVE;
    ia_flags_status_set(&c->flags, x87_compare_flags(&c->fpu, i->rm, quiet, pops));
    RETURN_X87_DONE;
}
BODY(fcomi) { return compare_flags(c, i, false, 0); }
BODY(fcomip) { return compare_flags(c, i, false, 1); }
BODY(fucomi) { return compare_flags(c, i, true, 0); }
BODY(fucomip) { return compare_flags(c, i, true, 1); }

BODY(ftst)
{
    X87_BEGIN_OR_LEAVE;
    struct x87_op op = x87_begin(&c->fpu);
    x87_compare_with(&c->fpu, &op, x87_constant(&op, X87_ZERO_CONSTANT), 0);
    RETURN_X87_DONE;
}
STACK_BODY(fxam, x87_fxam(&c->fpu))

/* --- On ST(0), and on ST(0) and ST(1) */

STACK_BODY(fchs, x87_sign(&c->fpu, 0, 0x8000))
STACK_BODY(fabs, x87_sign(&c->fpu, 0x8000, 0))
STACK_BODY(fsqrt, x87_unary(&c->fpu, x87_sqrt))
STACK_BODY(frndint, x87_unary(&c->fpu, x87_round_integer))
STACK_BODY(fscale, x87_fscale(&c->fpu))
STACK_BODY(fxtract, x87_fxtract(&c->fpu))
STACK_BODY(fprem, x87_remainder(&c->fpu, x87_prem))
STACK_BODY(fprem1, x87_remainder(&c->fpu, x87_prem1))
STACK_BODY(f2xm1, x87_unary(&c->fpu, x87_f2xm1))
STACK_BODY(fyl2x, x87_binary_pop(&c->fpu, x87_fyl2x))
STACK_BODY(fyl2xp1, x87_binary_pop(&c->fpu, x87_fyl2xp1))
STACK_BODY(fpatan, x87_binary_pop(&c->fpu, x87_fpatan))
STACK_BODY(fsin, x87_fsin(&c->fpu))
STACK_BODY(fcos, x87_fcos(&c->fpu))
STACK_BODY(fptan, x87_fptan(&c->fpu))
STACK_BODY(fsincos, x87_fsincos(&c->fpu))
