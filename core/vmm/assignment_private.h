/* assignment_private.h - what all seams share, whatever the instruction set: the VM's table of functions, copied, and who is at work in it.
 */
#ifndef TRAPEZE_CORE_VMM_ASSIGNMENT_PRIVATE_H
#define TRAPEZE_CORE_VMM_ASSIGNMENT_PRIVATE_H

#include "core/assignment.h"
#include "core/vmm/vcpu.h"

struct lab_seam {
    struct vmm_isa isa; /* first: a VM's table is that of its seam */
    const struct vmm_isa *real;
    struct vcpu *vcpu;
    const struct lab_plugin *plugin;
    struct lab_progress *progress;
    unsigned here; /* calls at the present instruction */
};

/* The functions of one instruction set. A seam begins with a struct lab_seam. */
struct seam_kind {
    size_t size;
    bool (*there)(const struct lab_plugin *, unsigned function);
    void (*fit)(struct lab_seam *, unsigned uses); /* puts them in the copy */
};
extern const struct seam_kind seam_dispatch; /* and "shadow" */
extern const struct seam_kind seam_flags;

static inline struct lab_seam *seam_of(const struct vcpu *vcpu) { return (struct lab_seam *)(uintptr_t)vcpu->isa; }

/* Around each call of a student's function. The VMM may call some at one instruction, but not for ever. */
enum { SEAM_CALLS = 10000 };
static inline void seam_call(struct lab_seam *s, enum lab_function f)
{
    const uint64_t retired = vcpu_retired(s->vcpu);
    s->here = retired == s->progress->retired ? s->here + 1 : 0;
    if (s->here > SEAM_CALLS)
        vcpu_stop(s->vcpu, "the plug-in's functions are called again and again at one instruction, and the guest does not get on");
    s->progress->retired = retired;
    s->progress->pc = machine_get(&s->vcpu->machine, MACHINE_PC);
    s->progress->calls++;
    s->progress->inside = 1 + (uint32_t)f;
}
static inline void seam_return(struct lab_seam *s) { s->progress->inside = 0; }

#endif
