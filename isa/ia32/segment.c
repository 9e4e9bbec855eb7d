/* segment.c - descriptor tables, and MOV, POP and LDS into segment registers in every mode [SDM 2B MOV; 3A 3.4, 5.6, 5.7].
 *
 * A selector that loads nothing changes nothing: all is checked, "accessed" is set in the table, then the register is loaded.
 */
#include "isa/ia32/segment.h"
#include "isa/ia32/access.h"

/* --- Tables */

/* The LDT has a base and a limit like the GDT; without one nothing is in it. `selector | 7` is the last byte of the
 * entry: a limit is the offset of the last byte that there is. The read is the processor's own, so that a table may
 * lie in pages of the supervisor. */
enum ia_lookup ia_descriptor_find(struct ia_cpu *c, uint16_t selector, struct ia_descriptor *d)
{
    const bool local = ia_is_local(selector);
    const uint32_t base = local ? c->ldtr.base : c->gdtr.base, limit = local ? c->ldtr.limit : c->gdtr.limit;
    uint64_t entry;
    if ((local && (c->ldtr.rights & IA_RIGHTS_NULL)) || (selector | 7u) > limit)
        return IA_OUTSIDE;
    d->at = base + (selector & 0xfff8);
    if (!ia_load_linear(c, d->at, 8, true, &entry))
        return IA_FAULTED;
    d->low = (uint32_t)entry;
    d->high = (uint32_t)(entry >> 32);
    return IA_FOUND;
}

bool ia_descriptor_read(struct ia_cpu *c, uint16_t selector, unsigned vector, uint32_t ext, struct ia_descriptor *d)
{
    switch (ia_descriptor_find(c, selector, d)) {
    case IA_FOUND: return true;
    case IA_OUTSIDE: return ia_raise(c, vector, REASON_RESOURCE, true, ia_selector_error(selector) | ext, 0);
    case IA_FAULTED: break;
    }
    return false;
}

/* The type is in the byte at 5.
 * That byte alone is written; the rest of the entry stays what it is in memory. */
static bool type_write(struct ia_cpu *c, struct ia_descriptor *d, unsigned type)
{
    const uint32_t high = (d->high & ~UINT32_C(0xf00)) | type << 8;
    if (!ia_store_linear(c, d->at + 5, 1, true, high >> 8 & 0xff))
        return false;
    d->high = high;
    return true;
}

bool ia_descriptor_access(struct ia_cpu *c, struct ia_descriptor *d)
{
    return (ia_type(d) & IA_TYPE_ACCESSED) || type_write(c, d, ia_type(d) | IA_TYPE_ACCESSED);
}

bool ia_descriptor_retype(struct ia_cpu *c, struct ia_descriptor *d, unsigned type) { return type_write(c, d, type); }

/* --- Hidden parts */

enum { RIGHTS_OF_DESCRIPTOR = 0xd0ff };

struct ia_segment ia_segment_of(const struct ia_descriptor *d, uint16_t selector)
{
    return (struct ia_segment){.selector = selector,
                               .base = ia_descriptor_base(d),
                               .limit = ia_descriptor_limit(d),
                               .rights = d->high >> 8 & RIGHTS_OF_DESCRIPTOR};
}

struct ia_segment ia_segment_null(uint16_t selector) { return (struct ia_segment){.selector = selector, .rights = IA_RIGHTS_NULL}; }

enum { RIGHTS_DATA = 0x93 /* present, DPL 0, data, writable, accessed */, RIGHTS_V86 = 0xf3 /* the same with DPL 3 */ };

/* A load in real mode changes the base alone: limits that protected mode left stay, as programs rely on. On the 386 CS gets the values
 * of reset. */
struct ia_segment ia_segment_real(const struct ia_cpu *c, unsigned seg, uint16_t selector)
{
    struct ia_segment s = c->described[seg];
    s.selector = selector;
    s.base = (uint32_t)selector << 4;
    if (s.rights & IA_RIGHTS_NULL)
        s.limit = 0xffff;
    if ((s.rights & IA_RIGHTS_NULL) || (seg == IA_CS && c->config.model == IA_MODEL_386))
        s.rights = RIGHTS_DATA;
    if (seg == IA_CS && c->config.model == IA_MODEL_386)
        s.limit = 0xffff;
    s.rights |= IA_RIGHTS_P | IA_RIGHTS_S;
    s.rights &= ~IA_RIGHTS_DPL;
    return s;
}

