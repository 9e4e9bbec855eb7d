/* task.c - task switches [SDM 3A 7.3], by JMP, CALL, IRET and events, between segments of 16 and 32 bits.
 *
 * In three steps: all that the switch reads and writes in memory is reached, and the new state read; then it is written and the registers
 * loaded, which cannot fail; then the segment registers get their descriptors, and what is wrong with these is a fault of the new task.
 */
#include "isa/ia32/task.h"
#include "isa/ia32/access.h"
#include "isa/ia32/system.h"

/* --- The layout [SDM 3A figures 7-2, 7-10]: offsets of EIP and what follows it, registers in the order of their numbers. */

/* What these offsets are of, as a picture: see ia32_about_tables in about_tables.c. The part from EIP to the
 * selectors is what a switch saves and loads; the rest is read only. */
struct layout {
    uint8_t size;      /* of a register */
    uint8_t eip;       /* EIP, EFLAGS, EAX .. EDI, ES .. */
    uint8_t step;      /* from one to the next; selectors are 2 bytes, whatever it is */
    uint8_t selectors; /* how many of ES CS SS DS FS GS */
    uint8_t ldt, limit /* at least */;
};
static const struct layout layout16 = {.size = 2, .eip = 0x0e, .step = 2, .selectors = 4, .ldt = 0x2a, .limit = 0x2b};
static const struct layout layout32 = {.size = 4, .eip = 0x20, .step = 4, .selectors = 6, .ldt = 0x60, .limit = 0x67};
enum { LINK = 0, CR3 = 0x1c, DEBUG_TRAP = 0x64, EIP = 0, EFLAGS = 1, GENERAL = 2, SELECTORS = 10, ITEMS = 16 };

static const struct layout *layout_of(bool wide) { return wide ? &layout32 : &layout16; }
static unsigned items(const struct layout *l) { return SELECTORS + l->selectors; }
static unsigned item_size(const struct layout *l, unsigned n) { return n < SELECTORS ? l->size : 2; }

/* What a task has in its segment. */
struct state {
    uint32_t item[ITEMS];
    uint32_t cr3;
    uint16_t ldt;
    bool debug_trap;
};

/* What the switch changes in memory. */
struct changes {
    struct ia_place old_busy, new_busy, link, saved[ITEMS];
    uint64_t old_type, new_type;
};

static bool invalid(struct ia_cpu *c, uint16_t selector, uint32_t ext)
{
    return ia_raise(c, IA_TS, REASON_RESOURCE, true, ia_selector_error(selector) | ext, 0);
}

/* --- The first step */

static bool read_word(struct ia_cpu *c, uint32_t at, unsigned size, uint32_t *value)
{
    uint64_t v;
    if (!ia_load_linear(c, at, size, true, &v))
        return false;
    *value = (uint32_t)v;
    return true;
}

/* A segment of 16 bits has neither CR3 nor the trap bit: a task of it goes on in the address space of the one
 * before. */
static bool read_state(struct ia_cpu *c, uint32_t base, const struct layout *l, struct state *s)
{
    uint32_t ldt, trap = 0;
    *s = (struct state){.cr3 = 0};
    for (unsigned n = 0; n < items(l); n++)
        if (!read_word(c, base + l->eip + n * l->step, item_size(l, n), &s->item[n]))
            return false;
    if (!read_word(c, base + l->ldt, 2, &ldt))
        return false;
    if (l == &layout32 && (!read_word(c, base + CR3, 4, &s->cr3) || !read_word(c, base + DEBUG_TRAP, 2, &trap)))
        return false;
    s->ldt = (uint16_t)ldt;
    s->debug_trap = trap & 1;
    return true;
}

static bool reach(struct ia_cpu *c, uint32_t at, unsigned size, struct ia_place *p)
{
    return ia_reach_linear(c, at, size, PT_WRITE, IA_BY_PROCESSOR, p);
}

/* The byte of a descriptor that has its type, and the type it is to get. */
static bool reach_type(struct ia_cpu *c, uint16_t selector, bool busy, struct ia_place *p, uint64_t *type)
{
    if (!reach(c, c->gdtr.base + (selector & 0xfff8) + 5, 1, p))
        return false;
    *type = (ia_place_get(c, p) & ~(uint64_t)IA_TYPE_BUSY) | (busy ? IA_TYPE_BUSY : 0);
    return true;
}

static bool leaves_old(const struct ia_switch *s) { return s->by == IA_BY_JUMP || s->by == IA_BY_RETURN; }

/* Places are reached in the address space of the old task; once CR3 has changed they might not be mapped any more.
 * So all is written before CR3 is loaded. */
static bool reach_all(struct ia_cpu *c, const struct ia_switch *s, const struct layout *old, struct changes *m)
{
    for (unsigned n = 0; n < items(old); n++)
        if (!reach(c, c->tr.base + old->eip + n * old->step, item_size(old, n), &m->saved[n]))
            return false;
    if (!leaves_old(s) && !reach(c, ia_descriptor_base(&s->descriptor) + LINK, 2, &m->link))
        return false;
    return (!leaves_old(s) || reach_type(c, c->tr.selector, false, &m->old_busy, &m->old_type)) &&
           (s->by == IA_BY_RETURN || reach_type(c, s->selector, true, &m->new_busy, &m->new_type));
}

