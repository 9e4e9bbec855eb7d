/* v_pg.c - {v_i} of the paper's machine, and the rest of what the VMM needs to know of it: the virtual mode and R, and how A sets the
 * real R.
 *
 * f [PG74]: E'[i + k] = E[i] for i < w; M' = u always; P' = P; R' = (l + k, min(b, w - l)). The minimum is not in the paper,
 * which lets no guest say l + b > w; with it, what the clip refuses is just what the guest's own machine of w cells would
 * refuse, and D reflects it like any trap. The virtual mode is kept here: M' does not tell it. Written from isa/pg.h, apart from the
 * hardware's bodies.
 */
#include "core/vmm/identity.h"
#include "core/vmm/trigger.h"
#include "isa/pg.h"
#include "mmu/bounds.h"

#include <stdlib.h>

struct virtual_pg {
    struct pg_config config; /* of the virtual machine: w cells */
    uint64_t m;
    struct bounds r;
    uint64_t installed_b; /* what A wrote into the host's b */
};

static const char pg_k[] = "mode = u: the guest's s and u both run in real u\n"
                           "R = (l + k, min(b, w - l)): the guest's memory, w cells from k on, and no other\n"
                           "there is nothing to choose: what is privileged is so by the machine";

static struct virtual_pg *virtual_of(struct vcpu *vcpu) { return vcpu->state; }
static const struct virtual_pg *virtual_of_const(const struct vcpu *vcpu) { return vcpu->state; }

/* --- R. On a machine that lets user mode lower its bound, the host's b tells what the guest did to its own. An instruction that can
 * do no more than that is harmless [PG74], if one looks: sensitive and not privileged, and yet there is a VMM. (It cannot be
 * told where the guest's R reaches beyond its memory: the clip has lowered b already.) Elsewhere the two are equal. */

static struct bounds virtual_r(const struct vcpu *vcpu)
{
    const struct virtual_pg *v = virtual_of_const(vcpu);
    uint64_t host_b = vcpu_identity_get(vcpu, PG_B);

    return (struct bounds){.l = v->r.l, .b = host_b < v->installed_b ? host_b : v->r.b};
}

static void virtual_r_set(struct vcpu *vcpu, struct bounds r)
{
    struct virtual_pg *v = virtual_of(vcpu);

    v->r.l = bits_get(r.l, 0, PG_FIELD_BITS);
    v->r.b = bits_get(r.b, 0, PG_FIELD_BITS);
    v->installed_b = 0; /* the host's b says nothing of this one, until A has acted */
    vcpu->resource_changed = true;
}

/* An example, k = 512 and w = 32: the guest's R = (8, 100) becomes R' = (520, 24). Its address 23 is the host's
 * cell 543, the last that is the guest's; 24 is refused by the host for the bound, as the guest's own machine would
 * refuse it for want of memory. */
static void relocate(struct vcpu *vcpu, hpa_t base)
{
    struct virtual_pg *v = virtual_of(vcpu);
    const uint64_t k = base.v / PG_CELL, w = v->config.cells;
    const struct bounds r = virtual_r(vcpu);
    const uint64_t room = r.l < w ? w - r.l : 0;

    v->r = r;
    v->installed_b = r.b < room ? r.b : room;
    machine_set(vcpu->host, PG_L, r.l + k); /* if that is too much for l, b' = 0 */
    machine_set(vcpu->host, PG_B, v->installed_b);
}

/* --- The guest's cells, as the guest sees them */

static struct trap trap_of(const struct trap *at, enum pg_trap cause, enum trap_reason reason, uint64_t tval)
{
    return (struct trap){.kind = TRAP_EXCEPTION,
                         .reason = reason,
                         .row = at->row,
                         .length = at->length,
                         .cause = cause,
                         .tval = tval,
                         .bits = at->bits};
}

