/* csr.c - the CSR file: what each register reads and what of a write it keeps.
 *
 * Every row of csr.def has a get and a set here, in the order of the manual; plain registers are one line. csr_get/csr_set are
 * the view of the most privileged software (the contract); csr_access() is a Zicsr instruction of the running program: it asks
 * first whether the register exists, is writable, and is open to the current mode, and only then touches anything.
 *
 * Counters are read by instruction i as they stand before it; one written by instruction i is read by the next as written. An
 * instruction that writes mcountinhibit still counts, or not, as the old value says.
 */
#include "isa/riscv/csr.h"
#include "isa/riscv/csr_gate.h"
#include "isa/riscv/pmp.h"
#include "isa/riscv/sdtrig.h"
#include "isa/riscv/touched.h"
#include "isa/riscv/translate.h"
#include "isa/riscv/trap.h"

typedef uint64_t csr_get_fn(const struct hart *, unsigned csr);
typedef void csr_set_fn(struct hart *, unsigned csr, uint64_t);

#define GET(name, value)                                                                                                              \
    static uint64_t get_##name(const struct hart *h, unsigned csr)                                                                    \
    {                                                                                                                                 \
        (void)h, (void)csr;                                                                                                           \
        return (value);                                                                                                               \
    }
#define SET(name, action)                                                                                                             \
    static void set_##name(struct hart *h, unsigned csr, uint64_t v)                                                                  \
    {                                                                                                                                 \
        (void)h, (void)csr, (void)v;                                                                                                  \
        action;                                                                                                                       \
    }
/* A register whose bits in `mask` are storage and whose others are zero. */
#define PLAIN(name, mask) GET(name, h->name) SET(name, h->name = v & (mask))
/* The same, when it also decides whether an interrupt is to be taken. */
#define PLAIN_INTERRUPT(name, mask) GET(name, h->name) SET(name, h->name = v & (mask); h->attention = true)
#define READ_ONLY(name, value) GET(name, value) SET(name, )

#define BIT(n) (UINT64_C(1) << (n))
#define FIELD(lo, n) (((UINT64_C(1) << (n)) - 1) << (lo))

/* --- floating point [unpriv 20.2] */

enum { FFLAGS_BITS = 5, FRM_BITS = 3 };

static void write_fcsr(struct hart *h, uint64_t flags, uint64_t rounding)
{
    h->fflags = (uint8_t)bits_get(flags, 0, FFLAGS_BITS);
    h->frm = (uint8_t)bits_get(rounding, 0, FRM_BITS);
}

GET(fflags, h->fflags)
SET(fflags, write_fcsr(h, v, h->frm))
GET(frm, h->frm)
SET(frm, write_fcsr(h, h->fflags, v))
GET(fcsr, (uint64_t)h->frm << FFLAGS_BITS | h->fflags)
SET(fcsr, write_fcsr(h, v, v >> FFLAGS_BITS))

/* --- counters [priv 3.1.10, 3.1.12]. While a counter runs its offset is added to the hart's own count; while it is inhibited
 * the offset *is* its value. */

enum { INHIBIT_CY = 0, INHIBIT_IR = 2 };

static uint64_t counter_read(const struct hart *h, unsigned inhibit, uint64_t offset, uint64_t count)
{
    return bit_get(h->mcountinhibit, inhibit) ? offset : offset + count;
}

static uint64_t counter_offset(const struct hart *h, unsigned inhibit, uint64_t value, uint64_t count)
{
    return bit_get(h->mcountinhibit, inhibit) ? value : value - count;
}

GET(mcycle, counter_read(h, INHIBIT_CY, h->mcycle_offset, hart_clock(h)))
SET(mcycle, h->mcycle_offset = counter_offset(h, INHIBIT_CY, v, hart_clock(h)))
GET(minstret, counter_read(h, INHIBIT_IR, h->minstret_offset, hart_retired(h)))
SET(minstret, h->minstret_offset = counter_offset(h, INHIBIT_IR, v, hart_retired(h)))

static void write_mcountinhibit(struct hart *h, uint64_t v)
{
    uint64_t cycle = get_mcycle(h, CSR_mcycle), instret = get_minstret(h, CSR_minstret);
    h->mcountinhibit = v & (BIT(INHIBIT_CY) | BIT(INHIBIT_IR));
    set_mcycle(h, CSR_mcycle, cycle);
    set_minstret(h, CSR_minstret, instret);
}

