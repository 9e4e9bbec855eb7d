#!/usr/bin/env bash
# test_unfitted.sh BENCH TRAPEZE GUEST MACHINE - the programs of the second suite come to the host's results in every engine, and in
# VMs; and the runner shows their total and none of them, unless it is asked for each.
set -euo pipefail
bench=$1 trapeze=$2 guest=$3 machine=$4
fail() { echo "$*" >&2; exit 1; }

ways=(--way 'interpreter=--bare --engine interpreter' --way 'interpreter.vm=--engine interpreter' --way 'simple=--bare --engine simple')
[ "$machine" = ia32 ] || ways+=(--way 'native=--bare --engine native' --way 'native.vm=--engine native' --way 'depth2=--depth 2')
run=("$bench" --machine "$machine" --trapeze "$trapeze" --guest "$guest")
"${run[@]}" --check --engine way "${ways[@]}" unfitted

works=$(sed -n 's/^ *WORK(\([a-z]*\), unfitted,.*/\1/p' "$(dirname "${BASH_SOURCE[0]}")/unfitted.h")
[ "$(wc -w <<<"$works")" = 8 ] || fail "unfitted.h has other programs than this test finds: $works"
csv=$(mktemp)
trap 'rm -f "$csv"' EXIT
shown=$("${run[@]}" --tenth --runs 1 --engine bare --csv "$csv" regvm trees)
grep -q '^seconds in total, unfitted: bare [0-9.]*$' <<<"$shown" || fail "there is no total: $shown"
for work in $works; do
    ! grep -w "$work" <<<"$shown" || fail "$work is shown"
    ! grep -w "$work" "$csv" || fail "$work is in the file"
done
shown=$("${run[@]}" --tenth --runs 1 --engine bare --each regvm)
grep -q '^regvm ' <<<"$shown" || fail "--each does not show regvm: $shown"
