/* fast_x87.c - fast bodies of the floating-point unit: loads, stores, the four operations, roots and comparisons of plain numbers (x87_quick.h), with
 * nothing pending and a control word for them. What is not so is left to the instruction's own body.
 */
#include "isa/ia32/fast.h"
#include "isa/ia32/fast_bodies.h"
#include "isa/ia32/x87_quick.h"

/* `s`: the instruction; `f`: the unit, which may be used.
 * A record is too short for all that the unit notes of an instruction, so that these bodies look at the decoded
 * one. A condition that is not met leaves it to the instruction's own body, which raises #NM or #MF or follows the
 * rules of rounding. */
#define UNIT_OR_ANY                                                                                                                   \
    const unsigned number = ia_code_number(c->here, i);                                                                               \
    const ia_insn *const s = &c->here->record[number];                                                                                \
    struct ia_x87 *const f = &c->fpu;                                                                                                 \
    if (UNLIKELY(c->cr0 & (CR0_EM | CR0_TS)) || UNLIKELY(f->status & X87_ES) || UNLIKELY(!x87_is_quick(f->control)))                  \
    RETURN_ANY
#define OR_ANY(fine)                                                                                                                  \
    if (UNLIKELY(!(fine)))                                                                                                            \
    RETURN_ANY
#define HAS(n) (!x87_is_empty(f, n))

