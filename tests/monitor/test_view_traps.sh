#!/usr/bin/env bash
# Traps told: as they happen (log traps, three formats), the last one (why), interrupts that do not come (why irq), and a guest that goes
# nowhere (why stuck). The guest is thirteen instructions in M-mode; what is expected of it was written by hand.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

#   80000000 csrr a1, mhartid   auipc t3, 0   addi t3, t3, 24   csrw mtvec, t3   csrwi mscratch, 7   ecall   j .   1c: csrr a2, mcause
words m.bin 0xf14025f3 0x00000e17 0x018e0e13 0x305e1073 0x3403d073 0x00000073 0x0000006f 0x34202673 $pass
monitor() { timeout -k 5 $patience "$TRAPEZE" monitor --batch "$@" >out 2>err || fail "monitor $*"; quiet; }
golden() {
    cat >wanted
    diff -u wanted "$1" || fail "$1 is not as it should be"
}

# --- the course's format, letter by letter: numbers in hexadecimal without 0x, addresses of sixteen digits
for depth in 1 2; do
    monitor -bios none --depth $depth m.bin -ex 'log traps --format=asu log' -ex c
    golden log <<'GOLDEN'
(PI at 0x0000000080000000) op = 73, rd = b, funct3 = 2, rs1 = 0, uimm = f14
(PI at 0x000000008000000c) op = 73, rd = 0, funct3 = 1, rs1 = 1c, uimm = 305
(PI at 0x0000000080000010) op = 73, rd = 0, funct3 = 5, rs1 = 7, uimm = 340
(EC at 0x0000000080000014)
(PI at 0x000000008000001c) op = 73, rd = c, funct3 = 2, rs1 = 0, uimm = 342
GOLDEN
done
# On the bare machine M-mode may do all that.
monitor -bios none --bare m.bin -ex 'log traps --format=asu' -ex c
grep '^(' out >lines; golden lines <<<'(EC at 0x0000000080000014)'

# --- the table: columns that stay, no clock of the host
monitor -bios none m.bin -ex 'log traps table.txt' -ex 'si 9' -ex 'log traps off' -ex c
sed 's/ | .*: / | /' table.txt >log # the instruction's text is the disassembler's
golden log <<'GOLDEN'
# insn-cnt vm   h m pc                 cause            tval               | text
         0 vm1  0 M 0x0000000080000000 fetch-page       0x0000000080000000 | filled rwx in root 0
         0 vm1  0 M 0x0000000080000000 illegal          0x00000000f14025f3 | v_csrrs
         3 vm1  0 M 0x000000008000000c illegal          0x00000000305e1073 | v_csrrw
         4 vm1  0 M 0x0000000080000010 illegal          0x000000003403d073 | v_csrrwi
         5 vm1  0 M 0x0000000080000014 ecall-u          0x0000000000000000 | ecall-m
         5 vm1  0 M 0x000000008000001c illegal          0x0000000034202673 | v_csrrs
GOLDEN
grep -q ' | ecall: reflected: ecall-m$' table.txt || fail "the ecall is not told in the guest's terms"
monitor -bios none m.bin -ex 'log traps --format=json j' -ex c
[ "$(grep -c '^{"schema": 1, "retired": [0-9]*, "vm": "vm1", .*}$' j)" = "$(wc -l <j)" ] || fail "a line of JSON is not as it should be"
grep -q '"cause": "ecall-u", .*"reason": "requested"' j || fail "the call is not in the JSON log"
# going back tells nothing twice; the same run tells the same
monitor -bios none m.bin -ex 'log traps a' -ex c; monitor -bios none m.bin -ex 'log traps b' -ex 'si 5' -ex 'goto 4' -ex 'log traps off' -ex quit
head -"$(wc -l <b)" a | cmp -s - b || fail "two logs of one run differ"

# --- the last trap
monitor -bios none m.bin -ex 'si 5' -ex 'why'
for text in 'vm1 in virtual M-mode, that is in real' "(csrrwi; privileged, sensitive, measured" 'reason privilege' 'its v_i, v_csrrwi' '1 exit of bare'; do
    tr '\n' ' ' <out | grep -qF -- "$text" || fail "why does not say: $text"
done
sed '1,/^After/d' out | grep ' -> ' >changes; golden changes <<'GOLDEN'
   pc          0x0000000080000010 -> 0x0000000080000014
   mscratch    0x0000000000000000 -> 0x0000000000000007
GOLDEN
monitor -bios none m.bin -ex 'until trap' -ex 'why'
tr '\n' ' ' <out | grep -q "D found it to be the guest's own, so vm1 itself takes a trap: environment call from M-mode. It was delivered" ||
    fail "the reflected call is not told"
grep -q '^   mcause      0x0000000000000000 -> 0x000000000000000b$' out || fail "why does not tell mcause"
monitor -bios none --bare m.bin -ex 'until trap' -ex 'why'
tr '\n' ' ' <out | grep -q "the bare machine in M-mode came to 'ecall' .* It trapped: environment call from M-mode" || fail "why on the bare machine"
monitor --depth 2 hello.bin -ex 'si 2' -ex why -ex si -ex why -ex 'vm 1' -ex why
tr '\n' ' ' <out | grep -q 'no leaf can express the access (a device is there)' || fail "the device is not told"
tr '\n' ' ' <out | grep -q '1 exit of vm1 to the VMM, [1-9][0-9]* of the machines below it' || fail "the cost below is not told"
monitor -bios none m.bin -ex c -ex 'info traps'
grep -q '^           1  v_csrrwi$' out || fail "info traps does not count v_csrrwi"
grep -q '^           1  environment call from M-mode$' out || fail "info traps does not count the call"

