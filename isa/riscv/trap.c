/* trap.c - interrupts that are pending, architectural trap entry, and the way back.
 *
 * riscv_deliver() is written over the contract alone: it enters a trap on any machine that has these registers, by the machine's own
 * `enter` or else by get and set. The hart itself never vectors; it reports the trap to whoever owns it.
 */
#include <assert.h>

#include "isa/riscv/translate.h"
#include "isa/riscv/trap.h"

#define MIP(irq) (UINT64_C(1) << (irq))

enum { TVEC_MODE = 3, TVEC_VECTORED = 1 };

/* stimecmp counts ticks of `time`, the clock units; a comparison beyond what the clock can say is due no more.
 * Without Sstc, or with STCE clear, the hart has no timer of its own. */
void hart_timer_changed(struct hart *h)
{
    uint64_t units = h->config.units_per_tick;
    bool never = !h->config.sstc || !bit_get(h->menvcfg, MENVCFG_STCE) || h->stimecmp > UINT64_MAX / units;
    h->timer_due = never ? UINT64_MAX : h->stimecmp * units;
}

uint64_t hart_pending_seen(struct hart *h) { return hart_read_pending(h); }
bool hart_interrupt_due(const struct hart *h) { return hart_mip(h) & h->mie; }

/* Interrupts for M are taken below M and, with MIE, in M; delegated ones below S and, with SIE, in S; those for the higher mode
 * go first [priv 3.1.9]. */
bool hart_interrupt(struct hart *h)
{
    static const uint8_t order[] = {RV_IRQ_MEI, RV_IRQ_MSI, RV_IRQ_MTI, RV_IRQ_SEI, RV_IRQ_SSI, RV_IRQ_STI};
    uint64_t pending = hart_mip(h) & h->mie;
    if (LIKELY(!pending))
        return false;
    bool m_enabled = h->mode < RV_M || bit_get(h->mstatus, MSTATUS_MIE);
    bool s_enabled = h->mode < RV_S || (h->mode == RV_S && bit_get(h->mstatus, MSTATUS_SIE));
    uint64_t take = m_enabled ? pending & ~h->mideleg : 0;
    if (!take)
        take = s_enabled ? pending & h->mideleg : 0;
    for (unsigned i = 0; i < sizeof order; i++) {
        if (take & MIP(order[i])) {
            *h->trap = (struct trap){.kind = TRAP_INTERRUPT, .reason = REASON_NONE, .row = INSN_NONE, .cause = order[i]};
            return true;
        }
    }
    return false;
}

/* [priv 3.1.7]: exceptions go to BASE; interrupts to BASE + 4 * cause when vectored.
 * mtvec = 80000001h: exceptions go to 80000000h, the timer's interrupt of M, number 7, to 8000001ch. */
static uint64_t trap_vector(uint64_t tvec, const struct trap *t)
{
    uint64_t base = tvec & ~(uint64_t)TVEC_MODE;
    bool vectored = (tvec & TVEC_MODE) == TVEC_VECTORED && t->kind == TRAP_INTERRUPT;
    return vectored ? base + 4 * t->cause : base;
}

static uint64_t trap_cause(const struct trap *t)
{
    return t->kind == TRAP_INTERRUPT ? t->cause | UINT64_C(1) << RV_CAUSE_INTERRUPT : t->cause;
}

/* Trap entry, once, on whatever get and set go to. A trap goes to M unless it came from S or U and its bit of medeleg or mideleg gives it
 * to S [priv 3.1.8]; what the handler finds is the same in both, and only the places differ [priv 3.1.6.1, 3.1.14-3.1.16, 12.1].
 * What entry does to mstatus, for a trap to M; to S it is the same with SPIE, SIE and SPP:
 *
 *      before     MPP = .     MPIE = .      MIE = e        mode m
 *      after      MPP = m     MPIE = e      MIE = 0        mode M
 *      mret       MPP = U     MPIE = 1      MIE = e        mode m
 */
typedef uint64_t entry_get(const struct machine *, reg_t);
typedef void entry_set(struct machine *, reg_t, uint64_t);
static inline __attribute__((always_inline)) void enter(struct machine *m, const struct trap *t, entry_get *get, entry_set *set)
{
    const uint64_t mode = get(m, MACHINE_MODE);
    const reg_t delegation = RV_CSR + (t->kind == TRAP_INTERRUPT ? CSR_mideleg : CSR_medeleg);
    const uint64_t pc = get(m, MACHINE_PC), cause = trap_cause(t), tval = t->tval; /* all is read before anything is written */
    uint64_t status = get(m, RV_CSR + CSR_mstatus);
    if (mode != RV_M && bit_get(get(m, delegation), (unsigned)t->cause)) {
        const uint64_t vector = trap_vector(get(m, RV_CSR + CSR_stvec), t);
        status = bits_set(status, MSTATUS_SPIE, 1, bit_get(status, MSTATUS_SIE));
        status = bits_set(status, MSTATUS_SIE, 1, 0);
        set(m, RV_CSR + CSR_mstatus, bits_set(status, MSTATUS_SPP, 1, mode == RV_S));
        set(m, RV_CSR + CSR_sepc, pc);
        set(m, RV_CSR + CSR_scause, cause);
        set(m, RV_CSR + CSR_stval, tval);
        set(m, MACHINE_MODE, RV_S);
        set(m, MACHINE_PC, vector);
    } else {
        const uint64_t vector = trap_vector(get(m, RV_CSR + CSR_mtvec), t);
        status = bits_set(status, MSTATUS_MPIE, 1, bit_get(status, MSTATUS_MIE));
        status = bits_set(status, MSTATUS_MIE, 1, 0);
        set(m, RV_CSR + CSR_mstatus, bits_set(status, MSTATUS_MPP, 2, mode));
        set(m, RV_CSR + CSR_mepc, pc);
        set(m, RV_CSR + CSR_mcause, cause);
        set(m, RV_CSR + CSR_mtval, tval);
        set(m, MACHINE_MODE, RV_M);
        set(m, MACHINE_PC, vector);
    }
}

