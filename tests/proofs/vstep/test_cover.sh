#!/usr/bin/env bash
# The goals of V-STEP leave nothing out: each row that may trap because of the mode is a goal, or one of the six of vstep.forms; and each CSR of
# csr.def belongs to one goal of a hart with all options, and to one of a hart with none. Nothing is settled that is no goal, and
# trapeze-methods(7) says of how many CSRs all is proved. No model checker is asked.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
wrong() { echo "FAILED: $*"; failed=1; }

printf '#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) row name traps ext\n#include "isa/riscv/insn.def"\n#define CSR(name, address, ...) csr name address\n#include "isa/riscv/csr.def"\n' |
    ${CC:-cc} -E -P -I"$tree" -x c - >"$work/rows"
PROVE_OPEN=yes bash "$here/goals.sh" >"$work/goals"

declare -A goal covered address settled
proved=0 # of CSRs, on either hart
while read -r name _; do settled[$name]=yes; done < <(grep -v '^#' "$here/settled")
while read -r kind name what _; do
    if [ "$kind" = csr ]; then address[$name]=$((what)); fi
done <"$work/rows"
# cover GOAL MAKE CSR
cover() {
    covered[$2.$3]+=1
    if [ "${settled[$1]:-}" ]; then proved=$((proved + 1)); fi
}
while IFS='|' read -r name function _ _ options; do
    goal[$name]=yes
    make=csr
    case $name in vstep.bare.*) make=bare ;; esac
    case $options in
    *-DFIRST=*)
        first=${options#*-DFIRST=} last=${options#*-DLAST=}
        for csr in "${!address[@]}"; do
            if ((address[$csr] >= ${first%% *} && address[$csr] <= ${last%% *})); then cover "$name" "$make" "$csr"; fi
        done
        ;;
    *) case $function in prove_vstep_csr_* | prove_vstep_bare_csr_*) cover "$name" "$make" "${function#*csr_}" ;; esac ;;
    esac
done <"$work/goals"

says="$proved of $((2 * ${#address[@]})) CSRs"
tr '\n' ' ' <"$tree/monitor/trapeze-methods.7" | grep -q "$says" || wrong "trapeze-methods(7) does not say: $says"
for csr in "${!address[@]}"; do
    for make in csr bare; do
        [ "${covered[$make.$csr]:-}" = 1 ] || wrong "$csr has not one goal of vstep.$make"
    done
done
while read -r kind name what ext _; do
    case $kind.$what.$ext in
    row.PRIV.Zicsr | row.COND.Zicsr) [ "${goal[vstep.forms]:-}" ] || wrong "$name has no goal" ;;
    row.PRIV.* | row.COND.*) [ "${goal[vstep.$name]:-}" ] || wrong "$name has no goal" ;;
    esac
done <"$work/rows"
for name in "${!settled[@]}"; do
    [ "${goal[$name]:-}" ] || wrong "$name is settled, and no goal"
done
exit $failed
