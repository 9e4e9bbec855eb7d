#!/usr/bin/env bash
# All parts and lines of fused.def were proved or follow from a proof. What alike.sh says of lines follows from proofs: each was proved that
# another follows from, and a fault that shows for one line alone, in its body or in its record, takes that line from them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
bash "$here/alike.sh" >"$work/alike"
[ -s "$work/alike" ] || fail "no line follows from a proof"
cut -d '|' -f 2 "$work/alike" | sort -u >"$work/from"
cut -d ' ' -f 1 "$here/settled" | sort | comm -23 "$work/from" - >"$work/unproved"
[ ! -s "$work/unproved" ] || fail "follows from what nobody proved: $(cat "$work/unproved")"

open=$(bash "$here/goals.sh" --open)
[ -z "$open" ] || fail "not proved: $open"

victim=fused.lw.bne.FROM_RS1
grep -q "^$victim|" "$work/alike" || fail "$victim does not follow; take another for the faults"
# plant FROM TO: with the text TO for FROM in fused.c the victim does not follow any more, and others do.
plant() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/tests"
    cp -r "$tree/isa" "$tree/mmu" "$work/tree"
    cp -r "$tree/tests/proofs" "$work/tree/tests"
    from=$1 to=$2 awk 'at = index($0, ENVIRON["from"]) { $0 = substr($0, 1, at - 1) ENVIRON["to"] substr($0, at + length(ENVIRON["from"])); found = 1 }
        { print } END { exit !found }' "$tree/isa/riscv/fused.c" >"$work/tree/isa/riscv/fused.c" || fail "fused.c has no $1"
    TRAPEZE_PROOF_TREE=$work/tree bash "$here/alike.sh" >"$work/planted"
    ! grep -q "^$victim|" "$work/planted" || fail "with $2 for $1 $victim still follows"
    [ -s "$work/planted" ] || fail "with $2 for $1 nothing follows"
}
# bne's part has operands that nothing handed on; its short form is forgotten in the record. Other lines are as they were.
plant 'enum needs {' '#define part_bne(h, i, length, from, near, far, w) part_bne(h, i, length, (from) | FROM_RS1, near, far, w)
enum needs {'
plant '#define SHORT(row, length)' '#define RV_SHORT_bne 0
#define SHORT(row, length)'
