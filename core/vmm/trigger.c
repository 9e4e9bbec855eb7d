/* trigger.c - a virtual machine's triggers. The guest runs on the host at its own virtual addresses, so the host's triggers watch it:
 * virtual ranges are passed down as they are, physical ones mapped by f. Slot s of the virtual machine is slot s + TRIGGER_SLOTS_KEPT of
 * the host; the host's owner has those below. They are there while the VM has the host (schedule.c).
 *
 * What the VMM itself carries out for the guest, a v_i or an interpreted access, is looked at here, against the same set. How far the
 * instruction has come is the host's MACHINE_RESUME, whoever looks: so nothing is reported twice, and nothing is missed.
 */
#include "core/vmm/trigger.h"

#include "core/vmm/identity.h"
#include "core/vmm/translator.h"
#include "core/vmm/vmmap.h"

#include <assert.h>
#include <errno.h>

/* The part of the trigger that lies in the guest's RAM, where that is in the host. false: it has none; devices are the VMM's. */
static bool map_physical(const struct vcpu *vcpu, const struct trigger *t, struct trigger *out)
{
    uint64_t last = t->at + (t->length - 1), ram_last = vcpu->vm->config.ram_base + (vcpu->vm->config.ram_size - 1);
    gpa_t first = {t->at > vcpu->vm->config.ram_base ? t->at : vcpu->vm->config.ram_base};
    hpa_t host;

    if (last > ram_last)
        last = ram_last;
    if (first.v > last || !vmmap_physical(vcpu->vm, first, &host))
        return false;
    *out = *t;
    out->at = host.v;
    out->length = last - first.v + 1;
    return true;
}

static int pass_down(struct vcpu *vcpu, unsigned slot, const struct trigger *t)
{
    struct trigger mapped;

    if (t && t->physical)
        t = map_physical(vcpu, t, &mapped) ? &mapped : NULL;
    return machine_trigger(vcpu->host, slot + TRIGGER_SLOTS_KEPT, t);
}

int vcpu_trigger(struct machine *m, unsigned slot, const struct trigger *t)
{
    struct vcpu *vcpu = vcpu_of(m);
    if (t && t->kinds & TRIGGER_FRESH && !vcpu->isa->next)
        return -ENOTSUP;
    int failed = trigger_set_put(&vcpu->triggers, slot, t);

    translator_forgets(vcpu); /* where somebody waits decides what stands for an instruction */

    if (!failed && vcpu_on_host(vcpu)) {
        failed = pass_down(vcpu, slot, t);
        assert(!failed); /* what is valid here is valid there */
    }
    if (!failed && vcpu->interpreter) { /* the same places, for it sees the guest's own memory */
        failed = machine_trigger(vcpu->interpreter, slot, t);
        assert(!failed);
    }
    return failed;
}

static void triggers_move(struct vcpu *vcpu, bool to_host)
{
    for (unsigned n = 0; n < vcpu->triggers.count; n++) {
        unsigned slot = vcpu->triggers.used[n];
        int failed = pass_down(vcpu, slot, to_host ? &vcpu->triggers.slot[slot] : NULL);
        assert(!failed);
        (void)failed;
    }
}

void vcpu_triggers_enter(struct vcpu *vcpu) { triggers_move(vcpu, true); }
void vcpu_triggers_leave(struct vcpu *vcpu) { triggers_move(vcpu, false); }

/* --- What matches */

uint64_t vcpu_resume(const struct vcpu *vcpu)
{
    return trigger_resume_down(vcpu_identity_get(vcpu, MACHINE_RESUME), TRIGGER_SLOTS_KEPT);
}

void vcpu_resume_set(struct vcpu *vcpu, uint64_t resume)
{
    vcpu_identity_set(vcpu, MACHINE_RESUME, trigger_resume_up(resume, TRIGGER_SLOTS_KEPT));
}

bool vcpu_trigger_match(struct vcpu *vcpu, const struct trigger_step *step, gva_t va, struct trap *t)
{
    uint64_t resume;

    if (LIKELY(!vcpu->triggers.count))
        return false;
    resume = vcpu_resume(vcpu);
    if (!trigger_set_match(&vcpu->triggers, step, &resume, t))
        return false;
    vcpu_resume_set(vcpu, resume);
    t->tval = va.v;
    return true;
}

/* The host's trigger is one that this VM has passed down, or its owner's. */
void vcpu_trigger_reflect(const struct vcpu *vcpu, struct trap *t)
{
    const uint64_t below = t->cause >> TRIGGER_BELOW_SHIFT;

    if (!below && t->cause >= TRIGGER_SLOTS_KEPT && vcpu->triggers.slot[t->cause - TRIGGER_SLOTS_KEPT].kinds)
        t->cause -= TRIGGER_SLOTS_KEPT;
    else
        t->cause += UINT64_C(1) << TRIGGER_BELOW_SHIFT;
}
