#!/usr/bin/env bash
# random_guests.sh PROGRAM - what random_guests says of a difference: where it is, a smaller guest, and a command that runs just that; and what it
# refuses.
set -euo pipefail
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; cat "$work/out" || true; exit 1; }
# run STATUS ARGUMENT...
run() {
    local wanted=$1 status=0
    shift
    "$program" "$@" >"$work/out" 2>"$work/err" || status=$?
    [ $status = "$wanted" ] || fail "$*: exit status $status, not $wanted"
}

run 0 --insns 100K --seed 9
grep -q '^[0-9]* guests, [0-9]* instructions, [0-9]* traps: equivalent' "$work/out" || fail "no sums"
cp "$work/out" "$work/first"
run 0 --insns 100K --seed 9; cmp "$work/out" "$work/first" || fail "another run is another one"

for fault in 2 9; do # sret leaves SPIE; no fence
    run 1 --insns 1M --seed 9 --fault $fault
    grep -qE '^  after [0-9]+ equal instructions, at pc 0x[0-9a-f]+ in mode [013]$' "$work/out" || fail "not where"
    [ "$(grep -c '^  after ' "$work/out")" = 2 ] || fail "no smaller guest"
    read -r -a again < <(sed -n 's/^  random_guests //p' "$work/out")
    after=$(sed -n 's/^  after \([0-9]*\) .*/\1/p' "$work/out" | tail -n 1)
    [ "$after" -le "$(sed -n 's/^  after \([0-9]*\) .*/\1/p' "$work/out" | head -n 1)" ] || fail "what is smaller takes longer"
    run 1 "${again[@]}"
    grep -q "^  after $after equal instructions" "$work/out" || fail "the command runs something else: ${again[*]}"
done
run 2 --insns; run 2 --insns 1X; run 2 --shard 2/2; run 2 --turns 0; run 2 --wrong 1
