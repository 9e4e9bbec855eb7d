#!/usr/bin/env bash
# `trapeze verify`: what it says when the machines are equal and when they part, as text and as JSON, and what it refuses.
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../examples/pg" && pwd)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

last() { [[ "$(tail -n 1 out)" == $1 ]] || fail "the last line is not: $1"; } # $1 is a pattern
narrow() { [ "$(grep -v '^  trapeze monitor ' out | wc -L)" -le 100 ] || fail "a line is longer than 100 columns"; }
# count KEY: a number of the JSON object.
count() { sed -n 's/.*"'"$1"'": \([0-9]*\).*/\1/p' out; }

# --- a PC that waits for ever, without an instruction: its timer goes on, and the 8259s are masked. Nobody waits for that.
waits='\xb0\x34\xe6\x43\x30\xc0\xe6\x40\xe6\x40\xb0\xff\xe6\x21\xe6\xa1\xfb\xf4\xeb\xfd' # as in test_compare.sh
printf "\x02\xb0\xad\x1b\x00\x00\x01\x00\xfe\x4f\x51\xe4\x00\x00\x10\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x20\x00\x10\x00\xbc\x00\x00\x20\x00$waits" >waits
patience=100 t 121 verify -M ia32 waits --max-insns 1M; says "the guest has waited for ten minutes of its time, and has not ended"
last "equivalent so far: waiting for what does not come after 11 instructions"

# --- equal
t 0 verify exit0.bin -bios none; quiet; narrow
shows "exit0.bin: bare, and in 1 virtual machine (trap and emulate, shadow adapt); compared after every"
last "equivalent after 4 instructions: power-off with status 0"
unseen='What differed in between and left no trace is not seen; --every N looks closer.'
[ "$(tail -n 2 out | head -n 1)" = "$unseen" ] || fail "it is not said what steps do not see"
t 0 verify -bios none --every 1 hello.bin; quiet; ! grep -qF "$unseen" out || fail "each instruction is a step"
! grep -q 'got stuck' out || fail "a guest that powers off got stuck"
shows "console 1 byte out"
last "equivalent after 7 instructions: power-off with status 0"
t 0 verify -bios none --shadow trace --depth 3 --every=1k exit42.bin # the guest's status is not ours
last "equivalent after 4 instructions: power-off with status 42"
t 0 verify -bios none again.bin --every 1; quiet
last "equivalent after * instructions: power-off with status 0, 1 reboot"
t 0 verify -bios none --no-reboot restart.bin --every 1
last "equivalent after 4 instructions: reboot"
t 122 verify -bios none trap.bin --every 1 # both are stuck, at the same place
last "equivalent after 1 instruction: stuck"; shows "Both got stuck, and nothing after that was compared: the guest is in a trap loop at pc"
t 122 verify -bios none sleep.bin; shows "Both got stuck, and nothing after that was compared: the guest waits"
last "equivalent after 1 instruction: stuck"
t 0 run --bare --stats=json:account
carried="equivalent after $(sed -n 's/.*"retired": \([0-9]*\).*/\1/p' account) instructions: power-off with status 0"
t 0 verify; narrow # the carried guests, to their end
shows "the embedded guest: "; shows "$carried"; shows "the busy guest: "
cp out both
t 0 run --bare --guest busy --stats=json:account
[ "$(tail -n 1 both)" = "equivalent after $(sed -n 's/.*"retired": \([0-9]*\).*/\1/p' account) instructions: power-off with status 0" ] ||
    fail "the busy guest did not come to its end"
for compared in $(tr '\n' ' ' <both | sed 's/registers and time/\n&/g' | sed -n 's/.* control registers \([0-9]*\) times.*/\1/p'); do
    [ "$compared" -gt 20000 ] || fail "control registers are hardly compared: $compared"
done
t 0 verify --guest hello; last "$carried"
t 0 verify -M pg --depth 2; shows "the embedded program: "; shows "the busy program: "
last "equivalent after * instructions: power-off with status 0"
t 0 verify -M pg --json; [ "$(grep -c '^{"schema": 1, "verdict": "equivalent"' out)" = 2 ] || fail "not a line of JSON for each"

