/* trigger.c - a virtual machine's triggers. The guest runs on the host at its own virtual addresses, so the host's triggers watch it:
 * virtual ranges are passed down as they are, physical ones mapped by f. Slot s of the virtual machine is slot s + TRIGGER_SLOTS_KEPT of
 * the host; the host's owner has those below. They are there while the VM has the host (schedule.c).
 *
 * What the VMM itself carries out for the guest, a v_i or an interpreted access, is looked at here, against the same set. How far the
 * instruction has come is the host's MACHINE_RESUME, whoever looks: so nothing is reported twice, and nothing is missed.
 */
#include "core/vmm/vm.h"

#include <assert.h>

/* The part of the trigger that lies in the guest's RAM, where that is in the host. false: it has none; devices are the VMM's. */
static bool map_physical(const struct vm *vm, const struct trigger *t, struct trigger *out)
{
    uint64_t last = t->at + (t->length - 1), ram_last = vm->config.ram_base + (vm->config.ram_size - 1);
    gpa_t first = {t->at > vm->config.ram_base ? t->at : vm->config.ram_base};
    hpa_t host;

    if (last > ram_last)
        last = ram_last;
    if (first.v > last || !vmmap_physical(vm, first, &host))
        return false;
    *out = *t;
    out->at = host.v;
    out->length = last - first.v + 1;
    return true;
}

static int pass_down(struct vm *vm, unsigned slot, const struct trigger *t)
{
    struct trigger mapped;

    if (t && t->physical)
        t = map_physical(vm, t, &mapped) ? &mapped : NULL;
    return machine_trigger(vm->host, slot + TRIGGER_SLOTS_KEPT, t);
}

int vm_trigger(struct machine *m, unsigned slot, const struct trigger *t)
{
    struct vm *vm = vm_of(m);
    int failed = trigger_set_put(&vm->triggers, slot, t);

    if (!failed && vm->vmm->current == vm) {
        failed = pass_down(vm, slot, t);
        assert(!failed); /* what is valid here is valid there */
    }
    if (!failed && vm->interpreter) { /* the same places, for it sees the guest's own memory */
        failed = machine_trigger(vm->interpreter, slot, t);
        assert(!failed);
    }
    return failed;
}

static void triggers_move(struct vm *vm, bool to_host)
{
    for (unsigned n = 0; n < vm->triggers.count; n++) {
        unsigned slot = vm->triggers.used[n];
        int failed = pass_down(vm, slot, to_host ? &vm->triggers.slot[slot] : NULL);
        assert(!failed);
        (void)failed;
    }
}

void vm_triggers_enter(struct vm *vm) { triggers_move(vm, true); }
void vm_triggers_leave(struct vm *vm) { triggers_move(vm, false); }

/* --- What matches */

uint64_t vm_resume(const struct vm *vm) { return trigger_resume_down(vm_identity_get(vm, MACHINE_RESUME), TRIGGER_SLOTS_KEPT); }

void vm_resume_set(struct vm *vm, uint64_t resume)
{
    vm_identity_set(vm, MACHINE_RESUME, trigger_resume_up(resume, TRIGGER_SLOTS_KEPT));
}

bool vm_trigger_match(struct vm *vm, const struct trigger_step *step, gva_t va, struct trap *t)
{
    uint64_t resume;

    if (LIKELY(!vm->triggers.count))
        return false;
    resume = vm_resume(vm);
    if (!trigger_set_match(&vm->triggers, step, &resume, t))
        return false;
    vm_resume_set(vm, resume);
    t->tval = va.v;
    return true;
}

/* The host's trigger is one that this VM has passed down, or its owner's. */
void vm_trigger_reflect(const struct vm *vm, struct trap *t)
{
    const uint64_t below = t->cause >> TRIGGER_BELOW_SHIFT;

    if (!below && t->cause >= TRIGGER_SLOTS_KEPT && vm->triggers.slot[t->cause - TRIGGER_SLOTS_KEPT].kinds)
        t->cause -= TRIGGER_SLOTS_KEPT;
    else
        t->cause += UINT64_C(1) << TRIGGER_BELOW_SHIFT;
}
