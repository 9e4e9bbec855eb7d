/* state.c - any state of a bare hart, f of it, and whether the two are still so related. */
#include "tests/proofs/vstep/state.h"

#include "core/vmm/interpret.h"
#include "isa/riscv/access.h"
#include "isa/riscv/engine.h"
#include "isa/riscv/sdtrig.h"
#include "isa/riscv/translate.h"
#include "isa/riscv/trap.h"

/* Fixed, for else a multiplication by any number would have to be proved equal to itself. */
enum { UNITS_PER_TICK = 100 };

struct hart bare;
struct trap bare_trap;
struct vcpu vcpu;
static struct virtual_riscv v;
static struct vm vm;
static struct host_hart on;
static struct tlb_space space;
static struct shadow_key situation; /* at first, */
static struct virtual_riscv before; /* likewise */
static bool pmp_related;            /* f has made the one's registers of the other's */

/* --- the host: identity registers. Of mstatus what K leaves, and what reads as ever. */

static struct host {
    struct machine machine; /* first */
    uint64_t pc, fs, fcsr;
    struct hart registers; /* x alone, and what the bare hart was at first */
} host;

static uint64_t host_get(const struct machine *m, reg_t reg)
{
    const uint64_t constants = UINT64_C(2) << MSTATUS_UXL | UINT64_C(2) << MSTATUS_SXL;
    (void)m;
    switch (reg) {
    case MACHINE_PC: return host.pc;
    case RV_CSR + CSR_fcsr: return host.fcsr;
    case RV_CSR + CSR_mstatus: return constants | host.fs << MSTATUS_FS | (uint64_t)(host.fs == 3) << MSTATUS_SD;
    default: __CPROVER_assert(reg < 32, "a register of the host that a v_i may read"); return host.registers.x[reg % 32];
    }
}

static void host_set(struct machine *m, reg_t reg, uint64_t value)
{
    (void)m;
    switch (reg) {
    case MACHINE_PC: host.pc = value & ~UINT64_C(1); break;
    case RV_CSR + CSR_fcsr: host.fcsr = value & 0xff; break;
    case RV_CSR + CSR_mstatus: host.fs = bits_get(value, MSTATUS_FS, 2); break;
    default: __CPROVER_assert(reg >= 1 && reg < 32, "a register of the host that a v_i may write"); host.registers.x[reg % 32] = value;
    }
}

static const struct machine_ops host_ops = {.get = host_get, .set = host_set};

/* --- caches: what both are told */

static struct told {
    unsigned count;
    struct fence fence;
} bare_fences, virtual_fences;

static void tell(struct told *t, const struct fence *f)
{
    t->count++;
    t->fence = *f;
}

/* A fence of everything for new protection rules is the hart's own affair: its TLB contains their verdicts. */
void hart_fence(struct hart *h, const struct fence *f)
{
    (void)h;
    tell(&bare_fences, f);
}
void hart_context_choose(struct hart *h) { (void)h; }
void hart_context_changed(struct hart *h) { (void)h; }
void tlb_flush_all(struct tlb *t) { (void)t; }
static void engine_changed(struct hart *h, enum engine_change change) { (void)h, (void)change; }
static const struct hart_engine engine = {.context_changed = engine_changed};

void memory_fence(struct vcpu *c, const struct fence *f)
{
    (void)c;
    tell(&virtual_fences, f);
}

/* --- memory: a block can be reached, or there is this fault; nobody says which */

bool __CPROVER_uninterpreted_block(uint64_t va, bool zero);
uint64_t __CPROVER_uninterpreted_block_cause(uint64_t va, bool zero);

static bool block(uint64_t va, bool zero, struct trap *t)
{
    if (__CPROVER_uninterpreted_block(va, zero))
        return true;
    t->kind = TRAP_EXCEPTION;
    t->reason = REASON_RESOURCE;
    t->cause = __CPROVER_uninterpreted_block_cause(va, zero);
    t->tval = va;
    __CPROVER_assume(t->cause != RV_CAUSE_ILLEGAL);
    return false;
}
bool hart_block_reach(struct hart *h, va_t va) { return block(va, false, h->trap); }
bool hart_block_zero(struct hart *h, va_t va) { return block(va, true, h->trap); }
bool interpret_block(struct vcpu *c, gva_t va, unsigned size, bool zero, struct trap *t)
{
    (void)c;
    __CPROVER_assert(size == 64, "the size of a block");
    return block(va.v, zero, t);
}

/* --- any state. What the hart's own writes keep out is out: reserved values of WARL fields, and MPRV below M-mode. */

