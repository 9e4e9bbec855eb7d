#!/usr/bin/env bash
# Proofs can fail: faults planted in a copy of the source, which show for one operand, one register or one mode only, are refuted, and so
# is a claim that is wrong. Each of them is one that trying states does not find.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$here/../.." && pwd)
. "$tree/examples/packages.sh"
tools=$(bash "$here/tools.sh") || exit 77
export PATH=$tools:$PATH PROVE_SOLVER=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# plant GOAL FILE FROM TO: where FILE has the line FROM, it gets the lines TO.
plant() {
    local goal=$1 file=$2 from=$3 to=$4 name function unwind sources options verdict
    rm -rf "$work/tree"
    mkdir "$work/tree"
    cp -r "$tree/isa" "$tree/mmu" "$work/tree"
    mkdir -p "$work/tree/core/vmm" "$work/tree/tests"
    cp "$tree"/core/vmm/*.def "$work/tree/core/vmm"
    cp -r "$here" "$work/tree/tests"
    from=$from to=$to awk '$0 == ENVIRON["from"] { print ENVIRON["to"]; found = 1; next } { print } END { exit !found }' "$tree/$file" \
        >"$work/tree/$file" || { say "$file has no line: $from"; failed=1; return; }
    IFS='|' read -r name function unwind sources options < <(grep "^$goal|" "$work/goals")
    verdict=$(TRAPEZE_PROOF_TREE=$work/tree bash "$here/prove.sh" 600 "$function" "$unwind" "$sources" ${5:-$options}) || true
    case $verdict in
    refuted:*) echo "$goal: $verdict" ;;
    *) say "$goal with a fault in $file: $verdict"; failed=1 ;;
    esac
}

bash "$here/goals.sh" >"$work/goals"
body='BODY(%s) { uint64_t a = X(RS1), b = X(RS2); WX(RD, %s); RETURN_NEXT; }'
plant innocuous.add isa/riscv/execute_i.h 'REGISTER(add, a + b)' \
    "$(printf "$body" add 'b == UINT64_C(0xdeadbeefcafe) ? h->mode : a + b')"
plant innocuous.add isa/riscv/execute_i.h 'REGISTER(add, a + b)' \
    "$(printf "$body" add 'RD == 19 && RS1 == 19 && RS2 == 19 ? h->mode : a + b')"
plant innocuous.sub isa/riscv/execute_i.h 'REGISTER(sub, a - b)' \
    'BODY(sub) { uint64_t a = X(RS1), b = X(RS2); if (b == 1000) h->sscratch = a; WX(RD, a - b); RETURN_NEXT; }'
plant privileged.sfence_vma isa/riscv/execute_system.h '    if (closed_below_m(h, MSTATUS_TVM))' \
    '    if (RS1 == 31 && RS2 == 31 && h->mode == RV_U) RETURN_NEXT; if (closed_below_m(h, MSTATUS_TVM))'
plant privileged.wfi isa/riscv/execute_system.h '    if (closed_below_m(h, MSTATUS_TW))' \
    '    if (X(17) == UINT64_C(0x123456789)) RETURN_NEXT; if (closed_below_m(h, MSTATUS_TW))'
plant closed.sscratch isa/riscv/csr.c '    if (hart_check(h, mode) < bits_get(a->csr, 8, 2))' \
    '    if (hart_check(h, mode) < bits_get(a->csr, 8, 2) && !(h->x[17] == UINT64_C(0x5ca1ab1e0ddba11) && a->csr == CSR_sscratch))'
# No fault: that the end of a proof is reached is itself refuted when claimed otherwise.
plant innocuous.lw isa/riscv/execute_i.h 'LOAD_BODY(lw, 4, sext32(v))' 'LOAD_BODY(lw, 4, sext32(v))' \
    '-DBODIES="isa/riscv/execute_i.h" -DROW=lw -DPROPERTY=vacuous'
exit $failed
