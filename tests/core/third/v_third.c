/* v_third.c - the VMM for the tests' instruction set: {v_i}, the virtual state, and how A sets the real base and bound. As v_pg.c has it for
 * the paper's machine: E'[i + k] = E[i] for i < w; base' = base + k, bound' = min(bound, w - base). All rings run in real ring 3.
 */
#include "core/vmm/identity.h"
#include "core/vmm/trigger.h"
#include "mmu/bounds.h"
#include "tests/isa/third/third.h"

#include <stdlib.h>

struct virtual_third {
    struct third_config config;
    uint64_t ring, base, bound, vectors, stack, enable;
    bool line;
};

static struct virtual_third *of(struct vcpu *vcpu) { return vcpu->state; }
static const struct virtual_third *of_const(const struct vcpu *vcpu) { return vcpu->state; }

/* --- {v_i} */

static bool allowed(struct vcpu *vcpu, struct trap *t, uint64_t ring)
{
    const struct trap at = *t;
    if (of(vcpu)->ring <= ring)
        return true;
    *t = third_trap(THIRD_PRIVILEGED, t->tval, 0);
    t->row = at.row;
    t->length = at.length;
    trap_insn_set(t, trap_insn(&at));
    return false;
}

static reg_t r_of(const struct trap *t) { return THIRD_A + (reg_t)(t->bits >> 8 & 3); }
static reg_t s_of(const struct trap *t) { return THIRD_A + (reg_t)(t->bits >> 16 & 3); }

static void done(struct vcpu *vcpu, struct trap *t, enum trap_kind kind)
{
    machine_set(vcpu->host, MACHINE_PC, machine_get(vcpu->host, MACHINE_PC) + t->length);
    *t = (struct trap){.kind = kind, .row = INSN_NONE};
}

static void v_ring(struct vcpu *vcpu, struct trap *t)
{
    if (!allowed(vcpu, t, 0))
        return;
    machine_set(vcpu->host, r_of(t), of(vcpu)->ring);
    done(vcpu, t, TRAP_NONE);
}

static void v_in(struct vcpu *vcpu, struct trap *t)
{
    uint64_t value;
    if (!allowed(vcpu, t, THIRD_PORTS))
        return;
    if (!phys_load(vcpu->machine.ports, bits_get(t->bits, 16, 16), 1, &value))
        value = 0xff;
    machine_set(vcpu->host, r_of(t), value);
    vcpu->stats.device_accesses++;
    done(vcpu, t, TRAP_YIELD);
}

static void v_out(struct vcpu *vcpu, struct trap *t)
{
    if (!allowed(vcpu, t, THIRD_PORTS))
        return;
    (void)!phys_store(vcpu->machine.ports, bits_get(t->bits, 16, 16), 1, machine_get(vcpu->host, r_of(t)) & 0xff);
    vcpu->stats.device_accesses++;
    done(vcpu, t, TRAP_YIELD);
}

static void map(struct vcpu *vcpu, uint64_t base, uint64_t bound)
{
    of(vcpu)->base = base;
    of(vcpu)->bound = bound;
    vcpu->resource_changed = true;
}

static void v_map(struct vcpu *vcpu, struct trap *t)
{
    if (!allowed(vcpu, t, 0))
        return;
    map(vcpu, machine_get(vcpu->host, r_of(t)), machine_get(vcpu->host, s_of(t)));
    done(vcpu, t, TRAP_NONE);
}

static void v_tables(struct vcpu *vcpu, struct trap *t)
{
    if (!allowed(vcpu, t, 0))
        return;
    of(vcpu)->vectors = machine_get(vcpu->host, r_of(t));
    of(vcpu)->stack = machine_get(vcpu->host, s_of(t));
    done(vcpu, t, TRAP_NONE);
}

