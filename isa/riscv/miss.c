/* miss.c - accesses to pages that the TLB does not know yet: nearly all that fast bodies leave to careful ones. The page is translated
 * by the short way and the body tried again, or its page fault is raised; whatever is not that simple, a device, A or D to be set, an
 * access that is not aligned, is left to the careful body.
 */
#include "isa/riscv/hart.h"
#include "isa/riscv/tail.h"

/* How a row accesses memory, at rs1 + immediate, aligned; rows that are not here are none of ours. */
enum { ACCESS_SIZE = 15, ACCESS_WRITES = 16, ACCESS_FLOATS = 32 };
#define READS(row, size) [RV_INSN_##row] = (size)
#define WRITES(row, size) [RV_INSN_##row] = (size) | ACCESS_WRITES
#define FREADS(row, size) [RV_INSN_##row] = (size) | ACCESS_FLOATS
#define FWRITES(row, size) [RV_INSN_##row] = (size) | ACCESS_WRITES | ACCESS_FLOATS
#define AMOS(row) WRITES(row##_w, 4), WRITES(row##_d, 8)
/* clang-format off */
static const uint8_t access_of[RV_INSN_COUNT] = {
    READS(lb, 1), READS(lbu, 1), READS(lh, 2), READS(lhu, 2), READS(lw, 4), READS(lwu, 4), READS(ld, 8),
    WRITES(sb, 1), WRITES(sh, 2), WRITES(sw, 4), WRITES(sd, 8),
    READS(c_lw, 4), READS(c_lwsp, 4), READS(c_ld, 8), READS(c_ldsp, 8),
    WRITES(c_sw, 4), WRITES(c_swsp, 4), WRITES(c_sd, 8), WRITES(c_sdsp, 8),
    FREADS(flw, 4), FREADS(fld, 8), FREADS(c_fld, 8), FREADS(c_fldsp, 8),
    FWRITES(fsw, 4), FWRITES(fsd, 8), FWRITES(c_fsd, 8), FWRITES(c_fsdsp, 8),
    AMOS(amoswap), AMOS(amoadd), AMOS(amoxor), AMOS(amoand), AMOS(amoor), AMOS(amomin), AMOS(amomax), AMOS(amominu), AMOS(amomaxu),
};
/* clang-format on */

enum body_result rv_careful(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    const unsigned row = h->code->row[i - h->code->record];
    const unsigned access = LIKELY(row != INSN_NONE) ? access_of[row] : 0;
    const bool fs_off = (access & ACCESS_FLOATS) && !bits_get(h->mstatus, MSTATUS_FS, 2); /* that comes first */
    if (!access || UNLIKELY(h->watching || fs_off))
        TAIL_CALL(rv_carefully(h, i, left));
    const va_t va = h->x[i->rs1] + (uint64_t)(int64_t)i->imm;
    const bool writes = access & ACCESS_WRITES;
    const struct tlb_entry *e = &(writes ? h->data->write : h->data->read)[tlb_slot(va)];
    if (UNLIKELY((va & ((access & ACCESS_SIZE) - 1)) || e->tag == (va & PAGE_MASK))) /* the page was not the reason */
        TAIL_CALL(rv_carefully(h, i, left));
    switch (hart_fill(h, va, writes ? PT_WRITE : PT_READ)) {
    case SV_QUICK_OK: GO_ON(h, i, left);
    case SV_QUICK_FAULT:
        h->pc = hart_pc_of(h, i);
        h->step_row = (uint16_t)row;
        h->step_length = rv_rows[row].length;
        return hart_stop_at(h, i, left);
    case SV_QUICK_UNSURE: break;
    }
    TAIL_CALL(rv_carefully(h, i, left));
}
