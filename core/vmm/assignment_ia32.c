/* assignment_ia32.c - a student's v_popf and v_iret in the place of the VMM's own. Around them v_ia32.c does what every routine needs.
 */
#include "core/assignment_ia32.h"

#include "core/vmm/assignment_private.h"
#include "core/vmm/virtual_ia32.h"

struct ia32_seam {
    struct lab_seam seam; /* first */
    struct lab_cpu cpu;   /* what the student's functions are given */
    void (*v[IA_INSN_COUNT])(struct vcpu *, struct trap *);
    struct trap *trap; /* of the instruction at work */
    bool raised;
};

static struct ia32_seam *ia32_seam_of(const struct vcpu *vcpu) { return (struct ia32_seam *)(void *)seam_of(vcpu); }

/* --- What a plug-in may call. It holds a part of the seam: it can reach nothing but what these give it, and whatever it asks for, the VMM stays
 * whole. */

static struct ia32_seam *seam_of_cpu(const struct lab_cpu *cpu)
{
    return (struct ia32_seam *)(uintptr_t)((const char *)cpu - offsetof(struct ia32_seam, cpu));
}
static struct vcpu *vcpu_of_cpu(const struct lab_cpu *cpu) { return seam_of_cpu(cpu)->seam.vcpu; }

static uint64_t get(const struct lab_cpu *cpu, reg_t reg) { return machine_get(&vcpu_of_cpu(cpu)->machine, reg); }

static void flags_set(struct lab_cpu *cpu, uint32_t value, uint32_t mask)
{
    struct vcpu *vcpu = vcpu_of_cpu(cpu);

    ia32_v_flags_set(vcpu, value, mask & ia32_v_flags_known(vcpu));
}

static void cpl_set(struct lab_cpu *cpu, unsigned cpl) { ia32_v_cpl_set(vcpu_of_cpu(cpu), cpl & 3); }
static void esp_set(struct lab_cpu *cpu, uint32_t esp) { ia32_v_stack_set(vcpu_of_cpu(cpu), esp); }
static void eip_set(struct lab_cpu *cpu, uint32_t eip) { virtual_of(vcpu_of_cpu(cpu))->next = eip; }

static struct lab_segment segment(const struct lab_cpu *cpu, unsigned n)
{
    if (n >= IA_DESCRIBED)
        return (struct lab_segment){.rights = IA_RIGHTS_NULL};
    const struct ia32_v_segment s = ia32_v_segment(vcpu_of_cpu(cpu), n);
    return (struct lab_segment){.selector = s.selector, .base = s.base, .limit = s.limit, .rights = s.rights};
}

/* Table registers are none of the student's. */
static void segment_set(struct lab_cpu *cpu, unsigned n, const struct lab_segment *s)
{
    const struct ia32_v_segment v = {.selector = s->selector, .base = s->base, .limit = s->limit, .rights = s->rights};

    if (n < IA_SEGS)
        ia32_v_segment_set(vcpu_of_cpu(cpu), n, &v);
}

/* An exception that something met on the way: the routine has to pass it on. */
static bool met(struct lab_cpu *cpu, bool well)
{
    struct ia32_seam *s = seam_of_cpu(cpu);

    s->raised = s->raised || !well;
    return well;
}

static bool size_is(struct lab_cpu *cpu, unsigned size, unsigned sizes)
{
    if (size <= 8 && sizes >> size & 1)
        return true;
    vcpu_stop(vcpu_of_cpu(cpu), "the plug-in wants an operand of a size that there is not");
    return met(cpu, false);
}

static bool peek(struct lab_cpu *cpu, uint32_t above, unsigned size, uint32_t *value)
{
    return size_is(cpu, size, 1 << 2 | 1 << 4) && met(cpu, ia32_v_peek(vcpu_of_cpu(cpu), above, size, value, seam_of_cpu(cpu)->trap));
}

enum { SIZES = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 };
static bool load(struct lab_cpu *cpu, uint32_t linear, unsigned size, uint64_t *value)
{
    return size_is(cpu, size, SIZES) &&
           met(cpu, ia32_v_load(vcpu_of_cpu(cpu), linear, size, IA32_BY_PROCESSOR, value, seam_of_cpu(cpu)->trap));
}