#define BIT(n) (UINT64_C(1) << (n))
#define KEEPS(field, bits) __CPROVER_assume(!(h->field & ~(uint64_t)(bits)))

struct hart nondet_hart(void);
struct riscv_config nondet_config(void);

static void config_any(struct riscv_config *c, enum state_make make)
{
    *c = nondet_config();
    __CPROVER_assume(c->asid_bits <= 16 && (c->pmp_entries == 0 || c->pmp_entries == 16));
    c->units_per_tick = UNITS_PER_TICK;
    if (make != MAKE_ANY) {
        c->sv48 = c->svadu = c->sstc = c->sdtrig = c->zicbom = c->zicboz = make == MAKE_ALL;
        c->pmp_entries = make == MAKE_ALL ? RV_PMP_ENTRIES : 0;
    }
    c->wfi_in_user = c->custom_csr = c->user_yields = false; /* pinned: K needs it */
}

static uint32_t extensions_of(const struct riscv_config *c)
{
    uint32_t extensions = 0;
#define EXT(name, letter, word, has) extensions |= (uint32_t)(has) << RV_EXT_##name;
#define CHOICE(name)
#include "isa/riscv/ext.def"
#undef EXT
#undef CHOICE
    return extensions;
}

static uint64_t envcfg_bits(const struct riscv_config *c)
{
    return BIT(ENVCFG_FIOM) | (c->zicbom ? UINT64_C(7) << ENVCFG_CBIE : 0) | (c->zicboz ? BIT(ENVCFG_CBZE) : 0);
}

static void status_any(const struct hart *h)
{
    const uint64_t bits = 0x7e79aa; /* SIE MIE SPIE MPIE SPP MPP FS MPRV SUM MXR TVM TW TSR */
    KEEPS(mstatus, bits);
    __CPROVER_assume(bits_get(h->mstatus, MSTATUS_MPP, 2) != 2);
    __CPROVER_assume(h->mode == RV_M || !bit_get(h->mstatus, MSTATUS_MPRV));
}

static void traps_any(const struct hart *h)
{
    const uint64_t supervisor = BIT(RV_IRQ_SSI) | BIT(RV_IRQ_STI) | BIT(RV_IRQ_SEI);
    KEEPS(medeleg, 0xb3ff), KEEPS(mideleg, supervisor), KEEPS(mie, RV_INTERRUPTS), KEEPS(mip, supervisor), KEEPS(lines, RV_INTERRUPTS);
    KEEPS(mtvec, ~BIT(1)), KEEPS(stvec, ~BIT(1)), KEEPS(mepc, ~BIT(0)), KEEPS(sepc, ~BIT(0)), KEEPS(pc, ~BIT(0));
    KEEPS(mcounteren, UINT32_MAX), KEEPS(scounteren, UINT32_MAX), KEEPS(mcountinhibit, 5);
}

static void environment_any(const struct hart *h)
{
    const struct riscv_config *c = &h->config;
    const uint64_t mode = bits_get(h->satp, SATP_MODE, SATP_MODE_BITS);
    KEEPS(senvcfg, envcfg_bits(c));
    KEEPS(menvcfg, envcfg_bits(c) | (c->svadu ? BIT(MENVCFG_ADUE) : 0) | (c->sstc ? BIT(MENVCFG_STCE) : 0));
    __CPROVER_assume(bits_get(h->menvcfg, ENVCFG_CBIE, 2) != 2 && bits_get(h->senvcfg, ENVCFG_CBIE, 2) != 2);
    __CPROVER_assume(mode == SATP_BARE || mode == SATP_SV39 || (mode == SATP_SV48 && c->sv48));
    __CPROVER_assume(!(bits_get(h->satp, SATP_ASID, SATP_ASID_BITS) >> c->asid_bits));
    __CPROVER_assume(c->sstc || h->stimecmp == 0);
    __CPROVER_assume(h->frm < 8 && h->fflags < 32);
}

/* Type mcontrol6, match at most 3, and no other bits; a hart without triggers keeps them idle [debug 5.7]. */
static void triggers_any(const struct hart *h)
{
    const uint64_t type = UINT64_C(6) << 60, bits = BIT(22) | 3 << 7 | BIT(6) | BIT(4) | BIT(3) | 7;
    __CPROVER_assume(h->tselect < RV_TRIGGERS && (h->config.sdtrig || h->tselect == 0));
    for (unsigned n = 0; n < RV_TRIGGERS; n++) {
        __CPROVER_assume((h->tdata1[n] & ~bits) == type);
        __CPROVER_assume(h->config.sdtrig || (h->tdata1[n] == type && h->tdata2[n] == 0));
    }
}

