/* operations.c - a virtual machine is a machine: the operations of one, which are those of a virtual CPU.
 *
 * Every operation asks the virtual state first (isa->get, isa->set) and hands on what is identity. Time is kept here: instructions that
 * ran on the host, that a v_i emulated and that were interpreted are one count, and `retired` is passed down, so that machines below
 * machines share it.
 */
#include "core/vmm/allocator.h"
#include "core/vmm/create.h"
#include "core/vmm/dispatcher.h"
#include "core/vmm/identity.h"
#include "core/vmm/memory.h"
#include "core/vmm/translator.h"
#include "core/vmm/trigger.h"
#include "mmu/phys.h"

/* `retired` is the caller's count, which the machines below add to as well: so all levels agree on how much has
 * been done, and vcpu_ran() is a difference. */
static void run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *out)
{
    struct vcpu *vcpu = vcpu_of(m);

    vcpu->running = retired;
    vcpu->running_start = *retired;
    vmm_dispatch(vcpu, budget, retired, out);
    vcpu->clock_base += vcpu_ran(vcpu);
    vcpu->retired_base += vcpu_ran(vcpu);
    vcpu->running = NULL;
}

/* Three places where a register may be: the interpreter, if it has the vcpu now; the virtual state; the host, for
 * identity registers. */
static uint64_t get(const struct machine *m, reg_t reg)
{
    const struct vcpu *vcpu = vcpu_of_const(m);
    bool handled;
    uint64_t value;

    if (vcpu->interpreting)
        return machine_get(vcpu->interpreter, reg);
    switch (reg) {
    case MACHINE_CLOCK: return vcpu_clock(vcpu);
    case MACHINE_RETIRED: return vcpu_retired(vcpu);
    case MACHINE_WAKE: return vcpu->isa->wake(vcpu);
    case MACHINE_RESUME: return vcpu_resume(vcpu);
    default: break;
    }
    value = vcpu->isa->get(vcpu, reg, &handled);
    return handled ? value : vcpu_identity_get(vcpu, reg);
}

/* The registers of x and f are all identity, so that a block of them is one question to the host. */
static void get_block(const struct machine *m, reg_t first, unsigned count, uint64_t *out)
{
    const struct vcpu *vcpu = vcpu_of_const(m);

    if (vcpu->interpreting) {
        machine_get_block(vcpu->interpreter, first, count, out);
        return;
    }
    if (vcpu_on_host(vcpu) && first < vcpu->isa->identity_block && count <= vcpu->isa->identity_block - first) {
        machine_get_block(vcpu->host, first, count, out);
        return;
    }
    for (unsigned i = 0; i < count; i++)
        out[i] = get(m, first + i);
}

/* The clock and the count are kept here whoever executes, and given to the interpreter too, which goes on from
 * there. */
static void set(struct machine *m, reg_t reg, uint64_t value)
{
    struct vcpu *vcpu = vcpu_of(m);
    bool handled;

    if (reg == MACHINE_CLOCK)
        vcpu->clock_base = value - vcpu_ran(vcpu);
    else if (reg == MACHINE_RETIRED)
        vcpu->retired_base = value - vcpu_ran(vcpu);
    if (vcpu->interpreting) {
        machine_set(vcpu->interpreter, reg, value);
        return;
    }
    switch (reg) {
    case MACHINE_CLOCK:
    case MACHINE_RETIRED:
    case MACHINE_WAKE: return;
    case MACHINE_RESUME: vcpu_resume_set(vcpu, value); return;
    default:
        vcpu->isa->set(vcpu, reg, value, &handled);
        if (!handled)
            vcpu_identity_set(vcpu, reg, value);
    }
}

/* A virtual CPU has the registers that its host has: the same instruction set, in the same configuration. */
static bool has(const struct machine *m, reg_t reg) { return machine_has(vcpu_of_const(m)->host, reg); }

