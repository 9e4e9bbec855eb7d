#!/usr/bin/env bash
# Backwards at the prompt: steps, over calls, to breakpoints, watchpoints, traps and conditions, and forwards again; the same on the
# bare machine and in virtual machines. What the guest has printed it does not print twice.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

#   _start: li t0, 3; auipc t1, 1   loop: sd t0, (t1); lw t2, (t1); addi t0, t0, -1; bnez t0, loop   jal fn; csrr t3, sstatus
#   power-off: lui t4, 0x100; t5 = 0x5555; sw t5, (t4); j .   fn: li a0, 42; ret
words loop.bin 0x00300293 0x00001317 0x00533023 0x00032383 0xfff28293 0xfe029ae3 0x01c000ef 0x10002e73 \
    0x00100eb7 0x00005f37 0x555f0f13 0x01eea023 0x0000006f 0x02a00513 0x00008067

# session ARGUMENT...: commands from stdin; the instructions' text is left out.
session() {
    timeout -k 5 $patience "$TRAPEZE" monitor --batch -x commands "$@" >raw 2>&1 || true
    grep -aEv '^   \(|^[0-9]+ (checkpoint|taken)' raw | sed -E 's/(^(=>|  ) [^\t]*:)\t.*/\1/; s/level [0-9]+ \([a-z0-9]+\)/level/' >out
}
golden() {
    cat >wanted
    diff -u wanted out >difference || { cat difference; fail "$1 is not as it should be"; }
}

# --- breakpoints: counts, conditions, what is ignored, temporary ones; over a call; to the beginning
cat >commands <<'COMMANDS'
rsi
info checkpoints
b *0x80200008
goto 13
rc
rc
c
ignore 1 1
goto 13
rc
condition 1 $t0 == 3
goto 13
rc
info b
d
tb *0x8020000c
goto 9
rc
info b
rc
goto 17
rni
info registers pc a0
ni
b *0x80200034
rni
d
goto 17
rsi 3
rsi 100
b *0x80200000
goto 5
rc
rc
info checkpoints
COMMANDS
session --bare -q loop.bin
golden breakpoints <<'GOLDEN'
=> 0x80200000:
No more reverse-execution history: this is where it begins.
Breakpoint 1 at 0x0000000080200008.
0x0000000080200014 (S-mode, 13 retired)
=> 0x80200014:

Breakpoint 1, 0x0000000080200008 (S-mode, 10 retired)
=> 0x80200008:

Breakpoint 1, 0x0000000080200008 (S-mode, 6 retired)
=> 0x80200008:

Breakpoint 1, 0x0000000080200008 (S-mode, 10 retired)
=> 0x80200008:
Will ignore next 1 crossings of breakpoint 1.
0x0000000080200014 (S-mode, 13 retired)
=> 0x80200014:

Breakpoint 1, 0x0000000080200008 (S-mode, 6 retired)
=> 0x80200008:
0x0000000080200014 (S-mode, 13 retired)
=> 0x80200014:

Breakpoint 1, 0x0000000080200008 (S-mode, 2 retired)
=> 0x80200008:
Num  Type             Disp Enb Where
1    breakpoint       keep y   0x0000000080200008
	stop only if $t0 == 3
	already hit 6 times
Temporary breakpoint 2 at 0x000000008020000c.
0x0000000080200014 (S-mode, 9 retired)
=> 0x80200014:

Temporary breakpoint 2, 0x000000008020000c (S-mode, 7 retired)
=> 0x8020000c:
No breakpoints or watchpoints.
0x0000000080200000 (S-mode, 0 retired)
=> 0x80200000:
No more reverse-execution history: this is where it begins.
0x000000008020001c (S-mode, 17 retired)
=> 0x8020001c:
   ra          0x000000008020001c -> 0x0000000000000000
   a0          0x000000000000002a -> 0x0000000000000000
=> 0x80200018:
pc             0x80200018           2149580824   program counter
a0             0x0                  0   argument, result
   ra          0x0000000000000000 -> 0x000000008020001c
   a0          0x0000000000000000 -> 0x000000000000002a
