#!/usr/bin/env bash
# test_units.sh - the quickstart's compiler reads several sources as one (groups.awk): each such unit is C without a warning, and there
# are so few that it pays. Nothing else in the suite makes that build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
cmake --preset quickstart -B "$build" >"$build/log" 2>&1 || { cat "$build/log"; exit 1; }
cd "$build"
ninja generated/ia32_decode.h generated/riscv_decode.h generated/riscv_proofs.h >log 2>&1 || { cat log; exit 1; }
ninja -t commands trapeze_command | grep -E -- ' -c .*/Unity/' | sed -E 's/ -MD -MT [^ ]+ -MF [^ ]+ -o [^ ]+//; s/$/ -fsyntax-only -Werror/' >units
sources=$(cat $(sed 's/.* -c \([^ ]*\).*/\1/' units) | grep -c '^#include "')
failed=0
while read -r unit; do
    sh -c "$unit" </dev/null || failed=1
done <units
[ $failed = 0 ] || { echo "FAILED: sources that the quickstart reads as one are no C together"; exit 1; }
[ "$sources" -gt $((5 * $(wc -l <units))) ] || { echo "FAILED: $sources sources in $(wc -l <units) units: they are hardly joined"; exit 1; }
echo "ok: $sources sources in $(wc -l <units) units"
