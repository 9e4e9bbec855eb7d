/* fast_shift.c - fast bodies of shifts, rotates and products of doublewords, and of shifts of words, with flags and without. */
#include "isa/ia32/fast.h"
#include "isa/ia32/fast_bodies.h"

/* On a copy of the flags: where they are dead the compiler drops all that would make them. */
IA_INLINE uint32_t shifted(struct ia_cpu *c, bool live, enum ia_shift what, unsigned size, uint32_t a, unsigned count)
{
    struct ia_flags f = c->flags;
    const uint32_t v = ia_shifted(&f, what, size, a, count);
    if (live) {
        c->flags.w = f.w;
        c->flags.x = f.x;
    }
    return v;
}

/* By a constant the count is 1 to 31, as fast_choose.c sees to; by CL it may be 0, which changes nothing. */
#define SHIFT(name, what, live)                                                                                                       \
    static FAST(name##_ri)                                                                                                            \
    {                                                                                                                                 \
        c->r[i->reg] = shifted(c, live, what, 4, c->r[i->reg], i->extra);                                                             \
        RETURN_NEXT;                                                                                                                  \
    }                                                                                                                                 \
    static FAST(name##_rc)                                                                                                            \
    {                                                                                                                                 \
        const unsigned count = c->r[IA_ECX] & 31;                                                                                     \
        if (count)                                                                                                                    \
            c->r[i->reg] = shifted(c, live, what, 4, c->r[i->reg], count);                                                            \
        RETURN_NEXT;                                                                                                                  \
    }
#define EDITIONS(name, what)                                                                                                          \
    SHIFT(name, what, true)                                                                                                           \
    SHIFT(name##_dead, what, false)
#define OPERATIONS(DO)                                                                                                                \
    DO(rol, SHIFT_ROL)                                                                                                                \
    DO(ror, SHIFT_ROR)                                                                                                                \
    DO(rcl, SHIFT_RCL)                                                                                                                \
    DO(rcr, SHIFT_RCR)                                                                                                                \
    DO(shl, SHIFT_SHL)                                                                                                                \
    DO(shr, SHIFT_SHR)                                                                                                                \
    DO(sar, SHIFT_SAR)
OPERATIONS(EDITIONS)

/* Of words by a constant. */
#define SHIFT_WORD(name, what, live)                                                                                                  \
    static FAST(name)                                                                                                                 \
    {                                                                                                                                 \
        const uint32_t v = shifted(c, live, what, 2, c->r[i->reg] & 0xffff, i->extra);                                                \
        c->r[i->reg] = (c->r[i->reg] & 0xffff0000) | (v & 0xffff);                                                                    \
        RETURN_NEXT;                                                                                                                  \
    }
SHIFT_WORD(shl_2, SHIFT_SHL, true)
SHIFT_WORD(shr_2, SHIFT_SHR, true)
SHIFT_WORD(sar_2, SHIFT_SAR, true)
SHIFT_WORD(shl_dead_2, SHIFT_SHL, false)
SHIFT_WORD(shr_dead_2, SHIFT_SHR, false)
SHIFT_WORD(sar_dead_2, SHIFT_SAR, false)

ia_fast_body *ia_fast_shift_body(enum ia_shift what, unsigned size, enum ia_fast_form form, bool dead)
{
#define ROW(name, what) [what] = {{ia_fast_##name##_ri, ia_fast_##name##_rc}, {ia_fast_##name##_dead_ri, ia_fast_##name##_dead_rc}},
    static ia_fast_body *const bodies[SHIFT_OPERATIONS][2][2] = {OPERATIONS(ROW)};
    static ia_fast_body *const words[SHIFT_OPERATIONS][2] = {[SHIFT_SHL] = {ia_fast_shl_2, ia_fast_shl_dead_2},
                                                             [SHIFT_SHR] = {ia_fast_shr_2, ia_fast_shr_dead_2},
                                                             [SHIFT_SAR] = {ia_fast_sar_2, ia_fast_sar_dead_2}};
    if (size == 2)
        return form == FAST_RI ? words[what][dead] : NULL;
    return bodies[what][dead][form == FAST_RR];
}

/* --- products */

#define RETURN_PRODUCT(live, a, b)                                                                                                    \
    struct ia_flags f = c->flags;                                                                                                     \
    c->r[i->reg] = (uint32_t)ia_product_signed(&f, 4, a, b);                                                                          \
    if (live) {                                                                                                                       \
        c->flags.w = f.w;                                                                                                             \
        c->flags.x = f.x;                                                                                                             \
    }                                                                                                                                 \
    RETURN_NEXT
#define IMUL_FORMS(name, live)                                                                                                        \
    static FAST(name##_rr) { RETURN_PRODUCT(live, c->r[i->reg], c->r[i->base]); }                                                     \
    static FAST(name##_ri) { RETURN_PRODUCT(live, c->r[i->base], (uint32_t)i->imm); }                                                 \
    static FAST(name##_rb)                                                                                                            \
    {                                                                                                                                 \
        LOAD_OR_ANY(4, AT_B, b);                                                                                                      \
        RETURN_PRODUCT(live, c->r[i->reg], b);                                                                                        \
    }                                                                                                                                 \
    static FAST(name##_rx)                                                                                                            \
    {                                                                                                                                 \
        LOAD_OR_ANY(4, AT_X, b);                                                                                                      \
        RETURN_PRODUCT(live, c->r[i->reg], b);                                                                                        \
    }
IMUL_FORMS(imul, true)
IMUL_FORMS(imul_dead, false)

ia_fast_body *ia_fast_imul_body(enum ia_fast_form form, bool dead)
{
    static ia_fast_body *const bodies[2][FAST_FORMS] = {
        {ia_fast_imul_rr, ia_fast_imul_ri, ia_fast_imul_rb, ia_fast_imul_rx},
        {ia_fast_imul_dead_rr, ia_fast_imul_dead_ri, ia_fast_imul_dead_rb, ia_fast_imul_dead_rx},
    };
    return bodies[dead][form];
}

/* MUL and IMUL of EAX write EDX as well. CF and OF say whether EDX holds more than the sign. */
IA_INLINE void product(struct ia_cpu *c, bool is_signed, uint32_t b)
{
    const uint32_t a = c->r[IA_EAX];
    const uint64_t wide = is_signed ? (uint64_t)ia_product_signed(&c->flags, 4, a, b) : (uint64_t)a * b;
    if (!is_signed)
        ia_flags_product(&c->flags, 4, (uint32_t)wide, wide >> 32);
    c->r[IA_EAX] = (uint32_t)wide;
    c->r[IA_EDX] = (uint32_t)(wide >> 32);
}

#define MUL(name, is_signed)                                                                                                          \
    static FAST(name##_r)                                                                                                             \
    {                                                                                                                                 \
        product(c, is_signed, c->r[i->reg]);                                                                                          \
        RETURN_NEXT;                                                                                                                  \
    }                                                                                                                                 \
    static FAST(name##_b)                                                                                                             \
    {                                                                                                                                 \
        LOAD_OR_ANY(4, AT_B, b);                                                                                                      \
        product(c, is_signed, b);                                                                                                     \
        RETURN_NEXT;                                                                                                                  \
    }                                                                                                                                 \
    static FAST(name##_x)                                                                                                             \
    {                                                                                                                                 \
        LOAD_OR_ANY(4, AT_X, b);                                                                                                      \
        product(c, is_signed, b);                                                                                                     \
        RETURN_NEXT;                                                                                                                  \
    }
MUL(mul, false)
MUL(imul_a, true)

ia_fast_body *ia_fast_mul_body(bool is_signed, enum ia_fast_form form)
{
    static ia_fast_body *const bodies[2][3] = {{ia_fast_mul_r, ia_fast_mul_b, ia_fast_mul_x},
                                               {ia_fast_imul_a_r, ia_fast_imul_a_b, ia_fast_imul_a_x}};
    return bodies[is_signed][form == FAST_RB ? 1 : form == FAST_RX ? 2 : 0];
}
