#!/usr/bin/env bash
# map.sh [ROOM...] - the files of the house by room, each with the sentence that it begins with. --check prints nothing and fails on a source
# that does not begin with its name and a sentence.
set -euo pipefail
cd "${MAP_ROOT:-$(dirname "${BASH_SOURCE[0]}")/..}"
check=
[ "${1:-}" != --check ] || { check=1; shift; }
[ $# -gt 0 ] || set -- mmu isa devices core monitor
find "$@" -type f \( -name '*.c' -o -name '*.h' -o -name '*.def' \) | LC_ALL=C sort | xargs awk -v check="$check" '
    function finish() {
        if (!file) return
        sub(/[ \t]*\*\/.*/, "", text)
        if (match(text, /[.:;][ \t]/)) text = substr(text, 1, RSTART - 1)      # the first sentence, or what stands for it
        sub(/[.:;]$/, "", text)
        n = split(file, part, "/")
        folder = substr(file, 1, length(file) - length(part[n]) - 1)
        name = part[n]
        if (text !~ "^/\\* " name " - ..." ) { if (check) print file ": begins with no sentence about itself: /* " name " - ... */"; bad = 1 }
        if (!check) {
            if (folder != last) printf "%s%s/\n", last ? "\n" : "", folder
            last = folder
            sub("^/\\* " name " - ", "", text)
            head = sprintf("  %-24s ", name)
            width = 78 - length(head)
            while (length(text) > width) {
                cut = width
                while (cut > 1 && substr(text, cut, 1) != " ") cut--
                print head substr(text, 1, cut - 1)
                text = substr(text, cut + 1)
                head = sprintf("  %-24s ", "")
            }
            print head text
        }
        file = ""
    }
    FNR == 1 { finish(); file = FILENAME; text = $0; ended = /\*\// || /[.:;]$/ || /[.:;] /; next }
    file && !ended { line = $0; sub(/^ \* ?/, " ", line); text = text line; ended = /\*\// || /[.:;]$/ || /[.:;] / || FNR > 6 }
    END { finish(); if (check) exit bad }'
