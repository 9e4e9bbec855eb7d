#!/usr/bin/env bash
# What is seen of machine code: x/i and disassemble mark instructions that have been translated, and `disassemble /n` shows the machine code
# of a stretch beside them. Which bytes those are is the compiler's business; that none is missing and all are somebody's is ours.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export COLUMNS=80

code() { timeout -k 5 $patience "$TRAPEZE" monitor --batch "$@" </dev/null >out 2>err; }
refuses() { # SENTENCE OPTION...
    local sentence=$1
    shift
    ! code "$@" -ex 'disassemble/n' || fail "machine code, with $*"
    grep -qE "$sentence" err || fail "with $*: not $sentence"
}

# --- where there is none
code --engine simple -ex c -ex 'x/400i 0x80201000' || fail "x/i"
grep '^...0x80201' out >plain
[ "$(grep -c '^   ' plain)" = 400 ] || fail "nothing is translated, and something is marked"
refuses '^the engine simple makes no machine code: --engine native does$' --engine simple
refuses 'executes its instructions in one way' -M pg "$(dirname "$TRAPEZE")/examples/pg/getmode.pg"
code --engine native || fail "--engine native"
[ ! -s err ] || skip "$(cat err)"
refuses '^the instruction at 0x[0-9a-f]* is not translated: it is not hot, or left to the interpreter$' --engine native

# --- the mark: it is all that differs, of a virtual machine's code, too
for machine in --bare '--depth 1' '--depth 2'; do
    code --engine native $machine -ex c -ex 'x/400i 0x80201000' -ex 'disassemble/400 0x80201000' || fail "x/i"
    grep '^..[ *]0x80201' out >marked
    sed 's/^..\*/   /' marked | cmp - plain || fail "$machine: the mark is all that may differ"
    grep -c '^  \*' marked >count
    [ "$(cat count)" -gt 50 ] && [ "$(cat count)" -lt 400 ] || fail "$machine: $(cat count) are marked"
    sed -n 's/^  \*0x\([0-9a-f]*\).*/\1/p' marked >by_x
    sed -n 's/^  \*0x0*\([0-9a-f]*\).*/\1/p' out | tail -n +$(($(cat count) + 1)) | cmp - by_x || fail "$machine: disassemble marks others"
done
at=0x$(sed -n 20p by_x)
code --engine native --json -ex c -ex 'x/400i 0x80201000' || fail "as JSON"
[ "$(grep -o '"translated": true' out | wc -l)" = "$(cat count)" ] || fail "as JSON"

# --- the machine code
if ! code --engine native --bare -ex c -ex "disassemble/n $at"; then
    grep -q 'is printed by Capstone' err || fail "disassemble/n"
    exit 0
fi
sed -n '/^A stretch of/,$p' out >stretch
[ "$(expand stretch | awk 'length > 80' | wc -l)" = 0 ] || fail "wider than 80"
sed -n 's/^  \*\(0x[0-9a-f]*\).*/\1/p' stretch >guest
grep -qx "$at" guest && sort -cu guest || fail "the instruction is not there, or one is there twice"
read -r _ _ _ count _ bytes _ <stretch
[ "$count" = "$(wc -l <guest)" ] || fail "not $count instructions"
# host FILE: where each line of machine code lies, and how long it is.
host() { grep -E '^  [ ~>] +[0-9a-f]+  ' "$1" | sed 's/^  [ ~>]//' | while read -r at hex _; do echo "$((16#$at)) $((${#hex} / 2))"; done; }
host stretch | sort -n >sorted
awk -v all="$bytes" '{ sum += $2 } NR > 1 && $1 < end { exit 1 } { end = $1 + $2 } END { exit sum != all }' sorted ||
    fail "bytes are shown twice, or not at all"
# A way in leads to its own instruction, by a jump or because it stands before it; and every jump has a name.
grep -A1 '^  > .*lea' stretch | sed -n 's/^  [> ] *\([0-9a-f]*\)  .* \(lea\|back\|cmp\).*/\2 \1/p' >ways
while read -r what there; do
    case $what in lea) entered=$there ;; cmp) [ $((16#$there - 16#$entered)) = 7 ] || fail "the way in at $entered" ;; esac
done <ways
[ "$(grep -c lea ways)" -gt 1 ] && [ "$(grep -c lea ways)" = "$(grep -c 'back\|cmp' ways)" ] || fail "ways in"
for name in 'to its careful body' 'to the outer loop' apart 0x80201; do grep -qF "; $name" stretch || fail "no jump $name"; done
! grep -E '^  [ ~>] .* j[a-z]+ 0x' stretch | grep -v '; ' || fail "a jump without a name"

# So many instructions from there on: the same lines.
code --engine native --bare -ex c -ex "disassemble/n3 $at" || fail "disassemble/n3"
sed -n '/^  \*/,$p' out >three
[ "$(grep -c '^  \*' three)" = 3 ] && head -1 three | grep -q "^  \*$at" || fail "three of them"
[ "$(grep -cxFf three stretch)" -ge "$(wc -l <three)" ] || fail "three of them are not as among all"
code --engine native --bare --json -ex c -ex "disassemble/n3 $at" || fail "as JSON"
grep -o '"at": [0-9]*, "bytes": "[0-9a-f]*"' out | tr -d '",' | while read -r _ place _ hex; do echo "$place $((${#hex} / 2))"; done >json
host three | cmp - json || fail "as JSON"

# The same again, to the byte: nothing of it is an address of the host.
code --engine native --bare -ex c -ex "disassemble/n $at" || fail "disassemble/n"
sed -n '/^A stretch of/,$p' out | cmp - stretch || fail "not the same twice"
