/* fast_alu.c - fast bodies of ADD OR ADC SBB AND SUB XOR CMP TEST, INC DEC NOT NEG: bytes and doublewords, with flags and without. */
#include "isa/ia32/fast.h"
#include "isa/ia32/fast_bodies.h"

/* Eight forms of each operation, of bytes and of doublewords, with flags and without: `what`, `size` and `live` are
 * constants in each, so that a body is a handful of the host's instructions. Words have none: code of flat segments
 * seldom uses them. */
#define RETURN_INTO_REGISTER(what, size, live, b)                                                                                     \
    const uint32_t v = ia_fast_alu(c, live, what, size, ia_fast_reg(c, size, i->reg), b);                                             \
    if (ia_alu_writes(what))                                                                                                          \
        ia_fast_reg_set(c, size, i->reg, v);                                                                                          \
    RETURN_NEXT

/* CMP and TEST only read their destination.
 * What is written is looked up as writable before it is read, so that nothing has changed where the page is not
 * known, and the instruction's own body can begin anew. */
#define RETURN_INTO_MEMORY(what, size, live, at, b)                                                                                   \
    const uint32_t by = b;                                                                                                            \
    if (ia_alu_writes(what)) {                                                                                                        \
        REACH_OR_ANY(size, at, to);                                                                                                   \
        ia_host_put(to, size, ia_fast_alu(c, live, what, size, (uint32_t)ia_host_get(to, size), by));                                 \
        RETURN_NEXT;                                                                                                                  \
    }                                                                                                                                 \
    LOAD_OR_ANY(size, at, a);                                                                                                         \
    (void)ia_fast_alu(c, live, what, size, a, by);                                                                                    \
    RETURN_NEXT

