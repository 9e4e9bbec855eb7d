/* isa_ia32.c - a virtual IA-32 machine, the {v_i} aside: whose its traps are, its interrupts, its registers by the contract, and the table in
 * which the VMM finds all of it.
 */
#include "core/vmm/identity.h"
#include "core/vmm/translator.h"
#include "core/vmm/virtual_ia32.h"
#include "mmu/ia32_pt.h"

#include <stdlib.h>

/* --- Traps */

/* Has the program itself named the page of this fault, and not the processor? In real ring 3 that is a user's access. In real ring 1 the program is no
 * user of pages; but there, as the tables are empty, nothing is looked at by the processor but the link of a task state, by IRET with NT. */
static bool by_program(const struct vcpu *vcpu, const struct trap *t)
{
    return t->error & IA32_PF_U || (virtual_of_const(vcpu)->ring1 && t->row != IA_INSN_iret);
}

/* A row with a routine has all its exceptions from there, whatever the host says is the reason: the tables that were looked at are not the
 * guest's. But for a page that the program itself has named: that is filled first. */
static enum vm_owner whose(struct vcpu *vcpu, const struct trap *t)
{
    const bool paged = t->cause == IA_PF && t->reason == REASON_RESOURCE;

    if (vcpu_has_v_i(vcpu, t) && (!paged || !by_program(vcpu, t)))
        return VM_OWNER_V_I;
    return paged ? VM_OWNER_SHADOW : VM_OWNER_GUEST;
}

/* INT n, INT3 and INTO ask the gate whether the program may [SDM 2A INT n]; of what else it is, delivery has the say. */
static void gate_ask(struct vcpu *vcpu, struct trap *t)
{
    const struct virtual_ia32 *v = virtual_of(vcpu);
    const uint32_t at = (uint32_t)t->cause * 8;
    uint64_t gate;

    if (at + 7 > v->idtr.limit)
        return;
    if (ia32_v_load(vcpu, v->idtr.base + at, 8, IA32_BY_PROCESSOR, &gate, t) && (gate >> 45 & 3) < v->cpl)
        ia32_v_gp(t, REASON_REQUESTED, at + 2);
}

static void reflect(struct vcpu *vcpu, struct trap *t)
{
    const bool asks = t->row == IA_INSN_int_i || t->row == IA_INSN_int3 || t->row == IA_INSN_into;

    if (t->reason == REASON_REQUESTED && asks)
        gate_ask(vcpu, t);
}

/* The NMI is first [SDM 3A table 6-2]; a #DB that is due comes before both. */
static bool interrupt(struct vcpu *vcpu, struct trap *out)
{
    enum { PENDING_ANY = 0xffff, PENDING_HELD = 1 << 16 };
    struct virtual_ia32 *v = virtual_of(vcpu);
    const bool nmi = v->nmi_latched && !v->nmi_masked;

    if (LIKELY(!nmi && !(v->lines & 1u << IA_LINE_INTR && v->flags & EFLAGS_IF)))
        return false;
    const uint64_t pending = vcpu_identity_get(vcpu, IA_PENDING);
    if (vcpu_identity_get(vcpu, IA_SHADOW) || ((pending & PENDING_ANY) && !(pending & PENDING_HELD)))
        return false;
    if (nmi)
        v->nmi_latched = false;
    *out = (struct trap){.kind = TRAP_INTERRUPT, .row = INSN_NONE, .cause = nmi ? IA_NMI : 0};
    return true;
}

static void irq(struct vcpu *vcpu, unsigned line, bool level)
{
    struct virtual_ia32 *v = virtual_of(vcpu);
    const uint32_t bit = UINT32_C(1) << line, old = v->lines;

    if (line > IA_LINE_IGNNE)
        return;
    v->lines = level ? old | bit : old & ~bit;
    if (line == IA_LINE_NMI && level && !(old & bit))
        v->nmi_latched = true;
    if (line == IA_LINE_A20M && old != v->lines) {
        vcpu->resource_changed = true;
        translator_fenced(vcpu, &(struct fence){0});
    }
    if (v->in_guest_mode || line == IA_LINE_IGNNE)
        ia32_host_lines(vcpu);
}

/* There is no timer in the CPU. */
static uint64_t wake(const struct vcpu *vcpu)
{
    (void)vcpu;
    return UINT64_MAX;
}

/* Interrupts that are held back are looked at behind the next instruction. */
static bool holds(const struct vcpu *vcpu) { return vcpu_identity_get(vcpu, IA_SHADOW); }

/* --- Registers of the contract */

static uint64_t get_segment(const struct vcpu *vcpu, unsigned n) { return ia32_v_segment_part(vcpu, n / 4, n % 4); }

