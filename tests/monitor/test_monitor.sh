#!/usr/bin/env bash
# `trapeze monitor` by its commands: what they print, word for word, on a guest of fifteen instructions. Commands come from a pipe.
. "$(dirname "${BASH_SOURCE[0]}")/loop.sh"

# --- stepping, and what it changes
session --bare -q loop.bin <<'COMMANDS'
add-symbol-file loop.map
si
si 2
si
until
info registers t0 t1
ni
p $t0 + $a0
COMMANDS
golden stepping <<'GOLDEN'
Reading symbols from loop.map: 5.
   t0          0x0000000000000000 -> 0x0000000000000003
=> 0x80200004 <_start+4>:
   t1          0x0000000000000000 -> 0x0000000080201004 <counter>
=> 0x8020000c <loop+4>:
   t2          0x0000000000000000 -> 0x0000000000000003
=> 0x80200010 <loop+8>:
   t0          0x0000000000000003 -> 0x0000000000000002
=> 0x80200014 <loop+12>:
t0             0x2                  2   temporary
t1             0x80201004           2149584900 <counter>   temporary
=> 0x80200008 <loop>:
$1 = 2
GOLDEN

# --- several files of symbols: chosen by mode, and a name by what the machine can reach
printf '%s\n' '0000000080200000 T for_user' '0000000080200008 T both' >user.map
printf '%s\n' '0000000080200000 T for_kernel' '0000000000001000 T both' '0000000080200004 T inner' >kernel.map
session --bare -q loop.bin <<'COMMANDS'
add-symbol-file user.map -mode U
add-symbol-file kernel.map -mode S
add-symbol-file loop.map -o 0x100
info symbol 0x80200000
info symbol 0x80200004
info symbol 0x80200108
p both
info address both
info files
COMMANDS
golden symbols <<'GOLDEN'
Reading symbols from user.map: 2.
Reading symbols from kernel.map: 3.
Reading symbols from loop.map: 5.
for_kernel of kernel.map
inner of kernel.map
loop of loop.map
$1 = 0x80200008 <inner+4>
Symbol "both" is at 0x1000, 0 bytes, in kernel.map.
Symbol "both" is at 0x80200008, 0 bytes, in user.map.
user.map                                      2 symbols, in mode U
kernel.map                                    3 symbols, in mode S
loop.map                                      5 symbols, moved by 0x100
GOLDEN

# --- breakpoints: places, conditions, counts, commands; step over a call, out of it, past a loop
session --bare -q loop.bin <<'COMMANDS'
add-symbol-file loop.map
b loop if $t0 < 3
tb fn
ignore 1 1
commands 1
  p $t0
  info b
end
c
c
finish
d
b *0x80200018
goto 0
until *0x80200014
until
ni
info registers a0
c
COMMANDS
golden breakpoints <<'GOLDEN'
Reading symbols from loop.map: 5.
Breakpoint 1 at 0x0000000080200008 <loop>.
Temporary breakpoint 2 at 0x0000000080200034 <fn>.
Will ignore next 1 crossings of breakpoint 1.

Breakpoint 1, 0x0000000080200008 in loop () (S-mode, 10 retired)
=> 0x80200008 <loop>:
$1 = 1
Num  Type             Disp Enb Where
1    breakpoint       keep y   0x0000000080200008 <loop>
	stop only if $t0 < 3
	already hit 2 times
        p $t0
        info b
2    breakpoint       del  y   0x0000000080200034 <fn>

Temporary breakpoint 2, 0x0000000080200034 in fn () (S-mode, 15 retired)
=> 0x80200034 <fn>:
Run till exit from 0x80200034 <fn>
0x000000008020001c in loop+20 () (S-mode, 17 retired)
=> 0x8020001c <loop+20>:
Value returned in a0: 0x2a
Breakpoint 3 at 0x0000000080200018 <loop+16>.
0x0000000080200000 in _start () (S-mode, 0 retired)
=> 0x80200000 <_start>:
0x0000000080200014 in loop+12 () (S-mode, 5 retired)
=> 0x80200014 <loop+12>:

Breakpoint 3, 0x0000000080200018 in loop+16 () (S-mode, 14 retired)
=> 0x80200018 <loop+16>:
   ra          0x0000000000000000 -> 0x000000008020001c <loop+20>
   a0          0x0000000000000000 -> 0x000000000000002a
=> 0x8020001c <loop+20>:
a0             0x2a                 42   argument, result
The guest has powered off with status 0 after 22 instructions.
GOLDEN

# --- recursion: a step over the outer call ends there, not in an inner one; so does the way out of it
#   sp, a0 = 3; jal rec; power-off   rec: sp -= 16; save ra; a0--; if a0: jal rec (0x80200030); restore; ret
words recursion.bin 0x00001117 0x00300513 0x018000ef 0x00100eb7 0x00005f37 0x555f0f13 0x01eea023 0x0000006f \
    0xff010113 0x00113423 0xfff50513 0x00050463 0xff1ff0ef 0x00813083 0x01010113 0x00008067