static void v_enable(struct vcpu *vcpu, struct trap *t)
{
    if (!allowed(vcpu, t, 0))
        return;
    of(vcpu)->enable = t->bits >> 8 & 1;
    done(vcpu, t, TRAP_NONE);
}

static void v_back(struct vcpu *vcpu, struct trap *t)
{
    struct virtual_third *v = of(vcpu);
    const struct trap at = *t;
    uint64_t frame[5];
    if (!allowed(vcpu, t, 0))
        return;
    if (machine_load(&vcpu->machine, v->stack, frame, sizeof frame) != 0) {
        *t = third_trap(THIRD_MEMORY, v->stack, 0);
        t->row = at.row;
        t->length = at.length;
        t->bits = at.bits;
        return;
    }
    v->stack += THIRD_FRAME;
    v->ring = frame[1] & 3;
    v->enable = bit_get(frame[1], 3);
    machine_set(vcpu->host, THIRD_FORM, bit_get(frame[1], 2));
    machine_set(vcpu->host, MACHINE_PC, frame[0]);
    map(vcpu, frame[2], frame[3]);
    *t = (struct trap){.kind = TRAP_NONE, .row = INSN_NONE};
}

static void v_halt(struct vcpu *vcpu, struct trap *t)
{
    if (allowed(vcpu, t, 0))
        done(vcpu, t, TRAP_WAIT);
}

#define V_NEVER(name) NULL
#define V_REQUESTED(name) NULL
#define V_PRIV(name) v_##name
#define INSN(name, format, traps, sensitive, about) [THIRD_##name] = V_##traps(name),
static void (*const v_i[THIRD_ROWS])(struct vcpu *, struct trap *) = {
#include "tests/isa/third/insn.def"
};
#undef INSN

/* --- What the VMM asks of every instruction set */

static void relocate(struct vcpu *vcpu, hpa_t k)
{
    const struct virtual_third *v = of(vcpu);
    const uint64_t room = v->base < v->config.bytes ? v->config.bytes - v->base : 0;
    machine_set(vcpu->host, THIRD_BASE, v->base + k.v);
    machine_set(vcpu->host, THIRD_BOUND, v->bound < room ? v->bound : room);
}

static void *create(struct vcpu *vcpu)
{
    const struct third_config *host = vcpu->host->config;
    struct virtual_third *v = calloc(1, sizeof *v);
    if (v) {
        v->config = (struct third_config){.bytes = vcpu->vm->config.ram_size, .leaks = host->leaks};
        vcpu->machine.config = &v->config;
    }
    return v;
}

static void reset(struct vcpu *vcpu)
{
    struct virtual_third *v = of(vcpu);
    v->ring = v->vectors = v->stack = v->enable = 0;
    v->line = false;
    map(vcpu, 0, v->config.bytes);
    for (reg_t r = THIRD_A; r < THIRD_AS; r++)
        vcpu_identity_set(vcpu, r, 0);
    vcpu_identity_set(vcpu, THIRD_FORM, 0);
    vcpu_identity_set(vcpu, MACHINE_PC, THIRD_RESET);
}

static uint64_t get(const struct vcpu *vcpu, reg_t reg, bool *handled)
{
    const struct virtual_third *v = of_const(vcpu);
    *handled = true;
    switch (reg) {
    case MACHINE_MODE: return v->ring;
    case THIRD_BASE: return v->base;
    case THIRD_BOUND: return v->bound;
    case THIRD_VECTORS: return v->vectors;
    case THIRD_STACK: return v->stack;
    case THIRD_ENABLE: return v->enable;
    case THIRD_LINE: return v->line;
    default: *handled = false; return 0;
    }
}

static void set(struct vcpu *vcpu, reg_t reg, uint64_t value, bool *handled)
{
    struct virtual_third *v = of(vcpu);
    *handled = true;
    switch (reg) {
    case MACHINE_MODE: v->ring = value & 3; break;
    case THIRD_BASE: map(vcpu, value, v->bound); break;
    case THIRD_BOUND: map(vcpu, v->base, value); break;
    case THIRD_VECTORS: v->vectors = value; break;
    case THIRD_STACK: v->stack = value; break;
    case THIRD_ENABLE: v->enable = value & 1; break;
    case THIRD_LINE: break;
    default: *handled = false;
    }
}

