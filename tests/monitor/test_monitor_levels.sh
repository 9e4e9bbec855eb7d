#!/usr/bin/env bash
# One session, on the bare machine and in virtual machines: the same guest shows the same face, step by step, stop by stop, at every
# depth, whatever the shadow's policy and the kind of monitor. Only who does the work is told: those lines are left out.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >commands <<'COMMANDS'
info registers
si
si 3
ni
b kernel_main
b trap load-page
tb user_return
watch pool_used
rwatch process
info b
c
bt
disas
c
c
c
info registers
x/6i $pc
x/8xw $sp
xp/4xw 0x80202000
p $satp
p/x $sstatus & 0x100
p pool_used
condition 2 $stval > 0x40fff
d 4 5
c
finish
info registers stval sepc scause
x/3i $sepc
bt
info b
disable
b csr satp
c
si
d
b mode U
c
c
d
b class sensitive
c
si
c
d
until trap
until mode U
until $a2 == 0
until $pc == _user+82 && $a3 > 0x40100
advance trap_entry
goto 600000
display/i $pc
display/x $a2
si
ni
undisplay 1
si
set $a2 = 77
p $a2
info symbol $pc
info line
goto 500000
info all-registers
goto 650000
d
watch phys 0x80203000,4096
c
d
c
COMMANDS

# told ARGUMENT...: what the session says.
told() {
    timeout -k 5 $patience "$TRAPEZE" monitor -q "$@" <commands >raw 2>&1 || true
    sed -E '/^   \((traps to the VMM|interpreted|reaches the device|traps: )/d; s/level [0-9]+ \([a-z0-9]+\)/level/' raw
}
told --bare >bare
for says in 'Breakpoint 1, .* in kernel_main' 'Hardware watchpoint 4: pool_used' 'trap: load page fault' '#1  .* in _start ()' \
    'Temporary breakpoint 3, .* in user_return ()' 'satp .* -> 0x8' '600000 retired' '500000 retired' 'mode becomes U' '^\$[0-9]* = 77$' \
    'Hardware watchpoint [0-9]*: phys 0x80203000,4096' 'The guest has powered off with status 0'; do
    grep -q "$says" bare || { cp bare out; fail "the session does not say: $says"; }
done
for how in '--depth 1' '--depth 2' '--shadow trace' '--vmm hybrid'; do
    told $how >virtual
    diff -u bare virtual >difference || { head -40 difference; fail "$how differs from the bare machine"; }
done
# The VMM's part is told where there is one.
timeout -k 5 $patience "$TRAPEZE" monitor --batch -ex 'tb user_return' -ex c >out; shows '(traps to the VMM, whose v_i does it)'
timeout -k 5 $patience "$TRAPEZE" monitor --batch --bare -ex 'tb user_return' -ex c >out; ! grep -q VMM out || fail "a VMM on the bare machine"
