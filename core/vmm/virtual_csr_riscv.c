/* virtual_csr_riscv.c - the virtual CSR file: what each CSR reads, and what becomes of a write.
 *
 * A table of those that are mere storage; for the others two switches over the address, one to read and one to write, with a function
 * where a CSR is more than a field. The legal values are the manual's; where it leaves a choice (WARL) the choice is the bare hart's,
 * and the tests hold both together.
 */
#include "core/vmm/virtual_csr_riscv.h"
#include "core/vmm/identity.h"

#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

enum { COUNT_CY = 0, COUNT_TM = 1, COUNT_IR = 2 };
enum { FS_OFF = 0, FS_DIRTY = 3 };

static const uint64_t xlen_64 = 2; /* UXL, SXL, MXL */

enum {
    irq_supervisor = 1 << RV_IRQ_SSI | 1 << RV_IRQ_STI | 1 << RV_IRQ_SEI,
    irq_machine = 1 << RV_IRQ_MSI | 1 << RV_IRQ_MTI | 1 << RV_IRQ_MEI
};
/* Every exception that a lower mode can take, but not an ecall from M [priv 3.1.8]. */
enum { medeleg_writable = 0xb3ff };
#define counteren_writable UINT32_MAX

/* --- Storage. xtvec: BASE is 4-byte aligned; MODE direct or vectored, the others are reserved [priv 3.1.7]. xepc: instructions lie at
 * even addresses [priv 3.1.14]. */
#define PLAINS                                                                                                                        \
    PLAIN(mideleg, irq_supervisor)                                                                                                    \
    PLAIN(mie, irq_supervisor | irq_machine)                                                                                          \
    PLAIN(mtvec, ~UINT64_C(2))                                                                                                        \
    PLAIN(mcounteren, counteren_writable)                                                                                             \
    PLAIN(mscratch, UINT64_MAX)                                                                                                       \
    PLAIN(mepc, ~UINT64_C(1))                                                                                                         \
    PLAIN(mcause, UINT64_MAX)                                                                                                         \
    PLAIN(mtval, UINT64_MAX)                                                                                                          \
    PLAIN(stvec, ~UINT64_C(2))                                                                                                        \
    PLAIN(scounteren, counteren_writable)                                                                                             \
    PLAIN(sscratch, UINT64_MAX)                                                                                                       \
    PLAIN(sepc, ~UINT64_C(1))                                                                                                         \
    PLAIN(scause, UINT64_MAX)                                                                                                         \
    PLAIN(stval, UINT64_MAX)

enum plain_number {
    PLAIN_NONE,
#define PLAIN(name, mask_) PLAIN_##name,
    PLAINS
#undef PLAIN
};

const uint8_t virtual_plain_number[4096] = {
#define PLAIN(name, mask_) [CSR_##name] = PLAIN_##name,
    PLAINS
#undef PLAIN
};

const struct virtual_plain virtual_plain[] = {
#define PLAIN(name, mask_) [PLAIN_##name] = {.field = offsetof(struct virtual_riscv, name), .mask = (mask_)},
    PLAINS
#undef PLAIN
};

/* --- The timer [Sstc 2.1]. */
static bool stce(const struct virtual_riscv *v) { return bit_get(v->menvcfg, MENVCFG_STCE); }

static void wake_changed(struct virtual_riscv *v)
{
    if (!stce(v) || __builtin_mul_overflow(v->stimecmp, (uint64_t)v->config.units_per_tick, &v->wake))
        v->wake = UINT64_MAX;
}

