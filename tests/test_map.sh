#!/usr/bin/env bash
# test_map.sh - every source begins with its name and a sentence about itself, so that the map of the house is complete; one that does not is
# planted, and found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
map=$PWD/tests/map.sh
bash "$map" --check
files=$(find mmu isa devices core monitor -name '*.c' -o -name '*.h' -o -name '*.def' | wc -l)
shown=$(bash "$map" | grep -cE '^  [^ ]')
[ "$shown" = "$files" ] || { echo "$shown of $files files are on the map"; exit 1; }
if bash "$map" | grep -E '.{81}'; then echo "wider than a terminal"; exit 1; fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/mmu"
plant() {
    printf '%b' "$1" >"$scratch/mmu/a.c"
    if MAP_ROOT=$scratch bash "$map" --check mmu >"$scratch/said"; then [ "$2" = fine ] || { echo "not found: $1"; exit 1; }
    else [ "$2" = wrong ] || { echo "wrongly refused: $1"; exit 1; }; fi
}
plant '/* a.c - what it is. */\nint x;\n' fine
plant '/* a.c - what it is, over\n * two lines. */\n' fine
plant '/* b.c - what another is. */\n' wrong
plant '#include <stdio.h>\n' wrong
plant '/* a.c - */\nint x;\n' wrong
echo "$files files on the map"
