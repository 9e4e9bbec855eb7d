#!/usr/bin/env bash
# refuted.sh [--quick] - the proofs of fused bodies can fail: faults planted in a copy of them are refuted. --quick: the shortest alone.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../plant.sh"
export PROVE_OPEN=yes # a goal need not be settled to be refuted

plant fused.addi.addi.FROM_NONE.bne.FAR_RS1 isa/riscv/fused.c \
    '    if (from & FAR_RS1 && (r->rs1 != record[n - 2]->rd || r->rs1 == record[n - 1]->rd))' \
    '    if (from & FAR_RS1 && (r->rs1 != record[n - 2]->rd || (r->rs1 == record[n - 1]->rd && r->rs1 != 19)))' 'rs1 is what the far part wrote'
[ "${1:-}" = --quick ] && exit "$failed"
plant fused.auipc.addi.FROM_RS1 isa/riscv/fused.c '    left -= 1' '    left -= 1 + (left == 77)' 'as many have retired as were done'
plant fused.or.andi.FROM_RS1.bne.FROM_RS1 isa/riscv/fused.c \
    '        PART_OR_LEAVE(three, c, lc, from_c, two.value, one.value);                                                                    \' \
    '        PART_OR_LEAVE(three, c, lc, from_c, one.value, two.value); \' 'rs1 is what the part before wrote'
plant fused.ld.beq.FROM_RS1 isa/riscv/fused.c '    const struct part which = part_##row(h, i, length, from, near, far, 0);                                                           \' \
    '    const struct part which = part_##row(h, i, length, from, (near) ^ ((near) == 1000), far, 0); \' 'rs1 is what the part before wrote'
plant part.add.FROM_NONE isa/riscv/bodies_part.h '#define WX(r, v) ((void)(h->x[r] = written = (v)))' \
    '#define WX(r, v) ((void)(h->x[r] = written = (v) == 1000 ? h->mode : (v)))' 'the same x[x]'
plant part.addi.FROM_RS1 isa/riscv/bodies_part.h '#define WX(r, v) ((void)(h->x[r] = written = (v)))' \
    '#define WX(r, v) ((void)(h->x[r] = (v), written = (v) ^ (i->rd == 19)))' 'the value is what it wrote'
plant part.jalr.FROM_RS1 isa/riscv/bodies_part.h '#define WX(r, v) ((void)(h->x[r] = written = (v)))' \
    '#define WX(r, v) ((void)(h->x[r] = written = (v) == 1000 ? h->mode : (v)))' 'the same x[x]'
exit "$failed"
