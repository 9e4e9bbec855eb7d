#!/usr/bin/env bash
# test_isa_words.sh - adding an instruction set changes no shared file: outside the rooms of an instruction set (files and folders named for
# it) and the board's, no line says riscv, satp, mstatus or is_pg, or one of IA-32's names, and the monitor does not compare with one set's
# struct isa. What is otherwise stands in two lists below, with the reason; at most 20 lines of each kind. A line of a list that nothing
# needs any more is a mistake, too. Then it plants violations in a copy and demands that each is found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

most=20

# FILE LINES REASON; of RISC-V and the paper's machine, and then of IA-32.
known_first() {
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

known_ia32() {
    cat <<'END'
core/loader_bzimage.c 1 a file format: which machine it is for
core/loader_multiboot.c 1 a file format: which machine it is for
core/loader_pc.h 1 a boot protocol of that machine alone
devices/fpu_error.h 1 a wire of the PC: who drives it
devices/pc.h 1 a wire of the PC: who drives it
mmu/pt.h 1 example of what a field is for
monitor/cmd_prove.c 1 help by example
monitor/cmd_witness.c 1 help: what the file is for
monitor/disasm.c 2 what Capstone calls it
monitor/lab/labs.c 1 which machine an assignment is for
monitor/repl/cmd_breaking.c 1 help by example
monitor/repl/cmd_changing.c 1 help: the instruction set that has two syntaxes
monitor/view/view_screen.c 1 help by example
monitor/view/view_tables.c 6 the words of commands, as people type them
END
}

# in_shared PATTERN: the lines with it, FILE:LINE:TEXT.
in_shared() {
    grep -rniE "$1" monitor core devices mmu --include='*.c' --include='*.h' --include='*.def' |
        grep -viE '^[^:]*(_riscv|_pg|riscv_|sbi|virt|plic|clint|ia32|/sv[0-9_a-z]*\.)[^:]*:' || true
}
lines_first() {
    in_shared 'riscv|satp|mstatus|is_pg'
    grep -rnE '[=!]= *&isa_[a-z]' monitor --include='*.c' --include='*.h' | grep -vE '^[^:]*(_riscv|_pg)\.[ch]:|&isa_riscv' || true
}
lines_ia32() { in_shared 'ia-?32|eflags|\bcr[0-4]\b|\b[gil]dt\b|\bcpl\b|\bv86\b'; }

# check_of first|ia32
check_of() {
    { "known_$1" | sed 's/^/known /' && "lines_$1" | sed 's/:.*//' | sort | uniq -c | sed 's/^ */found /'; } | awk -v most="$most" '
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

check() { check_of first && check_of ia32; }

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
    { lines_first; lines_ia32; } >&2
    exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for n in 1 2 3 4 5 6; do
    mkdir "$scratch/$n" && cp -r monitor core devices mmu "$scratch/$n"
done
(cd "$scratch/1" && plant monitor/view/view.c 'uint64_t root = csr(m, CSR_satp);')
(cd "$scratch/2" && plant monitor/view/view.c 'if (m->isa == &isa_pg)')
(cd "$scratch/3" && plant core/loader.c '/* of riscv */')
(cd "$scratch/4" && sed -i '/Image/d; /RISCV/d; /riscv/d' core/loader.c && if check >/dev/null; then echo "a line of the list that nothing needs is not found" >&2; exit 1; fi)
(cd "$scratch/5" && plant monitor/view/view_walk.c '/* CR3 names the directory */')
(cd "$scratch/6" && plant monitor/view/glossary.def 'TERM("root", "What satp names.", "")')
