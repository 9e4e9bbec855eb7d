#!/usr/bin/env bash
# How runs end and what they leave: exit statuses, limits, reboots, accounts, signatures; files that are not what they should be.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# --- endings, bare and virtual
for mode in --bare "--depth 1" "--depth 2" "--shadow trace"; do
    t 0 run $mode exit0.bin; quiet
    t 42 run $mode exit42.bin; quiet
    t 0 run $mode -bios none exit0.bin; quiet
    t 42 run $mode -bios exit42.bin; quiet
    t 0 run $mode hello.bin; [ "$(cat out)" = A ] || fail "no A"
    t 121 run $mode --max-insns 1M spin.bin; says "limit of 1000000 instructions is reached, at pc 0x80200000"
    t 122 run $mode sleep.bin; says "waits for an interrupt"
    t 122 run $mode trap.bin; says "trap loop at pc 0x0"
    t 122 run $mode -bios none sleep.bin; says "waits for an interrupt"
    t 0 run $mode again.bin; quiet
    t 0 run $mode -no-reboot restart.bin; quiet
    t 121 run $mode --max-insns 1000 restart.bin; says "limit of 1000 instructions"
done
# Asleep with nothing that can wake it, and a stdin that stays open: there is no use in waiting for input that becomes no interrupt.
open_stdin() { # STATUS FILE
    local status=0
    mkfifo in
    timeout -k 5 $patience "$TRAPEZE" run $mode -bios none "$2" >out 2>err <>in || status=$?
    rm in
    [ $status = "$1" ] || fail "trapeze run $mode $2 with an open pipe: exit status $status, not $1"
}
words timer.bin 0x08000393 0x3043a073 0x10500073 0x0000006f # mie = MTIE; wfi; j .
words alone.bin 0x00100393 0x00b39393 0x3043a073 0x10500073 0x0000006f # mie = MEIE, and no device enabled; wfi; j .
for mode in --bare "--depth 1"; do
    open_stdin 122 sleep.bin; says "has enabled none"
    open_stdin 122 timer.bin; says "nothing that it has enabled can come"
    open_stdin 122 alone.bin; says "nothing that it has enabled can come"
    # One that listens to the serial port is waited for, and ends when nothing can come any more.
    (sleep 2; printf x) | timeout -k 5 $patience "$TRAPEZE" run $mode --max-insns 100K -bios none listen.bin >out 2>err && fail "it has not ended"
    says "limit of 100000 instructions"
    t 122 run $mode -bios none listen.bin; says "nothing that it has enabled can come"
done
# What stands at the pc, by whichever printer there is; nothing where nothing can be fetched.
t 121 run --max-insns 1000 spin.bin
grep -qE 'at pc 0x80200000 \((j |jal zero,)0x80200000\)$' err || fail "not the instruction at the pc"
t 122 run sleep.bin
grep -qE '; there stands: (j |jal zero,)0x80200004$' err || fail "not the instruction at the pc"
t 122 run trap.bin
! grep -q 'there stands' err || fail "an instruction where there is none"
t 42 exit42.bin
t 42 run -- exit42.bin
t 42 run --kernel=exit42.bin
words exit256.bin 0x001002b7 0x10003337 0x33330313 0x0062a023 0x0000006f # 0x1000 << 16 | 0x3333
t 255 run exit256.bin # a failure stays one in eight bits

# --- accounts
t 0 run --stats hello.bin
grep -q 'executed directly' err && grep -q 'power-off with status 0' err || fail "no account"
t 0 run --stats=json hello.bin
grep -q '^{"schema": 1, "end": "power-off", "status": 0, .*"retired": 7, .*}$' err || fail "no JSON account"
[ "$(wc -l <err)" = 1 ] || fail "the JSON account is not one line"
grep -q '"kind": "bare", "decoded_room": [1-9][0-9]*, "decoded_pages": 1, "decoded_bytes": [1-9][0-9]*, "decodes": 1, "decoded_evicted": 0[,}]' err ||
    fail "not one page of code"
grep -q '"shadow_frames": 4032, "shadow_frames_used": [1-9][0-9]*, "shadow_exhausted": 0, "shadow_evicted": 0, "shadow_roots_recycled": 0' err ||
    fail "no shadow tables"
t 42 run --stats=json:account.json exit42.bin; quiet
grep -q '"guest_status": 42' account.json || fail "no JSON account in the file"
t 0 run --stats=json --depth 3 hello.bin
[ "$(grep -o '"kind": "vm"' err | wc -l)" = 3 ] || fail "not an account of three machines"
t 1 run --stats=json:/nowhere/account hello.bin; says "/nowhere/account cannot be written"
[ ! -s out ] || fail "the guest ran, though its account cannot be written"
t 121 run --max-insns 0 --stats hello.bin
! grep -q nan err || fail "a share of nothing"
t 121 run --max-insns 1 spin.bin; says "the limit of 1 instruction is reached"
t 0 run --stats --depth 2
grep -q 'of these runs 276 passed the trap on, to what runs in this virtual machine' err || fail "v_i that ran, and did not emulate, are not told"
[ "$(grep -c 'passed the trap on' err)" = 1 ] || fail "the innermost v_i emulate"
t 0 run
grep -q 'powering off' out && grep -q 'executed directly' err || fail "the guest that trapeze carries gives no account"
t 0 run --stats=off; quiet

# --- bad files: one sentence that names the file, status 1
t 1 run -kernel no-such-file; says "no-such-file: cannot be opened: No such file"
t 1 run -kernel /; says "/: it is a directory"
: >empty; t 1 run empty; says "empty: the file is empty"
printf '\177ELF' >short; t 1 run short; says "short: this ELF file is damaged or cut off"
gzip -c exit0.bin >packed.gz; t 1 run packed.gz; says "packed.gz: it is gzip-compressed"
head -c 3000000 /dev/zero >large; t 1 run -m 4M large; says "large: it needs 3000000 bytes"
t 1 run -initrd no-such-file exit0.bin; says "no-such-file"
t 1 run -m 4M -initrd large exit0.bin; says "large: it needs 3000000 bytes of RAM beside the kernel"
t 1 run -dtb exit0.bin exit0.bin; says "exit0.bin: it is not a device tree blob"
t 1 run -bios no-such-file; says "no-such-file"
t 1 run -drive file=no-such-file,format=raw,if=virtio exit0.bin; says "no-such-file"
t 1 run --script no-such-file exit0.bin; says "no-such-file"
t 1 run --signature sig exit0.bin; says "begin_signature"
[ ! -e sig ] || fail "a signature was written"

# --- output that cannot be written
status=0; timeout -k 5 $patience "$TRAPEZE" run hello.bin >/dev/full 2>err </dev/null || status=$?
[ $status = 1 ] || fail "a full device: status $status"
says "cannot be written"
interrupted TERM run echo.bin
[ $status = 143 ] || fail "SIGTERM: status $status"
