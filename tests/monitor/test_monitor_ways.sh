#!/usr/bin/env bash
# `trapeze monitor` beside its commands' answers: what it refuses, how it starts and ends, colour, help, what Tab would offer, JSON.
# Commands come from -ex, -x and a pipe.
. "$(dirname "${BASH_SOURCE[0]}")/loop.sh"

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

# --- echo: what does not end its row is ended before anything else, whatever letter it ends in; JSON stays an object a line
t 0 monitor --batch -ex 'echo begun' -ex si loop.bin; grep -qx begun out || fail "the row of echo is not ended"
t 0 monitor --batch -ex 'echo ended\n' -ex si loop.bin; ! grep -qx '' out || fail "an empty row behind echo"
t 0 monitor --batch --json -ex 'echo text' -ex si loop.bin; ! grep -qvE '^[{].*[}]$' out || fail "a row that is no object"

# --- a list of commands that its file does not end is none, and leaves nothing to the next one
printf 'break trap\ncommands\np 1\n' >unended
t 0 monitor --batch -x unended -ex commands -ex 'p 2' -ex end -ex 'info b' loop.bin
[ "$(grep -c '^        ' out)" = 1 ] && grep -q '^        p 2$' out || fail "an unended list is in the next one"

# --- colour: only when it is wanted
t 0 monitor --batch --color=always -ex 'x/2i $pc' loop.bin; grep -q $'\033' out || fail "no colour"
t 0 monitor --batch -ex 'x/2i $pc' loop.bin; ! grep -q $'\033' out || fail "colour into a file"
t 0 monitor --batch --json --color=always -ex 'x/2i $pc' loop.bin; ! grep -q $'\033' out || fail "colour in JSON"

# --- help is there for every command, and the words of other tools are known
"$TRAPEZE" monitor --batch -ex 'help all' loop.bin | sed -n 's/^  \([a-z][a-z-]*\( [a-z][a-z-]*\)\{0,1\}\)  .*/\1/p' >names
[ "$(wc -l <names)" -ge 40 ] || fail "help lists only $(wc -l <names) commands"
while read -r name; do
    t 0 monitor --batch -ex "help $name" loop.bin
    case $(head -n 1 out) in *' is a command, and a word.') tail -n +3 out ;; *) cat out ;; esac >said # of both the command comes first
    [ "$(head -c ${#name} said)" = "$name" ] || fail "help $name explains something else"
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
