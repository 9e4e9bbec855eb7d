/* state.c - see state.h. Values are taken as legal ones: bits that a register does not have are dropped, those that are fixed are set.
 * A register does not check its neighbours; MACHINE_MODE is CPL, VM and PE in one and sets all three. */
#include "isa/ia32/state.h"

#include "isa/ia32/system.h"

enum { PENDING_HELD = 1 << 16 };
#define WEIGHTY (CR0_PE | CR0_PG | CR0_WP)

bool ia_has(const struct machine *m, reg_t reg)
{
    const uint32_t variants = ia_cpu_of_const(m)->config.variants;
    if ((reg == IA_MISC_FEATURES && !(variants & IA32_CPUIDF)) || (reg == IA_TRAPS && !ia32_traps_of(variants)))
        return false;
    if ((reg == IA_INNER || reg == IA_INTERCEPT) && !(variants & IA32_VT))
        return false;
    for (unsigned n = 0; n < isa_ia32.reg_count; n++)
        if (isa_ia32.regs[n].reg == reg)
            return true;
    return (reg >= MACHINE_PC && reg <= MACHINE_RESUME) || (reg >= IA_ST && reg < IA_ST + 16) || reg == IA_LINES ||
           reg == IA_X87_TAG_WORD;
}

/* The physical register that a view by the stack shows.
 * ST(0) is the register that TOP names; numbers go by two, of significand and exponent. */
static reg_t physical_of(const struct ia_cpu *c, reg_t reg) { return IA_X87 + (reg - IA_ST + 2 * x87_top(&c->fpu)) % 16; }

/* --- reading */

static uint64_t get_segment(const struct ia_cpu *c, unsigned n)
{
    const struct ia_segment *s = &c->described[n / 4];
    switch (n % 4) {
    case IA_SELECTOR: return s->selector;
    case IA_BASE: return s->base;
    case IA_LIMIT: return s->limit;
    default: return s->rights;
    }
}

static uint64_t get_x87(const struct ia_cpu *c, reg_t reg)
{
    const struct ia_x87 *f = &c->fpu;
    switch (reg) {
    case IA_X87_CONTROL: return f->control;
    case IA_X87_STATUS: return f->status;
    case IA_X87_TAG: return f->tag;
    case IA_X87_FIP: return f->fip;
    case IA_X87_FCS: return f->fcs;
    case IA_X87_FOP: return f->fop;
    case IA_X87_FDP: return f->fdp;
    case IA_X87_FDS: return f->fds;
    case IA_X87_TAG_WORD: return x87_tag_word(f);
    default: return (reg - IA_X87) % 2 ? f->r[(reg - IA_X87) / 2].se : f->r[(reg - IA_X87) / 2].sig;
    }
}

/* The clock counts what run() has done so far, even when somebody asks in the middle of it: a device that is
 * accessed does. There is no timer in the CPU, hence no time to wake at. */
static uint64_t get_machine(const struct ia_cpu *c, reg_t reg)
{
    switch (reg) {
    case MACHINE_PC: return c->eip;
    case MACHINE_MODE: return ia_mode(c);
    case MACHINE_CLOCK: return ia_clock(c);
    case MACHINE_RETIRED: return c->retired + (c->budget - c->left);
    case MACHINE_WAKE: return UINT64_MAX;
    case MACHINE_RESUME: return c->resume;
    default: return 0;
    }
}

static uint64_t get_control(const struct ia_cpu *c, reg_t reg)
{
    switch (reg) {
    case IA_GDTR_BASE: return c->gdtr.base;
    case IA_GDTR_LIMIT: return c->gdtr.limit;
    case IA_IDTR_BASE: return c->idtr.base;
    case IA_IDTR_LIMIT: return c->idtr.limit;
    case IA_CR0: return c->cr0;
    case IA_CR2: return c->cr2;
    case IA_CR3: return c->cr3;
    case IA_CR4: return c->cr4;
    case IA_TSC_OFFSET: return c->tsc_offset;
    case IA_APIC_BASE: return c->msr.apic_base;
    case IA_MISC_FEATURES: return c->msr.misc_features;
    case IA_TRAPS: return c->msr.traps;
    case IA_INNER: return c->inner;
    case IA_INTERCEPT: return c->intercept;
    case IA_SHADOW: return c->shadow;
    case IA_PENDING: return c->pending | (c->pending && c->debug_held ? PENDING_HELD : 0);
    case IA_LINES: return c->lines;
    case IA_NMI_MASKED: return (c->nmi_masked ? 1u : 0u) | (c->nmi_latched ? 2u : 0u);
    default: return 0;
    }
}

