#!/usr/bin/env bash
# --depth: as many as there may be, and a host without the memory for them: one sentence, and nothing has started.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
t 0 run --bare --stats=json
before=$(grep -o '"retired": [0-9]*' err)
for depth in 1 2 3 4 16; do
    t 0 run --depth $depth --stats=json
    [ "$(grep -o '"retired": [0-9]*' err)" = "$before" ] || fail "depth $depth: another count of instructions"
    [ "$(grep -o '"kind": "vm"' err | wc -l)" = $depth ] || fail "depth $depth: not as many virtual machines"
done
t 2 run --depth 17; says "--depth wants 1 to 16"
t 2 run --depth 0; says "--depth wants 1 to 16"
t 2 run --depth two; says "--depth"
t 2 run --bare --depth 2; says "--bare and --depth exclude each other"
(ulimit -v 2000000 && "$TRAPEZE" version >out 2>&1) || skip "this build does not run in little memory"
ulimit -v 2000000
t 1 run --depth 3 -m 4G --trace-out never.json
says "no memory for a machine with 4243456 KiB of RAM, which --depth 3 needs for a guest with 4194304 KiB"
[ ! -s out ] && [ ! -e never.json ] || fail "something has started"
