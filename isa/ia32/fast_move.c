/* fast_move.c - fast bodies of moves: MOV MOVZX MOVSX LEA CMOVcc SETcc, sign extensions, exchanges; and PUSH, POP, LEAVE. */
#include "isa/ia32/fast.h"
#include "isa/ia32/fast_bodies.h"

/* No move touches the flags, so that there is one edition of each. */
#define RETURN_LOAD_TO(size, at, how)                                                                                                 \
    LOAD_OR_ANY(size, at, v);                                                                                                         \
    how;                                                                                                                              \
    RETURN_NEXT
#define RETURN_STORE_FROM(size, at, v)                                                                                                \
    REACH_OR_ANY(size, at, to);                                                                                                       \
    ia_host_put(to, size, v);                                                                                                         \
    RETURN_NEXT

/* --- MOV */

#define MOV(n, size)                                                                                                                  \
    static FAST(mov_rr_##n)                                                                                                           \
    {                                                                                                                                 \
        ia_fast_reg_set(c, size, i->reg, ia_fast_reg(c, size, i->base));                                                              \
        RETURN_NEXT;                                                                                                                  \
    }                                                                                                                                 \
    static FAST(mov_ri_##n)                                                                                                           \
    {                                                                                                                                 \
        ia_fast_reg_set(c, size, i->reg, (uint32_t)i->imm);                                                                           \
        RETURN_NEXT;                                                                                                                  \
    }                                                                                                                                 \
    static FAST(mov_rb_##n) { RETURN_LOAD_TO(size, AT_B, ia_fast_reg_set(c, size, i->reg, v)); }                                      \
    static FAST(mov_rx_##n) { RETURN_LOAD_TO(size, AT_X, ia_fast_reg_set(c, size, i->reg, v)); }                                      \
    static FAST(mov_br_##n) { RETURN_STORE_FROM(size, AT_B, ia_fast_reg(c, size, i->reg)); }                                          \
    static FAST(mov_xr_##n) { RETURN_STORE_FROM(size, AT_X, ia_fast_reg(c, size, i->reg)); }                                          \
    static FAST(mov_bi_##n) { RETURN_STORE_FROM(size, AT_B, ia_fast_short(i)); }                                                      \
    static FAST(mov_ji_##n) { RETURN_STORE_FROM(size, AT_J, (uint32_t)i->imm); }
MOV(1, 1)
MOV(4, 4)
/* Words: of structures of C, and of the tables of decompressors. A register keeps its upper half. */
#define KEEPING_UPPER(v) c->r[i->reg] = (c->r[i->reg] & 0xffff0000) | (v)
static FAST(mov_rr_2)
{
    KEEPING_UPPER(c->r[i->base] & 0xffff);
    RETURN_NEXT;
}
static FAST(mov_ri_2)
{
    KEEPING_UPPER((uint32_t)i->imm & 0xffff);
    RETURN_NEXT;
}
static FAST(mov_rb_2) { RETURN_LOAD_TO(2, AT_B, KEEPING_UPPER(v)); }
static FAST(mov_rx_2) { RETURN_LOAD_TO(2, AT_X, KEEPING_UPPER(v)); }
static FAST(mov_br_2) { RETURN_STORE_FROM(2, AT_B, c->r[i->reg]); }
static FAST(mov_xr_2) { RETURN_STORE_FROM(2, AT_X, c->r[i->reg]); }
static FAST(mov_bi_2) { RETURN_STORE_FROM(2, AT_B, ia_fast_short(i)); }
static FAST(mov_ji_2) { RETURN_STORE_FROM(2, AT_J, (uint32_t)i->imm); }

ia_fast_body *ia_fast_mov_body(unsigned size, enum ia_fast_form form)
{
#define ALL_OF(n)                                                                                                                     \
    {                                                                                                                                 \
        ia_fast_mov_rr_##n, ia_fast_mov_ri_##n, ia_fast_mov_rb_##n, ia_fast_mov_rx_##n, ia_fast_mov_br_##n, ia_fast_mov_xr_##n,       \
            ia_fast_mov_bi_##n, ia_fast_mov_ji_##n                                                                                    \
    }
    static ia_fast_body *const bodies[3][FAST_FORMS] = {ALL_OF(1), ALL_OF(2), ALL_OF(4)};
    return bodies[size >> 1][form];
}

/* --- MOVZX, MOVSX, LEA */

/* From memory or a register, to a doubleword: what compilers make of a char and a short. */
#define EXTEND(name, size, how)                                                                                                       \
    static FAST(name##_rb) { RETURN_LOAD_TO(size, AT_B, c->r[i->reg] = how); }                                                        \
    static FAST(name##_rx) { RETURN_LOAD_TO(size, AT_X, c->r[i->reg] = how); }                                                        \
    static FAST(name##_rr)                                                                                                            \
    {                                                                                                                                 \
        const uint32_t v = size == 1 ? ia_fast_reg(c, 1, i->base) : c->r[i->base] & 0xffff;                                           \
        c->r[i->reg] = how;                                                                                                           \
        RETURN_NEXT;                                                                                                                  \
    }
EXTEND(movzx_1, 1, v)
EXTEND(movsx_1, 1, ia_extend(v, 1))
EXTEND(movzx_2, 2, v)
EXTEND(movsx_2, 2, ia_extend(v, 2))

ia_fast_body *ia_fast_extend_body(unsigned size, bool is_signed, enum ia_fast_form form)
{
#define THREE(name)                                                                                                                   \
    {                                                                                                                                 \
        [FAST_RR] = ia_fast_##name##_rr, [FAST_RB] = ia_fast_##name##_rb, [FAST_RX] = ia_fast_##name##_rx                             \
    }
    static ia_fast_body *const bodies[2][2][FAST_FORMS] = {{THREE(movzx_1), THREE(movsx_1)}, {THREE(movzx_2), THREE(movsx_2)}};
    return bodies[size == 2][is_signed][form];
}

/* No access, so that no page has to be known. */
static FAST(lea_b)
{
    c->r[i->reg] = AT_B;
    RETURN_NEXT;
}
static FAST(lea_x)
{
    c->r[i->reg] = AT_X;
    RETURN_NEXT;
}
ia_fast_body *ia_fast_lea_body(enum ia_fast_form form)
{
    return form == FAST_RB ? ia_fast_lea_b : form == FAST_RX ? ia_fast_lea_x : NULL;
}

/* --- by a condition */

#define CONDITIONS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)
/* CMOV reads its operand whatever the condition is, and may fault: hence LOAD_OR_ANY before the question. */
#define CONDITIONAL(cc)                                                                                                               \
    static FAST(cmov_rr_##cc)                                                                                                         \
    {                                                                                                                                 \
        if (ia_condition(&c->flags, cc))                                                                                              \
            c->r[i->reg] = c->r[i->base];                                                                                             \
        RETURN_NEXT;                                                                                                                  \
    }                                                                                                                                 \
    static FAST(cmov_rb_##cc)                                                                                                         \
    {                                                                                                                                 \
        LOAD_OR_ANY(4, AT_B, v);                                                                                                      \
        if (ia_condition(&c->flags, cc))                                                                                              \
            c->r[i->reg] = v;                                                                                                         \
        RETURN_NEXT;                                                                                                                  \
    }                                                                                                                                 \
    static FAST(setcc_##cc)                                                                                                           \
    {                                                                                                                                 \
        ia_fast_reg_set(c, 1, i->reg, ia_condition(&c->flags, cc));                                                                   \
        RETURN_NEXT;                                                                                                                  \
    }
CONDITIONS(CONDITIONAL)

ia_fast_body *ia_fast_cmov_body(unsigned cc, enum ia_fast_form form)
{
#define RR(cc) ia_fast_cmov_rr_##cc,
#define RB(cc) ia_fast_cmov_rb_##cc,
    static ia_fast_body *const rr[] = {CONDITIONS(RR)}, *const rb[] = {CONDITIONS(RB)};
    return form == FAST_RR ? rr[cc] : form == FAST_RB ? rb[cc] : NULL;
}
ia_fast_body *ia_fast_setcc_body(unsigned cc)
{
#define SETCC(cc) ia_fast_setcc_##cc,
    static ia_fast_body *const bodies[] = {CONDITIONS(SETCC)};
    return bodies[cc];
}

/* --- of registers alone */

FAST(nop) { RETURN_NEXT; }
/* Of EAX's sign, all bits of EDX: an arithmetic shift, which this house's compilers make of >> on signed numbers. */
FAST(cdq)
{
    c->r[IA_EDX] = (uint32_t)((int32_t)c->r[IA_EAX] >> 31);
    RETURN_NEXT;
}
FAST(cwde)
{
    c->r[IA_EAX] = ia_extend(c->r[IA_EAX] & 0xffff, 2);
    RETURN_NEXT;
}
FAST(xchg)
{
    const uint32_t v = c->r[i->reg];
    c->r[i->reg] = c->r[i->base];
    c->r[i->base] = v;
    RETURN_NEXT;
}
FAST(bswap)
{
    c->r[i->reg] = __builtin_bswap32(c->r[i->reg]);
    RETURN_NEXT;
}

/* --- strings of bytes, an element: what loops of strcmp() and its like have */

#define ALONG(reg) c->r[reg] += c->flags.system & EFLAGS_DF ? UINT32_MAX : 1
FAST(lods_1)
{
    LOAD_OR_ANY(1, c->r[IA_ESI], v);
    ia_reg1_set(c, IA_EAX, v);
    ALONG(IA_ESI);
    RETURN_NEXT;
}
FAST(scas_1)
{
    LOAD_OR_ANY(1, c->r[IA_EDI], v);
    ia_flags_sub(&c->flags, 1, c->r[IA_EAX] & 0xff, v, false);
    ALONG(IA_EDI);
    RETURN_NEXT;
}

/* --- the stack */

/* ESP moves when the store is done. `pushed` is taken first, so that PUSH ESP pushes what it was before. */
#define RETURN_PUSHED(v)                                                                                                              \
    const uint32_t pushed = (v), esp = c->r[IA_ESP] - 4;                                                                              \
    REACH_OR_ANY(4, esp, to);                                                                                                         \
    ia_host_put(to, 4, pushed);                                                                                                       \
    c->r[IA_ESP] = esp;                                                                                                               \
    RETURN_NEXT
FAST(push_r) { RETURN_PUSHED(c->r[i->reg]); }
FAST(push_i) { RETURN_PUSHED((uint32_t)i->imm); }
FAST(push_b)
{
    LOAD_OR_ANY(4, AT_B, v);
    RETURN_PUSHED(v);
}
/* In this order POP ESP leaves what was popped. */
FAST(pop_r)
{
    LOAD_OR_ANY(4, c->r[IA_ESP], v);
    c->r[IA_ESP] += 4;
    c->r[i->reg] = v;
    RETURN_NEXT;
}
FAST(leave)
{
    LOAD_OR_ANY(4, c->r[IA_EBP], v);
    c->r[IA_ESP] = c->r[IA_EBP] + 4;
    c->r[IA_EBP] = v;
    RETURN_NEXT;
}
