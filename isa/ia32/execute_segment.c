/* execute_segment.c - instructions on selectors: into and out of segment registers, and questions about descriptors. */
#include "isa/ia32/access.h"
#include "isa/ia32/bodies.h"
#include "isa/ia32/far.h"
#include "isa/ia32/system.h"

/* --- Moves [SDM 2B MOV, PUSH, POP; 2A LDS] */

/* Loads of SS hold back what would break in between it and the load of ESP [SDM 3A 6.8.3]. */
static bool load(struct ia_cpu *c, unsigned seg, uint16_t selector)
{
    if (!ia_load_segment(c, seg, selector))
        return false;
    if (seg == IA_SS) {
        c->shadow = true;
        c->attention |= IA_ATTEND_SHADOW;
    }
    return true;
}

/* A selector into memory is a word, whatever the operand size; into a register it is extended with zeros. */
static bool selector_store(struct ia_cpu *c, const ia_insn *i, uint32_t value)
{
    if (i->rm_is_memory)
        return ia_store(c, i->seg, ia_address(c, i), 2, value & 0xffff);
    ia_reg_set(c, i->rm, i->opsize, value);
    return true;
}

static bool refused(struct ia_cpu *c) { return ia_gp(c, REASON_PRIVILEGE, 0); }

/* Does this selector show the ring, where that is hidden? */
static bool is_hidden(const struct ia_cpu *c, unsigned seg)
{
    return (seg == IA_CS || seg == IA_SS) && ia_is_armed(c, IA_TRAPS_RINGS);
}

static bool selector_load(struct ia_cpu *c, const ia_insn *i, uint16_t *selector)
{
    uint64_t value = c->r[i->rm];
    if (i->rm_is_memory && !ia_load(c, i->seg, ia_address(c, i), 2, &value))
        return false;
    *selector = (uint16_t)value;
    return true;
}

bool ia_body_mov_from_seg(struct ia_cpu *c, const ia_insn *i)
{
    if (i->reg >= IA_SEGS)
        return ia_undefined(c);
    return is_hidden(c, i->reg) ? refused(c) : selector_store(c, i, c->seg[i->reg].selector);
}

bool ia_body_mov_to_seg(struct ia_cpu *c, const ia_insn *i)
{
    uint16_t selector;
    if (i->reg >= IA_SEGS || i->reg == IA_CS)
        return ia_undefined(c);
    return selector_load(c, i, &selector) && load(c, i->reg, selector);
}

/* Of PUSH and POP: bits 5:3 of the opcode. */
static unsigned seg_of(const ia_insn *i) { return i->opcode >> 3 & 7; }

/* The stack pointer moves by the operand size; of the item only the word is written, or read.
 * With operands of 32 bits the upper two bytes of the item keep what was in memory [SDM 2B PUSH]. */
bool ia_body_push_seg(struct ia_cpu *c, const ia_insn *i)
{
    const uint32_t to = (c->r[IA_ESP] - i->opsize) & ia_stack_mask(c);
    if (is_hidden(c, seg_of(i)))
        return refused(c);
    if (!ia_store(c, IA_SS, to, 2, c->seg[seg_of(i)].selector))
        return false;
    ia_stack_set(c, to);
    return true;
}

bool ia_body_pop_seg(struct ia_cpu *c, const ia_insn *i)
{
    const uint32_t mask = ia_stack_mask(c), esp = c->r[IA_ESP];
    uint64_t selector;
    if (!ia_load(c, IA_SS, esp & mask, 2, &selector) || !load(c, seg_of(i), (uint16_t)selector))
        return false;
    c->r[IA_ESP] = (esp & ~mask) | ((esp + i->opsize) & mask); /* by the stack that it was popped from */
    return true;
}

/* LES C4, LDS C5, LSS 0F B2, LFS B4, LGS B5. */
bool ia_body_load_far(struct ia_cpu *c, const ia_insn *i)
{
    enum { LES = 0xc4, LDS = 0xc5 };
    const unsigned seg = i->opcode == LES ? IA_ES : i->opcode == LDS ? IA_DS : i->opcode & 7u;
    struct ia_pointer p;
    if (!ia_pointer_read(c, i, &p) || !ia_load_segment(c, seg, p.selector))
        return false;
    ia_reg_set(c, i->reg, i->opsize, p.offset);
    return true;
}

/* --- Questions [SDM 2A ARPL, LAR, LSL; 2C VERR]. ZF answers. */

static void answer(struct ia_cpu *c, bool zf) { ia_flags_status_change(&c->flags, zf ? EFLAGS_ZF : 0, EFLAGS_ZF); }

/* ARPL is a read-modify-write, which page and segment have to allow even where nothing changes, as on the Pentium. A segment that is not
 * writable the 386 refuses only with a result to be written [386 17.2, ARPL: "if the result is in a nonwritable segment"]. */
static bool arpl_load(struct ia_cpu *c, unsigned seg, uint32_t at, uint64_t *value)
{
    const bool read = c->config.model == IA_MODEL_386 && !ia_segment_allows(c, &c->seg[seg], at, 2, PT_WRITE);
    return read ? ia_load(c, seg, at, 2, value) : ia_load_update(c, seg, at, 2, value);
}

/* A kernel raises the RPL of a selector that a program gave it to the program's own, so that the load asks on its
 * behalf. */
bool ia_body_arpl(struct ia_cpu *c, const ia_insn *i)
{
    const uint32_t rpl = c->r[i->reg] & 3, at = i->rm_is_memory ? ia_address(c, i) : 0;
    uint64_t value = c->r[i->rm];
    if (i->rm_is_memory && !arpl_load(c, i->seg, at, &value))
        return false;
    const bool less = (value & 3) < rpl;
    value = (value & 0xfffc) | rpl;
    if (less && i->rm_is_memory && !ia_store(c, i->seg, at, 2, value))
        return false;
    if (less && !i->rm_is_memory)
        ia_reg_set(c, i->rm, 2, (uint32_t)value);
    answer(c, less);
    return true;
}

