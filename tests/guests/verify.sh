#!/usr/bin/env bash
# verify.sh WHAT - `trapeze verify`, no divergence. WHAT: hello (the carried guests, every instruction, depths 1 to 4, both shadow
# policies, both monitors; the example of a hypervisor), linux (Debian's kernel to its shell and power-off, compared every million
# instructions), opensbi (OpenSBI and U-Boot, likewise), or disk (a root file system on virtio-blk is written; the file is not).
# crossed-hello, crossed-linux, crossed-opensbi: with another engine on each side, machine code against one instruction at a time, at depths
# 1 and 2; and so far from one comparison to the next that code becomes hot.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

crossed=${1%%-*} depths=1 engines=()
if [ "$crossed" = crossed ]; then
    depths="1 2" engines=(--engine native,simple)
    "$TRAPEZE" run --engine native --stats=json </dev/null >"$work/native.out" 2>"$work/native.err" || fail "--engine native"
    grep -q '"translated": [1-9]' "$work/native.err" || skip "there is no machine code here: $(head -1 "$work/native.err")"
fi

# verify NAME OPTION...: equivalent, and the last line says after how many instructions; sets count.
verify() {
    local name=$1 status=0
    shift
    [ ! -e "$work/$name.script" ] || set -- --script "$work/$name.script" "$@"
    echo "+ trapeze verify $*"
    "$TRAPEZE" verify "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null || status=$?
    [ "$status" = 0 ] || fail "$name: exit status $status"
    count=$(tail -n 1 "$work/$name.out" | sed -n 's/^equivalent after \([0-9]*\) instructions: .*/\1/p')
    [ -n "$count" ] || fail "$name: the last line is not the verdict"
    tail -n 1 "$work/$name.out"
}

case $1 in
crossed-hello)
    for guest in hello busy; do
        for depth in $depths; do
            verify $guest$depth "${engines[@]}" --guest $guest --depth $depth --every 1009
        done
        verify $guest-bare --engine native,interpreter --bare --guest $guest --every 777
        verify $guest-turned --engine simple,native --guest $guest --every 65537
        verify $guest-trace --engine interpreter,native --guest $guest --shadow trace --every 4099
        verify $guest-hybrid "${engines[@]}" --guest $guest --vmm hybrid --every 1009
    done
    ;;
hello)
    verify flush --guest hello
    first=$count
    run bare 0 --bare
    [ "$(retired bare)" = "$first" ] || fail "verify counted $first instructions, run $(retired bare)"
    for guest in hello busy; do
        verify $guest --guest $guest
        first=$count
        verify $guest-trace --guest $guest --shadow trace
        for depth in 2 3 4; do
            verify $guest$depth --guest $guest --depth $depth
            [ "$count" = "$first" ] || fail "$guest, depth $depth: $count instructions, not $first"
        done
        verify $guest-depth2trace --guest $guest --depth 2 --shadow trace
        verify $guest-hybrid --guest $guest --vmm hybrid
        verify $guest-hybrid2 --guest $guest --vmm hybrid --depth 2
    done
    verify hypervisor --every 1 -kernel "$(dirname "$TRAPEZE")/examples/hypervisor.elf" # a VMM of the guest's own
    verify rare --every 1000 --cpu rv64,sv48=off,svadu=off
    ;;
linux | crossed-linux)
    netboot_images
    script linux <<'END'
wait # 
send mount -t proc proc /proc\n
wait # 
send cat /proc/interrupts\n
wait # 
send poweroff -f\n
END
    for depth in $depths; do
        verify linux "${engines[@]}" --depth "$depth" -m 512M -kernel "$netboot/linux" -initrd "$netboot/initrd.gz" \
            -append "console=ttyS0 rdinit=/bin/sh"
    done
    [ "$count" -gt 300000000 ] || fail "Linux came no further than $count instructions"
    ;;
opensbi | crossed-opensbi)
    opensbi_image
    uboot=$(debian_unpack trixie riscv64 u-boot-qemu 2>"$work/package.log") || cannot_have u-boot-qemu
    script opensbi <<'END'
wait Hit any key
send \n
wait => 
send version\n
wait U-Boot 20
wait => 
quit
END
    for depth in $depths; do
        verify opensbi "${engines[@]}" --depth "$depth" -bios "$opensbi" -kernel "$uboot/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin"
    done
    ;;
disk)
    for tool in cpio mke2fs xz; do command -v $tool >/dev/null || skip "the command $tool is not installed"; done
    netboot_images
    . "$root/examples/riscv/disk.sh"
    package busybox-static >/dev/null
    package "$(disk_kernel_package)" >/dev/null
    disk_initrd "$work/initrd.gz"
    disk_image "$work/disk.img"
    script disk <<'END'
wait root file system is on virtio-blk
wait # 
send echo written by the guest > /root/note; sha256sum /bin/busybox > /root/sum; sync; cat /root/note\n
wait # 
send mount -o remount,ro /; poweroff -f\n
END
    before=$(sha256sum <"$work/disk.img")
    verify disk -m 256M -kernel "$netboot/linux" -initrd "$work/initrd.gz" -append "console=ttyS0" \
        -drive "file=$work/disk.img,format=raw,if=virtio"
    [ "$before" = "$(sha256sum <"$work/disk.img")" ] || fail "the drive was written"
    ;;
esac
