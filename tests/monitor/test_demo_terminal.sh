#!/usr/bin/env bash
# A demonstration at a terminal: its keys, the way back, the monitor and back, a terminal that is too small, signals.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"
unset COLUMNS LINES
export HOME="$work" TERM=xterm NO_COLOR=1
unset XDG_STATE_HOME

mkdir mine
cp hello.bin mine/guest.bin
cat >mine/script <<'E'
title: Mine
minutes: 1
machine: vm = --bios none guest.bin
== The first
> si
~ t0
? Which letter?
= It is A.
> si
% $t1 == 65
== The second
> si
? How far is it?
= Three instructions.
~ ^A
% $t1 == 65
> info registers t0
~ 0x10000000
== The third
> continue
~ powered off
E

# Enter goes on, and an answer waits for it.
at_terminal "$TRAPEZE" demo ./mine <<'E'
see 1/3  The first
see ? Which letter?
see Enter on
type \r
see = It is A.
see Enter on
type \n
see 2/3  The second
see ? How far
see Enter on
type \r
see = Three
see Enter on
type \r
see 3/3  The third
see powered off
see Enter on
type \r
E
ends 0
grep -a 'It is A' typescript >/dev/null || fail "no answer was shown"

# Where no machine is opened there is none to look at: m is not among the keys, and does nothing.
mkdir tool
printf 'title: Tool\nminutes: 1\n== One\n$ classify ia32 sgdt\n/ ^  class\n? Which?\n= This one.\n' >tool/script
at_terminal "$TRAPEZE" demo ./tool <<'E'
see ? Which?
see Enter on
type m\r
see = This one.
see Enter on
type \r
E
ends 0
! grep -aq 'm monitor\|The monitor, at' typescript || fail "a monitor is offered where there is no machine"

# A key that is typed while a command runs counts at the next pause, and is not shown: here while a guest spins for 100 million instructions.
mkdir busy; cp spin.bin busy/guest.bin
printf '%s\n' 'title: Busy' 'minutes: 1' 'machine: vm = --bios none guest.bin' '== One' '> goto 100000000' '? Which?' '= This one.' >busy/script
at_terminal "$TRAPEZE" demo ./busy <<'E'
see one moment
type r
see = This one.
see Enter on
type q
E
ends 0
tr -d '\r' <typescript >plain; ! grep -aq 'moment \.\.\.r' plain || { cp typescript out; fail "a key typed meanwhile is shown in the page"; }

# What the rest of the screen has no room for begins on the next one, and is not cut in the middle.
mkdir long; cp hello.bin long/guest.bin
cat >long/script <<'E'
title: Long
minutes: 1
machine: vm = --bios none guest.bin
== One page
> x/14i 0x80000000
> x/14i 0x80000010
E
at_terminal "$TRAPEZE" demo ./long <<'E'
see 1/1  One page
see x/14i 0x80000000
see Enter on
type \r
see x/14i 0x80000010
see Enter on
type \r
E
ends 0
tr -d '\r' <typescript | awk '/Enter on/ { exit } { print }' >first
grep -aq 'x/14i 0x80000000' first || fail "the first command is not on the first screen"
! grep -aq 'x/14i 0x80000010' first || { cp first out; fail "a command begins where it has no room"; }

# A terminal that has grown meanwhile is asked for its size by the next page; one that shrinks, too.
printf '%s\n' '== Another' '> x/14i 0x80000000' '> x/14i 0x80000010' '== A third' '> x/14i 0x80000000' '> x/14i 0x80000010' >>long/script
at_terminal "$TRAPEZE" demo ./long <<'E'
see 1/3  One page
see Enter on
type \r
see x/14i 0x80000010
see Enter on
resize 40 100
type \r
see 2/3  Another
see x/14i 0x80000000
see x/14i 0x80000010
see Enter on
resize 24 80
type \r
see 3/3  A third
see x/14i 0x80000000
see Enter on
type \r
see x/14i 0x80000010
see Enter on
type \r
E
ends 0
[ "$(grep -ao 'Enter on' typescript | wc -l)" = 5 ] || { cp typescript out; fail "not five pauses: pages do not ask for the size"; }

# b goes back by one pause where a full screen made it, too, and over the page's beginning to the last of those before.
at_terminal "$TRAPEZE" demo ./long <<'E'
see 1/3  One page
see Enter on
type \r
see x/14i 0x80000010
see Enter on
type b
see 1/3  One page
see x/14i 0x80000000
see Enter on
type \r
see x/14i 0x80000010
see Enter on
type \r
see 2/3  Another
see Enter on
type b
see 1/3  One page
see x/14i 0x80000010
see Enter on
type q
E
ends 0
[ "$(grep -ao 'Enter on' typescript | wc -l)" = 6 ] || { cp typescript out; fail "not six pauses: b does not go back by one"; }

# Where a full screen has waited before a question, the key counts there and then: q leaves, and behind b the question is there again.
mkdir asked; cp hello.bin asked/guest.bin
printf '%s\n' 'title: Asked' 'minutes: 1' 'machine: vm = --bios none guest.bin' '== One page' '> x/20i 0x80000000' '? Which letter?' '= It is A.' \
    >asked/script
at_terminal "$TRAPEZE" demo ./asked <<'E'
see 1/1  One page
see Enter on
type q
E
ends 0
at_terminal "$TRAPEZE" demo ./asked <<'E'
see 1/1  One page
see Enter on
type b
see 1/1  One page
see Enter on
type r
see ? Which letter
see It is A
see Enter on
type q
E
ends 0

# Without Enter there is none; q leaves at any pause, and so do Ctrl-C, Ctrl-D and the end of input.
for leave in q '\003' '\004'; do
    at_terminal "$TRAPEZE" demo ./mine <<E
