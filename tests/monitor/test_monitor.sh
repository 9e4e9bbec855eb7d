#!/usr/bin/env bash
# `trapeze monitor` by its commands: what they print, word for word, on a guest of fifteen instructions; what they refuse; how it
# starts and ends. Commands come from -ex, -x and a pipe.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

#   _start: li t0, 3; auipc t1, 1   loop: sd t0, (t1); lw t2, (t1); addi t0, t0, -1; bnez t0, loop   jal fn; csrr t3, sstatus
#   power-off: lui t4, 0x100; t5 = 0x5555; sw t5, (t4); j .   fn: li a0, 42; ret
words loop.bin 0x00300293 0x00001317 0x00533023 0x00032383 0xfff28293 0xfe029ae3 0x01c000ef 0x10002e73 \
    0x00100eb7 0x00005f37 0x555f0f13 0x01eea023 0x0000006f 0x02a00513 0x00008067
printf '%s\n' '0000000080200000 T _start' '0000000080200008 t loop' '0000000080200034 T fn' '0000000080201000 d pad' \
    '0000000080201004 D counter' >loop.map

# session ARGUMENT...: commands from stdin; everything that was said, in order, without the instructions' text (Capstone and the
# built-in printer spell them differently) and its class, goes to `out`.
session() {
    timeout -k 5 $patience "$TRAPEZE" monitor "$@" >raw 2>&1 || true
    sed -E 's/(^(=>|  ) [^\t]*:)\t.*/\1/' raw >out
}
# golden NAME: `out` is what follows on stdin.
golden() {
    cat >wanted
    diff -u wanted out >difference || { cat difference; fail "$1 is not as it should be"; }
}

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

# --- what is refused: one sentence each, and nothing of the guest has changed
state() {
    "$TRAPEZE" monitor --bare --batch loop.bin "$@" -ex 'info all-registers' -ex 'x/64xb $pc' -ex 'info b' 2>/dev/null || true
}
state >before
# refuses COMMAND SENTENCE
refuses() {
    local status=0
    timeout -k 5 $patience "$TRAPEZE" monitor --bare --batch loop.bin -ex "$1" >out 2>err </dev/null || status=$?
    [ $status = 1 ] || fail "$1: status $status"
    [ "$(wc -l <err)" = 1 ] || fail "$1: not one sentence"
    grep -qF -- "$2" err || fail "$1: does not say: $2"
    state -ex "$1" >after
    cmp -s before after || fail "$1: it failed and changed something"
}
refuses 'foo' "there is no command 'foo'"
refuses 'brek' "is 'break' meant?"
refuses 'info registrs' "is 'registers' meant?"
refuses 'undi 1' "no display number 1"
refuses 'dis 1' "'dis' may be "
refuses 'p 1 +' "expected at the end"
refuses 'p foo' "there is no symbol 'foo': no file with symbols is loaded"
refuses 'p a0' "the register is \$a0"
refuses 'p $ao' "is \$a0 meant?"
refuses 'p 1/0' "divides by zero"
refuses 'p/y 1' "neither a format"
refuses 'p/3x 1' "a count is for memory"
refuses 'p/i 1' "for memory"
refuses 'x 0' "cannot access memory at address 0x0: no memory is there"
refuses 'x 0x10000000' "the device uart is there"
refuses 'x/9999999x 0x80200000' "more than a million"
refuses 'x/-2i $pc' "differ in length"
refuses 'xp 0' "physical address 0x0"
refuses 'set {int}0 = 5' "cannot access memory"
refuses 'set {long}0x87fffffc = 5' "cannot access memory"
refuses 'set $pc' "sets nothing"
refuses 'set $a0 = 1/0' "divides by zero"
refuses 'set $mhartid = 5' "does not take that value"
refuses 'set 5 = 6' "can be set"
refuses 'set' "what is to be set?"
refuses 'b *1' "odd address"
refuses 'b if' "expected"
refuses 'b if $a0 = 1' "compares with =="
refuses 'b trap lod-page' "is load-page meant?"
refuses 'b csr satq' "is satp meant?"
refuses 'b csr a0' "there is no CSR 'a0'"
refuses 'b mode X' "there are M, S and U"
refuses 'b class innocuous' "there are sensitive, privileged and critical"
refuses 'watch' "what is to be watched?"
refuses 'watch 6' "never changes"
refuses 'rwatch $a0' "only memory can be watched for reading"
refuses 'watch -l 0x80200000,0' "1 to 4096 bytes"
refuses 'd 7' "no breakpoint number 7"
refuses 'd x' "not the number of a breakpoint"
refuses 'condition 3 1' "no breakpoint number 3"
refuses 'ignore 1' "no breakpoint number 1"
refuses 'commands' "no breakpoint number 0"
refuses 'si 0' "no steps"
refuses 'c 3' "stands at no breakpoint"
refuses 'until $a0 = 5' "compares with =="
refuses 'until mode Q' "there are M, S and U"
refuses 'until nosuch' "there is no symbol 'nosuch'"
refuses 'until $a0 ==' "expected at the end"
refuses 'finish' "the caller is not known"
refuses 'goto' "goto N"
refuses 'goto -1' "a count is not negative: '-1' is -1"
refuses 'si -1' "not negative"
refuses 'stop' "not running"
refuses 'add-symbol-file nowhere' "nowhere"
refuses 'add-symbol-file loop.bin' "neither an ELF file nor a list of symbols"
refuses 'add-symbol-file loop.map -mode Q' "there are M, S and U"
refuses 'source nowhere' "nowhere"
refuses 'undisplay 3' "no display number 3"
refuses 'disas/x' "disassemble knows"
refuses 'disas 0' "cannot fetch the instruction at 0x0"
refuses 'info line' ""
refuses 'info symbol 5' "No symbol matches 0x5."
refuses 'apropos xyzzy' "no help mentions 'xyzzy'"
refuses 'help xyzzy' "no command 'xyzzy'"
refuses 'quit 256' "0 to 255"
refuses 'send' "what is to be typed?"