# --- input comes from a script alone
printf 'send abcq\n' >echo.script
t 0 verify -bios none --script echo.script --every 1000 echo.bin <<<zzz
shows "console 4 bytes out and 4 in"; last "equivalent after * instructions: power-off with status 0"
t 0 verify -bios none --script echo.script --json echo.bin
before=$(count retired)
t 0 run -bios none --bare --script echo.script --stats=json:account echo.bin
grep -q "\"retired\": $before," account || fail "verify counts other instructions than run"
printf 'send abcq\nwait never\n' >unmet.script
t 119 verify -bios none --script unmet.script echo.bin; says "unmet.script:2: the guest ended before it printed 'never'"
printf 'wait A\nquit\n' >quit.script
t 0 verify -bios none --script quit.script --no-reboot hello.bin

# --- pipes, which can be read once: it reads the guest for each side and at each reboot
t 0 verify -bios none --every 1 --script <(printf 'send q\n') <(cat again.bin)
last "equivalent after * instructions: power-off with status 0, 1 reboot"
t 0 verify -M pg <(cat "$examples/hello.pg"); last "equivalent after *"
t 0 run -bios none <(cat again.bin); quiet
t 1 verify -bios none <(true); says "the file is empty"
# What is said names what was typed, not where the content is kept.
mkfifo kernel.fifo
names() { # STATUS TEXT WORD...: TEXT is shown or said of kernel.fifo
    cat "$content" >kernel.fifo &
    t "$1" "${@:3}"
    wait
    ! grep -q '/proc/self' out err || fail "${*:3}: it names a file of its own"
    cat out err | grep -qF -- "$2" || fail "${*:3}: it does not say: $2"
}
printf '.org 2\nhlat\nl: halt\n' >wrong.pg
printf '.org 2\nl: halt\n' >right.pg
printf 'wait A\nwait never\n' >unmet.txt
printf '\177ELF' >cut.elf
content=wrong.pg
for command in run 'monitor --batch' verify; do names 1 "kernel.fifo:2: there is no instruction 'hlat'" $command -M pg kernel.fifo; done
content=cut.elf
for command in run 'monitor --batch' verify; do names 1 'kernel.fifo: ' $command -bios none kernel.fifo; done
content=unmet.txt
for command in run verify; do names 119 "kernel.fifo:2: the guest ended before it printed 'never'" $command -bios none --script kernel.fifo hello.bin; done
content=hello.bin
names 0 'kernel.fifo: bare, and in 1 virtual machine' verify -bios none kernel.fifo
names 0 '"guest": "kernel.fifo"' verify --json -bios none kernel.fifo
content=right.pg
names 0 'l of kernel.fifo' monitor --batch -M pg kernel.fifo -ex 'info symbol l'

# --- drives are not written to, by either machine
head -c 65536 /dev/zero >disk.img
sum=$(sha256sum <disk.img)
t 0 verify -bios none -drive file=disk.img,format=raw,if=virtio exit0.bin; quiet
[ "$sum" = "$(sha256sum <disk.img)" ] || fail "the drive was written to"

# --- the variants of the paper's machine part where theory says: at the critical instruction, or under no monitor
while read -r variant trap hybrid insn; do
    program=$examples/$(echo "$variant" | tr A-Z a-z).pg
    for monitor in trap hybrid; do
        t "${!monitor}" verify -M "pg:$variant" --vmm $monitor "$program"
        quiet; narrow
        if [ "${!monitor}" = 0 ]; then
            last "equivalent after * instructions: power-off with status 0"
            continue
        fi
        last "diverged after * equal instruction*, with instruction *"
        grep -qE "^  [0-9a-f]{16}  $insn( |\$)" out || fail "$variant, $monitor: not at $insn"
        shows "To look at it:"; shows "  trapeze monitor -M pg:$variant --vmm $monitor $program -ex 'goto "
        [ $variant = HALT-USER ] || shows "class, measured: critical"
    done