static bool reachable(const struct vcpu *vcpu, uint64_t a, uint64_t *cell)
{
    return bounds_translate(virtual_r(vcpu), virtual_of_const(vcpu)->config.cells, a, cell) == BOUNDS_OK;
}

/* The access of a v_i to E[a] as its instruction's access number `step`: may it be made? If not, *t becomes why: the guest's own memory
 * trap, or a trigger. If so it is void: advance() or the end of the v_i says how it ends. */
struct cell_access {
    struct vcpu *vcpu;
    struct trap *t; /* the instruction, by row, length and bits */
};

static bool watched(const struct cell_access *c, const struct trigger_step *step, uint64_t a)
{
    const struct trap at = *c->t;

    if (!vcpu_trigger_match(c->vcpu, step, (gva_t){a}, c->t))
        return false;
    c->t->row = at.row;
    c->t->length = at.length;
    c->t->bits = at.bits;
    return true;
}

static bool cell_at(const struct cell_access *c, unsigned kind, unsigned step, uint64_t a, uint64_t *cell)
{
    struct trigger_step e = {.kinds = kind, .step = step, .at = a, .size = 1};

    *c->t = trap_of(c->t, PG_TRAP_MEMORY, REASON_RESOURCE, a);
    if (watched(c, &e, a) || !reachable(c->vcpu, a, cell))
        return false;
    e = (struct trigger_step){.kinds = kind, .step = step, .physical = true, .at = *cell * PG_CELL, .size = PG_CELL};
    return !watched(c, &e, a);
}

static bool cell_load(const struct cell_access *c, unsigned step, uint64_t a, uint64_t *value)
{
    uint64_t cell;

    return cell_at(c, TRIGGER_LOAD, step, a, &cell) && phys_load(c->vcpu->machine.phys, cell * PG_CELL, PG_CELL, value);
}

static bool cell_store(const struct cell_access *c, unsigned step, uint64_t a, uint64_t value)
{
    uint64_t cell;

    return cell_at(c, TRIGGER_STORE, step, a, &cell) && phys_store(c->vcpu->machine.phys, cell * PG_CELL, PG_CELL, value);
}

/* --- {v_i}. Each is reached because real user mode trapped the instruction; in virtual user mode it traps there too. */

/* May it be executed? If not, its trap stands in *t. */
static bool allowed(const struct vcpu *vcpu, struct trap *t)
{
    if (virtual_of_const(vcpu)->m == PG_S)
        return true;
    *t = trap_of(t, PG_TRAP_PRIVILEGED, REASON_PRIVILEGE, t->bits);
    return false;
}

static uint64_t operand_a(const struct trap *t) { return bits_get(t->bits, 28, 28); }
static uint64_t operand_b(const struct trap *t) { return bits_get(t->bits, 0, 28); }

static void advance(struct vcpu *vcpu, struct trap *t)
{
    machine_set(vcpu->host, MACHINE_PC, machine_get(vcpu->host, MACHINE_PC) + 1);
    t->kind = TRAP_NONE;
}

static void jump(struct vcpu *vcpu, struct trap *t, uint64_t to)
{
    machine_set(vcpu->host, MACHINE_PC, to);
    t->kind = TRAP_NONE;
}

static void v_lpsw(struct vcpu *vcpu, struct trap *t)
{
    struct pg_psw psw;
    uint64_t word;

    if (!allowed(vcpu, t) || !cell_load(&(struct cell_access){vcpu, t}, 1, operand_a(t), &word))
        return;
    psw = pg_psw_unpack(word);
    virtual_of(vcpu)->m = psw.m;
    virtual_r_set(vcpu, (struct bounds){.l = psw.l, .b = psw.b});
    jump(vcpu, t, psw.p);
}

/* Both cells are read by the old R before it changes, as the machine does it. */
static void v_setr(struct vcpu *vcpu, struct trap *t)
{
    const struct cell_access c = {vcpu, t};
    struct bounds r;

    if (!allowed(vcpu, t) || !cell_load(&c, 1, operand_a(t), &r.l) || !cell_load(&c, 2, operand_a(t) + 1, &r.b))
        return;
    virtual_r_set(vcpu, r);
    advance(vcpu, t);
}