/*T:210 Architectural trap entry is written over get and set alone. So it serves any machine that has these registers, whatever stands
 * behind them; one that knows a shorter way to the same end says so. :*/
enum delivery riscv_deliver(struct machine *m, struct trap *t)
{
    assert(t->kind == TRAP_EXCEPTION || t->kind == TRAP_INTERRUPT);
    assert(t->cause < 64);
    if (LIKELY(m->ops->enter))
        m->ops->enter(m, t);
    else
        enter(m, t, machine_get, machine_set);
    return DELIVERED;
}

/* The registers that entry goes to, on a hart that need not ask itself. What follows from a change of them comes once, at the end. */
#define ENTRY_REGISTERS(R)                                                                                                            \
    R(MACHINE_MODE, mode)                                                                                                             \
    R(MACHINE_PC, pc)                                                                                                                 \
    R(RV_CSR + CSR_mstatus, mstatus)                                                                                                  \
    R(RV_CSR + CSR_medeleg, medeleg)                                                                                                  \
    R(RV_CSR + CSR_mideleg, mideleg)                                                                                                  \
    R(RV_CSR + CSR_mtvec, mtvec)                                                                                                      \
    R(RV_CSR + CSR_mepc, mepc)                                                                                                        \
    R(RV_CSR + CSR_mcause, mcause)                                                                                                    \
    R(RV_CSR + CSR_mtval, mtval)                                                                                                      \
    R(RV_CSR + CSR_stvec, stvec)                                                                                                      \
    R(RV_CSR + CSR_sepc, sepc)                                                                                                        \
    R(RV_CSR + CSR_scause, scause)                                                                                                    \
    R(RV_CSR + CSR_stval, stval)

/* The register's number is a constant where enter() is compiled, so that of each switch one case is left. */
static inline __attribute__((always_inline)) uint64_t own_get(const struct machine *m, reg_t r)
{
    const struct hart *h = hart_of_const(m);
    switch (r) {
#define GET(reg, field)                                                                                                               \
    case reg: return h->field;
        ENTRY_REGISTERS(GET)
#undef GET
    default: return 0;
    }
}

static inline __attribute__((always_inline)) void own_set(struct machine *m, reg_t r, uint64_t v)
{
    struct hart *h = hart_of(m);
    switch (r) {
#define SET(reg, field)                                                                                                               \
    case reg: h->field = v; break;
        ENTRY_REGISTERS(SET)
#undef SET
    default: break;
    }
}

void hart_enter(struct machine *m, const struct trap *t)
{
    struct hart *h = hart_of(m);
    enter(m, t, own_get, own_set);
    h->attention = true;
    h->resume = 0; /* as whenever the PC is set */
    hart_mode_changed(h);
    hart_refetch(h);
}

/* Where both ways back meet: MPRV ends with M-mode, and the new mode may take interrupts [priv 3.3.2, 3.1.6.3]. */
static void trap_return_to(struct hart *h, uint64_t mode, uint64_t pc)
{
    if (mode != RV_M)
        hart_write(h, mstatus, bits_set(h->mstatus, MSTATUS_MPRV, 1, 0));
    hart_write(h, mode, mode);
    h->pc = pc;
    h->attention = true;
    hart_mode_changed(h);
    hart_refetch(h);
}

/* By the paper's terms this is where control state changes: each access is noted (recorded.h). */
void hart_mret(struct hart *h)
{
    uint64_t mode = bits_get(hart_read(h, mstatus), MSTATUS_MPP, 2);
    uint64_t status = bits_set(h->mstatus, MSTATUS_MIE, 1, bit_get(h->mstatus, MSTATUS_MPIE));
    status = bits_set(status, MSTATUS_MPIE, 1, 1);
    hart_write(h, mstatus, bits_set(status, MSTATUS_MPP, 2, RV_U));
    trap_return_to(h, mode, hart_read(h, mepc));
}

void hart_sret(struct hart *h)
{
    uint64_t mode = bit_get(hart_read(h, mstatus), MSTATUS_SPP) ? RV_S : RV_U;
    uint64_t status = bits_set(h->mstatus, MSTATUS_SIE, 1, bit_get(h->mstatus, MSTATUS_SPIE));
    status = bits_set(status, MSTATUS_SPIE, 1, 1);
    hart_write(h, mstatus, bits_set(status, MSTATUS_SPP, 1, RV_U));
    trap_return_to(h, mode, hart_read(h, sepc));
}
