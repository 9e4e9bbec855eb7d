#!/usr/bin/env bash
# goals.sh [--open] - prints the goals "the fast body equals the careful one", a line each (../prove.sh): fast.ROW for instructions of four
# bytes, fast2.ROW for compressed ones that are short for the row; for accesses to CSRs by all six forms fast.csr.NAME, of each that is mere storage,
# and fast.csr.any, of all other numbers, over a CSR file of which little is known. That the real one is such a one is answer.find, answer.refused,
# and answer.FIRST-LAST for neighbours in the table of CSRs. --open: those that nobody has settled, with a sentence why, instead.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=${TRAPEZE_PROOF_TREE:-$(cd "$here/../../.." && pwd)}

folder=tests/proofs/equal
sources=
for name in rows fast step access go sides floats; do sources="$sources $folder/$name.c"; done
common="$folder/system_step.c tests/proofs/vstep/trap.c"
for name in go sides floats; do common="$common $folder/$name.c"; done
csr_sources="$folder/csr.c $common" system_sources="$folder/system.c $common isa/riscv/csr.c" answer_sources="$folder/answer.c tests/proofs/vstep/trap.c"
stored=$(sed -n '/^    PLAIN(/ { s/PLAIN(\([a-z]*\), [a-z]*),/\1/g; p }' "$tree/isa/riscv/csr_fast.c" | tr '\n' ' ')
for name in csr_gate touched pmp sdtrig; do
    system_sources="$system_sources isa/riscv/$name.c" answer_sources="$answer_sources isa/riscv/$name.c"
done

printf '#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) row name traps ext\n#include "isa/riscv/insn.def"\n#define RVC(name, base, ...) rvc base\n#include "isa/riscv/rvc.def"\n#define CSR(name, address, ext, ...) csr name address ext\n#include "isa/riscv/csr.def"\n' |
    ${CC:-cc} -E -P -I"$tree" -x c - |
    awk -v list="$here/settled" -v sources="${sources# }" -v system_sources="$system_sources" -v csr_sources="$csr_sources" -v answer_sources="$answer_sources" -v stored="$stored" -v folder="$tree/$folder" -v open="${1:-}" -v all="${PROVE_OPEN:-}" '
    BEGIN { while ((getline line < list) > 0) { split(line, word, " "); settled_name[word[1]]; if (word[2] != "") way[word[1]] = word[2] " " } }
    function settle(name, settled, line, why) {
        if (open == "") { if (settled || all != "") print name line }
        else if (!settled) print name ": " why
    }
    function goal(name, row, bytes, settled) {
        settle(name, settled, sprintf("|prove|6|%s|%s-iquote%s/small -DROW=%s -DLENGTH=%s -DBODIES=\"isa/riscv/execute_%s.h\"", sources, way[name], folder,
            row, bytes, group[row]), "not tried, or not decided in 60 seconds on a busy machine")
    }
    function system_goal(name, f, sources, settled) {
        settle("fast." name, settled, sprintf("|prove_%s|18|%s|%s-iquote%s/small", f, sources, way["fast." name], folder), "not asked yet")
    }
    $1 == "row" && ($2 == "ecall" || $2 == "sfence_vma" || $2 == "sret" || $2 == "mret") { system_goal($2, $2, system_sources, 1) }
    function answer_goal(name, f, options) {
        name = "answer." name
        settle(name, name in settled_name, sprintf("|prove_answer%s|20|%s|%s%s", f, answer_sources, way[name], options), "not asked yet")
    }
    # Neighbours in the table that have a goal together: those of one extension; of long lists some, of M-mode those of the same hundreds.
    function kind(name, address, ext,   stem) {
        stem = name
        sub(/[0-9]+$/, "", stem)
        if (stem == "pmpaddr") return stem int(substr(name, 8) / 16)
        return ext == "Zihpm" || ext == "Smpmp" ? stem : ext == "Sm" ? substr(address, 1, 4) : ext
    }
    function family() {
        if (from != "") answer_goal(from == to ? from : from "-" to, "", "-DFIRST=" number[from] " -DLAST=" number[to])
    }
    function csr(name, address, ext) {
        number[name] = address
        if (kind(name, address, ext) != at) {
            family()
            from = name
            at = kind(name, address, ext)
        }
        to = name
    }
    $1 == "csr" { csr($2, $3, $4) }
    $1 == "row" && $3 == "NEVER" && $4 != "C" {
        group[$2] = $4 == "Zifencei" ? "i" : tolower($4)
        goal("fast." $2, $2, 4, group[$2] == "i" || ("fast." $2) in settled_name)
    }
    $1 == "rvc" && ($2 in group) && !done[$2]++ { goal("fast2." $2, $2, 2, ("fast2." $2) in settled_name) }
    END {
        family()
        answer_goal("find", "_find", "")
        answer_goal("refused", "_refused", "")
        for (n = split("any " stored, word, " "); n; n--)
            system_goal("csr." word[n], "csr_" word[n], csr_sources, ("fast.csr." word[n]) in settled_name)
    }'
