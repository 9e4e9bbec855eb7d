/* dispatcher.c - D of CP = <D, A, {v_i}> [PG74 p.416]: the guest runs on the host, in its user mode, until a trap; D asks whose
 * trap it is. It knows no instruction and no instruction set: the trap's reason class, the table of the v_i and the virtual
 * machine's state decide.
 */
#include "core/vmm/vm.h"

/* May the guest go on in the host? Only de-privileged: without this nothing else here means anything. */
static bool deprivileged(struct vm *vm)
{
    if (LIKELY(machine_get(vm->host, MACHINE_MODE) == vm->isa->mode_user))
        return true;
    vm_stop(vm, "the host machine is not in user mode: the guest would run with real privilege");
    return false;
}

/* Up to the end of the budget, but no further than the virtual machine's own timer: that is when an interrupt may be due. */
static void run_host(struct vm *vm, uint64_t end, uint64_t *retired, struct trap *t)
{
    uint64_t before = *retired, budget = end - before, clock = vm_clock(vm), wake = vm->isa->wake(vm);

    if (wake > clock && wake - clock < budget)
        budget = wake - clock;
    if (!deprivileged(vm)) {
        *t = (struct trap){.kind = TRAP_STOP, .row = INSN_NONE};
        return;
    }
    machine_run_to(vm->host, budget, retired, t);
    vm->stats.direct += *retired - before;
}

static void count(struct vm *vm, const struct trap *t)
{
    vm->stats.by_reason[t->reason]++;
    if (t->cause < sizeof vm->stats.by_cause / sizeof *vm->stats.by_cause)
        vm->stats.by_cause[t->cause]++;
}

/* On a host that is a VM, that one's D has passed the trap on. */
void vm_uncount(struct vm *vm, enum trap_reason reason, uint64_t cause, unsigned row)
{
    for (;; vm = vm_of(vm->host), vm->stats.reflected--) {
        vm->stats.by_reason[reason]--;
        if (cause < sizeof vm->stats.by_cause / sizeof *vm->stats.by_cause)
            vm->stats.by_cause[cause]--;
        if (reason == REASON_PRIVILEGE)
            vm->v_i_runs[row]--;
        if (!machine_is_vm(vm->host))
            return;
    }
}

static enum vm_owner whose_exception(struct vm *vm, const struct trap *t)
{
    enum pt_kind kind;

    count(vm, t);
    if (LIKELY(t->reason == REASON_PRIVILEGE) && vm_has_v_i(vm, t))
        return VM_OWNER_V_I;
    return t->reason == REASON_RESOURCE && vm->shadow && vm->isa->fault_kind(t, &kind) ? VM_OWNER_SHADOW : VM_OWNER_GUEST;
}

static enum vm_owner whose(struct vm *vm, const struct trap *t)
{
    if (LIKELY(t->kind == TRAP_EXCEPTION))
        return whose_exception(vm, t);
    switch (t->kind) {
    case TRAP_NONE:
    case TRAP_BUDGET: /* the host's slice ended: perhaps ours has not */
    case TRAP_YIELD:
    case TRAP_EXCEPTION: break;
    case TRAP_STOP:
    case TRAP_TRIGGER: return VM_OWNER_GUEST;
    case TRAP_INTERRUPT: /* K lets the host take none */
        vm_stop(vm, "the host machine does not keep to the VMM's configuration");
        break;
    case TRAP_WAIT: /* a wait is privileged, by K or by the machine; here it was not */
        vm_stop(vm, "the guest made the host machine itself wait or halt: there the instruction is not privileged");
        break;
    }
    return VM_OWNER_NOBODY;
}

/* What a v_i did without a trap of the virtual machine counts as the instruction that it is. */
static void emulate(struct vm *vm, struct trap *t)
{
    const unsigned row = t->row;
    const uint64_t cause = t->cause;

    vm->v_i_runs[row]++;
    vm->isa->v[row](vm, t);
    if (LIKELY(t->kind == TRAP_NONE || t->kind == TRAP_WAIT)) {
        vm_retire(vm, &vm->stats.emulated);
    } else if (t->kind == TRAP_TRIGGER) {
        vm_uncount(vm, REASON_PRIVILEGE, cause, row);
    }
}

