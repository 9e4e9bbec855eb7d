#!/usr/bin/env bash
# test_options.sh BENCH - what the runner says of commands that write lines, and of options that do not go together. No guest runs.
set -euo pipefail
bench=$1
fail() { echo "$*" >&2; exit 1; }

# --since: a line with the text of --until that comes before does not count.
writes='sh -c "echo end 1; echo begin; echo end 2; echo end 3"'
said=$("$bench" --runs 2 --since begin --until end --peer "a=$writes" --peer "b=$writes")
grep -q '^seconds from "begin" to "end"' <<<"$said" || fail "the head does not say from where: $said"
[ "$(grep -c 'wrote: end 2$' <<<"$said")" = 2 ] || fail "another line counted: $said"
said=$("$bench" --runs 1 --until end --peer "a=$writes")
grep -q 'wrote: end 1$' <<<"$said" || fail "without --since the first line does not count: $said"
said=$("$bench" --runs 1 --since never --until end --peer "a=$writes" 2>&1 >/dev/null) && fail "a line that did not come was met"
[ "$said" = 'bench: a did not write "never"' ] || fail "another sentence: $said"
# Processor time is the command's, not the time that passes.
said=$("$bench" --runs 1 --since begin --until end --peer 'a=sh -c "echo begin; sleep 1; echo end; sleep 1"')
awk '$1 == "a" && NF > 3 { found = $2 >= 1 && $3 < $2 } END { exit !found }' <<<"$said" || fail "a second's sleep is work: $said"

for wrong in '--way simple' '--way =--bare' '--runs 0' '--depths 40' '--engine nobody' "--way $(printf 'n%.0s' {1..40})=--bare"; do
    status=0
    "$bench" --trapeze /bin/true --guest /dev/null $wrong >/dev/null 2>&1 || status=$?
    [ $status = 2 ] || fail "$wrong: status $status"
done
