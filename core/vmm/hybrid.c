/* hybrid.c - Theorem 3: the hybrid virtual machine monitor [PG74]. What a guest executes in a virtual privileged mode is
 * interpreted, every instruction of it; virtual user code alone runs directly.
 *
 * It needs less of the machine than trap and emulate does: an instruction may be sensitive and not trap, if only it is not so in user
 * mode. Then it never meets the guest's kernel. The price is efficiency, in the paper's sense: nothing of the kernel runs on the host.
 *
 * Where the instruction set has one, the interpreter is a machine of the VMM's own, on the memory and the devices of the VM. It is given
 * the VM's state when the guest enters a virtual privileged mode, and gives it back when the guest returns to user mode; between the two
 * the VM's operations are its operations, so that traps, interrupts, devices and triggers are those of any machine. Without one, each
 * instruction is interpreted by itself over the virtual machine's registers: by its v_i if it has one, by its body if not. That is
 * slow, and the way that the other is compared with.
 */
#include "core/vmm/hybrid.h"

#include "core/vmm/interpret.h"

void hybrid_settle(struct vcpu *vcpu)
{
    if (!vcpu->interpreting)
        return;
    vcpu->interpreting = false;
    vcpu->isa->interpreter_leave(vcpu);
    vcpu->resource_changed = true;
}

/*T:350 Theorem 3's machine. What the guest does in a virtual privileged mode is interpreted, all of it, and only its user mode runs on
 * the host. So an instruction that should trap and does not does no harm there. :*/
bool hybrid_run(struct vcpu *vcpu, uint64_t end, uint64_t *retired, struct trap *t)
{
    const uint64_t before = *retired;

    if (!hybrid_interprets(vcpu)) {
        hybrid_settle(vcpu);
        return false;
    }
    if (!vcpu->interpreting) {
        vcpu->isa->interpreter_enter(vcpu);
        vcpu->interpreting = true;
    }
    machine_run_to(vcpu->interpreter, end - before, retired, t);
    vcpu->stats.interpreted += *retired - before;
    if (t->kind == TRAP_YIELD && !hybrid_interprets(vcpu)) /* an xRET: nobody else's business */
        t->kind = TRAP_NONE;
    vcpu->stats.device_accesses += t->kind == TRAP_YIELD;
    return true;
}

struct trap hybrid_once(struct vcpu *vcpu)
{
    const uint64_t before = *vcpu->running;
    struct trap t;

    vcpu->isa->interpreter_enter(vcpu);
    machine_run_to(vcpu->interpreter, 1, vcpu->running, &t);
    vcpu->isa->interpreter_leave(vcpu);
    vcpu->stats.interpreted += *vcpu->running - before;
    vcpu->stats.device_accesses += t.kind == TRAP_YIELD;
    if (t.kind == TRAP_BUDGET)
        t.kind = TRAP_NONE;
    if (UNLIKELY(vcpu->event))
        vcpu->event->owner = t.kind == TRAP_YIELD ? VM_OWNER_DEVICE : VM_OWNER_SHADOW;
    return t;
}

struct trap hybrid_step(struct vcpu *vcpu) { return interpret_instruction(vcpu, &(struct trap){.kind = TRAP_NONE, .row = INSN_NONE}); }
