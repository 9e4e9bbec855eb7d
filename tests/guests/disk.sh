#!/usr/bin/env bash
# A root file system on virtio-blk: mounted, written, powered off; read back with the host's e2fsprogs. A snapshot=on drive
# keeps every bit; a second run on a drive in use is refused.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
for tool in cpio mke2fs debugfs e2fsck strings xz; do command -v $tool >/dev/null || skip "the command $tool is not installed"; done
netboot_images
. "$root/examples/riscv/disk.sh"
package busybox-static >/dev/null
package "$(disk_kernel_package)" >/dev/null
disk_initrd "$work/initrd.gz"
disk_image "$work/disk.img"
for name in write snapshot; do
    script $name <<'EOF'
wait root file system is on virtio-blk
wait # 
send echo written by the guest > /root/note; sha256sum /bin/busybox > /root/sum; sync; cat /root/note\n
wait # 
send mount -o remount,ro /; poweroff -f\n
EOF
done
linux=(-m 256M -kernel "$netboot/linux" -initrd "$work/initrd.gz" -append "console=ttyS0")
before=$(sha256sum <"$work/disk.img")
run snapshot 0 "${linux[@]}" -drive "file=$work/disk.img,format=raw,if=virtio,snapshot=on" "$@"
[ "$before" = "$(sha256sum <"$work/disk.img")" ] || fail "a snapshot=on drive was written"
run write 0 "${linux[@]}" -drive "file=$work/disk.img,format=raw,if=virtio" "$@"
[ "$before" != "$(sha256sum <"$work/disk.img")" ] || fail "the drive was not written"
same snapshot write
e2fsck -fn "$work/disk.img" >"$work/fsck.out" 2>&1 || fail "the file system is damaged"
[ "$(debugfs -R 'cat /root/note' "$work/disk.img" 2>/dev/null)" = "written by the guest" ] || fail "the note cannot be read back"
debugfs -R 'dump /bin/busybox '"$work/busybox" "$work/disk.img" 2>/dev/null
[ "$(debugfs -R 'cat /root/sum' "$work/disk.img" 2>/dev/null | cut -d' ' -f1)" = "$(sha256sum <"$work/busybox" | cut -d' ' -f1)" ] ||
    fail "guest and host read different bytes"