/* --- The second */

/* An IRET saves NT as clear: the task has returned, and is nobody's child any more. */
static uint32_t saved_item(const struct ia_cpu *c, const struct ia_switch *s, unsigned n)
{
    if (n == EIP)
        return s->resume;
    if (n == EFLAGS)
        return s->by == IA_BY_RETURN ? s->flags & ~(uint32_t)EFLAGS_NT : s->flags;
    return n < SELECTORS ? c->r[n - GENERAL] : c->seg[n - SELECTORS].selector;
}

static void write_changes(struct ia_cpu *c, const struct ia_switch *s, const struct layout *old, const struct changes *m)
{
    for (unsigned n = 0; n < items(old); n++)
        ia_place_put(c, &m->saved[n], saved_item(c, s, n));
    if (leaves_old(s))
        ia_place_put(c, &m->old_busy, m->old_type);
    else
        ia_place_put(c, &m->link, c->tr.selector);
    if (s->by != IA_BY_RETURN)
        ia_place_put(c, &m->new_busy, m->new_type);
}

/* A task of 16 bits has no upper halves: general registers get ones, as the processors that this follows leave them.
 * Segment registers have their selectors and are unusable until the third step: a fault there shows the handler
 * what they were to be. */
static void load_registers(struct ia_cpu *c, const struct ia_switch *s, const struct layout *l, const struct state *state)
{
    const uint32_t upper = l->size == 2 ? 0xffff0000 : 0;
    for (unsigned n = 0; n < 8; n++)
        c->r[n] = state->item[GENERAL + n] | upper;
    c->eip = c->next = state->item[EIP];
    ia_flags_set(c, state->item[EFLAGS] | (leaves_old(s) ? 0 : EFLAGS_NT), ia_flags_known(c));
    c->rf_loaded = true;
    c->ldtr = ia_segment_null(state->ldt);
    for (unsigned n = 0; n < IA_SEGS; n++)
        c->seg[n] = ia_segment_null((uint16_t)state->item[SELECTORS + n]);
    c->cpl = c->flags.system & EFLAGS_VM ? 3 : (uint8_t)ia_rpl(c->seg[IA_CS].selector);
}

/* CR0.TS is set by each switch: the first use of the x87 by the new task is #NM, so that a kernel can swap its
 * registers only then [SDM 3A 2.5]. */
static void load_task(struct ia_cpu *c, struct ia_switch *s, const struct layout *l, const struct state *state)
{
    const unsigned busy = ia_type(&s->descriptor) | IA_TYPE_BUSY;
    c->tr = ia_segment_of(&s->descriptor, s->selector);
    c->tr.rights = (c->tr.rights & ~IA_RIGHTS_TYPE) | busy;
    c->cr0 |= CR0_TS;
    c->dr[7] &= ~UINT32_C(0x155); /* the local enables [SDM 3B 17.2.4] */
    if (l == &layout32 && (c->cr0 & CR0_PG)) {
        c->cr3 = state->cr3;
        tlb_flush_all(&c->tlb);
    }
    load_registers(c, s, l, state);
    ia_context_changed(c);
}

/* --- The third */

static bool load_ldt(struct ia_cpu *c, uint16_t selector, uint32_t ext)
{
    struct ia_descriptor d;
    if (ia_is_null(selector))
        return true;
    if (ia_is_local(selector))
        return invalid(c, selector, ext);
    if (!ia_descriptor_read(c, selector, IA_TS, ext, &d))
        return false;
    if (!ia_is_system(&d, IA_TYPE_LDT) || !ia_is_present(&d))
        return invalid(c, selector, ext);
    c->ldtr = ia_segment_of(&d, selector);
    return true;
}

/* The ring of the new task is that of its CS; no gate and no CPL of before is asked, for tasks are each their own. */
static bool load_code(struct ia_cpu *c, uint16_t selector, uint32_t ext)
{
    struct ia_descriptor d;
    if (ia_is_null(selector))
        return invalid(c, selector, ext);
    if (!ia_descriptor_read(c, selector, IA_TS, ext, &d))
        return false;
    if (!ia_is_code(&d) || (ia_is_conforming(&d) ? ia_dpl(&d) > ia_rpl(selector) : ia_dpl(&d) != ia_rpl(selector)))
        return invalid(c, selector, ext);
    if (!ia_is_present(&d))
        return ia_raise(c, IA_NP, REASON_RESOURCE, true, ia_selector_error(selector) | ext, 0);
    if (!ia_descriptor_access(c, &d))
        return false;
    ia_code_set(c, &d, selector, c->cpl);
    return true;
}

