/* virtual_system_ia32.c - {v_i} of what needs no descriptor: EFLAGS, selectors out of segment registers, control, debug and table
 * registers, model-specific registers, time. Written from the manual; see virtual_ia32.h for the form.
 */
#include "core/vmm/identity.h"
#include "core/vmm/memory.h"
#include "core/vmm/virtual_ia32.h"

static bool refused(struct trap *t) { return ia32_v_gp(t, REASON_PRIVILEGE, 0); }
static bool has(const struct vcpu *vcpu, uint32_t variants) { return virtual_of_const(vcpu)->config.variants & variants; }
static bool may(struct vcpu *vcpu, struct trap *t) { return virtual_of_const(vcpu)->cpl == 0 || refused(t); }

/* --- EFLAGS [SDM 2B PUSHF, POPF, STI; 2A CLI]. In real and virtual-8086 mode the guest is interpreted, so here it
 * is in protected mode. */

bool ia32_v_pushf(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    return ia32_v_push(vcpu, i->opsize, ia32_v_flags(vcpu) & ~(uint32_t)(EFLAGS_VM | EFLAGS_RF), t);
}

/* IF needs the IOPL, IOPL needs ring 0; a word leaves the upper half alone, and VM, RF, VIF and VIP stay in any case. */
bool ia32_v_popf(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const unsigned cpl = virtual_of_const(vcpu)->cpl;
    uint32_t mask = EFLAGS_STATUS | EFLAGS_TF | EFLAGS_DF | EFLAGS_NT, value;

    if (cpl <= ia32_v_iopl(vcpu))
        mask |= EFLAGS_IF;
    if (cpl == 0)
        mask |= EFLAGS_IOPL;
    if (i->opsize == 4)
        mask |= EFLAGS_AC | EFLAGS_ID;
    if (!ia32_v_peek(vcpu, 0, i->opsize, &value, t))
        return false;
    ia32_v_stack_set(vcpu, ia32_v_reg(vcpu, IA_ESP, 4) + i->opsize);
    ia32_v_flags_set(vcpu, value, mask & ia32_v_flags_known(vcpu));
    return true;
}

static bool may_interrupt(struct vcpu *vcpu, struct trap *t) { return virtual_of_const(vcpu)->cpl <= ia32_v_iopl(vcpu) || refused(t); }

bool ia32_v_cli(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    (void)i;
    if (!may_interrupt(vcpu, t))
        return false;
    ia32_v_flags_set(vcpu, 0, EFLAGS_IF);
    return true;
}

/* Where IF was clear, one instruction more comes before any interrupt. */
bool ia32_v_sti(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    struct virtual_ia32 *v = virtual_of(vcpu);

    (void)i;
    if (!may_interrupt(vcpu, t))
        return false;
    v->shadow_new = !(v->flags & EFLAGS_IF);
    ia32_v_flags_set(vcpu, EFLAGS_IF, EFLAGS_IF);
    return true;
}

bool ia32_v_hlt(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    (void)i;
    if (!may(vcpu, t))
        return false;
    virtual_of(vcpu)->waits = true;
    return true;
}

/* --- Selectors into memory are words; into a register they are extended with zeros [SDM 2B MOV, PUSH, SLDT, STR]. */

static bool selector_store(struct vcpu *vcpu, const struct ia32_decoded *i, uint16_t selector, struct trap *t)
{
    return ia32_v_operand_set(vcpu, i, i->rm_is_memory ? 2 : i->opsize, selector, t);
}

bool ia32_v_mov_from_seg(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    if (i->reg >= IA_SEGS)
        return ia32_v_undefined(t);
    return selector_store(vcpu, i, ia32_v_segment(vcpu, i->reg).selector, t);
}

/* The pointer moves by the size of the operand, of which the word is written. Bits 5:3 of the opcode name the register. */
bool ia32_v_push_seg(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const uint32_t to = (ia32_v_reg(vcpu, IA_ESP, 4) - i->opsize) & ia32_v_stack_mask(vcpu);

    if (!ia32_v_store_in(vcpu, IA_SS, to, 2, ia32_v_segment(vcpu, i->opcode >> 3 & 7).selector, t))
        return false;
    ia32_v_stack_set(vcpu, to);
    return true;
}

