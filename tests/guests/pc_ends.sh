#!/usr/bin/env bash
# pc_ends.sh - how runs of a PC end that go wrong: one sentence each, and its status; none hangs. Boot sectors of a few instructions, and files that
# cannot be started.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
built=$(dirname "$TRAPEZE")/examples
[ -e "$built/pc.elf" ] || skip "$built/pc.elf was not built"

# sector HEX...: a disk whose boot sector begins with these bytes.
sector() {
    local code n
    code=$(printf %s "$@")
    for ((n = 0; n < ${#code}; n += 2)); do printf "\\x${code:n:2}"; done >"$work/sector"
    head -c $((510 - ${#code} / 2)) /dev/zero >>"$work/sector"
    printf '\x55\xaa' >>"$work/sector"
}
# ends STATUS TEXT ARGUMENT...: and what it says on stderr is that, one sentence; without TEXT nothing.
ends() {
    local wanted=$1 text=$2 status=0
    shift 2
    timeout 60 "$TRAPEZE" run -M ia32 --bare "$@" >"$work/ends.out" 2>"$work/ends.err" </dev/null || status=$?
    [ $status = "$wanted" ] || fail "$text $*: status $status, not $wanted"
    [ -n "$text" ] || { [ ! -s "$work/ends.err" ] || fail "it says something"; return 0; }
    grep -qF -- "$text" "$work/ends.err" && [ "$(wc -l <"$work/ends.err")" = 1 ] || fail "not said, in one sentence: $text"
}
disk="file=$work/sector,format=raw,if=ide"

sector fa f4 # cli; hlt: so a PC is switched off
ends 0 "" -drive "$disk"
sector fb f4 # sti; hlt: every line is masked
ends 122 "nothing that it has enabled can come" -drive "$disk"
sector fa dbe3 d92e107c d9e8 d9ee def9 9b ebfe 7b03 # cli; 1 divided by 0, unmasked, CR0.NE clear; fwait: FERR# rises, and nobody listens
for cpu in 386 686; do
    ends 122 "held up, until an interrupt comes, by the instruction at pc 0x7c0d and nothing that it has enabled can come" -drive "$disk" -cpu $cpu
done
sector fb dbe3 d92e107c d9e8 d9ee def9 9b ebfe 7b03 # sti, and every line is masked
ends 122 "by the instruction at pc 0x7c0d and nothing that it has enabled can come" -drive "$disk"
sector 0f011e107c cc 90909090909090909090 000000000000 # lidt of no entries; int3: a triple fault
ends 122 "the machine has shut down at pc 0x7c05: exception 3 (breakpoint (#BP)) could not be delivered: its delivery met exception 13 (general protection (#GP), error code 0x43: IDT[8])" -drive "$disk"
sector b80090 8ed0 c7061800207c c7061a000000 0f0b 90909090909090909090909090 0f0b # #UD, whose handler is undefined, too
ends 122 "the guest is in a trap loop" -drive "$disk"
# Under plain trap and emulate the reason may be an instruction that did not trap, and it is said who finds it; under a monitor that sees
# all, and on the bare machine, it is not.
sector fb f4
unseen="a critical instruction may have passed unseen: 'trapeze verify' names the first that mattered"
for way in "--vmm trap" "--vmm patch" --bare "-M ia32:traps" "-M ia32:vt"; do
    status=0
    timeout 60 "$TRAPEZE" run -M ia32 $way -drive "$disk" >"$work/ends.out" 2>"$work/ends.err" </dev/null || status=$?
    [ $status = 122 ] && [ "$(grep -cF "$unseen" "$work/ends.err")" = $([ "$way" = "--vmm trap" ] && echo 1 || echo 0) ] || fail "$way: status $status, $(cat "$work/ends.err")"
done
# The kernel waits for keys that nobody can type any more: that is said, once, and it goes on.
"$TRAPEZE" run -M ia32 --bare "$built/pc.elf" >"$work/alone.out" 2>"$work/alone.err" </dev/null &
until [ -s "$work/alone.err" ] || ! kill -0 $!; do sleep 0.1; done
kill -TERM $!
wait $! && fail "it ended by itself"
[ "$(cat "$work/alone.err")" = "trapeze: the input has ended, and for an hour of its time the guest has waited; a signal ends it, and so does -max-insns" ] ||
    fail "not said once: $(cat "$work/alone.err")"
# What the CPU has not is named, bare and in a virtual machine: a kernel in protected mode, without an IDT, wants PAE, and 64-bit mode.
enters=fa0f0116407c0f20c06683c8010f22c0ea157c0800 # cli; lgdt [7c40]; CR0.PE = 1; jmp 8:7c15
tables=1700467c00000000000000000000ffff0000009acf00ffff00000092cf00
for way in --bare "-M ia32:traps" "--vmm patch"; do
    while read -r code text; do
        sector $enters $code "$(printf '%0*d' $((2 * (0x40 - 0x15) - ${#code})) 0)" $tables
        status=0
        timeout 60 "$TRAPEZE" run -M ia32 $way -drive "$disk" >"$work/ends.out" 2>"$work/ends.err" </dev/null || status=$?
        [ $status = 122 ] && grep -qF "there stands: $text, which this CPU has not" "$work/ends.err" || fail "$way: status $status, not '$text'"
    done <<'WANTS'
0f20e083c8200f22e0 mov cr4, eax, for CR4.PAE
b9800000c00f32 rdmsr, for MSR 0xc0000080 (EFER, of 64-bit mode)
WANTS
done
sector b0fe e664 f4 # the keyboard's controller resets the machine, and again
ends 122 "the guest has reset the machine 1000 times in a row, each within 10000 instructions" -drive "$disk"
ends 0 "" -drive "$disk" -no-reboot
sector b9ffff 49 75fd b0fe e664 f4 # no more than 65,535 times around first: that is a machine at work
ends 121 "the limit of 20000000 instructions" -drive "$disk" -max-insns 20M
sector cd10 # a BIOS call
ends 1 "$work/sector: at 0000:7c00 (linear 0x07c00) the boot code has called the BIOS, which there is none of: INT 0x10" -drive "$disk"
sector b9ffff 0f30 # wrmsr of one that there is not: a fault without a handler
ends 1 "$work/sector: at 0000:7c03 (linear 0x07c03) the boot code has met exception or interrupt 0x0d (#GP), and there is no BIOS" -drive "$disk"
sector ea0500c007 0f0b # jmp far 7c0:5; ud2
ends 1 "$work/sector: at 07c0:0005 (linear 0x07c05) the boot code has met exception or interrupt 0x06 (#UD)" -drive "$disk"
sector 90 # and zeros to the segment's end, where the last instruction has no second byte
ends 1 "$work/sector: at 0000:ffff (linear 0x0ffff) the boot code has met exception or interrupt 0x0d (#GP)" -drive "$disk"
sector b80010 cd80 # INT 80h, no vector of an exception
ends 1 "$work/sector: at 0000:7c03 (linear 0x07c03) the boot code has called the BIOS, which there is none of: INT 0x80" -drive "$disk"
sector fa f4
ends 0 "" -bios none -drive "$disk"
ends 0 "" -bios none -kernel "$built/pc.elf" -append off
ends 2 "a PC's firmware is none or a file" -bios builtin
sector baf40c ec 84c0 75fb ebfe # asks a device that is not there, for ever
ends 121 "the limit of 1000000 instructions is reached, at pc 0x7c03" -drive "$disk" --max-insns 1M

# put FILE OFFSET HEX: bytes into a file that is there.
put() {
    local code=$3 n
    for ((n = 0; n < ${#code}; n += 2)); do printf "\\x${code:n:2}"; done | dd of="$1" bs=1 seek=$(($2)) conv=notrunc status=none
}
# bzimage: a kernel of a boot sector, four sectors and a megabyte, in the usual protocol.
bzimage() {
    truncate -s 0 "$work/kernel"
    truncate -s $((0x100000)) "$work/kernel"
    put "$work/kernel" 0x1f1 04
    put "$work/kernel" 0x1fe 55aa
    put "$work/kernel" 0x201 62
    printf HdrS | dd of="$work/kernel" bs=1 seek=$((0x202)) conv=notrunc status=none
    put "$work/kernel" 0x206 0f02
    put "$work/kernel" 0x20e 0001
    put "$work/kernel" 0x211 01
    put "$work/kernel" 0x214 00001000
    put "$work/kernel" 0x22c ffffff7f
    put "$work/kernel" 0x238 ff070000
    put "$work/kernel" 0x258 0000100000000000
    put "$work/kernel" 0x260 00001000
    printf '6.1.0-9-686 (somebody) #1' | dd of="$work/kernel" bs=1 seek=$((0x300)) conv=notrunc status=none
}
refused() { local text=$1; shift; ends 1 "$text" -kernel "$work/kernel" "$@"; grep -qF "$work/kernel: " "$work/ends.err" || fail "the file has no name"; }
# A kernel for another machine than what was named, or none named: the file, and the machine that it is for.
bzimage
foreign() {
    local status=0
    "$TRAPEZE" "$@" >"$work/ends.out" 2>"$work/ends.err" </dev/null || status=$?
    [ $status = 1 ] && [ "$(wc -l <"$work/ends.err")" = 1 ] && grep -qF "$foreign" "$work/ends.err" || fail "not said: $foreign"
}
foreign="$work/kernel: it is a PC's kernel (bzImage), for -M ia32, not for -M virt"
foreign run "$work/kernel"; foreign verify -kernel "$work/kernel"; foreign monitor --batch "$work/kernel"; foreign run -bios none "$work/kernel"
foreign="$built/pc.elf: it is an i386 ELF file, for -M ia32, not for -M virt"; foreign run "$built/pc.elf"
foreign="$built/pc.img: it is a PC's disk with a boot sector, for -M ia32, not for -M virt"; foreign run "$built/pc.img"
foreign="$built/pc.img: it is a disk with a boot sector, not a kernel: -drive file=$built/pc.img,format=raw"; foreign run -M ia32 -kernel "$built/pc.img"
foreign="$built/pc.elf: it is to be loaded at 0x100000, where the machine has no RAM (-m gives it more)"; foreign run -M ia32 -m 1M "$built/pc.elf"
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\363\0' >"$work/elf"
foreign="$work/elf: it is a RISC-V ELF file, for -M virt, not for -M ia32"; foreign run -M ia32 "$work/elf"
truncate -s 48 "$work/elf.image"; printf 'RISCV\0\0\0RSC\5\0\0\0\0' >>"$work/elf.image"
foreign="$work/elf.image: it is a Linux Image for RISC-V, for -M virt, not for -M ia32"; foreign run -M ia32 "$work/elf.image"
bzimage; put "$work/kernel" 0x206 0402
refused "its boot protocol is 2.04; it must be 2.10 or a later one of 2"
bzimage; put "$work/kernel" 0x206 0009
refused "its boot protocol is 9.00; it must be 2.10"
bzimage; put "$work/kernel" 0x214 efbeadde
refused "its header's code32_start, 0xdeadbeef, is not in RAM"
bzimage; put "$work/kernel" 0x236 0100
refused "it is a 64-bit kernel; the machine is IA-32"
bzimage; printf '6.1.0-9-686-pae (somebody)' | dd of="$work/kernel" bs=1 seek=$((0x300)) conv=notrunc status=none
refused "needs PAE, which the CPU has not; take one for the 686 without it"
bzimage
refused "it needs RAM up to 0x200000 (2 MiB), and RAM ends at 1 MiB" -m 1M
refused "this kernel needs a Pentium at least; the CPU is a 386" -cpu 386
truncate -s 64M "$work/initrd"
ends 1 "there is no room for it below" -kernel "$work/kernel" -initrd "$work/initrd" -m 32M
bzimage; put "$work/kernel" 0x211 00
refused "it is a zImage"

bzimage; gzip -c "$work/kernel" >"$work/packed"; mv "$work/packed" "$work/kernel"
refused "it is gzip-compressed; unpack it with gunzip first"
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\76\0' >"$work/kernel"
refused "it is a 64-bit program; the machine is IA-32"

# A multiboot header whose addresses lie.
truncate -s 0 "$work/kernel"; truncate -s 8192 "$work/kernel"
put "$work/kernel" 0 02b0ad1b00000100fe4f51e4
put "$work/kernel" 12 00001000 # the header's address,
put "$work/kernel" 16 00001000 # that of the file's beginning,
put "$work/kernel" 20 00009000 # of its end,
put "$work/kernel" 24 00009000 # of the zeros behind it,
put "$work/kernel" 28 00001000 # and the entry
refused "is loaded up to 0x900000, which is more than the file has"
put "$work/kernel" 20 00100000
refused "what is loaded ends (0x1000) before it begins (0x100000)"
put "$work/kernel" 12 f0ff0f00
refused "its multiboot header's header_addr, 0xffff0, is below load_addr, 0x100000"
put "$work/kernel" 20 00000000
for at in 12 16 28; do put "$work/kernel" $at 000000f0; done
put "$work/kernel" 24 00000000
refused "it is to be loaded at 0xf0000000, where the machine has no RAM (this board never has RAM there)"
for at in 12 16 28; do put "$work/kernel" $at 00001000; done
put "$work/kernel" 24 000000ff
refused "it needs"
put "$work/kernel" 24 00000000
put "$work/kernel" 28 00000001
refused "the entry of its multiboot header, 0x1000000, is not in what is loaded"

# A small kernel on either CPU; CPUID is there or it is not.
for cpu in 386 686; do
    timeout 60 "$TRAPEZE" run -M ia32 -cpu $cpu --bare >"$work/cpu$cpu.out" 2>"$work/cpu$cpu.err" </dev/null || fail "the small kernel on a $cpu: status $?"
    grep -q "and on it goes: 1 so far" "$work/cpu$cpu.out" || fail "the small kernel on a $cpu"
done
