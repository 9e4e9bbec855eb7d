/* virtual_memory_ia32.c - the memory of a virtual IA-32 CPU as its routines reach it: segments, alignment, the guest's own tables, and what
 * lies there. An access is checked whole, and only then read or written.
 */
#include "core/vmm/identity.h"
#include "core/vmm/trigger.h"
#include "core/vmm/virtual_ia32.h"

/* --- The bus. What nobody has reads as all ones, and writes to it are lost. */

/* Halves, the lower one first, where nobody takes the whole. */
static uint64_t bus_load(const struct phys *phys, pa_t pa, unsigned size)
{
    uint64_t value;

    if (phys_load(phys, pa, size, &value))
        return value;
    if (size == 1)
        return 0xff;
    const unsigned half = size / 2;
    value = bus_load(phys, pa, half);
    return value | bus_load(phys, pa + half, half) << 8 * half;
}

static void bus_store(const struct phys *phys, pa_t pa, unsigned size, uint64_t value)
{
    if (phys_store(phys, pa, size, value) || size == 1)
        return;
    const unsigned half = size / 2;
    bus_store(phys, pa, half, value);
    bus_store(phys, pa + half, half, value >> 8 * half);
}

/* v_ia32.c then returns TRAP_YIELD: the board's events and lines are looked at behind the instruction. */
static void note_device(struct vcpu *vcpu, pa_t pa)
{
    const struct phys_range *range = phys_find(vcpu->machine.phys, pa);

    if (range && !range->ram)
        virtual_of(vcpu)->touched = true;
}

static unsigned next_unit(unsigned left)
{
    unsigned n = 8;

    while (n > left)
        n /= 2;
    return n;
}

/* Any number of bytes up to 8, within a page. */
static uint64_t piece_get(struct vcpu *vcpu, pa_t pa, unsigned size)
{
    uint64_t value = 0;

    note_device(vcpu, pa);
    for (unsigned at = 0, n; at < size; at += n) {
        n = next_unit(size - at);
        value |= bus_load(vcpu->machine.phys, pa + at, n) << 8 * at;
    }
    return value;
}

static void piece_put(struct vcpu *vcpu, pa_t pa, unsigned size, uint64_t value)
{
    note_device(vcpu, pa);
    for (unsigned at = 0, n; at < size; at += n) {
        n = next_unit(size - at);
        bus_store(vcpu->machine.phys, pa + at, n, value >> 8 * at);
    }
}

uint64_t ia32_v_get(struct vcpu *vcpu, const struct ia32_v_place *p)
{
    uint64_t value = piece_get(vcpu, p->pa[0].v, p->first);

    if (p->first < p->size)
        value |= piece_get(vcpu, p->pa[1].v, p->size - p->first) << 8 * p->first;
    return value;
}

void ia32_v_put(struct vcpu *vcpu, const struct ia32_v_place *p, uint64_t value)
{
    piece_put(vcpu, p->pa[0].v, p->first, value);
    if (p->first < p->size)
        piece_put(vcpu, p->pa[1].v, p->size - p->first, value >> 8 * p->first);
}

/* --- Places */

/* That A or D of a PTE changes makes no leaf say too much.
 * In the guest's own tables, with A and D set there: the shadow is not asked, for it may not have the page yet. */
static bool translate(struct vcpu *vcpu, uint32_t linear, enum pt_kind kind, enum ia32_v_by by, gpa_t *pa, struct trap *t)
{
    vcpu->touching = true;
    const bool granted = ia32_v_translate(vcpu, (gva_t){linear}, kind, by == IA32_BY_PROCESSOR, true, pa, t);
    vcpu->touching = false;
    return granted;
}

static unsigned kinds_of(enum pt_kind kind) { return kind == PT_WRITE ? TRIGGER_STORE : TRIGGER_LOAD; }

/* The owner's triggers: by linear address, and by physical one. The trap then lacks nothing but row, length and bits, which it has. */
static bool watched(struct vcpu *vcpu, const struct trigger_step *step, uint32_t linear, struct trap *t)
{
    struct trap met = *t;

    if (LIKELY(!vcpu->triggers.count) || !vcpu_trigger_match(vcpu, step, (gva_t){linear}, &met))
        return false;
    met.row = t->row;
    met.length = t->length;
    trap_insn_set(&met, trap_insn(t));
    *t = met;
    return true;
}

/* The number of the access within the instruction, from 1: the same as on the bare CPU, so that an owner sees the
 * same reports. */
