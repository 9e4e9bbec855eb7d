/* frame.c - pushes in two phases, and the stacks of inner rings. */
#include "isa/ia32/frame.h"
#include "isa/ia32/segment.h"

/* Of a stack of 16 bits only SP moves, and it goes round within 64 KiB; the upper half of ESP stays.
 * So a program of 16 bits may push a word at SP = 0: it goes to 0xfffe of the same segment. */
static uint32_t mask_of(const struct ia_segment *ss) { return ss->rights & IA_RIGHTS_DB ? UINT32_MAX : 0xffff; }

static void begin(struct ia_frame *f, const struct ia_segment *ss, uint32_t esp, uint32_t error, bool inner)
{
    f->ss = *ss;
    f->esp = esp;
    f->error = error;
    f->inner = inner;
    f->aligned = false;
    f->count = 0;
}

/* The life of a frame: begin, push each item (room is checked), reach (pages are), commit (all is written, SS:ESP
 * moves). Before the commit it is a list in the host, and giving up needs nothing undone. */
void ia_frame_begin(struct ia_cpu *c, struct ia_frame *f, enum ia_frame_of of, uint32_t error)
{
    begin(f, &c->seg[IA_SS], c->r[IA_ESP], error, false);
    f->aligned = of == IA_FRAME_OF_CALL;
}

static bool invalid_tss(struct ia_cpu *c, uint16_t selector, uint32_t ext)
{
    return ia_raise(c, IA_TS, REASON_RESOURCE, true, ia_selector_error(selector) | ext, 0);
}

/* ESP and SS of ring `cpl` as the TSS has them: 4 and 2 bytes at 4 + 8 * cpl, or two of 2 at 2 + 4 * cpl [SDM 3A 7.2.1, 7.6]. */
static bool read_inner(struct ia_cpu *c, unsigned cpl, uint32_t ext, uint32_t *esp, uint16_t *ss)
{
    const bool wide = c->tr.rights & IA_TYPE_32;
    const unsigned size = wide ? 4 : 2, at = wide ? 4 + 8 * cpl : 2 + 4 * cpl;
    uint64_t pointer, selector;
    if ((c->tr.rights & IA_RIGHTS_NULL) || at + size + 1 > c->tr.limit)
        return invalid_tss(c, c->tr.selector, ext);
    if (!ia_load_linear(c, c->tr.base + at, size, true, &pointer) || !ia_load_linear(c, c->tr.base + at + size, 2, true, &selector))
        return false;
    *esp = (uint32_t)pointer;
    *ss = (uint16_t)selector;
    return true;
}

/* A bad stack in the TSS is #TS with its selector, absent it is #SS: the rules are those of a load of SS at the
 * inner ring. */
bool ia_frame_begin_inner(struct ia_cpu *c, struct ia_frame *f, unsigned cpl, uint32_t ext)
{
    struct ia_descriptor d;
    uint32_t esp;
    uint16_t selector;
    if (!read_inner(c, cpl, ext, &esp, &selector))
        return false;
    if (ia_is_null(selector))
        return invalid_tss(c, 0, ext);
    if (!ia_descriptor_read(c, selector, IA_TS, ext, &d))
        return false;
    const struct ia_verdict v = ia_stack_verdict(&d, selector, cpl, IA_TS, ext);
    if (v.vector)
        return ia_verdict_raise(c, v, REASON_RESOURCE);
    if (!ia_descriptor_access(c, &d))
        return false;
    const struct ia_segment ss = ia_segment_of(&d, selector);
    begin(f, &ss, esp, ia_selector_error(selector) | ext, true);
    return true;
}

/* f->error is the code of #SS: 0 on the current stack, the selector of the new one where that is not in SS yet, so
 * that a handler knows which stack was too small. */
bool ia_frame_push(struct ia_cpu *c, struct ia_frame *f, unsigned size, uint32_t value)
{
    const uint32_t mask = mask_of(&f->ss), at = (f->esp - size) & mask;
    if (!ia_segment_allows(c, &f->ss, at, size, PT_WRITE))
        return ia_raise(c, IA_SS_FAULT, REASON_RESOURCE, true, f->error, 0);
    f->item[f->count].linear = f->ss.base + at;
    f->item[f->count].size = (uint8_t)size;
    f->item[f->count++].value = value;
    f->esp = (f->esp & ~mask) | at;
    return true;
}

/* The inner stack is written as a supervisor, since the ring has not changed yet but the frame is the kernel's. */
bool ia_frame_reach(struct ia_cpu *c, struct ia_frame *f)
{
    const enum ia_by by = f->inner ? IA_BY_PROCESSOR : IA_BY_PROGRAM;
    for (unsigned n = 0; n < f->count; n++) {
        if (f->aligned && ia_misaligned(c, f->item[n].linear, f->item[n].size))
            return ia_raise(c, IA_AC, REASON_RESOURCE, true, 0, 0);
        if (!ia_reach_linear(c, f->item[n].linear, f->item[n].size, PT_WRITE, by, &f->item[n].place))
            return false;
    }
    return true;
}

void ia_frame_commit(struct ia_cpu *c, const struct ia_frame *f)
{
    for (unsigned i = 0; i < f->count; i++)
        ia_place_put(c, &f->item[i].place, f->item[i].value);
    c->seg[IA_SS] = f->ss;
    c->r[IA_ESP] = f->esp;
}

/* Item by item, since the offsets may go round in a stack of 16 bits. */
bool ia_stack_has(struct ia_cpu *c, uint32_t at, unsigned size, unsigned count)
{
    const uint32_t mask = mask_of(&c->seg[IA_SS]);
    for (unsigned n = 0; n < count; n++)
        if (!ia_segment_allows(c, &c->seg[IA_SS], (c->r[IA_ESP] + at + n * size) & mask, size, PT_READ))
            return ia_raise(c, IA_SS_FAULT, REASON_RESOURCE, true, 0, 0);
    return true;
}

bool ia_stack_peek(struct ia_cpu *c, uint32_t at, unsigned size, uint32_t *value)
{
    const uint32_t mask = mask_of(&c->seg[IA_SS]);
    uint64_t v;
    if (!ia_load(c, IA_SS, (c->r[IA_ESP] + at) & mask, size, &v))
        return false;
    *value = (uint32_t)v;
    return true;
}
