#!/usr/bin/env bash
# info engine: what executes instructions, and of the engine that translates, what it has made and thrown away.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

monitor() { timeout -k 5 $patience "$TRAPEZE" monitor --batch "$@" -ex 'info engine' >out 2>err || fail "monitor $*"; quiet; }

for engine in interpreter simple; do
    monitor --engine $engine -ex c
    shows "$engine: "
    ! grep -q 'machine code:' out || fail "$engine has machine code"
done
monitor --engine simple -ex c
! grep -q 'decoded code' out || fail "simple keeps decoded code"

# On hosts for which there is no translator the interpreter runs, and says so.
"$TRAPEZE" run --engine native </dev/null >out 2>err || fail "run --engine native"
if ! grep -q 'interpreter' err; then
    monitor --engine native --bare
    shows "native: "; shows "machine code: 0 stretches of 0 instructions"
    monitor --engine native --bare -ex c
    grep -qE '^machine code: [1-9][0-9]* stretch(es)? of [1-9][0-9,]* instructions, [0-9.]+ of 32\.0 MiB;$' out || fail "nothing was translated"
    shows "code thrown away, in pages: "
    "$TRAPEZE" run --engine native --bare --stats=json </dev/null >out 2>err || fail "--stats=json"
    grep -qE '"stretches": [1-9][0-9]*, "translated": [1-9][0-9]*, "code_bytes": [1-9]' err || fail "the account has no machine code"
fi
t 1 monitor --batch -ex 'info engine now'