struct ia_segment ia_segment_v86(uint16_t selector)
{
    return (struct ia_segment){.selector = selector, .base = (uint32_t)selector << 4, .limit = 0xffff, .rights = RIGHTS_V86};
}

/* --- Rules */

static struct ia_verdict refuse(unsigned vector, uint16_t selector, uint32_t ext)
{
    return (struct ia_verdict){(uint8_t)vector, ia_selector_error(selector) | ext};
}

/* A stack is of exactly the ring that uses it: RPL, DPL and CPL are one number [SDM 3A 5.7]. */
struct ia_verdict ia_stack_verdict(const struct ia_descriptor *d, uint16_t selector, unsigned cpl, unsigned vector, uint32_t ext)
{
    if (ia_rpl(selector) != cpl || !ia_is_writable(d) || ia_dpl(d) != cpl)
        return refuse(vector, selector, ext);
    return ia_is_present(d) ? IA_FINE : refuse(IA_SS_FAULT, selector, ext);
}

/* The weaker of CPL and RPL counts: a kernel that takes a selector from a program sets its RPL to the program's
 * (ARPL), and is then refused what the program would be refused. Conforming code may be read from any ring [SDM 3A
 * 5.6]. */
struct ia_verdict ia_data_verdict(const struct ia_descriptor *d, uint16_t selector, unsigned cpl, unsigned vector)
{
    const unsigned weakest = ia_rpl(selector) > cpl ? ia_rpl(selector) : cpl;
    if (!ia_is_readable(d) || (!ia_is_conforming(d) && weakest > ia_dpl(d)))
        return refuse(vector, selector, 0);
    return ia_is_present(d) ? IA_FINE : refuse(IA_NP, selector, 0);
}

/* Conforming code runs in the ring of whoever calls it, non-conforming code in its own alone. */
struct ia_verdict ia_code_verdict(const struct ia_descriptor *d, uint16_t selector, unsigned cpl)
{
    const bool allowed = ia_is_conforming(d) ? ia_dpl(d) <= cpl : ia_rpl(selector) <= cpl && ia_dpl(d) == cpl;
    if (!ia_is_code(d) || !allowed)
        return refuse(IA_GP, selector, 0);
    return ia_is_present(d) ? IA_FINE : refuse(IA_NP, selector, 0);
}

/* Of a TSS its being busy comes before its being present, so that this is asked by ia_task_find(). */
struct ia_verdict ia_gate_verdict(const struct ia_descriptor *d, uint16_t selector, unsigned cpl)
{
    const bool tss = ia_is_tss(d, false) || ia_is_tss(d, true);
    if (ia_dpl(d) < cpl || ia_dpl(d) < ia_rpl(selector))
        return refuse(IA_GP, selector, 0);
    return tss || ia_is_present(d) ? IA_FINE : refuse(IA_NP, selector, 0);
}

bool ia_verdict_raise(struct ia_cpu *c, struct ia_verdict v, enum trap_reason reason)
{
    return ia_raise(c, v.vector, reason, true, v.error, 0);
}

/* --- Loads */

static struct ia_verdict verdict(const struct ia_descriptor *d, unsigned seg, uint16_t selector, unsigned cpl)
{
    return seg == IA_SS ? ia_stack_verdict(d, selector, cpl, IA_GP, 0) : ia_data_verdict(d, selector, cpl, IA_GP);
}

static bool load_protected(struct ia_cpu *c, unsigned seg, uint16_t selector)
{
    struct ia_descriptor d;
    if (ia_is_null(selector)) {
        if (seg == IA_SS)
            return ia_gp(c, REASON_RESOURCE, 0);
        c->seg[seg] = ia_segment_null(selector);
        return true;
    }
    if (!ia_descriptor_read(c, selector, IA_GP, 0, &d))
        return false;
    const struct ia_verdict v = verdict(&d, seg, selector, c->cpl);
    if (v.vector)
        return ia_verdict_raise(c, v, ia_reason(verdict(&d, seg, selector, 0)));
    if (!ia_descriptor_access(c, &d))
        return false;
    c->seg[seg] = ia_segment_of(&d, selector);
    return true;
}

bool ia_load_segment(struct ia_cpu *c, unsigned seg, uint16_t selector)
{
    if (ia_is_v86(c))
        c->seg[seg] = ia_segment_v86(selector);
    else if (!ia_is_protected(c))
        c->seg[seg] = ia_segment_real(c, seg, selector);
    else if (!load_protected(c, seg, selector))
        return false;
    ia_context_changed(c);
    return true;
}
