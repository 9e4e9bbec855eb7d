#!/usr/bin/env bash
# goals.sh [--open] - prints the goals of V-STEP, one a line (../prove.sh): each privileged row; each CSR by all six forms, on a hart with all
# options (vstep.csr.NAME) and on one with none (vstep.bare.NAME). --open: those that nobody has settled, with a sentence why, instead.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=${TRAPEZE_PROOF_TREE:-$(cd "$here/../../.." && pwd)}

folder=tests/proofs/vstep
sources="$folder/vstep.c $folder/state.c $folder/system.c $folder/trap.c"
for name in csr csr_gate touched pmp sdtrig; do sources="$sources isa/riscv/$name.c"; done
for name in virtual_csr virtual_status virtual_pmp virtual_sdtrig translate; do sources="$sources core/vmm/${name}_riscv.c"; done
sources="$sources core/vmm/identity.c"

# Of the rows that trap because of the mode, those that are no CSR accesses; and the CSRs.
printf '#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) row name traps ext\n#include "isa/riscv/insn.def"\n#define CSR(name, ...) csr name\n#include "isa/riscv/csr.def"\n' |
    ${CC:-cc} -E -P -I"$tree" -x c - |
    awk -v sources="$sources" -v open="${1:-}" '
    function goal(name, f, settled) {
        if (open == "") { if (settled) printf "vstep.%s|prove_vstep_%s|20|%s|-DNDEBUG\n", name, f, sources }
        else if (!settled) print "vstep." name ": not tried, or not decided in 200 seconds on a busy machine"
    }
    $1 == "row" && ($3 == "PRIV" || $3 == "COND") && $4 != "Zicsr" { goal($2, $2, $2 != "cbo_inval") }
    $1 == "csr" { goal("csr." $2, "csr_" $2, $2 ~ /^(frm|fcsr|cycle|sepc|sstatus)$/); goal("bare." $2, "bare_csr_" $2, 0) }'
