/* miss.c - accesses to pages that the TLB does not know yet: nearly all that fast bodies leave to careful ones. The page is translated
 * by the short way and the body tried again, or its page fault is raised; whatever is not that simple, a device, A or D to be set, an
 * access that is not aligned, is left to the careful body.
 */
#include "isa/riscv/miss.h"
#include "isa/riscv/careful.h"
#include "isa/riscv/table.h"
#include "isa/riscv/tail.h"
#include "isa/riscv/translate.h"
#include "isa/riscv/trap.h"

/*T:420 What a fast body cannot finish it leaves before anything has changed. Mostly the TLB did not know the page: it is filled in and
 * the same body is tried again. :*/
enum body_result rv_careful(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    const unsigned row = code_of(h)->row[i - code_of(h)->record];
    const unsigned does = LIKELY(row != INSN_NONE) ? rv_does[row] : DOES_NONE;
    const bool fs_off = (does & DOES_FLOAT) && !bits_get(h->mstatus, MSTATUS_FS, 2); /* that comes first */
    if (!(does & DOES_SIZE) || UNLIKELY(does & DOES_RESERVE || h->watching_accesses || fs_off))
        RETURN_CALL(rv_carefully(h, i, left));
    const va_t va = h->x[i->rs1] + (uint64_t)(int64_t)i->imm;
    const bool writes = does & DOES_WRITE;
    const struct tlb_entry *e = &(writes ? h->data->write : h->data->read)[tlb_slot(va)];
    if (UNLIKELY((va & ((does & DOES_SIZE) - 1)) || e->tag == (va & PAGE_MASK))) /* the page was not the reason */
        RETURN_CALL(rv_carefully(h, i, left));
    switch (hart_fill(h, va, writes ? PT_WRITE : PT_READ)) {
    case SV_QUICK_OK: RETURN_GO_ON(h, i, left);
    case SV_QUICK_FAULT:
        h->pc = hart_pc_of(h, i);
        h->left = left;
        hart_trap_at(h, row, rv_rows[row].length, hart_bits_of(h, i, rv_rows[row].length));
        return BODY_STOP;
    case SV_QUICK_UNSURE: break;
    }
    RETURN_CALL(rv_carefully(h, i, left));
}
