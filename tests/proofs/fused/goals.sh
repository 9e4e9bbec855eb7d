#!/usr/bin/env bash
# goals.sh [--open] - prints the goals "the fused body equals the careful ones", a line each (../prove.sh), in two steps. part.ROW.FROM: of what
# fused bodies are made, each row with each way of getting operands that fused.def has, equals its careful body (part.c). fused.ROW.FROM.ROW.FROM...:
# a line of fused.def, composed of such parts, equals their careful bodies one after another (fused.c). Those that the list `settled` names were
# proved; the others are printed, too, where PROVE_OPEN is set. --open: the others, with a sentence why, instead, but for lines that follow from
# a proved one (alike.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=${TRAPEZE_PROOF_TREE:-$(cd "$here/../../.." && pwd)}

alike=$([ -z "${1:-}" ] || bash "$here/alike.sh" | cut -d '|' -f 1)
{
    printf '#define INSN(name, ext, ...) row name ext\n#include "isa/riscv/insn.def"\n#define RVC(name, base, ...) rvc name base\n#include "isa/riscv/rvc.def"\n'
    printf '#define FIRST(row)\n#define FUSE2(...) fuse __VA_ARGS__\n#define FUSE3 FUSE2\n#define FUSE4 FUSE2\n#include "isa/riscv/fused.def"\n'
} | ${CC:-cc} -E -P -I"$tree" -x c - |
    awk -v folder=tests/proofs/fused -v equal=tests/proofs/equal -v tree="$tree" -v open="${1:-}" -v all="${PROVE_OPEN:-}" -v list="$here/settled" -v alike="$alike" '
    BEGIN {
        while ((getline line < list) > 0) { split(line, word, " "); settled[word[1]]; if (word[2] != "") way[word[1]] = word[2] " " }
        for (n = split(alike, name, "\n"); n; n--) follows[name[n]]
        options = "-iquote" tree "/" folder "/one"
        for (n = split("step access go sides floats", name, " "); n; n--) part_sources = part_sources " " equal "/" name[n] ".c"
    }
    function goal(name, line) {
        if (open == "") { if (all != "" || name in settled) print name line }
        else if (!(name in settled) && !(name in follows)) print name ": not asked yet"
    }
    # What fused.c is to have: the record, and which rows have short forms.
    function table(record, first, is_short) {
        return "-DRECORD=" record " -DFIRST_ROW=" first " -DRV_INSN_FIRST_ROW=RV_INSN_" first is_short
    }
    function short_of(row) { return " -DRV_SHORT_" row "=" ((row in short) ? 1 : 0) }
    function part(row, from) {
        if (done[row, from]++) return
        goal("part." row "." from, sprintf("|prove|9|%s%s|%s-iquote%s/%s/small %s -DROW=%s -DFROM=%s -DIS_SHORT=%d -DBODIES=\"isa/riscv/execute_%s.h\" %s",
            folder "/part.c", part_sources, way["part." row "." from], tree, equal, options, row, from, (row in short), group[row],
            table("FUSE2(" row "," row ",FROM_NONE)", row, short_of(row))))
    }
    # The record of the fuse line at hand; and a goal of it.
    function record_goal(count,   n, name, record, rows, seen) {
        record = "FUSE" count / 2 "("
        for (n = 2; n <= count; n++) {
            record = record word[n] (n < count ? "," : ")")
            name = name "." word[n]
            if (n > 2 && n % 2 == 0) continue
            rows = rows " -DROW" int((n - 1) / 2) "=RV_INSN_" word[n] " -DSHORT" int((n - 1) / 2) "=" ((word[n] in short) ? "RV_INSN_" short[word[n]] : "INSN_NONE")
            if (!seen[word[n]]++) rows = rows short_of(word[n])
        }
        goal("fused" name, sprintf("|prove|17|%s/fused.c %s/body.c %s/model.c %s/go.c|--symbols -iquote%s/%s/abstract %s%s %s", folder, folder, folder,
            equal, tree, folder, options, rows, table(record, word[2], "")))
    }
    $1 == "row" { group[$2] = tolower($3) }
    $1 == "rvc" && !($3 in short) { short[$3] = $2 }
    $1 == "fuse" {
        count = split($0, word, /[ ,]+/)
        part(word[2], "FROM_NONE")
        for (n = 3; n < count; n += 2) part(word[n], word[n + 1])
        record_goal(count)
    }'