/* --- Reset [priv 3.4]: M-mode, MIE = MPRV = 0, mcause 0, PMP unlocked and off; the rest starts as zero here. */
void virtual_csr_reset(struct virtual_riscv *v)
{
    const struct riscv_config config = v->config;
    uint64_t lines = v->lines; /* wires from outside: no reset of the hart changes them */
    uint64_t epoch = v->pmp_epoch, fences_seen = v->fences_seen;
    bool triggers_down = v->triggers_down; /* the host's are still set */

    memset(v, 0, sizeof *v);
    v->config = config;
    v->lines = lines;
    v->pmp_epoch = epoch + 1;
    v->triggers_down = triggers_down;
    virtual_trigger_reset(v);
    v->fences_seen = fences_seen;
    v->mode = RV_M;
    /* Software that knows nothing of ADUE gets what the hart can do. */
    v->menvcfg = config.svadu ? BIT(MENVCFG_ADUE) : 0;
    for (unsigned i = 0; i < RV_PMP_ENTRIES; i++)
        v->pmp[i] = (struct virtual_pmp_rule){.first = 1, .last = 0};
    v->pmp_open = !config.pmp_entries;
    wake_changed(v);
}

/* --- Counters. A read by an instruction gives what was counted before it; a write sets what the next instruction reads
 * [unpriv 7.1], so an instruction's write reckons with its own retirement: `delay` is 1. */
static uint64_t counter_get(const struct virtual_counter *c, uint64_t count) { return c->inhibited ? c->base : c->base + count; }

static void counter_set(struct virtual_counter *c, uint64_t count, uint64_t value) { c->base = c->inhibited ? value : value - count; }

static void counter_inhibit(struct virtual_counter *c, uint64_t count, bool inhibited)
{
    uint64_t value = counter_get(c, count);

    c->inhibited = inhibited;
    counter_set(c, count, value);
}

static uint64_t mcountinhibit_get(const struct virtual_riscv *v)
{
    return ((uint64_t)v->cycle.inhibited << COUNT_CY) | ((uint64_t)v->instret.inhibited << COUNT_IR);
}

static void mcountinhibit_set(struct vcpu *vcpu, uint64_t value, unsigned delay)
{
    struct virtual_riscv *v = virtual_of(vcpu);

    counter_inhibit(&v->cycle, vcpu_clock(vcpu) + delay, bit_get(value, COUNT_CY));
    counter_inhibit(&v->instret, vcpu_retired(vcpu) + delay, bit_get(value, COUNT_IR));
}

uint64_t virtual_time(const struct vcpu *vcpu) { return vcpu_clock(vcpu) / virtual_of_const(vcpu)->config.units_per_tick; }

/* --- Traps and interrupts. */
static void medeleg_write(struct vcpu *vcpu, uint64_t value)
{
    struct virtual_riscv *v = virtual_of(vcpu);

    v->medeleg = value & medeleg_writable;
    if (v->triggers_set) /* where breakpoints are taken has a part in when [debug 5.4] */
        vcpu->resource_changed = true;
}

static void mip_write(struct virtual_riscv *v, uint64_t value, uint64_t mask)
{
    if (stce(v))
        mask &= ~BIT(RV_IRQ_STI);
    v->mip = (v->mip & ~mask) | (value & mask);
}

uint64_t virtual_csr_modified(const struct vcpu *vcpu, unsigned csr, uint64_t read)
{
    return csr == CSR_mip || csr == CSR_sip ? virtual_of_const(vcpu)->mip : read;
}

/* --- satp [priv 12.1.11]: an unsupported MODE leaves all of it unchanged. */
static void satp_write(struct vcpu *vcpu, uint64_t value)
{
    struct virtual_riscv *v = virtual_of(vcpu);
    uint64_t mode = bits_get(value, SATP_MODE, SATP_MODE_BITS);

    if (mode != 0 && mode != pt_sv39.mode && !(mode == pt_sv48.mode && v->config.sv48))
        return;
    value &= ~((BIT(SATP_ASID_BITS) - BIT(v->config.asid_bits)) << SATP_ASID);
    if (v->satp != value)
        vcpu->resource_changed = true;
    v->satp = value;
}

/* --- The families: a register's number is its distance from the first. */
enum csr_family { FAMILY_NONE, FAMILY_PMPCFG, FAMILY_PMPADDR, FAMILY_ZERO };

