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
#include "core/vmm/vm.h"

void hybrid_settle(struct vm *vm)
{
    if (!vm->interpreting)
        return;
    vm->interpreting = false;
    vm->isa->interpreter_leave(vm);
    vm->resource_changed = true;
}

static bool in_user_mode(const struct vm *vm) { return machine_get(&vm->machine, MACHINE_MODE) == vm->isa->mode_user; }

bool hybrid_run(struct vm *vm, uint64_t end, uint64_t *retired, struct trap *t)
{
    const uint64_t before = *retired;

    if (in_user_mode(vm)) {
        hybrid_settle(vm);
        return false;
    }
    if (!vm->interpreting) {
        vm->isa->interpreter_enter(vm);
        vm->interpreting = true;
    }
    machine_run_to(vm->interpreter, end - before, retired, t);
    vm->stats.interpreted += *retired - before;
    if (t->kind == TRAP_YIELD && in_user_mode(vm)) /* an xRET: nobody else's business */
        t->kind = TRAP_NONE;
    vm->stats.device_accesses += t->kind == TRAP_YIELD;
    return true;
}

struct trap hybrid_step(struct vm *vm) { return memory_interpret(vm, &(struct trap){.kind = TRAP_NONE, .row = INSN_NONE}); }
