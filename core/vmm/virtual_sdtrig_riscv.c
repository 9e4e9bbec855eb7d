/* virtual_sdtrig_riscv.c - the debug triggers that a virtual machine has, written from the specification [debug 5], apart from the
 * hart's.
 *
 * While the guest runs on the host they are the host's own triggers, one for one: those that wait for something in the guest's present
 * mode wait for it in the host's user mode. So nothing is slower for a guest that has set none, and the host's breakpoint
 * is the guest's. What the VMM carries out for the guest, it asks about here.
 *
 * The triggers of the contract (trigger.c) are the owner's, and come first.
 */
#include "core/vmm/virtual_csr_riscv.h"

/* tdata1 of the type mcontrol6 [debug 5.7.12]:  63:60 type   22 hit0   10:7 match   6 m   4 s   3 u   2 execute   1 store   0 load */
#define MCONTROL6 ((uint64_t)TDATA1_MCONTROL6 << TDATA1_TYPE)
#define HIT (UINT64_C(1) << MCONTROL6_HIT0)
enum { IN_M = 1 << MCONTROL6_M, IN_S = 1 << MCONTROL6_S, IN_U = 1 << MCONTROL6_U };
enum { ON_EXECUTE = 1 << MCONTROL6_EXECUTE, ON_STORE = 1 << MCONTROL6_STORE, ON_LOAD = 1 << MCONTROL6_LOAD };
static const uint64_t modes = IN_M | IN_S | IN_U, accesses = ON_EXECUTE | ON_STORE | ON_LOAD;

static unsigned match_field(uint64_t data1) { return (unsigned)bits_get(data1, MCONTROL6_MATCH, MCONTROL6_MATCH_BITS); }

/* With match 1 the low bits up to the first zero are of no account; one bit at least must be left to compare [debug 5.7.12]. */
static bool napot_of_everything(uint64_t data2) { return ~data2 << 1 == 0; }

static void changed(struct vcpu *vcpu)
{
    struct virtual_riscv *v = virtual_of(vcpu);

    v->triggers_set = false;
    for (unsigned n = 0; n < RV_TRIGGERS; n++)
        v->triggers_set |= (v->tdata1[n] & modes) && (v->tdata1[n] & accesses);
    if (v->triggers_set || v->triggers_down)
        vcpu->resource_changed = true; /* before the guest runs on the host must know */
}

void virtual_trigger_reset(struct virtual_riscv *v)
{
    for (unsigned n = 0; n < RV_TRIGGERS; n++)
        v->tdata1[n] = MCONTROL6;
}

void virtual_tdata1_set(struct vcpu *vcpu, unsigned n, uint64_t value)
{
    uint64_t *data1 = &virtual_of(vcpu)->tdata1[n];

    *data1 = MCONTROL6;
    if (value >> 60 == MCONTROL6 >> 60) { /* any other type: a trigger that is disabled */
        *data1 |= value & (HIT | modes | accesses);
        if (match_field(value) <= MATCH_LT)
            *data1 |= value & UINT64_C(0xf) << MCONTROL6_MATCH;
    }
    changed(vcpu);
}

void virtual_tdata2_set(struct vcpu *vcpu, unsigned n, uint64_t value)
{
    virtual_of(vcpu)->tdata2[n] = value;
    changed(vcpu);
}

/* By the guest: the two are legal together, and the other one is not touched [debug 5.7]. */
void virtual_tdata1_write(struct vcpu *vcpu, uint64_t value)
{
    struct virtual_riscv *v = virtual_of(vcpu);

    if (match_field(value) == MATCH_NAPOT && napot_of_everything(v->tdata2[v->tselect]))
        value &= ~(UINT64_C(0xf) << MCONTROL6_MATCH);
    virtual_tdata1_set(vcpu, (unsigned)v->tselect, value);
}

void virtual_tdata2_write(struct vcpu *vcpu, uint64_t value)
{
    struct virtual_riscv *v = virtual_of(vcpu);

    if (match_field(v->tdata1[v->tselect]) == MATCH_NAPOT && napot_of_everything(value))
        value &= ~(UINT64_C(1) << 62);
    virtual_tdata2_set(vcpu, (unsigned)v->tselect, value);
}

