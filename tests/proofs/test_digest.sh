#!/usr/bin/env bash
# test_digest.sh MKPROOFS - a proof is of one source: change a body, or what it calls, and no proof of it stands any more; those of other rows
# do, and so do all when a comment or the lines change.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$here/../.." && pwd)
mkproofs=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "$*" >&2; exit 1; }

# stands TREE GROUP: the proofs that stand of its bodies; of the group csr: of CSRs.
stands() {
    local bodies=$2 claims=rows.c
    [ "$2" != csr ] || bodies=system claims=csrs.c
    ${CC:-cc} -std=gnu17 -E -DNDEBUG -I"$1" "-DBODIES=\"isa/riscv/execute_$bodies.h\"" "$1/tests/proofs/$claims" -o "$work/$2.i"
    "$mkproofs" "$here/proofs.psv" "$2=$work/$2.i"
}
copy() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/core/vmm" "$work/tree/tests"
    cp -r "$tree/isa" "$tree/mmu" "$work/tree"
    cp "$tree"/core/vmm/*.def "$work/tree/core/vmm"
    cp -r "$here" "$work/tree/tests"
}
# change FILE EXPRESSION: by sed, which must change something.
change() {
    sed "$2" "$tree/$1" >"$work/tree/$1"
    ! cmp -s "$tree/$1" "$work/tree/$1" || fail "sed '$2' changes nothing in $1"
}

copy
stands "$work/tree" i >"$work/before"
grep -q 'PROOF("addi", "innocuous")' "$work/before" || fail "no proof of addi stands: run tests/proofs/run.sh and record.sh"
change isa/riscv/execute_i.h 's/^IMMEDIATE(addi, a + b)/IMMEDIATE(addi, a + b + h->mode)/'
stands "$work/tree" i >"$work/after"
diff <(grep -v '"addi"' "$work/before") "$work/after" || fail "a change of addi is to take its proof, and no other"
copy
change isa/riscv/execute_i.h 's/^IMMEDIATE(addi, a + b)/\n\/* A comment. *\/ IMMEDIATE(addi, a+b)/'
stands "$work/tree" i >"$work/after"
diff "$work/before" "$work/after" || fail "comments and blanks take no proof"
copy
change isa/riscv/trap.h 's/    t->reason = reason;/    t->reason = REASON_PRIVILEGE;/'
stands "$work/tree" system | grep -q '"ecall"' && fail "a change of what a body calls is to take its proof"
copy
stands "$work/tree" csr | grep -q '"sscratch", "closed"' || fail "no proof of sscratch stands"
change isa/riscv/csr.c 's/    if (hart_check(h, mode) < bits_get(a->csr, 8, 2))/    if (hart_check(h, mode) + 1 < bits_get(a->csr, 8, 2))/'
! stands "$work/tree" csr | grep PROOF || fail "a change of what opens CSRs is to take their proofs"
copy
change tests/proofs/oracle.h 's/^    \*old = size == 8 ? a->answer : a->answer & UINT32_MAX;/    *old = a->answer;/'
! stands "$work/tree" a | grep '"amoadd_d"' || fail "a change of a function that begins with a macro's word, bool, is to take proofs"
copy
for compiler in gcc clang; do # what a proof is of does not hang on who preprocesses it
    command -v $compiler >/dev/null || continue
    for group in i a system csr; do CC=$compiler stands "$work/tree" $group; done >"$work/by.$compiler"
done
[ ! -e "$work/by.gcc" ] || [ ! -e "$work/by.clang" ] || diff "$work/by.gcc" "$work/by.clang" || fail "gcc and clang differ"
change isa/riscv/state.h 's/    uint64_t pc;  /    uint64_t more; uint64_t pc;  /'
! stands "$work/tree" i 2>/dev/null | grep PROOF || fail "a change of the hart is to take all proofs"
exit 0
