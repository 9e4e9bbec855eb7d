#!/usr/bin/env bash
# goals.sh - prints what is to be proved of the instruction set's rows, a goal a line:
# NAME|FUNCTION|UNWIND|SOURCES|OPTIONS (prove.sh). The list is the tables' own (goals.h). Folders below have lists of their own.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=${TRAPEZE_PROOF_TREE:-$(cd "$here/../.." && pwd)}

${CC:-cc} -E -P -I"$tree" "$tree/tests/proofs/goals.h" | awk '
    BEGIN { way["innocuous.amomax_w"] = way["innocuous.amominu_w"] = "--sat " } # z3 does not decide these in minutes
    function goal(name, property, group, row) {
        printf "%s.%s|prove|2|tests/proofs/rows.c|%s-DBODIES=\"isa/riscv/execute_%s.h\" -DROW=%s -DPROPERTY=%s\n",
            property, name, way[property "." name], group, row, property
    }
    function csr_goal(name, property) {
        printf "%s.%s|prove|20|tests/proofs/csrs.c|-DBODIES=\"isa/riscv/execute_system.h\" -DREGISTER=%s -DPROPERTY=%s\n",
            property, name, name, property
    }
    $1 == "proof" && $2 == "csr" && $7 == "F" { csr_goal($6, "innocuous") }
    $1 == "proof" && $2 == "csr" && $7 != "F" && $7 != "Xustate" { csr_goal($6, "closed") } # Xustate: there is none under K
    $1 != "proof" || $2 != "row" || $4 == "c" || $4 == "csr" { next }
    $3 == "NEVER" { goal($5, "innocuous", $4, $5) }
    $3 == "PRIV" || ($3 == "COND" && $4 == "system") { goal($5, "privileged", $4, $5) }
    $3 == "REQUESTED" { goal($5, "requested", $4, $5) }'