static bool watched_linear(struct vcpu *vcpu, uint32_t linear, unsigned size, enum pt_kind kind, struct trap *t)
{
    const struct trigger_step step = {.kinds = kinds_of(kind), .step = virtual_of(vcpu)->accesses + 1, .at = linear, .size = size};

    return watched(vcpu, &step, linear, t);
}

static bool watched_place(struct vcpu *vcpu, uint32_t linear, enum pt_kind kind, const struct ia32_v_place *p, struct trap *t)
{
    struct trigger_step step = {
        .kinds = kinds_of(kind), .step = virtual_of(vcpu)->accesses + 1, .physical = true, .at = p->pa[0].v, .size = p->first};

    if (p->first < p->size) {
        step.rest = p->pa[1].v;
        step.rest_size = p->size - p->first;
    }
    return watched(vcpu, &step, linear, t);
}

/* A breakpoint of the guest's that has to do with data, by n of DR7: enabled, for writes (1) or for both (3), at a multiple of its length
 * [SDM 3B 17.2.4, 17.2.5]. Two ranges have bytes in common where one begins in the other; addresses are a circle. */
static bool breakpoint_hit(const struct virtual_ia32 *v, unsigned n, uint32_t linear, unsigned size, enum pt_kind kind)
{
    enum { ON_WRITE = 1, ON_BOTH = 3 };
    static const uint8_t lengths[] = {1, 2, 8, 4};
    const uint32_t how = v->dr[7] >> (16 + 4 * n) & 15, length = lengths[how >> 2], first = v->dr[n] & ~(length - 1);

    if (!(v->dr[7] >> 2 * n & 3) || !((how & 3) == ON_BOTH || ((how & 3) == ON_WRITE && kind == PT_WRITE)))
        return false;
    return linear - first < length || first - linear < size;
}

/* DR0 to DR3 of the guest. The host's are the same, but the host has not accessed what a v_i does in its place. */
static void breakpoints_meet(struct virtual_ia32 *v, uint32_t linear, unsigned size, enum pt_kind kind)
{
    for (unsigned n = 0; n < 4; n++)
        v->met |= (uint32_t)breakpoint_hit(v, n, linear, size, kind) << n;
}

/* The order is the CPU's: trigger at the linear address, first page, second page, trigger at the place. Accesses of
 * the processor's own are not the program's, and no trigger and no breakpoint sees them. */
bool ia32_v_reach(struct vcpu *vcpu, uint32_t linear, unsigned size, enum pt_kind kind, enum ia32_v_by by, struct ia32_v_place *p,
                  struct trap *t)
{
    const unsigned left = (unsigned)(PAGE_SIZE - (linear & (PAGE_SIZE - 1)));

    *p = (struct ia32_v_place){.size = (uint8_t)size, .first = (uint8_t)(size < left ? size : left)};
    if (by == IA32_BY_PROGRAM && watched_linear(vcpu, linear, size, kind, t))
        return false;
    if (!translate(vcpu, linear, kind, by, &p->pa[0], t))
        return false;
    if (p->first < size && !translate(vcpu, linear + p->first, kind, by, &p->pa[1], t))
        return false;
    if (by == IA32_BY_PROGRAM && watched_place(vcpu, linear, kind, p, t))
        return false;
    virtual_of(vcpu)->accesses += by == IA32_BY_PROGRAM;
    if (by == IA32_BY_PROGRAM && UNLIKELY(virtual_of(vcpu)->dr[7] & 0xff))
        breakpoints_meet(virtual_of(vcpu), linear, size, kind);
    return true;
}

bool ia32_v_load(struct vcpu *vcpu, uint32_t linear, unsigned size, enum ia32_v_by by, uint64_t *value, struct trap *t)
{
    struct ia32_v_place p;

    if (!ia32_v_reach(vcpu, linear, size, PT_READ, by, &p, t))
        return false;
    *value = ia32_v_get(vcpu, &p);
    return true;
}

bool ia32_v_store(struct vcpu *vcpu, uint32_t linear, unsigned size, enum ia32_v_by by, uint64_t value, struct trap *t)
{
    struct ia32_v_place p;

    if (!ia32_v_reach(vcpu, linear, size, PT_WRITE, by, &p, t))
        return false;
    ia32_v_put(vcpu, &p, value);
    return true;
}

/* --- In segments */

enum { TYPE_CODE = 8, TYPE_DOWN = 4, TYPE_MORE = 2 /* data may be written, code may be read */ };