bool ia32_v_sldt(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    return selector_store(vcpu, i, virtual_of(vcpu)->ldtr.selector, t);
}

bool ia32_v_str(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    return selector_store(vcpu, i, virtual_of(vcpu)->tr.selector, t);
}

/* --- GDTR and IDTR: a word of limit, then the base, of which operands of 16 bits have 24 [SDM 2A LGDT; 2B SGDT] */

static uint32_t base_mask(const struct ia32_decoded *i) { return i->opsize == 2 ? 0xffffff : UINT32_MAX; }
static uint32_t behind_limit(const struct ia32_decoded *i, uint32_t at) { return i->adsize == 2 ? (at + 2) & 0xffff : at + 2; }

static bool table_store(struct vcpu *vcpu, const struct ia32_decoded *i, const struct ia32_v_table *table, struct trap *t)
{
    const uint32_t at = ia32_v_address(vcpu, i);
    struct ia32_v_place limit, base;

    if (!ia32_v_reach_in(vcpu, i->seg, at, 2, PT_WRITE, &limit, t) ||
        !ia32_v_reach_in(vcpu, i->seg, behind_limit(i, at), 4, PT_WRITE, &base, t))
        return false;
    ia32_v_put(vcpu, &limit, table->limit);
    ia32_v_put(vcpu, &base, table->base & base_mask(i));
    return true;
}

static bool table_load(struct vcpu *vcpu, const struct ia32_decoded *i, struct ia32_v_table *table, struct trap *t)
{
    const uint32_t at = ia32_v_address(vcpu, i);
    uint64_t limit, base;

    if (!may(vcpu, t) || !ia32_v_load_in(vcpu, i->seg, at, 2, &limit, t) ||
        !ia32_v_load_in(vcpu, i->seg, behind_limit(i, at), 4, &base, t))
        return false;
    *table = (struct ia32_v_table){.base = (uint32_t)base & base_mask(i), .limit = (uint16_t)limit};
    return true;
}

bool ia32_v_sgdt(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    return table_store(vcpu, i, &virtual_of(vcpu)->gdtr, t);
}

bool ia32_v_sidt(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    return table_store(vcpu, i, &virtual_of(vcpu)->idtr, t);
}

bool ia32_v_lgdt(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    return table_load(vcpu, i, &virtual_of(vcpu)->gdtr, t);
}

bool ia32_v_lidt(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    return table_load(vcpu, i, &virtual_of(vcpu)->idtr, t);
}

/* --- Control registers [SDM 2B MOV to/from control registers, SMSW; 2A LMSW, CLTS] */

bool ia32_v_smsw(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const uint32_t cr0 = virtual_of(vcpu)->cr0;

    return ia32_v_operand_set(vcpu, i, i->rm_is_memory ? 2 : i->opsize, cr0, t);
}

/* PE MP EM TS; PE can be set, and not cleared. */
bool ia32_v_lmsw(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const uint32_t bits = CR0_PE | CR0_MP | CR0_EM | CR0_TS, old = virtual_of(vcpu)->cr0;
    uint32_t value;

    if (!may(vcpu, t) || !ia32_v_operand(vcpu, i, 2, &value, t))
        return false;
    ia32_v_cr_set(vcpu, 0, (old & ~(bits & ~CR0_PE)) | (value & bits));
    return true;
}

bool ia32_v_clts(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    (void)i;
    if (!may(vcpu, t))
        return false;
    ia32_v_cr_set(vcpu, 0, virtual_of(vcpu)->cr0 & ~CR0_TS);
    return true;
}

static bool has_cr(const struct virtual_ia32 *v, unsigned n)
{
    return n == 0 || n == 2 || n == 3 || (n == 4 && v->config.model != IA_MODEL_386);
}

