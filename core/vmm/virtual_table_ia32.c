/* virtual_table_ia32.c - see virtual_table_ia32.h: descriptors, segments and frames.
 */
#include "core/vmm/virtual_table_ia32.h"

enum { DESCRIPTOR_ACCESSED = 0x100, DESCRIPTOR_GRANULAR = 0x800000, KEPT_RIGHTS = 0xd0ff };

static bool raise(const struct far_op *op, unsigned vector, enum trap_reason reason, uint32_t selector)
{
    return ia32_v_raise(op->t, vector, reason, (selector & 0xfffc) | op->ext, 0);
}

bool far_fault(const struct far_op *op, unsigned vector, uint32_t selector) { return raise(op, vector, REASON_RESOURCE, selector); }

/* at_0 is the verdict of the same rules for ring 0: if that has nothing to object, it is the ring that is in the
 * way. */
bool far_refuse(const struct far_op *op, unsigned verdict, uint16_t selector, unsigned at_0)
{
    return raise(op, verdict, at_0 == FINE ? REASON_PRIVILEGE : REASON_RESOURCE, selector);
}

/* The offset first, then the selector, each of which may fault. */
bool far_pointer(const struct far_op *op, const struct ia32_decoded *i, uint16_t *selector, uint32_t *offset)
{
    const uint32_t at = ia32_v_address(op->vcpu, i), behind = at + i->opsize;
    uint64_t low, high;

    if (!ia32_v_load_in(op->vcpu, i->seg, at, i->opsize, &low, op->t) ||
        !ia32_v_load_in(op->vcpu, i->seg, i->adsize == 2 ? behind & 0xffff : behind, 2, &high, op->t))
        return false;
    *offset = (uint32_t)low;
    *selector = (uint16_t)high;
    return true;
}

/* --- Descriptors */

uint32_t descriptor_limit(const struct descriptor *d)
{
    const uint32_t limit = (d->low & 0xffff) | (d->high & 0xf0000);
    return d->high & DESCRIPTOR_GRANULAR ? limit << 12 | 0xfff : limit;
}

struct ia32_v_segment descriptor_segment(const struct descriptor *d, uint16_t selector)
{
    return (struct ia32_v_segment){.selector = selector,
                                   .base = d->low >> 16 | (d->high & 0xff) << 16 | (d->high & 0xff000000),
                                   .limit = descriptor_limit(d),
                                   .rights = d->high >> 8 & KEPT_RIGHTS};
}

struct ia32_v_segment segment_null(uint16_t selector)
{
    return (struct ia32_v_segment){.selector = selector, .rights = IA_RIGHTS_NULL};
}

/* Of the virtual machine's tables, which the host knows nothing of: its own are empty. */
bool table_has(const struct far_op *op, uint16_t selector)
{
    const struct virtual_ia32 *v = virtual_of(op->vcpu);

    if (selector & 4)
        return !(v->ldtr.rights & IA_RIGHTS_NULL) && (selector | 7u) <= v->ldtr.limit;
    return (selector | 7u) <= v->gdtr.limit;
}

bool table_find(const struct far_op *op, uint16_t selector, unsigned vector, struct descriptor *d)
{
    const struct virtual_ia32 *v = virtual_of(op->vcpu);
    uint64_t bits;

    if (!table_has(op, selector))
        return far_fault(op, vector, selector);
    d->at = (selector & 4 ? v->ldtr.base : v->gdtr.base) + (selector & 0xfff8u);
    if (!ia32_v_load(op->vcpu, d->at, 8, IA32_BY_PROCESSOR, &bits, op->t))
        return false;
    d->low = (uint32_t)bits;
    d->high = (uint32_t)(bits >> 32);
    return true;
}

bool table_find_global(const struct far_op *op, uint16_t selector, unsigned vector, struct descriptor *d)
{
    return selector & 4 ? far_fault(op, vector, selector) : table_find(op, selector, vector, d);
}

/* --- Segments */

/* "Accessed" is set in the guest's memory as the CPU would set it; a kernel that looks at its tables finds it
 * there. */
bool segment_of(const struct far_op *op, const struct descriptor *d, uint16_t selector, struct ia32_v_segment *s)
{
    const uint32_t high = d->high | DESCRIPTOR_ACCESSED;
    const struct descriptor accessed = {.low = d->low, .high = high, .at = d->at};

    *s = descriptor_segment(&accessed, selector);
    return high == d->high || ia32_v_store(op->vcpu, d->at + 5, 1, IA32_BY_PROCESSOR, high >> 8 & 0xff, op->t);
}

/* Rules give the vector of what they object to, or FINE, and change nothing: so they can be asked for two rings. */
unsigned stack_verdict(const struct descriptor *d, uint16_t selector, unsigned ring, unsigned vector)
{
    if (selector_rpl(selector) != ring || !descriptor_is_writable(d) || descriptor_dpl(d) != ring)
        return vector;
    return descriptor_present(d) ? FINE : IA_SS_FAULT;
}