static enum csr_family csr_family(const struct virtual_riscv *v, unsigned csr)
{
    if (csr >= CSR_pmpcfg0 && csr < CSR_pmpcfg0 + 16)
        return v->config.pmp_entries && csr % 2 == 0 ? FAMILY_PMPCFG : FAMILY_NONE; /* odd ones are RV32's */
    if (csr >= CSR_pmpaddr0 && csr < CSR_pmpaddr0 + 64)
        return v->config.pmp_entries ? FAMILY_PMPADDR : FAMILY_NONE;
    /* hpmcounter3..31, mhpmcounter3..31, mhpmevent3..31 count nothing [priv 3.1.10]. */
    if ((csr >= 0xc03 && csr <= 0xc1f) || (csr >= 0xb03 && csr <= 0xb1f) || (csr >= 0x323 && csr <= 0x33f))
        return FAMILY_ZERO;
    return FAMILY_NONE;
}

static bool family_read(const struct virtual_riscv *v, unsigned csr, uint64_t *value)
{
    *value = 0;
    switch (csr_family(v, csr)) {
    case FAMILY_PMPCFG: *value = virtual_pmpcfg_read(v, (csr - CSR_pmpcfg0) * 4); return true;
    case FAMILY_PMPADDR: *value = csr - CSR_pmpaddr0 < RV_PMP_ENTRIES ? v->pmpaddr[csr - CSR_pmpaddr0] : 0; return true;
    case FAMILY_ZERO: return true;
    case FAMILY_NONE: break;
    }
    return false;
}

/* misa: RV64 A C D F I M S U [priv 3.1.1]. */
static uint64_t misa(void)
{
    uint64_t value = xlen_64 << 62;

    for (const char *letter = "ACDFIMSU"; *letter; letter++)
        value |= BIT(*letter - 'A');
    return value;
}

/* A hart without triggers says of the one that tselect names, 0, that it is not there: its type is 0, and so is the one bit that tinfo
 * has. One with triggers has mcontrol6 as version 1.0 has it, without contexts [debug 5.7.1-5.7.5]. */
static bool read_trigger(const struct virtual_riscv *v, unsigned csr, uint64_t *value)
{
    const bool there = v->config.sdtrig;

    switch (csr) {
    case CSR_tselect: *value = v->tselect; return true;
    case CSR_tdata1: *value = there ? v->tdata1[v->tselect] : 0; return true;
    case CSR_tdata2: *value = v->tdata2[v->tselect]; return true;
    case CSR_tdata3: *value = 0; return true;
    case CSR_tinfo: *value = there ? BIT(24) | BIT(6) : BIT(0); return true;
    default: return false;
    }
}

static void write_trigger(struct vcpu *vcpu, unsigned csr, uint64_t value)
{
    if (!virtual_of(vcpu)->config.sdtrig)
        return;
    switch (csr) {
    case CSR_tselect: virtual_of(vcpu)->tselect = value % RV_TRIGGERS; break;
    case CSR_tdata1: virtual_tdata1_write(vcpu, value); break;
    case CSR_tdata2: virtual_tdata2_write(vcpu, value); break;
    default: break;
    }
}

static bool read_machine(const struct vcpu *vcpu, unsigned csr, uint64_t *value)
{
    const struct virtual_riscv *v = virtual_of_const(vcpu);

    switch (csr) {
    case CSR_mstatus: *value = virtual_mstatus_get(vcpu); return true;
    case CSR_misa: *value = misa(); return true;
    case CSR_medeleg: *value = v->medeleg; return true;
    case CSR_menvcfg: *value = v->menvcfg; return true;
    case CSR_mcountinhibit: *value = mcountinhibit_get(v); return true;
    case CSR_mip: *value = virtual_mip(vcpu); return true;
    case CSR_mhartid: *value = v->config.hartid; return true;
    case CSR_mvendorid:
    case CSR_marchid:
    case CSR_mimpid:
    case CSR_mconfigptr: *value = 0; return true;
    default: return read_trigger(v, csr, value) || family_read(v, csr, value);
    }
}