GET(mcountinhibit, h->mcountinhibit)
SET(mcountinhibit, write_mcountinhibit(h, v))

READ_ONLY(cycle, get_mcycle(h, csr))
READ_ONLY(time, hart_clock(h) / h->config.units_per_tick)
READ_ONLY(instret, get_minstret(h, csr))
READ_ONLY(hpm, 0) /* every counter and event of Zihpm [priv 3.1.10: may be read-only zero] */

/* --- mstatus and its view sstatus [priv 3.1.6, 12.1.1]. UXL and SXL say 64 and stay so; big-endian modes, vectors and
 * extensions' state (UBE SBE MBE VS XS) are absent: zero. SD follows from FS. */

#define MSTATUS_MEMORY (BIT(MSTATUS_MPRV) | FIELD(MSTATUS_MPP, 2) | BIT(MSTATUS_SUM) | BIT(MSTATUS_MXR))
#define SSTATUS_WRITABLE                                                                                                              \
    (BIT(MSTATUS_SIE) | BIT(MSTATUS_SPIE) | BIT(MSTATUS_SPP) | FIELD(MSTATUS_FS, 2) | BIT(MSTATUS_SUM) | BIT(MSTATUS_MXR))
#define MSTATUS_WRITABLE                                                                                                              \
    (SSTATUS_WRITABLE | BIT(MSTATUS_MIE) | BIT(MSTATUS_MPIE) | FIELD(MSTATUS_MPP, 2) | BIT(MSTATUS_MPRV) | BIT(MSTATUS_TVM) |         \
     BIT(MSTATUS_TW) | BIT(MSTATUS_TSR))
#define MSTATUS_UXL_64 (UINT64_C(2) << MSTATUS_UXL)
#define MSTATUS_SXL_64 (UINT64_C(2) << MSTATUS_SXL)

enum { FS_DIRTY = 3, MODE_RESERVED = 2 };

static uint64_t read_status(const struct hart *h, uint64_t mask)
{
    uint64_t dirty = bits_get(h->mstatus, MSTATUS_FS, 2) == FS_DIRTY ? BIT(MSTATUS_SD) : 0;
    return (h->mstatus & mask) | dirty | MSTATUS_UXL_64;
}

static void write_status(struct hart *h, uint64_t v, uint64_t mask)
{
    uint64_t old = h->mstatus;
    if (bits_get(v, MSTATUS_MPP, 2) == MODE_RESERVED)
        mask &= ~FIELD(MSTATUS_MPP, 2);
    h->mstatus = (old & ~mask) | (v & mask);
    uint64_t changed = old ^ h->mstatus;
    if (changed & MSTATUS_MEMORY)
        hart_context_changed(h);
    if (changed & (BIT(MSTATUS_SIE) | BIT(MSTATUS_MIE)))
        h->attention = true;
}

GET(mstatus, read_status(h, MSTATUS_WRITABLE) | MSTATUS_SXL_64)
SET(mstatus, write_status(h, v, MSTATUS_WRITABLE))
GET(sstatus, read_status(h, SSTATUS_WRITABLE))
SET(sstatus, write_status(h, v, SSTATUS_WRITABLE))

/* --- interrupts [priv 3.1.9, 12.1.3] and delegation [priv 3.1.8] */

#define DELEGABLE_INTERRUPTS (BIT(RV_IRQ_SSI) | BIT(RV_IRQ_STI) | BIT(RV_IRQ_SEI))
#define DELEGABLE_EXCEPTIONS                                                                                                          \
    (FIELD(0, RV_CAUSE_ECALL_U + 2) | BIT(RV_CAUSE_FETCH_PAGE) | BIT(RV_CAUSE_LOAD_PAGE) | BIT(RV_CAUSE_STORE_PAGE))

PLAIN_INTERRUPT(mie, RV_INTERRUPTS)
PLAIN_INTERRUPT(mideleg, DELEGABLE_INTERRUPTS)
PLAIN(medeleg, DELEGABLE_EXCEPTIONS)

