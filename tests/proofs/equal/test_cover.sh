#!/usr/bin/env bash
# All goals of fast bodies were proved, and nothing is settled that is no goal. Those of CSR accesses leave no CSR out: each of csr.def belongs to one
# goal answer.FIRST-LAST; those that csr_fast.c reads and writes as words are those that the model of the CSR file does (csr_model.h), and have each a
# goal fast.csr.NAME; all others are in fast.csr.any. No model checker is asked.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
wrong() { echo "FAILED: $*"; failed=1; }

PROVE_OPEN=yes bash "$here/goals.sh" >"$work/goals"
cut -d '|' -f 1 "$work/goals" | sort >"$work/names"
grep -v '^#' "$here/settled" | cut -d ' ' -f 1 | sort >"$work/settled"
comm -13 "$work/names" "$work/settled" | while read -r name; do echo "$name is settled, and no goal"; done >"$work/wrong"
[ ! -s "$work/wrong" ] || wrong "$(cat "$work/wrong")"
open=$(bash "$here/goals.sh" --open)
[ -z "$open" ] || wrong "not proved: $open"

# Ranges of numbers, by the goals' options; and the CSRs.
sed -n 's/^answer\.[^|]*|.*-DFIRST=\([0-9a-fx]*\) -DLAST=\([0-9a-fx]*\)$/\1 \2/p' "$work/goals" >"$work/ranges"
printf '#define CSR(name, address, ...) csr name address\n#include "isa/riscv/csr.def"\n' | ${CC:-cc} -E -P -I"$tree" -x c - | grep '^ *csr ' >"$work/csrs"
[ -s "$work/csrs" ] || wrong "csr.def has no CSRs"
while read -r _ name address; do
    count=0
    while read -r first last; do
        if ((address >= first && address <= last)); then count=$((count + 1)); fi
    done <"$work/ranges"
    [ "$count" = 1 ] || wrong "$name has $count goals that its answer is in"
done <"$work/csrs"

for goal in answer.find answer.refused fast.csr.any; do grep -qx "$goal" "$work/names" || wrong "$goal is no goal"; done
grep -o '\bPLAIN([a-z]*, \(true\|false\))' "$tree/isa/riscv/csr_fast.c" | sed 's/PLAIN(\(.*\), .*/\1/' | sort >"$work/plain"
sed -n '/^#define CSR_STORED/,/[^\\]$/ s/^    WORD(\([a-z]*\), .*/\1/p' "$here/csr_model.h" | sort >"$work/stored"
sed -n 's/^fast\.csr\.//p' "$work/names" | grep -vx any >"$work/asked"
for list in stored asked; do
    diff "$work/plain" "$work/$list" || wrong "the words of csr_fast.c are not those $list"
done
exit $failed