# --- beginning and ending
t 0 monitor --batch loop.bin; [ ! -s out ] && quiet || fail "a batch of nothing says something"
t 0 monitor --batch -ex 'p 6 * 7' loop.bin; shows '$1 = 42'; quiet
t 7 monitor -ex 'quit 7' -ex 'p 1' loop.bin; ! grep -qF '$1' out || fail "it went on after quit"
t 0 monitor -q loop.bin # the end of stdin is the end
printf 'p 1\nbogus\np 2\n' >file
t 1 monitor --batch -x file -ex 'p 3' loop.bin; shows '$1 = 1'; shows '$2 = 3'
grep -q '^file:2: ' err || fail "the failed line is not named"
printf 'p 11\n# a comment\n\nsource file2' >file; echo 'p 12' >file2
t 0 monitor --batch -x file loop.bin; shows '$2 = 12'; quiet
echo 'source self' >self
t 1 monitor --batch -x self loop.bin; grep -q '16 deep' err || fail "a file that reads itself"
t 2 monitor --bogus; says 'there is no option --bogus'
t 2 monitor --stats loop.bin; says 'no account'
t 2 monitor --color=pink loop.bin; says 'auto, always or never'
t 1 monitor nowhere.bin; says 'nowhere.bin'
t 0 monitor --help; shows 'usage: trapeze monitor'; shows '-ex COMMAND'
t 0 monitor --max-insns 5 --batch -ex c loop.bin; shows 'The limit of 5 instructions (--max-insns) is reached'
t 0 help monitor; shows 'usage: trapeze monitor'
printf 'info registers pc' >last # without a newline
"$TRAPEZE" monitor -q loop.bin <last >out; shows '0x80200000'

# --- colour: only when it is wanted
t 0 monitor --batch --color=always -ex 'x/2i $pc' loop.bin; grep -q $'\033' out || fail "no colour"
t 0 monitor --batch -ex 'x/2i $pc' loop.bin; ! grep -q $'\033' out || fail "colour into a file"
t 0 monitor --batch --json --color=always -ex 'x/2i $pc' loop.bin; ! grep -q $'\033' out || fail "colour in JSON"

# --- help is there for every command, and the words of other tools are known
"$TRAPEZE" monitor --batch -ex 'help all' loop.bin | sed -n 's/^  \([a-z][a-z-]*\( [a-z][a-z-]*\)\{0,1\}\)  .*/\1/p' >names
[ "$(wc -l <names)" -ge 40 ] || fail "help lists only $(wc -l <names) commands"
while read -r name; do
    t 0 monitor --batch -ex "help $name" loop.bin
    [ "$(head -c ${#name} out)" = "$name" ] || fail "help $name explains something else"
done <names
for word in s n r u c cont b tb i\ r 'i b' bt '?' q 'x /2xw $pc' blist creg 'info reg' 'help info' info; do
    case $word in c | cont | q | u) continue ;; esac
    t 0 monitor --batch -ex "$word" loop.bin
done

