/* far_return.c - RET far and IRET: within a ring, outward, to V86 mode, and back to another task [SDM 2A IRET, 2B RET].
 *
 * All that is popped is read first; then it is checked; then SS, ESP, CS, EIP and EFLAGS change together.
 */
#include "isa/ia32/bodies.h"
#include "isa/ia32/far.h"
#include "isa/ia32/frame.h"
#include "isa/ia32/gate.h"
#include "isa/ia32/system.h"
#include "isa/ia32/task.h"

/* What is on the stack, and where it goes.
 * The stack of a RET n far and of an IRET, ESP at the bottom:
 *
 *     RET n, outward          IRET                IRET, outward       IRET to V86
 *                                                                       GS
 *                                                                       FS
 *                                                                       DS
 *                                                                       ES
 *       SS                                          SS                  SS
 *       ESP                                         ESP                 ESP
 *       n bytes                 EFLAGS              EFLAGS              EFLAGS (VM set)
 *       CS                      CS                  CS                  CS
 *       EIP                     EIP                 EIP                 EIP
 *
 * Outward, n bytes are dropped of the outer stack, too: the caller had pushed them there. */
struct way {
    unsigned size;    /* of an item */
    uint32_t items;   /* bytes: EIP and CS, and EFLAGS of an IRET */
    uint32_t release; /* bytes of parameters, of RET n: on both stacks */
    uint32_t eip, flags;
    uint16_t cs, ss;
    uint32_t esp;
    bool iret;
};

static bool peek(struct ia_cpu *c, const struct way *w, unsigned item, uint32_t *value)
{
    return ia_stack_peek(c, item * w->size, w->size, value);
}

static bool read_way(struct ia_cpu *c, struct way *w)
{
    uint32_t cs;
    if (!ia_stack_has(c, 0, w->size, w->iret ? 3 : 2) || !peek(c, w, 0, &w->eip) || !peek(c, w, 1, &cs) ||
        (w->iret && !peek(c, w, 2, &w->flags)))
        return false;
    w->cs = (uint16_t)cs;
    w->items = (w->iret ? 3 : 2) * w->size;
    return true;
}

/* By the CPL before the return: an IRET to ring 3 restores IOPL and IF since it comes from ring 0. */
static void flags_restore(struct ia_cpu *c, const struct way *w, unsigned cpl)
{
    if (!w->iret)
        return;
    ia_flags_set(c, w->flags, ia_flags_poppable(c, w->size, cpl));
    c->rf_loaded = true;
}

static void pop(struct ia_cpu *c, const struct way *w) { ia_stack_set(c, c->r[IA_ESP] + w->items + w->release); }

/* --- Real mode, and V86 mode */

static bool return_paragraph(struct ia_cpu *c, struct way *w)
{
    const struct ia_segment cs = ia_is_v86(c) ? ia_segment_v86(w->cs) : ia_segment_real(c, IA_CS, w->cs);
    if (w->eip > cs.limit)
        return ia_gp(c, REASON_RESOURCE, 0);
    c->seg[IA_CS] = cs;
    pop(c, w);
    flags_restore(c, w, ia_is_v86(c) ? 3 : 0);
    ia_far_go(c, w->eip);
    return true;
}

/* --- Protected mode */

/* The ring returned to is that of the selector; it is this one or an outer one. CPL alone may be in the way. */
static struct ia_verdict code_verdict(const struct ia_descriptor *d, uint16_t cs, unsigned cpl)
{
    const unsigned rpl = ia_rpl(cs);
    if (!ia_is_code(d) || rpl < cpl || (ia_is_conforming(d) ? ia_dpl(d) > rpl : ia_dpl(d) != rpl))
        return (struct ia_verdict){IA_GP, ia_selector_error(cs)};
    return ia_is_present(d) ? IA_FINE : (struct ia_verdict){IA_NP, ia_selector_error(cs)};
}

static bool read_code(struct ia_cpu *c, const struct way *w, struct ia_descriptor *d)
{
    if (ia_is_null(w->cs))
        return ia_gp(c, REASON_RESOURCE, 0);
    if (!ia_descriptor_read(c, w->cs, IA_GP, 0, d))
        return false;
    const struct ia_verdict v = code_verdict(d, w->cs, c->cpl);
    return !v.vector || ia_verdict_raise(c, v, ia_reason(code_verdict(d, w->cs, 0)));
}

static bool read_outer_stack(struct ia_cpu *c, struct way *w, struct ia_descriptor *d)
{
    uint32_t ss;
    if (!ia_stack_has(c, w->items + w->release, w->size, 2) || !ia_stack_peek(c, w->items + w->release, w->size, &w->esp) ||
        !ia_stack_peek(c, w->items + w->release + w->size, w->size, &ss))
        return false;
    w->ss = (uint16_t)ss;
    if (ia_is_null(w->ss))
        return ia_gp(c, REASON_RESOURCE, 0);
    if (!ia_descriptor_read(c, w->ss, IA_GP, 0, d))
        return false;
    const struct ia_verdict v = ia_stack_verdict(d, w->ss, ia_rpl(w->cs), IA_GP, 0);
    return !v.vector || ia_verdict_raise(c, v, REASON_RESOURCE);
}

