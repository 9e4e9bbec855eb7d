#!/usr/bin/env bash
# run.sh [--quick] [--shard K/N] [--jobs N] [--limit SECONDS] [--results FILE] [PATTERN...] - proves the goals of goals.sh, here and in the
# folders below, whose names match a PATTERN (of the shell; none: all); --quick: those of the list `quick`. Says what was proved and
# exits with 0; with 1 if a claim is refuted or undecided. FILE gets a line NAME|VERDICT|SECONDS for each. Skipped (77) without cbmc.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../../examples/packages.sh"
quick= shard=1 shards=1 jobs=$(nproc) results= patterns=() limit=600
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=yes ;;
    --shard) shard=${2%/*} shards=${2#*/}; shift ;;
    --jobs) jobs=$2; shift ;;
    --limit) limit=$2; shift ;;
    --results) results=$2; shift ;;
    -*) die "usage: run.sh [--quick] [--shard K/N] [--jobs N] [--limit SECONDS] [--results FILE] [PATTERN...]" ;;
    *) patterns+=("$1") ;;
    esac
    shift
done
tools=$(bash "$here/tools.sh") || exit 77
export PATH=$tools:$PATH
[ -z "$quick" ] || mapfile -t patterns < <(sed 's/#.*//; s/[[:space:]]*$//; /^$/d' "$here/quick")

wanted() {
    local pattern
    [ ${#patterns[@]} -gt 0 ] || return 0
    for pattern in "${patterns[@]}"; do
        case $1 in $pattern) return 0 ;; esac
    done
    return 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for list in "$here"/goals.sh "$here"/*/goals.sh; do
    if [ -e "$list" ]; then bash "$list"; fi
done >"$work/all"
while IFS='|' read -r name rest; do
    if wanted "$name"; then printf '%s|%s\n' "$name" "$rest"; fi
done <"$work/all" | awk -v k="$shard" -v n="$shards" 'NR % n == k % n' >"$work/goals"
[ -s "$work/goals" ] || die "no goal has such a name"

export here work limit
one() {
    IFS='|' read -r name function unwind sources options <<<"$1"
    local start verdict
    start=$(date +%s%N)
    verdict=$(bash "$here/prove.sh" "$limit" "$function" "$unwind" "$sources" $options) || true
    start=$((($(date +%s%N) - start) / 100000000))
    printf '%s|%s|%d.%d\n' "$name" "$verdict" $((start / 10)) $((start % 10)) >>"$work/results"
    if [ "$verdict" != proved ]; then printf '%-34s %s\n' "$name" "$verdict"; fi
}
export -f one
: >"$work/results"
tr '\n' '\0' <"$work/goals" | xargs -0 -n 1 -P "$jobs" bash -c 'one "$1"' one
[ -z "$results" ] || sort "$work/results" >"$results"
proved=$(grep -c '|proved|' "$work/results") || true
all=$(wc -l <"$work/goals")
echo "proved: $proved of $all claims"
[ "$proved" = "$all" ]
