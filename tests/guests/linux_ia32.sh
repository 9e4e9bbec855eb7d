#!/usr/bin/env bash
# linux_ia32.sh - Debian's unmodified i386 kernel on the bare IA-32 machine: a shell, interrupts, sums that the host makes, too; a disk that is mounted,
# written and read back by the host's tools; and it is switched off.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$root/examples/ia32/initrd.sh"
command -v debugfs >/dev/null || skip "debugfs (package e2fsprogs) is not here"
kernel=$(ia32_kernel 2>"$work/package.log") && initrd=$(ia32_initrd 2>"$work/package.log") ||
    skip "Debian's i386 packages are not to be had here ($(tail -n 1 "$work/package.log"))"
truncate -s 16M "$work/disk"
mkfs.ext4 -q -F "$work/disk"
script linux <<'END'
wait / # 
send uname -srm; cat /proc/interrupts\n
wait / # 
send dd if=/dev/zero bs=1M count=4 2>/dev/null | md5sum\n
wait / # 
send echo written by the guest >/mnt/file; umount /mnt; poweroff -f\n
END
run linux 0 -M ia32 --bare -m 128M -kernel "$kernel" -initrd "$initrd" -append "console=ttyS0 cryptomgr.notests disk" \
    -drive "file=$work/disk,format=raw,if=ide"
expect linux "i686"
expect linux "XT-PIC      ttyS0"
expect linux "$(head -c 4M /dev/zero | md5sum | cut -d' ' -f1)"
expect linux "the disk is mounted at /mnt"
expect linux "reboot: System halted"
[ "$(debugfs -R 'cat /file' "$work/disk" 2>/dev/null)" = "written by the guest" ] || fail "the disk does not hold what the guest wrote"