static void set_segment(struct vcpu *vcpu, unsigned n, uint64_t value)
{
    const uint32_t rights =
        IA_RIGHTS_TYPE | IA_RIGHTS_S | IA_RIGHTS_DPL | IA_RIGHTS_P | IA_RIGHTS_AVL | IA_RIGHTS_DB | IA_RIGHTS_G | IA_RIGHTS_NULL;
    struct ia32_v_segment s = ia32_v_segment(vcpu, n / 4);

    switch (n % 4) {
    case IA_SELECTOR: s.selector = (uint16_t)value; break;
    case IA_BASE: s.base = (uint32_t)value; break;
    case IA_LIMIT: s.limit = (uint32_t)value; break;
    default: s.rights = (uint32_t)value & rights; break;
    }
    ia32_v_segment_set(vcpu, n / 4, &s);
}

static bool is_segment(reg_t reg) { return reg >= IA_SEG && reg < IA_SEG + 4 * IA_DESCRIBED; }
static bool is_debug(reg_t reg) { return (reg >= IA_DR0 && reg < IA_DR0 + 4) || reg == IA_DR6 || reg == IA_DR7; }

static uint64_t get(const struct vcpu *vcpu, reg_t reg, bool *handled)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);

    *handled = true;
    if (is_segment(reg))
        return get_segment(vcpu, reg - IA_SEG);
    if (is_debug(reg))
        return v->dr[reg - IA_DR0];
    switch (reg) {
    case IA_EFLAGS: return ia32_v_flags(vcpu);
    case MACHINE_MODE: return ia32_v_mode(vcpu);
    case IA_GDTR_BASE: return v->gdtr.base;
    case IA_GDTR_LIMIT: return v->gdtr.limit;
    case IA_IDTR_BASE: return v->idtr.base;
    case IA_IDTR_LIMIT: return v->idtr.limit;
    case IA_CR0: return v->cr0;
    case IA_CR2: return v->cr2;
    case IA_CR3: return v->cr3;
    case IA_CR4: return v->cr4;
    case IA_TSC_OFFSET: return v->tsc_offset;
    case IA_APIC_BASE: return v->apic_base;
    case IA_MISC_FEATURES: return v->misc_features;
    case IA_TRAPS: return v->traps;
    case IA_INNER: return v->guest;
    case IA_INTERCEPT: return v->intercept;
    case IA_NMI_MASKED: return (v->nmi_masked ? 1u : 0u) | (v->nmi_latched ? 2u : 0u);
    case IA_LINES: return v->lines;
    default: break;
    }
    *handled = false;
    return 0;
}

/* CPL, VM and PE in one. */
static void mode_set(struct vcpu *vcpu, uint64_t mode)
{
    const uint32_t cr0 = virtual_of(vcpu)->cr0;

    if (mode > IA_REAL)
        return;
    ia32_v_cpl_set(vcpu, mode <= IA_RING3 ? (unsigned)mode : mode == IA_V86 ? 3 : 0);
    ia32_v_flags_set(vcpu, mode == IA_V86 ? EFLAGS_VM : 0, EFLAGS_VM);
    ia32_v_cr_set(vcpu, 0, mode == IA_REAL ? cr0 & ~(CR0_PE | CR0_PG) : cr0 | CR0_PE);
}

static void debug_set(struct vcpu *vcpu, unsigned n, uint32_t value)
{
    enum { DR7_ONE = 0x400 };
    const uint32_t ones = UINT32_C(0xffff0ff0);

    virtual_of(vcpu)->dr[n] = n == 6 ? (value & ~UINT32_C(0x1000)) | ones : n == 7 ? (value & UINT32_C(0xffff23ff)) | DR7_ONE : value;
    ia32_host_dr(vcpu);
}

static void set(struct vcpu *vcpu, reg_t reg, uint64_t value, bool *handled)
{
    struct virtual_ia32 *v = virtual_of(vcpu);

    *handled = true;
    if (is_segment(reg)) {
        set_segment(vcpu, reg - IA_SEG, value);
        return;
    }
    if (is_debug(reg)) {
        debug_set(vcpu, reg - IA_DR0, (uint32_t)value);
        return;
    }
    switch (reg) {
    case IA_EFLAGS: ia32_v_flags_set(vcpu, (uint32_t)value, UINT32_MAX); break;
    case MACHINE_MODE: mode_set(vcpu, value); break;
    case IA_GDTR_BASE: v->gdtr.base = (uint32_t)value; break;
    case IA_GDTR_LIMIT: v->gdtr.limit = (uint16_t)value; break;
    case IA_IDTR_BASE: v->idtr.base = (uint32_t)value; break;
    case IA_IDTR_LIMIT: v->idtr.limit = (uint16_t)value; break;
    case IA_CR0: ia32_v_cr_set(vcpu, 0, (uint32_t)value); break;
    case IA_CR2: ia32_v_cr_set(vcpu, 2, (uint32_t)value); break;
    case IA_CR3: ia32_v_cr_set(vcpu, 3, (uint32_t)value); break;
    case IA_CR4: ia32_v_cr_set(vcpu, 4, (uint32_t)value); break;
    case IA_TSC_OFFSET: v->tsc_offset = value; break;
    case IA_APIC_BASE: v->apic_base = value; break;
    case IA_MISC_FEATURES: v->misc_features = v->config.variants & IA32_CPUIDF ? value & 1 : 0; break;
    case IA_TRAPS: v->traps = (uint32_t)value & ia32_traps_of(v->config.variants); break;
    case IA_INNER: v->guest = v->config.variants & IA32_VT && value & 1; break;
    case IA_INTERCEPT: v->intercept = v->config.variants & IA32_VT ? value & IA_INTERCEPT_ALL : 0; break;
    case IA_NMI_MASKED:
        v->nmi_masked = value & 1;
        v->nmi_latched = value & 2;
        break;
    case IA_LINES: break;
    default: *handled = false;
    }
}