/* Data and nonconforming code are for rings up to DPL; conforming code is for all. */
unsigned data_verdict(const struct descriptor *d, uint16_t selector, unsigned cpl, unsigned vector)
{
    const unsigned dpl = descriptor_dpl(d);

    if (!descriptor_is_readable(d) || (!descriptor_is_conforming(d) && (selector_rpl(selector) > dpl || cpl > dpl)))
        return vector;
    return descriptor_present(d) ? FINE : IA_NP;
}

bool stack_find(const struct far_op *op, uint16_t selector, unsigned ring, unsigned vector, struct descriptor *d)
{
    if (selector_is_null(selector))
        return far_fault(op, vector, 0);
    if (!table_find(op, selector, vector, d))
        return false;
    const unsigned verdict = stack_verdict(d, selector, ring, vector);
    return verdict == FINE || far_fault(op, verdict, selector);
}

bool code_within(const struct far_op *op, const struct descriptor *code, uint32_t eip)
{
    return eip <= descriptor_limit(code) || far_fault(op, IA_GP, 0);
}

/* --- Frames */

void frame_begin(const struct far_op *op, enum frame_of of, struct frame *f)
{
    f->ss = ia32_v_segment(op->vcpu, IA_SS);
    f->esp = ia32_v_reg(op->vcpu, IA_ESP, 4);
    f->error = 0;
    f->aligned = of == FRAME_OF_CALL;
    f->inner = false;
    f->count = 0;
}

/* Where SS and ESP of a ring stand depends on the task state's width; both must be in it.
 * SS and ESP of ring n: at 4 + 8n and 8 + 8n in a TSS of 32 bits, at 2 + 4n and 4 + 4n in one of 16. */
bool frame_inner(const struct far_op *op, unsigned ring, struct frame *f)
{
    const struct ia32_v_segment *tr = &virtual_of(op->vcpu)->tr;
    const unsigned size = tr->rights & TABLE_WIDE ? 4 : 2;
    const uint32_t at = size + 2 * size * ring;
    uint64_t esp, selector;
    struct descriptor d;

    if ((tr->rights & IA_RIGHTS_NULL) || at + size + 1 > tr->limit)
        return far_fault(op, IA_TS, tr->selector);
    if (!ia32_v_load(op->vcpu, tr->base + at, size, IA32_BY_PROCESSOR, &esp, op->t) ||
        !ia32_v_load(op->vcpu, tr->base + at + size, 2, IA32_BY_PROCESSOR, &selector, op->t))
        return false;
    if (!stack_find(op, (uint16_t)selector, ring, IA_TS, &d) || !segment_of(op, &d, (uint16_t)selector, &f->ss))
        return false;
    f->esp = (uint32_t)esp;
    f->error = (uint32_t)selector;
    f->aligned = false;
    f->inner = true;
    f->count = 0;
    return true;
}

static uint32_t mask_of(const struct ia32_v_segment *ss) { return ss->rights & IA_RIGHTS_DB ? UINT32_MAX : 0xffff; }

/* Only noted; frame_room() then asks the segment, frame_reach() the pages, and frame_commit() writes it all. */
void frame_push(struct frame *f, unsigned size, uint32_t value)
{
    const uint32_t mask = mask_of(&f->ss);

    f->esp = (f->esp & ~mask) | ((f->esp - size) & mask);
    f->item[f->count++] = (struct frame_item){.offset = f->esp & mask, .value = value, .size = (uint8_t)size};
}

bool frame_room(const struct far_op *op, const struct frame *f)
{
    for (unsigned n = 0; n < f->count; n++)
        if (!ia32_v_within(&f->ss, f->item[n].offset, f->item[n].size, PT_WRITE))
            return far_fault(op, IA_SS_FAULT, f->error);
    return true;
}

/* [SDM 3A 6.15, #AC]: ring 3 with AM and AC. */
static bool aligned(const struct far_op *op, const struct frame *f, uint32_t linear, unsigned size)
{
    const struct virtual_ia32 *v = virtual_of(op->vcpu);

    if (!f->aligned || !(linear & (size - 1)) || v->cpl < 3 || !(v->cr0 & CR0_AM) || !(ia32_v_flags(op->vcpu) & EFLAGS_AC))
        return true;
    return ia32_v_raise(op->t, IA_AC, REASON_RESOURCE, 0, 0);
}

bool frame_reach(const struct far_op *op, struct frame *f)
{
    const enum ia32_v_by by = f->inner ? IA32_BY_PROCESSOR : IA32_BY_PROGRAM;

    for (unsigned n = 0; n < f->count; n++) {
        struct frame_item *item = &f->item[n];
        const uint32_t linear = f->ss.base + item->offset;
        if (!aligned(op, f, linear, item->size) || !ia32_v_reach(op->vcpu, linear, item->size, PT_WRITE, by, &item->place, op->t))
            return false;
    }
    return true;
}

/* SS changes when the stack is another one; on the current stack only ESP moves. */
void frame_commit(const struct far_op *op, const struct frame *f)
{
    for (unsigned n = 0; n < f->count; n++)
        ia32_v_put(op->vcpu, &f->item[n].place, f->item[n].value);
    if (f->inner)
        ia32_v_segment_set(op->vcpu, IA_SS, &f->ss);
    ia32_v_reg_set(op->vcpu, IA_ESP, 4, f->esp);
}
