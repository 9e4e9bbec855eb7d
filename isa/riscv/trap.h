/* trap.h - interrupts that are pending, traps that instructions raise, architectural trap entry, and the way back. */
#ifndef TRAPEZE_ISA_RISCV_TRAP_H
#define TRAPEZE_ISA_RISCV_TRAP_H

#include "isa/riscv/state.h"

#ifdef HART_SEALED /* bodies see no more of it than: */
#define hart_read_pending hart_pending_seen
#else
/* Software bits, lines, stimecmp. STIP is software's bit until STCE hands it to the comparator: pending while time >= stimecmp
 * [priv Sstc]. */
static inline uint64_t hart_mip(const struct hart *h)
{
    uint64_t mip = h->mip | h->lines;
    if (bit_get(h->menvcfg, MENVCFG_STCE))
        mip = bits_set(mip, RV_IRQ_STI, 1, hart_clock(h) >= h->timer_due);
    return mip & RV_INTERRUPTS;
}
/* The same, noted: of a program's instruction. */
static inline uint64_t hart_read_pending(struct hart *h)
{
    hart_note(h->touched.read, HART_mip);
    return hart_mip(h);
}
#endif
uint64_t hart_pending_seen(struct hart *);    /* hart_read_pending(), for bodies */
bool hart_interrupt_due(const struct hart *); /* something is pending and enabled, in whatever mode */
bool hart_interrupt(struct hart *);           /* fills h->trap with the interrupt to take now; false: none */
enum delivery riscv_deliver(struct machine *, struct trap *);
void hart_enter(struct machine *, const struct trap *); /* the same for a hart, which need not ask itself */
void hart_timer_changed(struct hart *); /* stimecmp or menvcfg: the clock value at which STIP rises; UINT64_MAX: never */
void hart_mret(struct hart *);          /* the whole effect: mstatus, mode, pc */
void hart_sret(struct hart *);

/* An exception of an instruction is raised in two steps: what goes wrong, by whoever meets it; and which instruction it is, by the
 * engine, which knows. */
static inline void hart_except(struct hart *h, enum trap_reason reason, uint64_t cause, uint64_t tval)
{
    struct trap *t = h->trap; /* each field once: to clear the whole first would cost as much again */
    t->kind = TRAP_EXCEPTION;
    t->reason = reason;
    t->cause = cause;
    t->tval = tval;
}
/* row: insn.def's or INSN_NONE. An illegal instruction is its own tval; what is no trap of an instruction (a wait) stays as it is. */
static inline void hart_trap_at(struct hart *h, unsigned row, unsigned length, uint32_t bits)
{
    struct trap *t = h->trap;
    if (t->kind != TRAP_EXCEPTION && t->kind != TRAP_TRIGGER)
        return;
    t->row = (uint16_t)row;
    t->length = (uint8_t)length;
    t->bits = bits;
    if (t->kind == TRAP_EXCEPTION && t->cause == RV_CAUSE_ILLEGAL)
        t->tval = bits;
}
/* Both at once. */
static inline void hart_raise(struct hart *h, unsigned row, unsigned length, uint32_t bits, enum trap_reason reason, uint64_t cause,
                              uint64_t tval)
{
    hart_except(h, reason, cause, tval);
    h->trap->row = (uint16_t)row;
    h->trap->length = (uint8_t)length;
    h->trap->bits = bits;
}

#endif
