/* interpret.c - one instruction of the guest, access by access, where no leaf of the shadow can express what it does: with the bodies the
 * CPU itself uses, over the virtual machine's registers and its physical address space.
 */
#include "core/vmm/interpret.h"

#include "core/vmm/identity.h"
#include "core/vmm/reach.h"
#include "core/vmm/trigger.h"
#include "mmu/phys.h"

#include <string.h>

/* What its accesses are made through.
 * Who calls whom, for one load that the shadow cannot express:
 *
 *    memory_fault()  ->  interpret_instruction()  ->  isa->interpret()        the CPU's body for the row
 *                                                        | load(va, size)
 *                        access_load()            <------'
 *                          watched()              triggers by virtual address, the owner's and the guest's
 *                          parts_reach()          the guest's tables and protection, each part; triggers by physical address
 *                          part_load()            the VM's RAM, or its device
 *
 * All that can be refused is asked before anything is read or written, so that an instruction that traps has
 * changed nothing. */
struct access {
    struct vcpu *vcpu;
    bool device;   /* it touched one */
    unsigned done; /* accesses before this one, as triggers count them */
};

/* An access in at most two parts, one on each page. Without pages there is one part. */
struct part {
    gva_t va;
    gpa_t pa;
    unsigned size;
    const struct phys_range *range;
};

/* Where addresses are not translated by pages, an access of one cell has one part, whatever its address. */
static unsigned split(const struct access *a, gva_t va, unsigned size, struct part part[2])
{
    unsigned room = (unsigned)(PAGE_SIZE - (va.v & (PAGE_SIZE - 1)));
    unsigned first = size < room || !a->vcpu->shadow ? size : room;

    part[0] = (struct part){.va = va, .size = first};
    part[1] = (struct part){.va = {va.v + first}, .size = size - first};
    return size > first ? 2 : 1;
}

/* A trigger of the guest's own, which comes before translation, and after its owner's. */
static bool breakpoint(struct vcpu *vcpu, unsigned kinds, gva_t va, unsigned size, struct trap *t)
{
    return vcpu->isa->breakpoint && vcpu->isa->breakpoint(vcpu, kinds, va, size, t);
}

/* Does a trigger want to see this access first? By virtual address: before translation. */
static bool watched(struct access *a, unsigned kinds, gva_t va, unsigned size, struct trap *t)
{
    const struct trigger_step step = {.kinds = kinds, .step = a->done + 1, .at = va.v, .size = size / a->vcpu->isa->cell};

    return vcpu_trigger_match(a->vcpu, &step, va, t) || breakpoint(a->vcpu, kinds, va, size, t);
}

/* Of an atomic access that is not aligned, which is refused otherwise. */
static bool access_before(void *ctx, va_t va, unsigned size, unsigned kinds, struct trap *t)
{
    const struct access *a = ctx;

    return !breakpoint(a->vcpu, kinds, (gva_t){va}, size, t);
}

/* By physical address, which is known now. */
static bool parts_watched(struct access *a, unsigned kinds, const struct part *part, unsigned count, struct trap *t)
{
    struct trigger_step step = {.kinds = kinds, .step = a->done + 1, .physical = true, .at = part->pa.v, .size = part->size};

    if (count > 1) {
        step.rest = part[1].pa.v;
        step.rest_size = part[1].size;
    }
    return vcpu_trigger_match(a->vcpu, &step, part->va, t);
}

/* All parts are checked before any is accessed. A device answers aligned accesses only, and whole ones. */
static bool parts_reach(struct access *a, struct part *part, unsigned count, unsigned kinds, struct trap *t)
{
    const enum pt_kind kind = kinds & TRIGGER_STORE ? PT_WRITE : PT_READ;

    for (unsigned i = 0; i < count; i++) {
        struct part *p = &part[i];
        p->range = reach_range(a->vcpu, p->va, p->size, kind, &p->pa, t);
        if (!p->range || (count == 1 && parts_watched(a, kinds, part, 1, t)))
            return false;
        if ((p->range->io && count > 1) || p->range->size - (p->pa.v - p->range->base) < p->size) {
            *t = a->vcpu->isa->access_fault(kind, p->va);
            return false;
        }
    }
    return count == 1 || !parts_watched(a, kinds, part, count, t);
}

static bool part_load(struct access *a, const struct part *p, uint64_t *value, struct trap *t)
{
    *value = 0;
    if (p->range->ram) {
        memcpy(value, ram_host(p->range->ram) + p->range->ram_offset + (p->pa.v - p->range->base), p->size);
        return true;
    }
    if (phys_load(a->vcpu->machine.phys, p->pa.v, p->size, value)) {
        a->device = true;
        return true;
    }
    *t = a->vcpu->isa->access_fault(PT_READ, p->va);
    return false;
}