/* Does the trigger wait in the present mode? A breakpoint that would be taken where one may be handled right now must not come: in M-mode
 * without MIE, in S-mode without SIE if breakpoints are delegated to it [debug 5.4]. */
static bool waits(const struct virtual_riscv *v, unsigned n)
{
    switch (v->mode) {
    case RV_M: return (v->tdata1[n] & IN_M) && bit_get(v->mstatus, MSTATUS_MIE);
    case RV_S: return (v->tdata1[n] & IN_S) && (bit_get(v->mstatus, MSTATUS_SIE) || !bit_get(v->medeleg, RV_CAUSE_BREAKPOINT));
    default: return v->tdata1[n] & IN_U;
    }
}

static bool compares(uint64_t data1, uint64_t data2, uint64_t address)
{
    switch (match_field(data1)) {
    case MATCH_NAPOT: {
        const uint64_t value = napot_of_everything(data2) ? data2 & ~(UINT64_C(1) << 62) : data2;
        return ((address ^ value) & ~(value ^ (value + 1))) == 0;
    }
    case MATCH_GE: return address >= data2;
    case MATCH_LT: return address < data2;
    default: return address == data2;
    }
}

/* Is one of the addresses of the access a match? */
static bool compares_any(uint64_t data1, uint64_t data2, uint64_t va, uint64_t size)
{
    bool any = false;

    for (uint64_t i = 0; i < size && !any; i++)
        any = compares(data1, data2, va + i);
    return any;
}

bool riscv_breakpoint(struct vcpu *vcpu, unsigned kinds, gva_t va, uint64_t size, struct trap *t)
{
    struct virtual_riscv *v = virtual_of(vcpu);
    const uint64_t on =
        (kinds & TRIGGER_EXECUTE ? ON_EXECUTE : 0) | (kinds & TRIGGER_STORE ? ON_STORE : 0) | (kinds & TRIGGER_LOAD ? ON_LOAD : 0);
    bool fires = false;

    if (LIKELY(!v->triggers_set))
        return false;
    for (unsigned n = 0; n < RV_TRIGGERS; n++)
        if ((v->tdata1[n] & on) && waits(v, n) && compares_any(v->tdata1[n], v->tdata2[n], va.v, size)) {
            v->tdata1[n] |= HIT; /* of all that match [debug 5.3] */
            fires = true;
        }
    if (fires) {
        t->kind = TRAP_EXCEPTION;
        t->reason = REASON_RESOURCE;
        t->cause = RV_CAUSE_BREAKPOINT;
        t->tval = va.v;
    }
    return fires;
}

/* --- The host's. */

/* A trigger that does not wait now stays where it is, for no mode: so the host keeps what it has worked out for its address. */
void riscv_triggers_install(struct vcpu *vcpu)
{
    struct virtual_riscv *v = virtual_of(vcpu);

    for (unsigned n = 0; n < RV_TRIGGERS; n++) {
        const bool set = (v->tdata1[n] & modes) && (v->tdata1[n] & accesses);
        const uint64_t data1 = set ? (v->tdata1[n] & ~(HIT | modes)) | (waits(v, n) ? IN_U : IN_S) : MCONTROL6;
        if (set)
            machine_set(vcpu->host, RV_TDATA2 + n, v->tdata2[n]);
        machine_set(vcpu->host, RV_TDATA1 + n, data1);
    }
    v->triggers_down = v->triggers_set;
}

/* After another had the host, or nobody. */
void riscv_triggers_clear(struct vcpu *vcpu)
{
    const struct riscv_config *config = vcpu->host->config;

    for (unsigned n = 0; n < RV_TRIGGERS && config->sdtrig; n++)
        machine_set(vcpu->host, RV_TDATA1 + n, MCONTROL6);
    virtual_of(vcpu)->triggers_down = false;
}

/* The host's breakpoint is the guest's: which triggers have fired is known there. */
void riscv_triggers_hit(struct vcpu *vcpu)
{
    struct virtual_riscv *v = virtual_of(vcpu);

    for (unsigned n = 0; n < RV_TRIGGERS && v->triggers_down; n++) {
        const uint64_t data1 = machine_get(vcpu->host, RV_TDATA1 + n);
        if (data1 & HIT) {
            v->tdata1[n] |= HIT;
            machine_set(vcpu->host, RV_TDATA1 + n, data1 & ~HIT);
        }
    }
}
