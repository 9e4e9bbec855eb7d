#!/usr/bin/env bash
# test_circles.sh - who understands a file must not have to understand all others first: the includes of the rooms make no circles. A
# stem (core/loader: core/loader.c and core/loader.h) depends on another when one of its files includes the other's header. Circles of two
# are allowed by name and reason; larger ones are debts, which may shrink but not grow, and are taken off the list when paid. Sources
# (.c) are not included at all. Then it plants violations in a copy and demands that each is found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# KIND STEM... - REASON. pair: two that belong together. debt: a circle of at most these stems. source: this stem includes sources.
known() {
    cat <<'END'
pair core/loader core/loader_private - the private header of a loader in two files
pair core/theory/classify core/theory/samples - a classifier's insides, which its states are a part of
pair devices/ide devices/ide_private - the private header of a channel in two files
pair devices/lapic devices/lapic_private - the private header of a local APIC in two files
pair devices/pc devices/pc_private - the private header of a board in several files
pair devices/virt devices/virt_fdt - the board, and its description for the guest
pair devices/virtio_mmio devices/virtio_queue - registers and rings call each other
pair isa/riscv/sf_core isa/riscv/softfloat - the private header of all sf_*.c, and the conversions that are not in one of them
pair mmu/shadow mmu/shadow_private - the private header of a shadow in several files
pair monitor/debug/expression monitor/debug/expression_node - the private header of who builds the tree and who walks it
pair monitor/debug/symbols monitor/debug/symbols_private - the private header of symbols in two files
pair monitor/demo/script monitor/demo/script_private - the private header of a parser in two files
pair monitor/gdb/stub monitor/gdb/stub_private - the private header of a stub in several files
pair monitor/debug/object monitor/debug/object_private - the private header of objects in several files
pair monitor/debug/debugger monitor/debug/debugger_private - the private header of a debugger in several files
pair monitor/debug/traplog monitor/debug/traplog_private - the private header of a log in two files
END
}

sources() { find mmu isa devices core monitor -type f \( -name '*.c' -o -name '*.h' \) | LC_ALL=C sort; }

# Prints a line for each violation; fails when there is one.
check() {
    { known | sed 's/^/known /' && sources && sources | xargs grep -HoE '^[ \t]*#[ \t]*include[ \t]*"[^"]+"' || true; } | awk '
    function violation(what) { print what; found = 1 }

    # Tarjan: circles are the strongly connected components. Numbers from 1; low 0: not seen.
    function visit(v,    n, next_of, i, w, size, members) {
        number[v] = low[v] = ++count
        stack[++depth] = v
        on[v] = 1
        n = split(uses[v], next_of, " ")
        for (i = 1; i <= n; i++) {
            w = next_of[i]
            if (!number[w])
                visit(w)
            if (on[w] && low[w] < low[v])
                low[v] = low[w]
        }
        if (low[v] != number[v])
            return
        do {
            w = stack[depth--]
            on[w] = 0
            circle_of[w] = v
            for (i = ++size; i > 1 && members[i - 1] > w; i--)
                members[i] = members[i - 1]
            members[i] = w
        } while (w != v)
        if (size > 1)
            circle(members, size)
    }

    # May be wholly inside one line of the list; a pair is there as it is.
    function circle(members, size,    names, line, i, inside) {
        line = line_of[members[1]]
        inside = line != 0
        for (i = 1; i <= size; i++) {
            inside = inside && line_of[members[i]] == line
            names = names " " members[i]
        }
        if (inside)
            met[line] = 1
        else
            violation("a circle:" names)
    }

    $1 == "known" {
        if (NF < 5 || !match($0, / - ./)) { violation("a line without a reason: " $0); next }
        kind[FNR] = $2
        stems[FNR] = $3
        for (i = 3; $i != "-"; i++) {
            if (line_of[$i] && $2 != "source")
                violation($i ": is in the list twice")
            if ($2 == "source")
                may[$i] = FNR
            else
                line_of[$i] = FNR
        }
        if ($2 == "pair" && i != 5)
            violation("no pair: " $0)
        next
    }
    NF == 1 { # a source
        stem = $1
        sub(/\.[ch]$/, "", stem)
        if (!(stem in uses)) { uses[stem] = ""; order[++total] = stem }
        next
    }
    {
        split($0, part, "\"")
        from = $1
        sub(/\.[ch]:.*/, "", from)
        to = part[2]
        if (to ~ /\.c$/) {
            if (may[from])
                met[may[from]] = 1
            else
                violation(from ": includes the source " to)
        }
        if (sub(/\.h$/, "", to) && to in uses && to != from)
            uses[from] = uses[from] " " to
    }
    END {
        for (i = 1; i <= total; i++)
            if (!number[order[i]])
                visit(order[i])
        for (line in kind)
            if (!met[line])
                violation(stems[line] ": the " kind[line] " is gone, take it off the list")
        exit found
    }' | LC_ALL=C sort
}