static bool store(struct lab_cpu *cpu, uint32_t linear, unsigned size, uint64_t value)
{
    return size_is(cpu, size, SIZES) &&
           met(cpu, ia32_v_store(vcpu_of_cpu(cpu), linear, size, IA32_BY_PROCESSOR, value, seam_of_cpu(cpu)->trap));
}

/* What has no error code does not come of these instructions. */
static bool raise(struct lab_cpu *cpu, unsigned vector, uint32_t error)
{
    if (vector < IA_TS || vector > IA_GP)
        vcpu_stop(vcpu_of_cpu(cpu), "the plug-in raises a vector that is no exception of its instructions");
    return met(cpu, ia32_v_raise(seam_of_cpu(cpu)->trap, vector & 0x1f, REASON_RESOURCE, error & 0xffff, 0));
}

static const struct lab_services services = {
    .get = get,
    .flags_set = flags_set,
    .cpl_set = cpl_set,
    .esp_set = esp_set,
    .eip_set = eip_set,
    .segment = segment,
    .segment_set = segment_set,
    .peek = peek,
    .load = load,
    .store = store,
    .raise = raise,
};

/* --- The routines. */

/* What a routine returns and what it has raised must be the same story. */
static bool told(struct ia32_seam *s, bool done, struct trap *t)
{
    if (done == !s->raised)
        return done;
    vcpu_stop(s->seam.vcpu, done ? "the plug-in's v_i raised an exception and returned true"
                                 : "the plug-in's v_i returned false and raised no exception");
    return ia32_v_gp(t, REASON_RESOURCE, 0);
}

static bool ask(struct ia32_seam *s, enum lab_function f, bool (*function)(struct lab_cpu *, unsigned), unsigned size, struct trap *t)
{
    s->trap = t;
    s->raised = false;
    seam_call(&s->seam, f);
    const bool done = function(&s->cpu, size);
    seam_return(&s->seam);
    return told(s, done, t);
}

static bool popf(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    struct ia32_seam *s = ia32_seam_of(vcpu);

    return ask(s, LAB_POPF, s->seam.plugin->flags->popf, i->opsize, t);
}

/* Looks at the flags on the stack without leaving a trace: should there be none, the student's routine meets that. */
static bool to_v86(struct vcpu *vcpu, const struct ia32_decoded *i, const struct trap *t)
{
    struct virtual_ia32 *v = virtual_of(vcpu);
    const unsigned accesses = v->accesses;
    struct trap unused = *t;
    uint32_t flags = 0;

    if (i->opsize != 4 || v->cpl != 0 || !ia32_v_peek(vcpu, 8, 4, &flags, &unused))
        flags = 0;
    v->accesses = accesses;
    return flags & EFLAGS_VM;
}

static bool iret(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    struct ia32_seam *s = ia32_seam_of(vcpu);
    struct virtual_ia32 *v = virtual_of(vcpu);

    if (ia32_v_flags(vcpu) & EFLAGS_NT || to_v86(vcpu, i, t))
        return ia32_v_iret(vcpu, i, t);
    if (!ask(s, LAB_IRET, s->seam.plugin->flags->iret, i->opsize, t))
        return false;
    v->nmi_masked = false;
    v->rf_loaded = true;
    return true;
}

static void students_popf(struct vcpu *vcpu, struct trap *t) { ia32_v_emulate(vcpu, t, popf); }
static void students_iret(struct vcpu *vcpu, struct trap *t) { ia32_v_emulate(vcpu, t, iret); }

/* --- Putting them in. */

static bool there(const struct lab_plugin *p, unsigned function)
{
    switch (function) {
    case LAB_POPF: return p->flags && p->flags->popf;
    case LAB_IRET: return p->flags && p->flags->iret;
    default: return false;
    }
}

static void fit(struct lab_seam *seam, unsigned uses)
{
    struct ia32_seam *s = (struct ia32_seam *)(void *)seam;

    for (unsigned row = 0; row < IA_INSN_COUNT; row++)
        s->v[row] = seam->real->v[row];
    if (uses & LAB_BIT(LAB_POPF))
        s->v[IA_INSN_popf] = students_popf;
    if (uses & LAB_BIT(LAB_IRET))
        s->v[IA_INSN_iret] = students_iret;
    seam->isa.v = s->v;
    s->cpu.services = &services;
}

const struct seam_kind seam_flags = {.size = sizeof(struct ia32_seam), .there = there, .fit = fit};
