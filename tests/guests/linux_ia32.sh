#!/usr/bin/env bash
# linux_ia32.sh - Debian's unmodified i386 kernel on the bare IA-32 machine: a shell, interrupts, sums that the host makes, too; a disk that is mounted,
# written and read back by the host's tools; and it is switched off. The same run once more is the same to the byte; in the monitor its boot goes on
# from a file, and back.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$root/examples/ia32/initrd.sh"
command -v debugfs >/dev/null || skip "debugfs (package e2fsprogs) is not here"
kernel=$(ia32_kernel 2>"$work/package.log") && initrd=$(ia32_initrd 2>"$work/package.log") ||
    skip "Debian's i386 packages are not to be had here ($(tail -n 1 "$work/package.log"))"
cp "$initrd" "$work/initrd.gz" # another test may make it anew meanwhile
initrd=$work/initrd.gz
truncate -s 16M "$work/disk"
mkfs.ext4 -q -F "$work/disk"
cp "$work/disk" "$work/again.disk"
script linux <<'END'
wait / # 
send uname -srm; cat /proc/interrupts\n
wait / # 
send dd if=/dev/zero bs=1M count=4 2>/dev/null | md5sum\n
wait / # 
send echo written by the guest >/mnt/file; umount /mnt; poweroff -f\n
END
cp "$work/linux.script" "$work/again.script"
kernel=(-M ia32 --bare -m 128M -kernel "$kernel" -initrd "$initrd" -append "console=ttyS0 cryptomgr.notests disk")
run linux 0 "${kernel[@]}" -drive "file=$work/disk,format=raw,if=ide"
expect linux "i686"
expect linux "XT-PIC      ttyS0"
expect linux "$(head -c 4M /dev/zero | md5sum | cut -d' ' -f1)"
expect linux "the disk is mounted at /mnt"
expect linux "reboot: System halted"
[ "$(debugfs -R 'cat /file' "$work/disk" 2>/dev/null)" = "written by the guest" ] || fail "the disk does not hold what the guest wrote"

run again 0 "${kernel[@]}" -drive "file=$work/again.disk,format=raw,if=ide"
same linux again
cmp "$work/disk" "$work/again.disk" || fail "the same run leaves another disk"

# monitor NAME COMMAND...: at the same boot, without the disk.
monitor() {
    local name=$1 c=() x
    shift
    for x; do c+=(-ex "$x"); done
    "$TRAPEZE" monitor "${kernel[@]}" --batch -q "${c[@]}" >"$work/$name.out" 2>"$work/$name.err" </dev/null || fail "the monitor at Linux"
}
registers='info registers'
monitor back 'goto 300000000' 'p/x $eip' 'rsi 5' 'p/x $eip' 'si 5' 'p/x $eip' "savevm $work/state" 'goto 301000000' "$registers" 'info screen'
grep -oE '^\$[0-9]+ = 0x[0-9a-f]+' "$work/back.out" | cut -d' ' -f3 >"$work/seen"
[ "$(sed -n 1p "$work/seen")" = "$(sed -n 3p "$work/seen")" ] && [ "$(sed -n 1p "$work/seen")" != "$(sed -n 2p "$work/seen")" ] ||
    fail "five instructions back and forth: $(cat "$work/seen")"
monitor on "loadvm $work/state" 'goto 301000000' "$registers" 'info screen'
for name in back on; do sed -n '/^eax/,$ { s/\*/ /g; p }' "$work/$name.out" >"$work/$name.state"; done
[ -s "$work/on.state" ] && cmp "$work/back.state" "$work/on.state" || fail "a state from a file goes another way"