session --bare -q recursion.bin <<'COMMANDS'
tb *0x80200030
c
info b
ni
info registers a0 sp
goto 3
finish
info registers a0 sp
COMMANDS
golden recursion <<'GOLDEN'
Temporary breakpoint 1 at 0x0000000080200030.

Temporary breakpoint 1, 0x0000000080200030 (S-mode, 7 retired)
=> 0x80200030:
No breakpoints or watchpoints.
   ra          0x000000008020000c -> 0x0000000080200034
   a0          0x0000000000000002 -> 0x0000000000000000
=> 0x80200034:
a0             0x0                  0   argument, result
sp             0x80200ff0           2149584880   stack pointer
0x0000000080200020 (S-mode, 3 retired)
=> 0x80200020:
Run till exit from 0x80200020
0x000000008020000c (S-mode, 26 retired)
=> 0x8020000c:
Value returned in a0: 0x0
a0             0x0                  0   argument, result
sp             0x80201000           2149584896   stack pointer
GOLDEN

# --- watchpoints, by hardware and by looking; displays
session --bare -q loop.bin <<'COMMANDS'
watch {int}0x80201004
rwatch -l 0x80201006,1
display/x $t0
c
c
c
d
undisplay 1
watch $t0 == 1
c
info b
watch phys 0x80201004,8 if $t0 == 1
d 3
c
COMMANDS
golden watchpoints <<'GOLDEN'
Hardware watchpoint 1: {int}0x80201004
Hardware read watchpoint 2: -l 0x80201006,1
1: /x $t0 = 0x0

Hardware watchpoint 1: {int}0x80201004

Old value = 0x0
New value = 0x3
0x000000008020000c (S-mode, 3 retired)
=> 0x8020000c:
1: /x $t0 = 0x3

Hardware read watchpoint 2: -l 0x80201006,1

Value = 0x0
0x0000000080200010 (S-mode, 4 retired)
=> 0x80200010:
1: /x $t0 = 0x3

Hardware watchpoint 1: {int}0x80201004

Old value = 0x3
New value = 0x2
0x000000008020000c (S-mode, 7 retired)
=> 0x8020000c:
1: /x $t0 = 0x2
Software watchpoint 3: $t0 == 1

Software watchpoint 3: $t0 == 1

Old value = 0x0
New value = 0x1
0x0000000080200014 (S-mode, 9 retired)
=> 0x80200014:
Num  Type             Disp Enb Where
3    watchpoint       keep y   $t0 == 1
	already hit 1 time
Hardware watchpoint 4: phys 0x80201004,8 if $t0 == 1

Hardware watchpoint 4: phys 0x80201004,8 if $t0 == 1

Old value = 0x2
New value = 0x1
0x000000008020000c (S-mode, 11 retired)
=> 0x8020000c:
GOLDEN

# --- traps, CSRs, modes, classes
session --bare -q -bios none trap.bin <<'COMMANDS'
b trap
b csr mtvec
c
info registers mcause mepc mtval
until trap
COMMANDS
golden traps <<'GOLDEN'
Breakpoint 1: trap.
Breakpoint 2: instruction with csr mtvec.

Breakpoint 1, trap, 0x0000000000000000 (M-mode, 1 retired)
   trap: illegal instruction (cause 2) at 0x80000004
=> 0x0:
mcause         0x2                    machine trap cause
    Code=2 (illegal instruction) Interrupt=0
mepc           0x80000004           2147483652   machine exception pc
mtval          0x0                  0   machine trap value

Breakpoint 1, trap, 0x0000000000000000 (M-mode, 1 retired)
   trap: instruction access fault (cause 1) at 0x0
=> 0x0:
GOLDEN

session --bare -q loop.bin <<'COMMANDS'
b class sensitive
b csr sstatus if $t0 == 1
c
si
COMMANDS
grep -q '^Breakpoint 1, sensitive instruction, 0x000000008020001c (S-mode, 17 retired)$' out ||
    fail "no stop at the sensitive instruction"
grep -q '^=> 0x8020001c:	.*# privileged, sensitive$' raw || fail "the class is not said"
grep -q '^   t3  .*-> 0x0000000200000000$' out || fail "the CSR was not read"

