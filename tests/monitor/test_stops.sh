#!/usr/bin/env bash
# Stops at kinds of instructions, modes and exits, at full speed: the same that a guest shows that is executed one instruction at a time
# (`trace`), forwards and backwards, on every machine. And `info exits`, `until exit`, `trace` themselves.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

from=142000 to=144500
monitor() { timeout -k 5 $patience "$TRAPEZE" monitor --batch "$@" >out 2>err </dev/null || fail "monitor $*"; }

# What is stopped at, by instructions retired: stops DIRECTION HOW... -- COMMAND
stops() {
    local direction=$1 commands=(-ex "goto $from") n
    shift
    [ "$direction" = c ] || commands=(-ex "goto $to")
    commands+=(-ex "${*: -1}")
    for n in $(seq "$wanted"); do commands+=(-ex "$direction"); done
    monitor "${@:1:$#-1}" "${commands[@]}"
    sed -n 's/^Breakpoint 1, .*-mode, \([0-9]*\) retired)$/\1/p' out
}
# agrees 'COMMAND' EXPECTED-FILE: forwards from `from`, and back from `to`. Events are stopped behind; going back before they happen.
agrees() {
    wanted=$(wc -l <"$2")
    [ "$wanted" -gt 0 ] || fail "$how: $1: nothing is expected"
    stops c $how "$1" >forwards
    cmp -s "$2" forwards || { diff "$2" forwards | head; fail "$how: $1 forwards"; }
    stops rc $how "$1" | tac >backwards
    cmp -s "${3:-$2}" backwards || { diff "${3:-$2}" backwards | head; fail "$how: $1 backwards"; }
}

for how in --bare '--depth 1' '--shadow trace' '--depth 2' '--vmm hybrid'; do
    # The oracle. Columns: retired, mode, pc, bits, |, instruction ...
    monitor $how -ex "goto $from" -ex "trace $((to - from)) steps"
    grep -v '^#' steps | head -n $((to - from)) >steps.all
    awk '$1 >= '$from' && $1 < '$to'' steps | grep -v '^#' >lines
    [ "$(grep -vc ': ' lines)" -gt $((to - from - 100)) ] || fail "$how: the trace lacks instructions"
    [ "$how" = --bare ] && cp lines first
    cmp -s lines first || { diff lines first | head; fail "$how: the trace is another one than on the bare machine"; }
    # What stands at `from` itself is not met forwards.
    executed='$1 > '$from' && $4 != "-"'
    awk "$executed"' && $6 ~ /^csr/ && /sscratch/ { print $1 }' lines >csr
    agrees 'b csr sscratch' csr
    awk "$executed"' && ($4 ~ /^....[1-79a-f].[7f]3$/ || $6 ~ /^(sret|mret|wfi|sfence.vma)$/) { print $1 }' lines >class
    agrees 'b class sensitive' class
    # A mode: the instruction behind the line where it changes; the place is the first line in the new mode. Back: before it changes.
    awk 'mode != "" && $2 != mode && $2 == "U" { print $1 } { mode = $2 }' lines >mode
    awk 'mode != "" && $2 != mode && $2 == "U" { print at } { mode = $2; at = $1 }' lines >mode.back
    agrees 'b mode U' mode mode.back
    awk 'mode != "" && $2 != mode && $2 == "S" { print $1 } { mode = $2 }' lines >mode
    awk 'mode != "" && $2 != mode && $2 == "S" { print at } { mode = $2; at = $1 }' lines >mode.back
    agrees 'b mode S' mode mode.back
    wanted=1
    [ "$(monitor $how -ex "goto $from" -ex 'until mode U' && sed -n 's/.*-mode, \([0-9]*\) retired)$/\1/p' out | tail -1)" = \
        "$(awk 'mode != "" && $2 != mode && $2 == "U" { print $1; exit } { mode = $2 }' lines)" ] || fail "$how: until mode U"
    # On an instruction with a place whose condition fails the others are met all the same; each counts once.
    place=$(awk "$executed"' && $6 ~ /^csr/ && /sscratch/ { print $3; exit }' lines)
    monitor $how -ex "goto $from" -ex "b *$place if 0" -ex 'b csr sscratch' -ex 'b class sensitive if $pc == '"$place" -ex c -ex 'info b'
    grep -q '^Breakpoint 2, instruction with csr sscratch' out || fail "$how: a false condition hides a CSR"
    [ "$(grep -c 'already hit 1 time' out)" = 2 ] || fail "$how: all that are met count, once"
    # From where it stands on an sret the change is seen, too.
    monitor $how -ex "goto $from" -ex 'b mode U' -ex c -ex rc -ex c -ex 'info b'
    grep -q 'already hit 3 times' out || fail "$how: a change of mode is missed where the guest stands"
done

