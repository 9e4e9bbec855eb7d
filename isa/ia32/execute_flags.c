/* execute_flags.c - EFLAGS as a whole, the interrupt flag, and what programs raise on purpose. */
#include "isa/ia32/access.h"
#include "isa/ia32/bodies.h"
#include "isa/ia32/segment.h"
#include "isa/ia32/system.h"

/* --- EFLAGS [SDM 2B PUSHF, POPF]. In V86 mode they, CLI and STI are for IOPL 3. */

/* A program in V86 mode runs at CPL 3, but thinks that IF is its own. With IOPL below 3 its kernel takes these
 * instructions, and keeps an IF for it [SDM 3A 20.2]. */
static bool closed_to_v86(const struct ia_cpu *c) { return ia_is_v86(c) && ia_iopl(c) < 3; }
static bool is_closed(const struct ia_cpu *c) { return closed_to_v86(c) || ia_is_armed(c, IA_TRAPS_FLAGS); }
static bool refused(struct ia_cpu *c) { return ia_gp(c, REASON_PRIVILEGE, 0); }

bool ia_body_pushf(struct ia_cpu *c, const ia_insn *i)
{
    if (is_closed(c))
        return refused(c);
    return ia_push(c, i->opsize, ia_flags_get(c) & ~(uint32_t)(EFLAGS_VM | EFLAGS_RF));
}

/* What the CPL may not change stays as it is, without a trap. That is why POPF is the example of an instruction
 * that is sensitive and not privileged. */
bool ia_body_popf(struct ia_cpu *c, const ia_insn *i)
{
    uint32_t flags;
    if (is_closed(c))
        return refused(c);
    if (!ia_pop(c, i->opsize, &flags))
        return false;
    ia_flags_set(c, flags, ia_flags_poppable(c, i->opsize, c->cpl) & ~(uint32_t)(EFLAGS_RF | EFLAGS_VIF | EFLAGS_VIP));
    c->attention |= IA_ATTEND_EVENT;
    return true;
}

static bool may_interrupt(const struct ia_cpu *c) { return !ia_is_protected(c) || c->cpl <= ia_iopl(c); }

bool ia_body_cli(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    if (!may_interrupt(c))
        return refused(c);
    ia_flags_set(c, 0, EFLAGS_IF);
    return true;
}

/* The instruction behind an STI that sets IF comes before any interrupt [SDM 2B STI]. */
bool ia_body_sti(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    if (!may_interrupt(c))
        return refused(c);
    if (c->flags.system & EFLAGS_IF)
        return true;
    ia_flags_set(c, EFLAGS_IF, EFLAGS_IF);
    c->shadow = true;
    c->attention |= IA_ATTEND_SHADOW | IA_ATTEND_EVENT;
    return true;
}

/* --- Software interrupts [SDM 2A INT n]. What the gate is beyond its DPL, delivery looks at. */

/* Only the DPL, which is a matter of the program: so that its #GP is the instruction's own. A gate that is no gate
 * is found by delivery. */
static bool gate_is_open(struct ia_cpu *c, unsigned vector)
{
    struct ia_descriptor gate;
    uint64_t entry;
    if (!ia_is_protected(c) || vector * 8 + 7 > c->idtr.limit)
        return true;
    if (!ia_load_linear(c, c->idtr.base + vector * 8, 8, true, &entry))
        return false;
    gate.high = (uint32_t)(entry >> 32);
    return ia_dpl(&gate) >= c->cpl || ia_gp(c, REASON_REQUESTED, vector * 8 + 2);
}

static bool ask(struct ia_cpu *c, unsigned vector)
{
    return gate_is_open(c, vector) && ia_raise(c, vector, REASON_REQUESTED, false, 0, 0);
}

bool ia_body_int_n(struct ia_cpu *c, const ia_insn *i) { return closed_to_v86(c) ? refused(c) : ask(c, i->imm & 0xff); }

bool ia_body_int3(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    return ask(c, IA_BP);
}

bool ia_body_into(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    return !ia_of(&c->flags) || ask(c, IA_OF);
}

/* #DB without a look at the DPL; DR6 stays [SDM 2A INT1]. */
bool ia_body_int1(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    return ia_raise(c, IA_DB, REASON_REQUESTED, false, 0, 0);
}

/* Two bounds, one behind the other in memory, both of which belong to the array. The return address of #BR is BOUND
 * itself. */
bool ia_body_bound(struct ia_cpu *c, const ia_insn *i)
{
    const uint32_t at = ia_address(c, i), mask = i->adsize == 2 ? 0xffff : UINT32_MAX;
    const unsigned bits = 8 * i->opsize;
    uint64_t lower, upper;
    if (!ia_load(c, i->seg, at, i->opsize, &lower) || !ia_load(c, i->seg, (at + i->opsize) & mask, i->opsize, &upper))
        return false;
    const int64_t index = sign_extend(c->r[i->reg], bits);
    if (index < sign_extend(lower, bits) || index > sign_extend(upper, bits))
        return ia_raise(c, IA_BR, REASON_RESOURCE, false, 0, 0);
    return true;
}
