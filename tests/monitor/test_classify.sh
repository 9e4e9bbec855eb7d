#!/usr/bin/env bash
# `trapeze classify` and `trapeze prove`: what they print, that replay lines replay, and what they refuse.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

fits() { awk 'length > 100 { exit 1 }' out || fail "a line is longer than 100 columns"; }

# --- everything, in lines of at most 100 columns, one to a finding
t 0 classify riscv
quiet
shows '1225 findings, of which 1225 agree'
shows ', 0 critical; 6 are the sum of others'
fits
[ "$(grep -c 'agrees$' out)" = 1225 ] || fail "not one line to a finding"
grep -q '^sret  *always .* C - - S  - s  privileged proved    agrees$' out || fail "sret is not as it should be"
grep -q '^csrr.cycle  *always .* - - - S  u s  privileged proved    agrees$' out || fail "csrr.cycle is not as it should be"
cp out first
t 0 classify riscv --seed 1
cmp -s out first || fail "the default seed is not 1"
t 0 classify riscv --seed 2
cmp -s out first && fail "another seed prints the same number of the seed"

# --- one of them; the replay line prints the same again
t 0 classify riscv csrrw.sstatus
shows 'csrrw a0,sstatus,a1'
fits
grep -qx 'Control-sensitive' out && shows 'it completes, and mode, resources or other control state are not as before [PG74 p.415]'
shows 'under K               counters-off, wfi-traps'
shows 'traps: privilege    completes'
cp out first
replay=$(sed -n 's/^  replay  *trapeze //p' out | head -1)
[ -n "$replay" ] || fail "no replay line"
t 0 $replay
cmp -s out first || fail "the replay line prints something else"
t 0 classify riscv csrr.cycle --without counters-off --seed 7
shows 'scounteren.CY, mcounteren.CY'
shows 'critical'
cp out first
t 0 $(sed -n 's/^  replay  *trapeze //p' out | head -1)
cmp -s out first || fail "the replay line of another seed and K prints something else"
t 0 classify riscv 0x18051073
cp out first
replay=$(sed -n 's/^  replay  *trapeze //p' out | head -1)
[ "$replay" = "classify riscv 0x18051073 --seed 1" ] || fail "an encoding's replay line: $replay"
t 0 $replay
cmp -s out first || fail "the replay line of an encoding prints something else"
t 0 classify riscv 0x30200073
shows 'mret of riscv'
t 0 classify riscv sret --without wfi-traps
grep -q '^  evidence  *sampled' out || fail "what is proved under K is no proof without"
for row in addi c.addi; do
    t 0 classify riscv $row
    grep -q '^  evidence  *proved: its careful body' out || fail "$row is proved"
done
t 0 classify riscv csrr.tinfo
shows 'clean: no witness'
grep -qE '^  evidence +sampled: [0-9]+ runs from random states$' out || fail "what the finding stands on"
t 0 classify riscv sc.w
shows 'depends on hidden'

# --- JSON: what the manual page names
t 0 classify riscv wfi --json
quiet
for key in '"schema": 1' '"isa": "riscv"' '"k": "counters-off' '"subject": "wfi"' '"traps": "always"' '"sensitive": ["control", "state"]' \
    '"critical": false' '"confidence": "witnessed"' '"witnesses": [{"kind": "traps"' '"clause": ' '"fields": [' '"unsound": null'; do
    shows "$key"
done
[ "$(wc -l <out)" = 1 ] || fail "JSON is not one line"

