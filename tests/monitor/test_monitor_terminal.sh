#!/usr/bin/env bash
# The monitor at a terminal: the prompt and the guest's console share it. Ctrl-C stops the guest, Ctrl-A c goes to the prompt while it
# runs on and back, Ctrl-D leaves; the terminal is as before afterwards, whichever way it ends.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
command -v script >/dev/null || skip "the command script (package bsdutils) is not installed"
export HOME="$work" TERM=dumb
unset XDG_STATE_HOME NO_COLOR

# at_terminal COMMAND, with what is typed on stdin of this function: lines "SECONDS TEXT", TEXT by printf.
at_terminal() {
    cat >inner <<INNER
stty rows 24 cols 80
stty -a >before
$* 2>err
echo \$? >status
stty -a >after
INNER
    rm -f before after status
    cat >keys
    timeout 60 script -qec "bash inner" typescript >out 2>&1 < <(while read -r pause text; do
        sleep "$pause"
        printf "$text"
    done <keys 2>/dev/null) || true
    [ -s after ] || fail "no end: $*"
    cmp before after || fail "the terminal is not as before: $*"
}
ends() { [ "$(cat status)" = "$1" ] || fail "status $(cat status), not $1"; }
typed() { grep -qF -- "$1" typescript || fail "the terminal does not show: $1"; }

at_terminal "$TRAPEZE monitor --color=never echo.bin" <<'KEYS'
1.5 c\n
0.5 hello
0.5 \003
0.5 info registers pc\n
0.5 c\n
0.5 world\001c
0.7 p 6 * 7\n
0.5 stop\n
0.5 goto 3\n
0.5 quit 5\n
0.5 \n
KEYS
ends 5
typed "is stopped before its first instruction"
typed hello
typed "Stopped, 0x00000000802000"
typed "program counter"
typed world
typed "(trapeze, guest running)"
typed '$1 = 42'
typed '(S-mode, 3 retired)' # what stopped the guest does not stop the way back, too
# What was typed at the console did not reach the prompt, nor the other way round.
! grep -q "no command 'hello'" typescript && ! grep -q "no command 'world'" typescript || fail "the console's keys went to the prompt"

# What is longer than the terminal is shown a screenful at a time, as gdb does it; commands in a batch do not ask.
asked() { [ "$(grep -cF -- '--Type <RET> for more, q to quit, c to continue without paging--' typescript)" = "$1" ] || fail "asked $(grep -cF -- '--Type <RET>' typescript) times, not $1"; }
at_terminal "$TRAPEZE monitor -q --color=never echo.bin" <<'KEYS'
1.5 help all\n
0.5 \n
0.5 q\n
0.5 p 6 * 7\n
0.5 help all\n
0.5 c\n
0.5 quit 3\n
KEYS
ends 3
asked 3
grep -q '^Quit$' err || fail "q says nothing"
typed '$1 = 42'
[ "$(grep -c '^  quit  ' typescript)" = 1 ] || fail "not the rest once, or the rest after q" # the first was left at the second question
at_terminal "$TRAPEZE monitor -q --color=never echo.bin" <<'KEYS'
1.5 set pager off\n
0.5 help all\n
0.5 set pager on\n
0.5 set height 0\n
0.5 help all\n
0.5 set height 50\n
0.5 help all\n
0.5 \003
0.5 quit 4\n
KEYS
ends 4
asked 1
at_terminal "$TRAPEZE monitor --batch -ex 'help all' echo.bin" <<'KEYS'
0.5 q
KEYS
ends 0
asked 0

# The greeting, as all else, is as wide as the terminal.
at_terminal "env -u COLUMNS $TRAPEZE monitor --color=never" <<'KEYS'
1.5 quit\n
KEYS
tr -d '\r' <typescript | sed -n '/^Trapeze/,/^=>/p' >greeting
grep -q 'in a virtual machine' <(tr '\n' ' ' <greeting | tr -s ' ') && ! grep -E '.{81}' greeting || fail "the greeting is wider than the terminal"

# Colours are for terminals, unless NO_COLOR says that they are not.
at_terminal "NO_COLOR=1 $TRAPEZE monitor --batch -ex 'b *0x80200000' -ex c echo.bin" <<'KEYS'
0.5 q
KEYS
! grep -q $'\033\[3' typescript || fail "colours in spite of NO_COLOR"
at_terminal "$TRAPEZE monitor --batch -ex 'x/i 0x80200000' echo.bin" <<'KEYS'
0.5 q
KEYS
grep -q $'\033\[3' typescript || fail "no colours at a terminal"

# Enter repeats; Ctrl-D leaves.
at_terminal "$TRAPEZE monitor --color=never -q echo.bin" <<'KEYS'
1 si\n
0.3 \n
0.3 \n
0.3 \004
0.5 \n
KEYS
ends 0
[ "$(grep -c '=> 0x802000' typescript)" -ge 3 ] || fail "Enter does not repeat"

# Ctrl-A x ends all; the guest's own end leaves the prompt.
at_terminal "$TRAPEZE monitor --color=never echo.bin" <<'KEYS'
1 c\n
0.5 \001x
1 \n
KEYS
ends 0
at_terminal "$TRAPEZE monitor --color=never echo.bin" <<'KEYS'
1 c\n
0.5 q
0.5 quit\n
0.5 \n
KEYS
ends 0
typed "The guest has powered off with status 0"

# A guest asleep that only a key would wake can be stopped, too.
at_terminal "$TRAPEZE monitor --color=never -bios none listen.bin" <<'KEYS'
1 c\n
1 \003
1 info registers mie\n
0.3 quit\n
0.5 \n
KEYS
ends 0
typed "machine"

for signal in TERM:143 HUP:129; do
    at_terminal "timeout --foreground --preserve-status -s ${signal%:*} 1.5 $TRAPEZE monitor --color=never echo.bin" <<'KEYS'
0.5 c\n
3 \n
KEYS
    ends ${signal#*:}
    at_terminal "timeout --foreground --preserve-status -s ${signal%:*} 1 $TRAPEZE monitor --color=never echo.bin" <<'KEYS'
3 \n
KEYS
    ends ${signal#*:}
done

# History is kept, where the XDG specification says (when there is Readline to keep it).
if [ -e .local/state/trapeze/history ]; then
    grep -qx 'p 6 \* 7' .local/state/trapeze/history || fail "the history does not have the command"
    [ "$(stat -c %a .local/state/trapeze)" = 700 ] || fail "the history is not the person's own"
fi
