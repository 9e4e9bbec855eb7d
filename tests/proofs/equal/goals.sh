#!/usr/bin/env bash
# goals.sh [--open] - prints the goals "the fast body equals the careful one", a line each (../prove.sh): fast.ROW for instructions of four
# bytes, fast2.ROW for compressed ones that are short for the row, fast.csr.NAME for accesses to this CSR by all six forms. --open: those that
# nobody has settled, with a sentence why, instead.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=${TRAPEZE_PROOF_TREE:-$(cd "$here/../../.." && pwd)}

folder=tests/proofs/equal
sources=
for name in rows fast step access go sides floats; do sources="$sources $folder/$name.c"; done
common=tests/proofs/vstep/trap.c
for name in go sides floats; do common="$common $folder/$name.c"; done
for name in csr csr_gate touched pmp sdtrig; do common="$common isa/riscv/$name.c"; done
system_sources="$folder/system.c $folder/system_step.c $common" csr_sources="$folder/csr.c $folder/csr_step.c $common"

printf '#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) row name traps ext\n#include "isa/riscv/insn.def"\n#define RVC(name, base, ...) rvc base\n#include "isa/riscv/rvc.def"\n#define CSR(name, ...) csr name\n#include "isa/riscv/csr.def"\n' |
    ${CC:-cc} -E -P -I"$tree" -x c - |
    awk -v list="$here/settled" -v sources="${sources# }" -v system_sources="$system_sources" -v csr_sources="$csr_sources" -v folder="$tree/$folder" -v open="${1:-}" -v all="${PROVE_OPEN:-}" '
    BEGIN { while ((getline line < list) > 0) { split(line, word, " "); settled_name[word[1]]; if (word[2] != "") way[word[1]] = word[2] " " } }
    function settle(name, settled, line, why) {
        if (open == "") { if (settled || all != "") print name line }
        else if (!settled) print name ": " why
    }
    function goal(name, row, bytes, settled) {
        settle(name, settled, sprintf("|prove|6|%s|%s-iquote%s/small -DROW=%s -DLENGTH=%s -DBODIES=\"isa/riscv/execute_%s.h\"", sources, way[name], folder,
            row, bytes, group[row]), "not tried, or not decided in 60 seconds on a busy machine")
    }
    function system_goal(name, f, sources, settled, why) {
        settle("fast." name, settled, sprintf("|prove_%s|18|%s|%s-iquote%s/small", f, sources, way["fast." name], folder), why)
    }
    $1 == "row" && ($2 == "ecall" || $2 == "sfence_vma" || $2 == "sret" || $2 == "mret") { system_goal($2, $2, system_sources, 1, "") }
    $1 == "csr" { system_goal("csr." $2, "csr_" $2, csr_sources, ("fast.csr." $2) in settled_name,
        $2 ~ /^(sepc|stval|mscratch)$/ ? "not decided in 120 seconds on a busy machine" : "not asked yet") }
    $1 == "row" && $3 == "NEVER" && $4 != "C" {
        group[$2] = $4 == "Zifencei" ? "i" : tolower($4)
        goal("fast." $2, $2, 4, group[$2] == "i" || ("fast." $2) in settled_name)
    }
    $1 == "rvc" && ($2 in group) && !done[$2]++ { goal("fast2." $2, $2, 2, ("fast2." $2) in settled_name) }
    END {
        system_goal("csr.absent", "csr_absent", csr_sources, 0,
            "which number it is is open, and the model checker does not see that none of the CSRs is asked then")
    }'
