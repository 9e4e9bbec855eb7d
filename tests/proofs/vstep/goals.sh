#!/usr/bin/env bash
# goals.sh [--open] - prints the goals of V-STEP, one a line (../prove.sh): each privileged row; each CSR by all six forms, on a hart with all
# options (vstep.csr.NAME) and on one with none (vstep.bare.NAME). Those that the list `settled` names were proved; the others are printed,
# too, where PROVE_OPEN is set. --open: the others, with a sentence why, instead.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=${TRAPEZE_PROOF_TREE:-$(cd "$here/../../.." && pwd)}

folder=tests/proofs/vstep
sources="$folder/vstep.c $folder/state.c $folder/system.c $folder/trap.c"
for name in csr csr_gate touched pmp sdtrig; do sources="$sources isa/riscv/$name.c"; done
for name in virtual_csr virtual_status virtual_pmp virtual_sdtrig translate; do sources="$sources core/vmm/${name}_riscv.c"; done
sources="$sources core/vmm/identity.c mmu/sv39.c mmu/sv48.c"

# Of the rows that trap because of the mode, those that are no CSR accesses; and the CSRs.
printf '#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) row name traps ext\n#include "isa/riscv/insn.def"\n#define CSR(name, ...) csr name\n#include "isa/riscv/csr.def"\n' |
    ${CC:-cc} -E -P -I"$tree" -x c - |
    awk -v list="$here/settled" -v sources="$sources" -v open="${1:-}" -v all="${PROVE_OPEN:-}" '
    BEGIN { while ((getline line < list) > 0) { split(line, word, " "); settled[word[1]]; if (word[2] != "") way[word[1]] = word[2] " " } }
    function goal(name, f) {
        name = "vstep." name
        if (open == "") { if (all != "" || name in settled) printf "%s|prove_vstep_%s|20|%s|%s-DNDEBUG\n", name, f, sources, way[name] }
        else if (!(name in settled)) print name ": not asked yet"
    }
    $1 == "row" && ($3 == "PRIV" || $3 == "COND") && $4 != "Zicsr" { goal($2, $2) }
    $1 == "csr" { goal("csr." $2, "csr_" $2); goal("bare." $2, "bare_csr_" $2) }'