# --- the theorems
t 0 prove riscv
quiet
shows 'Theorem 1 holds'
shows 'Theorem 2 holds'
shows 'Theorem 3 holds'
[ "$(grep -c 'just those it guards$' out)" = 9 ] || fail "not every pin guards just what becomes critical"
grep -q '^  wfi-traps  *fails  *fails  *holds  *1  ' out || fail "the pin wfi-traps is not as it should be"
fits
t 0 prove riscv --without wfi-traps
shows 'Theorem 1 fails: sensitive and not privileged are'
shows 'Theorem 3 holds'
shows '  - wfi-traps'
grep -q '^ *wfi$' out || fail "the offending row is not named"
t 0 prove riscv --without wfi-traps --json
for key in '"schema": 1' '"isa": "riscv"' '"variant": ""' '"k": "' '"theorem1": false' '"theorem2": false' '"theorem3": true' \
    '"critical": ["wfi"]' '"exhaustive": false' '"states_examined": ' '"sweep": []'; do
    shows "$key"
done
t 0 prove riscv --json
shows '"theorem1": true'
shows '"critical": []'
shows '"without": "cbo-off"'
shows '"critical": ["cbo.inval", "cbo.clean", "cbo.flush", "cbo.zero"]'
[ "$(grep -o '"just_guarded": true' out | wc -l)" = 9 ] || fail "the sweep has not nine pins"

# --- the paper's machine: every state, and all variants when none is named
t 0 prove pg
shows 'every state examined'
grep -q '^  JRST1  *fails  *fails  *holds  *rtu ' out || fail "JRST1 is not as in the paper"
grep -q '^  LRA  *fails  *fails  *fails  *lra ' out || fail "LRA is not as in the paper"
t 0 prove pg:lra --json
shows '"variant": "LRA"'
shows '"exhaustive": true'
shows '"critical": ["lra"]'
t 0 classify pg:GETMODE getmode
shows 'Mode-sensitive'

# --- what is refused, with the nearest
t 2 classify
says 'wants an instruction set'
t 2 prove
says 'wants an instruction set'
t 2 classify risc
says "is 'riscv' meant?"
t 2 classify z80
says "there is no instruction set 'z80'; there is riscv"
t 2 prove pg:GETMODES
says "no variant 'GETMODES'; there are JRST1, GETMODE, LRA, GETR, SETR-NOP, SETR-USER, SHRINK and HALT-USER"
t 2 prove riscv:LRA
says 'riscv has no variants'
t 2 classify riscv popf
says "riscv has no instruction 'popf', and none near it"
t 2 classify riscv csrrw.sstatsu
says 'csrrw.sstatus'
t 2 classify riscv sstatus
says 'the nearest are csrr.sstatus, csrw.sstatus or csrrw.sstatus'
t 2 classify riscv SRET
says 'the nearest are sret'
t 2 classify riscv 0xffffffff
says 'is no instruction of riscv; the nearest encodings are of'
t 2 classify riscv 0x3020007
says 'is no instruction of riscv'
t 2 classify riscv 0xzz
says "'0xzz' is no encoding"
t 2 classify riscv 0x130000000013
says 'is no RISC-V encoding'
t 2 classify riscv --without wfi
says "no pin 'wfi'; the nearest are wfi-traps"
t 2 classify riscv --states 0
says '--states wants 1 to 4096'
t 2 classify riscv --seed x
says "--seed wants a number, not 'x'"
t 2 classify riscv sret mret
says "'mret' is too much"
t 2 prove riscv pg
says 'not both riscv and pg'
t 2 classify --jsn
says 'is --json meant?'

# --- the diagram: each instruction in the region of its class, and the box of the sensitive ones crosses the border where one is critical
t 0 classify pg:LRA --diagram
cmp -s - out <<'E' || fail "the diagram of pg:LRA"
  +-- all of pg:LRA: 22 ---------------------------------------------------+
  |  neither: 13                                                           |
  |  lit mov ldx stx add sub and shr jmp jz jn svc reserved                |
  |  +-- privileged: 8 -----------------------+                            |
  |  |  not sensitive: 2                      |                            |
  |  |  getmode halt                          |                            |
  |  |  +-- sensitive: 7 ---------------------|-------------------------+  |
  |  |  |  privileged: 6                      |  critical: 1            |  |
  |  |  |  lpsw setr getr rtu shrink out      |  lra                    |  |
  |  |  +-------------------------------------|-------------------------+  |
  |  +----------------------------------------+                            |
  +------------------------------------------------------------------------+