bool virtual_csr_read(const struct vcpu *vcpu, unsigned csr, uint64_t *value)
{
    const struct virtual_riscv *v = virtual_of_const(vcpu);
    const struct virtual_plain *p = virtual_plain_find(csr);

    if (p) {
        *value = *(const uint64_t *)(const void *)((const char *)v + p->field);
        return true;
    }
    switch (csr) {
    case CSR_fflags: *value = bits_get(vcpu_identity_get(vcpu, RV_CSR + CSR_fcsr), 0, 5); return true;
    case CSR_frm: *value = bits_get(vcpu_identity_get(vcpu, RV_CSR + CSR_fcsr), 5, 3); return true;
    case CSR_fcsr: *value = vcpu_identity_get(vcpu, RV_CSR + CSR_fcsr); return true;
    case CSR_sstatus: *value = virtual_sstatus_get(vcpu); return true;
    case CSR_sie: *value = v->mie & v->mideleg; return true;
    case CSR_sip: *value = virtual_mip(vcpu) & v->mideleg; return true;
    case CSR_senvcfg: *value = v->senvcfg; return true;
    case CSR_satp: *value = v->satp; return true;
    case CSR_stimecmp: *value = v->stimecmp; return v->config.sstc;
    case CSR_cycle:
    case CSR_mcycle: *value = counter_get(&v->cycle, vcpu_clock(vcpu)); return true;
    case CSR_instret:
    case CSR_minstret: *value = counter_get(&v->instret, vcpu_retired(vcpu)); return true;
    case CSR_time: *value = virtual_time(vcpu); return true;
    default: return read_machine(vcpu, csr, value);
    }
}

/* --- Writing. */

/* The enables of cache-block operations are there with these; CBIE = 2 is reserved and closes [priv 3.1.18]. */
static uint64_t senvcfg_legal(const struct virtual_riscv *v, uint64_t value)
{
    const uint64_t cbie = UINT64_C(3) << ENVCFG_CBIE;
    uint64_t mask = BIT(ENVCFG_FIOM);

    if (v->config.zicbom)
        mask |= BIT(ENVCFG_CBCFE) | (bits_get(value, ENVCFG_CBIE, 2) == 2 ? 0 : cbie);
    if (v->config.zicboz)
        mask |= BIT(ENVCFG_CBZE);
    return value & mask;
}

static uint64_t menvcfg_legal(const struct virtual_riscv *v, uint64_t value)
{
    uint64_t mask = (v->config.sstc ? BIT(MENVCFG_STCE) : 0) | (v->config.svadu ? BIT(MENVCFG_ADUE) : 0);

    return senvcfg_legal(v, value) | (value & mask);
}

/* fflags and frm are fields of fcsr, which is the host's [unpriv 20.2]. A program's write makes FS dirty. */
static void float_write(struct vcpu *vcpu, unsigned csr, uint64_t value, unsigned delay)
{
    uint64_t fcsr = vcpu_identity_get(vcpu, RV_CSR + CSR_fcsr);

    if (csr == CSR_fflags)
        value = bits_set(fcsr, 0, 5, value);
    else if (csr == CSR_frm)
        value = bits_set(fcsr, 5, 3, value);
    vcpu_identity_set(vcpu, RV_CSR + CSR_fcsr, value & 0xff);
    if (delay)
        virtual_fs_set(vcpu, FS_DIRTY);
}