/* A store of the guest's own does not end its reservation, but ram_written() would: it is put back. */
static bool part_store(struct access *a, const struct part *p, uint64_t value, struct trap *t)
{
    if (p->range->ram) {
        uint64_t offset = p->range->ram_offset + (p->pa.v - p->range->base);
        const uint64_t reserved = vcpu_reservation(a->vcpu);
        memcpy(ram_host(p->range->ram) + offset, &value, p->size);
        ram_written(p->range->ram, offset, p->size);
        vcpu_reservation_keep(a->vcpu, reserved);
        return true;
    }
    if (phys_store(a->vcpu->machine.phys, p->pa.v, p->size, value)) {
        a->device = true;
        return true;
    }
    *t = a->vcpu->isa->access_fault(PT_WRITE, p->va);
    return false;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are copied as the guest's bytes lie");

static bool access_load(void *ctx, va_t va, unsigned size, uint64_t *value, struct trap *t)
{
    struct access *a = ctx;
    struct part part[2];
    unsigned count = split(a, (gva_t){va}, size, part);
    uint64_t low, high = 0;

    if (watched(a, TRIGGER_LOAD, part[0].va, size, t) || !parts_reach(a, part, count, TRIGGER_LOAD, t))
        return false;
    if (!part_load(a, &part[0], &low, t) || (count > 1 && !part_load(a, &part[1], &high, t)))
        return false;
    a->done++;
    *value = count > 1 ? low | high << (8 * part[0].size) : low;
    return true;
}

static bool access_store(void *ctx, va_t va, unsigned size, uint64_t value, struct trap *t)
{
    struct access *a = ctx;
    struct part part[2];
    unsigned count = split(a, (gva_t){va}, size, part);

    if (watched(a, TRIGGER_STORE, part[0].va, size, t) || !parts_reach(a, part, count, TRIGGER_STORE, t))
        return false;
    if (!part_store(a, &part[0], value, t))
        return false;
    a->done++;
    return count == 1 || part_store(a, &part[1], value >> (8 * part[0].size), t);
}

/* Atomics are for RAM: no device here promises more than plain reads and writes.
 * The two steps of LR and SC go by the physical address: a reservation is of memory, not of a virtual address. */
static bool atomic_reach(struct access *a, gva_t va, unsigned size, unsigned kinds, pa_t *pa, struct trap *t)
{
    struct part part = {.va = va, .size = size};

    if (watched(a, kinds, va, size, t) || !parts_reach(a, &part, 1, kinds, t))
        return false;
    if (part.range->io) {
        *t = a->vcpu->isa->access_fault(kinds & TRIGGER_STORE ? PT_WRITE : PT_READ, va);
        return false;
    }
    *pa = part.pa.v;
    return true;
}

static bool access_physical(void *ctx, va_t va, unsigned size, bool write, pa_t *pa, struct trap *t)
{
    return atomic_reach(ctx, (gva_t){va}, size, write ? TRIGGER_STORE : TRIGGER_LOAD, pa, t);
}

static bool access_amo(void *ctx, va_t va, unsigned size, uint64_t (*combine)(uint64_t old, uint64_t operand, unsigned size),
                       uint64_t operand, uint64_t *old, struct trap *t)
{
    struct access *a = ctx;
    pa_t pa;

    if (!atomic_reach(a, (gva_t){va}, size, TRIGGER_LOAD | TRIGGER_STORE, &pa, t))
        return false;
    const uint64_t reserved = vcpu_reservation(a->vcpu);
    bool done =
        phys_load(a->vcpu->machine.phys, pa, size, old) && phys_store(a->vcpu->machine.phys, pa, size, combine(*old, operand, size));
    vcpu_reservation_keep(a->vcpu, reserved);
    return done;
}

/* The instruction at pc in its units: what follows the first is fetched only if there is more of it, for it may lie in another
 * page, or in none.
 * *length grows as bytes come: how long an instruction is stands in its first unit on some sets, later on others. */
bool interpret_fetch(struct vcpu *vcpu, gva_t pc, insn_t *bits, unsigned *length, struct trap *t)
{
    const unsigned unit = vcpu->isa->fetch_unit;
    const struct phys_range *r;
    gpa_t pa;

    *bits = 0;
    for (unsigned done = 0;; done += unit) {
        uint64_t part;
        if (done > 0)
            (void)machine_decode(&vcpu->machine, *bits, length);
        if (done > 0 && done >= *length)
            return true;
        gva_t va = {pc.v + done};
        r = reach_range(vcpu, va, unit, PT_FETCH, &pa, t);
        if (!r)
            return false;
        if (!phys_load(vcpu->machine.phys, pa.v, unit, &part)) {
            *t = vcpu->isa->access_fault(PT_FETCH, va);
            return false;
        }
        *bits |= (insn_t)part << (8 * done);
    }
}

/* The fetch of the instruction at pc. That the host does not fetch what it cannot reach says nothing about physical addresses. */
static bool fetch_watched(struct vcpu *vcpu, gva_t pc, struct trap *t)
{
    struct trigger_step step = {.kinds = TRIGGER_EXECUTE, .at = pc.v, .size = 1};
    struct trap fault;
    gpa_t pa;

    if (vcpu_trigger_match(vcpu, &step, pc, t) || breakpoint(vcpu, TRIGGER_EXECUTE, pc, 1, t))
        return true;
    if (LIKELY(!vcpu->triggers.count))
        return false;
    if (!reach_range(vcpu, pc, vcpu->isa->fetch_unit, PT_FETCH, &pa, &fault)) /* that will show */
        return false;
    step.physical = true;
    step.at = pa.v;
    step.size = vcpu->isa->cell;
    return vcpu_trigger_match(vcpu, &step, pc, t);
}

/* `at` names the instruction. A privileged row has its v_i here as everywhere. */
static struct trap interpret(struct vcpu *vcpu, const struct trap *at, struct access *a)
{
    const struct interpret_memory memory = {
        .load = access_load, .store = access_store, .amo = access_amo, .physical = access_physical, .before = access_before, .ctx = a};
    const struct isa *isa = vcpu->machine.isa;

    if (vcpu_has_v_i(vcpu, at)) {
        struct trap t = *at;
        vcpu->isa->v[at->row](vcpu, &t);
        vcpu->v_i_runs[at->row] += t.kind != TRAP_TRIGGER;
        return t;
    }
    if (at->row < isa->row_count && isa->rows[at->row].traps == TRAPS_REQUESTED)
        return vcpu->isa->requested(vcpu, at);
    return isa->interpret(&vcpu->machine, trap_insn(at), &memory);
}

/* What D could not know when it began: which instruction it was, and that it went to a device. */
static void tell_interpreted(struct vcpu *vcpu, const struct trap *at, bool device)
{
    struct vm_event *event = vcpu->event;

    event->owner = vcpu_has_v_i(vcpu, at) ? VM_OWNER_V_I : device ? VM_OWNER_DEVICE : VM_OWNER_SHADOW;
    event->trap.row = at->row;
    event->trap.length = at->length;
    trap_insn_set(&event->trap, trap_insn(at));
}

/* `t` is the host's trap: with row and bits, when the host had fetched the instruction; without, when the fetch was
 * what failed. */
struct trap interpret_instruction(struct vcpu *vcpu, const struct trap *t)
{
    struct trap at = {.kind = TRAP_EXCEPTION, .reason = REASON_PRIVILEGE, .row = t->row, .length = t->length};
    struct access a = {.vcpu = vcpu};
    struct trap out = {.row = INSN_NONE};

    trap_insn_set(&at, trap_insn(t));
    if (at.length == 0) { /* the host could not fetch it */
        unsigned length;
        insn_t bits;
        gva_t pc = {machine_get(&vcpu->machine, MACHINE_PC)};
        if (fetch_watched(vcpu, pc, &out) || !interpret_fetch(vcpu, pc, &bits, &length, &out))
            return out;
        at.row = (uint16_t)machine_decode(&vcpu->machine, bits, &length);
        at.length = (uint8_t)length;
        trap_insn_set(&at, bits);
        if (vcpu_trigger_match(vcpu, &(struct trigger_step){.kinds = TRIGGER_OPCODE, .bits = bits}, pc, &out))
            return out;
    }
    out = interpret(vcpu, &at, &a);
    vcpu->stats.device_accesses += a.device;
    if (UNLIKELY(vcpu->event))
        tell_interpreted(vcpu, &at, a.device);
    if (out.kind == TRAP_EXCEPTION || out.kind == TRAP_TRIGGER) {
        out.row = at.row;
        out.length = at.length;
        trap_insn_set(&out, trap_insn(&at));
    } else {
        vcpu_retire(vcpu, vcpu_has_v_i(vcpu, &at) ? &vcpu->stats.emulated : &vcpu->stats.interpreted);
    }
    if (out.kind == TRAP_NONE && a.device)
        out = (struct trap){.kind = TRAP_YIELD, .row = INSN_NONE};
    return out;
}

/* For instructions on cache blocks, which are aligned down to one and name the address that was given in a fault. */
bool interpret_block(struct vcpu *vcpu, gva_t va, unsigned size, bool zero, struct trap *t)
{
    struct access a = {.vcpu = vcpu};
    struct part part = {.va = {va.v & ~(uint64_t)(size - 1)}, .size = size};
    bool reached;

    if (zero)
        reached = !watched(&a, TRIGGER_STORE, part.va, size, t) && parts_reach(&a, &part, 1, TRIGGER_STORE, t);
    else
        reached = !breakpoint(vcpu, TRIGGER_STORE, part.va, size, t) &&
                  (reach_range(vcpu, part.va, size, PT_READ, &part.pa, t) || reach_range(vcpu, part.va, size, PT_WRITE, &part.pa, t));

    if (reached && zero && part.range->io) {
        *t = vcpu->isa->access_fault(PT_WRITE, va);
        return false;
    }
    for (unsigned done = 0; reached && zero && done < size; done += 8) {
        const struct part word = {.va = part.va, .pa = {part.pa.v + done}, .size = 8, .range = part.range};
        reached = part_store(&a, &word, 0, t);
    }
    if (!reached)
        t->tval = va.v;
    return reached;
}
