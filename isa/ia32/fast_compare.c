/* fast_compare.c - an instruction that sets flags and the conditional jump behind it, in one body: the host compares. The flags are kept
 * all the same, for whoever looks at them later.
 */
#include "isa/ia32/fast_compare.h"

#include "isa/ia32/fast_bodies.h"

#define RETURN_COMPARED(what, size, cc, a_, b_)                                                                                       \
    const uint32_t a = a_, b = b_;                                                                                                    \
    const bool is = what == ALU_CMP ? ia_fast_compared(size, cc, a, b) : ia_fast_tested(size, cc, a & b);                             \
    (void)ia_fast_alu(c, true, what, size, a, b);                                                                                     \
    RETURN_JUMP_IF(is)

#define REG(size, n) ia_fast_reg(c, size, n)
#define MASKED(size, v) ((uint32_t)(v)&ia_mask(size))
#define FORM(form, name, what, size, cc) static FAST(name##_##form##_##size##_##cc)
#define FORM_RR(name, what, size, cc)                                                                                                 \
    FORM(rr, name, what, size, cc) { RETURN_COMPARED(what, size, cc, REG(size, i->reg), REG(size, i->base)); }
#define FORM_RI(name, what, size, cc)                                                                                                 \
    FORM(ri, name, what, size, cc) { RETURN_COMPARED(what, size, cc, REG(size, i->reg), MASKED(size, i->imm)); }
#define FORM_RB(name, what, size, cc)                                                                                                 \
    FORM(rb, name, what, size, cc)                                                                                                    \
    {                                                                                                                                 \
        LOAD_OR_ANY(size, AT_B, m);                                                                                                   \
        RETURN_COMPARED(what, size, cc, REG(size, i->reg), m);                                                                        \
    }
#define FORM_RX(name, what, size, cc)                                                                                                 \
    FORM(rx, name, what, size, cc)                                                                                                    \
    {                                                                                                                                 \
        LOAD_OR_ANY(size, AT_X, m);                                                                                                   \
        RETURN_COMPARED(what, size, cc, REG(size, i->reg), m);                                                                        \
    }
#define FORM_BR(name, what, size, cc)                                                                                                 \
    FORM(br, name, what, size, cc)                                                                                                    \
    {                                                                                                                                 \
        LOAD_OR_ANY(size, AT_B, m);                                                                                                   \
        RETURN_COMPARED(what, size, cc, m, REG(size, i->reg));                                                                        \
    }
#define FORM_XR(name, what, size, cc)                                                                                                 \
    FORM(xr, name, what, size, cc)                                                                                                    \
    {                                                                                                                                 \
        LOAD_OR_ANY(size, AT_X, m);                                                                                                   \
        RETURN_COMPARED(what, size, cc, m, REG(size, i->reg));                                                                        \
    }
#define FORM_BI(name, what, size, cc)                                                                                                 \
    FORM(bi, name, what, size, cc)                                                                                                    \
    {                                                                                                                                 \
        LOAD_OR_ANY(size, AT_B, m);                                                                                                   \
        RETURN_COMPARED(what, size, cc, m, MASKED(size, ia_fast_short(i)));                                                           \
    }
#define FORM_JI(name, what, size, cc)                                                                                                 \
    FORM(ji, name, what, size, cc)                                                                                                    \
    {                                                                                                                                 \
        LOAD_OR_ANY(size, AT_J, m);                                                                                                   \
        RETURN_COMPARED(what, size, cc, m, MASKED(size, i->imm));                                                                     \
    }

/* Below, above and their opposites look at the carry, which TEST clears. */
#define CC_CMP(DO, ...) DO(__VA_ARGS__, 2) DO(__VA_ARGS__, 3) DO(__VA_ARGS__, 6) DO(__VA_ARGS__, 7)
#define CC_ALL(DO, ...)                                                                                                               \
    DO(__VA_ARGS__, 4)                                                                                                                \
    DO(__VA_ARGS__, 5)                                                                                                                \
    DO(__VA_ARGS__, 8) DO(__VA_ARGS__, 9) DO(__VA_ARGS__, 12) DO(__VA_ARGS__, 13) DO(__VA_ARGS__, 14) DO(__VA_ARGS__, 15)
#define CMP_OF(form, size) CC_CMP(form, cmp, ALU_CMP, size) CC_ALL(form, cmp, ALU_CMP, size)
#define TEST_OF(form, size) CC_ALL(form, test, ALU_TEST, size)
CMP_OF(FORM_RR, 4)
CMP_OF(FORM_RI, 4)
CMP_OF(FORM_RB, 4)
CMP_OF(FORM_RX, 4)
CMP_OF(FORM_BR, 4)
CMP_OF(FORM_XR, 4)
CMP_OF(FORM_BI, 4)
CMP_OF(FORM_JI, 4)
CMP_OF(FORM_RR, 1)
CMP_OF(FORM_RI, 1)
CMP_OF(FORM_RB, 1)
CMP_OF(FORM_BR, 1)
CMP_OF(FORM_BI, 1)
TEST_OF(FORM_RR, 4)
TEST_OF(FORM_RI, 4)
TEST_OF(FORM_BR, 4)
TEST_OF(FORM_BI, 4)
TEST_OF(FORM_JI, 4)
TEST_OF(FORM_RR, 1)
TEST_OF(FORM_RI, 1)
TEST_OF(FORM_BI, 1)

