#!/usr/bin/env bash
# The paper's machine under the monitor: labels are symbols, steps show what is stored, and `why` tells of what did not trap and should
# have.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
examples=$OLDPWD/examples/pg

# --- labels
cat >count.pg <<'PG'
size = 7                                ; no label: a number
        .org 2
again:  sub  n, one
        jz   stop, n
        jmp  again
stop:   halt
n:      .word 3
one:    .word 1
PG
for at in '' @64; do
    t 0 monitor -q --batch -M pg "count.pg$at" -ex 'info symbols' -ex 'info symbols o' -ex 'p again' -ex 'p &n' -ex 'x/2xg n' -ex 'x/2i again' -ex 'b stop' \
        -ex 'watch n' -ex 'info symbol again+2' -ex 'info symbol stop' -ex 'disassemble stop' -ex 'complete p st' -ex 'info files'; quiet
    base=${at#@}; base=$((${base:-0}))
    hex() { printf %x $(($1 + base)); }
    long() { printf 0x%016x $(($1 + base)); }
    for line in "  $(long 2)  again" "  $(long 5)  stop" "  $(long 6)  n" "  $(long 7)  one" "\$1 = 0x$(hex 2) <again>" "\$2 = 0x$(hex 6) <n>" \
        "0x$(hex 6) <n>:	0x0000000000000003	0x0000000000000001" "Breakpoint 1 at $(long 5) <stop>." 'Hardware watchpoint 2: n' \
        'stop in section' "   $(long 5) <+0>:	P halt" 'p stop'; do
        [ "$line" != 'stop in section' ] || line='stop of count.pg'
        shows "$line"
    done
    grep -qE "^(=>|  ) 0x$(hex 3) <again\+1>:	jz " out || fail "$at: no label and distance at an instruction"
    shows 'again + 2 of count.pg'
    [ -z "$at" ] || shows 'moved by 0x40'
    [ "$(grep -c '^  0x' out)" = 6 ] || fail "$at: not the four labels, and the two with an o"
done
t 0 monitor -q --batch -M pg count.pg -ex 'b stop' -ex 'watch n' -ex c -ex c -ex c -ex c -ex 'p n' -ex 'p {long}n'; quiet
shows 'Breakpoint 1, 0x0000000000000005 in stop () (s-mode, 8 retired)'; shows 'New value = 0x0'; shows '$2 = 0'
t 1 monitor -q --batch -M pg count.pg -ex 'p agian'; grep -qF "no symbol 'agian'; is again meant?" err || fail "no neighbour of a label"
t 1 monitor -q --batch -M pg count.pg -ex 'p size'; t 1 monitor -q --batch -M pg count.pg -ex 'info symbols zz'
printf '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x14' >halt.cells
t 1 monitor -q --batch -M pg halt.cells -ex 'info symbols'; grep -q 'No symbols\|there are no symbols\|no symbol has' err || fail "cells have symbols"
t 0 monitor -q --json --batch -M pg count.pg -ex 'info symbols sto'; shows '{"symbol": "stop", "address": "0x5", "file": "count.pg"}'

# Under R = (l, b) a name is where the guest sees it: here each program is another one's guest, and begins at its cell 512.
t 0 monitor -q --batch --bare -M pg "$examples/vmm.pg" count.pg@512 -ex 'p again' -ex 'tb phys again' -ex c -ex 'p $l' \
    -ex 'p again' -ex 'x/1i $pc' -ex 'b stop' -ex c; quiet
shows '$1 = 0x202 <again>'; shows '$2 = 512'; shows '$3 = 0x2 <again>'; shows '=> 0x2 <again>:	sub 6, 7'; shows 'in stop () (u-mode'

# --- what a step stores: the cell, by its name, before and after; nothing is printed twice
t 0 monitor -q --batch -M pg "$examples/hello.pg" -ex 'si' -ex 'si 2' -ex si -ex 'p $p'; quiet
shows '   [0x9] <char>  0x0000000000000000 -> 0x0000000000000048'
t 0 monitor -q --batch --bare -M pg "$examples/hello.pg" -ex 'si 2' -ex si; quiet
[ "$(tr -d '\n' <out | grep -o H | wc -l)" = 1 ] || fail "a look ahead has printed"
shows '(reaches the device console)'
cat >user.pg <<'PG'
        .psw u, 0, 0, 0
        .psw s, 2, 0, 4096
        lpsw psw
        .org 8
        stx  3, 4                       ; E[E[3]] = E[4], in the user's cells
        getr 5
        mov  2, 9
        .word 6, 77
psw:    .psw u, 0, 8, 6
PG
t 0 monitor -q --batch -M pg user.pg -ex si -ex si -ex 'p {long}6'; grep -q 'memory trap' out || fail "a store beyond b"
sed -i 's/6, 77/5, 77/' user.pg
t 0 monitor -q --batch -M pg user.pg -ex si -ex si; shows '   [0x5] <psw>  0x0000000001000006 -> 0x000000000000004d'; shows 'gives the guest its privileged instruction'

# --- the prediction before the host has run anything
t 0 monitor -q --batch -M pg "$examples/getmode.pg" -ex 'x/1i 2' -ex si; t 0 monitor --batch -M pg "$examples/getmode.pg" -ex si
"$TRAPEZE" monitor -M pg "$examples/getmode.pg" </dev/null >out; shows '(traps to the VMM, whose v_i does it)'
"$TRAPEZE" monitor -M pg:GETMODE "$examples/getmode.pg" </dev/null >out; ! grep -q VMM out || fail "GETMODE goes to the VMM on its variant"
words first.bin 0x30002573 0x0000006f # csrr a0, mstatus; j .
"$TRAPEZE" monitor -bios none first.bin </dev/null >out; shows '(traps to the VMM, whose v_i does it)'

# --- why it did not trap: VARIANT STEPS WHAT IT USED, AND HOW
flat() { tr '\n' ' ' <out | tr -s ' ' >flat; }
while read -r variant steps used; do
    program=$examples/$(echo "$variant" | tr A-Z a-z).pg
    for depth in 1 2; do
        t 0 monitor -q --batch -M "pg:$variant" --depth $depth "$program" -ex "si $steps" -ex why -ex 'p 77'; quiet; flat
        grep -qE "$used; it is sensitive and not privileged, so D was never called\." flat || fail "$variant at depth $depth: not why"
    done
    # on the bare machine nothing is virtual; on the base machine it traps; a trap since then comes first
    t 1 monitor -q --batch -M "pg:$variant" --bare "$program" -ex "si $steps" -ex why; grep -q 'nothing has trapped yet' err || fail "$variant: bare"
    t 0 monitor -q --batch -M pg "$program" -ex "si $steps" -ex why; ! grep -q 'never called' out || fail "$variant: the base machine"
    t 0 monitor -q --batch -M "pg:$variant" "$program" -ex "si $steps" -ex rsi -ex 'p 1' -ex si -ex why; flat; grep -q 'never called' flat || fail "$variant: again"
done <<'LIST'
GETMODE 1 getmode read M: real u, virtual s
JRST1 1 rtu wrote M: real u, virtual s
SETR-NOP 1 setr read M: real u, virtual s
LRA 2 lra read l: real 0x[0-9a-f]+8, virtual 0x8
GETR 2 getr read l: real 0x[0-9a-f]+8, virtual 0x8
SETR-USER 2 setr wrote b: real 0x61, virtual 0x60
LIST
# Lowered alike, really and virtually: nothing to tell, as the paper says. And the instruction behind the one that should have trapped.
t 0 monitor -q --batch -M pg:SHRINK "$examples/shrink.pg" -ex 'si 2' -ex why; ! grep -q 'never called' out || fail "SHRINK does no harm"
t 1 monitor -q --batch -M pg:GETMODE "$examples/getmode.pg" -ex 'si 2' -ex why; grep -q 'nothing has trapped yet' err || fail "the one before"
t 1 monitor -q --batch -M pg:GETMODE "$examples/getmode.pg" -ex si -ex rsi -ex why; grep -q 'nothing has trapped yet' err || fail "gone back behind it"
t 1 monitor -q --batch -M pg:GETMODE "$examples/getmode.pg" -ex si -ex 'goto 0' -ex why; grep -q 'nothing has trapped yet' err || fail "gone behind it"
t 1 monitor -q --batch -M pg:GETMODE --vmm hybrid "$examples/getmode.pg" -ex si -ex why; grep -q 'nothing has trapped yet' err || fail "interpreted"
# ... though the host has a record of the same instruction, of what it ran last
cat >twice.pg <<'PG'
        .psw u, 0, 0, 0
        .psw s, trapped, 0, 4096
        lpsw user
base:   getr 2
        svc  0
        .word 0, 0
user:   .psw u, 0, base, 4
trapped: getr 20
        halt
PG
t 0 monitor -q --batch -M pg:GETR twice.pg -ex 'b trapped' -ex c -ex si -ex why; grep -q 'never called' out || fail "directly"
t 0 monitor -q --batch -M pg:GETR --vmm hybrid twice.pg -ex 'b trapped' -ex c -ex si -ex why; ! grep -q 'never called' out || fail "a stale record"
t 0 monitor -q --batch -M pg:SETR-USER "$examples/setr-user.pg" -ex 'si 2'; ! grep -q '(traps' out || fail "what the host lets pass does not trap"
t 0 monitor -q --batch -M pg:GETR "$examples/getr.pg" -ex 'si 2' -ex 'why trap'; ! grep -q 'never called' out || fail "why trap is the last trap"
t 0 monitor -q --json --batch -M pg:GETMODE "$examples/getmode.pg" -ex si -ex why
shows '"used": [{"register": "M", "read": true, "wrote": false, "real": "0x0", "virtual": "0x1"}]'
t 0 monitor -q --batch -M pg:LRA "$examples/lra.pg" -ex 'si 2' -ex why; flat; grep -q 'directly, too, and is no help' flat || fail "hybrid: no help"
t 0 monitor -q --batch -M pg:JRST1 "$examples/jrst1.pg" -ex si -ex why; flat; grep -q 'interprets virtual s-mode' flat || fail "hybrid: a help"
# RISC-V has none, here as in the theorem: what a program in user mode uses directly is the same really and virtually.
t 0 monitor -q --batch -ex 'b mode U' -ex c -ex 'si 3' -ex why; ! grep -q 'never called' out || fail "RISC-V"