# --- memory, in gdb's formats
session --bare -q loop.bin <<'COMMANDS'
add-symbol-file loop.map
x/4xw $pc
x/2xg 0x80200008
x/9ub 0x80200000
x/3dh
x/2i fn
x/3c 0x80200000
xp/2xw 0x80200000
xh/2xw 0x80200000
x/-2xw 0x80200008
set {int}counter = 0x206f6c
set {short}(counter + 3) = 0x21
x/s counter
x/2a counter
p/x {short}counter
p $_
p counter
info symbol 0x8020003a
info address fn
disas fn,+8
COMMANDS
golden memory <<'GOLDEN'
Reading symbols from loop.map: 5.
0x80200000 <_start>:	0x00300293	0x00001317	0x00533023	0x00032383
0x80200008 <loop>:	0x0003238300533023	0xfe029ae3fff28293
0x80200000 <_start>:	147	2	48	0	23	19	0	0
0x80200008 <loop>:	35
0x80200009 <loop+1>:	21296	-32000	803
   0x80200034 <fn>:
   0x80200038 <fn+4>:
0x80200000 <_start>:	-109 '\223'	2 '\002'	48 '0'
0x80200000:	0x00300293	0x00001317
0x80200000:	0x00300293	0x00001317
0x80200000 <_start>:	0x00300293	0x00001317
0x80201004 <counter>:	"lo !"
0x80201004 <counter>:	0x21206f6c	0x0
$1 = 0x6f6c
$2 = 2149584900
$3 = 0x80201004 <counter>
fn + 6 of loop.map
Symbol "fn" is at 0x80200034, 0 bytes, in loop.map.
   0x0000000080200034 <fn>:
   0x0000000080200038 <fn+4>:
GOLDEN

# --- time: forwards and back, and another course after a change by hand
session --bare -q loop.bin <<'COMMANDS'
goto 12
info registers t0
goto 4
info registers t0
set $t0 = 1
c
goto 4
info registers t0
COMMANDS
golden goto <<'GOLDEN'
0x0000000080200010 (S-mode, 12 retired)
=> 0x80200010:
t0             0x1                  1   temporary
0x0000000080200010 (S-mode, 4 retired)
=> 0x80200010:
t0             0x3                  3   temporary
The guest has powered off with status 0 after 14 instructions.
0x0000000080200010 (S-mode, 4 retired)
=> 0x80200010:
t0             0x1                  1   temporary
GOLDEN

# --- typing at the guest's console
t 0 monitor --batch -ex 'send abq' -ex c echo.bin; shows abq; shows 'powered off with status 0'

# --- the paper's machine
cat >count.pg <<'PG'
        .org 2
again:  sub  n, one
        jz   stop, n
        jmp  again
stop:   halt
n:      .word 3
one:    .word 1
PG
session -M pg -q count.pg <<'COMMANDS'
info registers
b 3
watch 6
watch {long}6
c
c
x/2 6
d
si
set {long}6 = 1
p {long}6
si
si
bt
b trap svc
info b
x/i 5
c
si
COMMANDS
golden pg <<'GOLDEN'
 l  0x000000             b  0x001000
       pc  0x0000000000000002 <again>
     mode  s      level 1 (vm1), 0 retired
Breakpoint 1 at 0x0000000000000003 <again+1>.
the constant 6 never changes; memory there is {int}6, or -l 6
Hardware watchpoint 2: {long}6

Hardware watchpoint 2: {long}6

Old value = 0x3
New value = 0x2
0x0000000000000003 in again+1 () (s-mode, 1 retired)
=> 0x3 <again+1>:

Hardware watchpoint 2: {long}6

Old value = 0x2
New value = 0x1
0x0000000000000003 in again+1 () (s-mode, 4 retired)
=> 0x3 <again+1>:
0x6 <n>:	0x0000000000000001	0x0000000000000001
=> 0x4 <again+2>:
$1 = 1
=> 0x2 <again>:
   [0x6] <n>  0x0000000000000001 -> 0x0000000000000000
=> 0x3 <again+1>:
'backtrace' needs calls and returns that debugging information speaks of, and the machine pg has none
Breakpoint 3: trap: supervisor call.
Num  Type             Disp Enb Where
3    trap             keep y   trap: supervisor call
   0x5 <stop>:
The guest has halted after 9 instructions.
the guest has ended and cannot go on: look at it, go back (rsi, goto 0), or quit
GOLDEN
root=$(cd "$OLDPWD" && pwd)

# --- the man page's first minute works
sed -n '/^The first minute/,/^\.Ed/s/^(trapeze) //p' "$root/monitor/trapeze-monitor.1" >minute
[ -s minute ] || fail "the man page has no first minute"
if "$TRAPEZE" monitor --batch -ex 'info line' >out 2>&1; then # `finish` needs libdw
    t 0 monitor --batch -x minute
    shows 'Value returned'; shows '500000 retired'; quiet
fi
"$TRAPEZE" monitor -M pg "$root/examples/pg/getmode.pg" </dev/null >out; shows '(traps to the VMM, whose v_i does it)'
"$TRAPEZE" monitor -M pg --bare "$root/examples/pg/getmode.pg" </dev/null >out; ! grep -q VMM out || fail "a VMM on the bare machine"
