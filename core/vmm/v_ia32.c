/* v_ia32.c - {v_i} of IA-32: the table of the routines, by row, and what every one of them needs: its operands, and what becomes of EIP, RF,
 * single step and the interrupt shadow when its instruction is done.
 *
 * There are more rows than those that are privileged. Some trap because K has emptied the tables (loads of segment registers, far
 * transfers); some never trap on the IA-32 of history, and are here for the variants on which they do.
 */
#include "core/vmm/identity.h"
#include "core/vmm/virtual_ia32.h"

enum { DR6_BS = 1 << 14, PENDING_HELD = 1 << 16 };

static unsigned context_of(const struct vcpu *vcpu)
{
    const struct isa *isa = vcpu->machine.isa;

    return isa->context(&vcpu->machine);
}

/* All that context_of() depends on, at hand: the mode, and the sizes of code and stack. */
static uint32_t decides_context(const struct vcpu *vcpu)
{
    const uint32_t code = ia32_v_segment_part(vcpu, IA_CS, IA_RIGHTS), stack = ia32_v_segment_part(vcpu, IA_SS, IA_RIGHTS);

    return (uint32_t)ia32_v_mode(vcpu) << 2 | (code & IA_RIGHTS_DB ? 2u : 0u) | (stack & IA_RIGHTS_DB ? 1u : 0u);
}

/* A step is done behind the instruction that began with TF, as what the guest watches by DR0 to DR3 is told behind the one that accesses it;
 * RF is for one instruction, or for all iterations of one. MOV SS and POP SS
 * hold back both interrupts and #DB [SDM 3A 6.8.3]. */
static void debug_after(struct vcpu *vcpu, uint32_t flags_before, bool repeats)
{
    const struct virtual_ia32 *v = virtual_of(vcpu);
    const uint32_t held = v->shadow_new && v->shadow_of_ss ? PENDING_HELD : 0;
    uint64_t pending = vcpu_identity_get(vcpu, IA_PENDING), now;

    if ((flags_before & EFLAGS_RF) && !v->rf_loaded && !repeats)
        ia32_v_flags_set(vcpu, 0, EFLAGS_RF);
    now = (pending & ~(uint64_t)PENDING_HELD) | v->met | (flags_before & EFLAGS_TF ? DR6_BS : 0);
    now |= now ? held : 0;
    if (now != pending)
        vcpu_identity_set(vcpu, IA_PENDING, now);
    if (v->shadow_new || vcpu_identity_get(vcpu, IA_SHADOW))
        vcpu_identity_set(vcpu, IA_SHADOW, v->shadow_new);
}

static void done(struct vcpu *vcpu, uint32_t flags_before, const struct ia32_decoded *i, struct trap *t)
{
    const struct virtual_ia32 *v = virtual_of(vcpu);
    const bool repeats = i->repeats && v->next == (uint32_t)vcpu_identity_get(vcpu, MACHINE_PC);

    vcpu_identity_set(vcpu, MACHINE_PC, v->next);
    debug_after(vcpu, flags_before, repeats);
    *t = (struct trap){.kind = v->waits ? TRAP_WAIT : v->touched ? TRAP_YIELD : TRAP_NONE, .row = INSN_NONE};
}

/* Which of the groups that a variant can make privileged an instruction is in. */
static unsigned group_of(const struct ia32_decoded *i)
{
    switch (i->row) {
    case IA_INSN_pushf:
    case IA_INSN_popf:
    case IA_INSN_iret: return IA_TRAPS_FLAGS;
    case IA_INSN_sgdt:
    case IA_INSN_sidt:
    case IA_INSN_sldt:
    case IA_INSN_str:
    case IA_INSN_smsw: return IA_TRAPS_TABLES;
    case IA_INSN_lar:
    case IA_INSN_lsl:
    case IA_INSN_verr:
    case IA_INSN_verw: return IA_TRAPS_QUESTIONS;
    case IA_INSN_mov_rm_seg: return i->reg == IA_CS || i->reg == IA_SS ? IA_TRAPS_RINGS : 0;
    case IA_INSN_push_cs:
    case IA_INSN_push_ss: return IA_TRAPS_RINGS;
    case IA_INSN_cpuid: return IA_TRAPS_CPUID;
    default: return 0;
    }
}

/* Has the guest armed it, in its own machine? */
static bool is_armed(const struct virtual_ia32 *v, const struct ia32_decoded *i)
{
    const uint32_t armed = v->traps | (v->cr4 & CR4_UMIP ? IA_TRAPS_TABLES : 0u) | (v->misc_features & 1 ? IA_TRAPS_CPUID : 0u);

    return UNLIKELY(armed && v->cpl != 0) && (armed & group_of(i));
}

/* The one that was decoded last often comes again: a loop that waits reads the time. NULL: there is no such instruction. */
static const struct ia32_decoded *decoded(struct vcpu *vcpu, insn_t bits)
{
    struct virtual_ia32 *v = virtual_of(vcpu);
    const uint32_t decides = decides_context(vcpu);

    if (!v->last.known || v->last.bits != bits || v->last.decides != decides) {
        v->last.known = ia32_decode(&v->config, context_of(vcpu), bits, &v->last.insn);
        v->last.bits = bits;
        v->last.decides = decides;
    }
    return v->last.known ? &v->last.insn : NULL;
}

void ia32_v_emulate(struct vcpu *vcpu, struct trap *t, ia32_v_routine *routine)
{
    struct virtual_ia32 *v = virtual_of(vcpu);
    const uint32_t flags = ia32_v_flags(vcpu);
    const struct ia32_decoded *i = decoded(vcpu, trap_insn(t));

    if (!i) {
        vcpu_stop(vcpu, "the host machine has an instruction that the virtual one has not");
        return;
    }
    v->next = (uint32_t)vcpu_identity_get(vcpu, MACHINE_PC) + i->length;
    v->shadow_new = v->shadow_of_ss = v->touched = v->waits = v->rf_loaded = false;
    v->accesses = v->met = 0;
    if (is_armed(v, i))
        ia32_v_gp(t, REASON_PRIVILEGE, 0);
    else if (routine(vcpu, i, t))
        done(vcpu, flags, i, t);
}

/* --- By row */

#define V(row, routine)                                                                                                               \
    static void v_##row(struct vcpu *vcpu, struct trap *t) { ia32_v_emulate(vcpu, t, ia32_v_##routine); }
#include "core/vmm/v_ia32.def"
#undef V

#define V(row, routine) [IA_INSN_##row] = v_##row,
void (*const ia32_v_i[IA_INSN_COUNT])(struct vcpu *, struct trap *) = {
#include "core/vmm/v_ia32.def"
};
#undef V

/* A row that claims to trap because of the mode, always or under a condition, has its line in v_ia32.def, or this does not compile. INTO's
 * condition is the overflow flag, in every mode alike: its trap is the guest's own. */
#define v_into NULL
#define NEEDS_NEVER(name)
#define NEEDS_REQUESTED(name)
#define NEEDS_PRIV(name) _Static_assert(sizeof(1 ? v_##name : NULL), "its v_i");
#define NEEDS_COND(name) NEEDS_PRIV(name)
#define INSN(name, ext, encoding, operands, body, traps, sensitive, manual) NEEDS_##traps(name)
#include "isa/ia32/insn.def"
#undef INSN
#undef v_into
