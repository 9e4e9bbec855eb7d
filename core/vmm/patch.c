/* patch.c - a machine whose sensitive instructions do not all trap, repaired by software. No instruction of the guest runs that the
 * monitor has not seen: the host reports each before it first runs, and again when it was written (TRIGGER_FRESH). One that has a v_i is
 * never let through: whenever it is met the monitor executes it, as if it had trapped. All others run by themselves from then on.
 *
 * No byte of the guest changes, and no address: f is what it is for trap and emulate. So a guest that looks at its own code, writes it or
 * jumps into the middle of an instruction finds what it would find on the bare machine. It takes a host that makes such reports, which
 * real ones do not: there a monitor of this kind rewrites the guest's code.
 */
#include "core/vmm/patch.h"

#include "core/vmm/identity.h"
#include "core/vmm/interpret.h"
#include "core/vmm/reach.h"
#include "core/vmm/trigger.h"

#include <assert.h>

enum { SLOT = 0 }; /* of the host's, among those of its owner, which is the VMM */

void patch_enter(struct vcpu *vcpu)
{
    const struct trigger all = {.kinds = TRIGGER_FRESH, .physical = true, .at = vcpu->vm->ram.v, .length = vcpu->vm->config.ram_size};
    int failed = patch_inspects(vcpu) ? machine_trigger(vcpu->host, SLOT, &all) : 0;

    assert(!failed); /* vmm_create_vm() has asked */
    (void)failed;
}

void patch_leave(struct vcpu *vcpu)
{
    int failed = patch_inspects(vcpu) ? machine_trigger(vcpu->host, SLOT, NULL) : 0;

    assert(!failed);
    (void)failed;
}

/* On a VM that is a host, too: does its owner want to see this instruction first? */
static bool owner_waits(struct vcpu *vcpu, struct trap *t)
{
    const gva_t pc = {vcpu_identity_get(vcpu, MACHINE_PC)};
    struct trigger_step step = {.kinds = TRIGGER_FRESH, .physical = true, .size = 1};
    struct trap fault, report;
    gpa_t pa;

    if (!(vcpu->triggers.kinds & TRIGGER_FRESH) || !reach_range(vcpu, (gva_t){t->tval}, 1, PT_FETCH, &pa, &fault))
        return false;
    step.at = pa.v;
    if (!vcpu_trigger_match(vcpu, &step, pc, &report))
        return false;
    t->cause = report.cause + TRIGGER_SLOTS_KEPT; /* as the host would have reported it */
    return true;
}

static void trap_as_if(struct vcpu *vcpu, struct trap *t)
{
    t->kind = TRAP_EXCEPTION;
    t->reason = REASON_PRIVILEGE;
    t->cause = vcpu->isa->inspected;
    t->tval = 0;
    t->error = 0;
}

bool patch_judges(struct vcpu *vcpu, struct trap *t)
{
    if (t->kind != TRAP_TRIGGER || t->cause != SLOT)
        return false;
    vcpu->stats.inspected++;
    if (!vcpu_has_v_i(vcpu, t)) {
        t->kind = TRAP_NONE;
        return true;
    }
    if (!owner_waits(vcpu, t))
        trap_as_if(vcpu, t);
    return false;
}

bool patch_finds(struct vcpu *vcpu, struct trap *t)
{
    struct trap found = {.kind = TRAP_EXCEPTION, .row = INSN_NONE}, fault;
    unsigned length;
    insn_t bits;

    if (!machine_get(vcpu->host, MACHINE_RESUME) || !interpret_fetch(vcpu, vcpu->isa->next(vcpu), &bits, &length, &fault))
        return false;
    found.row = (uint16_t)machine_decode(&vcpu->machine, bits, &length);
    found.length = (uint8_t)length;
    trap_insn_set(&found, bits);
    if (!vcpu_has_v_i(vcpu, &found))
        return false;
    trap_as_if(vcpu, &found);
    *t = found;
    return true;
}
