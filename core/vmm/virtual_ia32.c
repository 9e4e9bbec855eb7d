/* virtual_ia32.c - the registers of a virtual IA-32 CPU: f on them, whoever reads or writes them. See virtual_ia32.h.
 */
#include "core/vmm/virtual_ia32.h"

#include "core/vmm/identity.h"
#include "core/vmm/memory.h"

/* --- Traps */

bool ia32_v_raise(struct trap *t, unsigned vector, enum trap_reason reason, uint32_t error, uint64_t tval)
{
    t->kind = TRAP_EXCEPTION;
    t->reason = reason;
    t->cause = vector;
    t->error = error;
    t->tval = tval;
    t->during = 0;
    return false;
}

/* --- Mode and flags */

enum ia32_mode ia32_v_mode(const struct vcpu *vcpu)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);

    if (!(v->cr0 & CR0_PE))
        return IA_REAL;
    return v->flags & EFLAGS_VM ? IA_V86 : (enum ia32_mode)v->cpl;
}

/* The host has IF set, IOPL 0 and no virtual-8086 mode; IF as the guest has it, where K promises that (k_hybrid_ia32.c). */
static void host_flags(struct vcpu *vcpu, uint32_t identity)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);
    const uint32_t kept = v->cpl == 3 && ia32_runs_ring3_alone(vcpu) ? v->flags & EFLAGS_IF : EFLAGS_IF;

    vcpu_identity_set(vcpu, IA_EFLAGS, (identity & ~(uint32_t)VIRTUAL_IA32_FLAGS) | kept);
}

/* Where the real ring is always 3, the host's CR0.AM follows, as #AC is for CPL 3, and the root of the shadow is that of a ring. Else it is
 * the real ring that follows, and nothing more. */
void ia32_v_cpl_set(struct vcpu *vcpu, unsigned cpl)
{
    struct virtual_ia32 *v = virtual_of(vcpu);

    if (v->cpl == cpl)
        return;
    v->cpl = (uint8_t)cpl;
    if (v->ring1 && vcpu_on_host(vcpu))
        machine_set(vcpu->host, MACHINE_MODE, ia32_real_ring(v, cpl));
    if (!ia32_rings_apart(v))
        vcpu->resource_changed = true;
    if (!(v->flags & EFLAGS_IF) && ia32_runs_ring3_alone(vcpu))
        host_flags(vcpu, (uint32_t)vcpu_identity_get(vcpu, IA_EFLAGS));
}

uint32_t ia32_v_flags_known(const struct vcpu *vcpu)
{
    const uint32_t i386 = EFLAGS_STATUS | EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM;

    return virtual_of_const(vcpu)->config.model == IA_MODEL_386 ? i386 : i386 | EFLAGS_AC | EFLAGS_VIF | EFLAGS_VIP | EFLAGS_ID;
}

uint32_t ia32_v_flags(const struct vcpu *vcpu)
{
    const uint32_t host = (uint32_t)vcpu_identity_get(vcpu, IA_EFLAGS);

    return (host & ~(uint32_t)VIRTUAL_IA32_FLAGS) | virtual_of_const(vcpu)->flags | EFLAGS_ONE;
}

void ia32_v_flags_set(struct vcpu *vcpu, uint32_t value, uint32_t mask)
{
    struct virtual_ia32 *v = virtual_of(vcpu);
    const uint32_t own = VIRTUAL_IA32_FLAGS, old = ia32_v_flags(vcpu);
    const uint32_t now = ((old & ~mask) | (value & mask)) & (ia32_v_flags_known(vcpu) | EFLAGS_ONE);

    if ((old ^ now) & EFLAGS_VM)
        vcpu->resource_changed = true;
    v->flags = now & own;
    if ((old ^ now) & ~own || mask == UINT32_MAX || (v->cpl == 3 && ia32_runs_ring3_alone(vcpu)))
        host_flags(vcpu, now);
}

enum { PENDING_ANY = 0xffff };

void ia32_v_debug_pend(struct vcpu *vcpu, uint32_t bits)
{
    vcpu_identity_set(vcpu, IA_PENDING, vcpu_identity_get(vcpu, IA_PENDING) | (bits & PENDING_ANY));
}

/* --- Control registers */

/* What the guest's TLB would know is void. */
static void forget(struct vcpu *vcpu)
{
    vcpu->resource_changed = true;
    memory_fence(vcpu, &(struct fence){0});
}

static uint32_t cr0_legal(const struct virtual_ia32 *v, uint32_t value)
{
    const uint32_t i386 = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_PG;

    value &= v->config.model == IA_MODEL_386 ? i386 : i386 | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD;
    return value & CR0_PE ? value | CR0_ET : (value & ~CR0_PG) | CR0_ET;
}

static void cr0_set(struct vcpu *vcpu, uint32_t value)
{
    struct virtual_ia32 *v = virtual_of(vcpu);
    const uint32_t changed = v->cr0 ^ value;

    v->cr0 = value;
    if (changed & (CR0_PE | CR0_PG | CR0_WP))
        forget(vcpu);
    if (changed)
        ia32_host_cr0(vcpu);
}

/* A load of CR3 orders the address space that it names: of others the guest's TLB may have what it had until they are loaded in turn. */
static void cr3_set(struct vcpu *vcpu, uint32_t value)
{
    virtual_of(vcpu)->cr3 = value;
    vcpu->resource_changed = true;
    memory_fence(vcpu, &(struct fence){.has_asid = true, .asid = value >> PAGE_SHIFT});
}

static uint32_t umip(const struct virtual_ia32 *v) { return v->config.variants & IA32_UMIP ? CR4_UMIP : 0; }

