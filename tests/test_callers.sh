#!/usr/bin/env bash
# test_callers.sh - no function without a caller: each that a header of the rooms declares is named somewhere besides its declarations and its
# definition, in the sources, in the tests that try a library's function, or in the examples. (Of static ones the compiler says so.) What a
# comment says is no call. Then it plants violations in a copy and demands that each is found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# check: a line for each violation; fails when there is one. A declaration and a definition begin at the start of a line, a call does not.
check() {
    find mmu isa devices core monitor tests examples -type f \( -name '*.[chS]' -o -name '*.def' \) | LC_ALL=C sort | xargs awk '
    FNR == 1 { inside = 0 }
    {
        gsub(/\/\*([^*]|\*[^\/])*\*\//, " ")
        if (inside && !sub(/^.*\*\//, "")) next
        inside = sub(/\/\*.*/, "")
        sub(/\/\/.*/, "")
        declares = ""
        if (/^[a-z_A-Z]/ && match($0, /^[A-Za-z_0-9 *]*[ *][a-z_0-9]+\(/) && $0 !~ /^(return|else|typedef)/) {
            declares = substr($0, 1, RLENGTH - 1)
            sub(/.*[ *]/, "", declares)
            if (FILENAME ~ /^(mmu|isa|devices|core|monitor)\/.*\.h$/ && $0 !~ /^static /)
                declared[declares] = FILENAME ":" FNR
        }
        n = split($0, word, /[^A-Za-z_0-9]+/)
        for (i = 1; i <= n; i++)
            if (word[i] == declares)
                declares = "" # once
            else
                named[word[i]] = 1
    }
    END {
        for (name in declared)
            if (!(name in named)) { print declared[name] ": nobody calls " name "()"; found = 1 }
        exit found
    }'
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

check || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/house" && cd "$scratch/house" && mkdir mmu isa devices core monitor tests examples
printf 'int used(int a);\n' >mmu/a.h
printf '#include "mmu/a.h"\nint used(int a)\n{\n    return a;\n}\n' >mmu/a.c
printf 'int main(void) { return used(1); }\n' >monitor/a.c
plant ""
plant "core/b.h:1: nobody calls lone()" core/b.h 'struct x *lone(int a, /* of bytes */'
plant "core/b.h:1: nobody calls lone()" core/b.h 'void lone(void);' core/b.c 'void lone(void) { }' core/b.c '/* lone() is'
plant "" core/b.h 'void lone(void);' tests/b.c '    lone();'
plant "" core/b.h 'void lone(void);' core/b.c '    .ops = lone,'
plant "" core/b.h 'static inline void lone(void) { }'
echo "each function has a caller; every planted one without was found"
