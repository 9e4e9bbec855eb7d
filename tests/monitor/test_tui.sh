#!/usr/bin/env bash
# The full screen: what it shows at three sizes, how keys move it through time, and that a terminal is as before however it ends.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"
patience=${TUI_PATIENCE:-$patience}
export HOME="$work" TERM=xterm
unset XDG_STATE_HOME NO_COLOR
"$TRAPEZE" help monitor | grep -q -- -tui || fail "help monitor does not name -tui"

# shot NAME COMMAND...: the monitor's commands up to the sret that leaves the kernel, then COMMANDs; the last screen goes to NAME.
shot() {
    local name=$1 args=() c
    shift
    for c; do args+=(-ex "$c"); done
    "$TRAPEZE" monitor -batch -ex 'b *user_return+120' -ex c -ex delete "${args[@]}" >$name 2>err || fail "$name: the monitor failed"
}
shows() { grep -qF -- "$2" $1 || { cat $1; fail "$1 does not show: $2"; }; }
hides() { ! grep -qF -- "$2" $1 || { cat $1; fail "$1 shows: $2"; }; }
last_screen() { tail -n "$1" | head -n "$1"; }

# One size after the other: rows and columns are what was asked for, panels are there.
for size in 80x24 120x40 200x60 72x20; do
    shot all "tui print $size"
    tail -n ${size#*x} all >screen
    [ "$(wc -l <screen)" = ${size#*x} ] || fail "$size: $(wc -l <screen) rows"
    awk -v w=${size%x*} 'length > w { bad = 1 } END { exit bad }' screen || fail "$size: a row is wider"
    for text in 'vm1: code' registers 'the next fetch' 'exits of vm1' said 'virtual S / real U' '(trapeze)' '=>S 802000aa  sret' 'traps to the VMM' \
        'shadow: sv48, root 1 (S)' 'bits R 1=1'; do
        shows screen "$text"
    done
done

# A step over the sret: the mode is U, sstatus has changed, and no root stands for the new situation yet. One more: a leaf is filled.
shot all 'tui print 80x24 f7'
tail -n 24 all >screen
shows screen 'mode U'
shows screen 'sstatus   *'
shows screen 'shadow: no root for this situation yet'
shows screen 'P exit 266 at 142571: sret'
shot all 'tui print 80x24 f7 f7'
tail -n 24 all >screen
shows screen 'F exit 267 at 142572'
shows screen ': the next store'
shows screen 'PFPPF<'

# Back by one exit and the guest is where it was; what lies ahead is still there. Enter says why. Forwards again is the same screen.
shot all 'tui print 80x24 f7 f7 left left'
tail -n 24 all >screen
shows screen 'PFP<PF'
shows screen '142540 retired'
shot all 'tui print 120x40 f7 left enter'
tail -n 40 all >screen
shows screen 'came to'
# Where there is no room for all of it one reads from its begin, and comes by every row; going down again takes no more keys than it should.
shot all 'tui print 80x24 f7 left enter'
tail -n 24 all >screen
shows screen '(trapeze) why'
shows screen 'more: PgDn --'
shot all 'tui print 80x24 f7 left enter pgdn'
tail -n 24 all >screen
hides screen '(trapeze) why'
shows screen 'real U-mode of bare'
shot all "tui print 80x24 f7 left enter$(printf ' pgdn%.0s' {1..9})"
tail -n 24 all >end
hides end 'more: PgDn --'
shot all "tui print 80x24 f7 left enter$(printf ' pgup%.0s' {1..40})$(printf ' pgdn%.0s' {1..25})"
tail -n 24 all >screen
cmp end screen || fail "what was scrolled up beyond the begin does not come down again"
shot all 'tui print 80x24 f7 f7 left left right right'
tail -n 24 all | grep -e 'retired' -e 'PFPPF<' >there
shot all 'tui print 80x24 f7 f7 left right'
tail -n 24 all | grep -e 'retired' -e 'PFPPF<' >back
cmp there back || fail "two ways to the same exit end in two places"
shot all 'tui print 80x24 home'
tail -n 24 all >screen
shows screen '  0 retired  0 exits'

# The cursor in the walk says why each bit is as it is.
shot all 'tui print 80x24 tab right right right'
tail -n 24 all >screen
shows screen 'U: U=1 in every leaf'
shows screen '[0x802000aa'

# Both machines: equal on the machine that is virtualizable, and parted where one instruction is critical.
shot all 'tui print 120x40 two'
tail -n 40 all >screen
shows screen 'bare, in lock step'
shows screen '  equal'
shot all 'tui print 80x24 two one'
tail -n 24 all >screen
hides screen 'in lock step'
shot all 'tui print 80x24 one'
tail -n 24 all >screen
hides screen 'in lock step'
"$TRAPEZE" monitor -batch -M pg:GETMODE -ex 'tui print 120x40 two f7' "$root/examples/pg/getmode.pg" >pg 2>err || fail "pg"
shows pg 'they differ: memory at 0xc'
shows pg '=>         3  lit'
"$TRAPEZE" monitor -batch -M pg:GETMODE -ex 'tui print' "$root/examples/pg/getmode.pg" >pg 2>err || fail "pg"
shows pg 'R = (l 0, b 4096) of 4096 cells'

# Sentences instead of screens.
refuses() { # EXPECTED COMMAND
    "$TRAPEZE" monitor -batch -ex "$2" >out 2>&1 && fail "'$2' was taken"
    shows out "$1"
}
refuses 'needs 72 columns and 20 rows' 'tui print 40x10'
refuses "there is no key 'space'" 'tui print space'
refuses 'the full screen needs a terminal' tui
refuses "not 'tui up'" 'tui up'
refuses "is for the full screen" 'tui first'

# At a terminal: opened by Ctrl-X a, commands, a run that Ctrl-C stops, and left again.
at_terminal "$TRAPEZE monitor -q --color=never" <<'STEPS'
see (trapeze)
type \030a
see exits of vm1
type tb kernel_main\r
see Temporary
type c\r
see 141344
type \030a
see (trapeze)
type quit 3\n
STEPS
ends 3
grep -q '1049l' typescript || fail "the other screen was not left"
at_terminal "$TRAPEZE monitor -q --tui --color=never echo.bin" <<'STEPS'
see exits of vm1
type c\r
see running, Ctrl-C stops
type \033[<0;11;17MQ
see Q
type \003
see Stopped
type quit 4\r
STEPS
ends 4
! grep -qaF ';17M' typescript || fail "what a terminal reports of its mouse was typed to the guest"

# What a colour means a letter says; and colours that some eyes take for one, the VMM's magenta and the guest's blue, differ in an attribute.
at_terminal "$TRAPEZE monitor -q --tui --color=always" <<'STEPS'
see exits of vm1
type c\r
see ended
type quit 5\r
STEPS
ends 5
grep -qaE $'\033\\[([0-9]+;)*34m' typescript || fail "there is no blue"
grep -qaE $'\033\\[([0-9]+;)*4m' typescript || fail "nothing is underlined: the guest's own traps look like the VMM's to some eyes"

# A terminal that changes its size: laid out anew; too small: a sentence, the plain monitor, and back when there is room.
at_terminal "$TRAPEZE monitor -q --color=never" <<'STEPS'
see (trapeze)
type \030a
see exits of vm1
resize 40 120
see F5 c
resize 15 60
see 1049l
see (trapeze)
resize 24 80
type tui\n
see exits of vm1
type \030a
see (trapeze)
type quit 7\n
STEPS
ends 7
grep -q 'needs 72 columns and 20 rows, and the terminal has' err || fail "no sentence about the size"

# The sentence fits the terminal that has no room for the screen. The columns alone change: stty sets rows and columns one after the other.
at_terminal "env -u COLUMNS -u LINES $TRAPEZE monitor -q --tui --color=never 2>&1" <<'STEPS'
see exits of vm1
resize 24 40
see 1049l
see (trapeze)
resize 24 80
type quit 7\n
STEPS
ends 7
tr -d '\r' <typescript | grep -ax '  rows, and the terminal has 40 and 24' >sentence || { cp typescript out; fail "the sentence is wider than the terminal"; }

# The mouse, as xterm reports it: button 0 is a click, 64 and 65 are the wheel. Unless `set mouse on` was said none is asked for, and what is
# reported all the same is nothing. A click on a cell of the exits takes the guest there, one where it stands says why, one on a panel
# gives it the keys. It is given back at Ctrl-Z, at Ctrl-X a and when it is set off.
at_terminal "$TRAPEZE monitor -q --tui --color=never -ex 'b *user_return+120' -ex c -ex delete" <<'STEPS'
see exits of vm1
type \033[<0;11;17M\033[<0;11;17m12\014
see 142571 retired  266 exits
see (trapeze) 12
until ! grep -qa 1000h typescript
type \025set mouse on\r
see 1000h
type \033[<0;11;17M\033[<0;11;17m\014
see 142365 retired  224 exits
type \033[<64;30;17M\014
see 223 exits
type \033[<65;30;17M\033[<65;30;17M\014
see 225 exits
type \033[<0;54;17M\033[<0;54;17m\014
see (trapeze) why
type \033[<0;20;17M\033[<0;20;17m\033[<0;20;17M\033[<0;20;17m\014
see After 142201
see 192 exits
type \033[<0;20;10M\033[<0;20;10m\014
see [0x
type \032
see 1000l
see 1000h
type \030a
see 1000l
see (trapeze)
type tui\n
see 1000h
see exits of vm1
type set mouse off\r
see 1000l
type \033[<0;11;17M\033[<0;11;17m12\014
see 192 exits
see (trapeze) 12
type \025quit 9\r
STEPS
ends 9
refuses "set mouse is on or off, not 'maybe'" 'set mouse maybe'

# A signal ends it: the terminal is as before, and shows what it showed before.
for signal in TERM HUP SEGV; do
    at_terminal "$TRAPEZE monitor -q --tui --color=never -ex 'set mouse on'" <<STEPS
see exits of vm1
send $signal
STEPS
    [ "$(grep -oaE '1000[hl]' typescript | tr '\n' ' ')" = '1000h 1000l ' ] || fail "$signal: the mouse is not given back"
    grep -q '1049l' typescript || fail "$signal: the other screen was not left"
done

# A terminal that is too small, or of a type that nobody knows: a sentence, and the plain monitor.
TERM=nothing at_terminal "$TRAPEZE monitor -q --tui --color=never" <<'STEPS'
see (trapeze)
type quit 6\n
STEPS
ends 6
grep -q "terminal type 'nothing' is not known" err || fail "no sentence about the terminal"
echo "three sizes, both directions of time, two machines; the terminal was as before every time"