/* RAM comes in pages; the guest's may end within its last one, and does so for its owner, too. */
static bool beyond_end(const struct machine *m, pa_t pa, size_t size)
{
    const struct vm_config *c = &vcpu_of_const(m)->vm->config;
    uint64_t offset = pa - c->ram_base;

    return offset < align_up(c->ram_size, PAGE_SIZE) && (offset > c->ram_size || size > c->ram_size - offset);
}

static int load(const struct machine *m, pa_t pa, void *to, size_t size)
{
    return beyond_end(m, pa, size) ? -EFAULT : phys_read(m->phys, pa, to, size);
}

static int store(struct machine *m, pa_t pa, const void *from, size_t size)
{
    return beyond_end(m, pa, size) ? -EFAULT : phys_write(m->phys, pa, from, size);
}

/* Cold: the owner's, by whom all that was derived is to go. Else it is the guest's own kind of fence, about its own
 * tables. */
static void fence(struct machine *m, const struct fence *f)
{
    struct vcpu *vcpu = vcpu_of(m);

    if (vcpu->interpreter)
        machine_fence(vcpu->interpreter, f);
    if (f->cold) {
        translator_forgets(vcpu);
        allocator_forget(vcpu);
    } else {
        memory_fence(vcpu, f);
    }
}

static void enter(struct machine *m, const struct trap *t)
{
    struct vcpu *vcpu = vcpu_of(m);

    if (vcpu->interpreting)
        vcpu->interpreter->ops->enter(vcpu->interpreter, t);
    else
        vcpu->isa->enter(vcpu, t);
}

static enum delivery deliver(struct machine *m, struct trap *t)
{
    struct vcpu *vcpu = vcpu_of(m);

    return vcpu->interpreting ? m->isa->deliver(vcpu->interpreter, t) : vcpu->isa->deliver(vcpu, t);
}

/* The wires go to both, whoever has the state. */
static void irq(struct machine *m, unsigned line, bool level)
{
    struct vcpu *vcpu = vcpu_of(m);

    if (vcpu->interpreter)
        machine_irq(vcpu->interpreter, line, level);
    vcpu->isa->irq(vcpu, line, level);
}

static const char *stopped(const struct machine *m)
{
    const struct vcpu *vcpu = vcpu_of_const(m);

    return vcpu->why_stopped ? vcpu->why_stopped : machine_stopped(vcpu->host);
}

/* Like power-on of the real one: virtual state, no time yet, and a shadow that knows nothing. Memory stays, as it
 * does there. */
static void reset(struct machine *m)
{
    struct vcpu *vcpu = vcpu_of(m);

    vcpu->interpreting = false;
    if (vcpu->interpreter)
        machine_reset(vcpu->interpreter);
    translator_forgets(vcpu);
    vcpu->isa->reset(vcpu);
    vcpu->resource_changed = true;
    vcpu->why_stopped = NULL;
    vcpu->retired_base = 0;
    vcpu->clock_base = 0;
    if (vcpu->shadow)
        shadow_drop_all(vcpu->shadow);
}

const struct machine_ops vcpu_ops = {
    .run = run,
    .get = get,
    .set = set,
    .has = has,
    .enter = enter,
    .deliver = deliver,
    .get_block = get_block,
    .load = load,
    .store = store,
    .fence = fence,
    .irq = irq,
    .stopped = stopped,
    .reset = reset,
    .trigger = vcpu_trigger,
    .destroy = vcpu_destroy,
};

/* --- For the owner */

bool machine_is_vm(const struct machine *m) { return m->ops == &vcpu_ops; }
struct machine *vm_host(const struct machine *m) { return vcpu_of_const(m)->host; }
const char *vm_k(const struct machine *m) { return vcpu_of_const(m)->isa->k; }

const struct vm_k_row *vm_k_row(const struct machine *m, unsigned index)
{
    const struct vm_k_row *rows = vcpu_of_const(m)->isa->k_rows;
    return rows && rows[index].name ? &rows[index] : NULL;
}
