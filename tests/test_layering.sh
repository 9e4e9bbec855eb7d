#!/usr/bin/env bash
# test_layering.sh - who may include whom: monitor -> core -> {isa, devices} -> mmu, never back. And the hardware does not know
# that it hosts virtual machines: isa/ and mmu/ (mmu/shadow* aside) have no word for them. Only the comments of their public
# headers may speak to those who build on them. Files are made by monitor/outfile.c alone, whole or not at all. Then it plants violations in a copy and demands that each is found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The sources below the working directory, in the rooms and in tests/.
sources() { find mmu isa devices core monitor tests -type f \( -name '*.c' -o -name '*.h' -o -name '*.def' \) | LC_ALL=C sort; }

# Prints a line for each violation; fails when there is one.
check() {
    # A name without a folder is that of a generated header, unless a source has it.
    sources | xargs awk -v ours=" $(sources | sed 's|.*/||' | tr '\n' ' ')" '
    function violation(what) { printf "%s:%d: %s\n", FILENAME, FNR, what; found = 1 }

    # Every include is "room/...", from the root; a subfolder is private to its room, but for its face (core/vmm/vmm.h) and for
    # tables (*.def), which are data.
    function check_include(line,    quoted, path, part, n, to) {
        sub(/^[ \t]*#[ \t]*include[ \t]*/, "", line)
        quoted = line ~ /^"/
        path = substr(line, 2)
        sub(/[">].*/, "", path)
        n = split(path, part, "/")
        to = part[1]
        if (!(to in room) && !(to == "tests" && in_tests)) {
            if (quoted && (n > 1 || index(ours, " " path " ")))
                violation("\"" path "\" is not written from the root")
            return
        }
        if (!quoted)
            violation("<" path "> is ours: write it in quotes")
        if (path ~ /\/\.\.?\//)
            violation("\"" path "\" is not written from the root")
        if (to != "tests" && index(allowed[here], " " to " ") == 0)
            violation(here " must not include " to)
        if (path ~ /_private\.h$/ && to != here && to != "tests" && !in_tests)
            violation("\"" path "\" is private to " to)
        if (n > 2 && to != here && !proofs && to != "tests" && path !~ /\.def$/ && part[n] != part[n - 1] ".h")
            violation("\"" path "\" is private to " to)
    }

    # The line without its comments; a comment may go on from the line before.
    function code_of(line,    at, end, out) {
        out = ""
        for (;;) {
            if (in_comment) {
                end = index(line, "*/")
                if (!end)
                    return out
                line = substr(line, end + 2)
                in_comment = 0
            }
            at = index(line, "/*")
            if (!at)
                return out line
            out = out substr(line, 1, at - 1)
            line = substr(line, at + 2)
            in_comment = 1
        }
    }

    BEGIN {
        split("mmu isa devices core monitor", rooms, " ")
        for (i in rooms)
            room[rooms[i]] = 1
        allowed["mmu"] = " mmu "
        allowed["isa"] = " isa mmu "
        allowed["devices"] = " devices mmu "
        allowed["core"] = " core isa devices mmu "
        allowed["monitor"] = " monitor core isa devices mmu "
    }
    FNR == 1 {
        n = split(FILENAME, at, "/")
        in_tests = at[1] == "tests"
        in_comment = 0
        proofs = in_tests && at[2] == "proofs" # claims of the bodies themselves, wherever these are private
        here = at[in_tests ? 2 : 1]         # a test of a room may include what the room may
        if (!(here in room))
            here = "monitor"                # other tests: what any user of the house may
        hardware = !in_tests && (here == "isa" || here == "mmu") && FILENAME !~ /^mmu\/shadow/
        public = n == 2 && FILENAME ~ /\.h$/
    }
    /^[ \t]*#[ \t]*include[ \t]*[<"]/ { check_include($0) }
    hardware {
        text = tolower(public ? code_of($0) : $0)
        if (text ~ /(^|[^a-z])(vmm|guests?|virtual[ _]machines?)([^a-z]|$)/)
            violation("the hardware speaks of virtual machines")
    }
    !in_tests && FILENAME != "monitor/outfile.c" && /fopen\(.*"[wa]|(^|[^a-z])(creat|mkstemp|fdopen)\(|O_(WRONLY|CREAT|TRUNC|APPEND)/ {
        violation("files are written through monitor/outfile.h")
    }
    END { exit found }
    '
}

# plant FILE LINE EXPECTED: with LINE at the end of FILE, the check must fail and say EXPECTED of that file.
plant() {
    local file=$1 line=$2 expected=$3 said
    mkdir -p "$(dirname "$file")"
    [ -e "$file" ] && cp "$file" "$scratch/kept"
    printf '%s\n' "$line" >>"$file"
    if said=$(check); then
        echo "not found: '$line' in $file" >&2
        exit 1
    elif ! grep -F -- "$file:" <<<"$said" | grep -qF -- "$expected"; then
        printf "for '%s' in %s expected '%s', got:\n%s\n" "$line" "$file" "$expected" "$said" >&2
        exit 1
    fi
    rm "$file"
    if [ -e "$scratch/kept" ]; then mv "$scratch/kept" "$file"; fi
}

# fine FILE LINE: with LINE at the end of FILE, the check still passes.
fine() {
    local file=$1 line=$2
    mkdir -p "$(dirname "$file")"
    printf '%s\n' "$line" >"$file"
    if ! check >&2; then
        echo "wrongly refused: '$line' in $file" >&2
        exit 1
    fi
    rm "$file"
}

# A small house in order, and what may not happen in it.
self_test() {
    mkdir -p "$scratch/house" && cd "$scratch/house"
    mkdir -p mmu isa/riscv devices core/vmm monitor tests/isa
    printf '/* what a VMM\n * and its guest need */\n#include <stdint.h>\n' >mmu/phys.h
    printf '#include "isa/riscv/insn.def"\n#include "mmu/phys.h"\n' >isa/riscv.h
    touch core/vmm/vm.h
    check

    plant mmu/phys.c '#include "isa/machine.h"' "mmu must not include isa"
    plant isa/riscv/hart.c '#include "core/system.h"' "isa must not include core"
    plant isa/riscv/hart.c '#  include "devices/irq.h"' "isa must not include devices"
    plant devices/plic.c '#include "isa/machine.h"' "devices must not include isa"
    plant core/loader.c '#include "monitor/options.h"' "core must not include monitor"
    plant core/system.c '#include "isa/riscv/hart.h"' "private to isa"
    plant core/system.c '#include "mmu/shadow_private.h"' "private to mmu"
    plant monitor/main.c '#include "core/vmm/vm.h"' "private to core"
    plant tests/devices/test_plic.c '#include "isa/machine.h"' "devices must not include isa"
    plant tests/fuzz/fuzz_decode.c '#include "isa/riscv/hart.h"' "private to isa"
    plant core/vmm/vm.c '#include "vm.h"' "not written from the root"
    plant core/vmm/vm.c '#include "../system.h"' "not written from the root"
    plant core/vmm/vm.c '#include "vmm/vm.h"' "not written from the root"
    plant core/vmm/vm.c '#include "core/../monitor/options.h"' "not written from the root"
    plant core/system.c '#include <mmu/phys.h>' "in quotes"
    plant core/system.c '#include "tests/core/pair.h"' "not written from the root"
    plant mmu/phys.h 'struct vmm;' "virtual machines"
    plant mmu/phys.h 'int guest_pages; /* closed */' "virtual machines"
    plant mmu/tlb.c '/* keeps the guest fast */' "virtual machines"
    plant isa/riscv/hart.c '/* a Virtual Machine */' "virtual machines"
    plant isa/riscv/insn.def 'INSN(x, "for the VMM")' "virtual machines"

    plant monitor/main.c 'FILE *f = fopen(path, "we");' "through monitor/outfile.h"
    plant monitor/repl/repl.c 'int fd = open(path, O_WRONLY | O_CREAT, 0666);' "through monitor/outfile.h"
    plant core/time/record.c 'int fd = mkstemp(name);' "through monitor/outfile.h"

    fine core/vmm/v_riscv.c '#include "isa/riscv/insn.def"'
    fine monitor/outfile.c 'int fd = open(path, O_WRONLY | O_CREAT, 0666);'
    fine core/loader.c 'FILE *f = fopen(path, "re");'
    fine tests/isa/test_csr.c 'FILE *f = fopen(path, "w");'
    fine monitor/main.c '#include "core/vmm/vmm.h"'
    fine tests/isa/test_csr.c '#include "isa/riscv/hart.h"'
    fine tests/isa/test_csr.c '#include "tests/isa/hart_bench.h"'
    fine mmu/shadow.c '/* the guest */'
    fine core/vmm/vm.c '#include <libelf.h>'
    fine monitor/cmd_run.c '#include "guests.h"'
}

if ! check; then
    echo "the rooms are not in order" >&2
    exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(self_test)
echo "$(sources | wc -l) sources in order; every planted violation was found"
