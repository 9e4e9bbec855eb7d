#!/usr/bin/env bash
# test_tour.sh - the tour has its thirty stops in all rooms, each speaks of code, none is missing, double or dangling; and what the check
# is there for is planted in a copy, one at a time, and found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tour=$PWD/tests/tour.sh
bash "$tour" --check
said=$(bash "$tour")
count=$(grep -c '^\[' <<<"$said")
[ "$count" -ge 30 ] || { echo "only $count stops"; exit 1; }
if grep -E '.{81}' <<<"$said"; then echo "these lines are wider than a terminal"; exit 1; fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch"/{mmu,isa,devices,core,monitor,examples}
n=0
for room in mmu isa devices core monitor; do
    n=$((n + 10))
    printf '/*T:%d The %s room. :*/\nint %s(void);\n\n' "$n" "$room" "$room" >"$scratch/$room/a.c"
done
echo 'See (T:20).' >"$scratch/README.md"
echo 'T:10 T:20 | T:30 T:40 T:50' >"$scratch/ARCHITECTURE.md"
TOUR_ROOT=$scratch bash "$tour" --check

# plant FILE LINE EXPECTED: with LINE at the end of FILE the check must fail and say EXPECTED.
plant() {
    local file=$scratch/$1 line=$2 expected=$3 out
    cp "$file" "$scratch/kept"
    printf '%b\n' "$line" >>"$file"
    if out=$(TOUR_ROOT=$scratch bash "$tour" --check 2>&1); then echo "not found: '$line' in $1"; exit 1; fi
    grep -qF -- "$expected" <<<"$out" || { echo "expected '$expected', got: $out"; exit 1; }
    mv "$scratch/kept" "$file"
}
plant mmu/a.c '/*T:20 Again. :*/\nint b;' 'T:20 stands at'
plant mmu/a.c '/* as (T:33) says */' 'T:33 is nowhere'
plant README.md 'See (T:34).' 'T:34 is nowhere'
plant core/a.c '/*T:5 One that nobody knows of. :*/\nint c;' 'T:5 is missing in the list'
plant ARCHITECTURE.md '| T:60' 'T:60 is nowhere'
plant core/a.c '/*T: One whose number is not given. :*/\nint c;' 'a stop without a number'
plant core/a.c '/* T:60 One that is no tag. :*/\nint c;' 'a stop without a number'
plant core/a.c '/*T:50 Nothing follows. :*/' 'speaks of no code'
plant core/a.c '/*T:51 It never ends.\n */\nint c;' 'has no end'
sed -i 's/T:50/50/' "$scratch/monitor/a.c"
plant core/a.c '' 'no stop in monitor'
echo "$count stops; every planted fault was found"
