#!/usr/bin/env bash
# test_isa_words.sh - adding an instruction set changes no shared file: outside the rooms of an instruction set (files and folders named for
# it) and the board's, no line says riscv, satp, mstatus or is_pg, and the monitor does not compare with one set's struct isa. What is
# otherwise stands in a list below, with the reason; at most 20 lines in all. A line of the list that nothing needs any more is a mistake,
# too. Then it plants violations in a copy and demands that each is found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

most=20

# FILE LINES REASON.
known() {
    cat <<'END'
core/loader.c 3 the header of a Linux Image for RISC-V is a file format
core/vmm/vm.h 1 the map of files names those of an instruction set
monitor/cmd_classify.c 1 help by example
monitor/cmd_prove.c 1 help by example
monitor/cmd_report.c 1 help by example
monitor/cmd_sweep.c 1 help by example
monitor/cmd_witness.c 1 help by example
monitor/disasm.c 2 what Capstone calls it
monitor/main.c 1 help by example
monitor/pg_program.c 1 the mark of an Image, to say that it is no program of the paper's machine
monitor/repl/cmd_breaking.c 1 help by example
monitor/repl/cmd_reverse.c 1 help by example
monitor/repl/cmd_running.c 1 help by example
END
}

# The lines in question, FILE:LINE:TEXT.
lines() {
    grep -rniE 'riscv|satp|mstatus|is_pg' monitor core devices mmu --include='*.c' --include='*.h' |
        grep -viE '^[^:]*(_riscv|_pg|riscv_|sbi|virt|plic|clint|/sv[0-9_a-z]*\.)[^:]*:' || true
    grep -rnE '[=!]= *&isa_[a-z]' monitor --include='*.c' --include='*.h' | grep -vE '^[^:]*(_riscv|_pg)\.[ch]:|&isa_riscv' || true
}

check() {
    { known | sed 's/^/known /' && lines | sed 's/:.*//' | sort | uniq -c | sed 's/^ */found /'; } | awk -v most="$most" '
    $1 == "known" { if (NF < 4) { print "a line without a reason: " $0; bad = 1 } may[$2] = $3; next }
    {
        sum += $2
        seen[$3] = 1
        if ($2 != may[$3]) { print $3 ": " $2 " lines speak of one instruction set, and " may[$3] + 0 " may"; bad = 1 }
    }
    END {
        for (f in may)
            if (!(f in seen)) { print f ": is in the list, and needs it no more"; bad = 1 }
        if (sum > most) { print sum " lines, and there may be " most; bad = 1 }
        exit bad
    }'
}

# plant FILE LINE: the check must fail and name the file.
plant() {
    local said
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "$2" >>"$1"
    if said=$(check) || ! grep -qF -- "$1:" <<<"$said"; then
        printf "not found: '%s' in %s\n%s\n" "$2" "$1" "$said" >&2
        exit 1
    fi
}

if ! check >&2; then
    lines >&2
    exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for n in 1 2 3 4; do
    mkdir "$scratch/$n" && cp -r monitor core devices mmu "$scratch/$n"
done
(cd "$scratch/1" && plant monitor/view/view.c 'uint64_t root = csr(m, CSR_satp);')
(cd "$scratch/2" && plant monitor/view/view.c 'if (m->isa == &isa_pg)')
(cd "$scratch/3" && plant core/loader.c '/* of riscv */')
(cd "$scratch/4" && sed -i '/Image/d; /RISCV/d; /riscv/d' core/loader.c && if check >/dev/null; then echo "a line of the list that nothing needs is not found" >&2; exit 1; fi)