static void write_machine(struct vcpu *vcpu, unsigned csr, uint64_t value, unsigned delay)
{
    struct virtual_riscv *v = virtual_of(vcpu);

    switch (csr) {
    case CSR_mstatus: virtual_mstatus_write(vcpu, value); break;
    case CSR_medeleg: medeleg_write(vcpu, value); break;
    case CSR_mip: mip_write(v, value, irq_supervisor); break;
    case CSR_menvcfg:
        v->menvcfg = menvcfg_legal(v, value);
        wake_changed(v);
        break;
    case CSR_mcountinhibit: mcountinhibit_set(vcpu, value, delay); break;
    case CSR_mcycle: counter_set(&v->cycle, vcpu_clock(vcpu) + delay, value); break;
    case CSR_minstret: counter_set(&v->instret, vcpu_retired(vcpu) + delay, value); break;
    default:
        if (csr_family(v, csr) == FAMILY_PMPCFG)
            virtual_pmpcfg_write(vcpu, (csr - CSR_pmpcfg0) * 4, value);
        else if (csr_family(v, csr) == FAMILY_PMPADDR)
            virtual_pmpaddr_write(vcpu, csr - CSR_pmpaddr0, value);
        else
            write_trigger(vcpu, csr, value);
        break; /* the others are read-only or hold zero */
    }
}

void virtual_csr_write(struct vcpu *vcpu, unsigned csr, uint64_t value, unsigned delay)
{
    struct virtual_riscv *v = virtual_of(vcpu);
    const struct virtual_plain *p = virtual_plain_find(csr);

    if (p) {
        *virtual_plain_field(vcpu, p) = value & p->mask;
        return;
    }
    switch (csr) {
    case CSR_fflags:
    case CSR_frm:
    case CSR_fcsr: float_write(vcpu, csr, value, delay); break;
    case CSR_sstatus: virtual_sstatus_write(vcpu, value); break;
    case CSR_sie: v->mie = (v->mie & ~v->mideleg) | (value & v->mideleg); break;
    case CSR_sip: mip_write(v, value, BIT(RV_IRQ_SSI) & v->mideleg); break;
    case CSR_senvcfg: v->senvcfg = senvcfg_legal(v, value); break;
    case CSR_satp: satp_write(vcpu, value); break;
    case CSR_stimecmp:
        if (v->config.sstc)
            v->stimecmp = value;
        wake_changed(v);
        break;
    default: write_machine(vcpu, csr, value, delay); break;
    }
}

/* --- Access. The address tells the lowest mode (bits 9:8) and read-only (11:10 = 11) [priv 2.1]; a few CSRs ask for more. */

/* The counter bit that gates an unprivileged counter [priv 3.1.11, 12.1.5]: M lets S through, M and S let U through. */
static bool counter_open(const struct virtual_riscv *v, unsigned counter)
{
    if (v->mode == RV_M)
        return true;
    return bit_get(v->mcounteren, counter) && (v->mode == RV_S || bit_get(v->scounteren, counter));
}

/* Rules on top of the address. Called in a mode that the address admits. */
static bool gate_open(const struct virtual_riscv *v, unsigned csr)
{
    if (csr == CSR_satp) /* [priv 3.1.6.5] */
        return v->mode == RV_M || !bit_get(v->mstatus, MSTATUS_TVM);
    if (csr == CSR_stimecmp) /* [Sstc 2.2] */
        return v->mode == RV_M || (bit_get(v->mcounteren, COUNT_TM) && stce(v));
    if (csr >= CSR_cycle && csr < CSR_cycle + 32)
        return counter_open(v, csr - CSR_cycle);
    return true;
}

/*T:332 What the guest may see of its own control registers. This is written from the manual and not from the hardware's code: a test
 * compares the two on random states, and would prove nothing if they shared a line. :*/
enum trap_reason virtual_csr_open(const struct vcpu *vcpu, unsigned csr, bool write, uint64_t *value)
{
    const struct virtual_riscv *v = virtual_of_const(vcpu);

    if (!virtual_csr_read(vcpu, csr, value) || (write && bits_get(csr, 10, 2) == 3))
        return REASON_UNDEFINED; /* in every mode */
    if ((csr == CSR_fflags || csr == CSR_frm || csr == CSR_fcsr) && virtual_fs_get(vcpu) == FS_OFF)
        return REASON_RESOURCE;
    if (bits_get(csr, 8, 2) > v->mode || !gate_open(v, csr))
        return REASON_PRIVILEGE;
    return REASON_NONE;
}