static bool is_debug_register(reg_t reg) { return (reg >= IA_DR0 && reg < IA_DR0 + 4) || reg == IA_DR6 || reg == IA_DR7; }

uint64_t ia_get(const struct machine *m, reg_t reg)
{
    const struct ia_cpu *c = ia_cpu_of_const(m);
    if (reg <= IA_EDI)
        return c->r[reg];
    if (reg >= MACHINE_PC && reg <= MACHINE_RESUME)
        return get_machine(c, reg);
    if (reg == IA_EFLAGS)
        return ia_flags_get(c);
    if (reg >= IA_SEG && reg < IA_SEG + 4 * IA_DESCRIBED)
        return get_segment(c, reg - IA_SEG);
    if (reg >= IA_X87 && reg <= IA_X87_TAG_WORD)
        return get_x87(c, reg);
    if (reg >= IA_ST && reg < IA_ST + 16)
        return get_x87(c, physical_of(c, reg));
    if (is_debug_register(reg))
        return c->dr[reg - IA_DR0];
    return get_control(c, reg);
}

/* Whoever wants to know all asks for neighbours. */
void ia_get_block(const struct machine *m, reg_t first, unsigned count, uint64_t *out)
{
    const struct ia_cpu *c = ia_cpu_of_const(m);
    const reg_t end = first + count;
    for (; first <= IA_EDI && first < end; first++)
        *out++ = c->r[first];
    for (; first >= IA_SEG && first < IA_SEG + 4 * IA_DESCRIBED && first % 4 == 0 && first + 4 <= end; first += 4, out += 4) {
        const struct ia_segment *s = &c->described[(first - IA_SEG) / 4];
        out[IA_SELECTOR] = s->selector;
        out[IA_BASE] = s->base;
        out[IA_LIMIT] = s->limit;
        out[IA_RIGHTS] = s->rights;
    }
    for (; first >= IA_X87 && first < IA_X87_CONTROL && first % 2 == 0 && first + 2 <= end; first += 2, out += 2) {
        out[0] = c->fpu.r[(first - IA_X87) / 2].sig;
        out[1] = c->fpu.r[(first - IA_X87) / 2].se;
    }
    for (; first < end; first++)
        *out++ = ia_get(m, first);
}

/* --- writing */

/* The hidden parts are set as they are, without a table: so can whoever saves and restores a machine, and a state
 * that no table describes. */
static void set_segment(struct ia_cpu *c, unsigned n, uint64_t v)
{
    const uint32_t rights =
        IA_RIGHTS_TYPE | IA_RIGHTS_S | IA_RIGHTS_DPL | IA_RIGHTS_P | IA_RIGHTS_AVL | IA_RIGHTS_DB | IA_RIGHTS_G | IA_RIGHTS_NULL;
    struct ia_segment *s = &c->described[n / 4];
    switch (n % 4) {
    case IA_SELECTOR: s->selector = (uint16_t)v; break;
    case IA_BASE: s->base = (uint32_t)v; break;
    case IA_LIMIT: s->limit = (uint32_t)v; break;
    default: s->rights = (uint32_t)v & rights; break;
    }
    ia_context_changed(c);
}

static void set_x87(struct ia_cpu *c, reg_t reg, uint64_t v)
{
    struct ia_x87 *f = &c->fpu;
    switch (reg) {
    case IA_X87_CONTROL: f->control = (uint16_t)((v & X87_CONTROL_BITS) | X87_CONTROL_ONE); break;
    case IA_X87_STATUS: f->status = (uint16_t)v; break;
    case IA_X87_TAG: f->tag = v & 0xff; break;
    case IA_X87_FIP: f->fip = (uint32_t)v; break;
    case IA_X87_FCS: f->fcs = (uint16_t)v & c->x87_selectors; break;
    case IA_X87_FOP: f->fop = v & 0x7ff; break;
    case IA_X87_FDP: f->fdp = (uint32_t)v; break;
    case IA_X87_FDS: f->fds = (uint16_t)v & c->x87_selectors; break;
    default:
        if ((reg - IA_X87) % 2)
            f->r[(reg - IA_X87) / 2].se = (uint16_t)v;
        else
            f->r[(reg - IA_X87) / 2].sig = v;
    }
}