# --- what Tab would offer
completes() {
    "$TRAPEZE" monitor --batch -ex "complete $1" | tr '\n' ' ' >out
    [ "$(cat out)" = "$2 " ] || fail "complete $1: $(cat out), not $2"
}
completes 'add' 'add-symbol-file'
completes 'info al' 'info all-registers'
completes 'b kernel_m' 'b kernel_main'
completes 'p $ssc' 'p $sscratch'
completes 'p $a0 + $sst' 'p $a0 + $sstatus'
completes 'info registers mep' 'info registers mepc'
completes 'b trap load-p' 'b trap load-page'
completes 'b csr sat' 'b csr satp'
completes 'b class c' 'b class critical'
completes 'help watc' 'help watch'

# --- JSON: an object a line, each with its schema
t 1 monitor --json --batch -ex 'b *0x80200034' -ex 'b trap' -ex c -ex si -ex 'x/2xw $pc' -ex 'x/i $pc' -ex 'p 5' -ex bt \
    -ex 'info b' -ex 'info registers' -ex bogus -ex 'echo hello' loop.bin
[ "$(wc -l <out)" = 12 ] || fail "not a line for each command"
[ "$(grep -c '^{"schema": 1, "command": ".*}$' out)" = 12 ] || fail "a line is no object with a schema"
quiet
grep -q '"stop": {"reason": "breakpoint", "number": 1, "pc": "0x80200034"' out || fail "the stop is not there"
grep -q '"changed": \[{"register": "a0", "old": "0x0", "new": "0x2a"}\]' out || fail "the change is not there"
grep -q '"memory": \[{"address": "0x80200038", "value": "0x00008067"}' out || fail "the memory is not there"
grep -q '"error": "there is no command' out || fail "the error is not there"
grep -q '"text": "hello"' out || fail "the text is not there"
t 0 monitor --json --batch -ex 'watch -l 0x80201000,8' -ex c loop.bin
grep -q '"reason": "watchpoint", "number": 1, .*"address": "0x80201004", "old": "0x0", "new": "0x300000000"' out || fail "no access"
t 0 monitor --batch -ex 'goto 3' -ex 'goto 0' -ex 'goto 9' hello.bin # what the guest prints comes before what is said of its stop
[ "$(head -n 1 out)" = A ] || fail "the console comes after the stop"
t 0 monitor --batch -ex 'goto 99' hello.bin
printf 'A\nThe guest has powered off with status 0 after 7 instructions.\n' | cmp -s - out || fail "the console comes after the end"
t 0 monitor --json --batch -ex c hello.bin; grep -q '^{"schema": 1, "console": "A"}$' out || fail "the console is not there"
if command -v python3 >/dev/null; then
    t 1 monitor --json --batch -ex help -ex 'info all-registers' -ex 'disas _start' -ex 'b kernel_main' -ex c -ex 'x/s "' -ex 'info files'
    python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <out || fail "not JSON"
fi

# --- who called whom: a call at the very end of a function is that function's
t 0 monitor --batch -ex 'b user_return' -ex c -ex bt
grep -q '^#1 .* in kernel_main (hart=.*) at kernel.c:' out || fail "the caller is not known"
if "$TRAPEZE" monitor --batch -ex 'info line' >out 2>&1; then # there is libdw
    t 0 monitor --batch -ex 'b user_return' -ex c -ex bt -ex 'b kernel.c:1' -ex 'info line kernel_main'
    grep -q '^#2 .* in _start () at start.S:' out || fail "the caller's caller is not known"
    grep -q '^Line [0-9]* of ".*/kernel.c" starts at address 0x[0-9a-f]* <kernel_main>' out || fail "no line"
    grep -q '^Breakpoint 2 at 0x[0-9a-f]* <.*>: file kernel.c, line' out || fail "no place of a line"
    ! grep -qF '/./' out || fail "a path is not tidy"
    t 0 monitor --batch -ex 'info line kernel_main' -ex 'b hello/kernel.c:181'
    path=$(sed -n 's/^Line [0-9]* of "\(.*\)" starts.*/\1/p' out)
    t 0 monitor --batch -ex "b $path:181"; shows 'file kernel.c, line'
    for at in $(seq 0 2 600); do echo "info line *(kernel_trap + $at)"; done >lines # some of it belongs to no line
    "$TRAPEZE" monitor -q <lines >out 2>/dev/null || true
    shows '" starts at address'
    ! grep -q '^Line 0 ' out || fail "there is no line 0"
    t 1 monitor --batch -ex 'b kernel.c:99999'; grep -q 'no code is known for this line' err || fail "a line that is not there"
fi

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
'backtrace' is for the machine virt; the paper's machine (-M pg) has nothing of the kind
Breakpoint 3: trap: supervisor call.
Num  Type             Disp Enb Where
3    trap             keep y   trap: supervisor call
   0x5 <stop>:
The guest has halted after 9 instructions.
the guest has ended and cannot go on; 'quit' leaves, and what it left behind can be looked at
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