/* The bits of mip that are software's: STIP is the comparator's under STCE; MSIP, MTIP, MEIP are wires. */
static uint64_t mip_writable(const struct hart *h)
{
    uint64_t stip = bit_get(h->menvcfg, MENVCFG_STCE) ? 0 : BIT(RV_IRQ_STI);
    return BIT(RV_IRQ_SSI) | BIT(RV_IRQ_SEI) | stip;
}

static void write_masked(struct hart *h, uint64_t *field, uint64_t v, uint64_t mask)
{
    *field = (*field & ~mask) | (v & mask);
    h->attention = true;
}

GET(mip, hart_mip(h))
SET(mip, write_masked(h, &h->mip, v, mip_writable(h)))
/* S sees and enables what M delegated; of the pending bits it can write SSIP only. */
GET(sip, hart_mip(h) & h->mideleg)
SET(sip, write_masked(h, &h->mip, v, BIT(RV_IRQ_SSI) & h->mideleg))
GET(sie, h->mie & h->mideleg)
SET(sie, write_masked(h, &h->mie, v, h->mideleg))

/* --- trap handling. Vectors: mode 0 direct, 1 vectored; bit 1 is zero [priv 3.1.7]. */

#define TVEC_BITS (~UINT64_C(2))
#define EPC_BITS (~UINT64_C(1)) /* with C, IALIGN is 16 [priv 3.1.14] */
#define ALL_BITS (~UINT64_C(0))

PLAIN(mtvec, TVEC_BITS)
PLAIN(mscratch, ALL_BITS)
PLAIN(mepc, EPC_BITS)
PLAIN(mcause, ALL_BITS)
PLAIN(mtval, ALL_BITS)
PLAIN(stvec, TVEC_BITS)
PLAIN(sscratch, ALL_BITS)
PLAIN(sepc, EPC_BITS)
PLAIN(scause, ALL_BITS)
PLAIN(stval, ALL_BITS)

/* --- what lower modes may do [priv 3.1.11, 3.1.18, 12.1.5, 12.1.10]. CBIE = 2 is reserved: then it closes. */

static uint64_t senvcfg_writable(const struct hart *h)
{
    return BIT(ENVCFG_FIOM) | (h->config.zicbom ? FIELD(ENVCFG_CBIE, 2) | BIT(ENVCFG_CBCFE) : 0) |
           (h->config.zicboz ? BIT(ENVCFG_CBZE) : 0);
}

static uint64_t menvcfg_writable(const struct hart *h)
{
    return senvcfg_writable(h) | (h->config.svadu ? BIT(MENVCFG_ADUE) : 0) | (h->config.sstc ? BIT(MENVCFG_STCE) : 0);
}

static uint64_t envcfg_legal(uint64_t v) { return bits_get(v, ENVCFG_CBIE, 2) == 2 ? v & ~FIELD(ENVCFG_CBIE, 2) : v; }

PLAIN(mcounteren, UINT32_MAX)
PLAIN(scounteren, UINT32_MAX)
GET(menvcfg, h->menvcfg)
SET(menvcfg, h->menvcfg = envcfg_legal(v) & menvcfg_writable(h); hart_timer_changed(h); h->attention = true)
GET(senvcfg, h->senvcfg)
SET(senvcfg, h->senvcfg = envcfg_legal(v) & senvcfg_writable(h))
GET(stimecmp, h->stimecmp)
SET(stimecmp, h->stimecmp = v; hart_timer_changed(h); h->attention = true)

/* --- satp [priv 12.1.11]: a write with an unsupported MODE has no effect at all. */

static void write_satp(struct hart *h, uint64_t v)
{
    uint64_t mode = bits_get(v, SATP_MODE, SATP_MODE_BITS);
    if (mode != SATP_BARE && mode != SATP_SV39 && !(mode == SATP_SV48 && h->config.sv48))
        return;
    uint64_t asid = h->config.asid_bits ? FIELD(SATP_ASID, h->config.asid_bits) : 0;
    h->satp = v & (FIELD(SATP_MODE, SATP_MODE_BITS) | asid | FIELD(0, SATP_PPN_BITS));
    hart_context_changed(h);
}

GET(satp, h->satp)
SET(satp, write_satp(h, v))