/* What the outer ring may not have it loses.
 * A data segment of an inner ring would be usable until the next load, since accesses do not ask its DPL. So it
 * becomes null, and what was null before becomes 0: the RPL of such a selector does not last [SDM 2A IRET]. */
void ia_drop_inner_data(struct ia_cpu *c)
{
    static const uint8_t data[] = {IA_ES, IA_FS, IA_GS, IA_DS};
    for (unsigned n = 0; n < sizeof data; n++) {
        struct ia_segment *s = &c->seg[data[n]];
        const bool conforming = (s->rights & (IA_TYPE_CODE | IA_TYPE_CONFORMING)) == (IA_TYPE_CODE | IA_TYPE_CONFORMING);
        if (s->rights & IA_RIGHTS_NULL || (!conforming && (s->rights >> 5 & 3) < c->cpl))
            *s = ia_segment_null(0);
    }
}

/* EFLAGS are restored while CPL is still the inner one, the segments after it. */
static bool return_outward(struct ia_cpu *c, struct way *w, struct ia_descriptor *code)
{
    const unsigned from = c->cpl;
    struct ia_descriptor stack;
    if (!read_outer_stack(c, w, &stack) || !ia_offset_check(c, code, w->eip, 0) || !ia_descriptor_access(c, code) ||
        !ia_descriptor_access(c, &stack))
        return false;
    flags_restore(c, w, from);
    ia_code_set(c, code, w->cs, ia_rpl(w->cs));
    c->seg[IA_SS] = ia_segment_of(&stack, w->ss);
    ia_stack_set(c, w->esp + w->release);
    ia_drop_inner_data(c);
    ia_far_go(c, w->eip);
    return true;
}

static bool return_protected(struct ia_cpu *c, struct way *w)
{
    struct ia_descriptor code;
    if (!read_code(c, w, &code))
        return false;
    if (ia_rpl(w->cs) > c->cpl)
        return return_outward(c, w, &code);
    if (!ia_offset_check(c, &code, w->eip, 0) || !ia_descriptor_access(c, &code))
        return false;
    pop(c, w);
    flags_restore(c, w, c->cpl);
    ia_code_set(c, &code, w->cs, c->cpl);
    ia_far_go(c, w->eip);
    return true;
}

/* IRET of 32 bits in ring 0 whose EFLAGS has VM: nine items. */
static bool return_to_v86(struct ia_cpu *c, const struct way *w)
{
    static const uint8_t order[] = {IA_SS, IA_ES, IA_DS, IA_FS, IA_GS};
    enum { ESP_ITEM = 3, SEGMENTS = 4 };
    uint32_t esp, selector[sizeof order];
    if (!ia_stack_has(c, ESP_ITEM * w->size, w->size, 1 + sizeof order) || !peek(c, w, ESP_ITEM, &esp))
        return false;
    for (unsigned n = 0; n < sizeof order; n++)
        if (!peek(c, w, SEGMENTS + n, &selector[n]))
            return false;
    if (w->eip > 0xffff)
        return ia_gp(c, REASON_RESOURCE, 0);
    for (unsigned n = 0; n < sizeof order; n++)
        c->seg[order[n]] = ia_segment_v86((uint16_t)selector[n]);
    c->seg[IA_CS] = ia_segment_v86(w->cs);
    c->r[IA_ESP] = esp;
    c->cpl = 3;
    ia_flags_set(c, w->flags, ia_flags_known(c));
    c->rf_loaded = true;
    ia_far_go(c, w->eip);
    return true;
}

/* --- The instructions */

bool ia_body_ret_far(struct ia_cpu *c, const ia_insn *i)
{
    struct way w = {.size = i->opsize, .release = i->imm & 0xffff};
    if (!read_way(c, &w))
        return false;
    return ia_is_paragraphs(c) ? return_paragraph(c, &w) : return_protected(c, &w);
}

/* The order of the questions: may it be executed, is it a return from a task, what is on the stack, and where does
 * that lead. */
static bool iret(struct ia_cpu *c, struct way *w)
{
    if ((ia_is_v86(c) && ia_iopl(c) < 3) || ia_is_armed(c, IA_TRAPS_FLAGS))
        return ia_gp(c, REASON_PRIVILEGE, 0);
    if (!ia_is_paragraphs(c) && (c->flags.system & EFLAGS_NT))
        return ia_task_return(c);
    if (!read_way(c, w))
        return false;
    if (ia_is_paragraphs(c))
        return return_paragraph(c, w);
    if (w->size == 4 && (w->flags & EFLAGS_VM) && c->cpl == 0)
        return return_to_v86(c, w);
    return return_protected(c, w);
}

/* NMIs come again [SDM 3A 6.7.1]; and what was held back by the flags may. */
bool ia_body_iret(struct ia_cpu *c, const ia_insn *i)
{
    struct way w = {.size = i->opsize, .iret = true};
    if (!(i->opsize == 4 && ia_gate_return(c)) && !iret(c, &w))
        return false;
    c->nmi_masked = false;
    c->attention |= IA_ATTEND_EVENT;
    return true;
}
