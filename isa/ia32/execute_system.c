/* execute_system.c - the tables' registers, the machine status word, and what else only ring 0 does. */
#include "isa/ia32/access.h"
#include "isa/ia32/bodies.h"
#include "isa/ia32/system.h"

static bool refused(struct ia_cpu *c) { return ia_gp(c, REASON_PRIVILEGE, 0); }
static bool may(struct ia_cpu *c) { return c->cpl == 0 || refused(c); }

/* --- GDTR and IDTR: a word of limit, and the base; with operands of 16 bits 24 of it [SDM 2A LGDT; 2B SGDT, SIDT] */

static uint32_t base_mask(const ia_insn *i) { return i->opsize == 2 ? 0xffffff : UINT32_MAX; }
static uint32_t behind(const ia_insn *i, uint32_t at) { return i->adsize == 2 ? (at + 2) & 0xffff : at + 2; }

/* Six bytes in memory, a limit of two and a base of four. Both places are reached before either is written. On the plain machine
 * any ring may do this, and learns where its kernel's tables are. */
static bool table_store(struct ia_cpu *c, const ia_insn *i, const struct ia_table *t)
{
    const uint32_t at = ia_address(c, i);
    struct ia_place limit, base;
    if (ia_is_armed(c, IA_TRAPS_TABLES))
        return refused(c);
    if (!ia_reach(c, i->seg, at, 2, PT_WRITE, &limit) || !ia_reach(c, i->seg, behind(i, at), 4, PT_WRITE, &base))
        return false;
    ia_place_put(c, &limit, t->limit);
    ia_place_put(c, &base, t->base & base_mask(i));
    return true;
}

static bool table_load(struct ia_cpu *c, const ia_insn *i, struct ia_table *t)
{
    const uint32_t at = ia_address(c, i);
    uint64_t limit, base;
    if (!may(c) || !ia_load(c, i->seg, at, 2, &limit) || !ia_load(c, i->seg, behind(i, at), 4, &base))
        return false;
    *t = (struct ia_table){.base = (uint32_t)base & base_mask(i), .limit = (uint16_t)limit};
    return true;
}

bool ia_body_sgdt(struct ia_cpu *c, const ia_insn *i) { return table_store(c, i, &c->gdtr); }
bool ia_body_sidt(struct ia_cpu *c, const ia_insn *i) { return table_store(c, i, &c->idtr); }
bool ia_body_lgdt(struct ia_cpu *c, const ia_insn *i) { return table_load(c, i, &c->gdtr); }
bool ia_body_lidt(struct ia_cpu *c, const ia_insn *i) { return table_load(c, i, &c->idtr); }

/* --- The machine status word: the low half of CR0 [SDM 2A LMSW; 2B SMSW] */

/* Open to any ring like the above. Into memory a word, whatever the operand size; into a register as much of CR0 as
 * fits. */
bool ia_body_smsw(struct ia_cpu *c, const ia_insn *i)
{
    if (ia_is_armed(c, IA_TRAPS_TABLES))
        return refused(c);
    if (!ia_runs_here(c, IA_INTERCEPT_CR))
        return false;
    if (i->rm_is_memory)
        return ia_store(c, i->seg, ia_address(c, i), 2, c->cr0 & 0xffff);
    ia_reg_set(c, i->rm, i->opsize, c->cr0);
    return true;
}

/* PE MP EM TS; PE can be set, and not cleared. */
bool ia_body_lmsw(struct ia_cpu *c, const ia_insn *i)
{
    const uint32_t bits = CR0_PE | CR0_MP | CR0_EM | CR0_TS;
    uint64_t value = c->r[i->rm];
    if (!may(c) || !ia_runs_here(c, IA_INTERCEPT_CR) || (i->rm_is_memory && !ia_load(c, i->seg, ia_address(c, i), 2, &value)))
        return false;
    c->cr0 = (c->cr0 & ~(bits & ~CR0_PE)) | ((uint32_t)value & bits);
    ia_context_changed(c);
    return true;
}

bool ia_body_clts(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    if (!may(c) || !ia_runs_here(c, IA_INTERCEPT_CR))
        return false;
    c->cr0 &= ~CR0_TS;
    ia_context_changed(c);
    return true;
}

/* --- Caches and the processor's halt */

/* The operand is an address and is not accessed, so that no limit and no page is asked. */
bool ia_body_invlpg(struct ia_cpu *c, const ia_insn *i)
{
    if (!may(c) || !ia_runs_here(c, IA_INTERCEPT_PAGE))
        return false;
    tlb_flush_page(&c->tlb, (uint32_t)(c->seg[i->seg].base + ia_address(c, i)), true, 0);
    c->attention |= IA_ATTEND_CODE;
    return true;
}

/* There are no caches that a program could see. */
bool ia_body_invd(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    return may(c);
}

bool ia_body_wbinvd(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    return may(c);
}

/* run() returns TRAP_WAIT behind it, and whoever runs the machine lets time go by. */
bool ia_body_hlt(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    if (!may(c) || !ia_runs_here(c, IA_INTERCEPT_HALT))
        return false;
    c->attention |= IA_ATTEND_WAIT;
    return true;
}