/* The descriptor of the operand; false: c->trap. `visible`: there is one, and this CPL and RPL may know of it.
 * A program may not learn by these instructions what it could not load: what is invisible answers like what is not
 * there. */
static bool look(struct ia_cpu *c, const ia_insn *i, struct ia_descriptor *d, bool *visible)
{
    uint16_t selector;
    if (ia_is_armed(c, IA_TRAPS_QUESTIONS))
        return refused(c);
    if (!selector_load(c, i, &selector))
        return false;
    *visible = false;
    if (ia_is_null(selector))
        return true;
    switch (ia_descriptor_find(c, selector, d)) {
    case IA_FAULTED: return false;
    case IA_OUTSIDE: return true;
    case IA_FOUND: break;
    }
    *visible = ia_is_conforming(d) || (ia_dpl(d) >= c->cpl && ia_dpl(d) >= ia_rpl(selector));
    return true;
}

/* Gates have rights but no limit; interrupt and trap gates, which only the IDT may have, answer nothing. */
static bool has_limit(const struct ia_descriptor *d)
{
    return ia_is_segment(d) || ia_is_tss(d, false) || ia_is_tss(d, true) || ia_is_system(d, IA_TYPE_LDT);
}

static bool has_rights(const struct ia_descriptor *d)
{
    return has_limit(d) || ia_is_system(d, IA_TYPE_CALL16) || ia_is_system(d, IA_TYPE_CALL32) || ia_is_system(d, IA_TYPE_TASK_GATE);
}

bool ia_body_lar(struct ia_cpu *c, const ia_insn *i)
{
    struct ia_descriptor d;
    bool visible;
    if (!look(c, i, &d, &visible))
        return false;
    visible = visible && has_rights(&d);
    if (visible)
        ia_reg_set(c, i->reg, i->opsize, d.high & 0x00f0ff00);
    answer(c, visible);
    return true;
}

bool ia_body_lsl(struct ia_cpu *c, const ia_insn *i)
{
    struct ia_descriptor d;
    bool visible;
    if (!look(c, i, &d, &visible))
        return false;
    visible = visible && has_limit(&d);
    if (visible)
        ia_reg_set(c, i->reg, i->opsize, ia_descriptor_limit(&d));
    answer(c, visible);
    return true;
}

bool ia_body_verr(struct ia_cpu *c, const ia_insn *i)
{
    struct ia_descriptor d;
    bool visible;
    if (!look(c, i, &d, &visible))
        return false;
    answer(c, visible && ia_is_readable(&d));
    return true;
}

bool ia_body_verw(struct ia_cpu *c, const ia_insn *i)
{
    struct ia_descriptor d;
    bool visible;
    if (!look(c, i, &d, &visible))
        return false;
    answer(c, visible && ia_is_writable(&d));
    return true;
}

/* --- LDTR and TR [SDM 2B SLDT, STR; 2A LLDT, LTR] */

static bool system_store(struct ia_cpu *c, const ia_insn *i, const struct ia_segment *s)
{
    return ia_is_armed(c, IA_TRAPS_TABLES) ? refused(c) : selector_store(c, i, s->selector);
}

bool ia_body_sldt(struct ia_cpu *c, const ia_insn *i) { return system_store(c, i, &c->ldtr); }
bool ia_body_str(struct ia_cpu *c, const ia_insn *i) { return system_store(c, i, &c->tr); }

/* The descriptor in the GDT that LLDT and LTR name. */
static bool global_read(struct ia_cpu *c, uint16_t selector, struct ia_descriptor *d)
{
    if (ia_is_local(selector))
        return ia_gp(c, REASON_RESOURCE, ia_selector_error(selector));
    return ia_descriptor_read(c, selector, IA_GP, 0, d);
}

static bool check(struct ia_cpu *c, uint16_t selector, bool right, const struct ia_descriptor *d)
{
    if (!right)
        return ia_gp(c, REASON_RESOURCE, ia_selector_error(selector));
    return ia_is_present(d) || ia_raise(c, IA_NP, REASON_RESOURCE, true, ia_selector_error(selector), 0);
}

/* A null LDTR is allowed, and means that there is no LDT; a null TR is not. */
bool ia_body_lldt(struct ia_cpu *c, const ia_insn *i)
{
    struct ia_descriptor d;
    uint16_t selector;
    if (c->cpl != 0)
        return refused(c);
    if (!selector_load(c, i, &selector))
        return false;
    if (ia_is_null(selector)) {
        c->ldtr = ia_segment_null(selector);
        return true;
    }
    if (!global_read(c, selector, &d) || !check(c, selector, ia_is_system(&d, IA_TYPE_LDT), &d))
        return false;
    c->ldtr = ia_segment_of(&d, selector);
    return true;
}

/* The TSS is marked busy in its table, so that nobody can switch to the task that runs. */
bool ia_body_ltr(struct ia_cpu *c, const ia_insn *i)
{
    struct ia_descriptor d;
    uint16_t selector;
    if (c->cpl != 0)
        return refused(c);
    if (!selector_load(c, i, &selector))
        return false;
    if (ia_is_null(selector))
        return ia_gp(c, REASON_RESOURCE, 0);
    if (!global_read(c, selector, &d) || !check(c, selector, ia_is_tss(&d, false), &d) ||
        !ia_descriptor_retype(c, &d, ia_type(&d) | IA_TYPE_BUSY))
        return false;
    c->tr = ia_segment_of(&d, selector);
    return true;
}