done <<'END'
JRST1     123 0   rtu
GETMODE   123 0   getmode
SETR-NOP  123 0   setr
SETR-USER 123 123 setr
LRA       123 123 lra
GETR      123 123 getr
SHRINK    0   0   -
HALT-USER 123 123 halt
END
for depth in 1 2 4; do
    for programs in "hello.pg" "traps.pg" "vmm.pg vmm.pg@512 traps.pg@1024"; do
        t 0 verify -M pg --depth $depth $(printf "$examples/%s " $programs); quiet
        last "equivalent after * instructions: power-off with status 0"
    done
done
# the first guest instruction of its kind: the oracle is a run cut short there
t 123 verify -M pg:HALT-USER "$examples/halt-user.pg"
shows "The VMM stopped the guest"; last "diverged after 147 equal instructions, with instruction 148"
t 121 run -M pg:HALT-USER --max-insns 147 "$examples/halt-user.pg"; says "at pc 0x7"
shows "The user halts the machine."
t 123 verify -M pg:GETMODE "$examples/getmode.pg"
shows "memory at 0x60                   0x1                    0x0"; shows "getmode is sensitive and did not trap"
shows "It should have trapped."
mkdir "a b" && cp "$examples/getmode.pg" "a b/it's.pg"
t 123 verify -M pg:GETMODE --every=7 "a b/it's.pg" # 7 are found to be 1; the line can be typed as it stands
shows "-M pg:GETMODE 'a b/it'\\''s.pg' -ex 'goto 0'"; ! grep -qF "$unseen" out || fail "what differs is seen"

# --- a guest that omits its fence: M-mode by MPRV, translation by gigapages, of which one goes between two loads
unfenced() { # FILE WORD: with this in place of the fence
    words "$1" 0xfff00293 0x3b029073 0x01f00293 0x3a029073 0x80001337 0x02031313 0x02035313 0x200003b7 0x0c738393 0x00733023 0x00733823 \
        0x00800e13 0x03ce1e13 0x00080eb7 0x001e8e93 0x01de6e33 0x180e1073 0x12000073 0x00021f37 0x800f0f13 0x300f2073 0x10003503 \
        0x00033023 \
        "$2" 0x10803583 0x300f3073 $pass
}
unfenced nofence.bin 0x00000013
unfenced fence.bin 0x12000073
t 118 verify -bios none --shadow trace --every 1 nofence.bin; quiet
shows "The guest did not fence: with instruction 23 it had changed how 0x108 is translated"
last "diverged after 24 equal instructions, with instruction 25: the guest did not fence"
t 118 verify -bios none --shadow trace --json nofence.bin
shows '"verdict": "diverged", "status": 118,'; shows '"unfenced": true, "unfenced_address": "0x108", "unfenced_since": 23'
t 122 verify -bios none --shadow trace --every 1 fence.bin; last "equivalent after * instruction*: stuck" # its fault finds no handler

# --- JSON: one line, everything
t 0 verify --json -bios none hello.bin; quiet
[ "$(wc -l <out)" = 1 ] || fail "not one line"
shows '"schema": 1, "verdict": "equivalent", "status": 0, "retired": 7,'; shows '"console_output": 1,'
t 123 verify --json -M pg:GETMODE "$examples/getmode.pg"; quiet
[ "$(wc -l <out)" = 1 ] || fail "not one line"
shows '"verdict": "diverged", "status": 123, "retired": 0,'
shows '"divergence": {"exact": true, "seen": 1,'
shows '"instruction": {"pc": "0x2", "mode": "supervisor", "bits": "0x10000000c0000000", "length": 8,'
shows '"text": "getmode 12", "row": "getmode"'
shows '"differences": [{"kind": "memory", "name": "memory at 0x60", "bare": "0x1", "virtual": "0x0"}], "difference_count": 1'
shows '"reopen": "trapeze monitor -M pg:GETMODE '
t 121 verify --json -bios none --max-insns 1000 spin.bin
says "the limit of 1000 instructions is reached, and the guest has not ended"
shows '"verdict": "limit", "status": 121, "retired": 1000,'