static void reflect(struct vm *vm, struct trap *t)
{
    if (t->kind == TRAP_EXCEPTION)
        vm->isa->reflect(vm, t);
    else if (t->kind == TRAP_TRIGGER)
        vm_trigger_reflect(vm, t);
}

/* A trap of the virtual machine that the host did not take first: an interrupt, or one met while interpreting. */
static void observe_if_own(struct vm *vm, const struct trap *t)
{
    if (UNLIKELY(vm->observers) && (t->kind == TRAP_EXCEPTION || t->kind == TRAP_INTERRUPT))
        observe_own(vm, t);
}

/* t: the host's trap; what D makes of it. */
static void decide(struct vm *vm, struct trap *t)
{
    enum vm_owner owner = whose(vm, t);

    if (UNLIKELY(vm->event))
        vm->event->owner = owner;
    switch (owner) {
    case VM_OWNER_NOBODY: t->kind = TRAP_NONE; break;
    case VM_OWNER_V_I: emulate(vm, t); break;
    case VM_OWNER_SHADOW:
    case VM_OWNER_DEVICE: memory_fault(vm, t); break; /* which of the two it finds out */
    case VM_OWNER_GUEST: reflect(vm, t); break;
    }
}

/* The same, while somebody looks. */
static void decide_observed(struct vm *vm, struct trap *t)
{
    struct vm_event event;

    if (t->kind == TRAP_NONE || t->kind == TRAP_BUDGET || t->kind == TRAP_YIELD || t->kind == TRAP_TRIGGER) {
        decide(vm, t);
        return;
    }
    observe_begin(vm, t, &event);
    decide(vm, t);
    if (t->kind == TRAP_TRIGGER) /* before anything was done: it all comes again */
        vm->event = NULL;
    else
        observe_end(vm, t);
}

/* Somebody who looks wants the owner to have a look, too. */
static void pause_if_asked(struct vm *vm, struct trap *t)
{
    if (vm->pausing && t->kind == TRAP_NONE)
        *t = (struct trap){.kind = TRAP_YIELD, .row = INSN_NONE};
    vm->pausing = false;
}

/*T:310 D, the dispatcher. The guest's instructions run on the host itself until one of them traps. The trap is a value; D looks at it
 * and gives it to whom it belongs. What the virtual machine itself would trap on is returned: whoever owns it decides, as he would
 * for a bare machine. :*/
void vmm_dispatch(struct vm *vm, uint64_t budget, uint64_t *retired, struct trap *t)
{
    uint64_t end = budget > UINT64_MAX - *retired ? UINT64_MAX : *retired + budget;

    schedule_switch(vm);
    t->kind = TRAP_NONE;
    while (t->kind == TRAP_NONE && !vm->why_stopped) {
        if (vm->interpreter && hybrid_run(vm, end, retired, t)) {
            observe_if_own(vm, t);
            continue;
        }
        if (vm->isa->interrupt(vm, t)) {
            observe_if_own(vm, t);
            break;
        }
        if (*retired == end) {
            *t = (struct trap){.kind = TRAP_BUDGET, .row = INSN_NONE};
            return;
        }
        if (hybrid_interprets(vm)) {
            *t = hybrid_step(vm);
            observe_if_own(vm, t);
            continue;
        }
        if (vm->resource_changed)  /* by a v_i, or by the owner */
            allocator_install(vm); /* A */
        run_host(vm, end, retired, t);
        if (LIKELY(!vm->observers)) {
            decide(vm, t);
        } else {
            decide_observed(vm, t);
            pause_if_asked(vm, t);
        }
    }
    if (vm->why_stopped)
        *t = (struct trap){.kind = TRAP_STOP, .row = INSN_NONE};
    else
        vm->stats.reflected += t->kind == TRAP_EXCEPTION;
}