=> 0x8020001c:
Breakpoint 3 at 0x0000000080200034.

Breakpoint 3, 0x0000000080200034 (S-mode, 15 retired)
   a0          0x000000000000002a -> 0x0000000000000000
=> 0x80200034:
0x000000008020001c (S-mode, 17 retired)
=> 0x8020001c:
   ra          0x000000008020001c -> 0x0000000000000000
   a0          0x000000000000002a -> 0x0000000000000000
=> 0x80200018:
   t1          0x0000000080201004 -> 0x0000000000000000
   t2          0x0000000000000001 -> 0x0000000000000000
=> 0x80200000:
No more reverse-execution history: this is where it begins.
Breakpoint 4 at 0x0000000080200000.
0x0000000080200014 (S-mode, 5 retired)
=> 0x80200014:

Breakpoint 4, 0x0000000080200000 (S-mode, 0 retired)
=> 0x80200000:
0x0000000080200000 (S-mode, 0 retired)
=> 0x80200000:
No more reverse-execution history: this is where it begins.
The first is at instruction 0, the last at 0.
GOLDEN

# --- what happens at an instruction: it stops before that, and the old value is the later one
cat >commands <<'COMMANDS'
watch {int}0x80201004
goto 13
rc
rc
rsi
rc
si
d
rwatch -l 0x80201006,1
goto 9
rc
d
watch $t0 == 1
goto 13
rc
si
d
goto 13
reverse-until $t0 == 3
reverse-until $t0 == 3
goto 13
reverse-until $t0 == 2
reverse-until $t0 == 2
reverse-until $pc == 0x80200008 && $t0 == 3
reverse-until $t0 == 5
COMMANDS
session --bare -q loop.bin
golden events <<'GOLDEN'
Hardware watchpoint 1: {int}0x80201004
0x0000000080200014 (S-mode, 13 retired)
=> 0x80200014:

Hardware watchpoint 1: {int}0x80201004

Old value = 0x1
New value = 0x2
0x0000000080200008 (S-mode, 10 retired)
=> 0x80200008:

Hardware watchpoint 1: {int}0x80201004

Old value = 0x2
New value = 0x3
0x0000000080200008 (S-mode, 6 retired)
=> 0x80200008:
=> 0x80200014:

Hardware watchpoint 1: {int}0x80201004

Old value = 0x3
New value = 0x0
0x0000000080200008 (S-mode, 2 retired)
=> 0x80200008:

Hardware watchpoint 1: {int}0x80201004

Old value = 0x0
New value = 0x3
0x000000008020000c (S-mode, 3 retired)
   [0x80201004]  0x0000000000000000 -> 0x0000000000000003
=> 0x8020000c:
Hardware read watchpoint 2: -l 0x80201006,1
0x0000000080200014 (S-mode, 9 retired)
=> 0x80200014:

Hardware read watchpoint 2: -l 0x80201006,1

Value = 0x0
0x000000008020000c (S-mode, 7 retired)
=> 0x8020000c:
Software watchpoint 3: $t0 == 1
0x0000000080200014 (S-mode, 13 retired)
=> 0x80200014:

Software watchpoint 3: $t0 == 1

Old value = 0x0
New value = 0x1
0x0000000080200010 (S-mode, 12 retired)
=> 0x80200010:

Software watchpoint 3: $t0 == 1

Old value = 0x1
New value = 0x0
0x0000000080200014 (S-mode, 13 retired)
   t0          0x0000000000000001 -> 0x0000000000000000
=> 0x80200014:
0x0000000080200014 (S-mode, 13 retired)
=> 0x80200014:
0x0000000080200010 (S-mode, 4 retired)
=> 0x80200010:
0x0000000080200004 (S-mode, 1 retired)
=> 0x80200004:
0x0000000080200014 (S-mode, 13 retired)
=> 0x80200014:
0x0000000080200010 (S-mode, 8 retired)
=> 0x80200010:
0x0000000080200014 (S-mode, 5 retired)
=> 0x80200014:
0x0000000080200008 (S-mode, 2 retired)
=> 0x80200008:
0x0000000080200000 (S-mode, 0 retired)
=> 0x80200000:
No more reverse-execution history: this is where it begins.
GOLDEN

