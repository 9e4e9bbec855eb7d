/* counts.c - what the VMM counts, for people. Nothing that the VMM or a guest does depends on it.
 *
 * Counts are of the course of a machine: who takes that back to an earlier moment takes them back, too (core/checkpoint.h). So they can
 * be saved, and given to a machine that has done something else meanwhile.
 */
#include "core/vmm/hybrid.h"
#include "core/vmm/vcpu.h"
#include "devices/state.h"

void vm_stats(const struct machine *m, struct vm_stats *out)
{
    const struct vcpu *vcpu = vcpu_of_const(m);
    const struct shadow_stats shadow = vcpu->shadow ? shadow_stats_get(vcpu->shadow) : (struct shadow_stats){0};

    *out = vcpu->stats;
    for (unsigned i = 0; i < sizeof out->by_reason / sizeof *out->by_reason; i++)
        out->traps += out->by_reason[i];
    out->fills = shadow.fills;
    out->shadow_flushes = shadow.flushes;
    out->row_count = vcpu->machine.isa->row_count;
    out->v_i = vcpu->v_i_runs;
    out->pages = vcpu->shadow;
    out->monitor = vcpu->vm->config.monitor;
    out->ring = vcpu->vm->config.ring;
    out->hybrid = out->monitor == VMM_HYBRID;
}

/* In the order in which people are told of them. */
static const struct {
    enum vmm_monitor monitor;
    const char *name, *text;
} monitors[] = {
    {VMM_TRAP, "trap", "trap and emulate"},
    {VMM_PATCH, "patch", "trap, inspect and emulate"},
    {VMM_TRANSLATE, "translate", "binary translation"},
    {VMM_HYBRID, "hybrid", "hybrid"},
};
enum { MONITORS = sizeof monitors / sizeof *monitors };

static unsigned monitor_place(enum vmm_monitor m)
{
    unsigned n = 0;
    while (n + 1 < MONITORS && monitors[n].monitor != m)
        n++;
    return n;
}

const char *vmm_shadow_name(enum shadow_policy p)
{
    static const char *const names[SHADOW_POLICIES] = {[SHADOW_FLUSH] = "flush", [SHADOW_TRACE] = "trace", [SHADOW_ADAPT] = "adapt"};
    return names[p];
}

const char *vmm_monitor_name(enum vmm_monitor m) { return monitors[monitor_place(m)].name; }
const char *vmm_monitor_text(enum vmm_monitor m) { return monitors[monitor_place(m)].text; }

static bool has(const struct vmm_isa *isa, enum vmm_monitor m)
{
    return m == VMM_PATCH ? isa->next != NULL : m == VMM_TRANSLATE ? isa->translator != NULL : true;
}

bool vmm_monitor_at(const struct isa *set, unsigned index, enum vmm_monitor *out)
{
    const struct vmm_isa *isa = set ? vmm_isa_find(set) : NULL;
    for (unsigned n = 0; n < MONITORS; n++) {
        if (set && !(isa && has(isa, monitors[n].monitor)))
            continue;
        *out = monitors[n].monitor;
        if (index-- == 0)
            return true;
    }
    return false;
}

/* --- Saved and restored */

static void shadow_state(struct vcpu *vcpu, struct state *s)
{
    struct shadow_stats c = shadow_stats_get(vcpu->shadow);

    state_u64(s, &c.fills);
    state_u64(s, &c.flushes);
    state_u64(s, &c.exhausted);
    state_u64(s, &c.evicted);
    state_u64(s, &c.recycled);
    state_u64(s, &c.writes);
    state_u64(s, &c.released);
    if (vcpu->vm->config.shadow == SHADOW_ADAPT)
        state_u64(s, &c.loosened);
    shadow_stats_set(vcpu->shadow, &c);
}

/* Whether A is still to act on what the guest did decides how that is counted. */
static void pending_state(struct vcpu *vcpu, struct state *s)
{
    bool by_guest = vcpu->resource_changed == true;

    state_bool(s, &by_guest);
    if (s->restoring && !s->failed && vcpu->resource_changed)
        vcpu->resource_changed = by_guest ? true : VCPU_RESOURCE_COLD;
}

void vm_counts_state(struct machine *m, struct state *s)
{
    struct vcpu *vcpu = vcpu_of(m);
    struct vm_stats *c = &vcpu->stats;
    uint64_t *const translation[] = {&c->translated, &c->blocks, &c->block_insns, &c->lookups, &c->translations_gone};
    uint64_t *const counts[] = {&c->direct, &c->emulated, &c->interpreted, &c->reflected, &c->device_accesses, &c->allocator_runs};

    hybrid_settle(vcpu); /* what the shadow is still to hear of counts with what was before */
    for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++)
        state_u64(s, counts[i]);
    for (unsigned i = 0; i < sizeof c->by_reason / sizeof *c->by_reason; i++)
        state_u64(s, &c->by_reason[i]);
    for (unsigned i = 0; i < sizeof c->by_cause / sizeof *c->by_cause; i++)
        state_u64(s, &c->by_cause[i]);
    for (unsigned i = 0; i < m->isa->row_count; i++)
        state_u64(s, &vcpu->v_i_runs[i]);
    if (vcpu->vm->config.monitor == VMM_PATCH)
        state_u64(s, &c->inspected);
    if (vcpu->vm->config.monitor == VMM_TRANSLATE)
        for (unsigned i = 0; i < sizeof translation / sizeof *translation; i++)
            state_u64(s, translation[i]);
    if (vcpu->shadow)
        shadow_state(vcpu, s);
    pending_state(vcpu, s);
}
