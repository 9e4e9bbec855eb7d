#!/usr/bin/env bash
# trapeze sweep: the quick sweep finds that everything else traps; its summary is the same byte for byte in one go and in shards;
# work that was cut short is gone on with; files that are not of the sweep are named and left alone.
source "$(dirname "$0")/lib.sh"

# sweep STATUS WORD...: as t, and may take long where everything is instrumented.
sweep() {
    local wanted=$1 status=0
    shift
    timeout -k 5 $patience "$TRAPEZE" sweep "$@" >out 2>err </dev/null || status=$?
    [ $status = "$wanted" ] || fail "trapeze sweep $*: exit status $status, not $wanted"
}
kept() { cmp -s "$1" "$1.before" || fail "$1 was changed"; }

# --- in one go, with threads
sweep 0 riscv --quick --states 1 --jobs 3
quiet
shows "49152 of 16 bits and 33554432 of 32, each from 1 state drawn by seed 1"
shows "what is no instruction traps as undefined"
shows "nothing that completes touches control state"
shows "every outcome is one that the tables claim"
grep -Eq "^none( +-){4} +[0-9]+ +-$" out || fail "an encoding that is no instruction does something else"
grep -Eq "^sret( +-){2} +1( +-){3}$" out || fail "sret does not trap for privilege"
[ "$(awk 'length > 100' out)" = "" ] || fail "the summary is wider than 100 columns"
mv out whole

# --- in shards, in any order
for i in 1 2 3; do
    sweep 0 riscv --quick --states 1 --shard $i/3 --out shard$i
    shows "shard $i/3 is done"
    quiet
done
sweep 0 riscv --merge shard2 shard3 shard1
cmp out whole || fail "merged shards have another summary"
sweep 0 riscv --merge shard3 shard2 shard1 --json
cp out json
grep -q '^{"schema": 1, "isa": "riscv", "k": ".*"quick": true, "seed": 1, "states": 1, "encodings": 33603584, "rows": \[{' json &&
    grep -q '"name": null, .*}\], "faults": 0, "lowest": \[\]}$' json ||
    fail "the JSON is not what it was"

# --- what --merge refuses
sweep 1 riscv --merge shard1 shard3
says "shard 2/3 is missing"
sweep 1 riscv --merge shard1 shard2 shard1
says "shard1 and shard1 are the same shard, 1/3"
head -c -9 shard2 >cut
sweep 1 riscv --merge shard1 cut shard3
says "cut is not a whole shard file"
sed 's/^seed 1$/seed 2/' shard2 >changed
sweep 1 riscv --merge shard1 changed shard3
says "changed is not a whole shard file"
sweep 1 riscv --merge shard1 whole shard3
says "whole is no shard file of trapeze sweep"
sweep 1 riscv --merge shard1 absent shard3
says "absent cannot be read"
sweep 0 riscv --quick --states 1 --seed 2 --shard 33/33 --out foreign
sweep 1 riscv --merge foreign shard1
says "shard1 is of another sweep than foreign: its seed is 1, not 2"

# --- what --out refuses, and does not touch
for f in shard1 cut whole foreign; do cp $f $f.before; done
sweep 1 riscv --quick --states 1 --shard 2/3 --out shard1
says "shard1 is not of this sweep: it is another shard; --force writes over it"
sweep 1 riscv --quick --shard 1/3 --out shard1
says "shard1 is not of this sweep: its encodings are executed from 1 states, not 4; --force writes over it"
sweep 1 riscv --quick --states 1 --shard 2/3 --out cut
says "cut is not a whole shard file: its end is missing or it was changed; --force writes over it"
sweep 1 riscv --quick --states 1 --shard 2/3 --out whole
says "whole is no shard file of trapeze sweep; --force writes over it"
sweep 1 riscv --quick --states 1 --shard 2/3 --out absent/shard
says "absent"
for f in shard1 cut whole; do kept $f; done
sweep 0 riscv --quick --states 1 --shard 33/33 --out foreign --force
if cmp -s foreign foreign.before; then fail "--force did not begin anew"; fi
# A shard that is done is done.
sweep 0 riscv --quick --states 1 --shard 1/3 --out shard1
kept shard1

# --- cut short, and gone on with: as many states as there are, so that it takes a while
part="riscv --quick --states 16 --jobs 1 --shard 2/4"
"$TRAPEZE" sweep $part --out part >/dev/null 2>err </dev/null &
pid=$!
for i in $(seq 3000); do
    if grep -q '^done .*1' part 2>/dev/null || ! kill -0 $pid 2>/dev/null; then break; fi
    sleep 0.02
done
kill -9 $pid 2>/dev/null || true
wait $pid 2>/dev/null || true
grep -q '^done .*1' part || fail "nothing was kept of the work that was cut short"
grep -q '^done .*0' part || skip "it was done before it could be cut short"
sweep 1 riscv --merge part
grep -Eq 'part is not done: it has [1-9] of its 8 chunks' err || fail "a part is taken for a whole"
sweep 0 $part --out part
sweep 0 $part --out again
cmp part again || fail "work that was cut short and gone on with comes to something else"

# --- bad usage
t 2 sweep
says "sweep wants an instruction set"
t 2 sweep riscw
says "is 'riscv' meant?"
t 2 sweep pg
says "sweep does not have the encodings of pg, of which \`trapeze prove\` examines every state"
t 2 sweep riscv extra
says "sweep takes one instruction set, not also extra"
t 2 sweep riscv --merge
says "--merge wants the files of all shards"
t 2 sweep riscv --quick --merge shard1
says "--quick has no meaning with it"
t 2 sweep riscv --shard 2/3
says "--shard wants --out FILE"
t 2 sweep riscv --force
says "--force has no meaning without --out"
for bad in 0/3 4/3 1/0 1 1/3/5 a/b 1/3x -1/3 1/2000 ""; do
    t 2 sweep riscv --out x --shard "$bad"
    grep -q '^trapeze: ' err || fail "--shard $bad is not refused in a sentence"
    [ ! -e x ] || fail "--shard $bad leaves a file"
done
t 2 sweep riscv --jobs 0
says "the option --jobs wants 1 to 64, not 0"
t 2 sweep riscv --states 17
says "the option --states wants 1 to 16, not 17"
t 2 sweep riscv --quikc
says "is --quick meant?"
t 0 sweep --help
for option in quick jobs shard out force merge states seed json; do shows "-$option"; done

# --- a summary that is lost
status=0; "$TRAPEZE" sweep riscv --quick >/dev/full 2>err || status=$?
[ $status = 1 ] || fail "a full device: status $status"
says "the summary cannot be written: No space left on device"