E
t 0 classify ia32 --json
count() { grep -o "\"$1\": *true" out | wc -l; }
critical=$(count critical)
t 0 classify ia32 --diagram
shows "critical: $critical "
[ "$(awk '{ print length }' out | sort -u)" = 76 ] || fail "the diagram of ia32 has rows of several lengths"
[ "$(grep -o 'neither: [0-9]*\|privileged, or withheld: [0-9]* -\|all of ia32: [0-9]*\|critical: [0-9]*' out |
    awk '{ n[NR] = $0; gsub(/[^0-9]/, "", n[NR]); sub(/^32/, "", n[NR]) } END { print n[1] - n[2] - n[3] - n[4] }')" = 0 ] ||
    fail "the regions of ia32 are not all of it"
# A table of a machine whose modes have long names, and a witness under a long K, fit a terminal of 80 columns.
t 0 classify ia32
shows 'instruction         in user    0 1 3  sensitive by  class      evidence  claim'
t 0 classify ia32 popf
shows '  under K  '
[ "$(sed '1,/^Control-sensitive/d' out | grep -c '^  under K .\{71,\}\|^ \{24\}.\{57,\}')" = 0 ] || fail "K of a witness is wider than 80 columns"
t 2 classify pg add --diagram
says '--diagram draws a whole instruction set: without add'
t 2 classify pg --diagram --json
says '--diagram draws a whole instruction set: without --json'

# --- help
for command in classify prove; do
    t 0 $command --help
    shows "usage: trapeze $command"
    t 0 help $command
    shows 'pg:LRA'
done

# Theorem 3 under what the hybrid monitor promises: with UMIP it holds, without it names what is left.
t 0 prove ia32:umip; shows "Theorem 3 fails"; shows "tables-guarded"; shows "under which it holds"; ! grep -q 'so that in user mode' out || fail "UMIP leaves something"
t 0 prove ia32 --without tsd; ! grep -q 'tables-guarded' out || fail "with a pin out K of the hybrid monitor is asked, too"

# K with ring 0 in real ring 1, as `run --ring 1` has it: of what has four rings, and of those variants that have such a ring.
t 0 prove ia32:umip --ring 1 --without tsd; shows "ring 0 in real ring 1"; shows "rdtsc"
said='K of the hybrid monitor is of its own ring alone: asked without --ring'
! grep -qF "$said" out || fail "with a pin out nobody asks"
t 0 prove ia32:umip --ring 1; shows "$said"; ! grep -q 'under which it' out || fail "the hybrid monitor has no ring 1"
t 0 classify ia32 push_cs --ring 1; shows "seen in ring1"; shows "--ring 1"; shows "  in ring 1 "
t 0 classify ia32 cli --ring 1; shows "Traps in ring 1"; shows "the one that guests run in, and not in ring 0"; ! grep -qi "user mode" out || fail "ring 1 is called user mode"
t 0 classify ia32 --states 1 --ring 1; shows "in ring1: traps in ring 1"; grep -qE "^in ring 1 [0-9]+ always trap" out || fail "no totals of ring 1"; ! grep -qi "user mode" out || fail "ring 1 is called user mode"
t 0 classify ia32 push_cs --ring 3; shows "seen in ring3"
t 2 prove ia32:vt --ring 1; says "--ring 1 and the variant vt exclude each other: in guest mode the guest's rings are the real ones"
t 2 classify ia32:v86+umip --ring 1; says "--ring 1 and the variant v86+umip exclude each other: a program of virtual-8086 mode has no rings"
t 2 prove riscv --ring 1; says "the option --ring is for a machine with four rings, which riscv is not"
t 2 report pg --html x.html --ring 3; says "the option --ring is for a machine with four rings, which pg is not"
t 2 prove ia32 --ring 2; says "the option --ring, the real ring that the guest's ring 0 is in, is 1 or 3, not '2'"