/* --- Results that are kept, and compared with zero */

/* After ADD and SUB only E, NE, S and NS can be told from the result alone: the others need the carry or the
 * overflow. */
#define RESULT(name, what, form, b, cc)                                                                                               \
    static FAST(name##_##form##_4_##cc)                                                                                               \
    {                                                                                                                                 \
        const uint32_t v = ia_fast_alu(c, true, what, 4, c->r[i->reg], b);                                                            \
        c->r[i->reg] = v;                                                                                                             \
        RETURN_JUMP_IF(ia_fast_tested(4, cc, v));                                                                                     \
    }
#define RESULTS(cc)                                                                                                                   \
    RESULT(add, ALU_ADD, rr, c->r[i->base], cc)                                                                                       \
    RESULT(add, ALU_ADD, ri, (uint32_t)i->imm, cc)                                                                                    \
    RESULT(sub, ALU_SUB, rr, c->r[i->base], cc)                                                                                       \
    RESULT(sub, ALU_SUB, ri, (uint32_t)i->imm, cc)                                                                                    \
    RESULT(and, ALU_AND, rr, c->r[i->base], cc)                                                                                       \
    RESULT(and, ALU_AND, ri, (uint32_t)i->imm, cc)                                                                                    \
    RESULT(or, ALU_OR, rr, c->r[i->base], cc)                                                                                         \
    RESULT(xor, ALU_XOR, rr, c->r[i->base], cc)
RESULTS(4)
RESULTS(5)
RESULTS(8)
RESULTS(9)

/* --- */

#define N(name, form, size, cc) [cc] = ia_fast_##name##_##form##_##size##_##cc
#define CMP(form, size)                                                                                                               \
    {                                                                                                                                 \
        N(cmp, form, size, 2), N(cmp, form, size, 3), N(cmp, form, size, 4), N(cmp, form, size, 5), N(cmp, form, size, 6),            \
            N(cmp, form, size, 7), N(cmp, form, size, 8), N(cmp, form, size, 9), N(cmp, form, size, 12), N(cmp, form, size, 13),      \
            N(cmp, form, size, 14), N(cmp, form, size, 15)                                                                            \
    }
#define TEST(form, size)                                                                                                              \
    {                                                                                                                                 \
        N(test, form, size, 4), N(test, form, size, 5), N(test, form, size, 8), N(test, form, size, 9), N(test, form, size, 12),      \
            N(test, form, size, 13), N(test, form, size, 14), N(test, form, size, 15)                                                 \
    }
#define KEPT(name, form)                                                                                                              \
    {                                                                                                                                 \
        N(name, form, 4, 4), N(name, form, 4, 5), N(name, form, 4, 8), N(name, form, 4, 9)                                            \
    }

/* NULL where a place of the tables is empty: then the two are executed one after the other. */
ia_fast_body *ia_fast_jcc_behind(enum ia_alu what, unsigned size, enum ia_fast_form form, unsigned cc)
{
    static ia_fast_body *const cmp[2][FAST_FORMS][16] = {
        {[FAST_RR] = CMP(rr, 1), [FAST_RI] = CMP(ri, 1), [FAST_RB] = CMP(rb, 1), [FAST_BR] = CMP(br, 1), [FAST_BI] = CMP(bi, 1)},
        {CMP(rr, 4), CMP(ri, 4), CMP(rb, 4), CMP(rx, 4), CMP(br, 4), CMP(xr, 4), CMP(bi, 4), CMP(ji, 4)}};
    static ia_fast_body *const test[2][FAST_FORMS][16] = {
        {[FAST_RR] = TEST(rr, 1), [FAST_RI] = TEST(ri, 1), [FAST_BI] = TEST(bi, 1)},
        {[FAST_RR] = TEST(rr, 4), [FAST_RI] = TEST(ri, 4), [FAST_BR] = TEST(br, 4), [FAST_BI] = TEST(bi, 4), [FAST_JI] = TEST(ji, 4)}};
    static ia_fast_body *const kept[ALU_OPERATIONS][2][16] = {
        [ALU_ADD] = {KEPT(add, rr), KEPT(add, ri)},
        [ALU_SUB] = {KEPT(sub, rr), KEPT(sub, ri)},
        [ALU_AND] = {KEPT(and, rr), KEPT(and, ri)},
        [ALU_OR] = {KEPT(or, rr)},
        [ALU_XOR] = {KEPT(xor, rr)},
    };
    if (what == ALU_CMP || what == ALU_TEST)
        return (what == ALU_CMP ? cmp : test)[size == 4][form][cc];
    return size == 4 && form <= FAST_RI ? kept[what][form][cc] : NULL;
}
