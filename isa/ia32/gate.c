/* gate.c - see gate.h. Memory is looked at through the TLB alone, which knows a page only when nothing has to be asked or marked there. */
#include "isa/ia32/gate.h"

#include "isa/ia32/access.h"
#include "isa/ia32/segment.h"
#include "isa/ia32/system.h"

/* --- Tables */

/* An entry of eight bytes. The tables are read as a supervisor reads. */
static bool entry_known(const struct ia_cpu *c, uint32_t at, struct ia_descriptor *d)
{
    const uint8_t *host = tlb_lookup_unaligned(c->implicit->read, at, 8);
    if (UNLIKELY(!host))
        return false;
    d->low = (uint32_t)ia_host_get(host, 4);
    d->high = (uint32_t)ia_host_get(host + 4, 4);
    d->at = at;
    return true;
}

/* In the GDT; programs with an LDT take the full way. */
static bool descriptor_known(const struct ia_cpu *c, uint16_t selector, struct ia_descriptor *d)
{
    if (UNLIKELY(ia_is_null(selector) || ia_is_local(selector) || (selector | 7u) > c->gdtr.limit))
        return false;
    return entry_known(c, c->gdtr.base + (selector & 0xfff8), d);
}

/* Base 0, 4 GiB, present, accessed, of 32 bits. AVL and the bit below D/B may be anything. Of code, too, whether it
 * can be read; it is not conforming. Of data: writable, and they grow up. */
enum { FLAT_LOW = 0x0000ffff, FLAT_DATA = 0x00cf9300, FLAT_CODE = 0x00cf9900 };
#define FLAT_DATA_MASK UINT32_C(0xffcfffff)
#define FLAT_CODE_MASK UINT32_C(0xffcffdff)

static bool is_flat_code(const struct ia_descriptor *d, unsigned dpl)
{
    return d->low == FLAT_LOW && (d->high & FLAT_CODE_MASK) == (FLAT_CODE | dpl << 13);
}

static bool is_flat_stack(const struct ia_descriptor *d, uint16_t selector, unsigned ring)
{
    return d->low == FLAT_LOW && (d->high & FLAT_DATA_MASK) == (FLAT_DATA | ring << 13) && ia_rpl(selector) == ring;
}

/* The current stack, likewise. */
static bool on_flat_stack(const struct ia_cpu *c) { return (c->flat >> IA_SS & 1) && (c->seg[IA_SS].rights & IA_RIGHTS_DB); }

/* With AC an access may be #AC, and flat segments do not count as such. Whoever compares engines has the full way
 * in the simplest one. */
static bool is_ordinary(const struct ia_cpu *c)
{
    return ia_is_protected(c) && !(c->flags.system & (EFLAGS_VM | EFLAGS_AC)) && c->options.kind != ENGINE_simple && !c->config.yields;
}

/* --- Inward */

/* A stack to push to, the current one or a ring's. */
struct stack {
    struct ia_descriptor d; /* of a ring's */
    const struct tlb_space *space;
    uint32_t esp;
    uint16_t selector;
    bool inner;
};

/* Of a TSS of 32 bits. */
static bool inner_stack(const struct ia_cpu *c, unsigned ring, struct stack *s)
{
    const unsigned at = 4 + 8 * ring;
    if (!(c->tr.rights & IA_TYPE_32) || (c->tr.rights & IA_RIGHTS_NULL) || at + 5 > c->tr.limit)
        return false;
    const uint8_t *host = tlb_lookup_unaligned(c->implicit->read, c->tr.base + at, 6);
    if (UNLIKELY(!host))
        return false;
    s->esp = (uint32_t)ia_host_get(host, 4);
    s->selector = (uint16_t)ia_host_get(host + 4, 2);
    s->space = c->implicit;
    s->inner = true;
    return descriptor_known(c, s->selector, &s->d) && is_flat_stack(&s->d, s->selector, ring);
}

static bool find_stack(const struct ia_cpu *c, unsigned ring, struct stack *s)
{
    if (ring < c->cpl)
        return inner_stack(c, ring, s);
    s->space = c->space;
    s->esp = c->r[IA_ESP];
    s->inner = false;
    return on_flat_stack(c);
}