# --- a guest that never stops; a signal ends it with what is known
t 121 verify -bios none --max-insns 3M spin.bin; says "the limit of 3000000 instructions"
last "equivalent so far: the limit is reached after 3000000 instructions"; shows "$unseen"
interrupted INT verify -bios none spin.bin
[ $status = 130 ] || fail "SIGINT: status $status"
last "equivalent so far: interrupted after * instructions"; quiet

# --- refused, and nothing begins
t 2 verify --every 0; says "--every wants 1 or more"
t 2 verify --every; says "needs a value"
t 2 verify --every x; says "wants a number"
t 2 verify --evry 5; says "is --every meant?"
t 2 verify --bare; says "leaves nothing to compare"
t 2 verify --stats; says "no account"
t 2 verify --signature x; says "no signature"; [ ! -e x ] || fail "something was written"
t 2 verify --guest bussy; says "the command carries no guest 'bussy'; is busy meant?"
t 2 verify --guest busy exit0.bin; says "there is another one already"
t 123 verify -M pg:LRA; shows "the busy program: "; shows "  trapeze monitor -M pg:LRA --guest busy -ex 'goto "
t 2 verify --depth 17; says "wants 1 to 16"
interrupted TERM verify --json -bios none spin.bin
[ $status = 143 ] || fail "SIGTERM: status $status"
grep -q '"verdict": "interrupted", "status": 143,' out || fail "after SIGTERM the JSON has another status than the process"
t 2 verify --json=yes; says "takes no value"
t 1 verify nowhere.elf; says "nowhere.elf"
t 1 verify -bios none --script nowhere exit0.bin; says "nowhere"
t 1 verify -bios none -drive file=nowhere exit0.bin; says "nowhere"
echo garbage >garbage.ckpt
t 1 verify --from garbage.ckpt; says "garbage.ckpt: is not a checkpoint of trapeze"; [ ! -s out ] || fail "something was started"
t 1 verify --from nowhere; says "nowhere"
t 1 verify -M pg --from garbage.ckpt "$examples/hello.pg"; says "garbage.ckpt: is not a checkpoint of trapeze"
t 0 monitor -M pg --batch -ex 'goto 50' -ex 'savevm pg.ckpt' "$examples/hello.pg"
t 0 verify -M pg --from pg.ckpt --depth 2 "$examples/hello.pg"; shows "equivalent after 128 instructions"
# what it prints to look at a difference can be pasted, and goes there: the monitor has no --from, but loadvm
t 0 monitor -M pg:GETMODE --batch -ex 'savevm getmode.ckpt' "$examples/getmode.pg"
for from in "--from getmode.ckpt" --from=getmode.ckpt; do
    t 123 verify -M pg:GETMODE $from "$examples/getmode.pg"
    shows "  trapeze monitor -M pg:GETMODE $examples/getmode.pg -ex 'loadvm getmode.ckpt' -ex 'goto 0'"
done
eval "t 0 $(sed -n 's/^  trapeze \(monitor .*\)/\1/p' out) --batch"; shows "getmode.ckpt: the guest is where it was after 0 instructions"
t 1 verify -M pg:LRA --from pg.ckpt "$examples/hello.pg"; says "its variant is , here LRA"
t 1 verify --from pg.ckpt; says "its instruction set is pg, here riscv"
t 1 verify -M pg --depth 16 --cells 2090000 "$examples/hello.pg"; says "has no more than 2097151"
status=0
(ulimit -v 4000000 && exec "$TRAPEZE" verify -m 100G) >out 2>err || status=$?
if ! grep -q Sanitizer err; then
    [ $status = 1 ] || fail "exit status $status"
    says "has no memory"; [ ! -s out ] || fail "something was started"
fi
t 0 verify --help; shows "usage: trapeze verify"; shows "-every N"; quiet
t 0 help verify; shows "123 diverged"; quiet
