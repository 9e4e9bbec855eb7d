#!/usr/bin/env bash
# test_sizes.sh - one idea fits on a few screens: no source file of the rooms is longer than 400 lines and no function in them than 50,
# no file of the tests than 500. Tables (*.def) are data and may be as long as what they list. What is longer all the same stands in
# a list below, with the reason; a line of the list whose file is no longer too long is a mistake, too. Then it plants violations in a copy
# and demands that each is found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

room_lines=400 function_lines=50 test_lines=500

# FILE REASON, or FILE:FUNCTION REASON.
exempt() {
    cat <<'END'
END
}

sources() { find mmu isa devices core monitor -type f \( -name '*.c' -o -name '*.h' \) | LC_ALL=C sort; }
tests() { find tests -type f \( -name '*.c' -o -name '*.h' -o -name '*.S' -o -name '*.sh' -o -name '*.py' -o -name '*.js' \) | LC_ALL=C sort; }

# longer LIMIT FILE...: "LINES FILE" of each that is.
longer() { awk -v limit="$1" 'FNR > limit { lines[FILENAME] = FNR } END { for (f in lines) print lines[f], f }' "${@:2}"; }

# long_functions FILE...: "LINES FILE:FUNCTION". clang-format puts the brace that opens a function, and the one that closes it, at the
# beginning of a line, alone; and nothing else but functions there. Counted from the first line of the head.
long_functions() {
    awk -v limit="$function_lines" '
    FNR == 1 { head = 0; inside = 0 }
    inside && /^}/ {
        if (FNR - head + 1 > limit && match(text, /[A-Za-z_0-9]+\(/))
            print FNR - head + 1, FILENAME ":" substr(text, RSTART, RLENGTH - 1)
        head = inside = 0
        next
    }
    inside { next }
    /^[A-Za-z_]/ && !head { head = FNR; text = "" }
    !head { next }
    /^{$/ { inside = 1; next }
    /[;}]$/ { head = 0; next }
    { text = text $0 " " }
    ' "$@"
}

# Prints a line for each violation; fails when there is one.
check() {
    {
        exempt | sed 's/^/exempt /'
        longer "$room_lines" $(sources)
        long_functions $(sources)
        longer "$test_lines" $(tests)
    } | LC_ALL=C sort | awk -v limit="$room_lines" -v functions="$function_lines" -v tests="$test_lines" '
    $1 == "exempt" {
        if (NF < 3) { print $2 ": is in the list without a reason"; found = 1 }
        reason[$2] = 1
        next
    }
    { size[$2] = $1 }
    END {
        for (what in size)
            if (!(what in reason)) {
                printf "%s: %d lines, more than %d\n", what, size[what], what ~ /:/ ? functions : what ~ /^tests\// ? tests : limit
                found = 1
            }
        for (what in reason)
            if (!(what in size)) {
                print what ": is not too long (any more): take it off the list"
                found = 1
            }
        exit found
    }' | LC_ALL=C sort
}

# plant FILE LINES EXPECTED: with so many lines (of a function, when it is FILE:NAME), the check must fail and say EXPECTED.
lines() { seq "$1" | sed 's|.*|    // &|'; }
plant() {
    local file=${1%%:*} said
    if [ "$file" = "$1" ]; then
        lines "$2" >"$file"
    else
        { printf 'static struct x *%s(int a,\n    int b)\n{\n' "${1#*:}"; lines $(($2 - 4)); echo '}'; } >"$file"
    fi
    if said=$(check); then
        [ -z "$3" ] || { echo "not found: $2 lines of $1" >&2; exit 1; }
    elif [ -z "$3" ] || ! grep -qF -- "$1: $3" <<<"$said"; then
        printf "for %s lines of %s expected '%s', got:\n%s\n" "$2" "$1" "$3" "$said" >&2
        exit 1
    fi
    rm "$file"
}

# A small house in order, and what may not happen in it.
self_test() {
    mkdir -p "$scratch/house" && cd "$scratch/house"
    mkdir -p mmu isa/riscv devices core/vmm monitor tests/isa
    lines 50 >mmu/one.c
    lines 50 >tests/one.c
    exempt() { :; }
    check
    plant isa/riscv/a.c 400 ""
    plant isa/riscv/a.c 401 "401 lines, more than 400"
    plant core/vmm/a.h 500 "500 lines, more than 400"
    plant isa/riscv/a.def 900 ""
    plant tests/isa/a.c 500 ""
    plant tests/a.sh 501 "501 lines, more than 500"
    plant devices/a.c:fifty 50 ""
    plant devices/a.c:longer 51 "51 lines, more than 50"
    plant monitor/a.h:inlined 61 "61 lines, more than 50"
    exempt() { printf 'isa/riscv/a.c it is a drawing\ndevices/a.c:longer one sentence\n'; }
    lines 401 >isa/riscv/a.c
    { printf 'void longer(void)\n{\n'; lines 70; echo '}'; } >devices/a.c
    check
    rm isa/riscv/a.c
    if said=$(check) || ! grep -q '^isa/riscv/a.c: is not too long' <<<"$said"; then
        echo "a name in the list that has no reason to be there any more was not found" >&2
        exit 1
    fi
}

if ! check; then
    echo "too long: split it by idea" >&2
    exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(self_test)
echo "$(sources | wc -l) sources and $(tests | wc -l) files of tests are short enough; every planted violation was found"
