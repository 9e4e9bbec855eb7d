# initrd.sh - sourced by linux.sh: Debian's i386 kernel without PAE, an initrd of busybox and the modules of an IDE disk; Debian's installer, and memtest86+.

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

# ia32_installer: prints the folder with the kernel (linux) and the initrd (initrd.gz) of Debian 12's installer.
ia32_installer() {
    local files
    files=$(debian_unpack $ia32_suite i386 debian-installer-12-netboot-i386) || return
    echo "$files/usr/lib/debian-installer/images/12/i386/text/debian-installer/i386"
}

# ia32_memtest: prints the file of memtest86+ that a loader of Linux kernels starts.
ia32_memtest() {
    local files
    files=$(debian_unpack $ia32_suite i386 memtest86+) || return
    echo "$files/boot/memtest86+ia32.bin"
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
    for module in $(cat /modules); do
        case $module in pata_legacy.ko) insmod /lib/$module probe_mask=3 ;; *) insmod /lib/$module ;; esac # two channels are what there is
    done
    mount -t ext4 /dev/sda /mnt && echo "the disk is mounted at /mnt"
fi
echo "This is $(uname -srm). End with: poweroff -f"
exec setsid cttyhack sh
END
}

# The modules of an IDE disk with ext4, which bring others along.
ia32_modules="pata_legacy sd_mod crc32c_generic ext4"

# ia32_module FOLDER NAME: prints NAME.ko and what it depends on, in the order in which they go in. (Names have _ or -, and mean the same.)
ia32_module() {
    local file depends name
    file=$(find "$1" -name "$2.ko" -o -name "${2//_/-}.ko" -o -name "${2//-/_}.ko" | head -n 1)
    [ -n "$file" ] || return 0 # it is part of the kernel
    depends=$(grep -a -o 'depends=[^[:cntrl:]]*' "$file" | head -n 1)
    for name in $(tr ',' ' ' <<<"${depends#depends=}"); do ia32_module "$1" "$name"; done
    echo "$file"
}

# ia32_initrd: prints the file of the initrd, which is made once.
ia32_initrd() {
    local into=$trapeze_cache/ia32-initrd.gz files busybox work module
    files=$(ia32_files) || return
    busybox=$(debian_unpack $ia32_suite i386 busybox-static) || return
    if [ ! -s "$into" ] || [ "${BASH_SOURCE[0]}" -nt "$into" ]; then
        need cpio cpio
        work=$(mktemp -d "$trapeze_cache/initrd.XXXXXX")
        mkdir -p "$work/bin" "$work/lib"
        cp "$busybox/bin/busybox" "$work/bin/"
        ia32_init >"$work/init"
        chmod +x "$work/init"
        for module in $ia32_modules; do ia32_module "$files/lib/modules" "$module"; done | awk '!seen[$0]++' >"$work/found"
        while read -r module; do
            cp "$module" "$work/lib/"
            basename "$module" >>"$work/modules"
        done <"$work/found"
        rm "$work/found"
        find "$work" -exec touch -h -d @0 {} + # whoever makes it, and when, it is the same file
        (cd "$work" && find . | LC_ALL=C sort | cpio -o -H newc --quiet --reproducible -R 0:0 | gzip -9n) >"$work.gz"
        mv "$work.gz" "$into"
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
