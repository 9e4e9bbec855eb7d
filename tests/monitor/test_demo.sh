#!/usr/bin/env bash
# `trapeze demo`: the list, JSON, and a demonstration of a teacher's own, with every mistake that a script can have.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export NO_COLOR=1

# The list: a line each, with minutes.
t 0 demo
quiet
[ "$(wc -l <out)" -gt 10 ] || fail "few demonstrations are listed"
grep -vE '^  [a-z0-9-]+ +[0-9]+ min  .+|^`trapeze demo' out && fail "a line of the list is not name, minutes, title"
awk 'length > 80 { exit 1 }' out || fail "the list is too wide"

# JSON says the same: pages, questions with their answers, commands, and what was expected.
t 0 demo trap --json
quiet
for member in '"demo": "trap"' '"page": 2' '"question"' '"answer"' '"machine": "vm", "command": "until exit privilege"' \
    '"met": true' '"failures": 0'; do
    shows "$member"
done
grep -q '"met": false' out && fail "something is not met"

# --- a demonstration of one's own
mkdir mine
cp exit42.bin mine/guest.bin
cp hello.bin mine/hello.bin
write_script() { cat >mine/script; }
own="title: Mine
minutes: 2
machine: a = --bare --bios none guest.bin
machine: b = --bios none hello.bin"

# The whole of it, from anywhere.
write_script <<E
$own
== First
Some prose, so long that it does not fit into one line of eighty columns, and is folded therefore.
  a figure   stays
> p 1 + 1
~ = 2
? What comes?
= A letter.
b> continue
~ ^A
~ powered off with status 0
== Second
a|b> p \$t0
!~~
> p 6 * 7
~~
% 1
b> info registers t0 t1
// t1 +0x[0-9]+
~ t0 +0x100000
\$ run --bios none hello.bin
~ A
a> continue
~ status 42
\$ run --bios none guest.bin
% 42
E
cat >golden <<'E'
== 1/2  First ==

Some prose, so long that it does not fit into one line of eighty columns, and is
folded therefore.
  a figure   stays

(a) p 1 + 1
$1 = 2

? What comes?
= A letter.

(b) continue
| A
The guest has powered off with status 0 after 7 instructions.

== 2/2  Second ==

(a) p $t0                              | (b) p $t0
$1 = 0                                 | $1 = 1048576
(a) p 6 * 7                            | (b) p 6 * 7
$1 = 42                                | $1 = 42
(b) info registers t0 t1
t1             0x5555
$ trapeze run --bios none hello.bin
A
(a) continue
The guest has powered off with status 42 after 4 instructions.
$ trapeze run --bios none guest.bin
E
t 0 demo ./mine
quiet
diff golden out || fail "it does not look as it should"
(cd mine && t 0 demo . && diff ../golden out) || fail "it does not look so from within"

# refuses STATUS SENTENCE: of the script on stdin behind the head.
refuses() {
    { echo "$own" && cat; } | write_script
    t "$1" demo ./mine
    grep -qF -- "$2" err || fail "it does not say: $2"
}
refuses 2 'mine/script:6: there is no command '"'contniue'; is 'continue' meant?" <<<$'== P\n> contniue'
[ ! -s out ] || fail "something was shown before the mistake was told"
refuses 2 'mine/script:6: a question without an answer' <<<$'== P\n? Why'
refuses 1 "mine/script:7: expected a line that matches '= 3', of 'p 1 + 1'; it says:" <<<$'== P\n> p 1 + 1\n~ = 3'
grep -q '^    \$1 = 2$' err || fail "it does not say what was there"
grep -q 'script: 1 of what the script expects was not so' err || fail "it does not count"
refuses 1 "mine/script:7: expected no line that matches '= 2', of 'p 1 + 1'; it says:" <<<$'== P\n> p 1 + 1\n!~ = 2'
refuses 1 "mine/script:7: expected that '1 == 2' is true on the machine 'a'; it is 0" <<<$'== P\n> p 1 + 1\n% 1 == 2'
refuses 1 "mine/script:7: 'nobody' has no value on the machine 'a'" <<<$'== P\n> p 1 + 1\n% nobody'
refuses 1 "mine/script:9: expected the same from both machines, of 'p \$pc'; they say:" <<<$'== P\nb>- si\na|b> p $pc\n!~~\n~~'
refuses 1 "mine/script:7: expected something different from both machines, of 'p 1'; they say:" <<<$'== P\na|b> p 1\n!~~'
refuses 1 "mine/script:6: the monitor refuses this command:" <<<$'== P\n> p $nobody + *'
refuses 1 "mine/script:6: the monitor refuses this command:" <<<$'== P\nb:5> p 1'
refuses 1 "mine/script:7: expected status 41 of 'trapeze run --bios none guest.bin'; it is 42" <<<$'== P\n$ run --bios none guest.bin\n% 41'
refuses 1 "mine/script:6: expected status 0 of 'trapeze run --bios none guest.bin'; it is 42" <<<$'== P\n$ run --bios none guest.bin'
refuses 1 "mine/script:5: the machine 'c': nowhere.elf: cannot be opened" <<<$'machine: c = nowhere.elf\n== P\n> si'
refuses 1 "mine/script:5: the machine 'c': there is no option -foo" <<<$'machine: c = -foo\n== P\n> si'
refuses 1 "mine/script:5: the machine 'c': a machine of a demonstration has no option that prints" <<<$'machine: c = --help\n== P\n> si'
refuses 1 "mine/script:5: the machine 'c': a machine has fewer than" <<<"machine: c = $(printf -- '-no-fuse %.0s' {1..70})"$'\n== P\n> si'