/* For the proofs that ask for them. */
void state_pmp_legal(void)
{
    const struct hart *h = &bare;
    pmp_related = true;
    for (unsigned n = 0; n < RV_PMP_ENTRIES; n++) {
        v.pmpcfg[n] = h->pmpcfg[n];
        v.pmpaddr[n] = h->pmpaddr[n];
        __CPROVER_assume(!(h->pmpcfg[n] & 0x60) && (h->pmpcfg[n] & (PMP_R | PMP_W)) != PMP_W);
        KEEPS(pmpaddr[n], BIT(54) - 1);
    }
}

static void bare_any(enum state_make make)
{
    struct hart *h = &bare;
    *h = nondet_hart();
    config_any(&h->config, make);
    h->extensions = extensions_of(&h->config);
    h->trap = &bare_trap;
    h->engine = &engine;
    h->data = h->fetch = &space;
    for (unsigned n = 0; n < 4; n++)
        h->chosen[n].data = h->chosen[n].fetch = &space;
    h->step_length = 4;
    __CPROVER_assume(h->left > 0 && h->x[0] == 0);
    __CPROVER_assume(h->mode == RV_U || h->mode == RV_S || h->mode == RV_M);
    status_any(h);
    traps_any(h);
    environment_any(h);
    triggers_any(h);
    hart_timer_changed(h);
}

/* --- f */

/* The fields of the virtual state that are those of the hart, one for one. */
/* clang-format off */
#define ALIKE(F) \
    F(mode) F(medeleg) F(mideleg) F(mie) F(mip) F(lines) F(mtvec) F(mscratch) F(mepc) F(mcause) F(mtval) F(mcounteren) F(menvcfg) \
    F(stvec) F(sscratch) F(sepc) F(scause) F(stval) F(scounteren) F(senvcfg) F(satp) F(stimecmp) F(tselect)
/* clang-format on */

struct virtual_riscv nondet_virtual(void);

static void virtual_of_bare(void)
{
    const struct hart *h = &bare;
    v = nondet_virtual();
    v.config = h->config;
#define F(field) v.field = h->field;
    ALIKE(F)
#undef F
    v.mstatus = h->mstatus & ~(UINT64_C(3) << MSTATUS_FS);
    v.cycle = (struct virtual_counter){.base = h->mcycle_offset, .inhibited = bit_get(h->mcountinhibit, 0)};
    v.instret = (struct virtual_counter){.base = h->minstret_offset, .inhibited = bit_get(h->mcountinhibit, 2)};
    v.wake = h->timer_due;
    v.triggers_set = false;
    for (unsigned n = 0; n < RV_TRIGGERS; n++) {
        v.tdata1[n] = h->tdata1[n];
        v.tdata2[n] = h->tdata2[n];
        v.triggers_set |= (h->tdata1[n] & 0x58) && (h->tdata1[n] & 7);
    }
    before = v;
}

static void host_of_bare(void)
{
    const struct hart *h = &bare;
    host.machine.ops = &host_ops;
    host.machine.config = &bare.config;
    host.pc = h->pc;
    host.fs = bits_get(h->mstatus, MSTATUS_FS, 2);
    host.fcsr = (uint64_t)h->frm << 5 | h->fflags;
    host.registers = bare;
}

void state_any(enum state_make make)
{
    bare_any(make);
    virtual_of_bare();
    host_of_bare();
    vcpu.state = &v;
    vcpu.host = &host.machine;
    vcpu.vm = &vm;
    vcpu.on = &on;
    on.current = &vcpu;
    vcpu.running = NULL;
    vcpu.clock_base = hart_clock(&bare);
    vcpu.retired_base = hart_retired(&bare);
    vcpu.resource_changed = false;
    pmp_related = false;
    bare_fences.count = virtual_fences.count = 0;
    riscv_situation(&vcpu, &situation);
}

/* --- another state, which something that is not looked into leads to. Registers of PMP stay: they are compared with what they were. */

static struct hart other_bare;
static struct virtual_riscv other_v;
static uint64_t other_fs, other_fcsr;

void state_other_any(enum state_make make)
{
    state_any(make);
    other_bare = bare;
    other_v = v;
    other_fs = host.fs;
    other_fcsr = host.fcsr;
}

