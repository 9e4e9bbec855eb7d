#!/usr/bin/env bash
# The monitor at a terminal: the prompt and the guest's console share it. Ctrl-C stops the guest, Ctrl-A c goes to the prompt while it
# runs on and back, Ctrl-D leaves; the terminal is as before afterwards, whichever way it ends.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"
export HOME="$work" TERM=dumb
unset XDG_STATE_HOME NO_COLOR

typed() { grep -qF -- "$1" typescript || fail "the terminal does not show: $1"; }

at_terminal "$TRAPEZE monitor --color=never echo.bin" <<'STEPS'
see (trapeze)
type c\n
raw
type hello
see hello
type \003
see Stopped, 0x00000000802000
see (trapeze)
type info registers pc\n
see program counter
see (trapeze)
type c\n
raw
type world
see world
type \001c
see (trapeze, guest running)
type p 6 * 7\n
see $1 = 42
see (trapeze, guest running)
type stop\n
see Stopped
see (trapeze)
type goto 3\n
see (S-mode, 3 retired)
see (trapeze)
type quit 5\n
STEPS
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
at_terminal "$TRAPEZE monitor -q --color=never echo.bin" <<'STEPS'
see (trapeze)
type help all\n
see --Type <RET>
type \n
see --Type <RET>
type q\n
see (trapeze)
type p 6 * 7\n
see $1 = 42
see (trapeze)
type help all\n
see --Type <RET>
type c\n
see (trapeze)
type quit 3\n
STEPS
ends 3
asked 3
grep -q '^Quit$' err || fail "q says nothing"
typed '$1 = 42'
[ "$(grep -c '^  quit  ' typescript)" = 1 ] || fail "not the rest once, or the rest after q" # the first was left at the second question
at_terminal "$TRAPEZE monitor -q --color=never echo.bin" <<'STEPS'
see (trapeze)
type set pager off\n
see (trapeze)
type help all\n
see (trapeze)
type set pager on\n
see (trapeze)
type set height 0\n
see (trapeze)
type help all\n
see (trapeze)
type set height 50\n
see (trapeze)
type help all\n
see --Type <RET>
type \003
see (trapeze)
type quit 4\n
STEPS
ends 4
asked 1
at_terminal "$TRAPEZE monitor --batch -ex 'help all' echo.bin" </dev/null
ends 0
asked 0

# The greeting, as all else, is as wide as the terminal.
at_terminal "env -u COLUMNS $TRAPEZE monitor --color=never" <<'STEPS'
see (trapeze)
type quit\n
STEPS
tr -d '\r' <typescript | sed -n '/^Trapeze/,/^=>/p' >greeting
grep -q 'in a virtual machine' <(tr '\n' ' ' <greeting | tr -s ' ') && ! grep -E '.{81}' greeting || fail "the greeting is wider than the terminal"

# Colours are for terminals, unless NO_COLOR says that they are not.
at_terminal "env NO_COLOR=1 $TRAPEZE monitor --batch -ex 'b *0x80200000' -ex c echo.bin" <<'STEPS'
raw
type q
STEPS
! grep -q $'\033\[3' typescript || fail "colours in spite of NO_COLOR"
at_terminal "$TRAPEZE monitor --batch -ex 'x/i 0x80200000' echo.bin" </dev/null
grep -q $'\033\[3' typescript || fail "no colours at a terminal"

# Enter repeats; Ctrl-D leaves.
at_terminal "$TRAPEZE monitor --color=never -q echo.bin" <<'STEPS'
see (trapeze)
type si\n
see => 0x802000
see (trapeze)
type \n
see => 0x802000
see (trapeze)
type \n
see => 0x802000
see (trapeze)
type \004
STEPS
ends 0
[ "$(grep -c '=> 0x802000' typescript)" -ge 3 ] || fail "Enter does not repeat"

# Ctrl-A x ends all; the guest's own end leaves the prompt.
at_terminal "$TRAPEZE monitor --color=never echo.bin" <<'STEPS'
see (trapeze)
type c\n
raw
type \001x
STEPS
ends 0
at_terminal "$TRAPEZE monitor --color=never echo.bin" <<'STEPS'
see (trapeze)
type c\n
raw
type q
see The guest has powered off with status 0
see (trapeze)
type quit\n
STEPS
ends 0
typed "The guest has powered off with status 0"

# A guest asleep that only a key would wake can be stopped, too.
at_terminal "$TRAPEZE monitor --color=never -bios none listen.bin" <<'STEPS'
see (trapeze)
type c\n
raw
type \003
see Stopped
see (trapeze)
type info registers mie\n
see interrupt enables
see (trapeze)
type quit\n
STEPS
ends 0
typed "interrupt enables"

for signal in TERM:143 HUP:129; do
    at_terminal "$TRAPEZE monitor --color=never echo.bin" <<STEPS
see (trapeze)
type c\\n
raw
send ${signal%:*}
STEPS
    ends ${signal#*:}
    at_terminal "$TRAPEZE monitor --color=never echo.bin" <<STEPS
see (trapeze)
send ${signal%:*}
STEPS
    ends ${signal#*:}
done

# History is kept, where the XDG specification says (when there is Readline to keep it).
if [ -e .local/state/trapeze/history ]; then
    grep -qx 'p 6 \* 7' .local/state/trapeze/history || fail "the history does not have the command"
    [ "$(stat -c %a .local/state/trapeze)" = 700 ] || fail "the history is not the person's own"
fi
