#!/usr/bin/env bash
# coverage.sh GCOV BUILD - the lines that the tests reached, file by file, after a run of the suite in BUILD (preset coverage).
# A file compiled several times (instruction bodies, headers) counts once, at its best.
set -euo pipefail
gcov=$1 build=$2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
find "$build" -path '*/trapeze_*.dir/*' -name '*.gcda' -print0 | xargs -0 -r "$gcov" -n -r -s "$root" | awk -F"[':% ]+" '
    /^File/ { file = $2 }
    /^Lines executed/ {
        if (file ~ /^(mmu|isa|devices|core|monitor)\// && (!(file in share) || $3 > share[file])) {
            share[file] = $3
            lines[file] = $5
        }
        file = ""
    }
    END {
        for (f in share) {
            printf "%6.1f%%  of %4d  %s\n", share[f], lines[f], f | "LC_ALL=C sort -k4"
            reached += share[f] / 100 * lines[f]
            all += lines[f]
        }
        close("LC_ALL=C sort -k4")
        if (!all) { print "no test has run in this build yet"; exit 1 }
        printf "%6.1f%%  of %4d  all\n", 100 * reached / all, all
    }'