void ia32_v_cr_set(struct vcpu *vcpu, unsigned n, uint32_t value)
{
    struct virtual_ia32 *v = virtual_of(vcpu);
    const uint32_t old = v->cr4;

    switch (n) {
    case 0: cr0_set(vcpu, cr0_legal(v, value)); break;
    case 2: v->cr2 = value; break;
    case 3: cr3_set(vcpu, value); break;
    case 4:
        v->cr4 = v->config.model == IA_MODEL_386 ? 0 : value & (CR4_TSD | CR4_DE | CR4_PSE | umip(v));
        if ((old ^ v->cr4) & CR4_PSE)
            forget(vcpu);
        break;
    default: break;
    }
}

/* --- General registers */

uint32_t ia32_v_reg(const struct vcpu *vcpu, unsigned n, unsigned size)
{
    if (size == 1)
        return (uint32_t)vcpu_identity_get(vcpu, n & 3) >> (n & 4) * 2 & 0xff;
    const uint32_t value = (uint32_t)vcpu_identity_get(vcpu, n);
    return size == 4 ? value : value & 0xffff;
}

void ia32_v_reg_set(struct vcpu *vcpu, unsigned n, unsigned size, uint32_t value)
{
    const unsigned reg = size == 1 ? n & 3 : n, shift = size == 1 ? (n & 4) * 2 : 0;
    const uint32_t mask = size == 4 ? UINT32_MAX : (size == 2 ? UINT32_C(0xffff) : UINT32_C(0xff)) << shift;
    const uint32_t old = (uint32_t)vcpu_identity_get(vcpu, reg);

    vcpu_identity_set(vcpu, reg, (old & ~mask) | (value << shift & mask));
}

/* --- Segment registers. Of a null one the rights are the host's: the guest can make one by itself. */

static reg_t part(unsigned n, unsigned which) { return IA_SEG + 4 * n + which; }

static uint32_t kept_part(const struct ia32_v_segment *s, unsigned which)
{
    switch (which) {
    case IA_SELECTOR: return s->selector;
    case IA_BASE: return s->base;
    case IA_LIMIT: return s->limit;
    default: return s->rights;
    }
}

uint32_t ia32_v_segment_part(const struct vcpu *vcpu, unsigned n, unsigned which)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);

    if (n >= IA_SEGS)
        return kept_part(n == IA_LDTR ? &v->ldtr : &v->tr, which);
    const uint32_t real = (uint32_t)vcpu_identity_get(vcpu, part(n, which));
    if (v->in_guest_mode)
        return real;
    if (which == IA_SELECTOR && (n == IA_CS || n == IA_SS))
        return n == IA_CS ? v->cs : v->ss;
    if (which == IA_RIGHTS && !(real & IA_RIGHTS_NULL))
        return (real & ~IA_RIGHTS_DPL) | (uint32_t)v->dpl[n] << 5;
    return real;
}

struct ia32_v_segment ia32_v_segment(const struct vcpu *vcpu, unsigned n)
{
    return (struct ia32_v_segment){.selector = (uint16_t)ia32_v_segment_part(vcpu, n, IA_SELECTOR),
                                   .base = ia32_v_segment_part(vcpu, n, IA_BASE),
                                   .limit = ia32_v_segment_part(vcpu, n, IA_LIMIT),
                                   .rights = ia32_v_segment_part(vcpu, n, IA_RIGHTS)};
}

static void host_set(struct vcpu *vcpu, reg_t reg, uint32_t value)
{
    if (vcpu_identity_get(vcpu, reg) != value)
        vcpu_identity_set(vcpu, reg, value);
}

void ia32_v_segment_set(struct vcpu *vcpu, unsigned n, const struct ia32_v_segment *s)
{
    struct virtual_ia32 *v = virtual_of(vcpu);

    if (n >= IA_SEGS) {
        *(n == IA_LDTR ? &v->ldtr : &v->tr) = *s;
        return;
    }
    if (n == IA_CS)
        v->cs = s->selector;
    if (n == IA_SS) {
        v->ss = s->selector;
        v->flat_stack = s->base == 0 && s->rights & IA_RIGHTS_DB && ia32_v_within(s, 0, 4, PT_READ) &&
                        ia32_v_within(s, UINT32_MAX - 3, 4, PT_READ);
    }
    v->dpl[n] = s->rights >> 5 & 3;
    const bool as_is = v->in_guest_mode;
    const unsigned rpl = ia32_real_ring(v, s->selector & 3), dpl = ia32_real_ring(v, v->dpl[n]);
    host_set(vcpu, part(n, IA_SELECTOR), (n == IA_CS || n == IA_SS) && !as_is ? s->selector | rpl : s->selector);
    host_set(vcpu, part(n, IA_BASE), s->base);
    host_set(vcpu, part(n, IA_LIMIT), s->limit);
    host_set(vcpu, part(n, IA_RIGHTS), s->rights & IA_RIGHTS_NULL || as_is ? s->rights : s->rights | dpl << 5);
}

uint32_t ia32_v_stack_mask(const struct vcpu *vcpu)
{
    return vcpu_identity_get(vcpu, part(IA_SS, IA_RIGHTS)) & IA_RIGHTS_DB ? UINT32_MAX : 0xffff;
}

void ia32_v_stack_set(struct vcpu *vcpu, uint32_t esp)
{
    const uint32_t mask = ia32_v_stack_mask(vcpu), old = ia32_v_reg(vcpu, IA_ESP, 4);

    ia32_v_reg_set(vcpu, IA_ESP, 4, (old & ~mask) | (esp & mask));
}