bool ia32_v_mov_from_cr(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const struct virtual_ia32 *v = virtual_of(vcpu);

    if (!has_cr(v, i->reg))
        return ia32_v_undefined(t);
    if (!may(vcpu, t))
        return false;
    ia32_v_reg_set(vcpu, i->rm, 4, i->reg == 0 ? v->cr0 : i->reg == 2 ? v->cr2 : i->reg == 3 ? v->cr3 : v->cr4);
    return true;
}

/* Paging without protection, and not-write-through without cache-disable, are refused; other bits that CR0 does not have are ignored. */
static bool cr0_write(struct vcpu *vcpu, uint32_t value, struct trap *t)
{
    if (((value & CR0_PG) && !(value & CR0_PE)) ||
        (virtual_of(vcpu)->config.model != IA_MODEL_386 && (value & CR0_NW) && !(value & CR0_CD)))
        return ia32_v_gp(t, REASON_RESOURCE, 0);
    ia32_v_cr_set(vcpu, 0, value);
    return true;
}

/* Its lower bits but PCD and PWT are ignored. */
static bool cr3_write(struct vcpu *vcpu, uint32_t value)
{
    const uint32_t caching = virtual_of(vcpu)->config.model == IA_MODEL_386 ? 0 : 0x18;

    ia32_v_cr_set(vcpu, 3, value & ((uint32_t)PAGE_MASK | caching));
    return true;
}

bool ia32_v_mov_to_cr(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const uint32_t value = ia32_v_reg(vcpu, i->rm, 4);

    if (!has_cr(virtual_of(vcpu), i->reg))
        return ia32_v_undefined(t);
    if (!may(vcpu, t))
        return false;
    if (i->reg == 0)
        return cr0_write(vcpu, value, t);
    if (i->reg == 3)
        return cr3_write(vcpu, value);
    if (i->reg == 4 && (value & ~(CR4_TSD | CR4_PSE | (has(vcpu, IA32_UMIP) ? CR4_UMIP : 0))))
        return ia32_v_gp(t, REASON_UNDEFINED, 0);
    ia32_v_cr_set(vcpu, i->reg, value);
    return true;
}

/* --- Debug registers [SDM 2B MOV to/from debug registers; 3B 17.2]. DR4 and DR5 are other names of DR6 and DR7. */

enum { DR6_BD = 1 << 13, DR7_GD = 1 << 13, DR7_ONE = 0x400 };
#define DR6_ONES UINT32_C(0xffff0ff0)

static unsigned dr_of(const struct ia32_decoded *i) { return i->reg == 4 || i->reg == 5 ? i->reg + 2u : i->reg; }

static bool may_debug(struct vcpu *vcpu, struct trap *t)
{
    if (!may(vcpu, t))
        return false;
    return !(virtual_of(vcpu)->dr[7] & DR7_GD) || ia32_v_raise(t, IA_DB, REASON_RESOURCE, 0, DR6_BD);
}

bool ia32_v_mov_from_dr(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    if (!may_debug(vcpu, t))
        return false;
    ia32_v_reg_set(vcpu, i->rm, 4, virtual_of(vcpu)->dr[dr_of(i)]);
    return true;
}

bool ia32_v_mov_to_dr(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const unsigned n = dr_of(i);
    const uint32_t value = ia32_v_reg(vcpu, i->rm, 4);

    if (!may_debug(vcpu, t))
        return false;
    virtual_of(vcpu)->dr[n] = n == 6   ? (value & ~UINT32_C(0x1000)) | DR6_ONES
                              : n == 7 ? (value & UINT32_C(0xffff23ff)) | DR7_ONE
                                       : value;
    ia32_host_dr(vcpu);
    return true;
}

/* --- Address translation and caches [SDM 2A INVLPG, INVD; 2D WBINVD] */

bool ia32_v_invlpg(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    if (!may(vcpu, t))
        return false;
    const uint32_t linear = ia32_v_segment(vcpu, i->seg).base + ia32_v_address(vcpu, i);
    memory_fence(vcpu, &(struct fence){.has_va = true, .va = linear});
    return true;
}

/* There are no caches that a program could see. */
bool ia32_v_wbinvd(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    (void)i;
    return may(vcpu, t);
}
