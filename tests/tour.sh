#!/usr/bin/env bash
# tour.sh [--check] - the source as a story: the comments tagged T:number in the order of their numbers, each with the lines of code
# that it speaks of (those that follow, up to the first empty line, at most fourteen).
#
# A stop is a comment by itself:   /*T:340 What is to be said, over as many lines as it takes. :*/
# "(T:340)" in any comment, and "T:340" in a document, points to it; ARCHITECTURE.md has a list of them all. --check prints nothing, and fails on a
# number that two stops have, on one that is pointed to and is not there, on a stop that the list lacks, on one without number, end or code, and
# where a room has no stop.
set -euo pipefail
cd "${TOUR_ROOT:-$(dirname "${BASH_SOURCE[0]}")/..}"
rooms="mmu isa devices core monitor"
# shellcheck disable=SC2086
sources() { find $rooms examples -name '*.[chS]' -o -name '*.def' | LC_ALL=C sort; }

# A line for each stop: number, place, text, and the code with \001 for line ends.
stops() {
    sources | xargs awk '
    function finish() {
        if (!stage) return
        printf "%06d\t%s\t%s\t%s\n", number, place, stage == 1 ? "UNENDED" : text, code
        stage = 0
    }
    FNR == 1 { finish() }
    /\/\*T:[0-9]+ / {
        finish()
        match($0, /T:[0-9]+/)
        number = substr($0, RSTART + 2, RLENGTH - 2)
        text = substr($0, RSTART + RLENGTH + 1)
        place = FILENAME ":" FNR
        code = ""; lines = 0; stage = 1
        first = 1
    }
    stage == 1 {
        if (!first) text = text " " $0
        first = 0
        if (/:\*\//) {
            sub(/ *:\*\/.*/, "", text)
            gsub(/[ \t]+\*?[ \t]+/, " ", text)
            stage = 2
            next
        }
    }
    stage == 2 {
        if (/^[ \t]*$/ && lines || lines == 14) finish()
        else if (!/^[ \t]*$/) { gsub(/\t/, "    "); code = code $0 "\001"; lines++ }
    }
    END { finish() }' | sort -n
}

check() {
    local failed=0 all number place text code room
    all=$(stops)
    while IFS=$'\t' read -r number place text code; do
        if [ "$text" = UNENDED ]; then echo "$place: T:$((10#$number)) has no end ( :*/ )"; failed=1; fi
        if [ -z "$code" ]; then echo "$place: T:$((10#$number)) speaks of no code"; failed=1; fi
    done <<<"$all"
    while read -r number; do
        echo "T:$((10#$number)) stands at $(awk -F'\t' -v n="$number" '$1 == n { printf "%s ", $2 }' <<<"$all")"; failed=1
    done < <(cut -f1 <<<"$all" | uniq -d)
    while read -r number; do
        if ! grep -qE "T:$((10#$number))([^0-9]|\$)" ARCHITECTURE.md; then echo "T:$((10#$number)) is missing in the list of ARCHITECTURE.md"; failed=1; fi
    done < <(cut -f1 <<<"$all" | uniq)
    while IFS=: read -r place line _; do
        echo "$place:$line: a stop without a number"; failed=1
    done < <(sources | xargs grep -nE '/\* ?T:([^0-9]|[0-9]*[^0-9 ]|$)|/\* T:[0-9]')
    while IFS=: read -r place line number; do
        if ! grep -q "^$(printf %06d "$number")" <<<"$all"; then echo "$place:$line: T:$number is nowhere"; failed=1; fi
    done < <({ sources | xargs grep -HnoE '\(T:[0-9]+\)' || true; grep -HnoE '\bT:[0-9]+' ./*.md; } | sed 's/(*T:\([0-9]*\))*/\1/')
    for room in $rooms; do
        if ! cut -f2 <<<"$all" | grep -q "^$room/"; then echo "no stop in $room"; failed=1; fi
    done
    return "$failed"
}

if [ "${1:-}" = --check ]; then
    check
    exit
fi
stops | while IFS=$'\t' read -r number place text code; do
    printf '\n[%s]\n' "$place"
    fold -s -w 80 <<<"$text"
    tr '\001' '\n' <<<"${code%$'\001'}" | fold -s -w 76 | sed 's/ *$//' | sed 's/^/    /'
done