/* --- what the machine is [priv 3.1.1-3.1.5, 3.1.17] */

#define LETTER(c) ((c) ? BIT(((c) - 'A') & 63) : 0)

static const uint64_t misa = UINT64_C(2) << 62 /* 64 bits */
#define EXT(name, letter, word, has) | LETTER(letter)
#define CHOICE(name)
#include "isa/riscv/ext.def"
#undef EXT
#undef CHOICE
    ;

READ_ONLY(misa, misa)
READ_ONLY(mvendorid, 0)
READ_ONLY(marchid, 0)
READ_ONLY(mimpid, 0)
READ_ONLY(mhartid, h->config.hartid)
READ_ONLY(mconfigptr, 0)

/* What no machine should show to U-mode; one built with custom_csr does. */
READ_ONLY(ustate, get_mstatus(h, CSR_mstatus) << 2 | h->mode)

/* --- PMP: the even pmpcfg hold eight entries each. Registers of the 48 entries that are absent are zero. */

static uint64_t get_pmp(const struct hart *h, unsigned csr)
{
    return csr >= CSR_pmpaddr0 ? pmp_address_get(h, csr - CSR_pmpaddr0) : pmp_cfg_get(h, (csr - CSR_pmpcfg0) * 4);
}

static void set_pmp(struct hart *h, unsigned csr, uint64_t v)
{
    if (csr < CSR_pmpaddr0)
        pmp_cfg_set(h, (csr - CSR_pmpcfg0) * 4, v);
    else if (!pmp_address_set(h, csr - CSR_pmpaddr0, v))
        return;
    hart_fence(h, &(struct fence){.has_va = false}); /* cached translations contain the old verdicts */
}

/* --- triggers [debug 5.7]: tselect has just the bits that name one. A hart without any keeps 0 there, and then tdata1 has type 0 and
 * tinfo bit 0: "no trigger". Else tinfo says version 1.0 and type 6, mcontrol6, which is the one there is. */

enum { TINFO_NONE = 1, TINFO_MCONTROL6 = 1 << 24 | 1 << 6 };
_Static_assert((RV_TRIGGERS & (RV_TRIGGERS - 1)) == 0, "tselect holds any value of its bits");

GET(tselect, h->tselect)
SET(tselect, h->tselect = h->config.sdtrig ? v & (RV_TRIGGERS - 1) : 0)
GET(tdata1, h->config.sdtrig ? h->tdata1[h->tselect] : 0)
SET(tdata1, if (h->config.sdtrig) sdtrig_tdata1_write(h, v))
GET(tdata2, h->tdata2[h->tselect])
SET(tdata2, if (h->config.sdtrig) sdtrig_tdata2_write(h, v))
READ_ONLY(tdata3, 0)
READ_ONLY(tinfo, h->config.sdtrig ? TINFO_MCONTROL6 : TINFO_NONE)

/* --- the table, from csr.def: a row without its functions above does not compile */

enum { ABSENT = HART_mode }; /* no CSR has the index that stands for the mode */
_Static_assert(HART_REGISTERS <= UINT8_MAX, "an index fits a byte");

static const uint8_t csr_index[4096] = {
#define CSR(name, address, ext, part, reads, writes, about) [address] = HART_##name,
#include "isa/riscv/csr.def"
#undef CSR
};

struct csr_row {
    csr_get_fn *get;
    csr_set_fn *set;
    csr_gate_fn *gate;
    uint8_t ext; /* enum riscv_ext */
};

/* clang-format off */
#define ROW_F(name) get_##name, set_##name, csr_gate_float
#define ROW_Zicntr(name) get_##name, set_##name, csr_gate_counter
#define ROW_Zihpm(name) get_hpm, set_hpm, csr_gate_counter
#define ROW_Xustate(name) get_##name, set_##name, csr_gate_open
#define ROW_S(name) get_##name, set_##name, csr_gate_supervisor
#define ROW_Sstc(name) get_##name, set_##name, csr_gate_stimecmp
#define ROW_Sm(name) get_##name, set_##name, csr_gate_open
#define ROW_Smpmp(name) get_pmp, set_pmp, csr_gate_open
#define ROW_Sdtrig ROW_Sm
/* clang-format on */