# --- a trap is a step
cat >commands <<'COMMANDS'
si
si
info registers mcause
rsi
info registers mcause
si
b trap
rc
c
COMMANDS
session --bare -q -bios none trap.bin
golden traps <<'GOLDEN'
=> 0x80000004:
   trap: illegal instruction (cause 2) at 0x80000004
   mstatus     0x0000000a00000000 -> 0x0000000a00001800
   mepc        0x0000000000000000 -> 0x0000000080000004
   mcause      0x0000000000000000 -> 0x0000000000000002
=> 0x0:
mcause         0x2                    machine trap cause
    Code=2 (illegal instruction) Interrupt=0
   mstatus     0x0000000a00001800 -> 0x0000000a00000000
   mepc        0x0000000080000004 -> 0x0000000000000000
   mcause      0x0000000000000002 -> 0x0000000000000000
=> 0x80000004:
mcause         0x0                    machine trap cause
    Code=0 (instruction address misaligned) Interrupt=0
   trap: illegal instruction (cause 2) at 0x80000004
   mstatus     0x0000000a00000000 -> 0x0000000a00001800
   mepc        0x0000000000000000 -> 0x0000000080000004
   mcause      0x0000000000000000 -> 0x0000000000000002
=> 0x0:
Breakpoint 1: trap.

Breakpoint 1, trap, 0x0000000080000004 (M-mode, 1 retired)
   trap: illegal instruction (cause 2) at 0x80000004
=> 0x80000004:

Breakpoint 1, trap, 0x0000000000000000 (M-mode, 1 retired)
   trap: illegal instruction (cause 2) at 0x80000004
=> 0x0:
GOLDEN

# --- what is refused: one sentence, and nothing has changed
refuses() {
    local sentence=$1 status=0
    shift
    timeout -k 5 $patience "$TRAPEZE" monitor --batch "$@" -ex 'info registers' >out 2>err </dev/null || status=$?
    [ $status = 1 ] && [ "$(wc -l <err)" = 1 ] || fail "$*: status $status"
    grep -qF -- "$sentence" err || fail "$*: does not say: $sentence"
}
refuses 'no steps' -ex 'si 3' -ex 'rsi 0' loop.bin
refuses 'not negative' -ex 'si 3' -ex 'rsi -1' loop.bin
refuses 'there is no symbol' -ex 'si 3' -ex 'rni nowhere' loop.bin
refuses "reverse-until CONDITION" -ex 'reverse-until' loop.bin
refuses 'compares with ==' -ex 'reverse-until $a0 = 1' loop.bin
refuses 'expected' -ex 'si 3' -ex 'reverse-until $a0 ==' loop.bin
refuses 'cannot access memory' -ex 'reverse-until {int}0 == 1' loop.bin

# --- the paper's machine goes back, too: cells, registers and mode; the console prints once; and a file takes it elsewhere
printf '.org 2\nagain:\tsub n, one\n\tjz stop, n\n\tjmp again\nstop:\tout n\n\thalt\nn:\t.word 3\none:\t.word 1\n' >count.pg
cat >commands <<'COMMANDS'
b 3
goto 7
x/1 7
rsi
rsi 5
x/1 7
c
rc
watch {long}7
goto 6
rc
goto 9
reverse-until {long}7 == 2
x/1 7
savevm count.state
d
c
rsi 2
loadvm count.state
info registers
COMMANDS
for machine in --bare "--depth 2" "--vmm hybrid"; do
    session $machine -M pg --cells 40 count.pg # its last page of memory is but a part of one
    [ -e wanted.pg ] || cp out wanted.pg
    golden "pg $machine" <wanted.pg
    [ "$(tr -cd '\0' <raw | wc -c)" = 1 ] || fail "pg $machine: not printed once"