/* Two stores: the second is checked first, so that a trap there has not left the first one behind. */
static void v_getr(struct vcpu *vcpu, struct trap *t)
{
    const struct bounds r = virtual_r(vcpu);
    const struct cell_access c = {vcpu, t};
    uint64_t cell;

    if (!allowed(vcpu, t) || !cell_at(&c, TRIGGER_STORE, 1, operand_a(t) + 1, &cell) || !cell_store(&c, 2, operand_a(t), r.l))
        return;
    if (phys_store(vcpu->machine.phys, cell * PG_CELL, PG_CELL, r.b))
        advance(vcpu, t);
}

/* It is reached in virtual supervisor mode alone, hence 1. */
static void v_getmode(struct vcpu *vcpu, struct trap *t)
{
    if (allowed(vcpu, t) && cell_store(&(struct cell_access){vcpu, t}, 1, operand_a(t), 1))
        advance(vcpu, t);
}

static void v_lra(struct vcpu *vcpu, struct trap *t)
{
    if (allowed(vcpu, t) && cell_store(&(struct cell_access){vcpu, t}, 1, operand_a(t), virtual_r(vcpu).l + operand_b(t)))
        advance(vcpu, t);
}

static void v_rtu(struct vcpu *vcpu, struct trap *t)
{
    if (!allowed(vcpu, t))
        return;
    virtual_of(vcpu)->m = PG_U;
    jump(vcpu, t, operand_a(t));
}

static void v_shrink(struct vcpu *vcpu, struct trap *t)
{
    struct bounds r = virtual_r(vcpu);
    uint64_t limit;

    if (!allowed(vcpu, t) || !cell_load(&(struct cell_access){vcpu, t}, 1, operand_a(t), &limit))
        return;
    if (limit < r.b)
        r.b = limit;
    virtual_r_set(vcpu, r);
    advance(vcpu, t);
}

static void v_halt(struct vcpu *vcpu, struct trap *t)
{
    if (!allowed(vcpu, t))
        return;
    advance(vcpu, t);
    *t = (struct trap){.kind = TRAP_WAIT, .row = INSN_NONE};
}

/* The console is the virtual machine's own. Where it has none, the byte is lost, as it is on the bare machine. */
static void v_out(struct vcpu *vcpu, struct trap *t)
{
    uint64_t value;

    if (!allowed(vcpu, t) || !cell_load(&(struct cell_access){vcpu, t}, 1, operand_a(t), &value))
        return;
    vcpu->stats.device_accesses += phys_store(vcpu->machine.phys, PG_CONSOLE, 1, value & 0xff);
    advance(vcpu, t);
}

/* By row: one that claims to trap because of the mode names its v_i here, or does not compile. */
#define V_NEVER(name) NULL
#define V_REQUESTED(name) NULL
#define V_PRIV(name) v_##name
#define INSN(name, ext, encoding, format, traps, sensitive, manual) [PG_INSN_##name] = V_##traps(name),
static void (*const v_i[PG_INSN_COUNT])(struct vcpu *, struct trap *) = {
#include "isa/pg/insn.def"
};
#undef INSN
#undef V_NEVER
#undef V_REQUESTED
#undef V_PRIV

/* --- What the VMM asks of every instruction set */

static void *create(struct vcpu *vcpu)
{
    const struct pg_config *host = vcpu->host->config;
    struct virtual_pg *v = calloc(1, sizeof *v);

    if (v) {
        v->config = (struct pg_config){.cells = (unsigned)(vcpu->vm->config.ram_size / PG_CELL), .variant = host->variant};
        vcpu->machine.config = &v->config;
        if (host->word)
            vcpu_stop(vcpu, "this monitor knows words of 64 bits only");
    }
    return v;
}

