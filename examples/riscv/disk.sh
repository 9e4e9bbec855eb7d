# disk.sh - sourced by linux.sh and the tests: an initrd with the kernel's virtio modules and an ext4 disk with BusyBox as its
# system, both from Debian's riscv64 packages.

# disk_initrd FILE: busybox, the modules that a root on virtio-mmio needs, and an init that mounts it.
disk_initrd() {
    local busybox kernel modules tree module
    need cpio cpio
    need xz xz-utils
    need strings binutils
    busybox=$(debian_unpack trixie riscv64 busybox-static)/usr/bin/busybox
    [ -e "$busybox" ] || busybox=$(debian_unpack trixie riscv64 busybox-static)/bin/busybox
    kernel=$(disk_kernel_package)
    modules=$(echo "$(debian_unpack trixie riscv64 "$kernel")"/*/lib/modules/* "$(debian_unpack trixie riscv64 "$kernel")"/lib/modules/*)
    for modules in $modules; do [ ! -d "$modules" ] || break; done
    tree=$(mktemp -d)
    mkdir -p "$tree"/bin "$tree"/dev "$tree"/proc "$tree"/sys "$tree"/root "$tree"/modules
    cp "$busybox" "$tree/bin/busybox"
    for module in virtio_mmio virtio_blk crc16 crc32c_generic libcrc32c jbd2 mbcache ext4; do
        find "$modules/kernel" -name "$module.ko*" -exec cp {} "$tree/modules/" \;
    done
    find "$tree/modules" -name '*.xz' -exec xz -d {} +
    cat >"$tree/init" <<'EOF'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in virtio_mmio virtio_blk crc16 crc32c_generic libcrc32c mbcache jbd2 ext4; do
    [ ! -e /modules/$module.ko ] || /bin/busybox insmod /modules/$module.ko
done
/bin/busybox mount -t ext4 /dev/vda /root || exec /bin/busybox sh
/bin/busybox umount /proc /sys
/bin/busybox mount --move /dev /root/dev
exec /bin/busybox switch_root /root /sbin/init
EOF
    chmod +x "$tree/init"
    (cd "$tree" && find . | LC_ALL=C sort | cpio --quiet -o -H newc --reproducible | gzip -n) >"$1.new"
    mv "$1.new" "$1"
    rm -rf "$tree"
}

# The package with the modules of the installer's kernel: the same version.
disk_kernel_package() {
    local version
    version=$(strings "$netboot/linux" | sed -n 's/^Linux version \([^ ]*\) .*/\1/p' | head -n 1)
    echo "linux-image-$version"
}

# disk_image FILE: a 32 MiB ext4 file system with BusyBox.
disk_image() {
    local busybox tree applet
    need mke2fs e2fsprogs
    busybox=$(debian_unpack trixie riscv64 busybox-static)/usr/bin/busybox
    [ -e "$busybox" ] || busybox=$(debian_unpack trixie riscv64 busybox-static)/bin/busybox
    tree=$(mktemp -d)
    mkdir -p "$tree"/bin "$tree"/sbin "$tree"/dev "$tree"/proc "$tree"/sys "$tree"/etc "$tree"/root
    cp "$busybox" "$tree/bin/busybox"
    for applet in sh ls cat echo mount umount sync uname poweroff reboot df dmesg ps sleep mkdir rm cp sha256sum; do
        ln -s busybox "$tree/bin/$applet"
    done
    cat >"$tree/sbin/init" <<'EOF'
#!/bin/sh
export PATH=/bin:/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
echo "the root file system is on virtio-blk; write something, then: sync; poweroff -f"
exec /bin/busybox setsid /bin/busybox cttyhack /bin/sh
EOF
    chmod +x "$tree/sbin/init"
    rm -f "$1.new"
    mke2fs -q -t ext4 -d "$tree" -L trapeze "$1.new" 32M
    mv "$1.new" "$1"
    rm -rf "$tree"
}

disk_make() {
    [ -e "$trapeze_cache/disk-initrd.gz" ] || disk_initrd "$trapeze_cache/disk-initrd.gz"
    [ -e "$trapeze_cache/disk.img" ] || disk_image "$trapeze_cache/disk.img"
}
