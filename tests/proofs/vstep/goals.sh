#!/usr/bin/env bash
# goals.sh [--open] - prints the goals of V-STEP, one a line (../prove.sh): each privileged row that accesses no CSR; the six that do, whatever
# the CSR files answer (vstep.forms); and what the CSR files answer, of each CSR, on a hart with all options (vstep.csr.NAME) and on one with
# none (vstep.bare.NAME). Neighbours in the table have one goal together where that costs little more than one of them (vstep.csr.FIRST-LAST).
# Those that the list `settled` names were proved; the others are printed, too, where PROVE_OPEN is set. --open: the
# others, with a sentence why, instead.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=${TRAPEZE_PROOF_TREE:-$(cd "$here/../../.." && pwd)}

folder=tests/proofs/vstep
common="$folder/state.c $folder/trap.c $folder/pmp.c $folder/sdtrig.c"
for name in csr_gate touched; do common="$common isa/riscv/$name.c"; done
for name in virtual_csr virtual_status virtual_sdtrig translate; do common="$common core/vmm/${name}_riscv.c"; done
common="$common core/vmm/identity.c mmu/sv39.c mmu/sv48.c"

# Of the rows that trap because of the mode, those that are no CSR accesses; and the CSRs.
printf '#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) row name traps ext\n#include "isa/riscv/insn.def"\n#define CSR(name, address, ext, part, reads, ...) csr name address ext reads\n#include "isa/riscv/csr.def"\n' |
    ${CC:-cc} -E -P -I"$tree" -x c - |
    awk -v list="$here/settled" -v folder="$folder" -v common="$common" -v open="${1:-}" -v all="${PROVE_OPEN:-}" '
    BEGIN { while ((getline line < list) > 0) { split(line, word, " "); settled[word[1]]; if (word[2] != "") way[word[1]] = word[2] " " } }
    function goal(name, f, sources, options) {
        name = "vstep." name
        if (open == "") {
            if (all != "" || name in settled)
                printf "%s|prove_vstep_%s|20|%s %s|%s-DNDEBUG%s\n", name, f, sources, common, way[name], options
        } else if (!(name in settled)) print name ": not asked yet"
    }
    function stem(name) { sub(/[0-9]+$/, "", name); return name }
    # What a CSR has in common with its neighbours, or its name: those whose proofs are short, as many as make one that is short, too.
    function kind(name, address, ext, reads, make) {
        if (make == "bare" && ext == "Smpmp") return ext
        if (name ~ /^pmpaddr/ && reads != "NONE") return "pmpaddr " int(substr(name, 8) / 4)
        if (ext == "Zihpm" || (ext == "Smpmp" && reads == "NONE")) return stem(name)
        if (name ~ /^(mcycle|minstret)$/) return name
        return ext == "Sm" ? substr(address, 1, 4) : ext ~ /^(F|S)$/ || (ext == "Sdtrig" && make == "bare") ? ext : name
    }
    function csr_goal(make,   from, to) {
        from = first[make]
        to = last[make]
        if (from == "") return
        if (from == to) goal(make "." from, (make == "bare" ? "bare_" : "") "csr_" from, folder "/csr.c isa/riscv/csr.c", "")
        else goal(make "." from "-" to, (make == "bare" ? "bare_" : "") "family", folder "/csr.c isa/riscv/csr.c",
            " -DFIRST=" number[from] " -DLAST=" number[to])
    }
    function csr(name, address, ext, reads, make) {
        number[name] = address
        if (kind(name, address, ext, reads, make) != at[make]) {
            csr_goal(make)
            first[make] = name
            at[make] = kind(name, address, ext, reads, make)
        }
        last[make] = name
    }
    $1 == "row" && ($3 == "PRIV" || $3 == "COND") && $4 != "Zicsr" { goal($2, $2, folder "/vstep.c " folder "/system.c isa/riscv/csr.c", "") }
    $1 == "csr" { csr($2, $3, $4, $5, "csr"); csr($2, $3, $4, $5, "bare") }
    END {
        csr_goal("csr")
        csr_goal("bare")
        goal("forms", "forms", folder "/forms.c " folder "/system.c", "")
        goal("pmp.kept", "pmp_kept", "isa/riscv/csr.c", "")
        goal("sdtrig.kept", "sdtrig_kept", "isa/riscv/csr.c", "")
        goal("pmp.range", "pmp_range", "isa/riscv/csr.c", "")
    }'