# plant EXPECTED FILE LINE [FILE LINE]...: with these lines at the end of the files, the check must fail and say EXPECTED ("": be content).
plant() {
    local expected=$1 said
    rm -rf "$scratch/now"
    cp -r "$scratch/house" "$scratch/now"
    cd "$scratch/now"
    for ((i = 2; i < $#; i += 2)); do printf '%s\n' "${@:i+1:1}" >>"${!i}"; done
    if said=$(check); then
        [ -z "$expected" ] || { echo "not found: $expected" >&2; exit 1; }
    elif [ -z "$expected" ] || ! grep -qF -- "$expected" <<<"$said"; then
        printf "expected '%s', got:\n%s\n" "$expected" "$said" >&2
        exit 1
    fi
}

# A small house in order, and what may not happen in it.
self_test() {
    mkdir -p "$scratch/house" && cd "$scratch/house"
    mkdir -p mmu isa/riscv devices core/vmm monitor
    touch {mmu/a,isa/riscv/b,core/vmm/c,monitor/d}.{c,h}
    echo '#include "mmu/a.h"' | tee mmu/a.c isa/riscv/b.h >core/vmm/c.c
    echo '#include "isa/riscv/b.h"' >core/vmm/c.h
    known() { :; }
    plant ""
    plant "a circle: isa/riscv/b mmu/a" mmu/a.c '#include "isa/riscv/b.h"'
    plant "a circle: core/vmm/c isa/riscv/b mmu/a" mmu/a.h '#  include "core/vmm/c.h"'
    plant "monitor/d: includes the source mmu/a.c" monitor/d.c '#include "mmu/a.c"'

    known() { echo "pair isa/riscv/b mmu/a - two halves"; }
    plant "the pair is gone"
    plant "" mmu/a.c '#include "isa/riscv/b.h"'
    plant "a circle: core/vmm/c isa/riscv/b mmu/a" mmu/a.c '#include "core/vmm/c.h"'
    known() { echo "pair core/vmm/c isa/riscv/b mmu/a - three halves"; }
    plant "no pair" mmu/a.h '#include "core/vmm/c.h"'
    known() { echo "debt core/vmm/c isa/riscv/b mmu/a - was so"; }
    plant "" mmu/a.h '#include "core/vmm/c.h"'
    plant "" mmu/a.h '#include "isa/riscv/b.h"'
    plant "the debt is gone"
    plant "a circle:" mmu/a.h '#include "monitor/d.h"' monitor/d.c '#include "core/vmm/c.h"'
    known() { echo "debt core/vmm/c isa/riscv/b mmu/a"; }
    plant "without a reason" mmu/a.h '#include "core/vmm/c.h"'
    known() { echo "source monitor/d - a table of bodies"; }
    plant "" monitor/d.c '#include "mmu/a.c"'
    plant "the source is gone"
}

if ! check; then
    echo "the includes go in circles" >&2
    exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(self_test)
echo "$(sources | wc -l) sources without other circles than those listed; every planted one was found"
