#!/usr/bin/env bash
# What is done to code while it is hot and translated: stops, triggers, steps and ways back set in the middle of it, states that are saved and
# restored, what is recorded. The engine that translates shows what the one shows that never does, to the letter.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

"$TRAPEZE" monitor --engine native --batch >out 2>err </dev/null || fail "--engine native"
[ ! -s err ] || skip "$(cat err)"

# both NAME OPTION...: the same commands under either engine, and the same transcript, to the sentence that the guest has ended.
both() {
    local name=$1
    shift
    for engine in native simple; do
        local status=0
        timeout -k 5 $patience "$TRAPEZE" monitor --engine $engine --batch "$@" >$engine.out 2>&1 </dev/null || status=$?
        echo "status $status" >>$engine.out
        [ $status -le 1 ] || { cp $engine.out out; fail "$name: $engine"; }
    done
    cmp native.out simple.out || { diff native.out simple.out >out || :; fail "$name: not the same"; }
    [ "$(wc -l <native.out)" -gt 10 ] || fail "$name: little was done"
}
# It is really in machine code that these find the guest (the loop of a user's process).
t 0 monitor --engine native --batch -ex 'goto 600000' -ex 'x/i $pc'
grep -q '^=>\*' out || fail "the guest is not in machine code at 600000 instructions"

for machine in --bare '--depth 1' '--depth 2 --shadow trace'; do
    at=$(timeout $patience "$TRAPEZE" monitor $machine --engine simple --batch -ex 'goto 600000' -ex 'p/x $pc' </dev/null | sed -n 's/^$1 = //p')
    both "steps $machine" $machine -ex 'goto 600000' -ex 'si 1' -ex 'si 63' -ex 'si 64' -ex 'si 65' -ex 'si 1000' -ex 'rsi' -ex 'rsi 700' -ex 'si 3' \
        -ex 'goto 599999' -ex 'goto 600001' -ex 'info registers' -ex c
    both "a breakpoint $machine" $machine -ex 'goto 600000' -ex "b *$at" -ex c -ex c -ex 'ignore 1 100' -ex c -ex rc -ex rc -ex 'delete 1' -ex 'si 100' -ex c
    both "a watchpoint $machine" $machine -ex 'goto 600000' -ex 'watch *(char *)($a1)' -ex c -ex 'rwatch *(char *)$sp' -ex c -ex 'delete' -ex 'rsi 5' -ex c
    both "opcodes and traps $machine" $machine -ex 'goto 600000' -ex 'b trap' -ex c -ex c -ex 'info registers' -ex 'delete' -ex 'b mode U' -ex c -ex rc -ex 'delete' -ex c
    both "states $machine" $machine -ex 'goto 600000' -ex "savevm state" -ex 'si 5000' -ex 'p $pc' -ex 'loadvm state' -ex 'si 5000' -ex 'p $pc' -ex c
    both "written while hot $machine" $machine -ex 'goto 600000' -ex "set *(short *)$at = 1" -ex 'si 200' -ex "p/x *(short *)$at" -ex 'rsi 50' -ex 'si 50' -ex c
done
# A state that one engine has saved goes on in another.
for from in native simple; do
    t 0 monitor --engine $from --batch -ex 'goto 600000' -ex "savevm $from.state"
    for to in native simple; do
        cp $from.state state
        t 0 monitor --engine $to --batch -ex 'loadvm state' -ex 'si 7777' -ex c
        cp out $from-$to
        cmp native-native $from-$to || fail "saved by $from, gone on with by $to"
    done
done
# What was typed comes again at the same instruction, on the way back and forth: the guest counts down from 200 and looks whether there is a
# character, which it echoes; 'q' powers off.
words count.bin 0x10000437 0x0c800293 0xfff28293 0xfe029ee3 0x00148493 0x00544303 0x00137313 0xfe0304e3 0x00044383 0x00740023 \
    0x07100e13 0xfdc39ce3 $pass
printf '%s\n' 'send ab' 'wait b' 'send c' 'wait c' 'send defq' >typed.script
for machine in --bare '--depth 1'; do
    both "what is typed $machine" $machine -q --script typed.script count.bin -ex 'b *0x80200024' -ex c -ex c -ex 'p $s1' -ex 'ignore 1 1' -ex c \
        -ex 'p $s1' -ex rc -ex rc -ex 'p $t2' -ex 'rsi 1000' -ex 'p $s1' -ex 'delete' -ex 'goto 5000' -ex 'si 300' -ex 'b *0x80200024' -ex c -ex c -ex c -ex 'p $t2' -ex 'p $s1' \
        -ex delete -ex 'info registers' -ex c
    cp native.out out; shows "defq"
done
# The trace of every instruction, and the log of traps.
for engine in native simple; do
    t 0 monitor --engine $engine --batch -ex 'goto 600000' -ex 'trace 3000 trace' -ex c -ex 'info traps'
    cp trace $engine.trace; cp out $engine.out
done
cmp native.trace simple.trace && cmp native.out simple.out || fail "what is traced"
