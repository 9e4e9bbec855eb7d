#!/usr/bin/env bash
# GDB at a guest whose code is hot and translated: stops, watchpoints, steps, ways back and changes of code in the middle of it. Under the engine
# that translates GDB sees what it sees under the one that never does, to the letter.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$OLDPWD/tests/monitor/gdb.sh"

"$TRAPEZE" run --engine native hello.bin >out 2>err </dev/null || fail "--engine native"
[ ! -s err ] || skip "$(cat err)"
# A store of the loop that a user's process is in for long, to be watched while nothing of the code is.
"$TRAPEZE" monitor --engine simple --batch -ex 'goto 600000' -ex 'p/x $a1' </dev/null >out 2>err || fail "goto"
bytes=$(sed -n 's/^$1 = //p' out)
[ -n "$bytes" ] || fail "no address"

cat >hot.gdb <<E2
target remote socket
hbreak _user
continue
delete
watch *(char *)($bytes + 2000)
continue
monitor x/i \$pc
printf "watched: %#lx, mode %d, t0 %#lx, a5 %#lx\n", \$pc, \$priv, \$t0, \$a5
stepi
stepi 7
info registers pc ra sp a0 a1 a2 a3 a4 a5
delete
set \$loop = \$pc
break *\$loop
ignore 3 300
continue
printf "broken: %#lx, a5 %#lx\n", \$pc, \$a5
reverse-continue
reverse-stepi
reverse-stepi
printf "back: %#lx, a5 %#lx\n", \$pc, \$a5
delete
awatch *(char *)($bytes + 4500)
continue
printf "awatch: %#lx\n", \$pc
delete
watch *(char *)($bytes + 5000)
continue
monitor x/i \$pc
delete
set \$loop = \$pc
set \$word = *(short *)\$pc
set var *(short *)\$loop = 0x0605
stepi
printf "c.addi a2, 1: %ld\n", \$a2
watch *(char *)($bytes + 5300)
continue
printf "so it goes on: %ld, %d\n", \$a2, \$pc == \$loop
delete
set var *(short *)\$loop = \$word
break kernel_trap if \$scause == 8
continue
printf "a system call: a7 %ld\n", \$a7
delete
continue
E2
for mode in --bare "--depth 1" "--depth 2 --shadow trace"; do
    for engine in native simple; do
        start run $mode --engine $engine -S --stats=json
        debug "$elf" <hot.gdb
        wait $trapeze || fail "trapeze $mode: status $?"
        [ $engine = simple ] || [ "$(grep -c '^=>\*' out)" = 2 ] || fail "$mode: the guest is not in machine code where it is watched"
        sed 's/^=>[* ]/=>/' out >$engine.out
        cp guest.out $engine.guest
        account >>$engine.guest
    done
    cmp native.out simple.out || { diff native.out simple.out >out || :; fail "$mode: GDB does not see the same"; }
    cmp native.guest simple.guest || fail "$mode: the guest did not do the same"
    [ "$(wc -l <native.out)" -gt 40 ] || { cp native.out out; fail "$mode: little was seen"; }
done