static void irq(struct vcpu *vcpu, unsigned line, bool level)
{
    if (line == 0)
        of(vcpu)->line = level;
}

static bool interrupt(struct vcpu *vcpu, struct trap *out)
{
    const struct virtual_third *v = of(vcpu);
    if (!v->line || !v->enable)
        return false;
    *out = (struct trap){.kind = TRAP_INTERRUPT, .row = INSN_NONE};
    return true;
}

static uint64_t wake(const struct vcpu *vcpu)
{
    (void)vcpu;
    return UINT64_MAX;
}

/* An error says whether the ring was a user's: the guest's own, not the one it really runs in. */
static void reflect(struct vcpu *vcpu, struct trap *t)
{
    if (t->cause == THIRD_MEMORY)
        t->error = (t->error & ~(uint32_t)THIRD_ERROR_USER) | (of(vcpu)->ring >= THIRD_USER ? THIRD_ERROR_USER : 0);
}

static void configure(struct vcpu *vcpu)
{
    machine_set(vcpu->host, MACHINE_MODE, THIRD_RINGS - 1);
    machine_set(vcpu->host, THIRD_ENABLE, 0);
}

static bool in_user(const struct machine *m) { return machine_get(m, MACHINE_MODE) >= THIRD_USER; }

static struct trap fault(const struct vcpu *vcpu, enum pt_kind kind, uint64_t va)
{
    return third_trap(THIRD_MEMORY, va,
                      (kind == PT_WRITE ? THIRD_ERROR_WRITE : 0u) | (kind == PT_FETCH ? THIRD_ERROR_FETCH : 0u) |
                          (vcpu && of_const(vcpu)->ring >= THIRD_USER ? THIRD_ERROR_USER : 0u));
}

static bool translate(struct vcpu *vcpu, gva_t va, unsigned size, enum pt_kind kind, bool touch, gpa_t *pa, struct trap *t)
{
    const struct virtual_third *v = of(vcpu);
    const struct bounds r = {v->base, v->bound};
    uint64_t last;
    (void)touch;
    *t = fault(vcpu, kind, va.v);
    return bounds_translate(r, v->config.bytes, va.v, &pa->v) == BOUNDS_OK &&
           bounds_translate(r, v->config.bytes, va.v + size - 1, &last) == BOUNDS_OK;
}

static struct trap access_fault(enum pt_kind kind, gva_t va) { return fault(NULL, kind, va.v); }

static struct trap requested(struct vcpu *vcpu, const struct trap *at)
{
    (void)vcpu;
    return third_trap(THIRD_CALL, at->bits >> 8 & 0xff, 0);
}

static const reg_t world[] = {MACHINE_PC, MACHINE_RESUME, THIRD_A, THIRD_A + 1, THIRD_A + 2, THIRD_A + 3, THIRD_FORM};

const struct vmm_isa vmm_isa_third = {
    .name = "third",
    .v = v_i,
    .create = create,
    .destroy = free,
    .reset = reset,
    .get = get,
    .set = set,
    .irq = irq,
    .interrupt = interrupt,
    .wake = wake,
    .reflect = reflect,
    .configure = configure,
    .k = "ring = 3\nenable = 0\nbase and bound are the guest's memory",
    .ram_unit = 8,
    .ram_align = PAGE_SIZE,
    .relocate = relocate,
    .translate = translate,
    .in_user = in_user,
    .fetch_unit = 1,
    .cell = 1,
    .world = world,
    .world_size = sizeof world / sizeof *world,
    .identity_block = THIRD_BASE,
    .access_fault = access_fault,
    .requested = requested,
};
