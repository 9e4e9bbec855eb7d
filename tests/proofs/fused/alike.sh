#!/usr/bin/env bash
# alike.sh - which lines of fused.def need no run of the model checker, for a line that was proved is the same claim but for the names of
# its rows: prints NAME|NAME OF THE PROVED ONE for each. What the preprocessor makes of fused.c is compared, bodies and record, character by
# character, the rows named by their order. Besides the rows' names the claim (fused.c, model.c here) asks of a row its format, what it does,
# whether its shifts are of words, and whether there is a compressed row that is short for it: these must agree, too.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=${TRAPEZE_PROOF_TREE:-$(cd "$here/../../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/riscv_decode.h" # what a build makes of the tables: RV_SHORT_row stays a name

{
    printf '#define INSN(name, ext, encoding, format, does, ...) row name format does\n#include "isa/riscv/insn.def"\n'
    printf '#define RVC(name, base, ...) rvc base\n#include "isa/riscv/rvc.def"\n'
    printf '#define FIRST(row)\n#define FUSE2(...) fuse __VA_ARGS__\n#define FUSE3 FUSE2\n#define FUSE4 FUSE2\n#include "isa/riscv/fused.def"\n'
} | ${CC:-cc} -E -P -I"$tree" -x c - | grep -E '^ *(row|rvc|fuse) ' >"$work/tables"
${CC:-cc} -std=gnu17 -E -P -DNDEBUG -iquote "$work" -iquote "$tree/tests/proofs/fused/abstract" -I"$tree" "$tree/isa/riscv/fused.c" |
    grep -E '^ *(static enum body_result fused_[0-9]+_|\{\{RV_INSN_)' >"$work/texts"

# The n-th fuse line has the n-th of the bodies and the n-th of the records.
awk -v list="$here/settled" '
BEGIN { while ((getline text < list) > 0) { split(text, word, " "); settled[word[1]] } }
$1 == "row" { is[$2] = $3 " " $4 ($2 ~ /^(slliw|srliw|sraiw)$/ ? " words" : "") }
$1 == "rvc" { short[$2] }
$1 == "fuse" { line[++lines] = $0 }
FILENAME ~ /texts$/ { if (/\{\{RV_INSN_/) record[++records] = $0; else body[++bodies] = $0 }
END {
    if (!lines || bodies != lines || records != lines) { print "fused.def has " lines " lines, fused.c " bodies " bodies, " records " records" > "/dev/stderr"; exit 1 }
    for (l = 1; l <= lines; l++) {
        count = split(line[l], word, /[ ,]+/)
        name = "fused"; key = ""
        text = body[l] "\n" record[l]
        gsub(/(part|NEED|RV_INSN|RV_SHORT)_[a-z0-9_]+/, "&$", text)
        gsub(/fused_[0-9]+_/, "fused_", text)
        for (n = 2; n <= count; n++) {
            name = name "." word[n]
            if (n > 2 && n % 2 == 0) { key = key word[n] "\n"; continue }
            gsub("_" word[n] "[$]", "_@" n, text) # a row that comes again has its first number
            key = key is[word[n]] ((word[n] in short) ? " short" : "") "\n"
        }
        if (text ~ /[$]/) { print name ": has a row of another line" > "/dev/stderr"; exit 1 }
        claim[l] = key text
        called[l] = name
        if (name in settled) proved[claim[l]] = name
    }
    for (l = 1; l <= lines; l++) {
        if (!(claim[l] in group)) group[claim[l]] = ++groups
        if (!(called[l] in settled) && claim[l] in proved) print called[l] "|" proved[claim[l]]
        if (ENVIRON["ALIKE_GROUPS"] != "") print group[claim[l]], called[l], (claim[l] in proved) > "/dev/stderr"
    }
}' "$work/tables" "$work/texts"