#define FORMS(name, what, size, live)                                                                                                 \
    static FAST(name##_rr) { RETURN_INTO_REGISTER(what, size, live, ia_fast_reg(c, size, i->base)); }                                 \
    static FAST(name##_ri) { RETURN_INTO_REGISTER(what, size, live, (uint32_t)i->imm &ia_mask(size)); }                               \
    static FAST(name##_rb)                                                                                                            \
    {                                                                                                                                 \
        LOAD_OR_ANY(size, AT_B, b);                                                                                                   \
        RETURN_INTO_REGISTER(what, size, live, b);                                                                                    \
    }                                                                                                                                 \
    static FAST(name##_rx)                                                                                                            \
    {                                                                                                                                 \
        LOAD_OR_ANY(size, AT_X, b);                                                                                                   \
        RETURN_INTO_REGISTER(what, size, live, b);                                                                                    \
    }                                                                                                                                 \
    static FAST(name##_br) { RETURN_INTO_MEMORY(what, size, live, AT_B, ia_fast_reg(c, size, i->reg)); }                              \
    static FAST(name##_xr) { RETURN_INTO_MEMORY(what, size, live, AT_X, ia_fast_reg(c, size, i->reg)); }                              \
    static FAST(name##_bi) { RETURN_INTO_MEMORY(what, size, live, AT_B, ia_fast_short(i) & ia_mask(size)); }                          \
    static FAST(name##_ji) { RETURN_INTO_MEMORY(what, size, live, AT_J, (uint32_t)i->imm &ia_mask(size)); }
#define EDITIONS(name, what)                                                                                                          \
    FORMS(name##_1, what, 1, true)                                                                                                    \
    FORMS(name##_4, what, 4, true)                                                                                                    \
    FORMS(name##_dead_1, what, 1, false)                                                                                              \
    FORMS(name##_dead_4, what, 4, false)
#define ALL_OF(name)                                                                                                                  \
    {                                                                                                                                 \
        ia_fast_##name##_rr, ia_fast_##name##_ri, ia_fast_##name##_rb, ia_fast_##name##_rx, ia_fast_##name##_br, ia_fast_##name##_xr, \
            ia_fast_##name##_bi, ia_fast_##name##_ji                                                                                  \
    }

/* Those that keep their result. CMP and TEST are made apart: they have no edition without flags, for then there is
 * nothing left to do. */
#define OPERATIONS(DO)                                                                                                                \
    DO(add, ALU_ADD)                                                                                                                  \
    DO(or, ALU_OR)                                                                                                                    \
    DO(adc, ALU_ADC)                                                                                                                  \
    DO(sbb, ALU_SBB)                                                                                                                  \
    DO(and, ALU_AND)                                                                                                                  \
    DO(sub, ALU_SUB)                                                                                                                  \
    DO(xor, ALU_XOR)
OPERATIONS(EDITIONS)
FORMS(cmp_1, ALU_CMP, 1, true)
FORMS(cmp_4, ALU_CMP, 4, true)
FORMS(test_1, ALU_TEST, 1, true)
FORMS(test_4, ALU_TEST, 4, true)

ia_fast_body *ia_fast_alu_body(enum ia_alu what, unsigned size, enum ia_fast_form form, bool dead)
{
#define ROW(name, what) [what] = {{ALL_OF(name##_1), ALL_OF(name##_dead_1)}, {ALL_OF(name##_4), ALL_OF(name##_dead_4)}},
    static ia_fast_body *const bodies[ALU_OPERATIONS][2][2][FAST_FORMS] = {
        OPERATIONS(ROW)[ALU_CMP] = {{ALL_OF(cmp_1), ALL_OF(cmp_1)}, {ALL_OF(cmp_4), ALL_OF(cmp_4)}}, [ALU_TEST] = {{ALL_OF(test_1),
                                                                                                                    ALL_OF(test_1)},
                                                                                                                   {ALL_OF(test_4),
                                                                                                                    ALL_OF(test_4)}}};
    return bodies[what][size == 4][dead][form];
}

/* --- doublewords, of one operand */

/* INC and DEC read CF to keep it, and so are worth an edition without flags all the more; NOT has no flags at all. */
IA_INLINE uint32_t one(struct ia_cpu *c, enum ia_fast_one what, bool live, uint32_t a)
{
    struct ia_flags f = c->flags;
    if (what == FAST_NOT)
        return ~a;
    const uint32_t v = what == FAST_NEG ? ia_alu(&f, ALU_SUB, 4, 0, a) : ia_count(&f, 4, a, what == FAST_DEC);
    if (live) {
        c->flags.w = f.w;
        c->flags.x = f.x;
    }
    return v;
}

#define ONE(name, what, live)                                                                                                         \
    static FAST(name##_r)                                                                                                             \
    {                                                                                                                                 \
        c->r[i->reg] = one(c, what, live, c->r[i->reg]);                                                                              \
        RETURN_NEXT;                                                                                                                  \
    }                                                                                                                                 \
    static FAST(name##_b)                                                                                                             \
    {                                                                                                                                 \
        REACH_OR_ANY(4, AT_B, to);                                                                                                    \
        ia_host_put(to, 4, one(c, what, live, (uint32_t)ia_host_get(to, 4)));                                                         \
        RETURN_NEXT;                                                                                                                  \
    }
#define ONE_EDITIONS(name, what)                                                                                                      \
    ONE(name, what, true)                                                                                                             \
    ONE(name##_dead, what, false)
ONE_EDITIONS(inc, FAST_INC)
ONE_EDITIONS(dec, FAST_DEC)
ONE(not, FAST_NOT, true)
ONE_EDITIONS(neg, FAST_NEG)

ia_fast_body *ia_fast_one_body(enum ia_fast_one what, enum ia_fast_form form, bool dead)
{
    static ia_fast_body *const bodies[FAST_ONES][2][2] = {
        [FAST_INC] = {{ia_fast_inc_r, ia_fast_inc_b}, {ia_fast_inc_dead_r, ia_fast_inc_dead_b}},
        [FAST_DEC] = {{ia_fast_dec_r, ia_fast_dec_b}, {ia_fast_dec_dead_r, ia_fast_dec_dead_b}},
        [FAST_NOT] = {{ia_fast_not_r, ia_fast_not_b}, {ia_fast_not_r, ia_fast_not_b}},
        [FAST_NEG] = {{ia_fast_neg_r, ia_fast_neg_b}, {ia_fast_neg_dead_r, ia_fast_neg_dead_b}},
    };
    return form == FAST_RR ? bodies[what][dead][0] : form == FAST_BI ? bodies[what][dead][1] : NULL;
}