/* Where these bits, which translation depends on, change, the TLB knows nothing any more. */
static void set_translation(struct ia_cpu *c, uint32_t *reg, uint32_t v, uint32_t weighty)
{
    const uint32_t old = *reg;
    *reg = v;
    if ((old ^ v) & weighty)
        tlb_flush_all(&c->tlb);
    ia_context_changed(c);
}

static uint32_t cr0_legal(const struct ia_cpu *c, uint32_t v)
{
    const uint32_t i386 = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_PG;
    v &= c->config.model == IA_MODEL_386 ? i386 : i386 | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD;
    return v & CR0_PE ? v | CR0_ET : (v & ~CR0_PG) | CR0_ET;
}

/* MACHINE_MODE is the CPL, EFLAGS.VM and CR0.PE in one number; to real mode paging goes, too, for it cannot be
 * without protection. */
static void set_mode(struct ia_cpu *c, uint64_t mode)
{
    if (mode > IA_REAL)
        return;
    c->cpl = (uint8_t)(mode <= IA_RING3 ? mode : mode == IA_V86 ? 3 : 0);
    c->flags.system = (c->flags.system & ~(uint32_t)EFLAGS_VM) | (mode == IA_V86 ? EFLAGS_VM : 0u);
    set_translation(c, &c->cr0, mode == IA_REAL ? c->cr0 & ~(CR0_PE | CR0_PG) : c->cr0 | CR0_PE, WEIGHTY);
}

static void set_machine(struct ia_cpu *c, reg_t reg, uint64_t v)
{
    switch (reg) {
    case MACHINE_PC:
        c->eip = (uint32_t)v;
        c->resume = 0;
        break;
    case MACHINE_MODE: set_mode(c, v); break;
    case MACHINE_CLOCK: c->clock = v - (c->budget - c->left); break;
    case MACHINE_RETIRED: c->retired = v - (c->budget - c->left); break;
    case MACHINE_RESUME: c->resume = v; break;
    default: break;
    }
}

/* What is between two instructions: a shadow, a #DB to come, an NMI. Without them a state that was saved right
 * behind an STI would not be the same. */
static void set_held(struct ia_cpu *c, reg_t reg, uint64_t v)
{
    if (reg == IA_SHADOW) {
        c->shadow = v & 1;
        c->attention |= (c->shadow ? IA_ATTEND_SHADOW : 0u) | IA_ATTEND_EVENT;
    } else if (reg == IA_PENDING) {
        c->pending = (uint32_t)v & (DR6_HITS | DR6_BD | DR6_BS | DR6_BT);
        c->debug_held = v & PENDING_HELD;
        ia_context_changed(c);
    } else {
        c->nmi_masked = v & 1;
        c->nmi_latched = v & 2;
        c->attention |= IA_ATTEND_EVENT;
    }
}

/* What traps in which ring changes: decoded code is the same. */
static void set_armed(struct ia_cpu *c, uint32_t *reg, uint32_t v)
{
    *reg = v;
    ia_armed_changed(c);
}

static void set_cr4(struct ia_cpu *c, uint32_t v)
{
    const uint32_t known = CR4_TSD | CR4_DE | CR4_PSE | (c->config.variants & IA32_UMIP ? CR4_UMIP : 0);
    set_translation(c, &c->cr4, c->config.model == IA_MODEL_386 ? 0 : v & known, CR4_PSE);
    ia_armed_changed(c);
}

static bool has_inner_mode(const struct ia_cpu *c) { return c->config.variants & IA32_VT; }

static void set_control(struct ia_cpu *c, reg_t reg, uint64_t v)
{
    switch (reg) {
    case IA_GDTR_BASE: c->gdtr.base = (uint32_t)v; break;
    case IA_GDTR_LIMIT: c->gdtr.limit = (uint16_t)v; break;
    case IA_IDTR_BASE: c->idtr.base = (uint32_t)v; break;
    case IA_IDTR_LIMIT: c->idtr.limit = (uint16_t)v; break;
    case IA_CR0: set_translation(c, &c->cr0, cr0_legal(c, (uint32_t)v), WEIGHTY); break;
    case IA_CR2: c->cr2 = (uint32_t)v; break;
    case IA_CR3: set_translation(c, &c->cr3, (uint32_t)v, UINT32_MAX); break;
    case IA_CR4: set_cr4(c, (uint32_t)v); break;
    case IA_TSC_OFFSET: c->tsc_offset = v; break;
    case IA_APIC_BASE: c->msr.apic_base = v; break;
    case IA_MISC_FEATURES: set_armed(c, &c->msr.misc_features, c->config.variants & IA32_CPUIDF ? v & 1 : 0); break;
    case IA_TRAPS: set_armed(c, &c->msr.traps, (uint32_t)v & ia32_traps_of(c->config.variants)); break;
    case IA_INNER: c->inner = has_inner_mode(c) && v & 1; break;
    case IA_INTERCEPT: c->intercept = has_inner_mode(c) ? v & IA_INTERCEPT_ALL : 0; break;
    case IA_SHADOW:
    case IA_PENDING:
    case IA_NMI_MASKED: set_held(c, reg, v); break;
    default: break;
    }
}