/* --- */

static void *create(struct vcpu *vcpu)
{
    struct virtual_ia32 *v = calloc(1, sizeof *v);

    if (v) {
        v->vcpu = vcpu;
        v->config = *(const struct ia32_config *)vcpu->host->config;
        v->in_guest_mode = vcpu->isa == &vmm_isa_ia32_guest;
        v->ring1 = vcpu->isa == &vmm_isa_ia32_ring1;
        if (!v->in_guest_mode)
            v->config.variants &= ~(uint32_t)IA32_VT; /* what is not used is not offered */
        vcpu->machine.config = &v->config;
        if (!ia32_ferr_join(vcpu)) {
            free(v);
            return NULL;
        }
    }
    return v;
}

static void destroy(void *state)
{
    struct virtual_ia32 *v = state;

    ia32_ferr_leave(v->vcpu);
    free(v);
}

/* As the CPU says that it is after power-on: the interpreter is one, and has just been reset. */
static void reset(struct vcpu *vcpu)
{
    ia32_registers_copy(vcpu->interpreter, &vcpu->machine);
    vcpu_identity_set(vcpu, IA_EFLAGS, (vcpu_identity_get(vcpu, IA_EFLAGS) & ~(uint64_t)VIRTUAL_IA32_FLAGS) | EFLAGS_IF);
    vcpu->resource_changed = true;
}

static gva_t next(const struct vcpu *vcpu)
{
    return (gva_t){(uint32_t)(vcpu_identity_get(vcpu, IA_SEG + 4 * IA_CS + IA_BASE) + vcpu_identity_get(vcpu, MACHINE_PC))};
}

/* What the tables have in common: on any host, there for ring 3 alone, and on a host whose guest mode is used. */
#define SHARED                                                                                                                        \
    .name = "ia32", .v = ia32_v_i, .create = create, .destroy = destroy, .reset = reset, .get = get, .set = set,                      \
    .deliver = ia32_v_deliver, .irq = irq, .interrupt = interrupt, .wake = wake, .ram_unit = PAGE_SIZE, .ram_align = PAGE_SIZE,       \
    .situation = ia32_situation, .install = ia32_install, .view = ia32_view, .touches = ia32_touches,                                 \
    .situation_text = ia32_situation_text, .host_format = ia32_host_format, .host_asid_bits = ia32_host_asid_bits,                    \
    .fault_kind = ia32_fault_kind, .translate = ia32_translate, .mode_user = IA_RING3, .fetch_unit = 1, .cell = 1,                    \
    .world = ia32_world, .world_size = IA32_WORLD_SIZE, .reservation = 0, .identity_block = IA_EFLAGS,                                \
    .access_fault = ia32_access_fault, .interpreter_create = ia32_interpreter_create, .interpreter_enter = ia32_interpreter_enter,    \
    .interpreter_leave = ia32_interpreter_leave, .interprets = ia32_interprets, .open_bus = true, .budget_first = true

#define ANY_HOST                                                                                                                      \
    SHARED, .on = ia32_on, .whose = whose, .holds = holds, .reflect = reflect, .inspected = IA_GP, .next = next,                      \
            .translator = &ia32_translator

const struct vmm_isa vmm_isa_ia32 = {ANY_HOST, .configure = ia32_configure, .k = ia32_k, .k_rows = ia32_k_rows};
const struct vmm_isa vmm_isa_ia32_hybrid = {ANY_HOST, .configure = ia32_hybrid_configure, .k = ia32_hybrid_k,
                                            .k_rows = ia32_hybrid_k_rows};

const struct vmm_isa vmm_isa_ia32_ring1 = {ANY_HOST, .configure = ia32_configure, .k = ia32_ring1_k, .k_rows = ia32_ring1_k_rows,
                                           .in_user = ia32_ring1_in_user};

const struct vmm_isa vmm_isa_ia32_guest = {
    SHARED,
    .on = ia32_on,
    .entering = ia32_guest_entering,
    .left = ia32_guest_left,
    .whose = ia32_guest_whose,
    .access_of = ia32_guest_access_of,
    .reflect = ia32_guest_reflect,
    .configure = ia32_guest_configure,
    .k = ia32_guest_k,
    .k_rows = ia32_guest_k_rows,
    .in_user = ia32_guest_in_user,
};