/* The address, in a flat segment. */
#define AT (c->r[s->base] + (c->r[s->index] << s->scale) + (uint32_t)s->disp)
#define LOAD_64_OR_ANY(at, v)                                                                                                         \
    const uint32_t v##_va = (at);                                                                                                     \
    const struct tlb_entry *v##_entry = &t->read[tlb_slot(v##_va)];                                                                   \
    if (FAST_MISSES(v##_entry, v##_va, 8))                                                                                            \
        RETURN_MISSED(read, v##_va);                                                                                                  \
    const uint64_t v = ia_host_get((const uint8_t *)(v##_va + v##_entry->addend), 8)

/* Of the condition codes, C1 is as it was raised. The unit notes the instruction, and its operand in memory.
 * FIP and what goes with it are stored by FSAVE and found by a handler of #MF: they are kept up even here. */
static inline void done(struct ia_cpu *c, const ia_insn *s, unsigned number, unsigned raised, unsigned codes)
{
    struct ia_x87 *f = &c->fpu;
    f->status = (uint16_t)((f->status & ~codes) | raised);
    f->fip = c->here_eip + ia_code_place_of(c->here, number);
    f->fcs = c->seg[IA_CS].selector & c->x87_selectors;
    f->fop = (uint16_t)((s->opcode & 7) << 8 | s->modrm);
}
static inline void done_at(struct ia_cpu *c, const ia_insn *s, uint32_t at)
{
    c->fpu.fdp = at;
    c->fpu.fds = c->seg[s->seg].selector & c->x87_selectors;
}
#define RETURN_DONE(raised)                                                                                                           \
    done(c, s, number, raised, X87_C1);                                                                                               \
    RETURN_NEXT
#define RETURN_DONE_AT(raised, at)                                                                                                    \
    done_at(c, s, at);                                                                                                                \
    RETURN_DONE(raised)

/* --- Loads and stores */

/* A push goes to what is ST(7) before it, which has to be empty; else it is an overflow of the stack. */
FAST(fld_m64)
{
    struct x87_ext v;
    UNIT_OR_ANY;
    LOAD_64_OR_ANY(AT, bits);
    OR_ANY(x87_quick_from_m64(bits, &v) && !HAS(7));
    x87_push(f, v);
    RETURN_DONE_AT(0, bits_va);
}
FAST(fld_m32)
{
    struct x87_ext v;
    UNIT_OR_ANY;
    LOAD_OR_ANY(4, AT, bits);
    OR_ANY(x87_quick_from_m32(bits, &v) && !HAS(7));
    x87_push(f, v);
    RETURN_DONE_AT(0, bits_va);
}
FAST(fild_m32)
{
    UNIT_OR_ANY;
    LOAD_OR_ANY(4, AT, bits);
    OR_ANY(!HAS(7));
    x87_push(f, x87_from_integer((int32_t)bits));
    RETURN_DONE_AT(0, bits_va);
}
FAST(fild_m64)
{
    UNIT_OR_ANY;
    LOAD_64_OR_ANY(AT, bits);
    OR_ANY(!HAS(7));
    x87_push(f, x87_from_integer((int64_t)bits));
    RETURN_DONE_AT(0, bits_va);
}
FAST(fld_i)
{
    UNIT_OR_ANY;
    OR_ANY(HAS(s->rm) && !HAS(7));
    x87_push(f, x87_st(f, s->rm));
    RETURN_DONE(0);
}
FAST(fld1)
{
    UNIT_OR_ANY;
    OR_ANY(!HAS(7));
    x87_push(f, (struct x87_ext){X87_INTEGER_BIT, X87_BIAS});
    RETURN_DONE(0);
}
FAST(fldz)
{
    UNIT_OR_ANY;
    OR_ANY(!HAS(7));
    x87_push(f, x87_zero(false));
    RETURN_DONE(0);
}

/* The value is rounded before the page is looked up: both have to be fine before anything changes. */
#define STORE(name, size, frac_bits, exp_bits, pops)                                                                                  \
    FAST(name)                                                                                                                        \
    {                                                                                                                                 \
        uint64_t bits;                                                                                                                \
        unsigned raised;                                                                                                              \
        UNIT_OR_ANY;                                                                                                                  \
        OR_ANY(HAS(0) && x87_quick_narrow(x87_st(f, 0), frac_bits, exp_bits, &bits, &raised));                                        \
        REACH_OR_ANY(size, AT, to);                                                                                                   \
        ia_host_put(to, size, bits);                                                                                                  \
        if (pops)                                                                                                                     \
            x87_pop(f);                                                                                                               \
        RETURN_DONE_AT(raised, to_va);                                                                                                \
    }
STORE(fst_m64, 8, 52, 11, false)
STORE(fstp_m64, 8, 52, 11, true)
STORE(fst_m32, 4, 23, 8, false)
STORE(fstp_m32, 4, 23, 8, true)

#define COPY(name, pops)                                                                                                              \
    FAST(name)                                                                                                                        \
    {                                                                                                                                 \
        UNIT_OR_ANY;                                                                                                                  \
        OR_ANY(HAS(0));                                                                                                               \
        x87_set(f, s->rm, x87_st(f, 0));                                                                                              \
        if (pops)                                                                                                                     \
            x87_pop(f);                                                                                                               \
        RETURN_DONE(0);                                                                                                               \
    }
COPY(fst_i, false)
COPY(fstp_i, true)

FAST(fxch)
{
    UNIT_OR_ANY;
    OR_ANY(HAS(0) && HAS(s->rm));
    const struct x87_ext a = x87_st(f, 0), b = x87_st(f, s->rm);
    x87_set(f, 0, b);
    x87_set(f, s->rm, a);
    RETURN_DONE(0);
}

/* A sign is changed whatever the number is, be it a NaN, and raises nothing. */
#define SIGN(name, how)                                                                                                               \
    FAST(name)                                                                                                                        \
    {                                                                                                                                 \
        UNIT_OR_ANY;                                                                                                                  \
        OR_ANY(HAS(0));                                                                                                               \
        f->r[x87_top(f)].se how;                                                                                                      \
        RETURN_DONE(0);                                                                                                               \
    }
SIGN(fchs, ^= 0x8000)
SIGN(fabs, &= 0x7fff)

/* --- Arithmetic */

/* A subtraction is an addition with the second sign turned; the reversed ones change places. */
#define QUICK_add(a, b) x87_quick_add(f->control, a, b, 0, &v, &raised)
#define QUICK_sub(a, b) x87_quick_add(f->control, a, b, 0x8000, &v, &raised)
#define QUICK_subr(a, b) x87_quick_add(f->control, b, a, 0x8000, &v, &raised)
#define QUICK_mul(a, b) x87_quick_mul(f->control, a, b, &v, &raised)
#define QUICK_div(a, b) x87_quick_div(f->control, a, b, &v, &raised)
#define QUICK_divr(a, b) x87_quick_div(f->control, b, a, &v, &raised)

#define OF_MEMORY(name, load, from, size)                                                                                             \
    FAST(f##name##_m##size)                                                                                                           \
    {                                                                                                                                 \
        struct x87_ext m, v;                                                                                                          \
        unsigned raised;                                                                                                              \
        UNIT_OR_ANY;                                                                                                                  \
        load;                                                                                                                         \
        OR_ANY(HAS(0) && from(bits, &m) && QUICK_##name(x87_st(f, 0), m));                                                            \
        x87_set(f, 0, v);                                                                                                             \
        RETURN_DONE_AT(raised, bits_va);                                                                                              \
    }
#define OF_STACK(suffix, name, to, from, pops)                                                                                        \
    FAST(f##name##suffix)                                                                                                             \
    {                                                                                                                                 \
        struct x87_ext v;                                                                                                             \
        unsigned raised;                                                                                                              \
        UNIT_OR_ANY;                                                                                                                  \
        OR_ANY(HAS(to) && HAS(from) && QUICK_##name(x87_st(f, to), x87_st(f, from)));                                                 \
        x87_set(f, to, v);                                                                                                            \
        if (pops)                                                                                                                     \
            x87_pop(f);                                                                                                               \
        RETURN_DONE(raised);                                                                                                          \
    }
#define ARITHMETIC(name)                                                                                                              \
    OF_MEMORY(name, LOAD_64_OR_ANY(AT, bits), x87_quick_from_m64, 64)                                                                 \
    OF_MEMORY(name, LOAD_OR_ANY(4, AT, bits), x87_quick_from_m32, 32)                                                                 \
    OF_STACK(_st_i, name, 0, s->rm, false)                                                                                            \
    OF_STACK(_i_st, name, s->rm, 0, false)                                                                                            \
    OF_STACK(p, name, s->rm, 0, true)
ARITHMETIC(add)
ARITHMETIC(sub)
ARITHMETIC(subr)
ARITHMETIC(mul)
ARITHMETIC(div)
ARITHMETIC(divr)

FAST(fsqrt)
{
    struct x87_ext v;
    unsigned raised;
    UNIT_OR_ANY;
    OR_ANY(HAS(0) && x87_quick_sqrt(f->control, x87_st(f, 0), &v, &raised));
    x87_set(f, 0, v);
    RETURN_DONE(raised);
}

/* --- Comparison */

/* ZF, PF and CF together, OF, SF and AF clear: equal is ZF, less is CF, greater is none. PF, not comparable, is no
 * plain case. */
#define COMPARE_FLAGS(name, pops)                                                                                                     \
    FAST(name)                                                                                                                        \
    {                                                                                                                                 \
        unsigned codes;                                                                                                               \
        UNIT_OR_ANY;                                                                                                                  \
        OR_ANY(HAS(0) && HAS(s->rm) && x87_quick_compare(x87_st(f, 0), x87_st(f, s->rm), &codes));                                    \
        ia_flags_status_set(&c->flags, codes == X87_C3 ? EFLAGS_ZF : codes ? EFLAGS_CF : 0);                                          \
        if (pops)                                                                                                                     \
            x87_pop(f);                                                                                                               \
        RETURN_DONE(0);                                                                                                               \
    }
COMPARE_FLAGS(fcomi, false)
COMPARE_FLAGS(fcomip, true)

static const unsigned all_codes = X87_C0 | X87_C1 | X87_C2 | X87_C3;
#define COMPARE_STACK(name, with, pops)                                                                                               \
    FAST(name)                                                                                                                        \
    {                                                                                                                                 \
        unsigned codes;                                                                                                               \
        UNIT_OR_ANY;                                                                                                                  \
        OR_ANY(HAS(0) && HAS(with) && x87_quick_compare(x87_st(f, 0), x87_st(f, with), &codes));                                      \
        if (pops > 0)                                                                                                                 \
            x87_pop(f);                                                                                                               \
        if (pops > 1)                                                                                                                 \
            x87_pop(f);                                                                                                               \
        done(c, s, number, codes, all_codes);                                                                                         \
        RETURN_NEXT;                                                                                                                  \
    }
COMPARE_STACK(fcom_st_i, s->rm, 0)
COMPARE_STACK(fcomp_st_i, s->rm, 1)
COMPARE_STACK(fcompp, 1, 2)

/* It does not wait: a pending exception is in the word that it reads. */
FAST(fnstsw_ax)
{
    OR_ANY(!(c->cr0 & (CR0_EM | CR0_TS)));
    ia_reg_set(c, IA_EAX, 2, c->fpu.status);
    RETURN_NEXT;
}