static void set_debug(struct ia_cpu *c, unsigned n, uint32_t v)
{
    c->dr[n] = n == 6 ? (v & ~UINT32_C(0x1000)) | DR6_FIXED : n == 7 ? (v & UINT32_C(0xffff23ff)) | 0x400 : v;
    tlb_flush_all(&c->tlb); /* it must not know pages with breakpoints */
    ia_context_changed(c);
}

void ia_set(struct machine *m, reg_t reg, uint64_t v)
{
    struct ia_cpu *c = ia_cpu_of(m);
    if (reg <= IA_EDI)
        c->r[reg] = (uint32_t)v;
    else if (reg >= MACHINE_PC && reg <= MACHINE_RESUME)
        set_machine(c, reg, v);
    else if (reg == IA_EFLAGS)
        ia_flags_set(c, (uint32_t)v & ia_flags_known(c), UINT32_MAX);
    else if (reg >= IA_SEG && reg < IA_SEG + 4 * IA_DESCRIBED)
        set_segment(c, reg - IA_SEG, v);
    else if (reg >= IA_X87 && reg <= IA_X87_FDS)
        set_x87(c, reg, v);
    else if (reg >= IA_ST && reg < IA_ST + 16)
        set_x87(c, physical_of(c, reg), v);
    else if (is_debug_register(reg))
        set_debug(c, reg - IA_DR0, (uint32_t)v);
    else
        set_control(c, reg, v);
}

/* --- power-on [SDM 3A table 9-1] */

enum { RESET_DATA = 0x93, RESET_CODE = 0x9b, RESET_LDT = 0x82, RESET_TSS = 0x8b };

/* The first instruction is at F000:FFF0, but with base FFFF0000: 16 bytes below the end of the 4 GiB, where the ROM
 * is. The first far jump loads a base of F0000, and the machine is below 1 MiB. */
static void reset_segments(struct ia_cpu *c)
{
    for (unsigned n = 0; n < IA_DESCRIBED; n++)
        c->described[n] = (struct ia_segment){.limit = 0xffff, .rights = RESET_DATA};
    c->seg[IA_CS] = (struct ia_segment){.selector = 0xf000, .base = 0xffff0000, .limit = 0xffff, .rights = RESET_CODE};
    c->ldtr.rights = RESET_LDT;
    c->tr.rights = RESET_TSS;
    c->gdtr = c->idtr = (struct ia_table){.limit = 0xffff};
}

void ia_reset(struct machine *m)
{
    struct ia_cpu *c = ia_cpu_of(m);
    const bool i386 = c->config.model == IA_MODEL_386;
    for (unsigned n = 0; n < 8; n++)
        c->r[n] = 0;
    c->r[IA_EDX] = i386 ? 0x308 : 0x619; /* family, model, stepping */
    c->eip = 0xfff0;
    c->flags = (struct ia_flags){0};
    ia_flags_status_set(&c->flags, 0);
    reset_segments(c);
    c->cr0 = i386 ? CR0_ET : CR0_ET | CR0_NW | CR0_CD;
    c->cr2 = c->cr3 = c->cr4 = 0;
    for (unsigned n = 0; n < 6; n++)
        c->dr[n] = 0;
    c->dr[6] = DR6_FIXED;
    c->dr[7] = 0x400;
    c->cpl = 0;
    c->shadow = c->nmi_masked = c->nmi_latched = c->debug_held = false;
    c->pending = 0;
    c->fpu = (struct ia_x87){.control = X87_CONTROL_ONE, .tag = 0xff}; /* tag word 5555: all zeros, none empty */
    c->msr.apic_base = UINT64_C(0xfee00900);
    c->msr.misc_features = c->msr.traps = c->armed = 0;
    c->inner = false;
    c->intercept = 0;
    c->clock = c->retired = c->tsc_offset = 0;
    c->resume = 0;
    c->attention = 0;
    tlb_flush_all(&c->tlb);
    ia_context_changed(c);
}
