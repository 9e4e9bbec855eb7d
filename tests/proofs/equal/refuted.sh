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
plant fast.csr.sie isa/riscv/csr_fast.c '    h->x[i->rd] = value;' '    h->x[i->rd] = ~value;' 'the same x[x]'
plant fast.sub isa/riscv/bodies_fast.h '#define WX(r, v) ((void)(h->x[r] = (v)))' \
    '#define WX(r, v) ((void)(h->x[r] = (v) == 1000 ? h->mode : (v)))' 'the same x[x]'
exit "$failed"
