#!/usr/bin/env bash
# tour.sh - prints the comments tagged T:number in the order of their numbers: the source as a story.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
find mmu isa devices core monitor examples -name '*.[chS]' | LC_ALL=C sort | xargs awk '
    /\/\*T:[0-9]+ / {
        match($0, /T:[0-9]+/)
        number = substr($0, RSTART + 2, RLENGTH - 2)
        text = substr($0, RSTART + RLENGTH + 1)
        place = FILENAME ":" FNR
        inside = 1
    }
    inside {
        if ($0 !~ /\/\*T:/) text = text " " $0
        if ($0 ~ /:\*\//) {
            sub(/ *:\*\/.*/, "", text)
            gsub(/[ \t]+\*?[ \t]+/, " ", text)
            printf "%06d\t%s\t%s\n", number, place, text
            inside = 0
        }
    }' | sort -n | awk -F'\t' '{ printf "%s[%s]\n", (NR > 1 ? "\n" : ""), $2; print $3 }' | fold -s -w 100