/* The gate, and the code that it leads to. */
static bool find_target(const struct ia_cpu *c, const struct ia_event *e, struct ia_descriptor *gate, struct ia_descriptor *code)
{
    enum { GATE_MASK = 0x9e00, GATE = 0x8e00 }; /* present, of 32 bits; bit 8 tells a trap gate */
    if (e->vector * 8u + 7 > c->idtr.limit || !entry_known(c, c->idtr.base + e->vector * 8u, gate) ||
        (gate->high & GATE_MASK) != GATE || (e->asked && ia_dpl(gate) < c->cpl))
        return false;
    return descriptor_known(c, (uint16_t)(gate->low >> 16), code) && ia_dpl(code) <= c->cpl && is_flat_code(code, ia_dpl(code));
}

/* The frame lies in one page, which can be written directly. */
static bool push(struct ia_cpu *c, const struct ia_event *e, const struct stack *s)
{
    uint32_t item[6], *at = item;
    if (e->has_error)
        *at++ = e->error;
    *at++ = e->eip;
    *at++ = c->seg[IA_CS].selector;
    *at++ = e->flags;
    if (s->inner) {
        *at++ = c->r[IA_ESP];
        *at++ = c->seg[IA_SS].selector;
    }
    const unsigned size = (unsigned)(at - item) * 4;
    uint8_t *host = tlb_lookup_unaligned(s->space->write, s->esp - size, size);
    if (UNLIKELY(!host))
        return false;
    for (unsigned n = 0; n < size; n += 4)
        ia_host_put(host + n, 4, item[n / 4]);
    c->r[IA_ESP] = s->esp - size;
    return true;
}

bool ia_gate_enter(struct ia_cpu *c, const struct ia_event *e)
{
    struct ia_descriptor gate, code;
    struct stack s;
    if (!is_ordinary(c) || !find_target(c, e, &gate, &code) || !find_stack(c, ia_dpl(&code), &s) || !push(c, e, &s))
        return false;
    if (s.inner)
        c->seg[IA_SS] = ia_segment_of(&s.d, s.selector);
    ia_code_set(c, &code, (uint16_t)(gate.low >> 16), ia_dpl(&code));
    c->eip = (gate.low & 0xffff) | (gate.high & 0xffff0000);
    c->flags.system &= ~(uint32_t)(EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | (ia_type(&gate) & 1 ? 0 : EFLAGS_IF));
    ia_context_flat(c);
    return true;
}

/* --- Outward */

/* By the CPL before the return. The shadow of IF is the caller's. */
static void flags_load(struct ia_cpu *c, uint32_t flags)
{
    const uint32_t mask = ia_flags_poppable(c, 4, c->cpl), system = mask & ~(uint32_t)EFLAGS_STATUS;
    ia_flags_status_change(&c->flags, flags, EFLAGS_STATUS);
    c->flags.system = (c->flags.system & ~system) | (flags & system);
    c->rf_loaded = true;
}

/* ESP and SS of the outer ring. */
static bool find_outer_stack(const struct ia_cpu *c, unsigned ring, struct stack *s)
{
    const uint8_t *host = tlb_lookup_unaligned(c->space->read, c->r[IA_ESP] + 12, 8);
    if (UNLIKELY(!host))
        return false;
    s->esp = (uint32_t)ia_host_get(host, 4);
    s->selector = (uint16_t)ia_host_get(host + 4, 2);
    return descriptor_known(c, s->selector, &s->d) && is_flat_stack(&s->d, s->selector, ring);
}

bool ia_gate_return(struct ia_cpu *c)
{
    struct ia_descriptor code;
    struct stack s;
    if (!is_ordinary(c) || c->flags.system & EFLAGS_NT || ia_is_armed(c, IA_TRAPS_FLAGS) || !on_flat_stack(c))
        return false;
    const uint8_t *host = tlb_lookup_unaligned(c->space->read, c->r[IA_ESP], 12);
    if (UNLIKELY(!host))
        return false;
    const uint32_t eip = (uint32_t)ia_host_get(host, 4), flags = (uint32_t)ia_host_get(host + 8, 4);
    const uint16_t cs = (uint16_t)ia_host_get(host + 4, 2);
    const unsigned ring = ia_rpl(cs);
    const bool outward = ring > c->cpl;
    if (flags & (EFLAGS_VM | EFLAGS_AC) || ring < c->cpl || !descriptor_known(c, cs, &code) || !is_flat_code(&code, ring) ||
        (outward && !find_outer_stack(c, ring, &s)))
        return false;
    flags_load(c, flags);
    ia_code_set(c, &code, cs, ring);
    if (outward) {
        c->seg[IA_SS] = ia_segment_of(&s.d, s.selector);
        c->r[IA_ESP] = s.esp;
        ia_drop_inner_data(c);
    } else {
        c->r[IA_ESP] += 12;
    }
    c->next = eip;
    ia_context_flat(c);
    return true;
}
