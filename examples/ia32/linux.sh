#!/usr/bin/env bash
# linux.sh [monitor] [shell|disk|installer|memtest] [OPTION...] - boots Debian 12's unmodified i386 kernel (686, without PAE) on the bare IA-32 machine.
#   monitor    opens it in the monitor instead, stopped at its first instruction; `c` boots it
#   shell      (default) an initrd with busybox: try `uname -a`, end with `poweroff -f`
#   disk       the same with an IDE disk of 64 MiB mounted at /mnt (ia32-disk.img in the cache folder, made on first use)
#   installer  Debian's installer as it comes: its first dialog
#   memtest    no Linux, but started like one: memtest86+, over 8 MiB; a pass takes a minute, Ctrl-A x ends it
# OPTIONs go to `trapeze run` or `trapeze monitor`: -m 128M, -display text (then add console=tty0), --stats, -snapshot ...
# The packages are fetched once, with the machine's own package source, and checked by apt.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$here/packages.sh"
. "$here/ia32/initrd.sh"
command=run what=shell
if [ "${1:-}" = monitor ]; then
    command=monitor
    shift
fi
case "${1:-}" in
shell | disk | installer | memtest) what=$1; shift ;;
-h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
'' | -*) ;;
*) say "$0: there is no '$1' to boot; there are shell, disk, installer and memtest, and monitor before them"; exit 2 ;;
esac
trapeze=$(trapeze_command)
append=${TRAPEZE_APPEND:-console=ttyS0 cryptomgr.notests} # those take longer than all the rest
case $what in
shell)
    kernel=$(ia32_kernel)
    initrd=$(ia32_initrd)
    set -- -initrd "$initrd" -append "$append" -m 128M "$@" ;;
disk)
    kernel=$(ia32_kernel)
    initrd=$(ia32_initrd)
    ia32_disk
    set -- -initrd "$initrd" -append "$append disk" -m 128M -drive "file=$trapeze_cache/ia32-disk.img,format=raw,if=ide" "$@" ;;
installer)
    files=$(ia32_installer) # with less memory than 273 MiB its first dialog is about that
    kernel=$files/linux
    set -- -initrd "$files/initrd.gz" -append "$append" -m 512M "$@" ;;
memtest)
    kernel=$(ia32_memtest)
    set -- -append "${TRAPEZE_APPEND:-console=ttyS0,115200}" -m 8M "$@" ;;
esac
exec "$trapeze" $command -M ia32 --bare -kernel "$kernel" "$@"
