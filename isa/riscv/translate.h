/* translate.h - from virtual to physical, and the TLB spaces of the present state. */
#ifndef TRAPEZE_ISA_RISCV_TRANSLATE_H
#define TRAPEZE_ISA_RISCV_TRANSLATE_H

#include "isa/riscv/state.h"
#include "mmu/pt.h"
#include "mmu/sv_quick.h"

/* Translates for `kind` under the current state; checks PMP; updates A/D; fills the data TLB when the page may be cached. The
 * access must not cross a page. true: *pa lies in some range of the address space. false: kind, reason, cause, tval of h->trap are set. */
MUST_CHECK bool hart_translate(struct hart *, va_t, unsigned size, enum pt_kind, pa_t *pa);
MUST_CHECK bool hart_fetch_fault(struct hart *, va_t); /* there is no memory to fetch from: false, and the fault in h->trap */
/* Fills the data TLB for va's page by the short way. SV_QUICK_OK: an aligned access of this kind to that page finds it now;
 * SV_QUICK_FAULT: its page fault is in h->trap; SV_QUICK_UNSURE: nothing that a program could see. Only while no trigger waits for accesses. */
MUST_CHECK enum sv_quick hart_fill(struct hart *, va_t, enum pt_kind);
void hart_context_choose(struct hart *); /* the TLB's spaces for the present state */
#ifndef HART_SEALED
/* The mode changed, or MPP: choose TLB spaces again, refetch if that is another address space. */
static inline void hart_mode_changed(struct hart *h)
{
    const struct tlb_choice *c = &h->chosen[h->mode];
    if (UNLIKELY(c->version != h->version || c->generation != h->tlb.generation || bit_get(h->mstatus, MSTATUS_MPRV))) {
        hart_context_choose(h);
        return;
    }
    if (c->fetch != h->fetch)
        hart_refetch(h);
    h->fetch = c->fetch;
    h->data = c->data;
    h->fetch->used = h->data->used = ++h->tlb.tick;
}
#endif
void hart_context_changed(
    struct hart *); /* the same when satp, mstatus.{MPRV,SUM,MXR} or PMP changed, too: choose TLB spaces, refetch */
void hart_fence(struct hart *, const struct fence *);

#endif