/* Arrays as one value: then the solver sees one and the same. */
struct array_x {
    __typeof__(bare.x) v;
};
struct array_pmpcfg {
    __typeof__(bare.pmpcfg) v;
};
struct array_pmpaddr {
    __typeof__(bare.pmpaddr) v;
};
#define STAYS(array, to, from)                                                                                                        \
    *(struct array_##array *)(void *)(to)->array = *(const struct array_##array *)(const void *)(from)->array

void state_other_hart(void)
{
    struct hart *to = &other_bare;
    STAYS(x, to, &bare);
    STAYS(pmpcfg, to, &bare);
    STAYS(pmpaddr, to, &bare);
    to->pc = bare.pc;
    to->left = bare.left;
    to->slice = bare.slice;
    to->clock_base = bare.clock_base;
    to->retired_base = bare.retired_base;
    bare = *to;
}

void state_other_virtual(void)
{
    STAYS(pmpcfg, &other_v, &v);
    STAYS(pmpaddr, &other_v, &v);
    v = other_v;
    host.fs = other_fs;
    host.fcsr = other_fcsr;
    vcpu.resource_changed = true; /* for the situation may be another */
}

/* --- is it still so? */

static void registers_compare(void)
{
    const struct hart *h = &bare;
    const unsigned x = nondet_unsigned() % 32;
    __CPROVER_assert(host.registers.x[x] == h->x[x], "F-IDENTITY: x");
    __CPROVER_assert(host.pc == h->pc, "F-IDENTITY: pc");
    __CPROVER_assert(host.fcsr == ((uint64_t)h->frm << 5 | h->fflags), "F-IDENTITY: fcsr");
    __CPROVER_assert(host.fs == bits_get(h->mstatus, MSTATUS_FS, 2), "F-FS");
#define F(field) __CPROVER_assert(v.field == h->field, #field);
    ALIKE(F)
#undef F
    __CPROVER_assert(v.mstatus == (h->mstatus & ~(UINT64_C(3) << MSTATUS_FS)), "mstatus");
    __CPROVER_assert(v.wake == h->timer_due, "when the timer is due");
    __CPROVER_assert(v.cycle.inhibited == bit_get(h->mcountinhibit, 0) && v.instret.inhibited == bit_get(h->mcountinhibit, 2),
                     "mcountinhibit");
    __CPROVER_assert(v.cycle.base == h->mcycle_offset, "mcycle");
    __CPROVER_assert(v.instret.base == h->minstret_offset, "minstret");
}

static void arrays_compare(void)
{
    const unsigned n = nondet_unsigned() % RV_TRIGGERS, p = nondet_unsigned() % RV_PMP_ENTRIES;
    __CPROVER_assert(v.tdata1[n] == bare.tdata1[n], "tdata1");
    __CPROVER_assert(v.tdata2[n] == bare.tdata2[n], "tdata2");
    if (pmp_related) {
        __CPROVER_assert(v.pmpcfg[p] == bare.pmpcfg[p], "pmpcfg");
        __CPROVER_assert(v.pmpaddr[p] == bare.pmpaddr[p], "pmpaddr");
    } else { /* both are as they were */
        __CPROVER_assert(v.pmpcfg[p] == before.pmpcfg[p] && bare.pmpcfg[p] == host.registers.pmpcfg[p], "pmpcfg");
        __CPROVER_assert(v.pmpaddr[p] == before.pmpaddr[p] && bare.pmpaddr[p] == host.registers.pmpaddr[p], "pmpaddr");
    }
}

static void fences_compare(bool fence)
{
    const struct fence *a = &bare_fences.fence, *b = &virtual_fences.fence;
    const uint64_t asid = BIT(bare.config.asid_bits) - 1;
    __CPROVER_assert(virtual_fences.count == fence && (!fence || bare_fences.count == 1), "a fence for a fence");
    if (!fence)
        return;
    __CPROVER_assert(a->has_va == b->has_va && a->has_asid == b->has_asid && a->cold == b->cold, "the same scope of the fence");
    __CPROVER_assert(!a->has_va || a->va == b->va, "the same address of the fence");
    __CPROVER_assert(!a->has_asid || (a->asid & asid) == (b->asid & asid), "the same ASID of the fence");
}

void state_compare(unsigned retired, bool fence)
{
    struct shadow_key now;
    riscv_situation(&vcpu, &now);
    __CPROVER_assert(hart_clock(&bare) == vcpu_clock(&vcpu) + retired, "F-CLOCK: clock");
    __CPROVER_assert(hart_retired(&bare) == vcpu_retired(&vcpu) + retired, "F-CLOCK: retired");
    registers_compare();
    arrays_compare();
    fences_compare(fence);
    const bool moved = now.space != situation.space || now.rights != situation.rights || now.asid != situation.asid;
    __CPROVER_assert(!moved || vcpu.resource_changed, "A is called when the situation changes");
}