# Of another command a line that is selected is whole, and folded to the page then.
cp "$(dirname "$TRAPEZE")/examples/pg/getmode.pg" mine/
write_script <<'E'
title: Mine
minutes: 1
== P
$ verify -M pg:GETMODE getmode.pg
% 123
/ did not trap
~ It should have trapped[.]
E
t 0 demo ./mine
quiet
[ "$(sed '1,/^. trapeze/d' out)" = "getmode is sensitive and did not trap: it ran directly, in real user mode, and
  the VMM never saw it. It should have trapped." ] || fail "a sentence is cut off, or not folded"

# What is missing is a sentence, and no failure; no wider than the terminal, and as JSON an object.
{ echo "$own" && echo 'needs: kernel.img it is fetched by hand, from where it is, by whoever has a hand' && printf '== P\n> si\n'; } | write_script
COLUMNS=40 t 0 demo ./mine
quiet
shows 'skipped: it is fetched by hand'
[ "$(wc -l <out)" = 2 ] && ! grep -E ".{41}" out || fail "the sentence is not folded"
t 0 demo ./mine --json
[ "$(cat out)" = '{"schema": 1, "demo": "./mine", "skipped": "it is fetched by hand, from where it is, by whoever has a hand"}' ] ||
    fail "not the object that says what is missing"

# What the scripts of examples/ have fetched is found in their cache.
mkdir -p cache/trapeze/images
cp exit42.bin cache/trapeze/images/kernel.img
write_script <<E
title: Mine
minutes: 1
needs: CACHE/images/kernel.img it is fetched by hand
machine: a = --bare --bios none CACHE/images/kernel.img
== P
> continue
~ status 42
E
XDG_CACHE_HOME=$work/cache t 0 demo ./mine
quiet
shows 'status 42'
XDG_CACHE_HOME=$work t 0 demo ./mine
shows 'skipped: it is fetched by hand'

# Where trapeze is installed they lie beside it, whatever folder one stands in; and a copy of one is one's own.
mkdir -p tree/bin tree/share/trapeze/examples
cp "$TRAPEZE" tree/bin/
cp -r "$(dirname "$TRAPEZE")/examples/demos" tree/share/trapeze/examples/
cp -r "$(dirname "$TRAPEZE")/examples/demos/trap" copy
t 0 demo trap
cp out wanted
t 0 demo ./copy
cmp out wanted || fail "a copy shows something else"
(cd / && "$work/tree/bin/trapeze" demo trap) >out
cmp out wanted || fail "the installed one shows something else"
rm -r tree/share
status=0
tree/bin/trapeze demo 2>err >out || status=$?
[ $status = 1 ] || fail "status $status without demonstrations"
says 'are not there'

# What cannot be found.
t 2 demo tarp
says "is 'trap' meant?"
t 2 demo /nowhere
says 'there is no demonstration or folder'
mkdir empty
t 2 demo ./empty
says "has no file 'script'"
t 2 demo modes trap
says 'one demonstration at a time'
t 2 demo --bathc
says "is --batch meant?"
t 0 demo --help
shows 'by reverse execution'
