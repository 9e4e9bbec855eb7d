/* assignment.c - a student's functions in the place of the VMM's own, for one virtual machine: their names, and how they get there. The VMM knows
 * nothing of it: it finds other functions in its table (struct vmm_isa). Which and how is the affair of the instruction set
 * (assignment_*_<isa>.c).
 */
#include "core/vmm/assignment_private.h"

#include "core/assignment_plugin.h"

#include <stdlib.h>

const char *lab_function_name(unsigned function)
{
    static const char *const names[] = {
        [LAB_DISPATCH] = "dispatch.dispatch",
        [LAB_REFLECTS] = "dispatch.reflect",
        [LAB_CSR] = "dispatch.csr",
        [LAB_MRET] = "dispatch.mret",
        [LAB_SRET] = "dispatch.sret",
        [LAB_ENTER] = "dispatch.enter",
        [LAB_INTERRUPT] = "dispatch.interrupt",
        [LAB_WFI] = "dispatch.wfi",
        [LAB_SFENCE] = "dispatch.sfence_vma",
        [LAB_WALK] = "shadow.walk",
        [LAB_RIGHTS] = "shadow.rights",
        [LAB_FENCE] = "shadow.fence",
        [LAB_PICK] = "scheduler.pick",
        [LAB_POPF] = "flags.popf",
        [LAB_IRET] = "flags.iret",
    };
    return function < LAB_FUNCTIONS ? names[function] : "";
}

/* Whose functions these are: an assignment is for one instruction set. */
enum { OF_FLAGS = LAB_BIT(LAB_POPF) | LAB_BIT(LAB_IRET) };
static const struct seam_kind *kind_of(unsigned uses) { return uses & OF_FLAGS ? &seam_flags : &seam_dispatch; }

/* The scheduler's knows of no instruction set, and is called by nobody in the VMM. */
bool lab_function_there(const struct lab_plugin *p, unsigned function)
{
    if (function == LAB_PICK)
        return p->scheduler && p->scheduler->pick;
    return function < LAB_FUNCTIONS && kind_of(LAB_BIT(function))->there(p, function);
}

bool lab_plugin_fits(const struct lab_plugin *p, unsigned *version)
{
    *version = p->version;
    return p->version == LAB_VERSION;
}

struct lab_choice lab_pick(const struct lab_plugin *p, void *memory, const struct lab_vm *vms, unsigned count, uint64_t now)
{
    return p->scheduler->pick(memory, vms, count, now);
}

/* The VMM's table is copied, and of the copy the functions are replaced that `uses` names. The VM then goes by the
 * copy; destroying the seam gives it the VMM's own back. */
int lab_seam_create(struct lab_seam **out, struct machine *vm, const struct lab_plugin *plugin, unsigned uses,
                    struct lab_progress *progress)
{
    const struct seam_kind *kind = kind_of(uses);
    struct lab_seam *s = calloc(1, kind->size);

    if (!s)
        return -ENOMEM;
    s->vcpu = vcpu_of(vm);
    s->real = s->vcpu->isa;
    s->isa = *s->real;
    s->plugin = plugin;
    s->progress = progress;
    kind->fit(s, uses);
    vcpu_isa_set(s->vcpu, &s->isa);
    *out = s;
    return 0;
}

void lab_seam_destroy(struct lab_seam *s)
{
    if (s)
        vcpu_isa_set(s->vcpu, s->real);
    free(s);
}
