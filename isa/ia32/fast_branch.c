/* fast_branch.c - fast bodies of transfers within the segment: JMP, Jcc, CALL and RET. Those behind a comparison are in fast_compare.c. */
#include "isa/ia32/fast.h"
#include "isa/ia32/fast_bodies.h"

#define CONDITIONS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)
/* A jump that is not taken goes on to the next record, without a count: the record behind counts itself by being
 * there. */
#define JCC(cc)                                                                                                                       \
    static FAST(jcc_##cc)                                                                                                             \
    {                                                                                                                                 \
        if (ia_condition(&c->flags, cc))                                                                                              \
            RETURN_JUMP(i);                                                                                                           \
        RETURN_NEXT;                                                                                                                  \
    }
CONDITIONS(JCC)

ia_fast_body *ia_fast_jcc_body(unsigned cc)
{
#define NAME(cc) ia_fast_jcc_##cc,
    static ia_fast_body *const bodies[] = {CONDITIONS(NAME)};
    return bodies[cc];
}

FAST(jmp) { RETURN_JUMP(i); }
FAST(jmp_away) { RETURN_GO_TO(c->here_eip + (uint32_t)i->imm); }
FAST(jmp_r) { RETURN_GO_TO(c->r[i->reg]); }
FAST(jmp_b)
{
    LOAD_OR_ANY(4, AT_B, to);
    RETURN_GO_TO(to);
}
FAST(jmp_x)
{
    LOAD_OR_ANY(4, AT_X, to);
    RETURN_GO_TO(to);
}

/* `behind` is where the next instruction lies, from the beginning of the page.
 * The return address is pushed before the jump is looked at. What the jump leaves to ia_fast_far() or ia_fast_out()
 * is the jump alone, so that nothing is pushed twice. */
#define PUSH_RETURN(behind)                                                                                                           \
    const uint32_t esp = c->r[IA_ESP] - 4;                                                                                            \
    REACH_OR_ANY(4, esp, at);                                                                                                         \
    ia_host_put(at, 4, c->here_eip + (behind));                                                                                       \
    c->r[IA_ESP] = esp

FAST(call)
{
    PUSH_RETURN(i->behind);
    RETURN_JUMP(i);
}
FAST(call_away)
{
    PUSH_RETURN(i->behind);
    RETURN_GO_TO(c->here_eip + (uint32_t)i->imm);
}
FAST(call_r)
{
    const uint32_t to = c->r[i->reg];
    PUSH_RETURN((uint32_t)i->imm);
    RETURN_GO_TO(to);
}
/* The displacement is in `imm`; so what is left for the place behind has the length of the instruction, and here is its own. */
FAST(call_b)
{
    LOAD_OR_ANY(4, AT_B, to);
    PUSH_RETURN(ia_code_place(c->here, i) + i->extra);
    RETURN_GO_TO(to);
}

/* The target is checked against no limit: in this context CS has all 4 GiB. A RET whose page the fetch TLB does not
 * know goes to the outer loop, which knows how to fault. */
FAST(ret)
{
    LOAD_OR_ANY(4, c->r[IA_ESP], to);
    c->r[IA_ESP] += 4;
    RETURN_GO_TO(to);
}
FAST(ret_i)
{
    LOAD_OR_ANY(4, c->r[IA_ESP], to);
    c->r[IA_ESP] += 4 + (uint32_t)i->imm;
    RETURN_GO_TO(to);
}