see Enter on
type $leave
E
    ends 0
    grep -aq 'It is A' typescript && fail "the answer came without a key"
done

# b: one reveal back, over the page's beginning, with everything executed again backwards and forwards; what the run must show it shows again.
at_terminal "$TRAPEZE" demo ./mine <<'E'
see Enter on
type \r
see It is A
see Enter on
type \r
see ? How far
see Enter on
type b
see 1/3  The first
see It is A
see Enter on
type b
see 1/3  The first
see ? Which
see Enter on
type b
see 1/3  The first
see Enter on
type r
see It is A
see Enter on
type \r
see 2/3
see Enter on
type \r
see = Three
see Enter on
type b
see 2/3
see ? How far
see Enter on
type \r
see = Three
see Enter on
type \r
see 3/3
see powered off
see Enter on
type b
see 2/3
see = Three
see Enter on
type \r
see 3/3
see powered off
see Enter on
type q
E
ends 0

# A page begins where it began though no instruction lies between, only an exit that has set the guest's D.
at_terminal "$TRAPEZE" demo shadow <<'E'
see 1/8
see Enter on
type r
see Enter on
type \r
see 2/8
see Enter on
type r
see Enter on
type \r
see 3/8
see ? What would go wrong
see Enter on
type \r
see 0x0000000020081047
see 0x00000000200810c7
see Enter on
type b
see 3/8
see 0x0000000020081047
see ? What would go wrong
see Enter on
type \r
see 0x0000000020081047
see 0x00000000200810c7
see Enter on
type q
E
ends 0
[ ! -s err ] || { cp err out; fail "the way back is another"; }

# What the script has changed by hand is not changed yet on the page before.
at_terminal "$TRAPEZE" demo equivalence <<'E'
see 1/7
see ? How can
see Enter on
type r
see Enter on
type \r
see 2/7
see set $sscratch = 43
see Enter on
type b
see 1/7
see $1 = 0x2a                              | $1 = 0x2a
see Enter on
type \r
see 2/7
see Enter on
type \r
see $1 = 42                                | $1 = 43
see Enter on
type \r
see 3/7
see Enter on
type r
see Enter on
type b
see 3/7
see Enter on
type q
E
ends 0
[ ! -s err ] || { cp err out; fail "a change by hand is not undone"; }

# r shows the rest of the page, and waits before the next.
at_terminal "$TRAPEZE" demo ./mine <<'E'
see ? Which
see Enter on
type r
see = It is A.
see Enter on
type \r
see ? How far
see Enter on
type q
E
ends 0
grep -aq '= Three' typescript && fail "r revealed more than its page"

# m: the monitor, here; what is done there is undone for the demonstration, which goes on from where it was, and shows that again.
at_terminal "$TRAPEZE" demo ./mine <<'E'
see ? Which
see Enter on
type m
see The monitor, at the machine vm
see (trapeze)
type info registers pc\r
see 0x80000004
type set $t1 = 7\r
type si 3\r
see (trapeze)
type quit\r
see 1/3  The first
see ? Which
see Enter on
type \r
see It is A.
see Enter on
type \r
see 2/3
see Enter on
type m
see (trapeze)
type c\r
see powered off
type quit\r
see 2/3
see ? How far
see Enter on
type r
see = Three
see Enter on
type \r
see powered off
see Enter on
type q
E
ends 0

# Ctrl-C in the monitor stops a guest there, and the demonstration goes on.
cp spin.bin mine/guest.bin
sed -i '/^[~%]/d' mine/script
at_terminal "$TRAPEZE" demo ./mine <<'E'
see Enter on
type m
see (trapeze)
type c\r
raw
type \003
see (trapeze)
type quit\r
see 1/3
see Enter on
type q
E
ends 0

# Ctrl-Z stops it, with the terminal as it was; when it goes on, the page is there again and keys count.
cat >stopping <<INNER
set -m
sh -c 'echo \$\$ >demo.pid; exec $TRAPEZE demo ./tool'
stty -a >stopped
fg
INNER
at_terminal "bash -c 'exec bash stopping 2>&0'" <<'E'
see ? Which?
see Enter on
type \032
until test -s stopped
see ? Which?
see Enter on
type \r
see = This one.
see Enter on
type q
E
ends 0
cmp before stopped || fail "the terminal is not as before while it is stopped"

# A signal that ends it while it waits, and while the monitor has the terminal.
at_terminal "$TRAPEZE" demo ./mine <<'E'
see Enter on
send TERM
E
ends 143
at_terminal "$TRAPEZE" demo ./mine <<'E'
see Enter on
type m
see (trapeze)
send TERM
E
ends 143
# While a guest runs that would run for ever.
at_terminal "$TRAPEZE" demo ./mine <<'E'
see Enter on
type r
see Enter on
type \r
see Enter on
type r
see Enter on
type \r
see 3/3
send TERM
E
ends 143
at_terminal "$TRAPEZE" demo ./mine <<'E'
see Enter on
type r
see Enter on
type \r
see Enter on
type r
see Enter on
type \r
see 3/3
send INT
E
ends 0

# Too small: a sentence, and plain text.
cp hello.bin mine/guest.bin
at_terminal env COLUMNS=60 LINES=10 "$TRAPEZE" demo ./mine <<'E'
see This terminal has 60 columns and 10 rows
see 1/3
see Enter on
type r
see Enter on
type q
E
ends 0
grep -aq $'\033\\[2J' typescript && fail "the screen was cleared all the same"
tr -d '\r' <typescript | grep -A 2 -a '^This terminal has' | grep -qaE '.{61}' && fail "the sentence is wider than the terminal"
true