# --- interrupts that do not come, each for its reason
irq() { grep -qE "^. $1 .* $2\$" out || fail "why irq does not say of $1: $2"; }
words nop.bin 0x00000013 0x00000013 0x0000006f
monitor --bare -bios none nop.bin -ex 'set $mip = 2' -ex 'why irq'; irq SSI 'pending, not enabled in mie'
monitor --bare -bios none nop.bin -ex 'set $mip = 2' -ex 'set $mie = 2' -ex 'why irq'; irq SSI 'kept out: in M-mode mstatus.MIE = 0'
monitor --bare -bios none nop.bin -ex 'set $mip = 2' -ex 'set $mie = 2' -ex 'set $mideleg = 2' -ex 'set $mstatus = 8' -ex 'why irq'
irq SSI 'kept out: delegated to S, and M-mode is not interrupted for S'
for how in --bare '--depth 1' '--depth 2'; do
    monitor $how -bios none nop.bin -ex 'set $mip = 2' -ex 'set $mie = 2' -ex 'set $mstatus = 8' -ex 'why irq' -ex si -ex 'info registers mcause'
    grep -qE '^\* SSI .* taken next: in M-mode mstatus.MIE = 1$' out || fail "the interrupt that is taken is not told ($how)"
    grep -q '^mcause  *0x8000000000000001' out || fail "it was not taken ($how)"
    monitor $how nop.bin -ex 'set $mip = 2' -ex 'set $mie = 2' -ex 'set $mideleg = 0x222' -ex 'why irq'
    irq SSI 'kept out: in S-mode sstatus.SIE = 0'
done

# --- and those that do: line, enable, delegation, what lets them in, why now, and before which others
story() { tr '\n' ' ' <out | grep -qF -- "$1" || fail "why does not tell: $1"; }
for how in --bare '--depth 1' '--depth 2' '--vmm hybrid'; do
    monitor $how -ex 'b trap sti' -ex c -ex why
    story 'took an interrupt between two instructions: supervisor timer interrupt, STI.'
    story 'Its line is pending (mip.STIP) and enabled (mie.STIE); mideleg.STI = 1 gives it to S-mode, and U-mode cannot keep out what goes to a higher one.'
    story 'Why now: time 0xd5d has reached stimecmp 0xd5d, just now. No other was pending and enabled.'
    ! grep -q 'No trap of' out || fail "a sentence of why begins in the middle of one"
    monitor $how -bios none nop.bin -ex 'set $menvcfg = 0' -ex 'set $mip = 0x22' -ex 'set $mie = 0x22' -ex 'set $mideleg = 0' -ex 'set $mstatus = 8' -ex si -ex why
    story 'supervisor software interrupt, SSI.'
    story 'mideleg.SSI = 0 leaves it to M-mode, and mstatus.MIE = 1 let it in. Why now: software has set mip.SSIP.'
    story 'It goes before STI: what goes to M comes first, then the order is MEI, MSI, MTI, SEI, SSI, STI.'
done
# A timer that was kept out until sstatus.SIE was set.
monitor --bare nop.bin -ex 'set $stimecmp = 0' -ex 'set $sie = 0x20' -ex si -ex 'set $sstatus = 2' -ex si -ex why
story 'sstatus.SIE = 1 let it in. Why now: time 0x0 has reached stimecmp 0x0; it was kept out until'

# --- the hybrid monitor: what is interpreted does not trap
monitor --vmm hybrid -ex 'tb user_return' -ex c -ex why -ex 'until trap'
[ "$(grep -c '^   (interpreted)$' out)" -ge 2 ] || fail "the hybrid monitor's sessions do not say that S-mode is interpreted"
! grep -q 'traps to the VMM' out || fail "what is interpreted traps to the VMM"
story 'vm1 in virtual S-mode, which the hybrid monitor interprets, came to'

# --- a guest that goes nowhere
stuck() { timeout -k 5 $patience "$TRAPEZE" monitor --batch "$@" -ex c -ex 'why stuck' >out 2>err || true; }
stuck sleep.bin; grep -q 'has enabled none' out || fail "a wait with nothing enabled"
stuck -bios none trap.bin; grep -q 'A trap loop' out && grep -q '^  fetch  instruction access fault' out || fail "a trap loop"
stuck --max-insns 1000 spin.bin; grep -q 'jumps to itself' out || fail "a jump to itself"
stuck exit0.bin; grep -q 'it has ended' out || fail "a guest that has ended"
monitor nop.bin -ex si -ex 'why stuck'; shows 'It is not stuck'

# --- the paper's machine
cat >user.pg <<'PG'
    lit 20, 5
    halt
PG
timeout -k 5 $patience "$TRAPEZE" monitor -M pg --depth 1 --batch user.pg -ex 'tr 5' -ex 'info k' -ex vm -ex 'why 5' >out 2>err || { cat err; fail pg; }
grep -qE '^bare +R = \(l [0-9]+, b [0-9]+\) of [0-9]+ cells: 5 is cell [0-9]+$' out || fail "R of the host is not told"
grep -q '^granted: cell 5$' out || fail "why on the paper's machine"
# f moves cells: what tr says of the bare machine is where the bytes are
cells=$(sed -nE 's/^cells  vm1 5 -> bare ([0-9]+)$/\1/p' out)
[ "${cells:-0}" -gt 5 ] || fail "the cell of the host is not told"
timeout -k 5 $patience "$TRAPEZE" monitor -M pg --depth 1 --batch user.pg -ex 'x/1xg 0' -ex "xh/1xg $((cells - 5))" >out 2>err || fail "pg memory"
[ "$(sed 's/.*\t//' out | sort -u | wc -l)" = 1 ] && ! grep -q '0x0000000000000000$' out || fail "the cells differ"