# --- exits: those of `log traps`, of each machine
for how in '--depth 1' '--shadow trace' '--depth 2' '--vmm hybrid'; do
    level=1
    [ "$how" = '--depth 2' ] && level=2
    monitor $how -ex "goto $from" -ex 'log traps traps' -ex "goto $to" -ex 'log traps off'
    for machine in $(seq $level); do
        awk '$2 == "vm'$machine'" && $1 < '$to traps >exits
        count=$(wc -l <exits)
        [ "$count" -gt 3 ] || fail "$how: no exits of vm$machine"
        for n in $(seq "$count"); do echo c; done >going
        monitor $how -ex "goto $from" -ex "vm $machine" -ex 'b exit' -x going
        sed -n 's/^   exit://p' out | diff exits - >difference || { head difference; fail "$how: b exit of vm$machine (< log traps)"; }
        monitor $how -ex "goto $to" -ex "vm $machine" -ex "info exits -$count"
        grep "^ *[0-9]* vm$machine " out | diff exits - >difference || { head difference; fail "$how: info exits of vm$machine (< log traps)"; }
        monitor $how -ex 'goto 900000' -ex "goto $to" -ex "vm $machine" -ex "info exits -$count"
        grep "^ *[0-9]* vm$machine " out | diff exits - >difference || { head difference; fail "$how: info exits of vm$machine after going back"; }
    done
    # Back: before each; exits of one instruction lie at one place.
    awk '$2 == "vm'$level'" && $1 < '$to' { print $1 }' traps | uniq | tail -5 >exits
    commands=()
    for n in 1 2 3 4 5 6 7 8; do commands+=(-ex rc); done
    monitor $how -ex "goto $to" -ex 'b exit' "${commands[@]}"
    sed -n 's/^Breakpoint 1, .*-mode, \([0-9]*\) retired)$/\1/p' out | uniq | head -5 | tac | diff exits - >difference ||
        { cat difference; fail "$how: exits backwards"; }
    # By reason and owner. Under the hybrid monitor no privileged instruction comes as far as the host.
    [ "$how" = '--vmm hybrid' ] && continue
    monitor $how -ex "goto $from" -ex 'until exit v_i' -ex 'until exit resource' -ex 'b exit privilege' -ex c -ex c
    [ "$(grep -c '^   exit:.*: v_' out)" -ge 1 ] && grep -q '^Breakpoint 1, exit of vm[12]: privilege, ' out || fail "$how: reasons of exits"
done

# Counts are not changed by looking: with a breakpoint at every exit the account is that of a guest that ran through.
monitor -ex "goto $to" -ex 'info stats'
sed -n '/^vm1/,$p' out >account
monitor -ex 'b exit v_i' -ex 'ignore 1 100000' -ex "tb class sensitive" -ex c -ex "goto $to" -ex 'info stats'
sed -n '/^vm1/,$p' out | diff account - || fail 'stops change the account'

# --- trace: a line for a trap, and for what a store wrote; a file is whole or not there
monitor -ex 'goto 142570' -ex 'trace 40 steps'
grep -q '^ *142599 U 0x0000000000010052 .* | lbu a2, 0(a2) | trap: load page fault, value 0x40002; to S 0x' steps || fail 'no trap in the trace'
grep -q '^ *142571 S 0x[0-9a-f]* 10200073 | sret | .*mode=U' steps || fail 'no change of mode in the trace'
grep -q '^ *142573 U .* | c.sdsp ra, 0xa8(sp) | \[0x7fff8\]8=0x' steps || fail 'no store in the trace'
[ "$(head -1 steps)" = '# insn-cnt m pc                 bits     | instruction | what it wrote' ] || fail 'the head of the trace'
monitor -ex 'goto 100' -ex 'trace mine' -ex 'si 3' -ex 'rsi 2' -ex 'goto 110' -ex 'trace off' -ex 'si 5'
[ "$(awk '!/^#/ { print $1 }' mine | sort -n | uniq | tr '\n' ' ')" = '100 101 102 103 104 105 106 107 108 109 ' ] || fail 'the trace to and fro'
refused() {
    local status=0
    timeout -k 5 $patience "$TRAPEZE" monitor --batch "${@:2}" >out 2>err </dev/null || status=$?
    [ $status = 1 ] && grep -qF -- "$1" err || fail "${*:2} does not say: $1"
}
refused 'no trace is on' -ex 'trace off'
refused 'no/such/file cannot be' -ex 'trace no/such/file'
refused 'No space left on device' -ex 'trace 100 /dev/full'
refused 'there is no reason' -ex 'b exit reasno'
refused 'no D takes its traps' --bare -ex 'b exit'
refused 'no D takes its traps' --bare -ex 'info exits'
refused 'how many exits' -ex 'info exits -x'

# Where the terminal has no room for an exit in a row it has two, with all that the one has.
COLUMNS=80 monitor -ex 'goto 142571' -ex 'info exits -3'
grep -A 1 '^ *[0-9]* vm1 ' out >rows
[ "$(wc -l <rows)" = 6 ] && ! grep -E '.{81}' rows || { cat rows; fail 'exits on 80 columns'; }
grep -qE '^    142539 vm1  0 S 0x8020003a illegal +0x14129073$' rows && grep -qx '           | csrw sepc, t0: v_csrrw' rows || { cat rows; fail 'an exit in two rows'; }
COLUMNS=80 monitor -ex 'goto 142571' -ex 'until exit privilege'
grep -qE '^   exit:    142571 vm1  0 S 0x802000aa illegal +0x10200073$' out || { cat out; fail 'the exit that stopped it, in two rows'; }