static const struct csr_row csr_rows[HART_REGISTERS] = {
    [ABSENT] = {.ext = RV_EXT_COUNT}, /* which no hart has */
#define CSR(name, address, ext, part, reads, writes, about) [HART_##name] = {ROW_##ext(name), RV_EXT_##ext},
#include "isa/riscv/csr.def"
#undef CSR
};

/* The row of a CSR that this hart has, or NULL. */
static const struct csr_row *csr_find(const struct hart *h, unsigned csr)
{
    const struct csr_row *row = &csr_rows[csr < 4096 ? csr_index[csr] : ABSENT];
    return h->extensions >> row->ext & 1 ? row : NULL;
}

bool csr_exists(const struct hart *h, unsigned csr) { return csr_find(h, csr) != NULL; }

uint64_t csr_get(const struct hart *h, unsigned csr)
{
    const struct csr_row *row = csr_find(h, csr);
    return row ? row->get(h, csr) : 0;
}

void csr_set(struct hart *h, unsigned csr, uint64_t v)
{
    const struct csr_row *row = csr_find(h, csr);
    if (row)
        row->set(h, csr, v);
}

static uint64_t csr_combine(uint64_t old, const struct csr_access *a)
{
    switch (a->op) {
    case CSR_OP_SET: return old | a->operand;
    case CSR_OP_CLEAR: return old & ~a->operand;
    case CSR_OP_WRITE: break;
    }
    return a->operand;
}

static void csr_write(struct hart *h, const struct csr_row *row, const struct csr_access *a, uint64_t old)
{
    if (a->csr == CSR_mip || a->csr == CSR_sip)
        old = h->mip; /* wires take no part in read-modify-write: only the software-writable bits do [priv 3.1.9] */
    h->left--;        /* counters are written as they stand after this instruction */
    row->set(h, a->csr, csr_combine(old, a));
    h->left++;
    if (row->gate == csr_gate_float)
        hart_fs_dirty(h);
    hart_note_csr(h->touched.write, csr_index[a->csr], true);
}

/* [priv 2.1]: address bits 11:10 = 3 mean read-only, bits 9:8 the lowest mode. The order below gives the reason: what no mode
 * may do is undefined, what a higher one may is a matter of privilege. */
enum trap_reason csr_access(struct hart *h, const struct csr_access *a, uint64_t *old)
{
    const struct csr_row *row = csr_find(h, a->csr);
    if (!row || (a->write && bits_get(a->csr, 10, 2) == 3))
        return REASON_UNDEFINED;
    if (hart_check(h, mode) < bits_get(a->csr, 8, 2))
        return REASON_PRIVILEGE;
    enum trap_reason closed = row->gate(h, a->csr);
    if (closed != REASON_NONE)
        return closed;
    *old = row->get(h, a->csr);
    hart_note_csr(h->touched.read, csr_index[a->csr], false);
    if (a->write)
        csr_write(h, row, a, *old);
    return REASON_NONE;
}

/* [priv 3.4]: M-mode, MIE and MPRV clear, mcause zero, PMP off; the manual leaves the rest open: here it is zero, but that
 * hardware A/D updates are on where there are any, for software that does not know of the choice. */
void csr_reset(struct hart *h)
{
    h->mstatus = h->medeleg = h->mideleg = h->mie = h->mip = 0;
    h->mtvec = h->mscratch = h->mepc = h->mcause = h->mtval = h->mcounteren = h->mcountinhibit = 0;
    h->stvec = h->sscratch = h->sepc = h->scause = h->stval = h->scounteren = h->senvcfg = h->satp = h->stimecmp = 0;
    h->menvcfg = h->config.svadu ? BIT(MENVCFG_ADUE) : 0;
    hart_timer_changed(h);
    h->minstret_offset = h->mcycle_offset = 0;
    h->fflags = h->frm = 0;
    sdtrig_reset(h);
    for (unsigned n = 0; n < sizeof h->pmpcfg / sizeof h->pmpcfg[0]; n++) {
        h->pmpcfg[n] = 0;
        h->pmpaddr[n] = 0;
    }
    pmp_changed(h);
    hart_fence(h, &(struct fence){.has_va = false});
    hart_context_changed(h);
    h->attention = true;
}