static bool load_data(struct ia_cpu *c, unsigned seg, uint16_t selector, uint32_t ext)
{
    struct ia_descriptor d;
    if (ia_is_null(selector))
        return seg != IA_SS || invalid(c, selector, ext);
    if (!ia_descriptor_read(c, selector, IA_TS, ext, &d))
        return false;
    struct ia_verdict v =
        seg == IA_SS ? ia_stack_verdict(&d, selector, c->cpl, IA_TS, 0) : ia_data_verdict(&d, selector, c->cpl, IA_TS);
    v.error |= ext;
    if (v.vector)
        return ia_verdict_raise(c, v, REASON_RESOURCE);
    if (!ia_descriptor_access(c, &d))
        return false;
    c->seg[seg] = ia_segment_of(&d, selector);
    return true;
}

/* LDTR first: the selectors may name its entries. CS before SS: the ring is CS's. In V86 mode there is nothing to
 * check. */
static bool load_segments(struct ia_cpu *c, const struct state *state, uint32_t ext)
{
    static const uint8_t data[] = {IA_SS, IA_DS, IA_ES, IA_FS, IA_GS};
    if (!load_ldt(c, state->ldt, ext))
        return false;
    if (ia_is_v86(c)) {
        for (unsigned n = 0; n < IA_SEGS; n++)
            c->seg[n] = ia_segment_v86((uint16_t)state->item[SELECTORS + n]);
        return true;
    }
    if (!load_code(c, (uint16_t)state->item[SELECTORS + IA_CS], ext))
        return false;
    for (unsigned n = 0; n < sizeof data; n++)
        if (!load_data(c, data[n], (uint16_t)state->item[SELECTORS + data[n]], ext))
            return false;
    return true;
}

/* --- */

/* The limits are asked before anything is read, so that a segment that is too short is #TS and no access beyond it. */
bool ia_task_switch(struct ia_cpu *c, struct ia_switch *s)
{
    const struct layout *old = layout_of(c->tr.rights & IA_TYPE_32), *l = layout_of(ia_type(&s->descriptor) & IA_TYPE_32);
    struct state state;
    struct changes changes;
    s->done = false;
    if (ia_descriptor_limit(&s->descriptor) < l->limit)
        return invalid(c, s->selector, s->ext);
    if ((c->tr.rights & IA_RIGHTS_NULL) || c->tr.limit < old->limit)
        return invalid(c, c->tr.selector, s->ext);
    if (!read_state(c, ia_descriptor_base(&s->descriptor), l, &state) || !reach_all(c, s, old, &changes))
        return false;
    if (!ia_runs_here(c, IA_INTERCEPT_TASK))
        return false;
    write_changes(c, s, old, &changes);
    if (!read_state(c, ia_descriptor_base(&s->descriptor), l, &state)) /* once more: a task may switch to itself */
        return false;                                                  /* it was read before */
    s->debug_trap = state.debug_trap;
    load_task(c, s, l, &state);
    s->done = true;
    const bool loaded = load_segments(c, &state, s->ext);
    ia_context_changed(c);
    return loaded;
}

/* An event's error code is pushed between the switch and this: on the new stack, as the first thing there. */
bool ia_task_begins(struct ia_cpu *c, const struct ia_switch *s)
{
    if (c->eip > c->seg[IA_CS].limit)
        return ia_gp(c, REASON_RESOURCE, s->ext);
    if (s->debug_trap)
        ia_debug_pend(c, DR6_BT);
    return true;
}

bool ia_task_find(struct ia_cpu *c, struct ia_switch *s, bool busy, unsigned vector)
{
    const uint32_t error = ia_selector_error(s->selector) | s->ext;
    if (ia_is_local(s->selector) || ia_is_null(s->selector))
        return ia_raise(c, vector, REASON_RESOURCE, true, error, 0);
    if (!ia_descriptor_read(c, s->selector, vector, s->ext, &s->descriptor))
        return false;
    if (!ia_is_tss(&s->descriptor, busy))
        return ia_raise(c, vector, REASON_RESOURCE, true, error, 0);
    return ia_is_present(&s->descriptor) || ia_raise(c, IA_NP, REASON_RESOURCE, true, error, 0);
}

bool ia_task_transfer(struct ia_cpu *c, enum ia_switch_by by, uint16_t selector, const struct ia_descriptor *d)
{
    struct ia_switch s = {.by = by, .selector = selector, .resume = c->next, .flags = ia_flags_get(c)};
    const struct ia_verdict v = ia_gate_verdict(d, selector, c->cpl);
    if (v.vector)
        return ia_verdict_raise(c, v, ia_reason(ia_gate_verdict(d, selector, 0)));
    if (ia_is_system(d, IA_TYPE_TASK_GATE))
        s.selector = (uint16_t)(d->low >> 16);
    return ia_task_find(c, &s, false, IA_GP) && ia_task_switch(c, &s) && ia_task_begins(c, &s);
}

bool ia_task_return(struct ia_cpu *c)
{
    struct ia_switch s = {.by = IA_BY_RETURN, .resume = c->next, .flags = ia_flags_get(c)};
    uint64_t link;
    if (!ia_load_linear(c, c->tr.base + LINK, 2, true, &link))
        return false;
    s.selector = (uint16_t)link;
    return ia_task_find(c, &s, true, IA_TS) && ia_task_switch(c, &s) && ia_task_begins(c, &s);
}
