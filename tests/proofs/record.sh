#!/usr/bin/env bash
# record.sh MKPROOFS RESULTS - takes what run.sh --results RESULTS has proved into the table of proofs, proofs.psv, with the digest of the
# source as it is now. Proofs of rows that are not among RESULTS stay.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$here/../.." && pwd)
mkproofs=$1 results=$2
tools=$(bash "$here/tools.sh")
by="cbmc $("$tools/cbmc" --version | cut -d ' ' -f 1)" z3="$("$tools/z3" --version | cut -d ' ' -f 1-3)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bash "$here/goals.sh" >"$work/goals"
while IFS='|' read -r name verdict seconds; do
    goal=$(grep "^$name|" "$work/goals") || continue # another list's
    property=${name%%.*} row=${name#*.}
    bodies=$(sed 's/.*execute_\(.*\)\.h".*/\1/' <<<"$goal")
    case $goal in *tests/proofs/csrs.c*) group=csr source=csrs.c ;; *) group=$bodies source=rows.c ;; esac
    if [ ! -e "$work/$group.i" ]; then
        ${CC:-cc} -std=gnu17 -E -DNDEBUG -I"$tree" "-DBODIES=\"isa/riscv/execute_$bodies.h\"" "$here/$source" -o "$work/$group.i"
    fi
    case $group in f | d) open="memory, arithmetic" ;; *) open=memory ;; esac
    case $goal in *"|--sat "*) solver="its CaDiCaL" ;; *) solver=$z3 ;; esac
    sed -i "/^$row|$property|/d" "$here/proofs.psv"
    [ "$verdict" = proved ] || continue
    digest=$("$mkproofs" --digest "$work/$group.i" "$property" "$row")
    echo "$row|$property|$group|$digest|$open|$by with $solver|$seconds" >>"$here/proofs.psv"
done <"$results"
{ grep '^#' "$here/proofs.psv"; grep -v '^#' "$here/proofs.psv" | sort -t '|' -k 3,3 -k 1,1; } >"$work/table"
cp "$work/table" "$here/proofs.psv"
