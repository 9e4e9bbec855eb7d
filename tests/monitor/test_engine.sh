#!/usr/bin/env bash
# info engine: what executes instructions, and of the engine that translates, what it has made and thrown away.
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../examples" && pwd)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

monitor() { timeout -k 5 $patience "$TRAPEZE" monitor --batch "$@" -ex 'info engine' >out 2>err || fail "monitor $*"; quiet; }

for engine in interpreter simple; do
    monitor --engine $engine -ex c
    shows "$engine: "
    ! grep -q 'machine code:' out || fail "$engine has machine code"
done
monitor --engine simple -ex c
! grep -q 'decoded code' out || fail "simple keeps decoded code"

# Nobody has chosen: of an instruction set that has no translator it is the interpreter, without a word; who asks for the translator is told.
monitor -M ia32; shows "interpreter: "
t 1 monitor --batch -M ia32 -ex disassemble/n; grep -q "there is no translator for this machine on this host" err || fail "why there is nothing to see"
t 0 monitor --batch -M ia32 --engine native -ex 'info engine'; shows "interpreter: "
says "no machine code here (no translator): the engine is the interpreter"
t 0 verify -M pg "$examples/pg/hello.pg"; quiet
t 0 compare -M ia32 --vmm trap --shadow flush --no-time; quiet

# On hosts for which there is no translator the interpreter runs, and says so if it is asked for the translator.
"$TRAPEZE" run --engine native </dev/null >out 2>err || fail "run --engine native"
if ! grep -q 'interpreter' err; then
    monitor --engine native --bare
    shows "native: "; shows "machine code: 0 stretches of 0 instructions"
    monitor --bare -ex c; cp out usual
    monitor --engine native --bare -ex c
    cmp usual out || fail "without --engine it is another engine"
    grep -qE '^machine code: [1-9][0-9]* stretch(es)? of [1-9][0-9,]* instructions, [0-9.]+ of 32\.0 MiB;$' out || fail "nothing was translated"
    shows "code thrown away, in pages: "
    "$TRAPEZE" run --engine native --bare --stats=json </dev/null >out 2>err || fail "--stats=json"
    grep -qE '"stretches": [1-9][0-9]*, "translated": [1-9][0-9]*, "code_bytes": [1-9]' err || fail "the account has no machine code"
else
    monitor --bare -ex c; shows "interpreter: "
fi
t 1 monitor --batch -ex 'info engine now'