done
for line in '0x7 <n>:	0x0000000000000001' '0x7 <n>:	0x0000000000000002' 'The guest has halted after 10 instructions.' \
    'count.state: the guest after 3 instructions'; do
    grep -qaF -- "$line" wanted.pg || fail "pg: no line '$line'"
done

# --- the built-in guest: k steps forwards and back are none; breakpoints are met backwards as they were forwards; a call, a system
# call and the trap it came by; then forwards again, and the console has everything once
steps=3000
cat >commands <<COMMANDS
goto 142000
echo [begin]\n
info all-registers
echo [end]\n
si $steps
rsi $steps
echo [begin]\n
info all-registers
echo [end]\n
b user_return
goto 500000
echo [forwards]\n
info b
rc
rc
rc
info b
c
c
d
goto 1300000
b trap_entry if \$scause == 8 && \$a7 == 1
rc
d
rsi
p \$priv
set \$call = \$pc
ni
p \$pc == \$call + 4
rni
p \$pc == \$call
si
p \$pc == trap_entry
watch pool_used
rc
d
reverse-until pool_used == 9
reverse-until \$pc == kernel_main
goto 400000
rni 50
rc
c
COMMANDS
"$TRAPEZE" run --bare >plain 2>account
registers() { awk '/^\[begin\]$/ { n++ } n == '$1' && /^\[begin\]$/, /^\[end\]$/' raw | tr '*' ' '; }
for how in --bare '--depth 1' '--depth 2' '--shadow trace' '--vmm hybrid'; do
    session -q $how
    registers 1 >before; registers 2 >after
    [ "$(grep -o 0x before | wc -l)" -gt 30 ] || fail "$how: there are no registers"
    cmp before after || fail "$how: $steps steps and back are not where they began"
    [ -e first ] || cp out first
    diff -u first out >difference || { head -40 difference; fail "$how differs from the bare machine"; }
    timeout -k 5 $patience "$TRAPEZE" monitor --json --batch -x commands $how 2>err >json
    [ "$(grep '"console"' json | sed 's/.*"console": "//; s/"}$//' | tr -d '\n')" = "$(sed 's/$/\\u000a/' plain | tr -d '\n')" ] ||
        fail "$how: the console has something else than a run, or something twice"
done
cp first out
met=$(sed -n 's/^Breakpoint 1, .* in user_return () .*, \([0-9]*\) retired)$/\1/p' out | tr '\n' ' ')
set -- $met
[ $# = 5 ] && [ "$4 $5" = "$2 $1" ] && [ "$1" -gt "$2" ] && [ "$2" -gt "$3" ] || fail "not met both ways: $met"
shows 'already hit 3 times'
[ "$(grep -c '^\$[234] = 1$' out)" = 3 ] || fail "not over the system call, nor into it"
grep -q '^0x.* in kernel_main () .*retired)$' out || fail "not back to kernel_main"
end=$(tr -s '\n ' ' ' <account | sed -n 's/.*power-off with status 0 after \([0-9,]*\) instructions.*/\1/p' | tr -d ,)
shows "The guest has powered off with status 0 after $end instructions."

# --- for programs
t 0 monitor --json --batch --bare -ex 'watch -l 0x80201000,8' -ex 'goto 13' -ex rc -ex rsi -ex 'info checkpoints' -ex 'd 1' -ex 'rsi 99' loop.bin
quiet
grep -q '"command": "rc", "stop": {"reason": "watchpoint", "number": 1, "pc": "0x80200008", .*"address": "0x80201004", "old": "0x100000000", "new": "0x200000000"' out ||
    fail "the watchpoint is not there"
grep -q '"command": "rsi", "stop": {"reason": "step", .*"retired": 9' out || fail "the step is not there"
grep -q '"checkpoints": {"count": 1, "bytes": [0-9]*, "limit": 536870912, ' out || fail "the checkpoints are not there"
grep -q '"retired": 0, .*"note": "No more reverse-execution history' out || fail "the beginning is not told"
