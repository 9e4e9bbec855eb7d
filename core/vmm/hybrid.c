/* hybrid.c - Theorem 3: the hybrid virtual machine monitor [PG74]. What a guest executes in a virtual privileged mode is
 * interpreted, every instruction of it; virtual user code alone runs directly.
 *
 * It needs less of the machine than trap and emulate does: an instruction may be sensitive and not trap, if only it is not so in user
 * mode. Then it never meets the guest's kernel: there the v_i does what the instruction means (for a row that has one) or its
 * body does, over the *virtual* machine's registers. The price is efficiency.
 */
#include "core/vmm/vm.h"

/* The host's registers are this VM's meanwhile, as if it ran there; what A has to install can wait until it does. A register that a
 * host keeps only while it runs (a reservation) must stay, too, so the host is made to: it may have to change places with others. */
struct trap hybrid_step(struct vm *vm)
{
    uint64_t none = 0;

    if (*vm->running == vm->running_start)
        (void)machine_run(vm->host, 0, &none).kind;
    return memory_interpret(vm, &(struct trap){.kind = TRAP_NONE, .row = INSN_NONE});
}