bool ia32_v_within(const struct ia32_v_segment *s, uint32_t offset, unsigned size, enum pt_kind kind)
{
    const bool code = s->rights & TYPE_CODE, more = s->rights & TYPE_MORE;
    const uint32_t last = offset + (size - 1);

    if ((s->rights & IA_RIGHTS_NULL) || !(kind == PT_READ ? !code || more : !code && more) || last < offset)
        return false;
    if (code || !(s->rights & TYPE_DOWN))
        return last <= s->limit;
    return offset > s->limit && last <= (s->rights & IA_RIGHTS_DB ? UINT32_MAX : 0xffff);
}

static bool misaligned(const struct vcpu *vcpu, uint32_t linear, unsigned size)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);

    return (v->cr0 & CR0_AM) && v->cpl == 3 && (linear & (size - 1)) && (ia32_v_flags(vcpu) & EFLAGS_AC);
}

/* Of SS a violation is #SS, of all others #GP, both with a code of 0. */
bool ia32_v_reach_in(struct vcpu *vcpu, unsigned n, uint32_t offset, unsigned size, enum pt_kind kind, struct ia32_v_place *p,
                     struct trap *t)
{
    const struct ia32_v_segment s = ia32_v_segment(vcpu, n);
    const uint32_t linear = s.base + offset;

    if (!ia32_v_within(&s, offset, size, kind))
        return ia32_v_raise(t, n == IA_SS ? IA_SS_FAULT : IA_GP, REASON_RESOURCE, 0, 0);
    if (misaligned(vcpu, linear, size))
        return ia32_v_raise(t, IA_AC, REASON_RESOURCE, 0, 0);
    return ia32_v_reach(vcpu, linear, size, kind, IA32_BY_PROGRAM, p, t);
}

bool ia32_v_load_in(struct vcpu *vcpu, unsigned n, uint32_t offset, unsigned size, uint64_t *value, struct trap *t)
{
    struct ia32_v_place p;

    if (!ia32_v_reach_in(vcpu, n, offset, size, PT_READ, &p, t))
        return false;
    *value = ia32_v_get(vcpu, &p);
    return true;
}

bool ia32_v_store_in(struct vcpu *vcpu, unsigned n, uint32_t offset, unsigned size, uint64_t value, struct trap *t)
{
    struct ia32_v_place p;

    if (!ia32_v_reach_in(vcpu, n, offset, size, PT_WRITE, &p, t))
        return false;
    ia32_v_put(vcpu, &p, value);
    return true;
}

/* --- The stack */

bool ia32_v_peek(struct vcpu *vcpu, uint32_t above, unsigned size, uint32_t *value, struct trap *t)
{
    const uint32_t at = (ia32_v_reg(vcpu, IA_ESP, 4) + above) & ia32_v_stack_mask(vcpu);
    uint64_t v;

    if (!ia32_v_load_in(vcpu, IA_SS, at, size, &v, t))
        return false;
    *value = (uint32_t)v;
    return true;
}

/* ESP moves when the store has gone through. */
bool ia32_v_push(struct vcpu *vcpu, unsigned size, uint32_t value, struct trap *t)
{
    const uint32_t to = (ia32_v_reg(vcpu, IA_ESP, 4) - size) & ia32_v_stack_mask(vcpu);

    if (!ia32_v_store_in(vcpu, IA_SS, to, size, value, t))
        return false;
    ia32_v_stack_set(vcpu, to);
    return true;
}

/* --- Operands */

uint32_t ia32_v_address(const struct vcpu *vcpu, const struct ia32_decoded *i)
{
    uint32_t at = i->disp;

    if (i->base != IA32_NO_REGISTER)
        at += ia32_v_reg(vcpu, i->base, 4);
    if (i->index != IA32_NO_REGISTER)
        at += ia32_v_reg(vcpu, i->index, 4) << i->scale;
    return i->adsize == 2 ? at & 0xffff : at;
}

bool ia32_v_operand(struct vcpu *vcpu, const struct ia32_decoded *i, unsigned size, uint32_t *value, struct trap *t)
{
    uint64_t v;

    if (!i->rm_is_memory) {
        *value = ia32_v_reg(vcpu, i->rm, size);
        return true;
    }
    if (!ia32_v_load_in(vcpu, i->seg, ia32_v_address(vcpu, i), size, &v, t))
        return false;
    *value = (uint32_t)v;
    return true;
}

bool ia32_v_operand_set(struct vcpu *vcpu, const struct ia32_decoded *i, unsigned size, uint32_t value, struct trap *t)
{
    if (i->rm_is_memory)
        return ia32_v_store_in(vcpu, i->seg, ia32_v_address(vcpu, i), size, value, t);
    ia32_v_reg_set(vcpu, i->rm, size, value);
    return true;
}