/* The paper says nothing of power-on; isa/pg.h does: supervisor mode, P = 2, all of the memory. */
static void reset(struct vcpu *vcpu)
{
    struct virtual_pg *v = virtual_of(vcpu);

    v->m = PG_S;
    virtual_r_set(vcpu, (struct bounds){.l = 0, .b = v->config.cells});
    vcpu_identity_set(vcpu, MACHINE_PC, PG_RESET_P);
}

static uint64_t get(const struct vcpu *vcpu, reg_t reg, bool *handled)
{
    *handled = true;
    switch (reg) {
    case PG_L: return virtual_r(vcpu).l;
    case PG_B: return virtual_r(vcpu).b;
    case MACHINE_MODE: return virtual_of_const(vcpu)->m;
    default: break;
    }
    *handled = false;
    return 0;
}

static void set(struct vcpu *vcpu, reg_t reg, uint64_t value, bool *handled)
{
    struct bounds r = virtual_r(vcpu);

    *handled = true;
    switch (reg) {
    case PG_L: virtual_r_set(vcpu, (struct bounds){.l = value, .b = r.b}); break;
    case PG_B: virtual_r_set(vcpu, (struct bounds){.l = r.l, .b = value}); break;
    case MACHINE_MODE: virtual_of(vcpu)->m = value & 1; break;
    case MACHINE_PC: vcpu_identity_set(vcpu, MACHINE_PC, bits_get(value, 0, PG_FIELD_BITS)); break; /* as the machine keeps it */
    default: *handled = false;
    }
}

static void irq(struct vcpu *vcpu, unsigned line, bool level) { (void)vcpu, (void)line, (void)level; /* there are none */ }

static bool interrupt(struct vcpu *vcpu, struct trap *out)
{
    (void)vcpu, (void)out;
    return false;
}

static uint64_t wake(const struct vcpu *vcpu)
{
    (void)vcpu;
    return UINT64_MAX;
}

/* All traps are alike in both modes and at every place: the host's is the guest's. */
static void reflect(struct vcpu *vcpu, struct trap *t) { (void)vcpu, (void)t; }

static void configure(struct vcpu *vcpu) { machine_set(vcpu->host, MACHINE_MODE, PG_U); }

static bool translate(struct vcpu *vcpu, gva_t va, unsigned size, enum pt_kind kind, bool touch, gpa_t *pa, struct trap *t)
{
    uint64_t cell;

    (void)size, (void)kind, (void)touch;
    if (!reachable(vcpu, va.v, &cell)) {
        *t = trap_of(&(struct trap){.row = INSN_NONE}, PG_TRAP_MEMORY, REASON_RESOURCE, va.v);
        return false;
    }
    pa->v = cell * PG_CELL;
    return true;
}

static struct trap access_fault(enum pt_kind kind, gva_t va)
{
    (void)kind;
    return trap_of(&(struct trap){.row = INSN_NONE}, PG_TRAP_MEMORY, REASON_RESOURCE, va.v);
}

static struct trap requested(struct vcpu *vcpu, const struct trap *at)
{
    (void)vcpu;
    return trap_of(at, PG_TRAP_SVC, REASON_REQUESTED, at->bits);
}

/* l' is A's, and follows from the virtual one; b' may have been lowered by the guest, and so is part of what is
 * swapped. */
static const reg_t world[] = {MACHINE_PC, MACHINE_RESUME, PG_B};

const struct vmm_isa vmm_isa_pg = {
    .name = "pg",
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
    .k = pg_k,
    .ram_unit = PG_CELL,
    .ram_align = PAGE_SIZE,
    .host_reserved = 2 * PG_CELL, /* the cells of a trap */
    .relocate = relocate,
    .translate = translate,
    .mode_user = PG_U,
    .fetch_unit = PG_CELL,
    .cell = PG_CELL,
    .world = world,
    .world_size = sizeof world / sizeof *world,
    .access_fault = access_fault,
    .requested = requested,
};
