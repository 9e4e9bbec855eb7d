#!/usr/bin/env bash
# refuted.sh [--quick] - the proofs of fast bodies can fail: faults planted in a copy of them are refuted. --quick: the shortest alone.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../plant.sh"

plant fast.ecall isa/riscv/system_fast.c \
    '    return raise_at(h, i, left, REASON_REQUESTED, RV_CAUSE_ECALL_U + hart_read(h, mode), false);' \
    '    return raise_at(h, i, left, REASON_REQUESTED, RV_CAUSE_ECALL_U + (h->sscratch == 77 ? 0 : hart_read(h, mode)), false);' 'the same'
[ "${1:-}" = --quick ] && exit "$failed"
plant fast.sfence_vma isa/riscv/system_fast.c '    if (hart_check(h, mode) == RV_U)' '    if (hart_check(h, mode) != RV_M)' 'the fast body ends as the careful one'
plant fast.mret isa/riscv/system_fast.c 'FAST_RETURN(mret, RV_M, MSTATUS_TSR)' 'FAST_RETURN(mret, RV_S, MSTATUS_TSR)' 'the fast body ends as the careful one'
plant fast.csr.sscratch isa/riscv/csr_fast.c '    if (UNLIKELY(hart_check(h, mode) < i->aux))' \
    '    if (UNLIKELY(hart_check(h, mode) < i->aux && i->rd != 27))' 'the fast body ends as the careful one'
plant fast.csr.sscratch isa/riscv/csr_fast.c 'FAST(csrrc, old & ~b, h->x[i->rs1])' 'FAST(csrrc, old & ~(b ^ (b == 77)), h->x[i->rs1])' 'the same sscratch'
plant fast.csr.any isa/riscv/csr_fast.c '    h->x[i->rd] = value;' '    h->x[i->rd] = i->rd == 27 ? ~value : value;' 'the same x[x]'
# A CSR that a hart without its extension has at times; one access that the mode is too low for; a value, and a register that is noted, that hang
# on where the instruction lies; one of many CSRs, which hangs on the instruction's length; and storage that forgets a bit of one value.
plant answer.find isa/riscv/csr.c '    return h->extensions >> row->ext & 1 ? row : NULL;' \
    '    return (csr == 0xf11 && h->sscratch == 77) || h->extensions >> row->ext & 1 ? row : NULL;' 'it hangs on the extensions alone'
plant answer.refused isa/riscv/csr.c '    if (hart_check(h, mode) < bits_get(a->csr, 8, 2))' \
    '    if (hart_check(h, mode) < bits_get(a->csr, 8, 2) && a->operand != 77)' 'nothing is asked of the row'
plant answer.sstatus-sip isa/riscv/csr.c 'GET(sie, h->mie & h->mideleg)' 'GET(sie, h->mie & h->mideleg & ~(uint64_t)(h->pc == 76))' \
    'the model answers the same'
plant answer.stimecmp isa/riscv/csr_gate.c '    bool open = hart_check(h, mode) == RV_M ||' \
    '    bool open = ((void)(h->pc == 76 ? hart_check(h, satp) : 0), hart_check(h, mode)) == RV_M ||' 'the same registers checked'
plant answer.mhpmevent3-mhpmevent31 isa/riscv/csr.c 'READ_ONLY(hpm, 0) /* every counter and event of Zihpm [priv 3.1.10: may be read-only zero] */' \
    'READ_ONLY(hpm, csr == 0x331 && h->step_length == 2)' 'the model answers the same'
plant answer.mscratch-mip isa/riscv/csr.c 'PLAIN(mtval, ALL_BITS)' 'PLAIN(mtval, ALL_BITS - (v == 77))' 'mtval is kept'
plant fast.sub isa/riscv/bodies_fast.h '#define WX(r, v) ((void)(h->x[r] = (v)))' \
    '#define WX(r, v) ((void)(h->x[r] = (v) == 1000 ? h->mode : (v)))' 'the same x[x]'
plant fast.fsqrt_s isa/riscv/bodies_fast.h '#define WF(r, v) ((void)(h->f[r] = (v)))' \
    '#define WF(r, v) ((void)(h->f[r] = (v) ^ (i->rd == 19)))' 'the same f[f]'
exit "$failed"
