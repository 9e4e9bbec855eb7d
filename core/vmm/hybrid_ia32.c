/* hybrid_ia32.c - the private interpreter of an IA-32 VM: a CPU of the VMM's own on the VM's memory, ports and devices, and what changes hands
 * between it and the VMM. See hybrid.c for who uses it when.
 *
 * That is every register of the instruction set's table; what differs is written. What the interpreter orders of its TLB while it runs, the
 * shadow is told when the VMM has the state again; and its TLB knows nothing of before when it is given the state.
 */
#include "core/vmm/memory.h"
#include "core/vmm/virtual_ia32.h"

/* Modes that the monitor runs directly: the interpreter stops when it comes to one. */
static unsigned direct_modes(const struct vcpu *vcpu)
{
    const unsigned user = 1u << IA_RING3, v86 = virtual_of_const(vcpu)->in_guest_mode ? 1u << IA_V86 : 0;

    return vcpu->vm->config.monitor == VMM_HYBRID ? user : user | v86 | 1u << IA_RING0 | 1u << IA_RING1 | 1u << IA_RING2;
}

int ia32_interpreter_create(struct vcpu *vcpu, struct machine **out)
{
    struct ia32_config config = virtual_of(vcpu)->config;

    config.yields = direct_modes(vcpu);
    return ia32_create_with(out, vcpu->machine.phys, vcpu->machine.ports, &config, vcpu->host->engine);
}

/* Ring 3 sees its flags as they are while the guest has these clear. (With IOPL 3 it may also reach ports, and shut out
 * interrupts.) */
static bool keeps_flags(const struct vcpu *vcpu)
{
    const uint64_t open = EFLAGS_IOPL | EFLAGS_VIF | EFLAGS_VIP;
    const uint64_t flags = vcpu->interpreting ? machine_get(vcpu->interpreter, IA_EFLAGS) : ia32_v_flags(vcpu);

    return !ia32_runs_ring3_alone(vcpu) || !(flags & open);
}

bool ia32_interprets(const struct vcpu *vcpu)
{
    const enum ia32_mode mode = vcpu->interpreting ? (enum ia32_mode)machine_get(vcpu->interpreter, MACHINE_MODE) : ia32_v_mode(vcpu);

    if (!(direct_modes(vcpu) >> mode & 1) || (mode == IA_RING3 && !keeps_flags(vcpu)))
        return true;
    return vcpu->translator && mode < IA_RING3 && !ia32_translatable(vcpu);
}

static void copy(const struct machine *from, struct machine *to, reg_t reg)
{
    const uint64_t value = machine_get(from, reg);

    if (machine_get(to, reg) != value)
        machine_set(to, reg, value);
}

/* The mode first, for it is a part of CR0 and EFLAGS, too. */
void ia32_registers_copy(const struct machine *from, struct machine *to)
{
    const struct isa *isa = from->isa;

    copy(from, to, MACHINE_MODE);
    for (unsigned n = 0; n < isa->reg_count; n++)
        copy(from, to, isa->regs[n].reg);
    machine_set(to, MACHINE_RESUME, machine_get(from, MACHINE_RESUME));
}

void ia32_interpreter_enter(struct vcpu *vcpu)
{
    struct machine *m = vcpu->interpreter;

    machine_set(m, MACHINE_CLOCK, vcpu_clock(vcpu));
    machine_set(m, MACHINE_RETIRED, vcpu_retired(vcpu));
    ia32_registers_copy(&vcpu->machine, m);
    machine_fence(m, &(struct fence){0});
    virtual_of(vcpu)->fences_seen = ia32_fences(m);
}

void ia32_interpreter_leave(struct vcpu *vcpu)
{
    if (ia32_fences(vcpu->interpreter) != virtual_of(vcpu)->fences_seen)
        memory_fence(vcpu, &(struct fence){0});
    ia32_registers_copy(vcpu->interpreter, &vcpu->machine);
}
