# initrd.sh - sourced by linux.sh: Debian's i386 kernel without PAE, and an initrd of busybox and the modules of an IDE disk.

ia32_suite=bookworm

# ia32_package: the package that linux-image-686 stands for now.
ia32_package() {
    local depends
    debian_apt $ia32_suite i386 download --print-uris linux-image-686 >/dev/null || die "there are no package lists of $ia32_suite for i386"
    depends=$(APT_CONFIG=$trapeze_cache/apt-$ia32_suite-i386/apt.conf apt-cache depends --important linux-image-686)
    sed -n 's/.*Depends: \(linux-image-[^ ]*-686\)$/\1/p' <<<"$depends" | head -n 1
}

# ia32_files: prints the folder with the files of the kernel's package, which is fetched once.
ia32_files() {
    local known=$trapeze_cache/$ia32_suite-i386/linux-image-686.name package
    if [ ! -s "$known" ]; then
        package=$(ia32_package)
        [ -n "$package" ] || die "the package linux-image-686 of $ia32_suite names no kernel"
        mkdir -p "$(dirname "$known")"
        echo "$package" >"$known"
    fi
    debian_unpack $ia32_suite i386 "$(cat "$known")"
}

# ia32_kernel: prints the file of the kernel.
ia32_kernel() {
    local files
    files=$(ia32_files) || return
    echo "$files"/boot/vmlinuz-*
}

# What /init does: file systems, the disk's driver where there is a disk, and a shell.
ia32_init() {
    cat <<'END'
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /mnt /tmp /sbin /usr/bin /usr/sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec </dev/console >/dev/console 2>&1
if grep -qw disk /proc/cmdline; then
    for module in $(cat /modules); do insmod /lib/$module; done
    mdev -s
    mount -t ext4 /dev/sda /mnt && echo "the disk is mounted at /mnt"
fi
echo "This is $(uname -srm). End with: poweroff -f"
exec setsid cttyhack sh
END
}

# The modules of an IDE disk with ext4, in the order in which they go in.
ia32_modules="scsi_common scsi_mod libata pata_legacy sd_mod crc16 mbcache jbd2 crc32c_generic libcrc32c ext4"

# ia32_initrd: prints the file of the initrd, which is made once.
ia32_initrd() {
    local into=$trapeze_cache/ia32-initrd.gz files busybox work module found
    files=$(ia32_files) || return
    busybox=$(debian_unpack $ia32_suite i386 busybox-static) || return
    if [ ! -s "$into" ] || [ "${BASH_SOURCE[0]}" -nt "$into" ]; then
        need cpio cpio
        work=$(mktemp -d "$trapeze_cache/initrd.XXXXXX")
        mkdir -p "$work/bin" "$work/lib"
        cp "$busybox/bin/busybox" "$work/bin/"
        ia32_init >"$work/init"
        chmod +x "$work/init"
        for module in $ia32_modules; do
            found=$(find "$files/lib/modules" -name "$module.ko" | head -n 1)
            [ -n "$found" ] || continue # it is part of the kernel
            cp "$found" "$work/lib/"
            echo "$module.ko" >>"$work/modules"
        done
        (cd "$work" && find . | LC_ALL=C sort | cpio -o -H newc --quiet | gzip -9n) >"$into.new"
        mv "$into.new" "$into"
        rm -rf "$work"
    fi
    echo "$into"
}

# ia32_disk: a disk with an empty ext4 file system, if there is none yet.
ia32_disk() {
    local disk=$trapeze_cache/ia32-disk.img
    [ -s "$disk" ] && return
    need mkfs.ext4 e2fsprogs
    truncate -s 64M "$disk.new"
    mkfs.ext4 -q -F "$disk.new"
    mv "$disk.new" "$disk"
}
